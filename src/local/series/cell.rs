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

/// Mean, largest and least value of one cell: both ends, so that neither a peak nor a dip is lost however wide it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub mean: f32,
    pub peak: f32,
    pub low: f32,
}

impl Cell {
    /// Mean and peak in eight bytes, the least value in four; all zero is a hole, so what was never written reads as one.
    pub fn bytes(this: Option<Self>) -> ([u8; 8], [u8; 4]) {
        let Some(it) = this else { return ([0; 8], [0; 4]) };
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&turned(it.mean));
        bytes[4..].copy_from_slice(&turned(it.peak));
        (bytes, turned(it.low))
    }

    /// Reads both back. Of a cell written before there were least values, the mean is all that is known.
    pub fn read(bytes: [u8; 8], low: [u8; 4]) -> Option<Self> {
        let number = |from: usize| number(std::array::from_fn(|i| bytes[from + i]));
        let (mean, peak, low) = (number(0)?, number(4)?, self::number(low));
        Some(Self { mean, peak, low: low.map_or(mean, |it| it.min(mean)) })
    }

    /// Two parts of one cell.
    pub fn join(self, other: Self) -> Self {
        Self { mean: f32::midpoint(self.mean, other.mean), peak: self.peak.max(other.peak), low: self.low.min(other.low) }
    }
}

fn turned(it: f32) -> [u8; 4] {
    (!it.to_bits()).to_le_bytes()
}

fn number(bytes: [u8; 4]) -> Option<f32> {
    Some(f32::from_bits(!u32::from_le_bytes(bytes))).filter(|it| it.is_finite())
}

/// A cell that is being filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filling {
    pub number: i64,
    sum: f64,
    count: u32,
    peak: f64,
    low: f64,
}

impl Filling {
    pub const fn new(number: i64, value: f64) -> Self {
        Self { number, sum: value, count: 1, peak: value, low: value }
    }

    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
        self.peak = self.peak.max(value);
        self.low = self.low.min(value);
    }

    pub fn cell(&self) -> Cell {
        Cell { mean: (self.sum / f64::from(self.count)) as f32, peak: self.peak as f32, low: self.low as f32 }
    }
}

/// Cells brought together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merged {
    pub mean: f64,
    pub peak: f64,
    pub low: f64,
}

/// Cells brought together: the mean of those there are, the largest peak and the least value. `None`: all are holes.
pub fn merge(cells: &[Option<Cell>]) -> Option<Merged> {
    let (mut sum, mut count, mut peak, mut low) = (0.0, 0_u32, f64::NEG_INFINITY, f64::INFINITY);
    for cell in cells.iter().flatten() {
        sum += f64::from(cell.mean);
        count += 1;
        peak = peak.max(f64::from(cell.peak));
        low = low.min(f64::from(cell.low));
    }
    (count > 0).then(|| Merged { mean: sum / f64::from(count), peak, low })
}

/// Puts the ratio of the sums of `part` and `whole` in the place of the mean of ratios, which counts a second with one request like a
/// second with a thousand; both ends stay. Both were measured together, so their means are of the same seconds and their sums in the same ratio.
pub fn ratios(all: &mut [Option<Merged>], part: &[Option<Merged>], whole: &[Option<Merged>]) {
    for ((it, part), whole) in all.iter_mut().zip(part).zip(whole) {
        if let (Some(it), Some(part), Some(whole)) = (it, part, whole)
            && whole.mean > 0.0
        {
            it.mean = (part.mean / whole.mean).clamp(0.0, 1.0);
        }
    }
}
