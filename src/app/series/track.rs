//! One metric of one service: live points, what they were thinned to, and answered stretches. At each instant the best that is
//! known counts.

use std::collections::BTreeMap;

use super::cell::{Cell, Grid, Slot, Slots};
use super::gauge::Together;
use super::strip::Strip;
use crate::model::metric::{Metric, Series};
use crate::model::time::Time;

/// A distance above this is a gap and never the beat of a source.
pub(super) const SLOWEST: i64 = 60_000;
/// A value stands for this many beats of its source; then it is no longer what is.
const BEATS: i64 = 3;
/// And for this long whatever the beat: a fact may be on its way.
const FRESH: i64 = 5_000;
/// Live points thinned: step in ms, and how many steps are kept. Two hours, twelve hours, a week.
const TIERS: [(i64, usize); 3] = [(10_000, 720), (60_000, 720), (600_000, 1_008)];
/// Answered stretches held: more than the panes ask for without forgetting the first (`ASKED` in `app::metrics::ask`).
const ANSWERS: usize = 6;

/// What was answered is known for as long as it says.
const ALWAYS: (i64, i64) = (i64::MIN, i64::MAX);

/// One live value; it stands from `at` for `step` milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub at: i64,
    pub value: f32,
    step: u32,
}

/// The metrics of one service.
pub(super) type Tracks = BTreeMap<Metric, Track>;

/// All that is known of one metric of one service.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// Live, by time.
    samples: Vec<Sample>,
    /// Distance between the last two live points: two alike tell the beat.
    distance: i64,
    tiers: [Strip; TIERS.len()],
    /// When the first live point came, whether it is still held or not.
    began: i64,
    /// The newest answer last.
    answers: Vec<Strip>,
}

impl Default for Track {
    fn default() -> Self {
        Self { samples: Vec::new(), distance: 0, tiers: TIERS.map(|(step, _)| Strip::new(step)), began: i64::MAX, answers: Vec::new() }
    }
}

impl Track {
    /// Takes a live point; not more than about `most` are kept as they came.
    pub fn push(&mut self, at: i64, value: f32, most: usize) {
        let Some(last) = self.samples.last().copied() else {
            self.samples.push(Sample { at, value, step: 1000 });
            self.thin(at, value, 1000);
            return;
        };
        if at <= last.at {
            // Late or repeated: latest wins for an instant, order is kept.
            let i = self.samples.partition_point(|it| it.at < at);
            match self.samples.get_mut(i) {
                Some(same) if same.at == at => same.value = value,
                _ => self.samples.insert(i, Sample { at, value, step: last.step }),
            }
            self.thin(at, value, 1);
            return;
        }
        let distance = at.saturating_sub(last.at);
        let beat = distance <= i64::from(last.step) * 2 || distance.abs_diff(self.distance) < distance.unsigned_abs() / 4;
        let step = if beat && distance <= SLOWEST { distance as u32 } else { last.step };
        self.distance = distance;
        // The one before stood until this one came, if that was no longer than a beat.
        if let (true, Some(before)) = (beat && distance <= SLOWEST, self.samples.last_mut()) {
            before.step = distance as u32;
        }
        self.samples.push(Sample { at, value, step });
        self.thin(at, value, step);
        // A quarter of slack, so that a full track is not moved with every point.
        if self.samples.len() > most + most / 4 {
            self.samples.drain(..self.samples.len() - most);
        }
    }

    fn thin(&mut self, at: i64, value: f32, ms: u32) {
        self.began = self.began.min(at);
        for (tier, (_, most)) in self.tiers.iter_mut().zip(TIERS) {
            tier.add(at, value, ms, most);
        }
    }

    /// Takes an answered stretch.
    pub fn merge(&mut self, series: &Series) {
        let Some(new) = Strip::answered(series) else { return };
        if let Some(place) = self.answers.iter().position(|it| it.step() == new.step() && it.from() <= new.from()) {
            let mut old = self.answers.remove(place);
            let joined = old.join(&new);
            self.answers.push(old);
            if joined {
                return;
            }
        }
        self.answers.retain(|old| !new.holds(old));
        if self.answers.len() >= ANSWERS {
            self.answers.remove(0);
        }
        self.answers.push(new);
    }

    /// Values held.
    pub fn held(&self) -> usize {
        self.samples.len() + self.strips().map(Strip::len).sum::<usize>()
    }

    fn strips(&self) -> impl Iterator<Item = &Strip> {
        self.tiers.iter().chain(&self.answers)
    }

