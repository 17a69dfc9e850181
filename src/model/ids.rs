//! Ids as types, so that a service's id can never be taken for a deployment's.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Clean;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Clean);

        impl $name {
            /// Takes a platform's id as it is, cleaned like all text from outside.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Clean::new(text.as_ref()))
            }

            /// The id as the platform knows it.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    )+};
}

ids! {
    /// A team: the people who may act.
    TeamId,
    /// A project: services that belong together.
    ProjectId,
    /// An environment of a project (`production`, `staging`).
    EnvironmentId,
    /// A service: one repository that runs.
    ServiceId,
    /// A deployment: one attempt to put a commit live.
    DeploymentId,
    /// An incident.
    IncidentId,
    /// An entry of the audit trail.
    AuditId,
}

/// A configured connection of a context, numbered in the order of the config. Local to this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub u16);

/// Pairs an answer with what was asked. Local to this process, ever growing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AskId(pub u64);
