//! A block: some hundred KiB of line text in one piece, so that a search runs over it whole; packed away when it is old.
//! Knows nothing of what lines are wanted for.

use std::borrow::Cow;

use super::cold::{Cold, Press, Scratch};
use super::line::{Line, Note, Origins, Seq};
use super::record::{Head, Lines, Record, Sort};
use super::sgr::InkSpan;
use super::trigrams::Needle;
use crate::model::time::Time;

/// Most lines in a block, so that places in it fit 16 bits whatever comes.
pub const MAX_LINES: usize = 8192;
/// What a block costs besides its lines.
const OVERHEAD: usize = 512;
/// What a line costs besides its text: its record, and its place in what the filter and the search have found.
const LINE_COST: usize = size_of::<Record>() + SIEVE_COST;
/// A place in what the filter lets through, and one in what the search has found: room for both is always kept.
const SIEVE_COST: usize = 2 * size_of::<u16>();
/// A row of counts.
const ORIGIN_COST: usize = size_of::<[u32; 6]>() + size_of::<u32>();
/// What a line counts for when a block is measured, besides its text: so that a block of empty lines is not many times larger than others.
const RECORD_SHARE: usize = 8;
/// What a note costs: two times, a range, a few words.
const NOTE_COST: usize = 160;

/// Which lines of a block something has picked, as far as it has got.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    /// Which question this answers; an older number is no answer.
    pub asked: u64,
    /// Lines looked at, from the first.
    pub done: usize,
    /// The lines picked, rising.
    pub picked: Vec<u16>,
    /// Lines turned away, by reason.
    pub hidden: Vec<u32>,
}

impl Sieve {
    /// Begins anew for question `asked`, unless it is already at it.
    pub fn begin(&mut self, asked: u64, reasons: usize) {
        if self.asked != asked || self.hidden.len() != reasons {
            self.asked = asked;
            self.done = 0;
            self.picked.clear();
            self.hidden.clear();
            self.hidden.resize(reasons, 0);
        }
    }
}

/// Some hundred lines of one stretch, at hand or packed away.
#[derive(Debug)]
pub struct Block {
    /// Number of its first line.
    pub first: Seq,
    /// Which of the platform's logs its offsets belong to, counted from 0.
    pub epoch: u32,
    /// Its lines; none while they are packed away.
    pub lines: Lines,
    cold: Option<Box<Cold>>,
    /// Packing was tried and gained nothing.
    stays: bool,
    count: usize,
    notes: Vec<(u16, Note)>,
    /// Lines by origin and level: the origins, and their counts in the same order.
    pub origins: Vec<u32>,
    pub counts: Vec<[u32; 6]>,
    /// Earliest and latest time of its lines.
    pub from: Time,
    pub to: Time,
    /// Offset of its first and its last record.
    pub low: u64,
    pub high: u64,
    /// What the filter lets through.
    pub kept: Sieve,
    /// What the search has found of that.
    pub found: Sieve,
    cost: usize,
}

impl Block {
    /// An empty block.
    pub const fn new(first: Seq, epoch: u32) -> Self {
        const NOTHING: Sieve = Sieve { asked: 0, done: 0, picked: Vec::new(), hidden: Vec::new() };
        Self {
            first,
            epoch,
            lines: Lines::EMPTY,
            cold: None,
            stays: false,
            count: 0,
            notes: Vec::new(),
            origins: Vec::new(),
            counts: Vec::new(),
            from: Time(i64::MAX),
            to: Time(i64::MIN),
            low: 0,
            high: 0,
            kept: NOTHING,
            found: NOTHING,
            cost: OVERHEAD,
        }
    }

    /// An empty block with room for as many lines as `full`, a block of `size` before it, came to: what follows a full block will be full too.
    /// The room is what another block gave up, if there is one.
    pub fn after(full: &Self, room: Lines, size: usize, first: Seq, epoch: u32) -> Self {
        let mut block = Self { lines: room, ..Self::new(first, epoch) };
        block.lines.reserve(size, full.count + full.count / 16);
        block
    }

    /// What a line of this text will cost, at most.
    pub const fn price(text: usize, inks: usize, note: bool) -> usize {
        // A new origin costs a row of counts; a new block its overhead.
        text + 1 + inks * size_of::<InkSpan>() + LINE_COST + ORIGIN_COST + OVERHEAD + if note { NOTE_COST } else { 0 }
    }

    /// Bytes it takes.
    pub const fn cost(&self) -> usize {
        self.cost
    }

