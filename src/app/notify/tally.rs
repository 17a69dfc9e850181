//! How many lines came within the last seconds, minute or hour: counted as they come, so that no line is ever looked at twice.

use super::watch::Per;
use crate::model::time::{Millis, Time};

/// Counts in slots of equal width, in a ring.
#[derive(Clone, Debug)]
pub struct Tally {
    per: Per,
    /// The number of its stretch since 1970, and how many.
    slots: Vec<(i64, u64)>,
    /// From when on nothing was missed; later, after a gap.
    since: Option<Time>,
}

impl Tally {
    /// For counts of this time.
    pub fn new(per: Per) -> Self {
        let (_, slots) = cut(per);
        Self { per, slots: vec![(i64::MIN, 0); slots as usize], since: None }
    }

    /// From `at` on all lines are counted.
    pub fn begin(&mut self, at: Time) {
        self.since.get_or_insert(at);
    }

    /// Lines up to `at` are missing.
    pub fn lost(&mut self, at: Time) {
        self.since = self.since.map(|since| since.max(at));
    }

    /// The count begins anew.
    pub fn restart(&mut self, at: Time) {
        self.slots.fill((i64::MIN, 0));
        self.since = self.since.map(|_| at);
    }

    /// A line of `at` came.
    pub fn add(&mut self, at: Time) {
        let (width, slots) = cut(self.per);
        let index = at.0.div_euclid(width);
        let Some(slot) = self.slots.get_mut(usize::try_from(index.rem_euclid(slots)).unwrap_or(0)) else { return };
        if slot.0 < index {
            *slot = (index, 0);
        }
        // One that is older than the ring is long is of no stretch that is still asked for.
        if slot.0 == index {
            slot.1 += 1;
        }
    }

    /// Lines in the stretch that ends at `now`.
    pub fn sum(&self, now: Time) -> u64 {
        let (width, slots) = cut(self.per);
        let last = now.0.div_euclid(width);
        self.slots.iter().filter(|(index, _)| *index > last.saturating_sub(slots) && *index <= last).map(|(_, n)| n).sum()
    }

    /// From when on the whole stretch before is known. `None`: nothing is counted.
    pub fn known_from(&self) -> Option<Time> {
        self.since.map(|since| since + self.per.window())
    }
    /// By how much what was counted so far is to be multiplied for the whole stretch. `None`: a sixth of it is not over yet, which says
    /// nothing of the rest.
    pub fn pace(&self, now: Time) -> Option<f64> {
        let (Millis(window), Millis(over)) = (self.per.window(), now.since(self.since?));
        (over >= window / 6).then(|| (window as f64 / over as f64).max(1.0))
    }
}

/// How wide a slot is, in milliseconds, and how many make the stretch.
const fn cut(per: Per) -> (i64, i64) {
    let Millis(window) = per.window();
    let width = if window > 60_000 { 60_000 } else { 1_000 };
    (width, window / width)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_counts_what_a_list_of_all_lines_would(mut times in proptest::collection::vec(0_i64..200_000, 0..300)) {
            times.sort_unstable();
            let mut it = Tally::new(Per::Minute);
            for &at in &times {
                it.add(Time(at));
                let from = (at / 1000 - 59) * 1000;
                let by_list = times.iter().filter(|&&other| other >= from && other <= at).count();
                // What comes later in the list at the same instant is not there yet.
                let same = times.iter().filter(|&&other| other == at).count();
                let sum = it.sum(Time(at)) as usize;
                prop_assert!(sum <= by_list && sum + same > by_list);
            }
        }
    }
}
