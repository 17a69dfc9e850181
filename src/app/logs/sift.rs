//! Filtering and searching in small bites, newest first, so that a key never waits. Blocks that are packed away are unpacked one at a time,
//! into room that is used again.

use super::block::{Block, Sieve};
use super::filter::Filter;
use super::intake::Logs;
use super::search::{Jump, Search};

/// What looking at a block's trigrams takes, in bytes of text looked through.
const PASSED: usize = 512;

impl Logs {
    /// Goes on with filtering and searching, newest first, for about `bytes` of text; whether there is more to do.
    pub fn work(&mut self, bytes: usize) -> bool {
        let mut left = bytes as isize;
        for at in (0..self.store.blocks.len()).rev() {
            let size = self.sift(at);
            if size == 0 {
                continue;
            }
            left -= size as isize;
            if left <= 0 {
                return self.go_on();
            }
        }
        self.go_on()
    }

    /// Jumps if a jump was waiting; whether there is more to do.
    fn go_on(&mut self) -> bool {
        if let Some(newer) = self.seeking {
            self.seeking = None;
            if self.jump(newer, 0) == Jump::Searching {
                self.seeking = Some(newer);
            }
        }
        !self.is_sifted()
    }

    /// Filters and searches what of block `at` was not looked at yet; the bytes that took.
    pub(super) fn sift(&mut self, at: usize) -> usize {
        let Self { filter, search, store, .. } = self;
        let open = filter.is_open();
        let Some(block) = store.blocks.get_mut(at) else { return 0 };
        let (unfiltered, unsearched) = (unfiltered(filter, block), search.as_ref().filter(|it| is_unsearched(it, block)));
        if !unfiltered && unsearched.is_none() {
            return 0;
        }
        if unfiltered && !filter.asks_for_lines(block) {
            let lines = block.len();
            filter.sift(block);
            // A byte a line is about what that costs beside text; a search goes on with the block at the next bite.
            return lines.max(PASSED);
        }
        let unsearched = unsearched.filter(|it| !it.passes(block));
        if !unfiltered && unsearched.is_none() {
            return PASSED;
        }
        let sifted = store.with_block(at, |block| {
            let mut size = 0;
            if unfiltered {
                size += rest(block, &block.kept, filter.asked);
                filter.sift(block);
            }
            if let Some(search) = unsearched {
                size += rest(block, &block.found, search.asked);
                search.sift(block, open);
            }
            size
        });
        sifted.unwrap_or(0)
    }

    /// Whether every block has been filtered and searched.
    pub fn is_sifted(&self) -> bool {
        let unsearched = |block: &Block| self.search.as_ref().is_some_and(|it| is_unsearched(it, block));
        !self.store.blocks.iter().any(|block| unfiltered(&self.filter, block) || unsearched(block))
    }
}

/// Whether there are lines in `block` that the filter has not looked at.
fn unfiltered(filter: &Filter, block: &Block) -> bool {
    !filter.is_open() && (block.kept.asked != filter.asked || block.kept.done < block.len())
}

/// Whether there are lines in `block` that the search has not looked at.
const fn is_unsearched(search: &Search, block: &Block) -> bool {
    block.found.asked != search.asked || block.found.done < block.len()
}

/// Bytes of text that `sieve` has not seen, of a block at hand.
fn rest(block: &Block, sieve: &Sieve, asked: u64) -> usize {
    let done = if sieve.asked == asked { sieve.done } else { 0 };
    // At least one, so that a block of nothing counts as looked at.
    (block.lines.text.len() - block.lines.start(done)).max(1)
}
