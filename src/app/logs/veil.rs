//! The veil over secrets in lines that are shown or copied: a star for each byte, so that nothing else moves. Searching and filtering
//! look under it, and one key takes it away.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::intake::Logs;
use super::shape::{Part, Shape};
use crate::model::secret::{is_name, veiled, veiled_field};

impl Logs {
    /// `text` as it may be seen.
    pub fn veil<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        if !self.view.veil {
            return text;
        }
        match veiled(&text) {
            Cow::Owned(veiled) => Cow::Owned(veiled),
            Cow::Borrowed(_) => text,
        }
    }

    /// The value of the field `name` as it may be seen.
    pub fn veil_field<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        if self.view.veil { veiled_field(name, value) } else { Cow::Borrowed(value) }
    }

    /// A JSON value, written, as it may be seen: still JSON.
    pub fn veil_json(&self, json: String) -> String {
        if !self.view.veil {
            return json;
        }
        match serde_json::from_str::<Value>(&json) {
            Ok(mut value) => {
                cover("", &mut value);
                value.to_string()
            }
            Err(_) => veiled(&json).into_owned(),
        }
    }

    /// A line as it is shown: of a field whose name says so, all of the value is a secret.
    pub(super) fn veil_shape<'a>(&self, shape: Shape<'a>) -> Shape<'a> {
        if !self.view.veil {
            return shape;
        }
        let Shape { text, parts } = shape;
        let mut text = self.veil(text);
        for two in parts.windows(2) {
            let [(name, Part::Name), (value, Part::Value | Part::Number)] = two else { continue };
            if text.get(name.clone()).is_some_and(|it| is_name(it.trim_end_matches('='))) {
                stars(text.to_mut(), value);
            }
        }
        Shape { text, parts }
    }

    /// Puts the veil on, or takes it away.
    pub const fn toggle_veil(&mut self) {
        self.view.veil = !self.view.veil;
    }
}

fn stars(text: &mut String, range: &Range<usize>) {
    if text.get(range.clone()).is_some() {
        text.replace_range(range.clone(), &"*".repeat(range.len()));
    }
}

/// Covers what is a secret in `value`, which is called `name`.
fn cover(name: &str, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(veiled) = veiled_field(name, text) {
                *text = veiled;
            }
        }
        Value::Number(_) if is_name(name) => *value = Value::String("***".to_owned()),
        Value::Array(all) => all.iter_mut().for_each(|it| cover(name, it)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, it)| cover(name, it)),
        _ => {}
    }
}
