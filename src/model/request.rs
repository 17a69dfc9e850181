//! What one can ask of a platform, and the ways it can fail. The same words serve the dashboard, the command line and the server.

use serde::{Deserialize, Serialize};

use super::ids::{DeploymentId, IncidentId, ProjectId, ServiceId};
use super::incident::{Severity, Step};
use super::log::{LogFilter, LogQuery, VolumeQuery};
use super::metric::MetricQuery;
use super::project::Role;
use super::service::ServiceKind;
use super::text::Clean;
use super::time::Millis;

/// Something asked of a platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    CreateProject(NewProject),
    RemoveProject(ProjectId),
    CreateService(Box<NewService>),
    RemoveService(ServiceId),
    /// Other settings for a service. What it is built from takes effect with the next deployment.
    ChangeService {
        service: ServiceId,
        change: Box<ServiceChange>,
    },
    /// Sets variables; `None` unsets. Takes effect with the next deployment.
    SetVariables {
        service: ServiceId,
        variables: Vec<(String, Option<String>)>,
    },
    Scale {
        service: ServiceId,
        replicas: u16,
    },
    /// The newest commit of the branch, or `commit`.
    Deploy {
        service: ServiceId,
        branch: Option<String>,
        commit: Option<String>,
    },
    /// The same commit again, built anew.
    Redeploy {
        deployment: DeploymentId,
    },
    /// The same release, new processes, one after the other.
    Restart {
        service: ServiceId,
    },
    /// A kept release back into service.
    Rollback {
        service: ServiceId,
        to: DeploymentId,
    },
    Cancel {
        deployment: DeploymentId,
    },
    Stop {
        service: ServiceId,
    },
    Acknowledge {
        incident: IncidentId,
    },
    Mitigate {
        incident: IncidentId,
    },
    Resolve {
        incident: IncidentId,
        reason: Option<String>,
    },
    Reopen {
        incident: IncidentId,
    },
    SetSeverity {
        incident: IncidentId,
        severity: Severity,
    },
    Tick {
        incident: IncidentId,
        step: Step,
        done: bool,
    },
    Note {
        incident: IncidentId,
        text: String,
    },
    /// Opens an incident by hand.
    Declare(NewIncident),
    /// A token for somebody, or for a program.
    CreateToken(NewToken),
    /// The token of this name is good for nothing from now on; what it holds open ends.
    RevokeToken(String),
    /// Kept log lines.
    Logs(LogQuery),
    /// Kept metrics.
    Metrics(MetricQuery),
    /// What lies between two commits, both as full hashes.
    Commits {
        service: ServiceId,
        from: String,
        to: String,
    },
    /// How many lines were logged, by level, over a stretch.
    Volume(VolumeQuery),
    /// Which live lines are wanted from now on.
    Follow(LogFilter),
    /// Try again now, whatever the backoff says.
    Refresh,
}

impl Request {
    /// Whether it changes anything on the platform.
    pub const fn writes(&self) -> bool {
        !matches!(self, Self::Logs(_) | Self::Metrics(_) | Self::Commits { .. } | Self::Volume(_) | Self::Follow(_) | Self::Refresh)
    }

    /// Its name in the audit trail and the activity log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CreateProject(_) => "project.create",
            Self::RemoveProject(_) => "project.remove",
            Self::CreateService(_) => "service.create",
            Self::RemoveService(_) => "service.remove",
            Self::ChangeService { .. } => "service.change",
            Self::SetVariables { .. } => "service.variables",
            Self::Scale { .. } => "service.scale",
            Self::Deploy { .. } => "deploy.start",
            Self::Redeploy { .. } => "deploy.redeploy",
            Self::Restart { .. } => "service.restart",
            Self::Rollback { .. } => "deploy.rollback",
            Self::Cancel { .. } => "deploy.cancel",
            Self::Stop { .. } => "service.stop",
            Self::Acknowledge { .. } => "incident.acknowledge",
            Self::Mitigate { .. } => "incident.mitigate",
            Self::Resolve { .. } => "incident.resolve",
            Self::Reopen { .. } => "incident.reopen",
            Self::SetSeverity { .. } => "incident.severity",
            Self::Tick { .. } => "incident.step",
            Self::Note { .. } => "incident.note",
            Self::Declare(_) => "incident.declare",
            Self::CreateToken(_) => "token.create",
            Self::RevokeToken(_) => "token.revoke",
            Self::Logs(_) => "logs",
            Self::Metrics(_) => "metrics",
            Self::Commits { .. } => "commits",
            Self::Volume(_) => "logs.volume",
            Self::Follow(_) => "logs.follow",
            Self::Refresh => "refresh",
        }
    }
}