    /// What its parts take, one by one, with the room that is kept for answers.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        let Lines { text, records, inks } = &self.lines;
        let lines = text.len() + size_of_val(&**records) + size_of_val(&**inks);
        let rest = size_of_val(&*self.notes) + size_of_val(&*self.origins) + size_of_val(&*self.counts) + self.count * SIEVE_COST;
        size_of::<Self>() + lines + rest + self.cold.as_ref().map_or(0, |it| it.weight())
    }

    /// Lines in it.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no line in it.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of its text, as it is when at hand.
    pub fn raw(&self) -> usize {
        self.cold.as_ref().map_or(self.lines.text.len(), |it| it.raw())
    }

    /// Number of the line after its last.
    pub const fn end(&self) -> Seq {
        self.first.plus(self.count)
    }

    /// Whether a line of `text` bytes still fits a block of `size`.
    pub const fn fits(&self, text: usize, size: usize) -> bool {
        let full = self.lines.text.len() + self.count * RECORD_SHARE;
        self.cold.is_none() && self.count < MAX_LINES && (self.count == 0 || full + text < size)
    }

    /// Puts a line at the end of a block that is at hand.
    pub fn push(&mut self, head: &Head, text: &str, inks: &[InkSpan], note: Option<Note>) {
        let index = self.count as u16;
        self.lines.push(head, text, inks);
        self.low = if self.count == 0 { head.off } else { self.low };
        self.high = head.off;
        self.count += 1;
        self.cost += text.len() + 1 + LINE_COST + size_of_val(inks);
        if let Some(note) = note {
            self.notes.push((index, note));
            self.cost += NOTE_COST;
            return;
        }
        self.from = self.from.min(head.at);
        self.to = self.to.max(head.at);
        let row = if let Some(row) = self.origins.iter().position(|it| *it == head.origin) {
            row
        } else {
            self.cost += ORIGIN_COST;
            self.origins.push(head.origin);
            self.counts.push([0; 6]);
            self.origins.len() - 1
        };
        if let Some(count) = self.counts[row].get_mut(head.level as usize) {
            *count += 1;
        }
    }

    /// Gives back what was reserved for lines that will not come.
    pub fn close(&mut self) {
        self.lines.close();
    }

    /// Whether its lines are packed away.
    pub const fn is_cold(&self) -> bool {
        self.cold.is_some()
    }

    /// Whether its lines could be packed away.
    pub const fn is_warm(&self) -> bool {
        self.cold.is_none() && !self.stays
    }

    /// Packs its lines away, if that makes them smaller; the room that they took.
    pub fn freeze(&mut self, press: &mut Press) -> Option<Lines> {
        let cold = press.pack(&self.lines)?;
        for sieve in [&mut self.kept, &mut self.found] {
            sieve.picked.shrink_to_fit();
        }
        let cost = OVERHEAD + cold.cost() + self.count * SIEVE_COST + self.notes.len() * NOTE_COST + self.origins.len() * ORIGIN_COST;
        if cost >= self.cost {
            // A few lines, or noise: packed it would not be smaller.
            self.stays = true;
            return None;
        }
        self.cost = cost;
        self.cold = Some(Box::new(cold));
        let mut room = std::mem::take(&mut self.lines);
        room.clear();
        Some(room)
    }

    /// Puts its lines at hand for as long as `scratch` is lent to it.
    pub fn borrow(&mut self, scratch: &mut Scratch) {
        if let Some(cold) = &self.cold {
            cold.thaw(scratch);
            std::mem::swap(&mut self.lines, &mut scratch.lines);
        }
    }

    /// Gives back what it borrowed.
    pub const fn give_back(&mut self, scratch: &mut Scratch) {
        if self.is_cold() {
            std::mem::swap(&mut self.lines, &mut scratch.lines);
        }
    }

    /// Whether a line of it may match what `needle` was made of. `false` is certain; lines at hand are quicker looked at than asked about.
    pub fn may_have(&self, needle: &Needle) -> bool {
        self.cold.as_ref().is_none_or(|it| it.trigrams.may_have(needle))
    }

    /// What is said in the place of line `index`.
    pub fn note(&self, index: usize) -> Option<&Note> {
        let at = self.notes.binary_search_by_key(&index, |(line, _)| usize::from(*line)).ok()?;
        self.notes.get(at).map(|(_, note)| note)
    }

    /// What sort line `index` is of.
    pub fn sort(&self, index: usize) -> Option<Sort> {
        match &self.cold {
            Some(cold) => cold.columns.sort(index),
            None => self.lines.records.get(index).map(|it| it.sort()),
        }
    }

    /// Offset of line `index`.
    pub fn off(&self, index: usize) -> Option<u64> {
        match &self.cold {
            Some(cold) => cold.columns.off(index),
            None => self.lines.records.get(index).map(|it| it.off),
        }
    }

    /// How many of its lines have an offset less than `off`.
    pub fn seek(&self, off: u64) -> usize {
        match &self.cold {
            Some(cold) => cold.columns.seek(off),
            None => self.lines.records.partition_point(|it| it.off < off),
        }
    }

    /// Calls `each` with time and sort of all lines, in order.
    pub fn each(&self, mut each: impl FnMut(i64, Sort)) {
        match &self.cold {
            Some(cold) => cold.columns.each(each),
            None => self.lines.records.iter().for_each(|it| each(it.at, it.sort())),
        }
    }

    /// Line `index`; `None` for a note. Unpacks the block into `scratch` if it is packed away.
    pub fn line<'a>(&'a self, index: usize, origins: &'a Origins, scratch: &mut Scratch) -> Option<Line<'a>> {
        if self.sort(index)?.is_note() {
            return None;
        }
        if let Some(cold) = &self.cold {
            cold.thaw(scratch);
            return self.view(&scratch.lines, index, origins, |text| Cow::Owned(text.to_owned()), |inks| Cow::Owned(inks.to_vec()));
        }
        self.view(&self.lines, index, origins, Cow::Borrowed, Cow::Borrowed)
    }

    fn view<'l, 'a>(
        &self,
        lines: &'l Lines,
        index: usize,
        origins: &'a Origins,
        text: impl Fn(&'l str) -> Cow<'a, str>,
        inks: impl Fn(&'l [InkSpan]) -> Cow<'a, [InkSpan]>,
    ) -> Option<Line<'a>> {
        let head = lines.head(index)?;
        Some(Line {
            about: head.about(self.first.plus(index), origins)?,
            text: text(lines.line_text(index)),
            inks: inks(lines.line_inks(index)),
            fields: None,
        })
    }
}
