//! A realistic platform as facts: a web shop of four services, a second project, a P1, failing deployments, logs and metrics.
//! Shared by the screen tests and the frame bench; built through `update` alone, as the program builds it.

use std::f64::consts::TAU;

use trackside::app::msg::Msg;
use trackside::app::state::App;
use trackside::app::update::update;
use trackside::model::deploy::{Commit, DeployStatus, Deployment, Stage, StageTime, Trigger};
use trackside::model::event::{Event, Snapshot};
use trackside::model::ids::SourceId;
use trackside::model::incident::{Deed, Incident, IncidentStatus, Note, Severity, Step, StepDone};
use trackside::model::link::Link;
use trackside::model::log::{GapReason, Level, LogGap, LogKind, LogLine};
use trackside::model::metric::{Metric, MetricPoint};
use trackside::model::project::{Environment, Member, Project, Role, Team};
use trackside::model::service::{Health, Limits, Replica, ReplicaState, Repo, Service, ServiceKind};
use trackside::model::time::{Millis, Time};

#[path = "objects.rs"]
pub mod objects;

/// 2026-11-22T14:22:07Z.
pub const NOW: Time = Time(1_795_357_327_000);
const SOURCE: SourceId = SourceId(0);

/// How the platform is in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Nothing has been heard yet.
    Waiting,
    /// A complete answer with nothing in it.
    Empty,
    /// Everything at work, one P1.
    Full,
    /// The same, then the platform went away; some objects were unreadable.
    Broken,
    /// The token was refused.
    Refused,
}

/// The state of `story` at `width` by `height`.
pub fn app(story: Story, width: u16, height: u16) -> App {
    let settings = objects::settings(&["night", "day", "contrast", "colorblind", "ansi", "mono"]);
    let mut it = App::new(settings, vec![objects::source()], NOW - Millis::mins(30));
    update(&mut it, Msg::Resize(width, height));
    match story {
        Story::Waiting => fact(&mut it, Event::Link(Link::Connecting { attempt: 1 })),
        Story::Refused => fact(&mut it, Event::Link(Link::Refused { why: "the token is wrong or has ended".into() })),
        Story::Empty => connect(&mut it, Snapshot { teams: vec![team()], ..Snapshot::default() }),
        Story::Full => full(&mut it),
        Story::Broken => {
            full(&mut it);
            fact(&mut it, Event::Link(Link::Retrying { at: NOW + Millis::secs(44), attempt: 3, why: "connection refused".into() }));
            update(&mut it, Msg::Tick(NOW + Millis::secs(38)));
        }
    }
    let now = it.now.max(NOW);
    update(&mut it, Msg::Tick(now));
    it
}

/// Presses keys one after the other, by their names.
pub fn press(app: &mut App, keys: &str) {
    for key in keys.split_whitespace() {
        let key = trackside::app::chord::parse(key).expect("a key by its name");
        update(app, Msg::Key(key, app.now));
    }
}

/// Does actions by name, `name` or `name=argument`.
pub fn act(app: &mut App, names: &str) {
    for name in names.split_whitespace() {
        let (name, arg) = name.split_once('=').unwrap_or((name, ""));
        update(app, Msg::Act(name.to_owned(), arg.to_owned()));
    }
}

fn fact(app: &mut App, event: Event) {
    update(app, Msg::Fact(SOURCE, event, NOW));
}

fn connect(app: &mut App, snapshot: Snapshot) {
    fact(app, Event::Caps(Box::new(objects::caps(Role::Developer))));
    fact(app, Event::Snapshot(Box::new(snapshot)));
    fact(app, Event::Link(Link::Live));
    // The line about incidents that were open at the start is gone by the time of the picture.
    app.notices.clear();
}

fn full(app: &mut App) {
    connect(app, snapshot());
    for second in (0..900).step_by(5) {
        fact(app, Event::Metrics(points(NOW - Millis::secs(900 - second))));
    }
    for minute in 0..14 {
        fact(app, Event::Logs(lines(minute)));
    }
    let gap = LogGap { offs: 90_000..=90_311, count: 312, from: NOW - Millis(4_100), to: NOW - Millis(2_000), reason: GapReason::Slow };
    fact(app, Event::LogGap(gap));
    fact(app, Event::Logs(last_lines()));
}

fn team() -> Team {
    let member = |name: &str, role| Member { name: name.into(), role };
    Team { id: "t".into(), name: "shop".into(), members: vec![member("maya", Role::Developer), member("li", Role::Admin)], rev: 1 }
}

