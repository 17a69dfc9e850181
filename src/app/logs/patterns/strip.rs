//! How many lines when, in a fixed number of cells whose width doubles as the time they cover grows. All strips of one scale move together.

use crate::model::time::{Millis, Time};

/// Cells of a strip.
pub const CELLS: usize = 32;
/// Width of a cell at first, in milliseconds.
const LEAST: i64 = 1000;

/// Counts, cell by cell, in a ring: cell `n` of the scale stands at `n` modulo their number.
pub type Strip = [u32; CELLS];

/// Where the cells stand in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Milliseconds of a cell.
    width: i64,
    /// First and last cell that hold a line, counted in cells since 1970; `None`: no line yet.
    ends: Option<(i64, i64)>,
}

impl Default for Scale {
    fn default() -> Self {
        Self { width: LEAST, ends: None }
    }
}

impl Scale {
    /// Widens the cells until `at` has one; how many times they doubled. As often must every strip be folded.
    pub fn reach(&mut self, at: Time) -> Vec<(i64, i64)> {
        let mut folds = Vec::new();
        let mut cell = at.0.div_euclid(self.width);
        let (mut low, mut high) = self.ends.unwrap_or((cell, cell));
        while high.max(cell) - low.min(cell) >= CELLS as i64 {
            folds.push((low, high));
            self.width = self.width.saturating_mul(2);
            (low, high) = (low.div_euclid(2), high.div_euclid(2));
            cell = at.0.div_euclid(self.width);
        }
        self.ends = Some((low.min(cell), high.max(cell)));
        folds
    }

    /// Where `at` is counted in a strip.
    pub const fn slot(&self, at: Time) -> usize {
        slot(at.0.div_euclid(self.width))
    }

    /// The counts of `strip` from its first cell with a line of any pattern to its last.
    pub fn read(&self, strip: &Strip) -> Vec<u32> {
        let Some((low, high)) = self.ends else { return Vec::new() };
        (low..=high).filter_map(|cell| strip.get(slot(cell)).copied()).collect()
    }

    /// How much time a cell stands for.
    pub const fn cell(&self) -> Millis {
        Millis(self.width)
    }
}

const fn slot(cell: i64) -> usize {
    cell.rem_euclid(CELLS as i64) as usize
}

/// Two cells become one, in a strip whose cells were `ends`.
pub fn fold(strip: &mut Strip, ends: (i64, i64)) {
    let mut new = [0; CELLS];
    for cell in ends.0..=ends.1 {
        if let Some(sum) = new.get_mut(slot(cell.div_euclid(2))) {
            *sum += strip[slot(cell)];
        }
    }
    *strip = new;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_lost_however_far_apart_they_are() {
        let mut scale = Scale::default();
        let mut strip = [0; CELLS];
        let ats = [0, 999, 31_000, 32_000, -5_000, 3_600_000, 86_400_000, i64::MAX, 40];
        for (n, at) in ats.into_iter().enumerate() {
            for ends in scale.reach(Time(at)) {
                fold(&mut strip, ends);
            }
            strip[scale.slot(Time(at))] += 1;
            assert_eq!(scale.read(&strip).iter().sum::<u32>() as usize, n + 1);
        }
    }
}
