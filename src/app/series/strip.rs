//! Values in even steps: what a platform answered, or what live points were thinned to as they came.

use std::collections::VecDeque;

use super::cell::Slots;
use crate::model::metric::Series;
use crate::model::time::Time;

/// Steps of one answer; a longer one is cut at its old end.
const LONGEST: usize = 8_192;
/// No answered range is coarser than this; a longer step is taken for a mistake.
const LONGEST_STEP: i64 = 7 * 24 * 3_600_000;

/// One step: its ends, its mean, and for how much of it there was anything (ms; 0: a hole).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Step {
    min: f32,
    max: f32,
    mean: f32,
    ms: u32,
}

/// Steps one after the other.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    /// Begin of the first step.
    from: i64,
    /// In ms; at least 1.
    step: i64,
    steps: VecDeque<Step>,
}

impl Strip {
    /// An empty one, to be filled by live points.
    pub const fn new(step: i64) -> Self {
        Self { from: 0, step, steps: VecDeque::new() }
    }

    /// What was answered; `None` where that is nothing.
    pub fn answered(series: &Series) -> Option<Self> {
        let step = series.step.0;
        if step <= 0 || step > LONGEST_STEP || series.values.iter().all(Option::is_none) {
            return None;
        }
        let cut = series.values.len().saturating_sub(LONGEST);
        let end = |ends: &[Option<f64>], at: usize| ends.get(at).copied().flatten().filter(|it| it.is_finite());
        let one = |at: usize| {
            let (peak, low) = (end(&series.peaks, at), end(&series.lows, at));
            let value = series.values[at].or(peak).or(low).filter(|it| it.is_finite())? as f32;
            let max = peak.map_or(value, |it| (it as f32).max(value));
            let min = low.map_or(value, |it| (it as f32).min(value));
            Some(Step { min, max, mean: value, ms: step.min(i64::from(u32::MAX)) as u32 })
        };
        let steps = (cut..series.values.len()).map(|at| one(at).unwrap_or_default()).collect();
        Some(Self { from: series.from.0.saturating_add(step.saturating_mul(cut as i64)), step, steps })
    }

    pub const fn step(&self) -> i64 {
        self.step
    }

    pub const fn from(&self) -> i64 {
        self.from
    }

    /// End of the last step.
    pub fn to(&self) -> i64 {
        self.from.saturating_add(self.step.saturating_mul(self.steps.len() as i64))
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Takes a live point that stands for `ms`; not more than `most` steps are kept.
    pub fn add(&mut self, at: i64, value: f32, ms: u32, most: usize) {
        let begin = at.div_euclid(self.step).saturating_mul(self.step);
        if self.steps.is_empty() {
            self.from = begin;
        }
        let Ok(mut place) = usize::try_from(begin.saturating_sub(self.from) / self.step) else { return };
        if begin < self.from {
            return;
        }
        if place >= self.steps.len() + most {
            // Silent for longer than all that is kept.
            self.steps.clear();
            self.from = begin;
            place = 0;
        }
        while self.steps.len() <= place {
            self.steps.push_back(Step::default());
        }
        let longest = self.step.min(i64::from(u32::MAX)) as u32;
        let it = &mut self.steps[place];
        let whole = it.ms.saturating_add(ms.max(1));
        if it.ms == 0 {
            *it = Step { min: value, max: value, mean: value, ms: ms.clamp(1, longest) };
        } else {
            it.mean += (value - it.mean) * (ms.max(1) as f32 / whole as f32);
            (it.min, it.max, it.ms) = (it.min.min(value), it.max.max(value), whole.min(longest));
        }
        while self.steps.len() > most {
            self.steps.pop_front();
            self.from = self.from.saturating_add(self.step);
        }
    }

    /// Takes in an answer that goes on where this one ends; `false` when it does not, and so is left as it is.
    pub fn join(&mut self, other: &Self) -> bool {
        let aligned = self.step == other.step && other.from.saturating_sub(self.from).rem_euclid(self.step) == 0;
        if !aligned || other.from < self.from || other.from > self.to() {
            return false;
        }
        let first = (other.from.saturating_sub(self.from) / self.step) as usize;
        for (i, step) in other.steps.iter().enumerate() {
            match self.steps.get_mut(first + i) {
                // The later answer knows the end of the earlier one's last step.
                Some(old) if step.ms > 0 => *old = *step,
                Some(_) => {}
                None => self.steps.push_back(*step),
            }
        }
        while self.steps.len() > LONGEST {
            self.steps.pop_front();
            self.from = self.from.saturating_add(self.step);
        }
        true
    }

    /// Whether all of `other` lies in this one, as fine.
    pub fn holds(&self, other: &Self) -> bool {
        self.step <= other.step && self.from <= other.from && self.to() >= other.to()
    }

    /// The mean and the peak of the step that `at` is in; `None` is a hole.
    pub fn at(&self, at: i64) -> Option<(f64, f64)> {
        let place = usize::try_from(at.checked_sub(self.from)?.div_euclid(self.step)).ok()?;
        let it = self.steps.get(place).filter(|it| it.ms > 0)?;
        Some((f64::from(it.mean), f64::from(it.max)))
    }

    /// The last step that is no hole: where it ends, and its mean.
    pub fn newest(&self) -> Option<(Time, f64)> {
        let (place, it) = self.steps.iter().enumerate().rev().find(|(_, it)| it.ms > 0)?;
        Some((Time(self.from.saturating_add(self.step.saturating_mul(place as i64 + 1))), f64::from(it.mean)))
    }

    /// Fills the slots that are still open, of the time from `from` to `to`.
    pub fn paint(&self, slots: &mut Slots, (began, ended): (i64, i64)) {
        let Some((from, to)) = slots.open(self.from.max(began), self.to().min(ended)) else { return };
        let place = |at: i64| ((at - self.from) / self.step) as usize;
        let (first, last) = (place(from), place(to - 1).min(self.steps.len().saturating_sub(1)));
        let mut begin = self.from + self.step * first as i64;
        for it in self.steps.range(first..=last) {
            let end = begin + self.step;
            if it.ms > 0 {
                let share = (f64::from(it.ms) / self.step as f64).min(1.0);
                slots.put(begin.max(began), end.min(ended), share, (f64::from(it.min), f64::from(it.max), f64::from(it.mean)));
            }
            begin = end;
        }
    }
}
