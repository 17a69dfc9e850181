//! How a source stands: its link, what it can do, and who we are to it.

use serde::{Deserialize, Serialize};

use super::project::Role;
use super::text::Clean;
use super::time::{Millis, Time};

/// How the connection to a source stands. A fact, with its reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Link {
    /// Not tried yet.
    #[default]
    Idle,
    Connecting {
        /// From 1.
        attempt: u32,
    },
    /// Connected; the first complete answer is on its way.
    Snapshot,
    /// Complete and fresh, changes arrive as they happen.
    Live,
    /// Complete and fresh, asked for every so often, because the stream is down.
    Polling { every: Millis, why: Clean },
    /// Connected, but nothing has been heard for too long.
    Stale { since: Time },
    /// Down; the next attempt is at `at`.
    Retrying { at: Time, attempt: u32, why: Clean },
    /// The source will not have us until something is done about it.
    Refused { why: Clean },
}

impl Link {
    /// Whether what is shown is complete and fresh.
    pub const fn is_fresh(&self) -> bool {
        matches!(self, Self::Live | Self::Polling { .. })
    }
}

/// What a source can do, and what we may do there. Asked for, never inferred.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Caps {
    /// Who we are to the platform.
    pub user: Clean,
    pub role: Option<Role>,
    pub deploy: Can,
    pub rollback: Can,
    pub restart: Can,
    pub cancel: Can,
    pub stop: Can,
    pub scale: Can,
    pub incidents: Can,
    pub variables: Can,
    /// Projects; services may be created by whoever may deploy.
    pub create: Can,
    /// Lines of the past can be asked for.
    pub log_history: bool,
    /// Metrics of the past can be asked for.
    pub metric_history: bool,
}

/// Whether something may be done; if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Can {
    /// `true`, or `false` without a reason.
    Plain(bool),
    /// Not, and why.
    No(Clean),
}

impl Default for Can {
    fn default() -> Self {
        Self::Plain(false)
    }
}

impl Can {
    /// It may be done.
    pub const YES: Self = Self::Plain(true);

    /// `Ok`, or the reason why not.
    pub fn check(&self) -> Result<(), &str> {
        match self {
            Self::Plain(true) => Ok(()),
            Self::Plain(false) => Err("this platform cannot do that"),
            Self::No(why) => Err(why),
        }
    }
}
