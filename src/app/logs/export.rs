//! What is known of lines on their way out: how they are written, how far one has come.

use super::line::Seq;
use super::shift::Shift;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As they came, nothing before them.
    Plain,
    /// As they are shown, with full time, source and level before them, and with what is lost said among them.
    Stamped,
    /// A record a line, as JSON.
    Json,
}

impl Form {
    /// What a person types to ask for it.
    const WORDS: [(&'static str, Self); 3] = [("text", Self::Stamped), ("raw", Self::Plain), ("json", Self::Json)];

    /// The form that `typed` begins with, if it does, and what follows: where nothing follows, the word is meant as it stands.
    pub fn read(typed: &str) -> (Option<Self>, &str) {
        let (word, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let rest = rest.trim_start();
        let form = Self::WORDS.into_iter().find(|it| it.0 == word && !rest.is_empty());
        form.map_or((None, typed), |(_, form)| (Some(form), rest))
    }
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
    /// Lines that are lost, in a form that does not say so in their place.
    pub(super) lost: u64,
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
    /// Lines that are lost, where what was given does not say so.
    pub lost: u64,
}

impl Export {
    /// `text`, and how far one has come with it.
    pub(super) const fn bite(&self, text: String, last: bool) -> Bite {
        Bite { text, last, lines: self.lines, missed: self.missed, lost: self.lost }
    }

    /// Follows lines that got other numbers.
    pub(super) fn shift(&mut self, by: &Shift) {
        self.next = by.map(self.next);
        self.end = by.map(self.end);
    }
}
