//! Log lines as they travel: where from, when, how loud, and the text.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::ids::{DeploymentId, ProjectId, ServiceId};
use super::time::{Millis, Time};
use super::words::words;

words! {
    /// Who wrote a line.
    LogKind {
        /// Output of clone and build.
        Build = "build",
        /// stdout and stderr of a replica.
        Runtime = "runtime",
        /// The proxy's request log.
        Request = "request",
        /// What the platform says itself.
        Platform = "platform",
    }
}

/// How loud a line is. Ordered: a filter for `Warn` and up shows `Error` too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Trace,
    Debug,
    /// Also a line that says nothing of its level.
    #[default]
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    /// All, quietest first.
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// The word, lower case.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// Where a service's lines come from, sent along with each line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// Place in the platform's log: ever growing within an epoch.
    pub off: u64,
    pub at: Time,
    pub kind: LogKind,
    pub level: Level,
    pub service: Option<ServiceId>,
    pub deployment: Option<DeploymentId>,
    /// Replica, from 1; 0: not of a replica.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replica: u16,
    /// The rest of a line that was longer than a line may be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cont: bool,
    /// The text as the program wrote it: hostile until `model::text::clean_line` has seen it.
    pub text: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(n: &u16) -> bool {
    *n == 0
}

/// Lines that are gone, said in their place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogGap {
    /// Offsets lost, both included.
    pub offs: RangeInclusive<u64>,
    /// Lines lost of those that would have been shown.
    pub count: u64,
    pub from: Time,
    pub to: Time,
    pub reason: GapReason,
}

words! {
    /// Why lines are gone.
    GapReason {
        /// The reader was too slow.
        Slow = "slow_reader",
        /// The program wrote faster than the platform keeps.
        Rate = "rate_limit",
        /// Older than what is kept.
        Evicted = "evicted",
        /// The platform's log began anew.
        Restarted = "restarted",
        /// This dashboard could not keep up.
        Local = "local",
        /// The disk did not take them, or lost them.
        Unstored = "not_stored",
    }
}

impl GapReason {
    /// What it is called before people: `written faster than the platform keeps`.
    pub fn said(&self) -> &str {
        match self {
            Self::Slow => "this reader was too slow",
            Self::Rate => "written faster than the platform keeps",
            Self::Evicted => "older than what is kept",
            Self::Restarted => "the platform started anew",
            Self::Local => "this program could not keep up",
            Self::Unstored => "the platform's disk did not keep them",
            Self::Other(word) => word.as_str(),
        }
    }
}

/// Which lines are wanted. Empty fields mean "all".
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LogFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<LogKind>,
    /// This level and louder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Plain text that must be in the line, whatever its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// In the query language of [`super::query`].
    #[serde(rename = "q", skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// A stretch of kept lines that is asked for, at most `limit` of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogQuery {
    #[serde(flatten)]
    pub filter: LogFilter,
    /// Only lines before this offset: the newest of them are answered.
    pub before: Option<u64>,
    /// Only lines after this offset: the oldest of them are answered.
    pub after: Option<u64>,
    pub since: Option<Time>,
    pub until: Option<Time>,
    /// Most lines answered; the platform may lower it.
    pub limit: Option<usize>,
}

/// Kept lines, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogPage {
    /// The log these offsets belong to.
    pub epoch: String,
    pub lines: Vec<LogLine>,
    /// Nothing older is kept that fits the query.
    pub beginning: bool,
    /// Nothing newer is kept that fits the query.
    pub end: bool,
    /// Lines that were once there in this stretch and are lost.
    #[serde(default)]
    pub gaps: Vec<LogGap>,
}

/// A stretch over which lines are to be counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VolumeQuery {
    /// Empty: all services, and the lines that are of none.
    pub services: Vec<ServiceId>,
    pub from: Time,
    pub to: Time,
    /// The platform may answer with a coarser one, never a finer one.
    pub step: Millis,
}

/// How many lines were logged in each step, by level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogVolume {
    /// Instant at which the first cell begins.
    pub from: Time,
    pub step: Millis,
    /// In the order of [`Level::ALL`]. `None`: not known, because lines of that time are not kept (any more); never a zero.
    pub cells: Vec<Option<[u64; 6]>>,
}
