//! A line as words, each with what varies from line to line (numbers, ids, addresses, times) masked. Knows nothing of groups.

use super::class;
use super::var::Var;
use crate::app::logs::fields::{self, Field, Kind};
use crate::app::logs::line::Flags;

/// Most words of a line that are told apart; lines that go on are alike in that.
pub const MOST: usize = 48;
/// Bytes of a line that are looked at: what two lines have in common is at their beginning.
const REACH: usize = 2 * 1024;

/// The masked words of one line, in one piece of memory that the next line uses again.
#[derive(Clone, Debug, Default)]
pub struct Words {
    text: String,
    ends: Vec<usize>,
    /// Made of a message and fields: where its words stand in the line is not known.
    pub structured: bool,
    /// The first so many words are of its message; of a line without form all are.
    pub said: usize,
}

impl Words {
    /// How many there are.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the line was empty.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Word `index`; empty if there is none.
    pub fn get(&self, index: usize) -> &str {
        let start = index.checked_sub(1).and_then(|it| self.ends.get(it)).copied().unwrap_or(0);
        self.ends.get(index).and_then(|end| self.text.get(start..*end)).unwrap_or("")
    }

    /// All words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|it| self.get(it))
    }

    /// Takes the words of a line in place of those it held.
    pub fn read(&mut self, text: &str, flags: Flags) {
        self.text.clear();
        self.ends.clear();
        self.structured = false;
        let long = text.len() > REACH;
        if !long
            && let Some(parsed) = fields::parse(text, flags)
            && (parsed.message.is_some() || !parsed.rest.is_empty())
        {
            self.structured = true;
            self.prose(parsed.message.as_deref().unwrap_or(""));
            self.said = self.len();
            for it in &parsed.rest {
                self.field(it);
            }
            return;
        }
        self.prose(&text[..text.floor_char_boundary(REACH)]);
        if long {
            self.rest();
        }
        self.said = self.len();
    }

    fn prose(&mut self, text: &str) {
        for word in text.split_whitespace() {
            if self.is_full() {
                return;
            }
            class::mask(word, &mut self.text);
            self.ends.push(self.text.len());
        }
    }

    /// A field is one word, whatever stands in it.
    fn field(&mut self, it: &Field<'_>) {
        if self.is_full() {
            return;
        }
        class::mask(&it.name, &mut self.text);
        self.text.push('=');
        match it.kind {
            Kind::Number => self.text.push(Var::Number.sign()),
            Kind::Word => self.text.push_str(&it.value),
            Kind::Text if !it.value.contains(char::is_whitespace) && it.value.len() < REACH / 8 => class::mask(&it.value, &mut self.text),
            Kind::Text | Kind::Nested => self.text.push(Var::Any.sign()),
        }
        self.ends.push(self.text.len());
    }

    /// Whether no word more is told apart; the first time it is, that is the last word.
    fn is_full(&mut self) -> bool {
        if self.len() == MOST {
            self.rest();
        }
        self.len() > MOST
    }

    fn rest(&mut self) {
        if self.len() <= MOST {
            self.text.push(Var::Rest.sign());
            self.ends.push(self.text.len());
        }
    }
}
