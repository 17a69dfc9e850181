//! How lines that are held got other numbers, because older ones were put in before them.

use super::line::Seq;

/// Where lines were put in before lines that were held already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// For each line put in, the old number of the line that now follows it. Rising.
    pub at: Vec<u64>,
}

impl Shift {
    /// The new number of the line that had number `old`.
    pub fn map(&self, old: Seq) -> Seq {
        old.minus(self.at.len() - self.at.partition_point(|at| *at <= old.0))
    }

    /// Whether any line got another number.
    pub const fn is_empty(&self) -> bool {
        self.at.is_empty()
    }
}
