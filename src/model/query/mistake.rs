//! What is wrong with a query, and where.

use std::fmt;

use unicode_width::UnicodeWidthStr;

/// Why a query or a pattern cannot be used: where in what was typed (byte), and what is wrong or was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub at: usize,
    pub text: String,
}

impl Mistake {
    /// A mistake at byte `at`.
    pub fn new(at: usize, text: impl Into<String>) -> Self {
        Self { at, text: text.into() }
    }

    /// The same mistake in a text that has `bytes` more in front.
    #[must_use]
    pub fn moved(self, bytes: usize) -> Self {
        Self { at: self.at + bytes, ..self }
    }

    /// The columns before the place, in `typed` as a terminal shows it.
    pub fn column(&self, typed: &str) -> usize {
        typed.get(..self.at.min(typed.len())).unwrap_or(typed).width()
    }

    /// What was typed, and under it a caret at the place with what is wrong.
    pub fn drawn(&self, typed: &str) -> String {
        format!("  {typed}\n  {:>1$} {2}", "^", self.column(typed) + 1, self.text)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
