//! The veil over secrets in lines that are shown or copied: a star for each byte, so that nothing else moves. Searching and filtering
//! look under it, and one key takes it away.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

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

    /// A JSON value, written, as it may be seen: still JSON, and but for what is covered still the same text.
    pub fn veil_json(&self, json: String) -> String {
        if !self.view.veil {
            return json;
        }
        match serde_json::from_str::<IgnoredAny>(&json) {
            Ok(_) => covered(&json),
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

/// What a value is in: an object, with the name that was read last, or a list, which is called as the object's field that it is.
struct Within {
    object: bool,
    name: String,
    /// The next text is a name.
    names: bool,
}

/// `json`, which is well-formed, with its secrets covered. Nothing else of it is written anew: no number changes, no field moves.
fn covered(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut within: Vec<Within> = Vec::new();
    let mut rest = json;
    while let Some(first) = rest.bytes().next() {
        let (token, after) = rest.split_at(token(rest));
        rest = after;
        match (first, within.last_mut()) {
            (b'{', _) => within.push(Within { object: true, name: String::new(), names: true }),
            (b'[', last) => {
                let name = last.map_or_else(String::new, |it| it.name.clone());
                within.push(Within { object: false, name, names: false });
            }
            (b'}' | b']', _) => drop(within.pop()),
            (b',', Some(it)) => it.names = it.object,
            (b'"', Some(it)) if it.names => {
                it.name = written(token);
                it.names = false;
            }
            (b'"', last) => {
                if let Cow::Owned(veiled) = veiled_field(last.map_or("", |it| it.name.as_str()), &written(token)) {
                    out.push_str(&serde_json::Value::String(veiled).to_string());
                    continue;
                }
            }
            (b'-' | b'0'..=b'9', Some(it)) if is_name(&it.name) => {
                out.push_str("\"***\"");
                continue;
            }
            _ => {}
        }
        out.push_str(token);
    }
    out
}

/// What the text `token` says. Half of a surrogate pair says nothing that a text could hold: then it is taken as it is written.
fn written(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| token.trim_matches('"').to_owned())
}

/// Bytes of what stands first in `rest`: a text, a number, or one character of anything else.
fn token(rest: &str) -> usize {
    let mut bytes = rest.bytes();
    match bytes.next() {
        Some(b'"') => {
            let mut escaped = false;
            let inside = bytes.take_while(|it| {
                let ends = *it == b'"' && !escaped;
                escaped = *it == b'\\' && !escaped;
                !ends
            });
            (inside.count() + 2).min(rest.len())
        }
        Some(b'-' | b'0'..=b'9') => 1 + bytes.take_while(|it| matches!(it, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')).count(),
        _ => rest.chars().next().map_or(0, char::len_utf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_secret_in_a_record_keeps_its_text_to_the_letter() {
        for (json, seen) in [
            (r#"{"z":1.50, "a":123456789012345678901234567890,"ok":true }"#, None),
            (
                r#"{"z":"\u00e9\"\\","token":"abc","a":{"password":12345,"n":1e400}}"#,
                Some(r#"{"z":"\u00e9\"\\","token":"***","a":{"password":"***","n":1e400}}"#),
            ),
            (r#"{"tokens":["abcd","e"], "x":["password=hunter2"] }"#, Some(r#"{"tokens":["****","e"], "x":["password=*******"] }"#)),
            (r#"[{"secret":{"a":"hunter2"}},-1.0,null,""]"#, None),
            (
                r#"{"password":"abc\ud800","\ud800token":"abc","n":"\ud800"}"#,
                Some(r#"{"password":"*********","\ud800token":"***","n":"\ud800"}"#),
            ),
            (r#"{"a":"token=abcdef1\ud800"}"#, Some(r#"{"a":"token=*******\\ud800"}"#)),
            (r#""token=abcdef1""#, Some(r#""token=*******""#)),
        ] {
            assert_eq!(covered(json), seen.unwrap_or(json), "{json}");
        }
    }
}
