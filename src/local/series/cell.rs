//! Cells of time: what points become as they are thinned. Pure.

use crate::model::time::{Millis, Time};

/// How long one resolution is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub step: Millis,
    pub cells: usize,
}

/// Finest first: an hour, a day, a week.
pub const TIERS: [Tier; 3] = [
    Tier { step: Millis::secs(1), cells: 3600 },
    Tier { step: Millis::secs(10), cells: 8640 },
    Tier { step: Millis::mins(1), cells: 10_080 },
];

impl Tier {
    /// The number of the cell an instant is in.
    pub const fn cell(&self, at: Time) -> i64 {
        at.0.div_euclid(self.step.0)
    }

    /// How far back it reaches.
    pub const fn reach(&self) -> Millis {
        Millis(self.step.0 * self.cells as i64)
    }
}

/// Mean and largest value of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub mean: f32,
    pub peak: f32,
}

impl Cell {
    /// Eight bytes; all zero is a hole, so what was never written reads as one.
    pub fn bytes(this: Option<Self>) -> [u8; 8] {
        let Some(it) = this else { return [0; 8] };
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&(!it.mean.to_bits()).to_le_bytes());
        bytes[4..].copy_from_slice(&(!it.peak.to_bits()).to_le_bytes());
        bytes
    }

    /// Reads eight bytes back.
    pub fn read(bytes: [u8; 8]) -> Option<Self> {
        let number = |from: usize| f32::from_bits(!u32::from_le_bytes(std::array::from_fn(|i| bytes[from + i])));
        let (mean, peak) = (number(0), number(4));
        (mean.is_finite() && peak.is_finite()).then_some(Self { mean, peak })
    }

    /// Two parts of one cell.
    pub fn join(self, other: Self) -> Self {
        Self { mean: f32::midpoint(self.mean, other.mean), peak: self.peak.max(other.peak) }
    }
}

/// A cell that is being filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filling {
    pub number: i64,
    sum: f64,
    count: u32,
    peak: f64,
}

impl Filling {
    pub const fn new(number: i64, value: f64) -> Self {
        Self { number, sum: value, count: 1, peak: value }
    }

    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
        self.peak = self.peak.max(value);
    }

    pub fn cell(&self) -> Cell {
        Cell { mean: (self.sum / f64::from(self.count)) as f32, peak: self.peak as f32 }
    }
}

/// Cells brought together: the mean of those there are, and the largest peak. `None`: all are holes.
pub fn merge(cells: &[Option<Cell>]) -> Option<(f64, f64)> {
    let there = cells.iter().flatten();
    let (mut sum, mut count, mut peak) = (0.0, 0_u32, f64::NEG_INFINITY);
    for cell in there {
        sum += f64::from(cell.mean);
        count += 1;
        peak = peak.max(f64::from(cell.peak));
    }
    (count > 0).then(|| (sum / f64::from(count), peak))
}

/// Puts the ratio of the sums of `part` and `whole` in the place of the mean of ratios, which counts a second with one request like a
/// second with a thousand; peaks stay. Both were measured together, so their means are of the same seconds and their sums in the same ratio.
pub fn ratios(means: &mut [Option<(f64, f64)>], part: &[Option<(f64, f64)>], whole: &[Option<(f64, f64)>]) {
    for ((mean, part), whole) in means.iter_mut().zip(part).zip(whole) {
        if let (Some((mean, _)), Some((part, _)), Some((whole, _))) = (mean, part, whole)
            && *whole > 0.0
        {
            *mean = (part / whole).clamp(0.0, 1.0);
        }
    }
}
