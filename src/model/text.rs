//! The one place where text from outside becomes text that may be shown.
//!
//! "Show, never delete": a control character becomes a visible sign, a bidirectional or invisible one is
//! marked, and nothing that could drive a terminal is left. Everything else in the program holds [`Clean`]
//! or text that went through [`clean_line`].

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_width::UnicodeWidthChar;

use crate::seeded::bug;

/// Longest text of one field, in bytes: a name or a title is never longer in earnest.
pub const FIELD_LIMIT: usize = 4 * 1024;
/// Longest log line kept, in bytes.
pub const LINE_LIMIT: usize = 16 * 1024;
/// Most combining marks on one character; a taller pile would overwrite the neighbouring rows.
const MARKS: usize = 8;
/// Most joiners in one emoji: the longest that people use (a kiss, a family) has three.
const JOINS: usize = 4;
/// Columns between tab stops.
const TAB: usize = 8;

/// Text that is safe to show: no control, no bidirectional override, no invisible character, one line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clean(Arc<str>);

impl Clean {
    /// Cleans `raw`; cut at [`FIELD_LIMIT`] with `…`.
    pub fn new(raw: &str) -> Self {
        Self(Arc::from(&*clean(raw, FIELD_LIMIT, false)))
    }

    /// Cleans text of several lines: line ends stay, all else as in [`Clean::new`].
    pub fn paragraph(raw: &str) -> Self {
        Self(Arc::from(&*clean(raw, LINE_LIMIT, true)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Clean {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl std::ops::Deref for Clean {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Clean {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Clean {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Clean {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for Clean {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Clean {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Reader)
    }
}

/// Reads a text from where it stands: a name is in each log line, and a copy of it would be thrown away at once.
struct Reader;

impl Visitor<'_> for Reader {
    type Value = Clean;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Clean, E> {
        // A paragraph: notes and error texts have lines; whoever shows one line takes `lines().next()`.
        Ok(Clean::paragraph(text))
    }
}

/// The text of a log line as it is shown: colour codes (SGR) taken out, all else as [`clean_line`]. `raw` should be no longer than
/// [`LINE_LIMIT`]: see [`pieces`].
pub fn plain_line(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\x1b') {
        return clean_line(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\x1b') {
        let (before, code) = rest.split_at(at);
        text.push_str(before);
        let skip = sgr_len(code.as_bytes()).unwrap_or_else(|| {
            text.push('\x1b');
            1
        });
        rest = &code[skip..];
    }
    text.push_str(rest);
    Cow::Owned(clean_line(&text).into_owned())
}

/// The length of the SGR sequence that `code` begins with: `ESC [ digits ; : m`.
pub fn sgr_len(code: &[u8]) -> Option<usize> {
    let body = code.strip_prefix(b"\x1b[")?;
    let n = body.iter().position(|b| !matches!(b, b'0'..=b'9' | b';' | b':'))?;
    (body[n] == b'm').then_some(n + 3)
}

/// The pieces of a text that is longer than a line may be; nothing of it is lost.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        if text.len() <= LINE_LIMIT {
            rest = None;
            return Some(text);
        }
        let (piece, more) = text.split_at(text.floor_char_boundary(LINE_LIMIT));
        rest = Some(more);
        Some(piece)
    })
}

/// Cleans one log line (no line end in it), cut at [`LINE_LIMIT`]. Borrowed when it was clean, which is the usual case.
pub fn clean_line(raw: &str) -> Cow<'_, str> {
    clean(raw, LINE_LIMIT, false)
}

/// As [`clean_line`]; `marks`, byte places in `raw` in rising order, become the same places in the clean text.
pub fn clean_line_marked<'a>(raw: &'a str, marks: &mut [usize]) -> Cow<'a, str> {
    let mut out = Cleaner::default();
    let mut left = marks.iter_mut().peekable();
    let mut cut = false;
    for (at, c) in raw.char_indices() {
        while let Some(mark) = left.next_if(|mark| **mark <= at) {
            *mark = out.text.len();
        }
        cut = out.text.len() >= LINE_LIMIT;
        if cut {
            break;
        }
        out.push(c);
    }
    let end = out.text.len();
    left.for_each(|mark| *mark = end);
    if cut || out.is_past(LINE_LIMIT) {
        let end = out.cut(LINE_LIMIT);
        for mark in marks {
            *mark = end.min(*mark);
        }
    }
    if out.text == raw { Cow::Borrowed(raw) } else { Cow::Owned(out.text) }
}

