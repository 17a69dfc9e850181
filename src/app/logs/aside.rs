//! What a look aside remembers: where the reader was, and the filters that are off meanwhile.

use super::filter::Narrow;
use super::line::Seq;
use super::shift::Shift;
use super::view::Anchor;

/// Where the reader was, and the filters that are off meanwhile.
#[derive(Debug)]
pub struct Aside {
    pub narrow: Narrow,
    pub cursor: Seq,
    pub top: Anchor,
    pub follow: bool,
}

impl Aside {
    /// Follows lines that got other numbers.
    pub fn shift(&mut self, by: &Shift) {
        self.cursor = by.map(self.cursor);
        self.top.seq = by.map(self.top.seq);
    }
}
