//! Recognises how loud a line is from its text. Where a line came from says nothing: many programs write everything to stderr.
//!
//! In this order: a JSON object's level field, a `level=` pair, the first word that is a level in a place where programs put
//! one, and a few signs of trouble that name no level. No regular expression: this runs once for every line there is.

use crate::model::log::Level;

/// Bytes at the start of a line in which a level is looked for; what comes later is the message.
const HEAD: usize = 96;
/// Bytes of a JSON object or a logfmt line in which the level field is looked for.
const FIELDS: usize = 1024;
const ESCAPE: u8 = 0x1b;

/// The level of a line; `Info` where it says nothing of it.
pub fn of(text: &str) -> Level {
    let bytes = text.trim_ascii_start().as_bytes();
    let Some(first) = bytes.first() else { return Level::Info };
    if *first == b'{'
        && let Some(level) = json(bytes)
    {
        return level;
    }
    let bytes = uncoloured(bytes);
    sign(bytes).or_else(|| pair(bytes)).or_else(|| word(bytes)).unwrap_or_default()
}

/// The level a word means, whatever its case.
fn named(word: &[u8]) -> Option<Level> {
    if word.len() > 13 {
        return None;
    }
    let is = |names: &[&str]| names.iter().any(|it| word.eq_ignore_ascii_case(it.as_bytes()));
    let level = match word.first()?.to_ascii_lowercase() {
        b't' if is(&["trace", "trc"]) => Level::Trace,
        b'v' if is(&["verbose"]) => Level::Debug,
        b's' if is(&["silly"]) => Level::Trace,
        b's' if is(&["severe"]) => Level::Error,
        b'd' if is(&["debug", "dbg", "debu"]) => Level::Debug,
        b'f' if is(&["fine"]) => Level::Debug,
        b'f' if is(&["fatal", "ftl"]) => Level::Fatal,
        b'i' if is(&["info", "inf", "information", "informational"]) => Level::Info,
        b'n' if is(&["notice", "note"]) => Level::Info,
        b'h' if is(&["http", "hint"]) => Level::Info,
        b'l' if is(&["log"]) => Level::Info,
        b'w' if is(&["warn", "warning", "wrn"]) => Level::Warn,
        b'e' if is(&["error", "err", "eror"]) => Level::Error,
        b'e' if is(&["emerg", "emergency"]) => Level::Fatal,
        b'c' if is(&["critical", "crit"]) => Level::Fatal,
        b'a' if is(&["alert"]) => Level::Fatal,
        b'p' if is(&["panic"]) => Level::Fatal,
        _ => return None,
    };
    Some(level)
}

/// Pino's and bunyan's numbers.
const fn numbered(number: u32) -> Option<Level> {
    Some(match number {
        10..20 => Level::Trace,
        20..30 => Level::Debug,
        30..40 => Level::Info,
        40..50 => Level::Warn,
        50..60 => Level::Error,
        60..=100 => Level::Fatal,
        _ => return None,
    })
}

/// Whether a field of this name holds the level.
fn is_level_key(key: &[u8]) -> bool {
    match key.len() {
        3 => key.eq_ignore_ascii_case(b"lvl") || key.eq_ignore_ascii_case(b"sev"),
        5 => key.eq_ignore_ascii_case(b"level"),
        8 => key.eq_ignore_ascii_case(b"severity") || key.eq_ignore_ascii_case(b"loglevel"),
        9 => key.eq_ignore_ascii_case(b"log.level") || key.eq_ignore_ascii_case(b"levelname") || key.eq_ignore_ascii_case(b"log_level"),
        12 => key.eq_ignore_ascii_case(b"severityText"),
        _ => false,
    }
}

