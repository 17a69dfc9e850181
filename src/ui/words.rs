//! Every state as glyph, word and role. Never colour alone.

use crate::app::facts::Mood;
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::incident::{IncidentStatus, Severity};
use crate::model::log::Level;
use crate::model::response::Heat;
use crate::model::service::{Health, ReplicaState};
use crate::theme::Role;

use super::kit::glyph;

/// A state as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign<'a> {
    pub glyph: &'static str,
    pub word: &'a str,
    pub role: Role,
}

const fn sign<'a>(glyph: &'static str, word: &'a str, role: Role) -> Sign<'a> {
    Sign { glyph, word, role }
}

/// How a service stands.
pub fn health(it: &Health) -> Sign<'_> {
    match it {
        Health::Live => sign(glyph::OK, "live", Role::Ok),
        Health::Deploying => sign(glyph::BUSY, "deploying", Role::Busy),
        Health::Failed => sign(glyph::FAIL, "failed", Role::Bad),
        Health::CrashLoop => sign(glyph::LOOP, it.said(), Role::Bad),
        Health::Stopped => sign(glyph::OFF, "stopped", Role::Off),
        Health::Sleeping => sign(glyph::SLEEP, "sleeping", Role::Off),
        Health::Unknown => sign(glyph::UNKNOWN, "unknown", Role::Unknown),
        Health::Other(word) => sign(glyph::UNKNOWN, word, Role::Unknown),
    }
}

/// How a deployment stands. One that serves traffic says so.
pub fn deployment(it: &Deployment) -> Sign<'_> {
    match &it.status {
        DeployStatus::Pending => sign(glyph::WAIT, "pending", Role::Busy),
        DeployStatus::Cloning => sign(glyph::BUSY, "cloning", Role::Busy),
        DeployStatus::Building => sign(glyph::BUSY, "building", Role::Busy),
        DeployStatus::Deploying => sign(glyph::BUSY, "deploying", Role::Busy),
        DeployStatus::Success if it.is_live() => sign(glyph::OK, it.word(), Role::Ok),
        DeployStatus::Success => sign(glyph::GONE, it.word(), Role::Off),
        DeployStatus::Failed => sign(glyph::FAIL, "failed", Role::Bad),
        DeployStatus::Cancelled => sign(glyph::CANCEL, "cancelled", Role::Off),
        DeployStatus::Crashed => sign(glyph::LOOP, "crashed", Role::Bad),
        DeployStatus::Removed => sign(glyph::GONE, "removed", Role::Off),
        DeployStatus::Other(word) => sign(glyph::UNKNOWN, word, Role::Unknown),
    }
}

/// Who wrote the commit, or else who asked.
pub fn who(it: &Deployment) -> &str {
    it.commit.as_ref().map(|it| &*it.author).filter(|it| !it.is_empty()).unwrap_or(&it.by)
}

/// How a replica stands.
pub fn replica(it: &ReplicaState) -> Sign<'_> {
    match it {
        ReplicaState::Starting => sign(glyph::BUSY, "starting", Role::Busy),
        ReplicaState::Up => sign(glyph::OK, "up", Role::Ok),
        ReplicaState::Draining => sign(glyph::SLEEP, "draining", Role::Off),
        ReplicaState::Backoff => sign(glyph::LOOP, "waits to restart", Role::Warn),
        ReplicaState::Down => sign(glyph::FAIL, "down", Role::Bad),
        ReplicaState::Other(word) => sign(glyph::UNKNOWN, word, Role::Unknown),
    }
}

/// How far an incident has come.
pub fn incident(it: &IncidentStatus) -> Sign<'_> {
    match it {
        IncidentStatus::Triggered => sign(glyph::DOT, "triggered", Role::Bad),
        IncidentStatus::Acknowledged => sign(glyph::BUSY, "acknowledged", Role::Warn),
        IncidentStatus::Mitigated => sign(glyph::SLEEP, "mitigated", Role::Busy),
        IncidentStatus::Resolved => sign(glyph::OK, "resolved", Role::Ok),
        IncidentStatus::Other(word) => sign(glyph::UNKNOWN, word, Role::Unknown),
    }
}

/// How bad it is.
pub const fn severity(it: &Severity) -> Role {
    match it {
        Severity::P1 => Role::P1,
        Severity::P2 => Role::P2,
        Severity::P3 => Role::P3,
        Severity::P4 => Role::P4,
        Severity::Other(_) => Role::Unknown,
    }
}

/// How loud a log line is.
pub const fn level(it: Level) -> (&'static str, Role) {
    match it {
        Level::Trace => ("TRACE", Role::LevelTrace),
        Level::Debug => ("DEBUG", Role::LevelDebug),
        Level::Info => ("INFO", Role::LevelInfo),
        Level::Warn => ("WARN", Role::LevelWarn),
        Level::Error => ("ERROR", Role::LevelError),
        Level::Fatal => ("FATAL", Role::P1),
    }
}

/// How hot a response clock runs.
pub const fn heat(it: Heat) -> Role {
    match it {
        Heat::Calm => Role::Strong,
        Heat::Amber => Role::Warn,
        Heat::Red | Heat::Over => Role::Bad,
    }
}

/// How good a piece of news is.
pub const fn mood(it: Mood) -> (&'static str, Role) {
    match it {
        Mood::Good => (glyph::DOT, Role::Ok),
        Mood::Busy => (glyph::BUSY, Role::Busy),
        Mood::Warn => (glyph::WARN, Role::Warn),
        Mood::Bad => (glyph::FAIL, Role::Bad),
    }
}
