//! Lines around those that fit: so many of the scope before and after each, whatever the filters say of them.

use super::intake::Logs;
use super::line::Seq;

/// Lines of context on either side, round and round.
const STEPS: [usize; 4] = [0, 1, 3, 10];

impl Logs {
    /// The next number of lines of context.
    pub fn next_context(&mut self) -> usize {
        let at = STEPS.iter().position(|it| *it == self.view.context).unwrap_or(0);
        self.view.context = STEPS.get(at + 1).copied().unwrap_or(0);
        self.settle();
        self.view.context
    }

    /// Whether lines are shown that no filter asked for.
    pub(super) fn has_context(&self) -> bool {
        self.view.context > 0 && self.filter.is_narrow()
    }

    /// Whether `seq` is shown only because it is near a line that fits.
    pub(super) fn is_context(&self, seq: Seq) -> bool {
        self.has_context() && self.kept_from(seq) != Some(seq)
    }

    /// First line from `seq` on that fits or is near one that does.
    pub(super) fn near_from(&self, seq: Seq) -> Option<Seq> {
        let start = self.scoped_from(seq)?;
        let next = self.kept_from(start);
        if next == Some(start) || self.is_near_older(start) {
            return Some(start);
        }
        // So many lines before the next one that fits, but not before `seq`.
        let next = next?;
        let mut first = next;
        for _ in 0..self.view.context {
            let Some(it) = self.scoped_before(first).filter(|it| *it >= start) else { break };
            first = it;
        }
        Some(first)
    }

    /// Last line before `seq` that fits or is near one that does.
    pub(super) fn near_before(&self, seq: Seq) -> Option<Seq> {
        let start = self.scoped_before(seq)?;
        let last = self.kept_before(start.plus(1));
        if last == Some(start) || self.is_near_newer(start) {
            return Some(start);
        }
        let last = last?;
        let mut end = last;
        for _ in 0..self.view.context {
            let Some(it) = self.scoped_from(end.plus(1)).filter(|it| *it <= start) else { break };
            end = it;
        }
        Some(end)
    }

    /// Whether a line that fits stands so many lines before `seq`, or nearer.
    fn is_near_older(&self, seq: Seq) -> bool {
        let Some(last) = self.kept_before(seq) else { return false };
        let mut at = seq;
        (0..self.view.context).any(|_| {
            at = self.scoped_before(at).unwrap_or_default();
            at <= last
        })
    }

    /// Whether a line that fits stands so many lines after `seq`, or nearer.
    fn is_near_newer(&self, seq: Seq) -> bool {
        let Some(next) = self.kept_from(seq.plus(1)) else { return false };
        let mut at = seq;
        (0..self.view.context).any(|_| match self.scoped_from(at.plus(1)) {
            Some(it) => {
                at = it;
                at >= next
            }
            None => false,
        })
    }

    /// First line of the scope (or note) from `seq` on.
    fn scoped_from(&self, seq: Seq) -> Option<Seq> {
        let ceiling = self.ceiling();
        let mut seq = seq.max(self.floor());
        let mut at = self.store.blocks.partition_point(|it| it.end() <= seq);
        while let Some(block) = self.store.blocks.get(at).filter(|_| seq < ceiling) {
            let from = seq.0.saturating_sub(block.first.0) as usize;
            let found = (from..block.len()).find(|index| self.is_scoped(block, *index));
            if let Some(index) = found {
                return Some(block.first.plus(index)).filter(|it| *it < ceiling);
            }
            seq = block.end();
            at += 1;
        }
        None
    }

    /// Last line of the scope (or note) before `seq`.
    fn scoped_before(&self, seq: Seq) -> Option<Seq> {
        let floor = self.floor();
        let mut seq = seq.min(self.ceiling());
        let mut at = self.store.blocks.partition_point(|it| it.first < seq);
        while let Some(block) = at.checked_sub(1).and_then(|it| self.store.blocks.get(it)).filter(|_| seq > floor) {
            let to = (seq.0.saturating_sub(block.first.0) as usize).min(block.len());
            let found = (0..to).rev().find(|index| self.is_scoped(block, *index));
            if let Some(index) = found {
                return Some(block.first.plus(index)).filter(|it| *it >= floor);
            }
            seq = block.first;
            at -= 1;
        }
        None
    }

    fn is_scoped(&self, block: &super::block::Block, index: usize) -> bool {
        block.sort(index).is_some_and(|it| it.is_note() || self.filter.in_scope(it.origin))
    }

    /// Whether lines are left out between `seq` and the line shown before it.
    pub(super) fn is_apart(&self, seq: Seq) -> bool {
        if !self.has_context() {
            return false;
        }
        let Some(above) = self.shown_before(seq) else { return false };
        self.scoped_before(seq) != Some(above)
    }
}
