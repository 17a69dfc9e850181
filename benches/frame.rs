//! One whole frame at three sizes. The goal: 0.25, 0.5 and 1 ms.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shares its fixture with the tests, whose helpers may stop at the first surprise"
)]

#[path = "../tests/it/fixture.rs"]
#[expect(dead_code, reason = "the screen tests use all of it")]
mod fixture;

use divan::Bencher;
use fixture::Story;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use trackside::theme::Theme;
use trackside::ui::view;

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

fn draw(bencher: Bencher<'_, '_>, app: &trackside::app::state::App) {
    let theme = Theme::builtin("night");
    let mut buf = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    bencher.bench_local(|| {
        buf.reset();
        view(divan::black_box(app), &theme, &mut buf);
    });
}
