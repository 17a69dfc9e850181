//! Facts: what a source has to say. The open end of the program towards the world.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::audit::AuditEntry;
use super::deploy::{CommitRange, Deployment};
use super::ids::{AskId, AuditId, DeploymentId, IncidentId, ProjectId, ServiceId, TeamId};
use super::incident::Incident;
use super::link::{Caps, Link};
use super::log::{LogGap, LogLine, LogPage, LogVolume};
use super::metric::{MetricPoint, Series};
use super::project::{Project, Team};
use super::request::Fault;
use super::service::Service;
use super::text::Clean;
use super::time::Millis;

/// Something a source reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// How its connection stands, from now on.
    Link(Link),
    /// What it can do.
    Caps(Box<Caps>),
    /// Everything there is, complete: replaces what was known.
    Snapshot(Box<Snapshot>),
    /// What changed in one transaction; taken in whole.
    Changed(Vec<Change>),
    /// Nothing changed, and that is known: the source was heard from at this instant of its clock.
    Heard {
        /// The source's clock minus ours, in ms.
        skew: Millis,
    },
    /// Log lines, in the order of their offsets.
    Logs(Vec<LogLine>),
    /// Lines that will never come.
    LogGap(LogGap),
    /// The offsets start anew; lines held stay readable.
    LogRestart { epoch: String },
    /// The newest values.
    Metrics(Vec<MetricPoint>),
    /// An answer to what was asked.
    Answer(AskId, Box<Answer>),
    /// Something about the source that a person should read once, in a line.
    Notice(Clean),
}

/// What a request came to.
#[expect(clippy::large_enum_variant, reason = "answers are few, and always travel boxed")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// It was done; the change itself arrives as `Changed`. The text says what was done.
    Done {
        text: Clean,
        object: Option<Change>,
    },
    Logs(LogPage),
    Metrics(Vec<Series>),
    Commits(CommitRange),
    Volume(LogVolume),
    Failed(Fault),
}

/// All objects of a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub teams: Vec<Team>,
    pub projects: Vec<Project>,
    pub services: Vec<Service>,
    pub deployments: Vec<Deployment>,
    pub incidents: Vec<Incident>,
    pub audit: Vec<AuditEntry>,
    /// Objects that could not be read, by kind: shown as "2 services unreadable", never left out in silence.
    pub unreadable: BTreeMap<String, u32>,
}

impl Snapshot {
    /// Puts `change` in, or takes out what it removes.
    pub fn apply(&mut self, change: Change) {
        fn put<T>(list: &mut Vec<T>, it: T, same: impl Fn(&T) -> bool) {
            match list.iter_mut().find(|old| same(old)) {
                Some(old) => *old = it,
                None => list.push(it),
            }
        }
        match change {
            Change::Team(it) => put(&mut self.teams, it.clone(), |old| old.id == it.id),
            Change::Project(it) => put(&mut self.projects, it.clone(), |old| old.id == it.id),
            Change::Service(it) => put(&mut self.services, it.clone(), |old| old.id == it.id),
            Change::Deployment(it) => put(&mut self.deployments, it.clone(), |old| old.id == it.id),
            Change::Incident(it) => put(&mut self.incidents, it.clone(), |old| old.id == it.id),
            Change::Audit(it) => put(&mut self.audit, it.clone(), |old| old.id == it.id),
            Change::Removed(ObjectRef::Team(id)) => self.teams.retain(|it| it.id != id),
            Change::Removed(ObjectRef::Project(id)) => self.projects.retain(|it| it.id != id),
            Change::Removed(ObjectRef::Service(id)) => self.services.retain(|it| it.id != id),
            Change::Removed(ObjectRef::Deployment(id)) => self.deployments.retain(|it| it.id != id),
            Change::Removed(ObjectRef::Incident(id)) => self.incidents.retain(|it| it.id != id),
            Change::Removed(ObjectRef::Audit(id)) => self.audit.retain(|it| it.id != id),
        }
    }
}

/// One object as it now is, or gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Team(Team),
    Project(Project),
    Service(Service),
    Deployment(Deployment),
    Incident(Incident),
    Audit(AuditEntry),
    Removed(ObjectRef),
}

/// Names one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectRef {
    Team(TeamId),
    Project(ProjectId),
    Service(ServiceId),
    Deployment(DeploymentId),
    Incident(IncidentId),
    Audit(AuditId),
}

impl Change {
    /// The object it is about.
    pub fn object(&self) -> ObjectRef {
        match self {
            Self::Team(it) => ObjectRef::Team(it.id.clone()),
            Self::Project(it) => ObjectRef::Project(it.id.clone()),
            Self::Service(it) => ObjectRef::Service(it.id.clone()),
            Self::Deployment(it) => ObjectRef::Deployment(it.id.clone()),
            Self::Incident(it) => ObjectRef::Incident(it.id.clone()),
            Self::Audit(it) => ObjectRef::Audit(it.id.clone()),
            Self::Removed(it) => it.clone(),
        }
    }

    /// The revision it carries; `None` for a removal.
    pub const fn rev(&self) -> Option<u64> {
        match self {
            Self::Team(it) => Some(it.rev),
            Self::Project(it) => Some(it.rev),
            Self::Service(it) => Some(it.rev),
            Self::Deployment(it) => Some(it.rev),
            Self::Incident(it) => Some(it.rev),
            Self::Audit(it) => Some(it.rev),
            Self::Removed(_) => None,
        }
    }

    /// Writes the revision at which it happened into it.
    pub fn stamp(&mut self, at: u64) {
        match self {
            Self::Team(it) => it.rev = at,
            Self::Project(it) => it.rev = at,
            Self::Service(it) => it.rev = at,
            Self::Deployment(it) => it.rev = at,
            Self::Incident(it) => it.rev = at,
            Self::Audit(it) => it.rev = at,
            Self::Removed(_) => {}
        }
    }
}

impl ObjectRef {
    /// The kind's word and the id.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Team(id) => ("team", id.as_str()),
            Self::Project(id) => ("project", id.as_str()),
            Self::Service(id) => ("service", id.as_str()),
            Self::Deployment(id) => ("deployment", id.as_str()),
            Self::Incident(id) => ("incident", id.as_str()),
            Self::Audit(id) => ("audit", id.as_str()),
        }
    }
}