    /// The newest value, and of when it is.
    pub fn latest(&self) -> Option<(Time, f64)> {
        let live = self.samples.last().map(|it| (Time(it.at), f64::from(it.value)));
        let answered = self.answers.iter().filter_map(Strip::newest).max_by_key(|it| it.0);
        match (live, answered) {
            (Some(live), Some(answered)) if answered.0.0.saturating_sub(live.0.0) > SLOWEST => Some(answered),
            (None, answered) => answered,
            (live, _) => live,
        }
    }

    /// The live points since `from`.
    pub fn since(&self, from: i64) -> &[Sample] {
        &self.samples[self.samples.partition_point(|it| it.at < from)..]
    }

    /// The newest live value, while it is not older than a few beats; of a source that only answers, the newest answered one.
    pub fn now(&self, now: Time) -> Option<f64> {
        if let Some(it) = self.samples.last()
            && now.0.saturating_sub(it.at) <= (i64::from(it.step) * BEATS).max(FRESH)
        {
            return Some(f64::from(it.value));
        }
        let fresh = |it: &&Strip| it.step() <= SLOWEST && now.0.saturating_sub(it.to()) <= it.step() * BEATS;
        let newest = self.answers.iter().filter(fresh).filter_map(|it| Some((it.newest()?, it.step()))).max_by_key(|it| it.0.0)?;
        (now.0.saturating_sub(newest.0.0.0) <= newest.1 * BEATS).then_some(newest.0.1)
    }

    /// What it read at an instant, of the finest that is known. Of a long step, the mean; of percentiles, the worst.
    pub fn at(&self, at: i64, how: Together) -> Option<f64> {
        let live = self.samples.partition_point(|it| it.at <= at).checked_sub(1).map(|i| self.samples[i]);
        if let Some(it) = live.filter(|it| at < it.at.saturating_add(i64::from(it.step))) {
            return Some(f64::from(it.value));
        }
        let pick = |(mean, peak)| if how == Together::Worst { peak } else { mean };
        // An answered stretch knows its holes, and live points know theirs.
        if let Some(it) = self.answers.iter().filter(|it| it.from() <= at && at < it.to()).min_by_key(|it| it.step()) {
            return it.at(at).map(pick);
        }
        self.tiers.iter().filter(|_| live.is_none()).find_map(|it| it.at(at)).map(pick)
    }

    /// What each cell of `grid` shows. Steps that are a good deal narrower than a cell come first, the widest of them before the
    /// others: they say the same in fewer of them. What is coarser than the cells only fills what nothing else is known of, and
    /// never bridges a hole that something finer knows to be one.
    pub fn cells(&self, grid: &Grid) -> Vec<Option<Cell>> {
        let Some(mut slots) = Slots::new(grid) else { return vec![None; grid.n] };
        let narrow = |step: i64| step as f64 * 2.0 <= slots.width;
        let (near, mut far): (Vec<_>, Vec<_>) = self.answers.iter().map(|it| (it, ALWAYS)).partition(|it| narrow(it.0.step()));
        let (mut fine, tiers): (Vec<_>, Vec<_>) = self.tiers.iter().map(|it| (it, self.live())).partition(|it| narrow(it.0.step()));
        fine.extend(&near);
        fine.sort_by_key(|it| -it.0.step());
        for (it, within) in fine {
            it.paint(&mut slots, within);
            slots.close(false);
        }
        self.paint_live(&mut slots);
        slots.close(true);
        for (it, _) in near {
            slots.close_between(it.from(), it.to());
        }
        far.sort_by_key(|it| it.0.step());
        for (it, within) in far {
            it.paint(&mut slots, within);
            slots.close(true);
            slots.close_between(it.from(), it.to());
        }
        if let Some(first) = self.samples.first() {
            slots.close_between(first.at, self.live().1);
        }
        for (it, within) in tiers {
            it.paint(&mut slots, within);
            slots.close(true);
        }
        slots.all.iter().map(Slot::cell).collect()
    }

    /// From the first live point ever to the end of the last one.
    fn live(&self) -> (i64, i64) {
        (self.began, self.samples.last().map_or(i64::MIN, |it| it.at.saturating_add(i64::from(it.step))))
    }

    fn paint_live(&self, slots: &mut Slots) {
        let (Some(first), Some(last)) = (self.samples.first(), self.samples.last()) else { return };
        let Some((from, to)) = slots.open(first.at, last.at.saturating_add(i64::from(last.step))) else { return };
        // The one that stands across the begin, too.
        let begin = self.samples.partition_point(|it| it.at <= from).saturating_sub(1);
        for it in self.samples[begin..].iter().take_while(|it| it.at < to) {
            let value = f64::from(it.value);
            slots.put(it.at, it.at.saturating_add(i64::from(it.step)), 1.0, (value, value, value));
        }
    }
}
