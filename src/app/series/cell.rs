//! A stretch of time in even cells, and what each cell of it shows.

use super::gauge::Together;
use crate::model::time::Time;

/// A stretch longer than this (34 years, in ms) is none that anybody looks at: its cells are all empty.
const LONGEST: i64 = 1 << 40;
/// Of a cell, this share must have been measured for it to be known in full.
const FULL: f64 = 0.9;

/// What one cell shows. Both ends are kept, as in the M4 aggregation (Jugel, Jerzak, Hackenbroich, Markl: "M4: A
/// Visualization-Oriented Time Series Data Aggregation", VLDB 2014), so that however wide a cell is no peak is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub min: f64,
    pub max: f64,
    /// The mean over the time that was measured.
    pub avg: f64,
    /// How much of the cell was measured, in ms.
    pub known: f64,
}

impl Cell {
    /// The mean of cells by the time that was measured; `None` where nothing was.
    pub fn mean(cells: &[Option<Self>]) -> Option<f64> {
        let (sum, ms) = cells.iter().flatten().fold((0.0, 0.0), |(sum, ms), it| (sum + it.avg * it.known, ms + it.known));
        (ms > 0.0).then(|| sum / ms)
    }

    /// Cells one after the other as one; `None`: nothing is known of any.
    pub fn join(cells: &[Option<Self>]) -> Option<Self> {
        if let [one] = cells {
            return *one;
        }
        let avg = Self::mean(cells)?;
        let ends = cells
            .iter()
            .flatten()
            .fold((f64::INFINITY, f64::NEG_INFINITY, 0.0), |(min, max, known), it| (it.min.min(min), it.max.max(max), known + it.known));
        Some(Self { min: ends.0, max: ends.1, avg, known: ends.2 })
    }

    /// The same cell of another service beside it.
    #[must_use]
    pub fn with(self, other: Self, how: Together) -> Self {
        let known = self.known.max(other.known);
        match how {
            Together::Sum => Self { min: self.min + other.min, max: self.max + other.max, avg: self.avg + other.avg, known },
            Together::Worst | Together::Ratio => {
                Self { min: self.min.max(other.min), max: self.max.max(other.max), avg: self.avg.max(other.avg), known }
            }
        }
    }
}

/// `n` even cells between two instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub from: Time,
    pub to: Time,
    pub n: usize,
}

impl Grid {
    /// Cells between `from` and `to`.
    pub const fn new(from: Time, to: Time, n: usize) -> Self {
        Self { from, to, n }
    }

    /// The same with every cell cut into `parts`.
    #[must_use]
    pub const fn finer(self, parts: usize) -> Self {
        Self { n: self.n * parts, ..self }
    }

    /// Its length in ms; `None`: it has no cells, or is no stretch of time.
    pub(super) const fn span(&self) -> Option<i64> {
        let span = self.to.0.saturating_sub(self.from.0);
        if self.n == 0 || span <= 0 || span > LONGEST { None } else { Some(span) }
    }

    /// Width of a cell in ms.
    pub fn width(&self) -> f64 {
        self.span().map_or(0.0, |span| span as f64 / self.n as f64)
    }
}

/// A cell that is being filled from one source after the other, the best one first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    min: f64,
    max: f64,
    sum: f64,
    /// Measured time in `sum`, in ms.
    ms: f64,
    /// Nothing more is taken.
    pub closed: bool,
}

impl Slot {
    pub const EMPTY: Self = Self { min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, ms: 0.0, closed: false };

    /// Takes a value, or the ends and the mean of many, that stood for `ms` of this cell.
    pub fn take(&mut self, min: f64, max: f64, mean: f64, ms: f64) {
        self.min = self.min.min(min);
        self.max = self.max.max(max);
        self.sum += mean * ms;
        self.ms += ms;
    }

    pub fn any(&self) -> bool {
        self.ms > 0.0
    }

    /// Whether (almost) all of a cell `width` ms wide was measured.
    pub fn full(&self, width: f64) -> bool {
        self.ms >= width * FULL
    }

