//! The store: blocks of lines, oldest first, bounded by bytes. Old blocks go whole; offsets rise within an epoch, and no offset is held twice.

use std::collections::VecDeque;

use super::block::Block;
use super::cold::{Press, Scratch};
use super::filler::Filler;
use super::line::{Flags, Line, Note, Origins, Seq};
use super::near::Near;
use super::record::{Head, Lines, Ready};
use super::sgr::InkSpan;
use super::shift::Shift;
use crate::model::log::LogGap;

/// Text of a block. Large enough that a search spends its time searching and packing finds what repeats; small enough that one is unpacked
/// in a tenth of a millisecond for the one line of it that is seen.
const BLOCK: usize = 128 * 1024;
/// Text that is not packed away, in bytes: the newest, which is looked at most, and what was put in last.
const WARM: usize = 2 * 1024 * 1024;
/// Less than this is no store: a block must hold the longest line, and there must be several blocks.
pub const LEAST: usize = 256 * 1024;

/// All lines held.
#[derive(Debug)]
pub struct Store {
    pub blocks: VecDeque<Block>,
    pub origins: Origins,
    /// Which of the platform's logs is being written, counted from 0.
    epoch: u32,
    budget: usize,
    bytes: usize,
    lines: usize,
    /// Lines that had to make room, ever.
    evicted: u64,
    next: Seq,
    /// Blocks that could be packed away.
    warm: usize,
    press: Press,
    /// What the block that was packed last has left: memory that is used again is neither asked for nor torn into holes.
    room: Lines,
    /// Room for one block that was packed away, and the same for a second thread.
    pub scratch: Scratch,
    pub helper: Scratch,
    /// Lines around the reader.
    near: Near,
}

