//! What stands on the time axis, cell by cell: deployments, incidents, and what people and the platform changed. Pure functions of
//! the state; how much was logged is in `volume`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::changes::kept_since;
use super::deeds::Kind;
use super::facts::Mood;
use super::pane::{PaneId, RowKey, Scope};
use super::state::App;
use crate::model::audit::AuditEntry;
use crate::model::deploy::{DeployStatus, Deployment, Trigger};
use crate::model::ids::{AuditId, DeploymentId};
use crate::model::incident::{Incident, Severity};
use crate::model::time::Time;

/// A deployment on the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub cell: usize,
    pub at: Time,
    pub deployment: DeploymentId,
    /// `a1b9f3c web`
    pub label: String,
    /// What became of it, where that must be said: `failed`, `crashed`, `back to`.
    pub word: &'static str,
    pub mood: Mood,
    /// It was live at the time cursor.
    pub lit: bool,
}

/// Incidents on the axis, while they were open: all that look the same there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// First and last cell.
    pub cells: (usize, usize),
    pub severity: Severity,
    /// It began, or was reopened, on this axis, and not before.
    pub begins: bool,
    /// Still open: it goes on beyond the right end.
    pub open: bool,
    /// It was open at the time cursor.
    pub lit: bool,
}

/// The signs of the timeline, as help explains them.
pub const LEGEND: &[(&str, &str)] = &[
    ("▲", "On the timeline: a deployment began to serve; with its commit and service"),
    ("✗", "On the timeline: a deployment failed or crashed"),
    ("◐", "On the timeline: a deployment on its way"),
    ("━ P1", "On the timeline: an incident while it was open, in the look of its severity"),
    ("!", "On the timeline: a replica ended by itself"),
    ("$", "On the timeline: variables were changed"),
    ("↕", "On the timeline: replicas were scaled"),
    ("*", "On the timeline: settings of a service were changed"),
    ("↻", "On the timeline: a service was restarted"),
    ("○", "On the timeline: a service was stopped"),
    ("±", "On the timeline: a feature flag was changed"),
    (
        "2 3 +",
        "On the timeline: as many of these in one cell, beside another count its sign alone; the time cursor there says them in full",
    ),
];

/// A change on the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notch {
    pub cell: usize,
    pub at: Time,
    pub kind: Kind,
    pub entry: AuditId,
}

/// One thing at the time cursor, in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub at: Time,
    /// `None`: a deployment or an incident.
    pub kind: Option<Kind>,
    /// An incident's.
    pub severity: Option<Severity>,
    pub mood: Mood,
    /// `14:02:10 api failed 77ce02d, li: Add retries`
    pub text: String,
}

impl App {
    /// Whether `it` served at the time cursor.
    pub fn live_then(&self, it: &Deployment) -> bool {
        self.timeline.cursor.is_some_and(|at| it.live_from.is_some_and(|from| from <= at) && it.live_to.is_none_or(|to| to > at))
    }

    /// Whether `it` was open at the time cursor.
    pub fn open_then(&self, it: &Incident) -> bool {
        self.timeline.cursor.is_some_and(|at| it.was_open(at))
    }

    /// The incidents of the scope that were open at the time cursor, worst first.
    pub fn open_then_worst_first(&self) -> Vec<&Incident> {
        let mut open: Vec<&Incident> = self.incidents_in_scope().filter(|it| self.open_then(it)).collect();
        open.sort_by(|a, b| (&a.severity, a.opened, &a.id).cmp(&(&b.severity, b.opened, &b.id)));
        open
    }

    /// Whether what a row is about was live, or open, at the time cursor.
    pub fn was_then(&self, key: &RowKey) -> bool {
        match key {
            RowKey::Deployment(id) => self.deployment(id).is_some_and(|it| self.live_then(it)),
            RowKey::Incident(id) => self.incident(id).is_some_and(|it| self.open_then(it)),
            RowKey::Project(_) | RowKey::Service(_) | RowKey::Gauge(_) => false,
        }
    }

