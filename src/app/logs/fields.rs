//! The fields of a line as the pane shows them: time, level and message apart, the rest in the order of the line, all of it clean.

use std::borrow::Cow;

use super::flags::Flags;
pub use crate::model::fields::Kind;
use crate::model::fields::{self, Form, RawField};
use crate::model::text::clean_line;

/// Most fields of one line that are shown.
const MOST: usize = 128;
/// What programs call the parts of a record that have columns of their own.
const TIMES: [&str; 6] = ["ts", "time", "timestamp", "@timestamp", "t", "date"];
const LEVELS: [&str; 6] = ["level", "lvl", "severity", "loglevel", "log.level", "@l"];
const MESSAGES: [&str; 5] = ["msg", "message", "@m", "@mt", "event"];

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

impl Fields<'_> {
    /// The same, with texts of its own.
    pub fn into_owned(self) -> Fields<'static> {
        let owned = |it: Cow<'_, str>| Cow::Owned(it.into_owned());
        let field =
            |it: Field<'_>| Field { name: Cow::Owned(it.name.into_owned()), value: Cow::Owned(it.value.into_owned()), kind: it.kind };
        Fields {
            time: self.time.map(owned),
            level: self.level.map(owned),
            message: self.message.map(owned),
            rest: self.rest.into_iter().map(field).collect(),
        }
    }

    /// Bytes it takes, about.
    pub fn cost(&self) -> usize {
        let own = [&self.time, &self.level, &self.message].into_iter().flatten().map(|it| it.len()).sum::<usize>();
        own + self.rest.iter().map(|it| size_of::<Field<'_>>() + it.name.len() + it.value.len()).sum::<usize>()
    }
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

/// What `text` looks like.
pub fn form(text: &str) -> Flags {
    match fields::form(text) {
        Form::Json => Flags::JSON,
        Form::Logfmt => Flags::LOGFMT,
        Form::Plain => Flags(0),
    }
}

/// Takes `text` apart as its form says; `None` if it is not what it looked like.
pub fn parse(text: &str, form: Flags) -> Option<Fields<'_>> {
    let form = if form.has(Flags::JSON) {
        Form::Json
    } else if form.has(Flags::LOGFMT) {
        Form::Logfmt
    } else {
        return None;
    };
    let mut all = Fields::default();
    let mut n = 0;
    fields::each(text, form, &mut |RawField { name, value, kind }| {
        n += 1;
        if n <= MOST {
            all.put(Field { name: cleaned(name), value: cleaned(value), kind });
        }
    })?;
    Some(all)
}

/// An escape in a string can be a control character again: what was unescaped is cleaned again.
fn cleaned(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(it) => clean_line(it),
        Cow::Owned(it) => Cow::Owned(clean_line(&it).into_owned()),
    }
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
