//! Filtering and searching in small bites, newest first, so that a key never waits. Blocks that are packed away are unpacked one at a time,
//! into room that is used again. A large bite is shared with a second thread, which ends before the bite does: state is never shared for longer.

use std::thread;

use super::block::{Block, Sieve};
use super::cold::Scratch;
use super::filter::Filter;
use super::intake::Logs;
use super::search::{Jump, Search};

/// What looking at a block's trigrams takes, in bytes of text looked through.
const PASSED: usize = 512;
/// Text in a bite from which on a second thread helps, in bytes: its start takes as long as looking through a tenth of that.
/// A third would gain less and takes from what the machine is there for.
const SHARED: usize = 256 * 1024;

impl Logs {
    /// Goes on with filtering and searching, newest first, for about `bytes` of text; whether there is more to do.
    pub fn work(&mut self, bytes: usize) -> bool {
        let Self { filter, search, store, .. } = self;
        let question = Question { filter, search: search.as_ref() };
        let mut left = bytes as isize;
        let mut halves = [Vec::new(), Vec::new()];
        let mut shared = 0;
        for block in store.blocks.iter_mut().rev() {
            let step = question.ask(block);
            if let Step::Read(size) = step {
                halves[usize::from(shared % 2 == 1)].push(block);
                shared += 1;
                left -= size as isize;
            } else if let Step::Done(size) = step {
                left -= size as isize;
            }
            if left <= 0 {
                break;
            }
        }
        let [ours, theirs] = halves;
        if bytes.min((bytes as isize - left) as usize) < SHARED {
            for block in ours.into_iter().chain(theirs) {
                question.read(block, &mut store.scratch);
            }
            return self.go_on();
        }
        thread::scope(|scope| {
            let help = || {
                for block in theirs {
                    question.read(block, &mut store.helper);
                }
            };
            // Without a second thread its half is done at the next bites.
            let _ = thread::Builder::new().name("sift".to_owned()).spawn_scoped(scope, help);
            for block in ours {
                question.read(block, &mut store.scratch);
            }
        });
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
        let question = Question { filter, search: search.as_ref() };
        let Some(block) = store.blocks.get_mut(at) else { return 0 };
        match question.ask(block) {
            Step::Nothing => 0,
            Step::Done(size) => size,
            Step::Read(size) => {
                question.read(block, &mut store.scratch);
                size
            }
        }
    }

    /// Whether every block has been filtered and searched.
    pub fn is_sifted(&self) -> bool {
        let unsearched = |block: &Block| self.search.as_ref().is_some_and(|it| is_unsearched(it, block));
        !self.store.blocks.iter().any(|block| unfiltered(&self.filter, block) || unsearched(block))
    }
}

/// What is asked of every block.
struct Question<'a> {
    filter: &'a Filter,
    search: Option<&'a Search>,
}

/// What a block takes, in bytes of text looked through.
enum Step {
    /// It was looked at before.
    Nothing,
    /// It could be answered without its lines.
    Done(usize),
    /// Its lines must be read.
    Read(usize),
}

impl Question<'_> {
    /// Answers what can be answered without the block's lines.
    fn ask(&self, block: &mut Block) -> Step {
        let filter = self.filter;
        let (unfiltered, unsearched) = (unfiltered(filter, block), self.search.filter(|it| is_unsearched(it, block)));
        if !unfiltered && unsearched.is_none() {
            return Step::Nothing;
        }
        if unfiltered && !filter.asks_for_lines(block) {
            let lines = block.len();
            filter.sift(block);
            // A byte a line is about what that costs beside text; a search goes on with the block at the next bite.
            return Step::Done(lines.max(PASSED));
        }
        let unsearched = unsearched.filter(|it| !it.passes(block));
        if !unfiltered && unsearched.is_none() {
            return Step::Done(PASSED);
        }
        let filtering = if unfiltered { rest(block, &block.kept, filter.asked) } else { 0 };
        Step::Read(filtering + unsearched.map_or(0, |it| rest(block, &block.found, it.asked)))
    }

    /// Reads the block's lines, unpacked into `scratch` if they are packed away.
    fn read(&self, block: &mut Block, scratch: &mut Scratch) {
        block.borrow(scratch);
        if unfiltered(self.filter, block) {
            self.filter.sift(block);
        }
        if let Some(search) = self.search.filter(|it| is_unsearched(it, block)) {
            search.sift(block, self.filter.is_open());
        }
        block.give_back(scratch);
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

/// Bytes of text that `sieve` has not seen; exact for a block that was not begun.
fn rest(block: &Block, sieve: &Sieve, asked: u64) -> usize {
    let done = if sieve.asked == asked { sieve.done } else { 0 };
    // At least one, so that a block of nothing counts as looked at.
    (block.raw() * (block.len() - done) / block.len().max(1)).max(1)
}
