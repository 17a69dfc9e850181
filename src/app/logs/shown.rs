//! The list of lines that are shown, without making it: next, previous, counted. Everything here costs by blocks, not by lines.

use super::block::Block;
use super::intake::Logs;
use super::line::Seq;
use crate::model::log::Level;
use crate::model::time::Time;

impl Logs {
    /// Lines from here on may be shown: what is older is not complete for what is asked.
    pub(super) const fn floor(&self) -> Seq {
        self.floor
    }

    /// Lines before this one may be shown: the end, or where the reader froze the screen.
    pub(super) fn ceiling(&self) -> Seq {
        let end = self.store.next();
        self.view.frozen.map_or(end, |it| it.plus(1).min(end))
    }

    /// First line shown from `seq` on.
    pub fn shown_from(&self, seq: Seq) -> Option<Seq> {
        if self.has_context() { self.near_from(seq) } else { self.kept_from(seq) }
    }

    /// Last line shown before `seq`.
    pub fn shown_before(&self, seq: Seq) -> Option<Seq> {
        if self.has_context() { self.near_before(seq) } else { self.kept_before(seq) }
    }

    /// First line from `seq` on that fits the filters.
    pub(super) fn kept_from(&self, seq: Seq) -> Option<Seq> {
        let seq = seq.max(self.floor());
        let ceiling = self.ceiling();
        let blocks = self.store.blocks.range(self.first_block(seq)..);
        blocks
            .map_while(|block| (block.first < ceiling).then_some(block))
            .find_map(|it| self.in_block_from(it, seq))
            .filter(|it| *it < ceiling)
    }

    /// Last line before `seq` that fits the filters.
    pub(super) fn kept_before(&self, seq: Seq) -> Option<Seq> {
        let seq = seq.min(self.ceiling());
        let floor = self.floor();
        let end = self.store.blocks.partition_point(|it| it.first < seq);
        let blocks = self.store.blocks.range(..end).rev();
        blocks
            .map_while(|block| (block.end() > floor).then_some(block))
            .find_map(|it| self.in_block_before(it, seq))
            .filter(|it| *it >= floor)
    }

    /// The line shown that is nearest to `seq`: itself, else the next newer, else the next older.
    pub fn nearest(&self, seq: Seq) -> Option<Seq> {
        self.shown_from(seq).or_else(|| self.shown_before(seq))
    }

    /// Oldest line shown.
    pub fn first_shown(&self) -> Option<Seq> {
        self.shown_from(Seq(0))
    }

    /// Newest line shown.
    pub fn last_shown(&self) -> Option<Seq> {
        self.shown_before(self.store.next())
    }

    /// How many lines are shown from `from` to before `to`, of what was sifted so far.
    pub fn count_shown(&self, from: Seq, to: Seq) -> usize {
        let blocks = self.store.blocks.range(self.first_block(from)..);
        blocks.map_while(|block| (block.first < to).then_some(block)).map(|block| self.before(block, to) - self.before(block, from)).sum()
    }

    fn first_block(&self, seq: Seq) -> usize {
        self.store.blocks.partition_point(|it| it.end() <= seq)
    }

    /// The lines of `block` that are shown; `None`: all.
    pub(super) fn kept<'a>(&self, block: &'a Block) -> Option<&'a [u16]> {
        if self.filter.is_open() {
            return None;
        }
        Some(if block.kept.asked == self.filter.asked { &block.kept.picked } else { &[] })
    }

    fn in_block_from(&self, block: &Block, seq: Seq) -> Option<Seq> {
        let from = seq.0.saturating_sub(block.first.0) as usize;
        match self.kept(block) {
            None => (from < block.len()).then(|| block.first.plus(from)),
            Some(kept) => kept.get(kept.partition_point(|it| usize::from(*it) < from)).map(|it| block.first.plus(usize::from(*it))),
        }
    }

    fn in_block_before(&self, block: &Block, seq: Seq) -> Option<Seq> {
        let to = (seq.0.saturating_sub(block.first.0) as usize).min(block.len());
        match self.kept(block) {
            None => to.checked_sub(1).map(|it| block.first.plus(it)),
            Some(kept) => {
                let at = kept.partition_point(|it| usize::from(*it) < to).checked_sub(1)?;
                kept.get(at).map(|it| block.first.plus(usize::from(*it)))
            }
        }
    }

    /// How many lines of `block` before `seq` are shown.
    pub(super) fn before(&self, block: &Block, seq: Seq) -> usize {
        let to = (seq.0.saturating_sub(block.first.0) as usize).min(block.len());
        self.kept(block).map_or(to, |kept| kept.partition_point(|it| usize::from(*it) < to))
    }

    /// The next line shown after (`newer`) or before `seq` whose level is from `least` to `most`.
    pub(super) fn next_of_level(&self, seq: Seq, newer: bool, least: Level, most: Level) -> Option<Seq> {
        let ranks = least as usize..=most as usize;
        let (floor, ceiling) = (self.floor(), self.ceiling());
        let wanted = |block: &Block| block.counts.iter().any(|it| it[ranks.clone()].iter().any(|n| *n > 0));
        let in_block = |block: &Block| {
            let fits = |index: usize| {
                let it = block.first.plus(index);
                let right = block.sort(index).is_some_and(|it| !it.is_note() && ranks.contains(&it.rank()));
                right && it >= floor && it < ceiling && if newer { it > seq } else { it < seq }
            };
            let mut lines: Box<dyn DoubleEndedIterator<Item = usize>> = match self.kept(block) {
                None => Box::new(0..block.len()),
                Some(kept) => Box::new(kept.iter().map(|it| usize::from(*it))),
            };
            let found = if newer { lines.find(|it| fits(*it)) } else { lines.rfind(|it| fits(*it)) };
            found.map(|it| block.first.plus(it))
        };
        let mut blocks = self.store.blocks.iter().filter(|it| wanted(it));
        if newer {
            blocks.filter(|it| it.end() > seq).find_map(in_block)
        } else {
            blocks.by_ref().rev().filter(|it| it.first < seq).find_map(in_block)
        }
    }

    /// The first line shown whose time is `at` or later.
    pub(super) fn first_since(&self, at: Time) -> Option<Seq> {
        let mut blocks = self.store.blocks.iter().filter(|it| it.to >= at);
        blocks.find_map(|block| {
            let mut since = Vec::with_capacity(block.len());
            block.each(|it, sort| since.push(it >= at.0 && !sort.is_note()));
            let mut seq = block.first;
            while let Some(it) = self.shown_from(seq).filter(|it| *it < block.end()) {
                if since.get((it.0 - block.first.0) as usize) == Some(&true) {
                    return Some(it);
                }
                seq = it.plus(1);
            }
            None
        })
    }
}
