//! What is read on the screen, as it may be written in the line: `status=503` is `"status": 503` in JSON, and may have quotes in logfmt.
//! A search is for what is read, and runs over what is written.

use std::fmt::Write as _;

/// A pattern that finds `typed` and the other spellings of the fields in it; `None`: it names no field.
pub fn spelt(typed: &str) -> Option<String> {
    let pattern = typed.strip_prefix('/').and_then(|it| it.strip_suffix('/')).filter(|it| !it.is_empty());
    let (text, is_pattern) = (pattern.unwrap_or(typed), pattern.is_some());
    let plain = |part: &str| if is_pattern { part.to_owned() } else { regex::escape(part) };
    let (mut out, mut from, mut found) = (String::with_capacity(text.len() * 2), 0, false);
    while let Some((start, end)) = name(text, from, is_pattern) {
        let before = &text[from..start];
        // One field after another: what stands between them differs too.
        if found && let Some(value) = before.strip_suffix(' ') {
            out.push_str(&plain(value.trim_end()));
            out.push_str(r#""?[,\s]\s*"#);
        } else {
            out.push_str(&plain(before));
        }
        let name = regex::escape(&text[start..end]);
        let _ = write!(out, r#"(?:{name}=|"{name}"\s*:\s*)"?"#);
        from = end + 1;
        found = true;
    }
    out.push_str(&plain(&text[from..]));
    found.then_some(out)
}

/// `status=503` and nothing else: a field and its value.
pub fn one_field(typed: &str) -> Option<(&str, &str)> {
    let (field, value) = typed.split_once('=')?;
    let whole = name(typed, 0, false) == Some((0, field.len()));
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    (whole && !value.is_empty() && value.chars().all(plain)).then_some((field, value))
}

/// Where the next name of a field with its `=` is, from byte `from` on. Within the brackets of a pattern there is none.
fn name(text: &str, from: usize, is_pattern: bool) -> Option<(usize, usize)> {
    let (mut start, mut depth, mut escaped) = (None, 0_usize, false);
    for (at, c) in text[from..].char_indices().map(|(at, c)| (from + at, c)) {
        let first = (c.is_alphabetic() || c == '_') && !escaped;
        match (c, start) {
            ('=', Some(start)) if depth == 0 => return Some((start, at)),
            _ if start.is_some() && (c.is_alphanumeric() || matches!(c, '_' | '-')) => {}
            _ => start = first.then_some(at),
        }
        if is_pattern && !escaped {
            depth = match c {
                '[' => depth + 1,
                ']' => depth.saturating_sub(1),
                _ => depth,
            };
        }
        escaped = is_pattern && c == '\\' && !escaped;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query::Matcher;

    #[test]
    fn a_field_is_found_however_its_line_writes_it() {
        let json = r#"{"msg": "card declined", "status": 503, "took":"12ms","id":7}"#;
        let logfmt = r#"msg="card declined" status="503" took=12ms id=7"#;
        let shown = "card declined  status=503 took=12ms id=7";
        for typed in ["status=503", "status=50", "status=503 took=12ms", "took=12ms id=7", r"/status=5\d\d/", "/(status|code)=503|id=7/"] {
            let it = Matcher::regex(&spelt(typed).unwrap()).unwrap();
            for line in [json, logfmt, shown] {
                assert!(it.is_match(line), "{typed}: {line}");
            }
            assert!(!it.is_match(r#"{"status": 404, "took":"1s"}"#), "{typed}");
        }
    }

    #[test]
    fn what_names_no_field_is_left_as_it_is() {
        for typed in ["declined", "=", "a ==", "/[a=]b/", r"/\w=/", "1=1", "/x/"] {
            assert_eq!(spelt(typed), None, "{typed}");
        }
        assert_eq!(one_field("status=503"), Some(("status", "503")));
        assert_eq!((one_field("a status=503"), one_field("status=")), (None, None));
    }
}
