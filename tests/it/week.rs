//! A week of metrics as a platform would answer it: a deterministic generator, through the wire's own types and `update`. Shared by
//! the metrics bench and the tests.

use std::f64::consts::TAU;

use trackside::app::msg::Msg;
use trackside::app::state::App;
use trackside::app::update::update;
use trackside::model::event::{Answer, Event, Snapshot};
use trackside::model::ids::{AskId, SourceId};
use trackside::model::link::Link;
use trackside::model::metric::{Metric, MetricPoint, Series};
use trackside::model::project::Role;
use trackside::model::request::Request;
use trackside::model::service::{Health, Limits, Service};
use trackside::model::time::{Millis, Time};

use super::fixture::{NOW, act, objects, press};

const SOURCE: SourceId = SourceId(0);
const STEP: Millis = Millis::mins(15);

/// The state with `n` services and nothing measured, its window a week, the charts over the whole screen.
pub fn bare(n: usize, width: u16, height: u16) -> App {
    let mut app = App::new(objects::settings(&["night"]), vec![objects::source()], NOW);
    update(&mut app, Msg::Resize(width, height));
    let services: Vec<Service> = (1..=n).map(|it| service(&name(it))).collect();
    let projects = vec![objects::project("shop", NOW - Millis::hours(900))];
    fact(&mut app, Event::Caps(Box::new(objects::caps(Role::Developer))));
    fact(&mut app, Event::Snapshot(Box::new(Snapshot { projects, services, ..Snapshot::default() })));
    fact(&mut app, Event::Link(Link::Live));
    press(&mut app, "4 z");
    app.timeline.window = Millis::hours(168);
    update(&mut app, Msg::Tick(NOW));
    app
}

/// The same with a week of each, and ten minutes of live points.
pub fn app(n: usize, width: u16, height: u16) -> App {
    let mut app = bare(n, width, height);
    while feed(&mut app) {}
    for second in 0..600 {
        let at = NOW + Millis::secs(second);
        let points = (1..=n).map(|it| live(&name(it), at)).collect();
        let text = serde_json::to_string::<Vec<MetricPoint>>(&points).expect("points are written");
        update(&mut app, Msg::Fact(SOURCE, Event::Metrics(serde_json::from_str(&text).expect("and read")), at));
    }
    act(&mut app, "overview");
    press(&mut app, "4 z");
    app
}

/// What the platform answers for a service, as it is on the wire.
pub fn answer(service: &str) -> String {
    let n = 168 * 4 * 3 / 2;
    let from = NOW - Millis(STEP.0 * n);
    let one = |metric: &Metric| {
        let value = |i: i64, peak: f64| (i % 97 > 2).then(|| value(metric, service, from + Millis(STEP.0 * i)) * peak);
        Series {
            service: service.into(),
            replica: 0,
            metric: metric.clone(),
            from,
            step: STEP,
            values: (0..n).map(|i| value(i, 1.0)).collect(),
            peaks: (0..n).map(|i| value(i, 1.3)).collect(),
            lows: (0..n).map(|i| value(i, 0.7)).collect(),
        }
    };
    let all: Vec<Series> = Metric::KNOWN.iter().map(one).collect();
    serde_json::to_string(&all).expect("series are written")
}

/// Gives the state the answer to one of its questions, as it is on the wire; `false`: it has none.
pub fn feed(app: &mut App) -> bool {
    let asked = app.asked.iter().find_map(|(id, it)| if let Request::Metrics(it) = it { Some((*id, it.services.clone())) } else { None });
    let Some((id, services)) = asked else { return false };
    let texts: Vec<String> = services.iter().map(|it| answer(it.as_str())).collect();
    take(app, id, &texts);
    true
}

/// Gives the state the answers `texts`, one a service, to the question `id`.
pub fn take(app: &mut App, id: AskId, texts: &[String]) {
    let read = |it: &String| -> Vec<Series> { serde_json::from_str(it).expect("series are read") };
    fact(app, Event::Answer(id, Box::new(Answer::Metrics(texts.iter().flat_map(read).collect()))));
}

/// The name of the nth service, from 1.
pub fn name(n: usize) -> String {
    format!("s-{n:02}")
}

fn fact(app: &mut App, event: Event) {
    update(app, Msg::Fact(SOURCE, event, NOW));
}

fn service(name: &str) -> Service {
    Service {
        desired: 1,
        limits: Limits { cpu: Some(2.0), memory: Some(1 << 30), files: Some(1024) },
        ..objects::service(name, "shop", Health::Live, NOW - Millis::hours(900))
    }
}

fn live(service: &str, at: Time) -> MetricPoint {
    MetricPoint {
        service: service.into(),
        replica: 0,
        at,
        values: Metric::KNOWN.iter().map(|it| (it.clone(), value(it, service, at))).collect(),
    }
}

/// Days with their nights, each service at its own pace.
fn value(metric: &Metric, service: &str, at: Time) -> f64 {
    let own = service.bytes().fold(7_u32, |sum, it| sum.wrapping_mul(31).wrapping_add(u32::from(it)));
    let phase = f64::from(own % 97) / 97.0;
    let noise = (at.0 / 1000).wrapping_mul(2_654_435_761).rem_euclid(1000) as f64 / 1000.0;
    let day = 1.0 + 0.6 * ((at.0 as f64 / 86_400_000.0 + phase) * TAU).sin() + 0.1 * noise;
    match metric {
        Metric::Cpu => 0.3 * day,
        Metric::Memory => 3e8 * (1.0 + 0.1 * day),
        Metric::ErrorRatio => 0.004 * noise,
        Metric::Requests5xx => 0.2 * noise,
        Metric::P50 | Metric::P90 | Metric::P95 | Metric::P99 => 80.0 * day,
        Metric::Replicas => 1.0,
        _ => 50.0 * day,
    }
}
