//! A full sample of each type that travels: every optional field is set, every list has an item.

use trackside::local::port::Entry;
use trackside::model::audit::{AuditEntry, VariableChange, VariableDeed};
use trackside::model::deploy::{Commit, CommitRange, DeployStatus, Deployment, Release, Stage, StageTime, Trigger};
use trackside::model::incident::{Closed, Deed, Incident, IncidentStatus, Note, Severity, Step, StepDone};
use trackside::model::log::{GapReason, Level, LogGap, LogKind, LogLine, LogPage};
use trackside::model::metric::{Metric, MetricPoint, Series};
use trackside::model::project::{Environment, Member, Project, ProjectState, Role, Team};
use trackside::model::request::NewIncident;
use trackside::model::service::{Health, Limits, Replica, ReplicaState, Repo, Service, ServiceKind};
use trackside::model::time::{Millis, Time};

/// The commit of every deployment.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub const AT: Time = Time(1_767_225_600_000);

pub fn team() -> Team {
    Team { id: "team_1".into(), name: "shop".into(), members: vec![Member { name: "ada".into(), role: Role::Owner }], rev: 1 }
}

pub fn project(id: &str) -> Project {
    let environment = Environment { id: "env_1".into(), name: "production".into(), production: true };
    let (name, state) = (id.into(), ProjectState::Active);
    Project { id: id.into(), team: "team_1".into(), name, state, environments: vec![environment], created: AT, rev: 1 }
}

pub fn service(id: &str) -> Service {
    Service {
        id: id.into(),
        project: "prj_1".into(),
        environment: "env_1".into(),
        name: id.into(),
        kind: ServiceKind::Web,
        repo: Repo { url: "https://example.org/shop.git".into(), branch: Some("main".into()), root: Some("web".into()) },
        health: Health::Live,
        reason: Some("as it should be".into()),
        desired: 1,
        replicas: vec![Replica {
            index: 1,
            state: ReplicaState::Up,
            deployment: "dep_1".into(),
            pid: Some(4711),
            port: Some(20_001),
            started: Some(AT),
            restarts: 0,
        }],
        health_path: Some("/health".into()),
        url: Some("http://127.0.0.1:20000".into()),
        live: Some("dep_1".into()),
        variables: vec!["PORT".into()],
        limits: Limits { cpu: Some(1.0), memory: Some(1 << 28), files: Some(1024) },
        production: true,
        created: AT,
        rev: 1,
    }
}

pub fn deployment(id: &str, at: Time) -> Deployment {
    Deployment {
        id: id.into(),
        project: "prj_1".into(),
        service: "svc_1".into(),
        status: DeployStatus::Success,
        progress: 100,
        commit: Some(Commit { id: COMMIT.into(), message: "Sell more".into(), author: "ada".into(), at: Some(at) }),
        branch: Some("main".into()),
        trigger: Trigger::Cli,
        by: "owner".into(),
        created: at,
        stages: vec![StageTime { stage: Stage::Building, began: at, ended: Some(at) }],
        finished: Some(at),
        live_from: Some(at),
        live_to: Some(at),
        error: Some("none".into()),
        url: Some("http://127.0.0.1:20000".into()),
        rollback_of: Some("dep_0".into()),
        kept: true,
        isolation: Some("process".into()),
        release: Some(Release {
            replicas: 2,
            variables: vec![("PORT".into(), "0123456789ab".into())],
            size: Some(1 << 20),
            command: Some("./api".into()),
        }),
        rev: 1,
    }
}

pub fn commits() -> CommitRange {
    let commit = deployment("dep_1", AT).commit.unwrap();
    CommitRange { added: vec![commit.clone()], dropped: vec![commit], more: true }
}

pub fn variable_change() -> VariableChange {
    VariableChange { at: AT, by: "ada".into(), name: "PORT".into(), deed: VariableDeed::Changed }
}

pub fn new_incident() -> NewIncident {
    NewIncident { project: "prj_1".into(), service: Some("svc_1".into()), severity: Severity::P2, title: "orders are lost".to_owned() }
}

pub fn incident(id: &str) -> Incident {
    let deed = || Some(Deed { by: "ada".into(), at: AT, reason: Some("seen".into()) });
    let note = || Note { at: AT, by: "ada".into(), text: "looking".into() };
    Incident {
        id: id.into(),
        project: "prj_1".into(),
        service: Some("svc_1".into()),
        deployment: Some("dep_1".into()),
        severity: Severity::P1,
        status: IncidentStatus::Acknowledged,
        title: "5xx".into(),
        cause: "error_ratio:svc_1".into(),
        opened: AT,
        clock_from: Some(AT),
        due: Some(AT),
        acknowledged: deed(),
        mitigated: deed(),
        resolved: deed(),
        closed: vec![Closed { from: AT, to: AT }],
        steps: vec![StepDone { step: Step::Assess, done: deed() }],
        notes: vec![note()],
        timeline: vec![note()],
        rev: 1,
    }
}

pub fn audit(id: &str) -> AuditEntry {
    AuditEntry {
        id: id.into(),
        at: AT,
        by: "owner".into(),
        action: "deploy.start".into(),
        project: Some("prj_1".into()),
        service: Some("svc_1".into()),
        target: "web".into(),
        result: "ok".into(),
        rev: 1,
    }
}

pub fn line(off: u64) -> LogLine {
    LogLine {
        off,
        at: AT,
        kind: LogKind::Runtime,
        level: Level::Warn,
        service: Some("svc_1".into()),
        deployment: Some("dep_1".into()),
        replica: 1,
        cont: true,
        text: "hello".to_owned(),
    }
}

/// A line that the only service writes now.
pub fn entry(text: String) -> Entry {
    Entry {
        at: trackside::local::clock::now(),
        kind: LogKind::Runtime,
        level: Some(Level::Info),
        service: Some("svc_1".into()),
        deployment: None,
        replica: 1,
        cont: false,
        text,
    }
}

pub fn gap() -> LogGap {
    LogGap { offs: 1..=9, count: 9, from: AT, to: AT, reason: GapReason::Slow }
}

pub fn log_page() -> LogPage {
    LogPage { epoch: "e".to_owned(), lines: vec![line(1)], beginning: true, end: true, gaps: vec![gap()] }
}

pub fn point(value: f64) -> MetricPoint {
    MetricPoint { service: "svc_1".into(), replica: 0, at: AT, values: vec![(Metric::Cpu, value)] }
}

pub fn series() -> Series {
    Series {
        service: "svc_1".into(),
        replica: 1,
        metric: Metric::Cpu,
        from: AT,
        step: Millis::secs(10),
        values: vec![Some(0.5), None],
        peaks: vec![Some(0.9), None],
        lows: vec![Some(0.2), None],
    }
}
