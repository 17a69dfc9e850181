//! The shared time axis: its window and cursor, and what stands on it, cell by cell. Pure functions of the state.

use super::facts::Mood;
use super::logs::Volume;
use super::state::{App, Timeline};
use crate::model::deploy::DeployStatus;
use crate::model::ids::{DeploymentId, IncidentId};
use crate::model::incident::Severity;
use crate::model::time::{Millis, Time};

/// The windows one can choose.
pub const RANGES: &[(&str, Millis)] = &[
    ("5 minutes", Millis::mins(5)),
    ("15 minutes", Millis::mins(15)),
    ("1 hour", Millis::hours(1)),
    ("3 hours", Millis::hours(3)),
    ("12 hours", Millis::hours(12)),
    ("1 day", Millis::hours(24)),
    ("7 days", Millis::hours(168)),
];
/// Steps of the cursor across one window.
const STEPS: i64 = 60;

/// The axis as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub from: Time,
    pub to: Time,
    pub cursor: Option<Time>,
}

/// A deployment on the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub cell: usize,
    pub at: Time,
    pub deployment: DeploymentId,
    /// `a1b9f3c web`
    pub label: String,
    pub mood: Mood,
    /// It was live at the time cursor.
    pub lit: bool,
}

/// An incident on the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// First and last cell.
    pub cells: (usize, usize),
    pub incident: IncidentId,
    pub severity: Severity,
    /// Still open: it goes on beyond the right end.
    pub open: bool,
    /// It was open at the time cursor.
    pub lit: bool,
}

impl Axis {
    /// The cell of `n` that `at` is in; `None` outside of the axis.
    pub fn cell(&self, at: Time, n: usize) -> Option<usize> {
        if n == 0 || at < self.from || at > self.to {
            return None;
        }
        let span = i128::from(self.to.since(self.from).0.max(1));
        let cell = i128::from(at.since(self.from).0) * n as i128 / span;
        Some((cell as usize).min(n - 1))
    }

    /// The instant at the beginning of a cell.
    pub fn time(&self, cell: usize, n: usize) -> Time {
        let span = i128::from(self.to.since(self.from).0);
        let offset = span * cell as i128 / n.max(1) as i128;
        self.from + Millis(offset as i64)
    }
}

impl Timeline {
    /// The axis when it is `now`.
    pub fn axis(&self, now: Time) -> Axis {
        let to = self.end.unwrap_or(now);
        Axis { from: to - self.window, to, cursor: self.cursor }
    }

    /// How far one step of the cursor goes.
    pub const fn step(&self) -> Millis {
        Millis(self.window.0 / STEPS)
    }

    /// Moves the cursor by `steps`; beyond now it is live again, and at the edges the axis goes with it.
    pub fn shift(&mut self, steps: i64, now: Time) {
        let at = self.cursor.unwrap_or(now) + Millis(self.step().0.saturating_mul(steps));
        self.look(at, now);
    }

    /// Puts the cursor on an instant.
    pub fn look(&mut self, at: Time, now: Time) {
        if at >= now {
            self.cursor = None;
            self.end = None;
            return;
        }
        let mut end = self.end.unwrap_or(now);
        // A margin on the side one comes from, so that one sees what is next to the cursor.
        let margin = Millis(self.window.0 / 10);
        if at < end - self.window {
            end = at + self.window - margin;
        } else if at > end {
            end = at + margin;
        }
        self.cursor = Some(at);
        self.end = Some(Time(end.0.min(now.0)));
    }

    /// Another window, with the cursor at the same share of it.
    pub fn resize(&mut self, window: Millis, now: Time) {
        if let Some(at) = self.cursor {
            let end = self.end.unwrap_or(now);
            let share = end.since(at).0 as f64 / self.window.0.max(1) as f64;
            let end = at + Millis((window.0 as f64 * share.clamp(0.0, 1.0)) as i64);
            self.end = Some(Time(end.0.min(now.0)));
        }
        self.window = window;
    }

    /// The next narrower (-1) or wider (+1) window.
    pub fn zoomed(&self, by: isize) -> Millis {
        let here = RANGES.iter().position(|(_, it)| *it >= self.window).unwrap_or(RANGES.len() - 1);
        RANGES[here.saturating_add_signed(by).min(RANGES.len() - 1)].1
    }

