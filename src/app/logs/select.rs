//! A selection: all lines shown from where it began to where the reader stands.

use std::ops::RangeInclusive;

use super::intake::Logs;
use super::line::Seq;

impl Logs {
    /// Begins a selection on the line the reader stands on, or ends it.
    pub fn select(&mut self) {
        if self.view.selected.take().is_none() {
            self.stop();
            self.view.selected = self.cursor();
        }
    }

    /// Ends the selection. `false`: there was none.
    pub const fn unselect(&mut self) -> bool {
        self.view.selected.take().is_some()
    }

    /// First and last line of the selection; what of it had to make room is not in it any more.
    pub fn selection(&self) -> Option<RangeInclusive<Seq>> {
        let (began, here) = (self.view.selected?, self.cursor()?);
        Some(began.min(here)..=began.max(here))
    }
}
