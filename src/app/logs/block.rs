//! A block: some hundred KiB of line text in one piece, so that a search runs over it whole, and a small record beside it for each line.
//! Knows nothing of what lines are wanted for.

use super::line::{Flags, Line, Note, Origins, Seq};
use super::sgr::InkSpan;
use crate::model::log::Level;
use crate::model::time::Time;

/// Most lines in a block, so that places in it fit 16 bits whatever comes.
pub const MAX_LINES: usize = 8192;
/// What a block costs besides its lines.
const OVERHEAD: usize = 512;
/// What a line costs besides its text: its record, and its place in what the filter and the search have found.
const LINE_COST: usize = size_of::<Record>() + 5;
/// What a note costs: two times, a range, a few words.
const NOTE_COST: usize = 160;

/// A line on its way into a block, already clean.
#[derive(Clone, Debug)]
pub struct Ready {
    pub off: u64,
    pub at: Time,
    pub level: Level,
    pub flags: Flags,
    pub origin: u32,
    pub text: String,
    pub inks: Vec<InkSpan>,
    pub note: Option<Note>,
}

/// All of a line but its text and colours.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub off: u64,
    pub at: Time,
    pub level: Level,
    pub flags: Flags,
    pub origin: u32,
}

impl Ready {
    /// Its head.
    pub const fn head(&self) -> Head {
        Head { off: self.off, at: self.at, level: self.level, flags: self.flags, origin: self.origin }
    }
}

/// A line as a block holds it: 24 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub off: u64,
    pub at: i64,
    /// Start of the text (20 bits), flags (9 bits), level (3 bits).
    place: u32,
    pub origin: u32,
}

impl Record {
    const START: u32 = (1 << 20) - 1;

    const fn new(head: &Head, start: usize) -> Self {
        let place = (start as u32 & Self::START) | (head.flags.0 as u32) << 20 | (head.level as u32) << 29;
        Self { off: head.off, at: head.at.0, place, origin: head.origin }
    }

    const fn start(self) -> usize {
        (self.place & Self::START) as usize
    }

    /// How loud, as an index into `Level::ALL`.
    pub const fn rank(self) -> usize {
        (self.place >> 29) as usize
    }

    /// What is known of its form.
    pub const fn flags(self) -> Flags {
        Flags((self.place >> 20 & 0x1ff) as u16)
    }

    /// Not a line, but something said in the place of lines.
    pub const fn is_note(self) -> bool {
        self.flags().has(Flags::NOTE)
    }
}

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

