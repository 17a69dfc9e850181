//! The text a line is shown as: as it came, or a structured one as message and fields.

use std::borrow::Cow;
use std::ops::Range;

use super::fields::{self, Fields};
use super::line::{Flags, Line};

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
}

/// A line's shown text, and what its stretches are where that is not [`Part::Text`].
#[derive(Debug)]
pub struct Shape<'a> {
    pub text: Cow<'a, str>,
    pub parts: Vec<(Range<usize>, Part)>,
}

/// The text `line` is shown as. A line the program coloured is shown as it came: its author chose how it looks.
pub fn shape<'a>(line: &'a Line<'_>, parsed: bool) -> Shape<'a> {
    let structured = line.flags.has(Flags::JSON) || line.flags.has(Flags::LOGFMT);
    if parsed && structured {
        let fresh = if line.fields.is_none() { fields::parse(&line.text, line.flags) } else { None };
        if let Some(fields) = line.fields.or(fresh.as_ref())
            && (fields.message.is_some() || !fields.rest.is_empty())
        {
            return readable(fields);
        }
    }
    Shape { text: Cow::Borrowed(&line.text), parts: Vec::new() }
}

/// Message first, then the fields. Time and level have columns of their own.
fn readable(fields: &Fields<'_>) -> Shape<'static> {
    let mut text = String::with_capacity(160);
    let mut parts = Vec::with_capacity(fields.rest.len() * 2);
    text.push_str(fields.message.as_deref().unwrap_or(""));
    for field in &fields.rest {
        if !text.is_empty() {
            text.push_str(if parts.is_empty() { "  " } else { " " });
        }
        let start = text.len();
        text.push_str(&field.name);
        text.push('=');
        let middle = text.len();
        text.push_str(&field.value);
        parts.push((start..middle, Part::Name));
        parts.push((middle..text.len(), Part::Value));
    }
    Shape { text: Cow::Owned(text), parts }
}
