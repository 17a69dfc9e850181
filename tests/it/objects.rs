//! One object of each kind, with nothing special about it. What a test's world or a picture needs besides, it sets itself.
//! Knows no time of its own and nothing of this crate's other tests: the benches build on it too.

use trackside::app::state::{Settings, SourceState};
use trackside::model::deploy::{Commit, DeployStatus, Deployment, Stage, StageTime, Trigger};
use trackside::model::ids::SourceId;
use trackside::model::incident::{Incident, IncidentStatus, Severity, Step, StepDone};
use trackside::model::link::{Can, Caps};
use trackside::model::project::{Environment, Project, ProjectState, Role};
use trackside::model::service::{Health, Limits, Replica, ReplicaState, Repo, Service, ServiceKind};
use trackside::model::time::{Millis, Time};

pub fn settings(themes: &[&str]) -> Settings {
    Settings {
        context: "local".to_owned(),
        theme: "night".to_owned(),
        themes: themes.iter().map(|&it| it.to_owned()).collect(),
        utc: true,
        log_bytes: 8 << 20,
        ..Settings::default()
    }
}

/// The one source, not heard of yet.
pub fn source() -> SourceState {
    SourceState { id: SourceId(0), name: "local".to_owned(), adapter: "trackside".to_owned(), ..SourceState::default() }
}

/// One who may do everything.
pub fn caps(role: Role) -> Caps {
    Caps {
        user: "maya".into(),
        role: Some(role),
        deploy: Can::YES,
        rollback: Can::YES,
        restart: Can::YES,
        cancel: Can::YES,
        stop: Can::YES,
        scale: Can::YES,
        incidents: Can::YES,
        variables: Can::YES,
        create: Can::YES,
        log_history: true,
        metric_history: true,
    }
}

pub fn project(name: &str, created: Time) -> Project {
    let env = Environment { id: "env".into(), name: "live".into(), production: false };
    Project {
        id: name.into(),
        team: "team".into(),
        name: name.into(),
        state: ProjectState::Active,
        environments: vec![env],
        created,
        rev: 1,
    }
}

pub fn replica(index: u16, state: ReplicaState, deployment: &str, started: Time) -> Replica {
    Replica {
        index,
        state,
        deployment: deployment.into(),
        pid: Some(4100 + u32::from(index)),
        port: Some(20_000 + index),
        started: Some(started),
        restarts: 0,
    }
}

/// A web service without replicas or address.
pub fn service(name: &str, project: &str, health: Health, created: Time) -> Service {
    Service {
        id: name.into(),
        project: project.into(),
        environment: "env".into(),
        name: name.into(),
        kind: ServiceKind::Web,
        repo: Repo { url: format!("https://git.example.com/{project}/{name}").into(), branch: Some("main".into()), root: None },
        health,
        reason: None,
        desired: 1,
        replicas: Vec::new(),
        health_path: None,
        url: None,
        live: None,
        variables: Vec::new(),
        limits: Limits::default(),
        production: false,
        created,
        rev: 1,
    }
}

/// A deployment asked for at `created`; if it has ended, it took `took`, and is live since if it went well.
pub fn deployment(id: &str, service: &str, project: &str, status: DeployStatus, created: Time, took: Millis) -> Deployment {
    let ended = status.ended().then(|| created + took);
    let good = status == DeployStatus::Success;
    Deployment {
        id: id.into(),
        project: project.into(),
        service: service.into(),
        progress: if ended.is_some() { 100 } else { 40 },
        commit: Some(Commit {
            id: format!("{:0<40}", id.replace("d-", "")).into(),
            message: format!("Change {id}").into(),
            author: "maya".into(),
            at: None,
        }),
        branch: Some("main".into()),
        trigger: Trigger::Git,
        by: "maya".into(),
        created,
        stages: vec![StageTime { stage: Stage::Building, began: created, ended }],
        finished: ended,
        live_from: ended.filter(|_| good),
        live_to: None,
        error: None,
        url: None,
        rollback_of: None,
        kept: good,
        isolation: None,
        release: None,
        status,
        rev: 1,
    }
}

pub fn incident(id: &str, service: &str, project: &str, severity: Severity, opened: Time) -> Incident {
    Incident {
        id: id.into(),
        project: project.into(),
        service: Some(service.into()),
        deployment: None,
        clock_from: None,
        due: severity.response().map(|it| opened + it),
        status: IncidentStatus::Triggered,
        title: format!("{service} is in trouble").into(),
        cause: format!("trouble:{service}").into(),
        opened,
        acknowledged: None,
        mitigated: None,
        resolved: None,
        closed: Vec::new(),
        steps: Step::KNOWN.iter().map(|step| StepDone { step: step.clone(), done: None }).collect(),
        notes: Vec::new(),
        timeline: Vec::new(),
        severity,
        rev: 1,
    }
}
