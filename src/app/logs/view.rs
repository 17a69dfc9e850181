//! What the reader set: place, follow, freeze, wrap, columns, marks. Data only; how it moves is `motion`, how it looks is `rows`.

use super::line::Seq;
use super::marks::Marks;
use super::shift::Shift;
use crate::model::time::Time;

/// What stands in front of each line to say when it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamps {
    Off,
    /// `14:22:06.114`
    #[default]
    Time,
    /// `2026-11-22 14:22:06.114`
    Full,
    /// `12s ago`
    Relative,
    /// The time since the line above: `+1.204s`
    Delta,
}

impl Stamps {
    /// The next way, round and round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Off => Self::Time,
            Self::Time => Self::Full,
            Self::Full => Self::Relative,
            Self::Relative => Self::Delta,
            Self::Delta => Self::Off,
        }
    }

    /// Columns it takes, without the space after it.
    pub const fn width(self) -> usize {
        match self {
            Self::Off => 0,
            Self::Time => 12,
            Self::Full => 23,
            Self::Relative => 8,
            Self::Delta => 9,
        }
    }
}

/// A place on a line: the piece that byte `byte` of its shown text is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    pub seq: Seq,
    pub byte: usize,
    /// One row above: what is said above the first line.
    pub edge: bool,
    /// Lines are left out above this line, and the row that says so is above the place.
    pub below_cut: bool,
}

/// A time that is older than what is held, and waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Awaited {
    pub at: Time,
    /// Where the reader waits: whoever is elsewhere waits no more.
    pub from: Seq,
    /// Pages that may still be fetched for it.
    pub pages: u16,
}

/// What the reader set.
#[derive(Debug)]
pub struct View {
    /// Columns and rows of the whole log area, columns for time and name included.
    pub width: usize,
    pub height: usize,
    pub wrap: bool,
    /// Columns scrolled sideways; kept while wrapped, and whether it follows or not.
    pub left: usize,
    pub stamps: Stamps,
    /// Structured lines as one readable line instead of as they came.
    pub parsed: bool,
    /// Secrets that are recognised are covered.
    pub veil: bool,
    /// The newest line is kept at the bottom.
    pub follow: bool,
    /// Nothing newer than this is shown, while the store keeps filling.
    pub frozen: Option<Seq>,
    /// What stands in the first row while it does not follow.
    pub top: Anchor,
    /// The line the reader stands on while it does not follow.
    pub cursor: Seq,
    /// The newest line there was when following stopped.
    pub seen: Seq,
    pub marks: Marks,
    /// Where a selection began; it goes on to the line the reader stands on.
    pub selected: Option<Seq>,
    /// The line that the mouse was pressed on and is held from, and whether letting go opens it.
    pub grip: Option<(Seq, bool)>,
    /// Lines shown before and after each one that fits the filters.
    pub context: usize,
    /// A time older than what is held, while its lines are on their way.
    pub(super) awaited: Option<Awaited>,
    /// A time that was not reached, and there are older lines still.
    pub(super) short: Option<Time>,
    /// The question whose answer was fitted to the screen last.
    pub(super) filled: u64,
}

/// Of no question: what came above may fill rows that are empty below.
pub(super) const UNFILLED: u64 = u64::MAX;

impl Default for View {
    fn default() -> Self {
        Self {
            width: 80,
            height: 24,
            wrap: false,
            left: 0,
            stamps: Stamps::default(),
            parsed: true,
            veil: false,
            follow: true,
            frozen: None,
            top: Anchor::default(),
            cursor: Seq::default(),
            seen: Seq::default(),
            marks: Marks::default(),
            selected: None,
            grip: None,
            context: 0,
            awaited: None,
            short: None,
            filled: 0,
        }
    }
}

impl View {
    /// Follows lines that got other numbers.
    pub fn shift(&mut self, by: &Shift) {
        if by.is_empty() {
            return;
        }
        self.top.seq = by.map(self.top.seq);
        self.cursor = by.map(self.cursor);
        self.seen = by.map(self.seen);
        self.frozen = self.frozen.map(|it| by.map(it));
        self.selected = self.selected.map(|it| by.map(it));
        self.grip = self.grip.map(|(it, opens)| (by.map(it), opens));
        self.marks.shift(by);
        if let Some(it) = &mut self.awaited {
            it.from = by.map(it.from);
        }
    }
}