/// Some hundred KiB of lines.
#[derive(Debug)]
pub struct Block {
    /// Number of its first line.
    pub first: Seq,
    /// Which of the platform's logs its offsets belong to, counted from 0.
    pub epoch: u32,
    /// The lines' text, each ended by a line feed.
    pub text: String,
    pub records: Vec<Record>,
    /// Coloured stretches, in the order of the lines.
    inks: Vec<InkSpan>,
    notes: Vec<(u16, Note)>,
    /// Lines by origin and level: the origins, and their counts in the same order.
    pub origins: Vec<u32>,
    pub counts: Vec<[u32; 6]>,
    /// Earliest and latest time of its lines.
    pub from: Time,
    pub to: Time,
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
            text: String::new(),
            records: Vec::new(),
            inks: Vec::new(),
            notes: Vec::new(),
            origins: Vec::new(),
            counts: Vec::new(),
            from: Time(i64::MAX),
            to: Time(i64::MIN),
            kept: NOTHING,
            found: NOTHING,
            cost: OVERHEAD,
        }
    }

    /// Sets room aside for as much as `full`, a block like it, came to: what follows a full block will be full too.
    pub fn reserve_like(&mut self, full: &Self) {
        self.text.reserve_exact(full.text.len());
        self.records.reserve_exact(full.records.len() + full.records.len() / 16);
    }

    /// What a line of this text will cost, at most.
    pub const fn price(text: usize, inks: usize, note: bool) -> usize {
        // A new origin costs a row of counts; a new block its overhead.
        text + 1 + inks * size_of::<InkSpan>() + LINE_COST + size_of::<[u32; 6]>() + 4 + OVERHEAD + if note { NOTE_COST } else { 0 }
    }

    /// Bytes it takes.
    pub const fn cost(&self) -> usize {
        self.cost
    }

    /// Lines in it.
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no line in it.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Number of the line after its last.
    pub const fn end(&self) -> Seq {
        self.first.plus(self.records.len())
    }

    /// Whether a line of `text` bytes still fits a block of `size`.
    pub const fn fits(&self, text: usize, size: usize) -> bool {
        self.records.len() < MAX_LINES && (self.records.is_empty() || self.text.len() + text < size)
    }

    /// Puts a line at the end.
    pub fn push(&mut self, head: &Head, text: &str, inks: &[InkSpan], note: Option<Note>) {
        let index = self.records.len() as u16;
        self.records.push(Record::new(head, self.text.len()));
        self.text.push_str(text);
        self.text.push('\n');
        self.inks.extend(inks.iter().map(|ink| InkSpan { line: index, ..*ink }));
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
            self.cost += size_of::<[u32; 6]>() + 4;
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
        self.text.shrink_to_fit();
        self.records.shrink_to_fit();
        self.inks.shrink_to_fit();
    }

    /// Where line `index` begins in the text; the text's end for the line after the last.
    pub fn start(&self, index: usize) -> usize {
        self.records.get(index).map_or(self.text.len(), |it| it.start())
    }

    /// The text of line `index`; empty if there is none.
    pub fn line_text(&self, index: usize) -> &str {
        let end = self.start(index + 1).saturating_sub(1);
        self.text.get(self.start(index)..end).unwrap_or("")
    }

    /// The line whose text holds byte `at`, looking from line `from` on.
    pub fn line_at(&self, at: usize, from: usize) -> usize {
        let rest = self.records.get(from..).unwrap_or(&[]);
        // Frequent hits are a line or two away, rare ones far: steps that double, then halves.
        let mut reach = 2;
        while rest.get(reach).is_some_and(|it| it.start() <= at) {
            reach *= 2;
        }
        let near = rest.get(..reach).unwrap_or(rest);
        from + near.partition_point(|it| it.start() <= at).saturating_sub(1)
    }

    /// The colours of line `index`.
    pub fn line_inks(&self, index: usize) -> &[InkSpan] {
        let from = self.inks.partition_point(|ink| usize::from(ink.line) < index);
        let to = self.inks.partition_point(|ink| usize::from(ink.line) <= index);
        &self.inks[from..to]
    }

    /// What is said in the place of line `index`.
    pub fn note(&self, index: usize) -> Option<&Note> {
        let at = self.notes.binary_search_by_key(&index, |(line, _)| usize::from(*line)).ok()?;
        self.notes.get(at).map(|(_, note)| note)
    }

    /// Head of line `index`, as it was pushed.
    pub fn head(&self, index: usize) -> Option<Head> {
        let it = *self.records.get(index)?;
        Some(Head { off: it.off, at: Time(it.at), level: Level::ALL[it.rank().min(5)], flags: it.flags(), origin: it.origin })
    }

    /// Line `index`; `None` for a note.
    pub fn line<'a>(&'a self, index: usize, origins: &'a Origins) -> Option<Line<'a>> {
        let head = self.head(index)?;
        if head.flags.has(Flags::NOTE) {
            return None;
        }
        Some(Line {
            seq: self.first.plus(index),
            off: head.off,
            at: head.at,
            level: head.level,
            flags: head.flags,
            origin: origins.get(head.origin)?,
            origin_index: head.origin,
            text: self.line_text(index),
            inks: self.line_inks(index),
        })
    }
}