    /// How many of the rows of `pane` were live, or open, at the time cursor, in words; `None` while it is live.
    pub fn then_words(&self, pane: PaneId) -> Option<String> {
        let at = self.timeline.cursor?;
        match pane {
            PaneId::Deployments => {
                let live = self.deployments_in_scope().filter(|it| self.live_then(it)).count();
                let oldest = self.deployments_in_scope().map(|it| it.created).min();
                Some(match oldest.filter(|it| *it > at) {
                    Some(oldest) => format!("none known before {}", self.hour(oldest)),
                    None => format!("{live} live then"),
                })
            }
            PaneId::Incidents => {
                let open = self.incidents_in_scope().filter(|it| self.open_then(it)).count();
                // As for changes: what was open and resolved before that may be kept no more.
                Some(match self.changes_since().filter(|since| *since > at) {
                    Some(since) => format!("{open} known then, kept from {}", self.hour(since)),
                    None => format!("{open} open then"),
                })
            }
            PaneId::Projects | PaneId::Logs | PaneId::Metrics => None,
        }
    }

    /// The deployments of the scope that began to serve, or failed, within the axis; oldest first.
    pub fn marks(&self, n: usize) -> Vec<Mark> {
        let axis = self.axis_of(n);
        let marks = self.deployments_in_scope().filter_map(|it| {
            let (at, mood, word) = stand(it)?;
            let cell = axis.cell(at, n)?;
            let commit = it.commit.as_ref().map_or("", |commit| commit.short());
            let label = format!("{commit} {}", self.service_name(&it.service)).trim_start().to_owned();
            Some(Mark { cell, at, deployment: it.id.clone(), label, word, mood, lit: self.live_then(it) })
        });
        let mut marks: Vec<Mark> = marks.collect();
        marks.sort_by(|a, b| (a.at, &a.deployment).cmp(&(b.at, &b.deployment)));
        marks
    }

    /// The incidents of the scope on the axis, mildest first: painted in this order, the worst one is on top. One that was closed and
    /// reopened stands there once for each time it was open.
    pub fn spans(&self, n: usize) -> Vec<Span> {
        let axis = self.axis_of(n);
        let stretches = self.incidents_in_scope().flat_map(|it| it.open_stretches().map(move |stretch| (&it.severity, stretch)));
        let looks = stretches.filter_map(|(severity, (from, to))| {
            let end = to.unwrap_or(axis.to);
            if n == 0 || from > axis.to || end < axis.from {
                return None;
            }
            let first = axis.cell(from.max(axis.from), n)?;
            let last = axis.cell(end.min(axis.to), n)?;
            let lit = self.timeline.cursor.is_some_and(|at| from <= at && to.is_none_or(|to| to > at));
            Some((Reverse(severity), (first, last.max(first)), lit, from >= axis.from, to.is_none()))
        });
        // However many there are, they come to a few looks, which are painted each once.
        let looks: BTreeSet<_> = looks.collect();
        let spans = looks.into_iter();
        spans.map(|(severity, cells, lit, begins, open)| Span { cells, severity: severity.0.clone(), begins, open, lit }).collect()
    }

    /// What else was changed in the scope within the axis; oldest first.
    pub fn notches(&self, n: usize) -> Vec<Notch> {
        let axis = self.axis_of(n);
        let notches = self.changed_in_scope().filter_map(|(it, kind)| {
            let cell = axis.cell(it.at, n)?;
            Some(Notch { cell, at: it.at, kind, entry: it.id.clone() })
        });
        let mut notches: Vec<Notch> = notches.collect();
        notches.sort_by(|a, b| (a.at, &a.entry).cmp(&(b.at, &b.entry)));
        notches
    }

    /// The entries of the audit trail about what runs in the scope; what was refused changed nothing.
    fn changed_in_scope(&self) -> impl Iterator<Item = (&AuditEntry, Kind)> {
        self.store.audit.values().filter_map(|it| {
            // Of a replica that ended, the result says when it starts again.
            let kind = Kind::of(&it.action).filter(|kind| *kind == Kind::Exit || &*it.result == "ok")?;
            let here = match &it.project {
                Some(project) => self.in_scope(project, it.service.as_ref()),
                None => self.scope == Scope::All,
            };
            here.then_some((it, kind))
        })
    }

    /// The worst incident of each of `n` cells.
    pub fn severities(&self, n: usize) -> Vec<Option<Severity>> {
        let mut out = vec![None; n];
        for span in self.spans(n) {
            out[span.cells.0..=span.cells.1].fill(Some(span.severity));
        }
        out
    }