/// All objects of the story.
pub fn snapshot() -> Snapshot {
    Snapshot {
        teams: vec![team()],
        projects: vec![project("storefront", true), project("billing", false), project("search", false)],
        services: services(),
        deployments: deployments(),
        incidents: incidents(),
        audit: Vec::new(),
        unreadable: [("service".to_owned(), 2)].into(),
    }
}

fn project(name: &str, production: bool) -> Project {
    let env = Environment {
        id: format!("{name}-env").as_str().into(),
        name: if production { "production" } else { "staging" }.into(),
        production,
    };
    Project { team: "t".into(), environments: vec![env], ..objects::project(name, NOW - Millis::hours(24 * 40)) }
}

fn services() -> Vec<Service> {
    use {Health as H, ReplicaState as R, ServiceKind as K};
    let crash = "replica 1 exited with 101, restart 6 in 32s";
    vec![
        service("storefront", "web", K::Web, H::Live, &[R::Up, R::Up], None),
        service("storefront", "api", K::Web, H::Deploying, &[R::Up, R::Starting], Some("starting 1 of 2 replicas of 77ce02d")),
        service("storefront", "worker", K::Worker, H::CrashLoop, &[R::Backoff], Some(crash)),
        service("storefront", "static", K::Static, H::Live, &[R::Up], None),
        service("billing", "invoices", K::Web, H::Live, &[R::Up, R::Up], None),
        service("billing", "mailer", K::Cron, H::Sleeping, &[], None),
        service("search", "index", K::Worker, H::Stopped, &[], None),
    ]
}

fn service(project: &str, name: &str, kind: ServiceKind, health: Health, replicas: &[ReplicaState], reason: Option<&str>) -> Service {
    let http = matches!(kind, ServiceKind::Web | ServiceKind::Static);
    let replica = |(state, index): (&ReplicaState, u16)| Replica {
        port: http.then_some(20_000 + index),
        restarts: if *state == ReplicaState::Backoff { 6 } else { 0 },
        ..objects::replica(index, state.clone(), &format!("{name}-1"), NOW - Millis::mins(131))
    };
    Service {
        environment: format!("{project}-env").as_str().into(),
        kind,
        repo: Repo { url: format!("https://git.example.com/shop/{name}").into(), branch: Some("main".into()), root: None },
        reason: reason.map(Into::into),
        desired: replicas.len().max(1) as u16,
        replicas: replicas.iter().zip(1..).map(replica).collect(),
        health_path: http.then(|| "/healthz".into()),
        url: http.then(|| format!("http://{name}.localhost:8400").into()),
        live: Some(format!("{name}-1").as_str().into()),
        variables: ["DATABASE_URL", "LOG_LEVEL", "PAYMENT_KEY"].map(Into::into).to_vec(),
        limits: Limits { cpu: Some(1.0), memory: Some(512 << 20), files: Some(1024) },
        ..objects::service(name, project, health, NOW - Millis::hours(24 * 40))
    }
}

fn deployments() -> Vec<Deployment> {
    use DeployStatus as S;
    let mut all = vec![
        deployment("api", 2, S::Building, 61, "77ce02d41c", "Add retries to checkout", "li", Millis::secs(12), 0),
        deployment("worker", 3, S::Failed, 55, "1f0e88a902", "Bump queue client", "maya", Millis::mins(4), 31),
        deployment("api", 1, S::Success, 100, "c0ffe0177a", "Charge in one request instead of three", "li", Millis::mins(9), 41),
        deployment("web", 1, S::Success, 100, "a1b9f3c0de", "Fix cart rounding", "maya", Millis::mins(126), 48),
        deployment("worker", 1, S::Crashed, 100, "9d3e1b2aa0", "Read the queue in batches", "maya", Millis::mins(33), 36),
        deployment("static", 1, S::Success, 100, "5b1c9d7e33", "Winter banner", "noor", Millis::hours(26), 9),
        deployment(
            "invoices",
            1,
            S::Success,
            100,
            "e771a0b4f2",
            "日本語の請求書 and a very long message about what changed in the invoices",
            "noor",
            Millis::hours(49),
            75,
        ),
        deployment("web", 2, S::Cancelled, 20, "b2c0d1e4f7", "Try the new bundler", "maya", Millis::hours(27), 22),
    ];
    for n in 4..9 {
        let mut old =
            deployment("api", n, S::Success, 100, "0a1b2c3d4e", "Earlier work", "li", Millis::hours(20 + i64::from(n)), 38 + i64::from(n));
        old.live_to = Some(NOW - Millis::hours(19 + i64::from(n)));
        all.push(old);
    }
    all
}

