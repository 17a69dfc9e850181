//! A field of a JSON or logfmt line, found by its path, and what its value should be.

use std::cmp::Ordering;

use super::glob::Glob;
use super::matcher::{Matcher, has_upper};
use super::value::{Compare, Quantity, unit_of_name};
use crate::model::fields::{self, Form, Kind};

/// `@name:value`.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldTest {
    /// As it was typed: `http.status` is the field of that name, or `status` inside of `http`.
    name: String,
    any_case: bool,
    /// The longest part of the name: a line without it has no such field. Names are taken as they are written, escapes and all.
    hint: Option<Matcher>,
    pub want: Want,
}

/// What a field's value should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// Anything: the field is there.
    Any,
    /// This text, whole.
    Text(String, Glob),
    /// This word, whole, stars standing for anything; a number also by what it is worth.
    Word(Glob, Option<Quantity>),
    Number(Compare<Quantity>),
    Regex(Matcher),
}

impl Want {
    /// A word of these parts, with stars between them.
    pub fn word(parts: Vec<String>) -> Self {
        let quantity = if let [one] = parts.as_slice() { Quantity::parse(one) } else { None };
        let glob = Glob::new(parts);
        if glob.is_open() { Self::Any } else { Self::Word(glob, quantity) }
    }

    /// A text in quotes.
    pub fn text(text: String) -> Self {
        let glob = Glob::exactly(&text);
        Self::Text(text, glob)
    }
}

impl FieldTest {
    /// The test of the field `name`.
    pub fn new(name: &str, want: Want) -> Self {
        let longest = name.split('.').max_by_key(|it| it.len()).unwrap_or_default();
        Self { name: name.to_owned(), any_case: !has_upper(name), hint: Matcher::literal(longest).ok(), want }
    }

    /// The field's path, as it was typed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its value is looked for with a pattern.
    pub const fn is_regex(&self) -> bool {
        matches!(self.want, Want::Regex(_))
    }

    /// A text that every line with this field has in it.
    pub const fn hint(&self) -> Option<&Matcher> {
        self.hint.as_ref()
    }

    /// Whether the line has such a field with such a value.
    pub fn fits(&self, line: &str) -> bool {
        let form = fields::form(line);
        if form == Form::Plain || self.hint.as_ref().is_some_and(|it| !it.is_match(line)) {
            return false;
        }
        let mut hit = false;
        let read = fields::each(line, form, &mut |it| hit = hit || self.member(&it.name, &it.value, it.kind, &self.name));
        // Half of an object is none: what was found in it means nothing.
        read.is_some() && hit
    }

    /// Whether the member `name` of an object is what is left of the path, or holds it.
    fn member(&self, name: &str, value: &str, kind: Kind, path: &str) -> bool {
        let same = |a: &str, b: &str| if self.any_case { a.eq_ignore_ascii_case(b) } else { a == b };
        if same(name, path) {
            return self.value(value, kind);
        }
        let rest = path.get(name.len()..).and_then(|it| it.strip_prefix('.'));
        rest.is_some_and(|rest| kind == Kind::Nested && same(name, &path[..name.len()]) && self.inside(value, rest))
    }

    /// Whether an object has the path, or a list an object that has it.
    fn inside(&self, json: &str, path: &str) -> bool {
        let mut hit = false;
        let read = if json.starts_with('{') {
            fields::members(json, &mut |it| hit = hit || self.member(&it.name, &it.value, it.kind, path))
        } else {
            fields::elements(json, &mut |it, kind| hit = hit || (kind == Kind::Nested && self.inside(&it, path)))
        };
        read.is_some() && hit
    }

    fn value(&self, value: &str, kind: Kind) -> bool {
        if self.wanted(value, kind) {
            return true;
        }
        let mut hit = false;
        let list = kind == Kind::Nested && value.starts_with('[');
        let read = if list { fields::elements(value, &mut |it, kind| hit = hit || self.value(&it, kind)) } else { None };
        read.is_some() && hit
    }

    fn wanted(&self, value: &str, kind: Kind) -> bool {
        // How the value stands to what was typed.
        let order = |it: &Quantity| {
            let value = Quantity::parse(value)?;
            it.compare(&value, unit_of_name(&self.name)).map(Ordering::reverse)
        };
        match &self.want {
            Want::Any => true,
            Want::Text(_, glob) => glob.fits(value),
            // Text in quotes that looks like a number (a version, say) is no number unless it has a unit.
            Want::Word(glob, quantity) => {
                glob.fits(value)
                    || quantity.as_ref().is_some_and(|it| (kind != Kind::Text || it.unit.is_some()) && order(it) == Some(Ordering::Equal))
            }
            Want::Number(compare) => compare.fits(order),
            Want::Regex(matcher) => matcher.is_match(value),
        }
    }
}
