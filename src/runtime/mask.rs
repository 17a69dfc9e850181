//! Takes secrets out of text that leaves this machine in a file. What is recognised is masked; it is not claimed that nothing else is one.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use crate::platform::token::secrets;

/// What stands in the place of a secret.
pub const MASK: &str = "[masked]";

/// Things that are secrets by their own form: our tokens, those of well-known services, JSON web tokens, keys in lines of base64.
const FORMS: &str = r"(?x)
    \btsk_[A-Za-z0-9_-]{8,}
  | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_[A-Za-z0-9_]{20,} | \bglpat-[A-Za-z0-9_-]{15,}
  | \bxox[abeoprs]-[A-Za-z0-9-]{10,}
  | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b
  | \b[sr]k_(?:live|test)_[A-Za-z0-9]{10,} | \bsk-[A-Za-z0-9_-]{20,}
  | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*";
/// A line of a key, as files hold them; what is hexadecimal is a hash.
const KEYS: &str = r"^\s*[A-Za-z0-9+/]{64,}={0,2}\s*$";
/// Names whose values are secrets, however they are joined or coloured: `password=x`, `"api_key": "x"`, `\"token\": \"x\"`.
const NAMED: &str = r#"(?ix)
    ( \b [a-z0-9_.-]* (?: passw(?:or)?d | passphrase | secret | token | api[_-]?key | access[_-]?key | private[_-]?key | credentials? ) [a-z0-9_-]*
      (?: \x1b\[ [0-9;]* m )* \\* ["']? \s* [=:] (?: \x1b\[ [0-9;]* m )* \s* \\* ["']? )
    ( [^\s"'&;,}\])\x1b\\]{3,} )"#;
/// The same in quotes, where blanks are of the value: up to the quote that ends it, or the end of a line that was cut.
const QUOTED: &str = r#"(?ix)
    ( \b (?: [a-z0-9_.-]* (?: passw(?:or)?d | passphrase | secret | token | api[_-]?key | access[_-]?key | private[_-]?key | credentials? ) [a-z0-9_-]*
            | (?:proxy-)?authorization )
      (?: \x1b\[ [0-9;]* m )* \\* ["']? \s* [=:] (?: \x1b\[ [0-9;]* m )* \s* )
    (?: " ( (?: [^"\\] | \\. ){3,} ) (?: " | $ ) | \\+ " ( .{3,}? ) (?: \\+ " | $ ) | ' ( [^']{3,} ) (?: ' | $ ) )"#;
/// After a colon all of it, whatever its scheme: `Authorization: AWS4-HMAC-SHA256 Credential=…, Signature=…`.
const HEADERS: &str = r#"(?i)(\b(?:proxy-)?authorization\s*:\s*(?:(?:bearer|basic|token|digest)\s+)?)((?:[^"'\x1b]|"[^"]*"){3,})"#;
const ASSIGNED: &str = r#"(?i)(\b(?:proxy-)?authorization\s*=\s*(?:(?:bearer|basic|token|digest)\s+)?)([^\s"',}]{3,})"#;
const COOKIES: &str = r#"(?i)(\b(?:set-)?cookie["']?\s*[=:]\s*["']?)([^"'}]{3,})"#;
/// `https://user:password@host`
const ADDRESSES: &str = r"(\b[a-z][a-z0-9+.-]*://)([^/\s@]+)@";

struct Patterns {
    forms: Regex,
    quoted: Regex,
    named: [Regex; 4],
    addresses: Regex,
    keys: Regex,
}

/// The patterns are constants; a test builds them. One that could not be built would mask nothing, so then nothing is let through.
static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        forms: Regex::new(FORMS).ok()?,
        quoted: Regex::new(QUOTED).ok()?,
        named: [Regex::new(HEADERS).ok()?, Regex::new(ASSIGNED).ok()?, Regex::new(COOKIES).ok()?, Regex::new(NAMED).ok()?],
        addresses: Regex::new(ADDRESSES).ok()?,
        keys: Regex::new(KEYS).ok()?,
    })
});

/// `text` without the secrets that this program knows, and those that are recognised.
pub fn mask(text: &str) -> Cow<'_, str> {
    match secrets::mask(text) {
        Cow::Borrowed(text) => recognised(text),
        Cow::Owned(text) => Cow::Owned(recognised(&text).into_owned()),
    }
}

fn recognised(text: &str) -> Cow<'_, str> {
    let Some(it) = PATTERNS.as_ref() else { return Cow::Borrowed(MASK) };
    if it.keys.is_match(text) && !text.trim().bytes().all(|it| it.is_ascii_hexdigit()) {
        return Cow::Borrowed(MASK);
    }
    let mut out = it.forms.replace_all(text, MASK);
    if let Cow::Owned(next) = it.quoted.replace_all(&out, quoted) {
        out = Cow::Owned(next);
    }
    // What was masked by its form or in its quotes is not masked again.
    let named = |found: &Captures<'_>| {
        if MASK.starts_with(&found[2]) || found[2].starts_with(MASK) { found[0].to_owned() } else { format!("{}{MASK}", &found[1]) }
    };
    for pattern in &it.named {
        if let Cow::Owned(next) = pattern.replace_all(&out, named) {
            out = Cow::Owned(next);
        }
    }
    if let Cow::Owned(next) = it.addresses.replace_all(&out, |found: &Captures<'_>| format!("{}{MASK}@", &found[1])) {
        out = Cow::Owned(next);
    }
    out
}

/// What stands for a value in quotes; the quotes stay.
fn quoted(found: &Captures<'_>) -> String {
    let Some(value) = (2..=4).find_map(|n| found.get(n)) else { return found[0].to_owned() };
    let whole = &found[0];
    let start = found.get_match().start();
    let (from, to) = (value.start() - start, value.end() - start);
    format!("{}{MASK}{}", &whole[..from], &whole[to..])
}

/// Masks every text inside `value`. Names of fields are the program's own and stay.
pub fn mask_value(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(masked) = mask(text) {
                *text = masked;
            }
        }
        Value::Array(all) => all.iter_mut().for_each(mask_value),
        Value::Object(fields) => fields.values_mut().for_each(mask_value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_secret_by_form_or_by_name_is_masked_and_its_surroundings_stay() {
        assert!(PATTERNS.is_some());
        for (text, masked) in [
            ("login with tsk_0123456789abcdef ok", "login with [masked] ok"),
            ("password=hunter2 user=bob", "password=[masked] user=bob"),
            (r#"{"db_password": "hunter2", "n": 1}"#, r#"{"db_password": "[masked]", "n": 1}"#),
            ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer [masked]"),
            ("GET /x?api_key=abcdef&page=2", "GET /x?api_key=[masked]&page=2"),
            ("clone https://me:pa55@example.org/a.git", "clone https://[masked]@example.org/a.git"),
            ("postgres://app:s3cret@db:5432/shop", "postgres://[masked]@db:5432/shop"),
            ("key AKIAABCDEFGHIJKLMNOP used", "key [masked] used"),
            ("Set-Cookie: sid=abc; Path=/", "Set-Cookie: [masked]"),
            (r#"password="correct horse battery" user=bob"#, r#"password="[masked]" user=bob"#),
            (r#"{"secret": "a \"b\" c", "n": 1}"#, r#"{"secret": "[masked]", "n": 1}"#),
            (r#"body="{\"token\": \"x y z\", \"n\": 1}""#, r#"body="{\"token\": \"[masked]\", \"n\": 1}""#),
            ("api_key='one two three' next=1", "api_key='[masked]' next=1"),
            (r#"passphrase: "cut in the mid"#, r#"passphrase: "[masked]"#),
            ("Authorization: AWS4-HMAC-SHA256 Credential=AK/1, Signature=fe5f80", "Authorization: [masked]"),
            (r#"Authorization: Digest username="ann", response="6629fae""#, "Authorization: Digest [masked]"),
            (r#"{"authorization": "Hawk id=1 mac=2", "n": 1}"#, r#"{"authorization": "[masked]", "n": 1}"#),
            (r#"curl -H "Authorization: ApiKey a b" https://example.org"#, r#"curl -H "Authorization: [masked]" https://example.org"#),
            ("token=tsk_0123456789abcdef ok", "token=[masked] ok"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        for text in [
            "GET /cart 200 in 12 ms",
            "the token was refused",
            "deployed a1b9f3c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2 by alice@example.org",
            "https://example.org/a@b",
            "tokens: 3",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn a_value_is_masked_all_the_way_down() {
        let mut value = serde_json::json!({ "a": ["password=hunter2", { "b": "tsk_0123456789abcdef" }], "n": 5 });
        mask_value(&mut value);
        assert_eq!(value, serde_json::json!({ "a": ["password=[masked]", { "b": "[masked]" }], "n": 5 }));
    }
}
