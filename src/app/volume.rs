//! How much was logged when, on the axis: counted from the lines held, and where those do not reach, asked of the platform.

use super::counts::Counted;
use super::fetch::span_words;
use super::logs::Volume;
use super::pane::Scope;
use super::state::App;
use super::timeline::Axis;
use crate::model::ids::ServiceId;
use crate::model::log::VolumeQuery;
use crate::model::request::Request;
use crate::model::time::{Millis, Time};

/// Whether the volume of a cell is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Yes,
    /// It was asked for, or will be.
    NotYet,
    /// It could not be had.
    Failed,
    /// The platform keeps nothing that old.
    Gone,
    /// The lines are not held, so that no filter has looked at them.
    NotHeld,
}

impl App {
    /// Log lines of the scope in each of `n` cells, by level.
    pub fn volumes(&self, n: usize) -> Vec<Volume> {
        self.volume_known(n).0
    }

    /// The same, and whether each cell is known.
    pub fn volume_known(&self, n: usize) -> (Vec<Volume>, Vec<Known>) {
        let axis = self.axis_of(n);
        let mut volumes = self.logs.histogram(axis.from, axis.to, n);
        let mut known = vec![Known::Yes; n];
        let Some(services) = self.counted_services() else { return (volumes, known) };
        // From here on the lines themselves are at hand, all of them.
        let held = self.logs.held_since().unwrap_or(Time(i64::MAX));
        let missing = if self.missed(|it| matches!(it, Request::Volume(query) if query.services == services)).is_some() {
            Known::Failed
        } else {
            Known::NotYet
        };
        for (i, (volume, known)) in volumes.iter_mut().zip(&mut known).enumerate() {
            let (from, to) = (axis.start(i as i64, n), axis.start(i as i64 + 1, n));
            if from >= held {
                break;
            }
            match self.counts.between(&services, from, to) {
                // Where both say something, the one that knows more: never the sum of both.
                Counted::Lines(counted) => {
                    let sum = |it: &Volume| it.iter().fold(0_u32, |sum, n| sum.saturating_add(*n));
                    if sum(&counted) > sum(volume) {
                        *volume = counted;
                    }
                }
                // What lies wholly before what is held.
                Counted::Gone if to <= held && *volume == [0; 6] => *known = Known::Gone,
                Counted::Unknown if to <= held && *volume == [0; 6] && from < self.now => *known = missing,
                _ => {}
            }
        }
        (volumes, known)
    }

    /// What is said of cells whose volume is not known, in full and shorter.
    pub fn volume_words(&self, known: Known, first: usize, cells: usize, n: usize) -> Vec<String> {
        let axis = self.axis_of(n);
        let end = axis.start((first + cells) as i64, n).min(self.now);
        let span = span_words(self, axis.start(first as i64, n), end);
        match known {
            Known::Yes => Vec::new(),
            Known::NotYet if !self.fresh() => vec![format!("{span} not loaded: offline"), "offline".to_owned()],
            Known::NotYet if self.resting_words().is_some() => {
                let words = self.resting_words().unwrap_or_default();
                vec![format!("{span}: {words}"), words, "waiting".to_owned()]
            }
            Known::NotYet => vec![format!("loading {span}…"), "loading…".to_owned()],
            Known::Gone => vec![format!("{span}: not kept"), "not kept".to_owned()],
            Known::NotHeld => vec![format!("{span}: lines not read yet"), "not read yet".to_owned(), "?".to_owned()],
            Known::Failed => {
                let why = self.missed(|it| matches!(it, Request::Volume(_))).unwrap_or_default();
                let key = self.keymap.keys_of("refresh").first().map_or(":refresh", String::as_str);
                vec![format!("{span} not loaded: {why} ({key} tries again)"), format!("not loaded ({key})"), "not loaded".to_owned()]
            }
        }
    }

    /// The services whose volume the timeline shows (none: all), where a platform can be asked for that: not of one deployment
    /// alone, nor of a request through all services.
    pub fn counted_services(&self) -> Option<Vec<ServiceId>> {
        let can = self.platform().is_some_and(|it| it.caps.log_history);
        if !can || !self.store.complete || self.pin.is_some() || self.logs.trail().is_some() {
            return None;
        }
        Some(match &self.scope {
            Scope::All => Vec::new(),
            Scope::Service(id) => vec![id.clone()],
            Scope::Project(_) => {
                let ids: Vec<ServiceId> = self.services_in_scope().into_iter().map(|it| it.id.clone()).collect();
                // None would mean all.
                (!ids.is_empty()).then_some(ids)?
            }
        })
    }

    /// Whether of each of `n` cells it is known how many lines the filters keep: of those alone whose lines are held.
    pub fn kept_known(&self, n: usize) -> Vec<Known> {
        let axis = self.axis_of(n);
        let held = self.logs.held_since().unwrap_or(Time(i64::MAX));
        let volumes = self.logs.volume();
        let blank = |i: usize| volumes.get(i).is_none_or(|it| *it == [0; 6]);
        let known = |i: usize| {
            if axis.start(i as i64 + 1, n) <= held && blank(i) && axis.start(i as i64, n) < self.now { Known::NotHeld } else { Known::Yes }
        };
        (0..n).map(known).collect()
    }

    /// The question for what is shown on an axis and not known; `None`: all of it is.
    pub fn wants_volume(&self, axis: Axis, n: usize) -> Option<VolumeQuery> {
        let services = self.counted_services()?;
        let step = axis.cell_width(n);
        let to = self.logs.held_since().map_or(axis.to, |at| at.min(axis.to)).min(self.now);
        let fine = Millis(step.0.saturating_mul(2));
        let asked = self.asked.values().any(|it| match it {
            Request::Volume(query) => query.services == services && query.from <= axis.from && query.to >= to && query.step <= fine,
            _ => false,
        });
        if asked || to <= axis.from || self.counts.covers(&services, axis.from, to, step) {
            return None;
        }
        // Half a window more on both sides, so that a few steps of the cursor find it there.
        let room = Millis(step.0.saturating_mul(n as i64 / 2));
        Some(VolumeQuery { services, from: axis.from - room, to: (axis.to + room).min(self.now), step })
    }
}