    /// The name of the window in the list of windows; nothing for one that is not in it.
    pub fn name(&self) -> &'static str {
        RANGES.iter().find(|(_, it)| *it == self.window).map_or("", |(name, _)| name)
    }

    /// What the window is called: `15m`.
    pub fn words(&self) -> String {
        if self.window.0 % 60_000 == 0 { self.window.short() } else { self.window.long() }
    }
}

impl App {
    /// The axis as it stands.
    pub fn axis(&self) -> Axis {
        self.timeline.axis(self.now)
    }

    /// The axis for a picture of `n` cells. While it follows the clock it goes on by whole cells: what stands in a cell stays
    /// in it, and nothing moves in between.
    pub fn axis_of(&self, n: usize) -> Axis {
        let axis = self.axis();
        if self.timeline.end.is_some() || n == 0 {
            return axis;
        }
        let cell = (self.timeline.window.0 / n as i64).max(1);
        let to = Time(axis.to.0.saturating_add(cell - 1).div_euclid(cell).saturating_mul(cell));
        Axis { from: to - Millis(cell.saturating_mul(n as i64)), to, cursor: axis.cursor }
    }

    /// The deployments of the scope that began to serve, or failed, within the axis; oldest first.
    pub fn marks(&self, n: usize) -> Vec<Mark> {
        let axis = self.axis_of(n);
        let marks = self.deployments_in_scope().filter_map(|it| {
            let (at, mood) = match (it.live_from, &it.status) {
                (Some(at), DeployStatus::Crashed) => (at, Mood::Bad),
                (Some(at), _) => (at, Mood::Good),
                (None, DeployStatus::Failed | DeployStatus::Crashed) => (it.finished?, Mood::Bad),
                (None, status) if status.running() => (it.created, Mood::Busy),
                _ => return None,
            };
            let cell = axis.cell(at, n)?;
            let commit = it.commit.as_ref().map_or("", |commit| commit.short());
            let label = format!("{commit} {}", self.service_name(&it.service)).trim_start().to_owned();
            let lit = axis
                .cursor
                .is_some_and(|cursor| it.live_from.is_some_and(|from| from <= cursor) && it.live_to.is_none_or(|to| to > cursor));
            Some(Mark { cell, at, deployment: it.id.clone(), label, mood, lit })
        });
        let mut marks: Vec<Mark> = marks.collect();
        marks.sort_by(|a, b| (a.at, &a.deployment).cmp(&(b.at, &b.deployment)));
        marks
    }

    /// The incidents of the scope on the axis, mildest first: painted in this order, the worst one is on top.
    pub fn spans(&self, n: usize) -> Vec<Span> {
        let axis = self.axis_of(n);
        let spans = self.incidents_in_scope().filter_map(|it| {
            let closed = it.resolved.as_ref().map(|deed| deed.at).or_else(|| (!it.is_open()).then_some(it.opened));
            let end = closed.unwrap_or(axis.to);
            if n == 0 || it.opened > axis.to || end < axis.from {
                return None;
            }
            let first = axis.cell(it.opened.max(axis.from), n)?;
            let last = axis.cell(end.min(axis.to), n)?;
            let lit = axis.cursor.is_some_and(|cursor| it.opened <= cursor && closed.is_none_or(|at| at > cursor));
            Some(Span {
                cells: (first, last.max(first)),
                incident: it.id.clone(),
                severity: it.severity.clone(),
                open: closed.is_none(),
                lit,
            })
        });
        let mut spans: Vec<Span> = spans.collect();
        spans.sort_by(|a, b| (&b.severity, a.cells, &a.incident).cmp(&(&a.severity, b.cells, &b.incident)));
        spans
    }

    /// Log lines of the scope in each of `n` cells, by level.
    pub fn volumes(&self, n: usize) -> Vec<Volume> {
        let axis = self.axis_of(n);
        self.logs.histogram(axis.from, axis.to, n)
    }

    /// The worst incident of each of `n` cells.
    pub fn severities(&self, n: usize) -> Vec<Option<Severity>> {
        let mut out = vec![None; n];
        for span in self.spans(n) {
            out[span.cells.0..=span.cells.1].fill(Some(span.severity));
        }
        out
    }
}
