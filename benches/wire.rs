//! Wire decoding: from the text of a frame to what the program takes in, through the same door as the source's.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use trackside::model::ids::ServiceId;
use trackside::model::log::{Level, LogKind, LogLine};
use trackside::model::time::Time;
use trackside::platform::patience::Patience;
use trackside::platform::trackside::read::frame;
use trackside::platform::trackside::session::{Input, Session};
use trackside::platform::trackside::turn::Now;
use trackside::wire::stream::ServerFrame;

fn main() {
    divan::main();
}

fn lines(count: u64) -> String {
    let line = |off| LogLine {
        off,
        at: Time(1_795_000_000_000 + off as i64),
        kind: LogKind::Runtime,
        level: Level::Info,
        service: Some(ServiceId::new("svc_01hzx")),
        deployment: None,
        replica: 1,
        cont: false,
        text: format!("GET /checkout/{off} 200 in 12 ms order=88412 request=4f1c"),
    };
    serde_json::to_string(&ServerFrame::Log { sub: 3, n: 1, lines: (1..=count).map(line).collect() }).unwrap_or_default()
}

/// Log frames of one line, a burst, and the largest batch.
#[divan::bench(args = [1, 32, 512])]
fn log_lines(bencher: Bencher<'_, '_>, count: u64) {
    let text = lines(count);
    bencher.counter(ItemsCount::new(count)).counter(BytesCount::of_str(&text)).bench(|| frame(black_box(&text)));
}

/// A transaction that changes one project.
const CHANGE: &str = r#"{"t":"ev","sub":1,"n":1,"rev":9,"changes":[{"project":{"id":"prj_1","team":"team_1","name":"storefront","state":"active","environments":[{"id":"env_1","name":"production","production":true}],"created":"2026-11-22T14:22:06.114Z","rev":9}}]}"#;

#[divan::bench]
fn change(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(1usize)).counter(BytesCount::of_str(CHANGE)).bench(|| frame(black_box(CHANGE)));
}

/// A frame that the session decodes and finds to be of no subscription of its own: its fixed cost.
#[divan::bench]
fn session_step(bencher: Bencher<'_, '_>) {
    let mut session = Session::new(Patience::default());
    bencher.counter(ItemsCount::new(1usize)).bench_local(move || session.step(Now::default(), Input::Text(black_box(CHANGE))));
}
