//! One whole frame at three sizes. The goal: 0.25, 0.5 and 1 ms.

#[path = "kit/screen.rs"]
mod screen;

use divan::Bencher;
use screen::draw;
use screen::fixture::{self, Story};

fn main() {
    divan::main();
}

#[divan::bench(args = [(80, 24), (120, 40), (200, 60)])]
fn overview(bencher: Bencher<'_, '_>, (width, height): (u16, u16)) {
    let app = fixture::app(Story::Full, width, height);
    draw(bencher, &app);
}

#[divan::bench(args = [(80, 24), (120, 40), (200, 60)])]
fn metrics_zoomed(bencher: Bencher<'_, '_>, (width, height): (u16, u16)) {
    let mut app = fixture::app(Story::Full, width, height);
    fixture::press(&mut app, "4 z");
    draw(bencher, &app);
}

#[divan::bench(args = [(80, 24), (120, 40), (200, 60)])]
fn logs_zoomed(bencher: Bencher<'_, '_>, (width, height): (u16, u16)) {
    let mut app = fixture::app(Story::Full, width, height);
    fixture::press(&mut app, "3 z");
    draw(bencher, &app);
}
