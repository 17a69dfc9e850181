//! What is counted of a service's requests: status classes, bytes, and how long answers took. Pure but for the atomics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::local::durations::Durations;
use crate::local::port::Traffic;

/// Buckets for each power of two. A value is told from its bucket's middle, so it is wrong by less than 1/256: 0.4 %.
const STEPS: usize = 128;
/// Powers of two above [`STEPS`]: up to 2^36 µs, some 19 hours. What takes longer counts as that long.
const POWERS: usize = 29;

/// Durations in µs in buckets that grow with the value: exact below 128 µs, then within 0.4 %.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Vec<u32>,
    count: u64,
    /// Only these buckets are in use.
    low: usize,
    high: usize,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; STEPS * (POWERS + 1)], count: 0, low: usize::MAX, high: 0 }
    }
}

impl Histogram {
    /// Takes in one duration.
    pub fn record(&mut self, micros: u64) {
        let at = Self::bucket(micros);
        self.buckets[at] = self.buckets[at].saturating_add(1);
        self.count += 1;
        self.low = self.low.min(at);
        self.high = self.high.max(at);
    }

    /// The duration under which `part` (0 to 1) of all lie, in milliseconds.
    pub fn quantile(&self, part: f64) -> Option<f64> {
        let wanted = ((self.count as f64 * part).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        for at in self.low..=self.high {
            seen += u64::from(*self.buckets.get(at)?);
            if seen >= wanted {
                return Some(Self::middle(at) / 1000.0);
            }
        }
        None
    }

    /// The same in the coarser buckets that are kept.
    pub fn durations(&self) -> Durations {
        let mut all = Durations::default();
        if self.low <= self.high {
            for (at, count) in self.buckets[self.low..=self.high].iter().enumerate() {
                if *count > 0 {
                    all.record(Self::middle(self.low + at), u64::from(*count));
                }
            }
        }
        all
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        if self.low <= self.high {
            self.buckets[self.low..=self.high].fill(0);
        }
        (self.count, self.low, self.high) = (0, usize::MAX, 0);
    }

    const fn bucket(micros: u64) -> usize {
        let last = STEPS * (POWERS + 1) - 1;
        if micros < STEPS as u64 {
            return micros as usize;
        }
        let power = micros.ilog2() - STEPS.ilog2();
        let at = STEPS * power as usize + (micros >> power) as usize;
        if at > last { last } else { at }
    }

    fn middle(at: usize) -> f64 {
        if at < 2 * STEPS {
            return at as f64;
        }
        let power = at / STEPS - 1;
        let low = ((at - STEPS * power) as u64) << power;
        let width = 1_u64 << power;
        low as f64 + (width - 1) as f64 / 2.0
    }
}

/// The counters of one service.
#[derive(Debug, Default)]
pub struct Counts {
    ended: Mutex<Ended>,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

#[derive(Debug, Default)]
struct Ended {
    classes: [u64; 5],
    took: Histogram,
}

impl Counts {
    pub fn bytes_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub fn bytes_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A request has ended. `micros`: how long its answer took, where that says something.
    pub fn ended(&self, status: u16, micros: Option<u64>) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let class = (status / 100).clamp(1, 5) as usize - 1;
        ended.classes[class] += 1;
        if let Some(micros) = micros {
            ended.took.record(micros);
        }
    }

    /// What came together since the last call.
    pub fn take(&self) -> Traffic {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let took = &ended.took;
        let (p50, p90, p95, p99) = (took.quantile(0.5), took.quantile(0.9), took.quantile(0.95), took.quantile(0.99));
        let durations = took.durations();
        ended.took.clear();
        let classes = std::mem::take(&mut ended.classes);
        drop(ended);
        let (bytes_in, bytes_out) = (self.bytes_in.swap(0, Ordering::Relaxed), self.bytes_out.swap(0, Ordering::Relaxed));
        Traffic { classes, bytes_in, bytes_out, p50, p90, p95, p99, took: durations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_quantile_is_within_one_percent_of_the_sorted_list(mut all in proptest::collection::vec(0_u64..60_000_000, 1..400), part in 0.01_f64..1.0) {
            let mut histogram = Histogram::default();
            for micros in &all {
                histogram.record(*micros);
            }
            all.sort_unstable();
            let place = ((all.len() as f64 * part).ceil() as usize).clamp(1, all.len());
            let exact = all[place - 1] as f64 / 1000.0;
            let told = histogram.quantile(part).unwrap();
            assert!((told - exact).abs() <= exact * 0.01, "{told} for {exact}");
        }
    }

    #[test]
    fn taking_begins_anew() {
        let counts = Counts::default();
        counts.ended(204, Some(1500));
        counts.ended(999, None);
        counts.bytes_out(7);
        let first = counts.take();
        assert_eq!((first.classes, first.bytes_out), ([0, 1, 0, 0, 1], 7));
        assert!((first.p50.unwrap() - 1.5).abs() < 0.015, "{:?}", first.p50);
        assert_eq!(counts.take(), Traffic::default());
    }
}