/// The level field of a JSON object's outermost level. Reads only as far as it must, and never builds the object.
fn json(bytes: &[u8]) -> Option<Level> {
    let bytes = &bytes[..bytes.len().min(FIELDS)];
    let (mut at, mut depth) = (0, 0_u32);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b'"' => {
                let end = string_end(bytes, at + 1)?;
                let key = &bytes[at + 1..end];
                at = end + 1;
                if depth == 1 && is_level_key(key) && bytes.get(at..)?.trim_ascii_start().first() == Some(&b':') {
                    return value(bytes.get(at..)?.trim_ascii_start().get(1..)?.trim_ascii_start());
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the string that begins at `from` ends.
fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// A level as the value of a field: `"warn"`, `warn`, `40`.
fn value(bytes: &[u8]) -> Option<Level> {
    let bytes = bytes.strip_prefix(b"\"").unwrap_or(bytes);
    let end = bytes.iter().position(|it| !it.is_ascii_alphanumeric()).unwrap_or(bytes.len());
    let word = &bytes[..end];
    if word.first()?.is_ascii_digit() {
        return std::str::from_utf8(word).ok()?.parse().ok().and_then(numbered);
    }
    named(word)
}

/// The value of a `level=` pair (logfmt).
fn pair(bytes: &[u8]) -> Option<Level> {
    let bytes = &bytes[..bytes.len().min(FIELDS)];
    for at in memchr::memchr_iter(b'=', bytes) {
        let start = bytes[..at].iter().rposition(|it| !(it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_'))).map_or(0, |it| it + 1);
        if is_level_key(&bytes[start..at]) {
            return value(&bytes[at + 1..]);
        }
    }
    None
}

/// Trouble that names no level.
fn sign(bytes: &[u8]) -> Option<Level> {
    let level = match bytes.first()? {
        b'n' if bytes.starts_with(b"npm ERR!") || bytes.starts_with(b"npm error") => Level::Error,
        b'n' if bytes.starts_with(b"npm WARN") || bytes.starts_with(b"npm warn") => Level::Warn,
        b'T' if bytes.starts_with(b"Traceback (most recent call last)") => Level::Error,
        b'E' if bytes.starts_with(b"Exception in thread \"") => Level::Error,
        b't' if bytes.starts_with(b"thread '") && memchr::memmem::find(head(bytes), b"panicked at").is_some() => Level::Fatal,
        b'p' if bytes.starts_with(b"panicked at") => Level::Fatal,
        b'p' if bytes.starts_with(b"panic: ") => Level::Fatal,
        b'S' if bytes.starts_with(b"Segmentation fault") => Level::Fatal,
        // klog and glog: `E0513 17:01:02.123456`.
        b'I' | b'W' | b'E' | b'F' if is_klog(bytes) => match bytes[0] {
            b'I' => Level::Info,
            b'W' => Level::Warn,
            b'E' => Level::Error,
            _ => Level::Fatal,
        },
        _ => return None,
    };
    Some(level)
}

fn is_klog(bytes: &[u8]) -> bool {
    bytes.len() > 8 && bytes[1..5].iter().all(u8::is_ascii_digit) && bytes[5] == b' ' && bytes[6].is_ascii_digit()
}

/// The first word in the head of the line that is a level, and stands as one: in capitals anywhere before the message, or in
/// any case at the very start, in brackets, or before a colon. "an error occurred" and "no errors" say nothing.
fn word(bytes: &[u8]) -> Option<Level> {
    let head = head(bytes);
    let mut at = 0;
    let mut words = 0;
    let mut before = None;
    while at < head.len() {
        if head[at] == ESCAPE {
            at = head[at..].iter().position(|it| *it == b'm').map_or(head.len(), |it| at + it + 1);
            before = Some(ESCAPE);
            continue;
        }
        if !head[at].is_ascii_alphabetic() {
            before = Some(head[at]);
            at += 1;
            continue;
        }
        let end = head[at..].iter().position(|it| !is_word(*it)).map_or(head.len(), |it| at + it);
        let after = bytes.get(end).copied();
        if let Some(level) = stands_alone(before, after).then(|| &head[at..end]).and_then(|it| placed(it, before, after)) {
            return Some(level);
        }
        words += 1;
        // A prefix has a time, a host, a name, a process: after that it is the message.
        if words > 6 {
            return None;
        }
        before = Some(head[end - 1]);
        at = end;
    }
    None
}

fn placed(word: &[u8], before: Option<u8>, after: Option<u8>) -> Option<Level> {
    let level = exception(word, after).or_else(|| named(word))?;
    let capitals = word.iter().all(u8::is_ascii_uppercase);
    let in_brackets = matches!(before, Some(b'[' | b'(' | b'<' | b'|' | ESCAPE))
        && matches!(after, Some(b']' | b')' | b'>' | b'|' | b':' | b' ' | ESCAPE));
    let before_colon = after == Some(b':') || (after == Some(b'[') && level >= Level::Warn);
    (capitals || in_brackets || before_colon || (before.is_none() && after == Some(b'|'))).then_some(level)
}

/// `TypeError:`, `java.lang.IllegalStateException:`, `ValueError: …` at the place of a level.
fn exception(word: &[u8], after: Option<u8>) -> Option<Level> {
    let tail = |end: &[u8]| word.len() > end.len() && word.ends_with(end);
    (after == Some(b':') && (tail(b"Error") || tail(b"Exception"))).then_some(Level::Error)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Not a part of a longer name, a path, a host or an option: `error-page`, `/error`, `log.info`, `--debug`.
const fn stands_alone(before: Option<u8>, after: Option<u8>) -> bool {
    !matches!(before, Some(b'-' | b'/' | b'=' | b'"' | b'\'' | b'@' | b'_'))
        && !matches!(after, Some(b'-' | b'/' | b'=' | b'.' | b'@' | b'('))
}

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(HEAD)]
}

/// Without the colours many loggers put around their first word.
fn uncoloured(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(b"\x1b[") {
        let Some(end) = rest.iter().position(|it| *it == b'm') else { return bytes };
        bytes = rest[end + 1..].trim_ascii_start();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_people_would_read_them() {
        let lines = [
            (Level::Warn, r#"{"time":"2026-01-01","level":"warn","msg":"slow"}"#),
            (Level::Error, r#"{"msg":"level: info \" {","severity":"ERROR"}"#),
            (Level::Error, r#"{"level":50,"pid":7,"msg":"no"}"#),
            (Level::Info, r#"{"inner":{"level":"error"},"level":"info"}"#),
            (Level::Info, r#"{"msg":"an error was handled","n":[1,2]}"#),
            (Level::Fatal, r#"{"log.level":"fatal"}"#),
            (Level::Debug, r#"{"LEVEL":"DEBUG"}"#),
            (Level::Warn, "time=2026-01-01T00:00:00Z level=warning msg=\"x\""),
            (Level::Error, "ts=1 lvl=eror msg=x"),
            (Level::Info, "level=info msg=\"ERROR in text\""),
            (Level::Error, "ERROR cannot open"),
            (Level::Warn, "[warn] slow"),
            (Level::Error, "E0513 17:01:02.123456 1 main.go:1] no"),
            (Level::Warn, "2026-11-22T17:00:00.123Z  WARN app::db: slow query"),
            (Level::Info, "2026-11-22 17:00:00,123 INFO  [main] c.e.App - error page served"),
            (Level::Error, "error: could not compile `x`"),
            (Level::Error, "error[E0425]: cannot find value"),
            (Level::Warn, "warning: unused variable"),
            (Level::Error, "npm ERR! code ELIFECYCLE"),
            (Level::Fatal, "thread 'main' panicked at src/main.rs:3:5:"),
            (Level::Error, "Traceback (most recent call last):"),
            (Level::Error, "ValueError: bad literal"),
            (Level::Error, "Exception in thread \"main\" java.nio.file.AccessDeniedException: /tmp/x"),
            (Level::Error, "TypeError: undefined is not a function"),
            (Level::Error, "\u{1b}[31mERROR\u{1b}[0m no"),
            (Level::Debug, "\u{1b}[2m2026-11-22T17:00:00Z\u{1b}[0m \u{1b}[34mDEBUG\u{1b}[0m x"),
            (Level::Warn, "[17:00:00.123] \u{1b}[33mwarn\u{1b}[39m: slow"),
            (Level::Error, "<ERR> disk"),
            (Level::Fatal, "CRITICAL:root:gone"),
            (Level::Info, "listening on 8080"),
            (Level::Info, "0 errors, 0 warnings"),
            (Level::Info, "an error occurred nowhere"),
            (Level::Info, "GET /error 200 in 3ms"),
            (Level::Info, "--debug is off"),
            (Level::Info, "Compiling error-chain v0.12"),
            (Level::Info, "error-page is up"),
            (Level::Info, ""),
            (Level::Info, "{"),
            (Level::Info, r#"{"level":"#),
            (Level::Info, "naïve – ünïcode"),
        ];
        for (level, line) in lines {
            assert_eq!(of(line), level, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_stops_it(text in "\\PC*", junk in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            of(&text);
            of(&format!("{{{text}"));
            of(&String::from_utf8_lossy(&junk));
        }
    }
}
