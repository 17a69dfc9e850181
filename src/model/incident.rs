//! Incidents: how bad, who has it, what was done.

use serde::{Deserialize, Serialize};

use super::ids::{DeploymentId, IncidentId, ProjectId, ServiceId};
use super::text::Clean;
use super::time::{Millis, Time};
use super::words::words;

words! {
    /// How bad it is; the order is the order of importance.
    Severity {
        P1 = "p1",
        P2 = "p2",
        P3 = "p3",
        P4 = "p4",
    }
}

impl Severity {
    /// How long until somebody must have acknowledged: 15 min, 1 h, 4 h, 24 h.
    pub const fn response(&self) -> Option<Millis> {
        match self {
            Self::P1 => Some(Millis::mins(15)),
            Self::P2 => Some(Millis::hours(1)),
            Self::P3 => Some(Millis::hours(4)),
            Self::P4 => Some(Millis::hours(24)),
            Self::Other(_) => None,
        }
    }

    /// As people write it: `P1`.
    pub fn label(&self) -> String {
        self.word().to_ascii_uppercase()
    }
}

words! {
    /// How far an incident has come.
    IncidentStatus {
        Triggered = "triggered",
        Acknowledged = "acknowledged",
        Mitigated = "mitigated",
        Resolved = "resolved",
    }
}

words! {
    /// The seven steps of the runbook, in order.
    Step {
        Acknowledge = "acknowledge",
        Assess = "assess",
        Channel = "channel",
        Mitigate = "mitigate",
        Communicate = "communicate",
        Verify = "verify",
        Review = "review",
    }
}

impl Step {
    /// What to do, in a line.
    pub fn label(&self) -> &str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Assess => "assess severity and impact",
            Self::Channel => "open a channel",
            Self::Mitigate => "investigate and mitigate",
            Self::Communicate => "communicate status",
            Self::Verify => "fix and verify",
            Self::Review => "review",
            Self::Other(text) => text,
        }
    }
}

/// Something is wrong, and somebody must see to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub project: ProjectId,
    pub service: Option<ServiceId>,
    /// The deployment it began with: the one that had just gone live, of this or of another service, or that failed; else the one that
    /// was live.
    pub deployment: Option<DeploymentId>,
    pub severity: Severity,
    pub status: IncidentStatus,
    /// What is wrong, in a line.
    pub title: Clean,
    /// What it is about, so that one cause never opens two: `error_ratio:svc_x`.
    pub cause: Clean,
    pub opened: Time,
    /// From when its response clock runs, where that is not from when it opened: it was reopened, or the platform found it worse. That
    /// somebody calls it worse or less bad starts nothing anew: the time it has been open counts.
    #[serde(default)]
    pub clock_from: Option<Time>,
    /// When the response clock runs out.
    pub due: Option<Time>,
    pub acknowledged: Option<Deed>,
    pub mitigated: Option<Deed>,
    pub resolved: Option<Deed>,
    /// When it was closed and then reopened, oldest first. A platform may leave out what is long ago.
    #[serde(default)]
    pub closed: Vec<Closed>,
    pub steps: Vec<StepDone>,
    pub notes: Vec<Note>,
    /// What happened to it, oldest first.
    pub timeline: Vec<Note>,
    /// Revision of the last change to it.
    pub rev: u64,
}

impl Incident {
    /// Whether it still needs somebody.
    pub fn is_open(&self) -> bool {
        self.status != IncidentStatus::Resolved
    }

    /// The stretches of time in which it was open, oldest first; the last one has no end while it is.
    pub fn open_stretches(&self) -> impl Iterator<Item = (Time, Option<Time>)> + '_ {
        // One that is resolved without saying when was over as it began.
        let end = self.resolved.as_ref().map(|deed| deed.at).or_else(|| (!self.is_open()).then_some(self.opened));
        let closed = self.closed.iter().map(|it| (it.from, Some(it.to))).chain([(end.unwrap_or(self.opened), None)]);
        closed
            .scan(self.opened, move |began, (from, to)| {
                let Some(to) = to else { return Some(Some((*began, end.map(|end| end.max(*began))))) };
                let open = (from > *began).then_some((*began, Some(from)));
                *began = to.max(from).max(*began);
                Some(open)
            })
            .flatten()
    }

    /// Whether it was open at an instant.
    pub fn was_open(&self, at: Time) -> bool {
        self.open_stretches().any(|(from, to)| from <= at && to.is_none_or(|to| to > at))
    }

    /// From when its response clock runs.
    pub fn clock_from(&self) -> Time {
        self.clock_from.unwrap_or(self.opened)
    }

    /// Whether `other` is another open incident that began with the same release: one bug, perhaps, that shows in two places.
    pub fn is_twin_of(&self, other: &Self) -> bool {
        self.id != other.id && self.is_open() && other.is_open() && self.deployment.is_some() && self.deployment == other.deployment
    }

    /// Ticks a step, or takes its tick away. A step that is ticked keeps who ticked it first.
    pub fn tick(&mut self, step: &Step, done: Option<&Deed>) {
        if let Some(it) = self.steps.iter_mut().find(|it| it.step == *step) {
            it.done = done.map(|done| it.done.take().unwrap_or_else(|| done.clone()));
        }
    }

    /// Steps ticked.
    pub fn ticked(&self) -> usize {
        self.steps.iter().filter(|it| it.done.is_some()).count()
    }
}

/// Who did something, when, and why if they said so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    pub by: Clean,
    pub at: Time,
    pub reason: Option<Clean>,
}

/// A stretch of time in which an incident was closed, until somebody reopened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub from: Time,
    pub to: Time,
}

/// A step of the runbook, and who ticked it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepDone {
    pub step: Step,
    pub done: Option<Deed>,
}

/// What somebody wrote, or what happened, at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub at: Time,
    pub by: Clean,
    pub text: Clean,
}