impl Store {
    /// A store that never takes more than `budget` bytes (but at least `LEAST`).
    pub fn new(budget: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            origins: Origins::default(),
            epoch: 0,
            budget: budget.max(LEAST),
            bytes: 0,
            lines: 0,
            evicted: 0,
            next: Seq::FIRST,
            warm: 0,
            press: Press::default(),
            room: Lines::EMPTY,
            scratch: Scratch::default(),
            helper: Scratch::default(),
            near: Near::default(),
        }
    }

    /// Bytes of text held, as they are when nothing is packed away.
    pub fn raw(&self) -> usize {
        self.blocks.iter().map(Block::raw).sum()
    }

    /// Bytes held.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Most bytes held.
    pub const fn budget(&self) -> usize {
        self.budget
    }

    /// Records held: lines and notes.
    pub const fn len(&self) -> usize {
        self.lines
    }

    /// Whether nothing is held.
    pub const fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Lines that had to make room, ever.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Which of the platform's logs is being written.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Size of a block's text: smaller in a small store, so that losing one is a small part of it.
    pub fn block_size(&self) -> usize {
        BLOCK.min(self.budget / 8)
    }

    /// Number of the oldest line held.
    pub fn first(&self) -> Seq {
        self.blocks.front().map_or(self.next, |it| it.first)
    }

    /// Number the next line will get.
    pub const fn next(&self) -> Seq {
        self.next
    }

    /// Index of the block that holds `seq`.
    pub fn block_of(&self, seq: Seq) -> Option<usize> {
        let at = self.blocks.partition_point(|it| it.end() <= seq);
        (self.blocks.get(at)?.first <= seq).then_some(at)
    }

    /// The line with number `seq`; `None` for a note or a line that is gone. Whoever reads many asks `read`.
    pub fn line(&self, seq: Seq) -> Option<Line<'_>> {
        self.read(seq, &mut Scratch::default())
    }

    /// The same. A block that is packed away is unpacked into `scratch` once for all its lines that are read one after another.
    pub fn read(&self, seq: Seq, scratch: &mut Scratch) -> Option<Line<'_>> {
        let block = self.blocks.get(self.block_of(seq)?)?;
        let near = self.near.line(seq, &self.origins);
        near.or_else(|| block.line((seq.0 - block.first.0) as usize, &self.origins, scratch))
    }

    /// Keeps the lines `wanted` at hand, first those that are named first, and lets go of all others that are not.
    pub fn bring(&mut self, wanted: &[Seq]) {
        let mut near = std::mem::take(&mut self.near);
        let mut scratch = std::mem::take(&mut self.scratch);
        near.keep(wanted, |seq| self.read(seq, &mut scratch));
        (self.near, self.scratch) = (near, scratch);
    }

    /// What is said at `seq` in the place of lines.
    pub fn note(&self, seq: Seq) -> Option<&Note> {
        let block = self.blocks.get(self.block_of(seq)?)?;
        block.note((seq.0 - block.first.0) as usize)
    }

    /// Puts a line at the end, after making room for it.
    pub fn push(&mut self, head: &Head, text: &str, inks: &[InkSpan], note: Option<Note>) {
        let size = self.block_size();
        self.make_room(Block::price(text.len(), inks.len(), note.is_some()));
        if !self.blocks.back().is_some_and(|it| it.epoch == self.epoch && it.fits(text.len(), size)) {
            let room = std::mem::take(&mut self.room);
            let block = match self.blocks.back() {
                Some(full) => Block::after(full, room, size, self.next, self.epoch),
                None => Block::new(self.next, self.epoch),
            };
            self.bytes += block.cost();
            self.blocks.push_back(block);
            self.warm += 1;
            self.cool();
        }
        let Some(block) = self.blocks.back_mut() else { return };
        self.bytes -= block.cost();
        block.push(head, text, inks, note);
        self.bytes += block.cost();
        self.lines += 1;
        self.next = self.next.plus(1);
    }

    /// Lets the oldest blocks go until `more` bytes fit.
    fn make_room(&mut self, more: usize) {
        while self.bytes + more > self.budget {
            let Some(gone) = self.blocks.pop_front() else { return };
            self.bytes -= gone.cost();
            self.lines -= gone.len();
            self.evicted += gone.len() as u64;
            self.warm -= usize::from(gone.is_warm());
        }
    }

    /// Packs the oldest blocks away until no more than a few are left as they are.
    fn cool(&mut self) {
        let most = WARM.min(self.budget / 8) / self.block_size();
        // The newest is still being filled.
        let last = self.blocks.len().saturating_sub(1);
        let mut from = 0;
        while self.warm > most.max(1) {
            let Some(at) = (from..last).find(|at| self.blocks.get(*at).is_some_and(Block::is_warm)) else { return };
            let Some(block) = self.blocks.get_mut(at) else { return };
            self.bytes -= block.cost();
            self.room = block.freeze(&mut self.press).unwrap_or_default();
            self.bytes += block.cost();
            self.warm -= 1;
            from = at + 1;
        }
    }

    /// The platform's offsets begin anew: what is held stays, a note stands where the old ends.
    pub fn restart(&mut self, head: &Head) {
        if self.blocks.iter().any(|it| it.epoch == self.epoch) {
            self.epoch += 1;
            self.push(&Head { flags: Flags::NOTE, ..*head }, "", &[], Some(Note::Restart));
        }
    }

    /// Index of the first block of the running epoch.
    pub fn epoch_start(&self) -> usize {
        self.blocks.partition_point(|it| it.epoch < self.epoch)
    }

    /// Offset of the oldest line of the running epoch that is held.
    pub fn oldest_off(&self) -> Option<u64> {
        let mut blocks = self.blocks.iter().skip(self.epoch_start());
        blocks.find_map(|block| (0..block.len()).find(|at| block.sort(*at).is_some_and(|it| !it.is_note())).and_then(|at| block.off(at)))
    }

    /// Number of the first line of the running epoch whose offset is `off` or greater.
    pub fn seek(&self, off: u64) -> Seq {
        let start = self.epoch_start();
        let mut at = start;
        let mut end = self.blocks.len();
        while at < end {
            let middle = usize::midpoint(at, end);
            if self.blocks.get(middle).is_some_and(|it| it.high < off) {
                at = middle + 1;
            } else {
                end = middle;
            }
        }
        let Some(block) = self.blocks.get(at) else { return self.next };
        block.first.plus(block.seek(off))
    }

    /// Whether a line (not a note) with this offset is held in the running epoch.
    pub fn holds(&self, off: u64) -> bool {
        let mut seq = self.seek(off);
        while let Some(block) = self.block_of(seq).and_then(|at| self.blocks.get(at)) {
            let index = (seq.0 - block.first.0) as usize;
            if block.off(index) != Some(off) {
                return false;
            }
            if block.sort(index).is_none_or(|it| !it.is_note()) {
                return true;
            }
            seq = seq.plus(1);
        }
        false
    }

    /// Whether this very gap is noted already.
    pub fn holds_gap(&self, gap: &LogGap) -> bool {
        let mut seq = self.seek(*gap.offs.start());
        while let Some(Note::Gap(held)) = self.note(seq) {
            if held.offs == gap.offs {
                return true;
            }
            seq = seq.plus(1);
        }
        false
    }

    /// Puts `lines` (rising offsets, none of them held) where their offsets say in the running epoch.
    /// Lines newer than them keep their numbers, older ones move down; the answer says how.
    pub fn merge(&mut self, lines: Vec<Ready>) -> Shift {
        let start = self.epoch_start();
        let mut old: VecDeque<Block> = self.blocks.split_off(start);
        let mut lines = lines.into_iter().peekable();
        let mut shift = Shift::default();
        let size = self.block_size();
        let mut blocks: VecDeque<Block> = VecDeque::new();
        while let Some(mut block) = old.pop_front() {
            let (first_off, last_off) = (block.low, block.high);
            let mut fresh = Filler::new(size, self.epoch);
            while let Some(line) = lines.next_if(|it| it.off < first_off) {
                shift.at.push(block.first.0);
                fresh.put(&line.head(), &line.text, &line.inks, line.note);
            }
            blocks.extend(fresh.done());
            let last = old.is_empty();
            if lines.peek().is_none_or(|it| it.off > last_off) {
                blocks.push_back(block);
                continue;
            }
            // Some lines belong inside this block: it is made anew.
            block.borrow(&mut self.scratch);
            let mut fresh = Filler::new(size, self.epoch);
            for index in 0..block.len() {
                let Some(head) = block.lines.head(index) else { continue };
                while let Some(line) = lines.next_if(|it| it.off < head.off || (it.off == head.off && it.note.is_some())) {
                    shift.at.push(block.first.0 + index as u64);
                    fresh.put(&line.head(), &line.text, &line.inks, line.note);
                }
                fresh.put(&head, block.lines.line_text(index), block.lines.line_inks(index), block.note(index).cloned());
            }
            block.give_back(&mut self.scratch);
            if last {
                // What is left is newer than everything held.
                blocks.extend(fresh.done());
                break;
            }
            blocks.extend(fresh.done());
        }
        self.blocks.append(&mut blocks);
        self.renumber();
        for line in lines {
            self.push(&line.head(), &line.text, &line.inks, line.note);
        }
        self.cool();
        self.make_room(0);
        shift
    }

    /// Counts anew after blocks were put in: the newest line keeps its number.
    fn renumber(&mut self) {
        let mut next = self.next;
        self.near = Near::default();
        self.lines = 0;
        self.bytes = 0;
        self.warm = 0;
        for block in self.blocks.iter_mut().rev() {
            block.first = next.minus(block.len());
            next = block.first;
            self.lines += block.len();
            self.bytes += block.cost();
            self.warm += usize::from(block.is_warm());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sgr::Sgr;
    use super::*;
    use crate::model::log::{GapReason, Level};
    use crate::model::time::Time;

    /// What is done to a store: lines at its end, as many with colours or none, what is lost, late lines, or another log.
    fn deed() -> impl Strategy<Value = (u8, usize, usize)> {
        (0_u8..9, 0_usize..3000, 1_usize..120)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn what_is_counted_is_what_it_takes_and_never_more_than_the_budget(deeds in prop::collection::vec(deed(), 1..60)) {
            let mut store = Store::new(LEAST);
            let mut off = 1000;
            for (what, len, n) in deeds {
                for nth in 0..n {
                    off += 2;
                    let before = off - 1 - 2 * (len as u64 % 400);
                    let head = Head { off, at: Time(off as i64), level: Level::Info, flags: Flags::default(), origin: nth as u32 % 5 };
                    let text = format!("{off} {}", "ab cd ".repeat(len / 6));
                    let ink = |start: u16| InkSpan { line: 0, start, end: start + 1, sgr: Sgr { bold: true, ..Sgr::default() } };
                    let gap = LogGap { offs: off..=off, count: 1, from: Time(0), to: Time(1), reason: GapReason::Slow };
                    match what {
                        0 => store.push(&Head { flags: Flags::NOTE, ..head }, "", &[], Some(Note::Gap(gap))),
                        1 => store.push(&head, &text, &[ink(0), ink(2), ink(4)], None),
                        2 if !store.holds(before) => {
                            let Head { at, level, flags, .. } = head;
                            let line = Ready { off: before, at, level, flags, origin: 1, text, inks: Vec::new(), note: None };
                            drop(store.merge(vec![line]));
                        }
                        3 if nth == 0 => store.restart(&head),
                        _ => store.push(&head, &text, &[], None),
                    }
                }
                prop_assert_eq!(store.bytes(), store.blocks.iter().map(Block::cost).sum::<usize>());
                prop_assert_eq!(store.len(), store.blocks.iter().map(Block::len).sum::<usize>());
                prop_assert!(store.bytes() <= store.budget());
                for block in &store.blocks {
                    prop_assert!(block.weight() <= block.cost(), "{} is counted as {}: {block:?}", block.weight(), block.cost());
                }
            }
        }
    }
}