    /// What stands in the time cursor's cell of `n`, or in the one before it, each in full: nearest first. What is still to come then is
    /// not what one looks at.
    pub fn said_at_cursor(&self, n: usize) -> Vec<Said> {
        let axis = self.axis_of(n);
        let Some((cursor, here)) = axis.cursor.and_then(|at| Some((at, axis.cell(at, n)?))) else { return Vec::new() };
        let near = |at: Time| here.checked_sub(axis.cell(at, n)?).filter(|far| *far <= 1);
        let mut said: Vec<(usize, Said)> = Vec::new();
        for it in self.deployments_in_scope() {
            if let Some((at, mood, word)) = stand(it)
                && let Some(far) = near(at)
            {
                said.push((far, Said { at, kind: None, severity: None, mood, text: self.deployment_said(it, at, word) }));
            }
        }
        for it in self.incidents_in_scope() {
            for (at, _) in it.open_stretches() {
                let Some(far) = near(at) else { continue };
                let title = it.title.lines().next().unwrap_or_default();
                let again = if at == it.opened { "" } else { "reopened: " };
                let text = format!("{} {} {again}{title}", self.second(at), it.severity.label());
                said.push((far, Said { at, kind: None, severity: Some(it.severity.clone()), mood: Mood::Bad, text }));
            }
        }
        for (it, kind) in self.changed_in_scope() {
            if let Some(far) = near(it.at) {
                let text = format!("{} {} {}, {}", self.second(it.at), kind.word(), it.target, it.by);
                let mood = if kind == Kind::Exit { Mood::Bad } else { Mood::Good };
                said.push((far, Said { at: it.at, kind: Some(kind), severity: None, mood, text }));
            }
        }
        // What is in the cursor's own cell, if there is anything.
        if said.iter().any(|(far, _)| *far == 0) {
            said.retain(|(far, _)| *far == 0);
        }
        said.sort_by(|(_, a), (_, b)| {
            let far = |it: &Said| it.at.since(cursor).0.unsigned_abs();
            (far(a), &a.text).cmp(&(far(b), &b.text))
        });
        said.into_iter().map(|(_, it)| it).collect()
    }

    /// `14:02:10 api failed 77ce02d, li: Add retries`: what may be cut comes last.
    fn deployment_said(&self, it: &Deployment, at: Time, word: &str) -> String {
        let word = if word.is_empty() { "live" } else { word };
        let by = if it.by.is_empty() { it.trigger.word() } else { &it.by };
        let (commit, message) = it.commit.as_ref().map_or(("", ""), |it| (it.short(), it.message.lines().next().unwrap_or_default()));
        let head = format!("{} {} {word} {commit}", self.second(at), self.service_name(&it.service));
        format!("{}, {by}: {message}", head.trim_end()).trim_end_matches([':', ' ']).to_owned()
    }

    /// To the next (`newer`) or previous deployment marker or beginning of an incident, wherever that is. `false`: there is none.
    pub fn go_to_mark(&mut self, newer: bool) -> bool {
        let at = self.timeline.cursor.unwrap_or(self.now);
        let deployed = self.deployments_in_scope().filter_map(|it| stand(it).map(|(at, ..)| at));
        let opened = self.incidents_in_scope().flat_map(|it| it.open_stretches().map(|(from, _)| from));
        let stops = deployed.chain(opened).filter(|it| *it < self.now);
        let next = if newer { stops.filter(|it| *it > at).min() } else { stops.filter(|it| *it < at).max() };
        if let Some(next) = next {
            self.look_at(next);
        }
        next.is_some()
    }

    /// Since when the changes of the scope are told, where the list does not reach back to the beginning of its projects.
    pub fn changes_since(&self) -> Option<Time> {
        let here = self.scope_project().map(|it| it.created);
        let first = here.or_else(|| self.store.projects.values().map(|it| it.created).min());
        kept_since(self.store.audit.values().map(|it| it.at).min(), first)
    }
}

/// The word of a deployment that put an older release back.
pub const BACK: &str = "back to";

/// Where a deployment stands on the axis: when it began to serve, or failed; and what must be said of it.
fn stand(it: &Deployment) -> Option<(Time, Mood, &'static str)> {
    let back = if it.trigger == Trigger::Rollback { BACK } else { "" };
    Some(match (it.live_from, &it.status) {
        (Some(at), DeployStatus::Crashed) => (at, Mood::Bad, "crashed"),
        (Some(at), _) => (at, Mood::Good, back),
        (None, DeployStatus::Failed) => (it.finished?, Mood::Bad, "failed"),
        (None, DeployStatus::Crashed) => (it.finished?, Mood::Bad, "crashed"),
        (None, status) if status.running() => (it.created, Mood::Busy, "deploying"),
        _ => return None,
    })
}