#[expect(clippy::too_many_arguments, reason = "a table of rows reads best as rows")]
fn deployment(
    service: &str,
    n: u32,
    status: DeployStatus,
    progress: u8,
    commit: &str,
    message: &str,
    by: &str,
    ago: Millis,
    took: i64,
) -> Deployment {
    let project = if ["invoices", "mailer"].contains(&service) { "billing" } else { "storefront" };
    let mut it = objects::deployment(&format!("{service}-{n}"), service, project, status, NOW - ago, Millis::secs(took));
    it.progress = progress;
    it.commit = Some(Commit { id: commit.into(), message: message.into(), author: by.into(), at: None });
    it.trigger = if n == 3 { Trigger::Cli } else { Trigger::Git };
    it.by = by.into();
    it.stages = stages(it.created, it.finished, &it.status, took);
    let error = match it.status {
        DeployStatus::Failed => Some("build failed: exit 101\nerror[E0432]: unresolved import `queue::Client`\n  --> src/main.rs:3:5"),
        DeployStatus::Crashed => Some("exit 101 six times in 5 minutes"),
        _ => None,
    };
    it.error = error.map(trackside::model::text::Clean::paragraph);
    if it.status == DeployStatus::Crashed {
        (it.live_from, it.live_to) = (it.finished, Some(NOW - Millis::mins(20)));
    }
    it.kept = true;
    it.isolation = Some("bwrap".into());
    it
}

fn stages(created: Time, ended: Option<Time>, status: &DeployStatus, took: i64) -> Vec<StageTime> {
    let reached = match status {
        DeployStatus::Building | DeployStatus::Failed | DeployStatus::Cancelled => 3,
        _ => 4,
    };
    let took = Millis::secs(took.max(10));
    let cuts = [0, 2, 12, 80, 100].map(|share| created + Millis(took.0 * share / 100));
    let names = [Stage::Pending, Stage::Cloning, Stage::Building, Stage::Deploying];
    let last = reached - 1;
    let stage = |i: usize, stage: Stage| StageTime { stage, began: cuts[i], ended: if i < last { Some(cuts[i + 1]) } else { ended } };
    names.into_iter().enumerate().take(reached).map(|(i, it)| stage(i, it)).collect()
}

fn incidents() -> Vec<Incident> {
    let deed = |by: &str, ago| Deed { by: by.into(), at: NOW - ago, reason: None };
    let mut p1 = incident("api", Severity::P1, "5xx above 5 % for a minute", Millis::secs(149), Millis::mins(15), 0);
    p1.notes = vec![Note {
        at: NOW - Millis::secs(60),
        by: "maya".into(),
        text: "payment provider answers 200 with an empty body since c0ffe01; rolling back".into(),
    }];
    let mut p3 = incident("worker", Severity::P3, "crash loop: exit 101", Millis::mins(41), Millis::hours(4), 3);
    p3.status = IncidentStatus::Acknowledged;
    p3.acknowledged = Some(deed("maya", Millis::mins(38)));
    let mut old = incident("web", Severity::P2, "no replica up", Millis::hours(30), Millis::hours(1), 7);
    old.status = IncidentStatus::Resolved;
    old.acknowledged = Some(deed("li", Millis(30 * 3_600_000 - 240_000)));
    old.resolved = Some(deed("li", Millis::hours(29)));
    vec![p1, p3, old]
}

fn incident(service: &str, severity: Severity, title: &str, ago: Millis, response: Millis, ticked: usize) -> Incident {
    let opened = NOW - ago;
    let done = |i: usize| (i < ticked).then(|| Deed { by: "maya".into(), at: opened + Millis::mins(3 + i as i64), reason: None });
    Incident {
        title: format!("{service}: {title}").into(),
        cause: format!("rule:{service}").into(),
        due: Some(opened + response),
        steps: Step::KNOWN.iter().cloned().enumerate().map(|(i, step)| StepDone { step, done: done(i) }).collect(),
        timeline: vec![Note { at: opened, by: "platform".into(), text: "opened: 5xx 6.1 % of 184 requests a second".into() }],
        ..objects::incident(&format!("inc-{service}"), service, "storefront", severity, opened)
    }
}

