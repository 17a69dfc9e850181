//! JSON and logfmt in log lines: recognised cheaply, taken apart field by field. What a field means is the reader's affair.

use std::borrow::Cow;

use memchr::memchr2;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What a line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Json,
    Logfmt,
}

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// `true`, `false`, `null`.
    Word,
    /// An object or a list, as JSON.
    Nested,
}

/// A field as it stands in the line, without quotes. An escape in a string can be a control character again: clean before showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawField<'a> {
    pub name: Cow<'a, str>,
    pub value: Cow<'a, str>,
    pub kind: Kind,
}

/// What `text` looks like, by its ends and its first pair only.
pub fn form(text: &str) -> Form {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(b'{'), Some(b'}')) => Form::Json,
        (Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'@'), _) if begins_with_pair(bytes) => Form::Logfmt,
        _ => Form::Plain,
    }
}

/// Whether the first word is `name=value` and a second pair follows.
fn begins_with_pair(bytes: &[u8]) -> bool {
    let Some(at) = memchr2(b'=', b' ', bytes) else { return false };
    bytes[at] == b'=' && at > 0 && bytes.iter().skip(at + 1).filter(|b| **b == b'=').take(1).count() == 1 && is_name(&bytes[..at])
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'@' | b'/'))
}

/// Gives each field of `text` to `put`, in the order of the line. `None`: it is not what it looked like, and what was given means nothing.
pub fn each<'a>(text: &'a str, form: Form, put: &mut dyn FnMut(RawField<'a>)) -> Option<()> {
    match form {
        Form::Json => members(text, put),
        Form::Logfmt => logfmt(text, put),
        Form::Plain => None,
    }
}

/// Gives each member of the JSON object `text` to `put`. `None`: it is none.
pub fn members<'a>(text: &'a str, put: &mut dyn FnMut(RawField<'a>)) -> Option<()> {
    struct Pairs<'f, 'a>(&'f mut dyn FnMut(RawField<'a>));

    impl<'a> Visitor<'a> for Pairs<'_, 'a> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
            while let Some((name, value)) = map.next_entry::<Name<'a>, &'a RawValue>()? {
                let (value, kind) = value_of(value.get());
                (self.0)(RawField { name: name.0, value, kind });
            }
            Ok(())
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    reader.deserialize_map(Pairs(put)).ok()?;
    reader.end().ok()
}

/// Gives each element of the JSON list `text` to `put`, with its kind. `None`: it is none.
pub fn elements<'a>(text: &'a str, put: &mut dyn FnMut(Cow<'a, str>, Kind)) -> Option<()> {
    struct Items<'f, 'a>(&'f mut dyn FnMut(Cow<'a, str>, Kind));

    impl<'a> Visitor<'a> for Items<'_, 'a> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<(), S::Error> {
            while let Some(value) = list.next_element::<&'a RawValue>()? {
                let (value, kind) = value_of(value.get());
                (self.0)(value, kind);
            }
            Ok(())
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    reader.deserialize_seq(Items(put)).ok()?;
    reader.end().ok()
}

/// A string, borrowed where there is no escape in it. (`Cow` itself is always read as owned.)
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn value_of(raw: &str) -> (Cow<'_, str>, Kind) {
    match raw.as_bytes().first() {
        Some(b'"') => (serde_json::from_str::<Name<'_>>(raw).map_or(Cow::Borrowed(raw), |it| it.0), Kind::Text),
        Some(b'{' | b'[') => (Cow::Borrowed(raw), Kind::Nested),
        Some(b't' | b'f' | b'n') => (Cow::Borrowed(raw), Kind::Word),
        _ => (Cow::Borrowed(raw), Kind::Number),
    }
}

fn logfmt<'a>(text: &'a str, put: &mut dyn FnMut(RawField<'a>)) -> Option<()> {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        if !is_name(name.as_bytes()) {
            return None;
        }
        let (value, kind, more) = logfmt_value(after)?;
        put(RawField { name: Cow::Borrowed(name), value, kind });
        rest = more.trim_start();
    }
    Some(())
}

/// A value, and what follows it.
fn logfmt_value(text: &str) -> Option<(Cow<'_, str>, Kind, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let end = closing_quote(quoted)?;
        let (inner, more) = (quoted.get(..end)?, quoted.get(end + 1..)?);
        if !(more.is_empty() || more.starts_with(' ')) {
            return None;
        }
        if !inner.contains('\\') {
            return Some((Cow::Borrowed(inner), Kind::Text, more));
        }
        let whole = text.get(..end + 2)?;
        let value = serde_json::from_str::<String>(whole).map_or(Cow::Borrowed(inner), Cow::Owned);
        return Some((value, Kind::Text, more));
    }
    let end = text.find(' ').unwrap_or(text.len());
    let (value, more) = text.split_at(end);
    let kind = if value.parse::<f64>().is_ok() {
        Kind::Number
    } else if matches!(value, "true" | "false" | "null") {
        Kind::Word
    } else {
        Kind::Text
    };
    Some((Cow::Borrowed(value), kind, more))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    })
}
