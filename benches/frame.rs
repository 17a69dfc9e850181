//! One whole frame at three sizes. The goal: 0.25, 0.5 and 1 ms; with 20,000 open incidents 100 ms.

#[path = "kit/screen.rs"]
mod screen;

use divan::Bencher;
use screen::draw;
use screen::fixture::{self, Story};
use trackside::app::msg::Msg;
use trackside::app::update::update;
use trackside::model::event::Event;
use trackside::model::ids::SourceId;
use trackside::model::incident::Incident;

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

#[divan::bench(args = [(80, 24), (120, 40), (200, 60)])]
fn twenty_thousand_incidents(bencher: Bencher<'_, '_>, (width, height): (u16, u16)) {
    let mut app = fixture::app(Story::Full, width, height);
    let mut all = fixture::snapshot();
    let one = all.incidents.remove(0);
    all.incidents = (0..20_000).map(|n| Incident { id: format!("inc-{n}").as_str().into(), ..one.clone() }).collect();
    let now = app.now;
    update(&mut app, Msg::Fact(SourceId(0), Event::Snapshot(Box::new(all)), now));
    draw(bencher, &app);
}
