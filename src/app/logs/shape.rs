//! The text a line is shown as: as it came, or a structured one as message and fields.

use std::borrow::Cow;
use std::ops::Range;

use super::choice::Choice;
use super::fields::{self, Field, Fields, Kind};
use super::line::{Flags, Line};
use super::slot::Slot;

/// Longest object or list that stands in a line in full, in characters; the record has all of it.
const NESTED: usize = 48;

/// What a stretch of a shown line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// The message, or a line without form.
    #[default]
    Text,
    /// The name of a field, and its `=`.
    Name,
    /// The value of a field.
    Value,
    /// The same, a number: with its unit, if it has one.
    Number,
}

/// A line's shown text, and what its stretches are where that is not [`Part::Text`].
#[derive(Debug)]
pub struct Shape<'a> {
    pub text: Cow<'a, str>,
    pub parts: Vec<(Range<usize>, Part)>,
}

/// The text `line` is shown as. A line the program coloured is shown as it came: its author chose how it looks.
///
/// `choice`: what is done with fields of such lines; a field of `slots` stands in its column instead.
pub fn shape<'a>(line: &'a Line<'_>, parsed: bool, choice: Option<&Choice>, slots: &[Slot]) -> Shape<'a> {
    let structured = line.flags.has(Flags::JSON) || line.flags.has(Flags::LOGFMT);
    if parsed && structured {
        let fresh = if line.fields.is_none() { fields::parse(&line.text, line.flags) } else { None };
        if let Some(fields) = line.fields.or(fresh.as_ref())
            && (fields.message.is_some() || !fields.rest.is_empty())
        {
            return readable(fields, choice, slots);
        }
    }
    Shape { text: Cow::Borrowed(&line.text), parts: Vec::new() }
}

/// What was put first, the message, then the fields. Time and level have columns of their own.
fn readable(fields: &Fields<'_>, choice: Option<&Choice>, slots: &[Slot]) -> Shape<'static> {
    let mut it = Shape { text: Cow::Owned(String::with_capacity(160)), parts: Vec::with_capacity(fields.rest.len() * 2) };
    let first = choice.map_or(&[][..], |it| it.first.as_slice());
    for name in first {
        for field in fields.rest.iter().filter(|it| it.name == *name) {
            it.put(field, " ");
        }
    }
    let message = fields.message.as_deref().unwrap_or("");
    if !message.is_empty() {
        let text = it.text.to_mut();
        text.push_str(if text.is_empty() { "" } else { "  " });
        text.push_str(message);
    }
    let mut between = "  ";
    for field in &fields.rest {
        let elsewhere = slots.iter().any(|it| it.name == field.name)
            || choice.is_some_and(|it| it.first.iter().chain(&it.hidden).any(|name| *name == field.name));
        if !elsewhere {
            it.put(field, between);
            between = " ";
        }
    }
    it
}

impl Shape<'_> {
    fn put(&mut self, field: &Field<'_>, between: &str) {
        let text = self.text.to_mut();
        text.push_str(if text.is_empty() { "" } else { between });
        let start = text.len();
        text.push_str(&field.name);
        text.push('=');
        let middle = text.len();
        let value = if field.kind == Kind::Nested { lettered(&field.value) } else { Cow::Borrowed(&*field.value) };
        match value.char_indices().nth(NESTED).filter(|_| field.kind == Kind::Nested) {
            Some((at, _)) => {
                text.push_str(&value[..at]);
                text.push('…');
            }
            None => text.push_str(&value),
        }
        let part = if is_number(field) { Part::Number } else { Part::Value };
        self.parts.push((start..middle, Part::Name));
        self.parts.push((middle..text.len(), part));
    }
}

/// JSON with the letters that some writers give as numbers (`Zo\u00eb`) as letters. Signs stay as they are: among them are such as would
/// disturb the screen.
fn lettered(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return Cow::Borrowed(json);
    }
    let (mut out, mut rest) = (String::with_capacity(json.len()), json);
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let number = rest.strip_prefix("\\u").and_then(|it| it.get(..4)).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = number.and_then(|it| u32::from_str_radix(it, 16).ok());
        if let Some(letter) = number.and_then(char::from_u32).filter(|it| it.is_alphanumeric()) {
            out.push(letter);
            rest = &rest[6..];
        } else {
            // A backslash and what it stands before are one.
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `12`, `-0.5`, `12ms`, `3.5MiB`: a number, and at most a short word after it.
fn is_number(field: &Field<'_>) -> bool {
    if field.kind == Kind::Number {
        return true;
    }
    let value = field.value.strip_prefix('-').unwrap_or(&field.value);
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    value.starts_with(|c: char| c.is_ascii_digit()) && unit.len() <= 3 && unit.chars().all(|c| c.is_alphabetic() || c == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_given_as_numbers_are_letters_and_signs_stay_numbers() {
        assert_eq!(lettered(r#"{"name":"Zo\u00eb \u65e5\u672c"}"#), r#"{"name":"Zoë 日本"}"#);
        for same in [r#"{"a":"\u202e\u0007\ud83d\ude00"}"#, r#"{"a":"\\u00eb \" \u12"}"#, r"\u", r"\", "é\\", "{}"] {
            assert_eq!(lettered(same), same);
        }
    }
}