    pub fn cell(&self) -> Option<Cell> {
        self.any().then(|| Cell { min: self.min, max: self.max, avg: self.sum / self.ms, known: self.ms })
    }
}

/// No slot.
const UNTOUCHED: (usize, usize) = (usize::MAX, 0);

/// The cells of a grid while they are being filled.
pub(super) struct Slots {
    pub from: i64,
    span: i64,
    pub width: f64,
    pub all: Vec<Slot>,
    /// From the first to behind the last slot that may hold something and is not closed for it.
    touched: (usize, usize),
}

impl Slots {
    pub fn new(grid: &Grid) -> Option<Self> {
        let span = grid.span()?;
        Some(Self { from: grid.from.0, span, width: grid.width(), all: vec![Slot::EMPTY; grid.n], touched: UNTOUCHED })
    }

    /// The stretch of slots still open that `from` to `to` touches, as instants; `None` when there is none. To be filled next.
    pub fn open(&mut self, from: i64, to: i64) -> Option<(i64, i64)> {
        let (from, to) = (from.max(self.from), to.min(self.from + self.span));
        if from >= to {
            return None;
        }
        let (mut first, mut last) = (self.slot(from), self.slot(to - 1));
        while first <= last && self.all[first].closed {
            first += 1;
        }
        while last > first && self.all[last].closed {
            last -= 1;
        }
        if first <= last {
            self.touched = (self.touched.0.min(first), self.touched.1.max(last + 1));
        }
        (first <= last).then(|| (from.max(self.begins(first)), to.min(self.begins(last + 1))))
    }

    /// The slot that `at`, which lies inside, is in.
    fn slot(&self, at: i64) -> usize {
        // Both factors are below 2^40 and 2^20: it fits.
        let n = self.all.len();
        (((at - self.from) as u64).saturating_mul(n as u64) / self.span as u64).min(n as u64 - 1) as usize
    }

    fn begins(&self, slot: usize) -> i64 {
        let n = self.all.len() as i64;
        // Rounded up: the first whole millisecond that is in it.
        self.from + (self.span.saturating_mul(slot as i64) + n - 1) / n
    }

    /// Puts what stood from `from` to `to`, and was measured for `share` of that time, into every open slot it touches.
    pub fn put(&mut self, from: i64, to: i64, share: f64, (min, max, mean): (f64, f64, f64)) {
        let end = self.from + self.span;
        if to <= self.from || from >= end || to <= from {
            return;
        }
        let first = self.slot(from.max(self.from));
        let last = self.slot(to.min(end) - 1);
        for at in first..=last {
            if self.all[at].closed {
                continue;
            }
            let begin = self.from as f64 + at as f64 * self.width;
            let ms = ((begin + self.width).min(to as f64) - begin.max(from as f64)).max(f64::MIN_POSITIVE);
            self.all[at].take(min, max, mean, ms * share);
        }
    }

    /// No more for slots that lie wholly between two instants.
    pub fn close_between(&mut self, from: i64, to: i64) {
        // One more at both ends: which of them lie inside is for the same sum to say as everywhere.
        let place = |at: i64| ((at as f64 - self.from as f64) / self.width).clamp(0.0, self.all.len() as f64) as usize;
        let (first, last) = (place(from).saturating_sub(1), (place(to) + 1).min(self.all.len()));
        for (at, it) in self.all.iter_mut().enumerate().take(last).skip(first) {
            let begin = self.from as f64 + at as f64 * self.width;
            it.closed |= begin >= from as f64 && begin + self.width <= to as f64;
        }
    }

    /// No more for slots that are full, or, with `any`, that hold anything at all.
    pub fn close(&mut self, any: bool) {
        let width = self.width;
        let (first, end) = self.touched;
        if any {
            self.touched = UNTOUCHED;
        }
        for it in self.all.get_mut(first..end).unwrap_or_default() {
            it.closed |= if any { it.any() } else { it.full(width) };
        }
    }
}
