//! Where secrets stand in a text: recognised by their own form, or by the name before them. What is recognised is masked; it is not
//! claimed that nothing else is one. Which secrets this program knows is `platform::token`'s.
//! The edge of a word is here that of ASCII, `(?-u:\b)`: with that of Unicode, every line with a letter of another script is searched by
//! an engine more than twice as slow.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// One of these is in every text that has something to mask: a line that has none costs one look.
const SIGNS: &str = r"(?i)passw|passphrase|secret|token|key|credential|authorization|cookie|://|tsk_|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|ASIA|[sr]k_|sk-|eyJ|[A-Za-z0-9+/]{64}";
/// Things that are secrets by their own form: our tokens, those of well-known services, JSON web tokens, keys in lines of base64.
const FORMS: &str = r"(?x)
    (?-u:\b)tsk_[A-Za-z0-9_-]{8,}
  | (?-u:\b)gh[pousr]_[A-Za-z0-9]{20,} | (?-u:\b)github_pat_[A-Za-z0-9_]{20,} | (?-u:\b)glpat-[A-Za-z0-9_-]{15,}
  | (?-u:\b)xox[abeoprs]-[A-Za-z0-9-]{10,}
  | (?-u:\b)(?:AKIA|ASIA)[0-9A-Z]{16}(?-u:\b)
  | (?-u:\b)[sr]k_(?:live|test)_[A-Za-z0-9]{10,} | (?-u:\b)sk-[A-Za-z0-9_-]{20,}
  | (?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*";
/// A line of a key, as files hold them; what is hexadecimal is a hash.
const KEYS: &str = r"^\s*[A-Za-z0-9+/]{64,}={0,2}\s*$";
/// Names whose values are secrets, however they are joined or coloured: `password=x`, `"api_key": "x"`, `\"token\": \"x\"`.
const NAMED: &str = r#"(?ix)
    (?-u:\b) [a-z0-9_.-]* (?: passw(?:or)?d | passphrase | secret | token | api[_-]?key | access[_-]?key | private[_-]?key | credentials? ) [a-z0-9_-]*
      (?: \x1b\[ [0-9;]* m )* \\* ["']? \s* [=:] (?: \x1b\[ [0-9;]* m )* \s* \\* ["']?
    ( [^\s"'&;,}\])\x1b\\]{3,} )"#;
/// The same in quotes, where blanks are of the value: up to the quote that ends it, or the end of a line that was cut.
const QUOTED: &str = r#"(?ix)
    (?-u:\b) (?: [a-z0-9_.-]* (?: passw(?:or)?d | passphrase | secret | token | api[_-]?key | access[_-]?key | private[_-]?key | credentials? ) [a-z0-9_-]*
         | (?:proxy-)?authorization )
      (?: \x1b\[ [0-9;]* m )* \\* ["']? \s* [=:] (?: \x1b\[ [0-9;]* m )* \s*
    (?: " ( (?: [^"\\] | \\. ){3,} ) (?: " | $ ) | \\+ " ( .{3,}? ) (?: \\+ " | $ ) | ' ( [^']{3,} ) (?: ' | $ ) )"#;
/// In quotes up to the quote. Else of a known scheme the credentials of RFC 9110: a token, or of `Digest` its parameters; and what follows
/// a comma, as headers that were joined have it. Of any other scheme nobody knows where they end: all to the end of the line.
const HEADERS: &str = r#"(?ix)
    " (?:proxy-)?authorization \s*:\s* (?: (?:bearer|basic|token|digest) \s+ )? ( (?: [^"\\\x1b] | \\. ){3,} )
  | ' (?:proxy-)?authorization \s*:\s* (?: (?:bearer|basic|token|digest) \s+ )? ( [^'\x1b]{3,} )
  | (?-u:\b) (?:proxy-)?authorization \s*:\s* (?:
        (?:bearer|basic|token) \s+ ( [^\s"'\x1b]* [^\s"'\x1b,;)}\]]
          (?: [,;] [\x20\t]* [^\s"'\x1b]* [^\s"'\x1b,;)}\]] (?: [\x20\t]+ [^\s"'\x1b]* [^\s"'\x1b,;)}\]] )? )* )
      | digest \s+ ( [a-z0-9_-]+ \s* = \s* (?: \\* "[^"]*" | [^\s"'\x1b,;]* )
          (?: [\s,;]+ [a-z0-9_-]+ \s* = \s* (?: \\* "[^"]*" | [^\s"'\x1b,;]* ) )* )
      | (?: digest \s+ )? ( (?: = \s* \\* "[^"]*" | [^"'\x1b\s] | \s+ [^"'\x1b\s] ){3,} ) )"#;
const ASSIGNED: &str = r#"(?i)(?-u:\b)(?:proxy-)?authorization\s*=\s*(?:(?:bearer|basic|token|digest)\s+)?([^\s"',}]{3,})"#;
/// In quotes up to the quote; else pairs with `;` or `,` between them, up to the blank after the last one.
const COOKIES: &str = r#"(?ix)
    (?-u:\b) (?:set-)?cookie ["']? \s* (?:
        : \s* (?: " ( [^"]{3,} ) | ' ( [^']{3,} )
          | ( (?: (?: = \\* "[^"]*" | = '[^']*' | [^"'};\s] | [\x20\t]+ [^"'};\s] )+ [;,] [\x20\t]* )* (?: = \\* "[^"]*" | = '[^']*' | [^\s"'};] )+ ) )
      | = \s* (?: ["'] ( [^"'}]{3,} ) | ( [^\s"'}]{3,} ) ) )"#;
