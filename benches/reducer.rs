//! The reducer: one message at a time on a large platform (2,000 services, 20,000 deployments). The goal: a key in a filter within 8 ms.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shares its fixture with the tests, whose helpers may stop at the first surprise"
)]

#[path = "../tests/it/fixture.rs"]
#[expect(dead_code, reason = "the screen tests use all of it")]
mod fixture;

use divan::Bencher;
use fixture::{NOW, Story};
use trackside::app::msg::Msg;
use trackside::app::state::App;
use trackside::app::update::update;
use trackside::model::event::{Change, Event, Snapshot};
use trackside::model::ids::SourceId;
use trackside::model::log::{Level, LogKind, LogLine};
use trackside::model::time::{Millis, Time};

const SERVICES: usize = 2_000;
const DEPLOYMENTS: usize = 20_000;

fn main() {
    divan::main();
}

/// The fixture's platform, multiplied: each copy of a thing with an id of its own.
fn large() -> Snapshot {
    let mut all = fixture::snapshot();
    let (services, deployments) = (all.services.clone(), all.deployments.clone());
    all.services = (0..SERVICES)
        .map(|n| {
            let mut it = services[n % services.len()].clone();
            it.id = format!("s{n}").as_str().into();
            it.name = format!("service-{n}").into();
            it
        })
        .collect();
    all.deployments = (0..DEPLOYMENTS)
        .map(|n| {
            let mut it = deployments[n % deployments.len()].clone();
            it.id = format!("d{n}").as_str().into();
            it.service = format!("s{}", n % SERVICES).as_str().into();
            it.created = NOW - Millis::mins(n as i64);
            it
        })
        .collect();
    all
}

fn app() -> App {
    let mut app = fixture::app(Story::Full, 120, 40);
    fact(&mut app, Event::Snapshot(Box::new(large())), NOW);
    app
}

fn fact(app: &mut App, event: Event, at: Time) {
    update(app, Msg::Fact(SourceId(0), event, at));
}

#[divan::bench]
fn a_motion_key(bencher: Bencher<'_, '_>) {
    let mut app = app();
    fixture::press(&mut app, "2");
    bencher.bench_local(|| fixture::press(divan::black_box(&mut app), "j"));
}

#[divan::bench]
fn a_key_in_a_filter(bencher: Bencher<'_, '_>) {
    let mut app = app();
    fixture::press(&mut app, "2 /");
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        // Typed and taken back, so that the filter stays short and every key makes the rows anew.
        fixture::press(divan::black_box(&mut app), if n % 2 == 0 { "Backspace" } else { "f" });
    });
}

#[divan::bench]
fn a_deployment_that_changed(bencher: Bencher<'_, '_>) {
    let mut app = app();
    let mut it = large().deployments.swap_remove(7);
    bencher.bench_local(|| {
        it.rev += 1;
        it.progress = (it.rev % 100) as u8;
        fact(divan::black_box(&mut app), Event::Changed(vec![Change::Deployment(it.clone())]), NOW);
    });
}

#[divan::bench]
fn a_whole_snapshot(bencher: Bencher<'_, '_>) {
    let mut app = app();
    bencher.with_inputs(large).bench_local_values(|all| fact(&mut app, Event::Snapshot(Box::new(all)), NOW));
}

#[divan::bench]
fn a_batch_of_256_log_lines(bencher: Bencher<'_, '_>) {
    let mut app = app();
    let mut off = 1_000_000;
    bencher.bench_local(|| {
        let lines = (0..256).map(|n| line(off + n)).collect();
        off += 256;
        fact(&mut app, Event::Logs(lines), NOW);
    });
}

fn line(off: u64) -> LogLine {
    LogLine {
        off,
        at: NOW + Millis(off as i64),
        kind: LogKind::Runtime,
        level: Level::Info,
        service: Some(format!("s{}", off % 50).as_str().into()),
        deployment: None,
        replica: 1,
        cont: false,
        text: format!(
            "{{\"level\":\"info\",\"msg\":\"order taken\",\"order\":{off},\"items\":3,\"cents\":3750,\"request\":\"4f1c{off:08x}\"}}"
        ),
    }
}
