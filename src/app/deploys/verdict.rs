//! Better, the same, or worse: the rules by which two sides of a deployment are judged. Each says what it needs before it says anything.

use super::side::Level;
use crate::model::time::Millis;

/// Less time than this on a side says nothing of its requests, however many there were: the first seconds are cold.
pub const LEAST: Millis = Millis::mins(1);
/// Less time than this on a side says nothing of memory and logs, which have no number of requests to be judged by.
pub const SETTLED: Millis = Millis::mins(2);
/// Fewer requests than this on a side say nothing of a ratio.
pub const REQUESTS: u64 = 50;
/// Failed requests there must be on both sides together: with fewer, the normal approximation of the test does not hold.
const FAILED: u64 = 5;
/// How sure a difference of ratios must be: |z| above this is by chance in one of a hundred comparisons. Requests come in bursts, so the
/// usual one of twenty would call too much worse.
const SURE: f64 = 2.576;
/// A difference of ratios below this matters to nobody, however sure it is.
const MATTERS: f64 = 0.005;
/// A level must change by this share to be called another one.
const CHANGED: f64 = 0.20;
/// Milliseconds by which a p95 must change besides: 4 ms instead of 3 is a quarter more and no news.
const SLOWER: f64 = 10.0;
/// Bytes by which memory must change besides.
const LARGER: f64 = 16.0 * 1024.0 * 1024.0;
/// Logs must become so many times as many, and by a line a second, to be called too many.
const LOUDER: f64 = 2.0;
const LINES: f64 = 1.0;

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Better,
    Same,
    Worse,
    Unknown(Why),
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The data was asked for and is not here.
    Asking,
    /// Too short a time on one of the sides, and the later one still grows.
    Early,
    /// It could not be had.
    Failed,
    /// Nothing served before it.
    NoBefore,
    /// Too short a time, or too few requests or lines, and there will not be more.
    Few,
    /// It was not measured on one of the sides.
    NotMeasured,
}

impl Verdict {
    /// In a word or three.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Same => "same",
            Self::Worse => "worse",
            Self::Unknown(Why::Asking) => "asking",
            Self::Unknown(Why::Failed) => "could not be had",
            Self::Unknown(Why::NoBefore) => "nothing before it",
            Self::Unknown(Why::Early) => "not enough data yet",
            Self::Unknown(Why::Few) => "not enough data",
            Self::Unknown(Why::NotMeasured) => "not measured",
        }
    }

    /// Whether anything was judged.
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

/// Error ratios, each as (requests, failed). A two-proportion z-test with pooled variance (NIST/SEMATECH e-Handbook of Statistical
/// Methods, 7.3.3), and a difference of half a percent point at least.
pub fn ratios(before: (u64, u64), after: (u64, u64), few: Why) -> Verdict {
    if before.0 < REQUESTS || after.0 < REQUESTS {
        return Verdict::Unknown(few);
    }
    let (n1, n2) = (before.0 as f64, after.0 as f64);
    let (p1, p2) = (before.1 as f64 / n1, after.1 as f64 / n2);
    let failed = before.1.saturating_add(after.1);
    let pooled = failed as f64 / (n1 + n2);
    let error = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
    let apart = p2 - p1;
    // All failed or none did, on both sides: nothing differs, and there is nothing to divide by.
    if failed < FAILED || error <= 0.0 || !error.is_finite() || apart.abs() < MATTERS || (apart / error).abs() < SURE {
        return Verdict::Same;
    }
    if apart > 0.0 { Verdict::Worse } else { Verdict::Better }
}

/// Two p95s: of the answered steps on each side the median by requests. Percentiles cannot be merged, so this is what a step usually had.
pub fn latencies(before: &Level, after: &Level) -> Verdict {
    levels(before, after, SLOWER)
}

/// Memory. Less of it is not better: a program that was just started has not filled its caches.
pub fn memories(before: &Level, after: &Level) -> Verdict {
    if levels(before, after, LARGER) == Verdict::Worse { Verdict::Worse } else { Verdict::Same }
}

/// Lines a second. Fewer are not better: it may do less.
pub fn log_rates(before: &Level, after: &Level) -> Verdict {
    let more = after.median >= before.median * LOUDER && after.median - before.median >= LINES && after.median > before.high;
    if more { Verdict::Worse } else { Verdict::Same }
}

/// A level is another one when its median changed by a fifth and by `least`, and lies outside of the middle half of the values before: what
/// went up and down as much all the time is no change.
fn levels(before: &Level, after: &Level, least: f64) -> Verdict {
    let apart = after.median - before.median;
    if !apart.is_finite() || apart.abs() < least || apart.abs() < before.median.abs() * CHANGED {
        return Verdict::Same;
    }
    if apart > 0.0 && after.median > before.high {
        Verdict::Worse
    } else if apart < 0.0 && after.median < before.low {
        Verdict::Better
    } else {
        Verdict::Same
    }
}

/// All verdicts as one. `key` ones are of what customers feel: while one of them could still be told and is not, nothing is called the same.
/// Worse if anything is; better if something is and nothing is worse; the same if anything was judged at all; else why not.
pub fn together(key: &[Verdict], others: &[Verdict]) -> Verdict {
    let any = |it: Verdict| key.contains(&it) || others.contains(&it);
    if any(Verdict::Worse) {
        return Verdict::Worse;
    }
    // Of two reasons the one that goes away by itself is the one to know.
    let open = key.iter().copied().filter(|it| !it.is_known() && *it != Verdict::Unknown(Why::NotMeasured)).min();
    if let Some(open) = open.filter(|_| !key.contains(&Verdict::Better)) {
        return open;
    }
    if any(Verdict::Better) {
        return Verdict::Better;
    }
    if any(Verdict::Same) {
        return Verdict::Same;
    }
    others.iter().copied().min().unwrap_or(Verdict::Unknown(Why::NotMeasured))
}
