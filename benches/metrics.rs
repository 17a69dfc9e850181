//! A week of metrics of fifty services, through the wire's own types, then a frame with the charts over the whole screen. The goal:
//! 16 ms. What the store holds of it is printed before.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shares its fixture with the tests, whose helpers may stop at the first surprise"
)]

#[path = "kit/screen.rs"]
mod screen;
#[path = "../tests/it/week.rs"]
mod week;

use divan::Bencher;
use screen::{draw, fixture};

const SERVICES: usize = 50;

fn main() {
    let app = week::app(SERVICES, 200, 60);
    println!("{} services: {} values held", SERVICES, app.metrics.held());
    divan::main();
}

/// From the bytes of an answer to the state that holds it.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn takes_a_week_of_one_service(bencher: Bencher<'_, '_>) {
    let text = [week::answer("s-01")];
    bencher.with_inputs(|| week::bare(SERVICES, 200, 60)).bench_local_values(|mut app| {
        let id = *app.asked.keys().next().expect("a week is asked for");
        week::take(&mut app, id, &text);
        app
    });
}

#[divan::bench(args = [(80, 24), (120, 40), (200, 60)])]
fn week_zoomed(bencher: Bencher<'_, '_>, (width, height): (u16, u16)) {
    let app = week::app(SERVICES, width, height);
    draw(bencher, &app);
}

#[divan::bench(args = [(80, 24), (120, 40), (200, 60)])]
fn week_zoomed_a_line_for_each_service(bencher: Bencher<'_, '_>, (width, height): (u16, u16)) {
    let mut app = week::app(SERVICES, width, height);
    fixture::press(&mut app, "s");
    draw(bencher, &app);
}

#[divan::bench]
fn week_zoomed_with_the_week_before_behind_it(bencher: Bencher<'_, '_>) {
    let mut app = week::app(SERVICES, 200, 60);
    fixture::act(&mut app, "metrics.behind=week");
    draw(bencher, &app);
}

#[divan::bench]
fn overview_of_a_week(bencher: Bencher<'_, '_>) {
    let mut app = week::app(SERVICES, 200, 60);
    fixture::press(&mut app, "0");
    draw(bencher, &app);
}
