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

    /// Selects from `seq` on, to wherever the reader goes.
    pub const fn select_from(&mut self, seq: Seq) {
        self.view.selected = Some(seq);
    }

    /// Ends the selection. `false`: there was none.
    pub const fn unselect(&mut self) -> bool {
        self.view.selected.take().is_some()
    }

    /// How many lines are selected; of very many, at least how many.
    pub fn count_selected(&self) -> usize {
        /// Lines of context are not counted beforehand, so they are walked over: not for ever.
        const MOST: usize = 10_000;
        let Some(it) = self.selection() else { return 0 };
        if !self.has_context() {
            return self.count_shown(*it.start(), it.end().plus(1));
        }
        let next = |seq: &Seq| self.shown_from(seq.plus(1)).filter(|seq| it.contains(seq));
        std::iter::successors(self.shown_from(*it.start()), next).take(MOST).count()
    }

    /// First and last line of the selection; what of it had to make room is not in it any more.
    pub fn selection(&self) -> Option<RangeInclusive<Seq>> {
        let (began, here) = (self.view.selected?, self.cursor()?);
        Some(began.min(here)..=began.max(here))
    }
}