/// Values as a day has them: a wave, a burst of errors in the last minutes, a hole of a minute.
fn points(at: Time) -> Vec<MetricPoint> {
    let age = NOW.since(at).0 as f64 / 1000.0;
    let hole = (400.0..460.0).contains(&age);
    let trouble = if age < 180.0 { 1.0 } else { 0.0 };
    let wave = (age / 300.0 * TAU).sin();
    let one = |name: &str, scale: f64| {
        let rate = (92.0 + 40.0 * wave) * scale;
        MetricPoint {
            service: name.into(),
            replica: 0,
            at,
            values: vec![
                (Metric::Cpu, (0.42 + 0.12 * wave + 0.25 * trouble) * scale),
                (Metric::Memory, (190.0 + 22.0 * wave) * 1_048_576.0 * scale.max(0.4)),
                (Metric::Requests, rate),
                (Metric::Requests5xx, rate * 0.061 * trouble),
                (Metric::ErrorRatio, 0.061 * trouble),
                (Metric::P50, 12.0 + 4.0 * wave),
                (Metric::P95, 120.0 + 720.0 * trouble),
                (Metric::P99, 240.0 + 1900.0 * trouble),
                (Metric::NetIn, 41_000.0 * scale),
                (Metric::NetOut, 310_000.0 * scale),
                (Metric::DiskRead, 0.0),
                (Metric::DiskWrite, 9_000.0 * scale),
                (Metric::Replicas, 2.0),
                (Metric::LogLines, rate * 1.4),
                (Metric::Threads, 14.0),
                (Metric::Files, 88.0),
            ],
        }
    };
    if hole { Vec::new() } else { vec![one("web", 1.0), one("api", 1.4), one("static", 0.3), one("invoices", 0.1)] }
}

fn lines(minute: i64) -> Vec<LogLine> {
    let texts = [
        ("web", 1, Level::Info, "GET /cart 200 12ms"),
        ("web", 2, Level::Info, "GET /product/8812 200 9ms"),
        ("api", 1, Level::Debug, "cache hit key=price:8812"),
        ("api", 2, Level::Warn, "retrying payment (2/3) order=88412 request=4f1c"),
        ("api", 1, Level::Error, "checkout: upstream timed out after 3000 ms order=88412 request=4f1c"),
        ("static", 1, Level::Info, "GET /banner.webp 304 1ms"),
    ];
    let trouble = minute >= 11;
    let n = if trouble { 90 } else { 30 + (minute * 7) % 20 };
    (0..n)
        .map(|i| {
            let pick = if trouble { (i * 5 + minute) as usize % 6 } else { [0, 1, 2, 5][(i + minute) as usize % 4] };
            let (service, replica, level, text) = texts[pick];
            line((minute * 1000 + i) as u64, NOW - Millis::mins(14 - minute) + Millis(i * 60_000 / n), service, replica, level, text)
        })
        .collect()
}

fn last_lines() -> Vec<LogLine> {
    let all = [
        (1900, "worker", 1, Level::Fatal, "thread 'main' panicked at src/main.rs:41:9: queue closed"),
        (
            1500,
            "api",
            1,
            Level::Error,
            r#"{"level":"error","msg":"checkout: upstream timed out after 3000 ms","order":88412,"request":"4f1c"}"#,
        ),
        (1200, "api", 2, Level::Warn, r#"{"level":"warn","msg":"retrying payment (2/3)","order":88412,"request":"4f1c"}"#),
        (900, "web", 1, Level::Info, "GET /checkout 502 3004ms"),
        (700, "web", 2, Level::Info, "検索しました 製品 8812 を表示 ✨"),
        (
            300,
            "api",
            1,
            Level::Error,
            r#"{"level":"error","msg":"checkout: upstream timed out after 3000 ms","order":88415,"request":"9a02"}"#,
        ),
        (100, "static", 1, Level::Info, "GET /banner.webp 304 1ms"),
    ];
    all.into_iter()
        .zip(90_312..)
        .map(|((ago, service, replica, level, text), off)| line(off, NOW - Millis(ago), service, replica, level, text))
        .collect()
}

fn line(off: u64, at: Time, service: &str, replica: u16, level: Level, text: &str) -> LogLine {
    LogLine {
        off,
        at,
        kind: LogKind::Runtime,
        level,
        service: Some(service.into()),
        deployment: None,
        replica,
        cont: false,
        text: text.to_owned(),
    }
}
