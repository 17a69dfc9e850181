//! What is known of lines on their way out: how they are written, how far one has come.

use super::line::Seq;
use super::store::Shift;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As they came, nothing before them: what another program wants.
    Plain,
    /// With time, source and level before them: what a person reads later.
    Stamped,
    /// A record a line, as JSON.
    Json,
}

/// An export under way.
#[derive(Clone, Debug)]
pub struct Export {
    pub(super) form: Form,
    pub(super) next: Seq,
    /// The line after the last.
    pub(super) end: Seq,
    /// Lines given so far.
    pub(super) lines: usize,
    /// Lines that had to make room before they were reached.
    pub(super) missed: u64,
}

/// The next part of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bite {
    pub text: String,
    /// It is the last one.
    pub last: bool,
    /// Lines given so far, and lines that had to make room before they were reached.
    pub lines: usize,
    pub missed: u64,
}

impl Export {
    /// Follows lines that got other numbers.
    pub(super) fn shift(&mut self, by: &Shift) {
        self.next = by.map(self.next);
        self.end = by.map(self.end);
    }
}
