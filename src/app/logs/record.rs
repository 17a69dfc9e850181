//! Lines as a block holds them: their text in one piece, and a small record beside it for each. Knows nothing of how they are packed.

use super::line::{About, Flags, Note, Origins, Seq};
use super::sgr::InkSpan;
use crate::model::log::Level;
use crate::model::time::Time;

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

impl Head {
    /// What is known of the line `seq`, whose head this is.
    pub fn about(self, seq: Seq, origins: &Origins) -> Option<About<'_>> {
        let Self { off, at, level, flags, origin } = self;
        Some(About { seq, off, at, level, flags, origin: origins.get(origin)?, origin_index: origin })
    }
}

impl Ready {
    /// Its head.
    pub const fn head(&self) -> Head {
        Head { off: self.off, at: self.at, level: self.level, flags: self.flags, origin: self.origin }
    }
}

/// Where a line comes from, how loud it is and of what form: few of these are different in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    pub origin: u32,
    /// Flags (9 bits), level (3 bits).
    form: u16,
}

impl Sort {
    /// How loud, as an index into `Level::ALL`.
    pub const fn rank(self) -> usize {
        (self.form >> 9) as usize
    }

    /// What is known of its form.
    pub const fn flags(self) -> Flags {
        Flags(self.form & 0x1ff)
    }

    /// Not a line, but something said in the place of lines.
    pub const fn is_note(self) -> bool {
        self.flags().has(Flags::NOTE)
    }
}

/// A line as a block holds it: 24 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub off: u64,
    pub at: i64,
    /// Start of the text (20 bits), form (12 bits).
    place: u32,
    pub origin: u32,
}

impl Record {
    const START: u32 = (1 << 20) - 1;

    /// The record of a line whose text begins at `start`.
    pub const fn new(head: &Head, start: usize) -> Self {
        let form = head.flags.0 & 0x1ff | (head.level as u16) << 9;
        Self::of(Sort { origin: head.origin, form }, head.off, head.at.0, start)
    }

    /// The record of a line of this sort.
    pub const fn of(sort: Sort, off: u64, at: i64, start: usize) -> Self {
        Self { off, at, place: (start as u32 & Self::START) | (sort.form as u32) << 20, origin: sort.origin }
    }

    /// Where its text begins.
    pub const fn start(self) -> usize {
        (self.place & Self::START) as usize
    }

    /// What sort of line it is.
    pub const fn sort(self) -> Sort {
        Sort { origin: self.origin, form: (self.place >> 20) as u16 }
    }

    /// How loud, as an index into `Level::ALL`.
    pub const fn rank(self) -> usize {
        self.sort().rank()
    }

    /// Not a line, but something said in the place of lines.
    pub const fn is_note(self) -> bool {
        self.sort().is_note()
    }
}

/// Lines side by side.
#[derive(Debug, Default)]
pub struct Lines {
    /// The lines' text, each ended by a line feed.
    pub text: String,
    pub records: Vec<Record>,
    /// Coloured stretches, in the order of the lines.
    pub inks: Vec<InkSpan>,
}

impl Lines {
    /// No lines, without taking any memory.
    pub const EMPTY: Self = Self { text: String::new(), records: Vec::new(), inks: Vec::new() };

    /// Puts a line at the end.
    pub fn push(&mut self, head: &Head, text: &str, inks: &[InkSpan]) {
        let index = self.records.len() as u16;
        self.records.push(Record::new(head, self.text.len()));
        self.text.push_str(text);
        self.text.push('\n');
        self.inks.extend(inks.iter().map(|ink| InkSpan { line: index, ..*ink }));
    }

    /// Sets room aside for text of this size and so many lines.
    pub fn reserve(&mut self, text: usize, lines: usize) {
        self.text.reserve_exact(text);
        self.records.reserve_exact(lines);
    }

    /// Nothing any more, but the room it took.
    pub fn clear(&mut self) {
        self.text.clear();
        self.records.clear();
        self.inks.clear();
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

    /// Head of line `index`, as it was pushed.
    pub fn head(&self, index: usize) -> Option<Head> {
        let it = *self.records.get(index)?;
        let sort = it.sort();
        Some(Head { off: it.off, at: Time(it.at), level: Level::ALL[sort.rank().min(5)], flags: sort.flags(), origin: it.origin })
    }
}