fn clean(raw: &str, limit: usize, lines: bool) -> Cow<'_, str> {
    if raw.len() <= limit && raw.bytes().all(|b| (0x20..0x7f).contains(&b) || (lines && b == b'\n')) {
        return Cow::Borrowed(raw);
    }
    let mut out = Cleaner::default();
    let mut cut = false;
    for c in raw.chars() {
        cut = out.text.len() >= limit;
        if cut {
            break;
        }
        if c == '\n' && lines {
            out.line_end();
        } else {
            out.push(c);
        }
    }
    if cut || out.is_past(limit) {
        out.cut(limit);
    }
    if out.text == raw { Cow::Borrowed(raw) } else { Cow::Owned(out.text) }
}

#[derive(Default)]
struct Cleaner {
    text: String,
    column: usize,
    marks: usize,
    joins: usize,
    last: Option<char>,
}

impl Cleaner {
    /// Whether a whole character of it lies behind `limit`: a tab and some signs are several.
    fn is_past(&self, limit: usize) -> bool {
        self.text.char_indices().next_back().is_some_and(|(at, _)| at >= limit)
    }

    /// Ends it at `limit`, and says so; where that is. A tab or a sign may have gone past it, and what is cut must stay as it is when it is
    /// cleaned again.
    fn cut(&mut self, limit: usize) -> usize {
        self.text.truncate(self.text.floor_char_boundary(limit));
        self.text.push('…');
        self.text.len() - '…'.len_utf8()
    }

    fn line_end(&mut self) {
        self.text.push('\n');
        self.column = 0;
        self.last = None;
    }

    fn push(&mut self, c: char) {
        match c {
            '\t' => {
                let n = TAB - self.column % TAB;
                self.text.extend(std::iter::repeat_n(' ', n));
                self.column += n;
            }
            '\x1b' if bug("esc_passthrough") => self.text.push(c),
            '\u{80}'..='\u{9f}' if bug("c1_passthrough") => self.text.push(c),
            '\0'..='\x1f' => self.sign(char::from_u32(0x2400 + u32::from(c)).unwrap_or('�')),
            '\x7f' => self.sign('␡'),
            '\u{80}'..='\u{9f}' => {
                for sign in format!("<{:02X}>", u32::from(c)).chars() {
                    self.sign(sign);
                }
            }
            // A presentation selector is kept only after an emoji, a joiner only between the parts of one; neither twice.
            '\u{fe0f}' if self.last.is_some_and(emoji) => self.text.push(c),
            '\u{200d}' if self.joins < JOINS && self.last.is_some_and(|it| emoji(it) || it == '\u{fe0f}') => {
                self.joins += 1;
                self.text.push(c);
            }
            // What follows sees what stands there now: nothing joins a part to a sign.
            _ if hidden(c) => {
                self.sign('�');
                (self.marks, self.last) = (0, Some('�'));
                return;
            }
            _ if c.width() == Some(0) => {
                self.marks += 1;
                if self.marks <= MARKS && self.last.is_some() {
                    self.text.push(c);
                } else if self.marks == MARKS + 1 || self.last.is_none() {
                    self.sign('�');
                }
                return;
            }
            _ => {
                // A part that was joined, or its skin, goes on with the same emoji.
                if self.last != Some('\u{200d}') && !matches!(c, '\u{1f3fb}'..='\u{1f3ff}') {
                    self.joins = 0;
                }
                self.sign(c);
            }
        }
        self.marks = 0;
        self.last = Some(c);
    }

    fn sign(&mut self, c: char) {
        self.text.push(c);
        self.column += c.width().unwrap_or(1);
    }
}

/// Whether nobody would see `c`: it has no shape, turns the reading direction, or only joins what stands beside it.
pub const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// What is not shown as it is: unseen, a private sign that each font draws as it likes, or no character at all.
const fn hidden(c: char) -> bool {
    is_unseen(c)
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..='\u{10ffff}')
        || (c as u32) & 0xfffe == 0xfffe
}

const fn emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// The kept corpus of hostile strings, for tests beside what they are about.
#[cfg(test)]
pub mod samples {
    use super::is_unseen;

    /// Calls `with` for each string, as bytes.
    pub fn each(mut with: impl FnMut(&[u8])) {
        for line in include_str!("../../tests/hostile-strings.tsv").lines() {
            let hex = line.split_once('\t').map_or("", |it| it.1);
            let bytes = (0..hex.len()).step_by(2).filter_map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok());
            with(&bytes.collect::<Vec<u8>>());
        }
    }

    /// A character in `text` that drives a terminal or that nobody sees, but line ends and what joins emoji.
    pub fn odd(text: &str) -> Option<char> {
        text.chars().find(|&c| (c.is_control() && c != '\n') || (is_unseen(c) && !matches!(c, '\u{200d}' | '\u{fe0f}')))
    }
}
