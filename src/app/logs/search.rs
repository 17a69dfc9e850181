//! The search: which of the lines that are shown have the text. A literal or a regex, no query: what is jumped to is a place in a text,
//! and a query has none (lnav draws the same line). Sifts a block at a time; where the reader stands is `view`'s.

use super::block::Block;
use super::matcher::lines_in;
use super::spelt::spelt;
use super::trigrams::Needle;
use crate::model::query::{Matcher, Mistake};

/// What is looked for.
#[derive(Debug)]
pub struct Search {
    /// As it was typed.
    pub typed: String,
    pub matcher: Matcher,
    /// What every hit has in it.
    needle: Needle,
    /// The number of this question; another one when the text or what is shown changes.
    pub asked: u64,
}

/// How a search stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Lines that have it, of those looked at so far.
    pub total: usize,
    /// The line the reader stands on is the so-manyth of them, from 1.
    pub here: Option<usize>,
    /// Everything was looked at.
    pub complete: bool,
}

/// What a jump to the next hit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// The reader stands on a hit; `wrapped`: it was found beyond the end.
    Hit { wrapped: bool },
    /// There is none.
    Nothing,
    /// Not looked through yet; `work` goes on and jumps when there is one.
    Searching,
}

impl Search {
    /// A search for `typed`.
    pub fn new(typed: &str, asked: u64) -> Result<Self, Mistake> {
        let matcher = Matcher::new(typed)?;
        // What is read on the screen is what is typed, and structured lines write it otherwise.
        let matcher = spelt(typed).and_then(|it| Matcher::regex(&it).ok()).unwrap_or(matcher);
        let needle = Needle::new(matcher.text(), matcher.is_regex());
        Ok(Self { typed: typed.to_owned(), matcher, needle, asked })
    }

    /// Whether `block` has no hit for certain: then that is noted, and its lines need not be at hand.
    pub fn passes(&self, block: &mut Block) -> bool {
        if block.may_have(&self.needle) {
            return false;
        }
        block.found.begin(self.asked, 0);
        block.found.done = block.len();
        true
    }

    /// Looks through the lines of `block` that were not looked at yet. `open`: everything is shown; else what the filter kept, which must be known.
    pub fn sift(&self, block: &mut Block, open: bool) {
        let mut sieve = std::mem::take(&mut block.found);
        sieve.begin(self.asked, 0);
        let from = sieve.picked.len();
        lines_in(&self.matcher, &block.lines, sieve.done..block.len(), &mut sieve.picked);
        let mut hits = sieve.picked.split_off(from);
        if open {
            hits.retain(|line| block.sort(usize::from(*line)).is_some_and(|it| !it.is_note()));
        } else {
            let start = block.kept.picked.partition_point(|line| usize::from(*line) < sieve.done);
            let mut kept = block.kept.picked.iter().skip(start).peekable();
            hits.retain(|line| {
                while kept.next_if(|it| *it < line).is_some() {}
                kept.peek() == Some(&line) && block.sort(usize::from(*line)).is_some_and(|it| !it.is_note())
            });
        }
        sieve.picked.append(&mut hits);
        sieve.done = block.len();
        block.found = sieve;
    }
}
