//! How the reader jumps: to hits, errors, marks, times.

use super::intake::Logs;
use super::line::Seq;
use super::search::{Found, Jump};
use crate::model::log::Level;
use crate::model::time::Time;

/// Text searched at once for a jump, in bytes; what is left goes on in the background.
const SEEK: usize = 8 * 1024 * 1024;

impl Logs {
    /// To the first line from `at` on; whether there is one.
    pub fn go_to_time(&mut self, at: Time) -> bool {
        let Some(seq) = self.first_since(at) else { return false };
        self.go_to(seq);
        true
    }

    /// To the next (`newer`) or previous error (or worse); whether there is one.
    pub fn go_to_error(&mut self, newer: bool) -> bool {
        self.go_to_level(newer, Level::Error, Level::Fatal)
    }

    /// To the next (`newer`) or previous warning; whether there is one.
    pub fn go_to_warning(&mut self, newer: bool) -> bool {
        self.go_to_level(newer, Level::Warn, Level::Warn)
    }

    fn go_to_level(&mut self, newer: bool, least: Level, most: Level) -> bool {
        let Some(at) = self.cursor() else { return false };
        let Some(seq) = self.next_of_level(at, newer, least, most) else { return false };
        self.go_to(seq);
        true
    }

    /// To the next (`newer`) or previous hit of the search, round the end if need be.
    pub fn next_hit(&mut self, newer: bool) -> Jump {
        let jump = self.jump(newer, SEEK);
        self.seeking = (jump == Jump::Searching).then_some(newer);
        jump
    }

    /// Looks for a hit block by block, beginning at the reader's; looks through at most `budget` bytes that were not looked through yet.
    pub(super) fn jump(&mut self, newer: bool, budget: usize) -> Jump {
        let (Some(at), Some(search)) = (self.cursor(), &self.search) else { return Jump::Nothing };
        let (asked, n) = (search.asked, self.store.blocks.len());
        let start = self.store.block_of(at).unwrap_or(0);
        let mut left = budget as isize;
        // Once round, and the first block again for its other half.
        for step in 0..=n {
            let index = if newer { (start + step) % n } else { (start + 2 * n - step) % n };
            let sifted = self.store.blocks.get(index).is_some_and(|it| it.found.asked == asked && it.found.done == it.len());
            if !sifted {
                if left <= 0 {
                    return Jump::Searching;
                }
                left -= self.sift(index) as isize;
            }
            let wrapped = step == n || if newer { index < start } else { index > start };
            if let Some(seq) = self.hit_in(index, at, newer, wrapped) {
                self.go_to(seq);
                return Jump::Hit { wrapped };
            }
        }
        Jump::Nothing
    }

    /// The first hit of block `index` in the direction of the jump that begins at `at`.
    fn hit_in(&self, index: usize, at: Seq, newer: bool, wrapped: bool) -> Option<Seq> {
        let block = self.store.blocks.get(index)?;
        let (floor, ceiling) = (self.floor(), self.ceiling());
        let mut hits = block.found.picked.iter().map(|it| block.first.plus(usize::from(*it))).filter(|it| *it >= floor && *it < ceiling);
        if newer { hits.find(|it| wrapped || *it > at) } else { hits.rfind(|it| wrapped || *it < at) }
    }

    /// How the search stands; `None` without one.
    pub fn found(&self) -> Option<Found> {
        let search = self.search.as_ref()?;
        let (floor, ceiling) = (self.floor(), self.ceiling());
        let cursor = self.cursor().unwrap_or_default();
        let mut it = Found { complete: self.is_sifted(), ..Found::default() };
        let mut before = 0;
        for block in self.store.blocks.iter().filter(|it| it.found.asked == search.asked && it.end() > floor && it.first < ceiling) {
            let place = |seq: Seq| block.found.picked.partition_point(|line| block.first.plus(usize::from(*line)) < seq);
            let (from, to) = (place(floor), place(ceiling));
            it.total += to - from;
            before += place(cursor).clamp(from, to) - from;
            let on = block.found.picked.get(place(cursor)).is_some_and(|line| block.first.plus(usize::from(*line)) == cursor);
            if on && cursor >= floor && cursor < ceiling {
                it.here = Some(before + 1);
            }
        }
        Some(it)
    }
}
