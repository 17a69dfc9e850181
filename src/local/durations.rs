//! How long answers took, as counts in buckets that grow with the value: counts can be added up, percentiles cannot. Pure.

use std::collections::BTreeMap;

/// How many buckets there are. The last one reaches to 90 minutes; what took longer counts as that long.
pub const BUCKETS: usize = 216;
/// Up to so many microseconds is the first bucket: nothing that is called over a socket is told apart below.
const LEAST: f64 = 20.0;
/// How far a value may be from the middle of its bucket, relatively, as in `DDSketch` (Masson, Rim, Lee: "`DDSketch`: A Fast and Fully-Mergeable
/// Quantile Sketch with Relative-Error Guarantees", VLDB 2019). With the 0.4 % of what the proxy counts in, a percentile is within 5 %.
const ERROR: f64 = 0.045;
/// Each bucket ends at so many times the end of the one before.
const GROWTH: f64 = (1.0 + ERROR) / (1.0 - ERROR);

/// Counts of durations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// By bucket; no count is zero.
    counts: BTreeMap<u8, u64>,
}

impl Durations {
    /// Takes in `count` of about `micros` each.
    pub fn record(&mut self, micros: f64, count: u64) {
        let power = (micros.max(LEAST) / LEAST).ln() / GROWTH.ln();
        // Saturates, and what is no number is the least.
        self.count((power.ceil() as usize).min(BUCKETS - 1) as u8, count);
    }

    /// Takes in `count` of the bucket; one that there is not counts as the last.
    pub fn count(&mut self, bucket: u8, count: u64) {
        if count > 0 {
            let it = self.counts.entry(bucket.min(BUCKETS as u8 - 1)).or_default();
            *it = it.saturating_add(count);
        }
    }

    /// Takes in all that another holds.
    pub fn join(&mut self, other: &Self) {
        for (bucket, count) in other.counts() {
            self.count(bucket, count);
        }
    }

    /// The buckets in use, in order, and how many are in each.
    pub fn counts(&self) -> impl DoubleEndedIterator<Item = (u8, u64)> {
        self.counts.iter().map(|(bucket, count)| (*bucket, *count))
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The duration under which `part` (0 to 1) of all lie, in milliseconds: the nearest rank. `None` without any.
    pub fn quantile(&self, part: f64) -> Option<f64> {
        let all = self.counts.values().fold(0_u64, |sum, it| sum.saturating_add(*it));
        let wanted = ((all as f64 * part).ceil() as u64).clamp(1, all.max(1));
        let mut seen = 0_u64;
        let found = self.counts.iter().find(|(_, count)| {
            seen = seen.saturating_add(**count);
            seen >= wanted
        });
        // As far from both ends of its bucket, relatively.
        found.map(|(bucket, _)| LEAST * GROWTH.powi(i32::from(*bucket)) * (1.0 - ERROR) / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_percentile_of_all_parts_is_within_five_percent_of_the_sorted_list(
            mut all in proptest::collection::vec(20_u64..5_000_000_000, 1..400), part in 0.01_f64..1.0, cut in 0_usize..400,
        ) {
            let (mut one, mut other) = (Durations::default(), Durations::default());
            for (i, micros) in all.iter().enumerate() {
                if i < cut { &mut one } else { &mut other }.record(*micros as f64, 1);
            }
            one.join(&other);
            all.sort_unstable();
            let place = ((all.len() as f64 * part).ceil() as usize).clamp(1, all.len());
            let exact = all[place - 1] as f64 / 1000.0;
            let told = one.quantile(part).unwrap();
            assert!((told - exact).abs() <= exact * (ERROR + 1e-9), "{told} for {exact}");
        }
    }

    #[test]
    fn what_is_no_duration_breaks_nothing() {
        let mut it = Durations::default();
        assert_eq!((it.quantile(0.5), it.is_empty()), (None, true));
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e300] {
            it.record(odd, 1);
        }
        it.record(5.0, 0);
        assert!(it.quantile(0.0).unwrap() < 0.021 && it.quantile(1.0).unwrap() > 4_500_000.0, "{it:?}");
    }
}
