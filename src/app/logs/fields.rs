//! JSON and logfmt in log lines: recognised cheaply as a line arrives, taken apart only when it is shown or asked about.

use std::borrow::Cow;

use memchr::memchr2;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::line::Flags;
use crate::model::text::clean_line;

/// Most fields of one line that are taken apart.
const MOST: usize = 128;
/// What programs call the parts of a record that have columns of their own.
const TIMES: [&str; 6] = ["ts", "time", "timestamp", "@timestamp", "t", "date"];
const LEVELS: [&str; 6] = ["level", "lvl", "severity", "loglevel", "log.level", "@l"];
const MESSAGES: [&str; 5] = ["msg", "message", "@m", "@mt", "event"];

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

/// A field: clean texts, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    pub name: Cow<'a, str>,
    pub value: Cow<'a, str>,
    pub kind: Kind,
}

/// A line taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields<'a> {
    pub time: Option<Cow<'a, str>>,
    pub level: Option<Cow<'a, str>>,
    pub message: Option<Cow<'a, str>>,
    /// All others, in the order of the line.
    pub rest: Vec<Field<'a>>,
}

impl<'a> Fields<'a> {
    fn put(&mut self, field: Field<'a>) {
        let name = &*field.name;
        let slot = if self.time.is_none() && TIMES.contains(&name) {
            &mut self.time
        } else if self.level.is_none() && LEVELS.contains(&name) {
            &mut self.level
        } else if self.message.is_none() && MESSAGES.contains(&name) {
            &mut self.message
        } else {
            self.rest.push(field);
            return;
        };
        *slot = Some(field.value);
    }
}

/// What `text` looks like, by its ends and its first pair only.
pub fn form(text: &str) -> Flags {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(b'{'), Some(b'}')) => Flags::JSON,
        (Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'@'), _) if begins_with_pair(bytes) => Flags::LOGFMT,
        _ => Flags(0),
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

/// Takes `text` apart as its form says; `None` if it is not what it looked like.
pub fn parse(text: &str, form: Flags) -> Option<Fields<'_>> {
    let mut fields = Fields::default();
    if form.has(Flags::JSON) {
        json(text, &mut fields)?;
    } else if form.has(Flags::LOGFMT) {
        logfmt(text, &mut fields)?;
    } else {
        return None;
    }
    Some(fields)
}

fn json<'a>(text: &'a str, into: &mut Fields<'a>) -> Option<()> {
    struct Pairs<'f, 'a>(&'f mut Fields<'a>);

    impl<'a> Visitor<'a> for Pairs<'_, 'a> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
            let mut n = 0;
            while let Some((name, value)) = map.next_entry::<Name<'a>, &'a RawValue>()? {
                n += 1;
                if n <= MOST {
                    self.0.put(json_field(name.0, value.get()));
                }
            }
            Ok(())
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    reader.deserialize_map(Pairs(into)).ok()?;
    reader.end().ok()
}

/// A string, borrowed where there is no escape in it. (`Cow` itself is always read as owned.)
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn json_field<'a>(name: Cow<'a, str>, raw: &'a str) -> Field<'a> {
    let (value, kind) = match raw.as_bytes().first() {
        Some(b'"') => (serde_json::from_str::<Name<'a>>(raw).map_or(Cow::Borrowed(raw), |it| it.0), Kind::Text),
        Some(b'{' | b'[') => (Cow::Borrowed(raw), Kind::Nested),
        Some(b't' | b'f' | b'n') => (Cow::Borrowed(raw), Kind::Word),
        _ => (Cow::Borrowed(raw), Kind::Number),
    };
    Field { name: cleaned(name), value: cleaned(value), kind }
}

/// An escape in a string can be a control character again: what was unescaped is cleaned again.
fn cleaned(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(it) => clean_line(it),
        Cow::Owned(it) => Cow::Owned(clean_line(&it).into_owned()),
    }
}

fn logfmt<'a>(text: &'a str, into: &mut Fields<'a>) -> Option<()> {
    let mut rest = text.trim_start();
    let mut n = 0;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        if !is_name(name.as_bytes()) {
            return None;
        }
        let (value, kind, more) = logfmt_value(after)?;
        n += 1;
        if n > MOST {
            return Some(());
        }
        into.put(Field { name: Cow::Borrowed(name), value, kind });
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
        return Some((cleaned(value), Kind::Text, more));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_apart_in_order_and_cleaned_after_unescaping() {
        let text = r#"{"ts":"09:00","level":"warn","msg":"a\u001b[2Jb","n":5,"ok":true,"o":{"x":[1]}}"#;
        let it = parse(text, form(text)).unwrap();
        assert_eq!(it.message.as_deref(), Some("a␛[2Jb"));
        assert_eq!(it.level.as_deref(), Some("warn"));
        let rest: Vec<_> = it.rest.iter().map(|f| (&*f.name, &*f.value, f.kind)).collect();
        assert_eq!(rest, [("n", "5", Kind::Number), ("ok", "true", Kind::Word), ("o", r#"{"x":[1]}"#, Kind::Nested)]);
    }

    #[test]
    fn logfmt_is_taken_apart_and_prose_is_not() {
        let text = r#"time=09:00 level=info msg="it \"works\"" took=12ms n=3"#;
        let it = parse(text, form(text)).unwrap();
        assert_eq!(it.message.as_deref(), Some(r#"it "works""#));
        assert_eq!(it.rest.len(), 2);
        assert_eq!(form("a = b"), Flags(0));
        assert_eq!(form("x=1 only one pair"), Flags(0));
        let prose = "a=b and then c=d";
        assert_eq!(parse(prose, form(prose)), None);
    }

    #[test]
    fn what_only_looks_like_json_stays_text() {
        assert_eq!(parse("{not json}", form("{not json}")), None);
        assert_eq!(parse("{}", form("{}")), Some(Fields::default()));
    }
}
