//! Everything a command prints. No control character, no escape sequence leaves here but line ends, whatever a platform said.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::model::text::{Clean, is_unseen};

/// Where and how a command prints.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    json: bool,
}

#[expect(clippy::unused_self, reason = "one door for all that is printed, so that it can be watched in one place")]
impl Out {
    /// As JSON or for people.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read it.
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// Prints `value` as JSON on one line, or `text` for people.
    pub fn answer(self, value: &impl Serialize, text: &str) -> io::Result<()> {
        if self.json { self.json(value) } else { self.line(text) }
    }

    /// Prints `value` as JSON on one line.
    pub fn json(self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(value)?;
        put(&(escape(&text) + "\n"))
    }

    /// Prints one line for people, or several.
    pub fn line(self, text: &str) -> io::Result<()> {
        put(&(Clean::paragraph(text).to_string() + "\n"))
    }

    /// Prints rows in columns; the last column is as long as it likes.
    pub fn table(self, rows: &[Vec<String>]) -> io::Result<()> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let clean: Vec<Vec<Clean>> = rows.iter().map(|row| row.iter().map(|it| Clean::new(it)).collect()).collect();
        let width = |column: usize| clean.iter().filter_map(|row| row.get(column)).map(|it| it.width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &clean {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width + 2 - cell.width()));
            }
            put(&(line.trim_end().to_owned() + "\n"))?;
        }
        Ok(())
    }

    /// Says something on stderr that is not the answer: how it goes, what is odd.
    pub fn note(self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", Clean::paragraph(text));
    }
}

/// Writes our own words to stderr without a line's end: a question, or what ends one.
pub fn ask(words: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(words.as_bytes());
    let _ = err.flush();
}

fn put(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// JSON that is also safe to look at: serde escapes what JSON forbids, this escapes what drives or deceives a terminal.
fn escape(json: &str) -> String {
    let odd = |c: char| matches!(c, '\u{7f}'..='\u{9f}') || is_unseen(c);
    if !json.contains(odd) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 32);
    for c in json.chars() {
        if odd(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}
