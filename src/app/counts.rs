//! What platforms counted of their logs: how many lines of each level, by stretches of time. Pure data; what of it is
//! drawn where is said in `volume`.

use super::logs::Volume;
use crate::model::ids::ServiceId;
use crate::model::log::{LogVolume, VolumeQuery};
use crate::model::time::{Millis, Time};

/// Answers held: a few windows to go back and forth between.
const MOST: usize = 12;

/// What is known of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Lines(Volume),
    /// The platform keeps nothing that old.
    Gone,
    /// No answer is about it.
    Unknown,
}

/// A stretch that a platform counted.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    services: Vec<ServiceId>,
    /// The step that was asked for: an answer may be coarser, and is then the finest there is.
    asked: Millis,
    from: Time,
    /// At least 1 ms.
    step: Millis,
    cells: Vec<Option<[u64; 6]>>,
}

/// What platforms counted, each answer with what it is for: of another window it is kept, and never drawn into this one.
#[derive(Debug, Default, PartialEq)]
pub struct Counts {
    stretches: Vec<Stretch>,
}

impl Counts {
    /// Takes the answer to `query`.
    pub fn take(&mut self, query: &VolumeQuery, it: LogVolume) {
        if it.step.0 <= 0 || it.cells.is_empty() {
            return;
        }
        let new = Stretch { services: query.services.clone(), asked: query.step, from: it.from, step: it.step, cells: it.cells };
        self.stretches.retain(|old| old.services != new.services || old.asked < new.asked || old.from < new.from || old.end() > new.end());
        self.stretches.push(new);
        if self.stretches.len() > MOST {
            self.stretches.remove(0);
        }
    }

    /// Whether all from `from` to `to` is held as finely as `step` needs it.
    pub fn covers(&self, services: &[ServiceId], from: Time, to: Time, step: Millis) -> bool {
        self.stretches.iter().any(|it| it.services == services && it.is_fine(step) && it.from <= from && it.end() >= to)
    }

    /// What was counted between two instants: of the newest answer that says it.
    pub fn between(&self, services: &[ServiceId], from: Time, to: Time) -> Counted {
        let width = to.since(from);
        let fits = |it: &&Stretch| it.services == services && it.is_fine(width) && it.from <= from && it.end() > from;
        match self.stretches.iter().rev().find(fits).map(|it| it.sum(from, to)) {
            Some(Some(lines)) => Counted::Lines(lines),
            Some(None) => Counted::Gone,
            None => Counted::Unknown,
        }
    }
}

impl Stretch {
    fn end(&self) -> Time {
        self.from + Millis(self.step.0.saturating_mul(self.cells.len() as i64))
    }

    /// Cells twice as wide still tell where a peak is; wider ones would only be blocks.
    const fn is_fine(&self, step: Millis) -> bool {
        self.asked.0 <= step.0.saturating_mul(2)
    }

    /// The lines from `from` to before `to`. A cell that lies on both sides of an edge is shared out by time, so that no line is
    /// counted twice and none is left out. `None`: nothing of it is kept.
    fn sum(&self, from: Time, to: Time) -> Option<Volume> {
        let step = i128::from(self.step.0);
        let (from, to) = (i128::from(from.0) - i128::from(self.from.0), i128::from(to.0) - i128::from(self.from.0));
        let place = |at: i128| (at / step).clamp(0, self.cells.len() as i128) as usize;
        let (first, last) = (place(from), place((to - 1).max(from)));
        let mut sum: Option<Volume> = None;
        for (i, cell) in self.cells.iter().enumerate().take(last + 1).skip(first) {
            let Some(counts) = cell else { continue };
            let begin = i as i128 * step;
            let (a, b) = ((from - begin).clamp(0, step), (to - begin).clamp(0, step));
            for (all, n) in sum.get_or_insert_default().iter_mut().zip(counts) {
                let n = i128::from(*n);
                let part = n * b / step - n * a / step;
                *all = all.saturating_add(u32::try_from(part).unwrap_or(u32::MAX));
            }
        }
        sum
    }
}
