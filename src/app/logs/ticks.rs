//! What each row of a scroll bar stands for: whether there is an error, a warning, a hit or a mark among its lines. Costs by blocks:
//! a block's lines are looked through only as long as its rows may still learn from them.

use super::block::Block;
use super::intake::Logs;
use super::line::Seq;
use crate::model::log::Level;

/// What is among the lines that a row of the scroll bar stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// An error or worse.
    pub error: bool,
    pub warning: bool,
    /// A hit of the search, of those found so far.
    pub hit: bool,
    pub mark: bool,
}

impl Logs {
    /// One tick for each of the `rows` of a scroll bar that stands for all lines shown, oldest first.
    pub fn ticks(&self, rows: usize) -> Vec<Tick> {
        let mut ticks = vec![Tick::default(); rows];
        let (floor, ceiling) = (self.floor(), self.ceiling());
        let all = self.count();
        if rows == 0 || all == 0 {
            return ticks;
        }
        let mut before = 0;
        for block in self.store.blocks.iter().filter(|it| it.end() > floor && it.first < ceiling) {
            let (from, to) = (self.before(block, floor), self.before(block, ceiling));
            let stretch = Stretch { kept: self.kept(block), block, from, to, before };
            if from < to {
                let last = (before + to - from - 1) * rows / all;
                for row in before * rows / all..=last {
                    // A row begins with the first line whose share of the way down is not an earlier row's.
                    let lines = stretch.lines((row * all).div_ceil(rows), ((row + 1) * all).div_ceil(rows));
                    if let Some(tick) = ticks.get_mut(row) {
                        self.look(&stretch, lines, tick);
                    }
                }
            }
            before += to - from;
        }
        ticks
    }

    /// Learns what is among the shown lines `lines` of a block (places among those that are shown).
    fn look(&self, it: &Stretch<'_>, lines: std::ops::Range<usize>, tick: &mut Tick) {
        let block = it.block;
        let any = |ranks: std::ops::RangeInclusive<usize>| block.counts.iter().any(|row| row[ranks.clone()].iter().any(|n| *n > 0));
        let mut error = !tick.error && any(Level::Error as usize..=Level::Fatal as usize);
        let mut warning = !tick.warning && any(Level::Warn as usize..=Level::Warn as usize);
        for place in lines.clone() {
            if !error && !warning {
                break;
            }
            let Some(sort) = block.sort(it.line(place)).filter(|it| !it.is_note()) else { continue };
            if error && sort.rank() >= Level::Error as usize {
                (tick.error, error) = (true, false);
            }
            if warning && sort.rank() == Level::Warn as usize {
                (tick.warning, warning) = (true, false);
            }
        }
        let Some(last) = lines.clone().next_back() else { return };
        let (first, last) = (it.line(lines.start), it.line(last));
        if !tick.hit && self.search.as_ref().is_some_and(|search| block.found.asked == search.asked) {
            let picked = &block.found.picked;
            let at = picked.partition_point(|line| usize::from(*line) < first);
            tick.hit = picked.get(at).is_some_and(|line| usize::from(*line) <= last);
        }
        let span: std::ops::RangeInclusive<Seq> = block.first.plus(first)..=block.first.plus(last);
        tick.mark |= self.view.marks.within(span).any(|seq| it.is_shown((seq.0 - block.first.0) as usize));
    }
}

/// The lines of a block that are shown.
struct Stretch<'a> {
    block: &'a Block,
    /// Those that the filter keeps; `None`: all.
    kept: Option<&'a [u16]>,
    /// Places among those, from the first to before the last that may be shown.
    from: usize,
    to: usize,
    /// Lines shown before them.
    before: usize,
}

impl Stretch<'_> {
    /// The places of the lines that are shown as number `from` to before `to` of all.
    fn lines(&self, from: usize, to: usize) -> std::ops::Range<usize> {
        let place = |nth: usize| (self.from + nth.saturating_sub(self.before)).min(self.to);
        place(from)..place(to)
    }

    /// Index in the block of the line at `place`.
    fn line(&self, place: usize) -> usize {
        self.kept.map_or(place, |kept| kept.get(place).map_or(usize::MAX, |it| usize::from(*it)))
    }

    fn is_shown(&self, line: usize) -> bool {
        self.kept.is_none_or(|kept| u16::try_from(line).is_ok_and(|it| kept.binary_search(&it).is_ok()))
    }
}