/// A project to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    pub name: String,
    /// Name of its first environment; `production` if left out.
    #[serde(default)]
    pub environment: Option<String>,
    /// Whether that environment is production.
    #[serde(default)]
    pub production: bool,
}

/// A service to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewService {
    pub project: ProjectId,
    pub name: String,
    /// A git URL or a local path.
    pub repo: String,
    #[serde(default)]
    pub branch: Option<String>,
    #[serde(default)]
    pub root: Option<String>,
    /// What it is; detected from the repository if left out.
    #[serde(default)]
    pub kind: Option<ServiceKind>,
    #[serde(default)]
    pub variables: Vec<(String, String)>,
    /// 1 if left out.
    #[serde(default)]
    pub replicas: Option<u16>,
    #[serde(default)]
    pub health_path: Option<String>,
    /// Cores for each replica.
    #[serde(default)]
    pub cpu: Option<f64>,
    /// Bytes for each replica.
    #[serde(default)]
    pub memory: Option<u64>,
}

impl NewService {
    /// One with nothing but what it must have.
    pub fn new(project: ProjectId, name: impl Into<String>, repo: impl Into<String>) -> Self {
        Self {
            project,
            name: name.into(),
            repo: repo.into(),
            branch: None,
            root: None,
            kind: None,
            variables: Vec::new(),
            replicas: None,
            health_path: None,
            cpu: None,
            memory: None,
        }
    }
}

/// Other settings for a service; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceChange {
    pub repo: Option<String>,
    /// Empty: the repository's own default.
    pub branch: Option<String>,
    /// Empty: the repository's top.
    pub root: Option<String>,
    /// Empty: what the repository says, or none.
    pub health_path: Option<String>,
    pub replicas: Option<u16>,
    /// Cores for each replica; 0: no bound.
    pub cpu: Option<f64>,
    /// Bytes for each replica; 0: no bound.
    pub memory: Option<u64>,
}

/// An incident to open by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    pub project: ProjectId,
    /// The service it is about; the whole project if left out.
    #[serde(default)]
    pub service: Option<ServiceId>,
    pub severity: Severity,
    /// What is wrong, in a line.
    pub title: String,
}

/// A token to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Whose it is, as the audit trail names it.
    pub name: String,
    pub role: Role,
    /// How long it is good for, in milliseconds from now; until it is revoked if left out.
    #[serde(default)]
    pub expires_in: Option<Millis>,
}

/// Why something asked for was not done, by what the asker can do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    #[error("not signed in: {0}")]
    Auth(Clean),
    #[error("not allowed: {0}")]
    Forbidden(Clean),
    #[error("not found: {0}")]
    NotFound(Clean),
    /// What was asked for does not fit how things stand now.
    #[error("{0}")]
    Conflict(Clean),
    /// The request itself is wrong; asking again will not help.
    #[error("{0}")]
    Invalid(Clean),
    #[error("asked too often; try again in {}", .0.long())]
    RateLimited(Millis),
    #[error("cannot be reached: {0}")]
    Offline(Clean),
    /// The platform failed.
    #[error("the platform failed: {0}")]
    Server(Clean),
    /// What came back could not be understood.
    #[error("unreadable answer: {0}")]
    Protocol(Clean),
    /// This source cannot do that.
    #[error("{0}")]
    Unsupported(Clean),
}
