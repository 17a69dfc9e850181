//! A service: one repository that runs as one or more replicas.

use serde::{Deserialize, Serialize};

use super::ids::{DeploymentId, EnvironmentId, ProjectId, ServiceId};
use super::text::Clean;
use super::time::Time;
use super::words::words;

words! {
    /// What a service is to its callers.
    ServiceKind {
        /// Listens for HTTP.
        Web = "web",
        /// Runs and listens to nobody.
        Worker = "worker",
        /// Runs on a schedule and ends.
        Cron = "cron",
        /// A folder of files.
        Static = "static",
    }
}

words! {
    /// How a service stands, worst first when sorted by [`Health::rank`].
    Health {
        Live = "live",
        Deploying = "deploying",
        Failed = "failed",
        CrashLoop = "crash_loop",
        Stopped = "stopped",
        Sleeping = "sleeping",
        Unknown = "unknown",
    }
}

impl Health {
    /// The word that people read: `crash loop`.
    pub fn said(&self) -> &str {
        match self {
            Self::CrashLoop => "crash loop",
            other => other.word(),
        }
    }

    /// 0 is worst. The order of the projects pane.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::CrashLoop => 0,
            Self::Failed => 1,
            Self::Deploying => 2,
            Self::Unknown | Self::Other(_) => 3,
            Self::Live => 4,
            Self::Sleeping => 5,
            Self::Stopped => 6,
        }
    }
}

words! {
    /// How one replica stands.
    ReplicaState {
        Starting = "starting",
        Up = "up",
        Draining = "draining",
        Backoff = "backoff",
        Down = "down",
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    pub id: ServiceId,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub name: Clean,
    pub kind: ServiceKind,
    pub repo: Repo,
    pub health: Health,
    /// Why it stands as it does, when that needs saying: `replica 1 exited with 3, restart 4 in 8s`.
    pub reason: Option<Clean>,
    /// Replicas wanted.
    pub desired: u16,
    pub replicas: Vec<Replica>,
    /// Path asked for over HTTP before traffic moves over; `None`: a listening port is enough.
    pub health_path: Option<Clean>,
    /// Where it is reached, through the platform's proxy.
    pub url: Option<Clean>,
    /// The deployment that serves now.
    pub live: Option<DeploymentId>,
    /// Names of its variables; values stay on the platform.
    pub variables: Vec<Clean>,
    pub limits: Limits,
    /// Customers are here.
    pub production: bool,
    pub created: Time,
    /// Revision of the last change to it.
    pub rev: u64,
}

impl Service {
    /// Replicas that serve.
    pub fn up(&self) -> usize {
        self.replicas.iter().filter(|it| it.state == ReplicaState::Up).count()
    }

    /// Whether it serves as it should: live, or still with the release that the next one is about to replace.
    pub fn serves(&self) -> bool {
        self.health == Health::Live || (self.health == Health::Deploying && self.live.is_some() && self.up() >= usize::from(self.desired))
    }

    /// Replicas that should serve: of one that is stopped, none, however many it will have.
    pub fn wanted(&self) -> u16 {
        if self.health == Health::Stopped { 0 } else { self.desired }
    }
}

/// Where a service's code comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Repo {
    /// A git URL or a local path, without user or password.
    pub url: Clean,
    /// `None`: the repository's own default.
    pub branch: Option<Clean>,
    /// Folder inside the repository to build in.
    pub root: Option<Clean>,
}

/// One running copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    /// From 1; stable while the service has that many.
    pub index: u16,
    pub state: ReplicaState,
    pub deployment: DeploymentId,
    /// Process id on the platform's machine, if it runs.
    pub pid: Option<u32>,
    /// Loopback port it was given, for kinds that listen.
    pub port: Option<u16>,
    pub started: Option<Time>,
    /// Restarts since its deployment went live.
    pub restarts: u32,
}

/// What one replica may use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Cores; 1.0 is one whole core.
    pub cpu: Option<f64>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Open files of each process.
    pub files: Option<u64>,
}
