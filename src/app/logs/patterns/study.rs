//! How patterns come to be: what is shown is looked at in bites, newest first; what arrives meanwhile comes next.

use super::sides::Since;
use super::tally::Patterns;
use crate::app::logs::cold::Scratch;
use crate::app::logs::intake::Logs;
use crate::app::logs::line::Seq;
use crate::app::logs::shift::Shift;

impl Logs {
    /// Begins to group lines that are alike; new patterns are measured by `since`. Again with the same changes nothing.
    pub fn group_alike(&mut self, since: Since) {
        if self.patterns.as_ref().is_none_or(|it| *it.since() != since) {
            self.patterns = Some(Box::new(Patterns::new(since)));
        }
    }

    /// Groups no lines any more.
    pub fn stop_grouping(&mut self) {
        self.patterns = None;
    }

    /// The patterns so far; `None`: nobody asked for them.
    pub fn patterns(&self) -> Option<&Patterns> {
        self.patterns.as_deref()
    }

    /// Whether patterns were asked for and lines are left to look at.
    pub fn is_grouping(&self) -> bool {
        let asked = self.filter.asked;
        self.patterns.as_ref().is_some_and(|it| {
            it.asked != asked || !it.complete || it.span.is_none_or(|(low, high)| low > self.floor() || high < self.ceiling())
        })
    }

    /// Looks at lines that were not looked at yet, for about `bytes` of text.
    pub fn group(&mut self, bytes: usize) {
        // What is not filtered yet is not known to be shown.
        if !self.is_grouping() || !self.is_sifted() {
            return;
        }
        let Some(mut it) = self.patterns.take() else { return };
        if it.asked != self.filter.asked {
            *it = Patterns::new(it.since().clone());
            it.asked = self.filter.asked;
        }
        it.meet(self.store.origins.all());
        let (floor, ceiling) = (self.floor(), self.ceiling());
        let (mut low, mut high) = it.span.unwrap_or((ceiling, ceiling));
        let mut scratch = Scratch::default();
        let mut left = bytes;
        while left > 0 && high < ceiling {
            let Some(seq) = self.kept_from(high) else {
                high = ceiling;
                break;
            };
            high = seq.plus(1);
            left = left.saturating_sub(self.study(&mut it, seq, &mut scratch));
        }
        while left > 0 && low > floor {
            let Some(seq) = self.kept_before(low) else {
                low = floor;
                break;
            };
            low = seq;
            left = left.saturating_sub(self.study(&mut it, seq, &mut scratch));
        }
        it.complete = low <= floor && high >= ceiling;
        it.span = Some((low, high));
        self.patterns = Some(it);
    }

    /// Takes line `seq` in; the bytes that took.
    fn study(&self, it: &mut Patterns, seq: Seq, scratch: &mut Scratch) -> usize {
        /// What a line costs to find, whatever its text.
        const LINE: usize = 64;
        let Some(line) = self.store.read(seq, scratch) else { return LINE };
        it.take(&line);
        LINE + line.text.len()
    }

    /// Lines got other numbers: where lines came in among those looked at, everything is looked at again.
    pub(in crate::app::logs) fn regroup(&mut self, shift: &Shift) {
        let Some(it) = &mut self.patterns else { return };
        if it.span.is_some_and(|(low, _)| shift.map(low) != low) {
            // What was fetched for it stays fetched.
            let (since, back) = (it.since().clone(), it.back);
            **it = Patterns::new(since);
            it.back = back;
        }
    }

    /// Whether older lines are wanted to tell what is new; counts the page that is asked for then.
    pub(in crate::app::logs) fn looks_back(&mut self) -> bool {
        if self.is_grouping() || !self.is_sifted() {
            return false;
        }
        let Some(it) = self.patterns.as_mut().filter(|it| it.looks_back()) else { return false };
        it.back -= 1;
        true
    }
}
