//! A plan: what to build and what to start. Plain data, kept with the release it belongs to.

use serde::{Deserialize, Serialize};

use crate::model::service::ServiceKind;

/// What is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// A line for `sh`.
    Command(String),
    /// The first of these folders that is there after the build is served as files.
    Files(Vec<String>),
}

/// What to do with a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub kind: ServiceKind,
    /// A line for `sh`; `None`: nothing to build.
    pub build: Option<String>,
    pub start: Start,
    pub health: Option<String>,
    /// When a cron service runs.
    pub schedule: Option<String>,
    /// Folders, inside the repository, whose programs come before all others.
    #[serde(default)]
    pub path: Vec<String>,
    /// Variables its language needs to behave as a service.
    #[serde(default)]
    pub variables: Vec<(String, String)>,
    /// What was seen and what was made of it, in words.
    #[serde(default)]
    pub why: Vec<String>,
}