/// `https://user:password@host`
const ADDRESSES: &str = r"(?-u:\b)[a-z][a-z0-9+.-]*://([^/\s@?\#]+)@";
/// A field's name that alone says that its value is a secret.
const NAME: &str = r"(?i)(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[a-z0-9_-]*$|(?:^|\.)(?:proxy-)?authorization$|(?:^|\.)(?:set-)?cookie$";

struct Patterns {
    signs: Regex,
    keys: Regex,
    name: Regex,
    /// What of them is a secret is their first group that took part, or all of it.
    all: [Regex; 7],
}

/// Which of all patterns finds by the name of a value.
const BY_NAME: usize = 5;

/// The patterns are constants; a test builds them. One that could not be built would find nothing, so then all of a text is a secret.
static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let new = |text: &str| Regex::new(text).ok();
    let all = [new(FORMS)?, new(QUOTED)?, new(HEADERS)?, new(ASSIGNED)?, new(COOKIES)?, new(NAMED)?, new(ADDRESSES)?];
    Some(Patterns { signs: new(SIGNS)?, keys: new(KEYS)?, name: new(NAME)?, all })
});

/// The secrets in `text`, as ranges of bytes in their order; none touches another.
pub fn spans(text: &str) -> Vec<Range<usize>> {
    let Some(it) = PATTERNS.as_ref() else { return std::iter::once(0..text.len()).collect() };
    if !it.signs.is_match(text) {
        return Vec::new();
    }
    if it.keys.is_match(text) && !text.trim().bytes().all(|it| it.is_ascii_hexdigit()) {
        return std::iter::once(0..text.len()).collect();
    }
    let secret = |found: &Captures<'_>| (1..found.len()).find_map(|n| found.get(n)).or_else(|| found.get(0)).map(|it| it.range());
    let found = |(n, it): (usize, &Regex)| -> Vec<Range<usize>> {
        it.captures_iter(text).filter_map(|it| secret(&it)).filter(|it| is_likely(n, text, it)).collect()
    };
    let mut all: Vec<Range<usize>> = it.all.iter().enumerate().flat_map(found).collect();
    all.sort_unstable_by_key(|it| it.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(all.len());
    for it in all {
        match joined.last_mut().filter(|last| it.start <= last.end) {
            Some(last) => last.end = last.end.max(it.end),
            None => joined.push(it),
        }
    }
    joined
}

/// Whether what pattern `n` found at `at` is rather a secret than a word about one: `token: expired`, `tokens=1234`, `token=true`.
fn is_likely(n: usize, text: &str, at: &Range<usize>) -> bool {
    let (before, value) = (&text[..at.start], &text[at.clone()]);
    // What was masked once, in a file that is written anew, is not masked again.
    if value.starts_with("[masked") || value.len() < 3 {
        return false;
    }
    if n != BY_NAME {
        return true;
    }
    // Prose: a colon, and a word after a blank.
    if before.trim_end().ends_with(':') && before.ends_with(' ') {
        return value.len() >= 6 && value.bytes().any(|it| it.is_ascii_digit());
    }
    let small = value.len() < 6 && value.bytes().all(|it| it.is_ascii_digit());
    !small && !["true", "false", "null", "none"].contains(&value.to_ascii_lowercase().as_str())
}

/// Whether the value of a field called `name` is a secret, whatever it is.
pub fn is_name(name: &str) -> bool {
    PATTERNS.as_ref().is_none_or(|it| it.name.is_match(name))
}

/// `text` with a star for each byte of a secret: what else stands in it stays where it is.
pub fn veiled(text: &str) -> Cow<'_, str> {
    replaced(text, |out, secret| out.extend(std::iter::repeat_n('*', secret.len())))
}

/// `text` with what `put` writes in the place of each secret.
pub fn replaced(text: &str, put: impl Fn(&mut String, &str)) -> Cow<'_, str> {
    let spans = spans(text);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for it in spans {
        out.push_str(&text[at..it.start]);
        put(&mut out, &text[it.clone()]);
        at = it.end;
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

/// The value of the field `name`, with a star for each byte of what is a secret.
pub fn veiled_field<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if is_name(name) && value.len() >= 3 { Cow::Owned("*".repeat(value.len())) } else { veiled(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_veil_is_as_long_as_what_is_under_it() {
        assert!(PATTERNS.is_some());
        assert_eq!(veiled("login password=hünter2 ok"), "login password=******** ok");
        assert_eq!(veiled(r#"{"token": "a b", "n": 1}"#), r#"{"token": "***", "n": 1}"#);
        assert_eq!(veiled("token=tsk_0123456789abcdef"), "token=********************");
        for told in [
            "invalid token: expired",
            "password: incorrect for user 12",
            "max_tokens=4096 tokens=1234",
            "https://example.org?mail=bob@x.org",
        ] {
            assert_eq!(veiled(told), told);
        }
        assert_eq!(veiled("Authorization: Bearer abc.d3f status=500"), "Authorization: Bearer ******* status=500");
        assert_eq!(veiled("Cookie: sid=abc; theme=dark status=500"), "Cookie: ******************* status=500");
        assert_eq!(veiled("cookie=abc123 status=500"), "cookie=****** status=500");
        assert_eq!(veiled("password: hunter2"), "password: *******");
        assert!(matches!(veiled("GET /cart 200 in 12 ms"), Cow::Borrowed(_)));
        assert_eq!(
            (veiled_field("db_password", "hunter2"), veiled_field("path", "/x?token=abc")),
            ("*******".into(), "/x?token=***".into())
        );
        assert!(is_name("http.headers.authorization") && is_name("db_password") && is_name("api-key"));
        assert!(!is_name("user") && !is_name("keyboard"));
    }
}
