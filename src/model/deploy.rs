//! A deployment: one attempt to put one commit of a service live.

use serde::{Deserialize, Serialize};

use super::ids::{DeploymentId, ProjectId, ServiceId};
use super::text::Clean;
use super::time::{Millis, Time};
use super::words::words;

words! {
    /// How far a deployment has come, or how it ended.
    DeployStatus {
        Pending = "pending",
        Cloning = "cloning",
        Building = "building",
        Deploying = "deploying",
        Success = "success",
        Failed = "failed",
        Cancelled = "cancelled",
        Crashed = "crashed",
        Removed = "removed",
    }
}

impl DeployStatus {
    /// Whether nothing more will happen. A word this version does not know has not ended.
    pub const fn ended(&self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled | Self::Crashed | Self::Removed)
    }

    /// Whether it is on its way.
    pub const fn running(&self) -> bool {
        matches!(self, Self::Pending | Self::Cloning | Self::Building | Self::Deploying)
    }
}

words! {
    /// Who or what asked for a deployment.
    Trigger {
        Git = "git",
        Cli = "cli",
        Dashboard = "dashboard",
        Api = "api",
        Rollback = "rollback",
        Redeploy = "redeploy",
        Auto = "auto",
    }
}

words! {
    /// A stretch of the pipeline.
    Stage {
        Pending = "pending",
        Cloning = "cloning",
        Building = "building",
        Deploying = "deploying",
    }
}

/// What people call a success: while it serves, and after.
pub const LIVE: &str = "live";
pub const REPLACED: &str = "replaced";

/// One attempt to put one commit live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    pub id: DeploymentId,
    pub project: ProjectId,
    pub service: ServiceId,
    pub status: DeployStatus,
    /// 0 to 100.
    pub progress: u8,
    /// Known once cloned.
    pub commit: Option<Commit>,
    pub branch: Option<Clean>,
    pub trigger: Trigger,
    /// Who asked.
    pub by: Clean,
    pub created: Time,
    /// The stages it has been through, in order; the last one may be open.
    pub stages: Vec<StageTime>,
    /// When it ended, however it ended.
    pub finished: Option<Time>,
    /// From when it served traffic.
    pub live_from: Option<Time>,
    /// Until when it served traffic; `None` while it does.
    pub live_to: Option<Time>,
    /// Why it failed, in full.
    pub error: Option<Clean>,
    pub url: Option<Clean>,
    /// The deployment whose release this one put back.
    pub rollback_of: Option<DeploymentId>,
    /// Whether the built release is still kept, so that one can roll back to it.
    pub kept: bool,
    /// How far the platform isolates it (`none`, `landlock`, `bwrap`), in the platform's word.
    pub isolation: Option<Clean>,
    /// What was put out, once it was; `None` for one that never got there, or that an older platform made.
    #[serde(default)]
    pub release: Option<Release>,
    /// Revision of the last change to it.
    pub rev: u64,
}

impl Deployment {
    /// How it stands, in the one word that people read: one that went well is `live` while it serves and `replaced` once it does not.
    /// Programs read its `status`.
    pub fn word(&self) -> &str {
        match &self.status {
            DeployStatus::Success if self.is_live() => LIVE,
            DeployStatus::Success => REPLACED,
            other => other.word(),
        }
    }

    /// Whether it serves traffic now.
    pub const fn is_live(&self) -> bool {
        self.live_from.is_some() && self.live_to.is_none()
    }

    /// From being asked for until it ended, or until `now` while it runs.
    pub fn took(&self, now: Time) -> Millis {
        self.finished.unwrap_or(now).since(self.created)
    }
}

/// The commit of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// Full hash.
    pub id: Clean,
    /// First line of the message.
    pub message: Clean,
    pub author: Clean,
    pub at: Option<Time>,
}

impl Commit {
    /// The first seven characters, as people say it.
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }
}

/// What was put out, without any value: enough to say how two deployments differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Replicas wanted when it went out.
    pub replicas: u16,
    /// Name and fingerprint of each variable, by name. A fingerprint is a hash keyed with a secret of the platform and the service:
    /// equal values of one variable have equal fingerprints, and they say nothing else.
    pub variables: Vec<(Clean, Clean)>,
    /// Bytes of the built release on disk.
    pub size: Option<u64>,
    /// What it runs, as one line.
    pub command: Option<Clean>,
}

/// What lies between two commits of a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CommitRange {
    /// Commits in `to` that are not in `from`, newest first.
    pub added: Vec<Commit>,
    /// Commits in `from` that are not in `to`, newest first.
    pub dropped: Vec<Commit>,
    /// There are more on either side than are told.
    pub more: bool,
}

/// When a stage began and ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageTime {
    pub stage: Stage,
    pub began: Time,
    pub ended: Option<Time>,
}
