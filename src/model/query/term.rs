//! What stands behind a colon: levels, names, numbers, times.

use super::ast::Test;
use super::field::{FieldTest, Want};
use super::glob::Glob;
use super::lex::{Key, Raw, Value};
use super::matcher::Matcher;
use super::mistake::Mistake;
use super::value::{Compare, Quantity};
use super::when::{self, Clock};
use crate::model::log::{Level, LogKind};

/// The kinds of lines there are.
const KINDS: [LogKind; 4] = [LogKind::Build, LogKind::Runtime, LogKind::Request, LogKind::Platform];
/// Other words that programs use for levels.
const LEVELS: &[(&str, Level)] =
    &[("warning", Level::Warn), ("err", Level::Error), ("critical", Level::Fatal), ("information", Level::Info)];

/// `key:value`
pub fn key(key: Key, value: Value, clock: Clock) -> Result<Test, Mistake> {
    match key {
        Key::Level => compare(&value, level, "trace, debug, info, warn, error or fatal, perhaps with >= in front").map(Test::Level),
        Key::Replica => compare(&value, |it| it.parse().ok(), "the number of a replica, as 2 or 1..3").map(Test::Replica),
        Key::Service => match value.it {
            Raw::Quoted(text) if !text.is_empty() => Ok(Test::Service(Glob::exactly(&text))),
            Raw::Bare { text, parts, .. } if !text.is_empty() => Ok(Test::Service(Glob::new(parts))),
            _ => Err(Mistake::new(value.at, "expected the name of a service, as api or web-*")),
        },
        Key::Deploy => match text(value.it) {
            Some(it) if !it.is_empty() => Ok(Test::Deploy(it)),
            _ => Err(Mistake::new(value.at, "expected a deployment or the beginning of its commit, as a1b9f3c")),
        },
        Key::Kind => {
            let word = text(value.it).unwrap_or_default();
            let kind = KINDS.into_iter().find(|it| it.word().eq_ignore_ascii_case(&word));
            kind.map(Test::Kind).ok_or_else(|| Mistake::new(value.at, "expected build, runtime, request or platform"))
        }
        Key::After | Key::Before => {
            let at = text(value.it).and_then(|it| when::instant(&it, clock));
            let at = at.ok_or_else(|| Mistake::new(value.at, format!("expected {}", when::EXPECTED)))?;
            Ok(if key == Key::After { Test::After(at) } else { Test::Before(at) })
        }
    }
}

/// `@name:value`, which begins at `at`.
pub fn field(at: usize, name: &str, value: Value) -> Result<Test, Mistake> {
    if name.is_empty() {
        return Err(Mistake::new(at + 1, "expected the name of a field, as @status:>=500"));
    }
    let want = match value.it {
        Raw::Quoted(text) => Want::text(text),
        Raw::Regex(pattern) => Want::Regex(Matcher::regex(&pattern).map_err(|it| it.moved(value.at + 1))?),
        Raw::Bare { text, .. } if text.is_empty() => {
            return Err(Mistake::new(value.at, "expected a value right after the colon: a word, a number, 500..599, >250ms, or * for any"));
        }
        Raw::Bare { ref text, plain: true, .. } if text.starts_with(['<', '>']) || is_range(text) => {
            Want::Number(compare(&value, Quantity::parse, "a number, a time or a size, as 500, 250ms or 10MiB")?)
        }
        Raw::Bare { parts, .. } => Want::word(parts),
    };
    Ok(Test::Field(Box::new(FieldTest::new(name, want))))
}

/// Whether `text` is two numbers with dots between them, or one with dots on one side; `a..b` is a word.
fn is_range(text: &str) -> bool {
    let Some((from, to)) = text.split_once("..") else { return false };
    let number = |it: &str| Quantity::parse(it).is_some();
    (number(from) && (to.is_empty() || number(to))) || (from.is_empty() && number(to))
}

/// A value with a comparison in front, a range, or a value alone.
fn compare<T: Order>(value: &Value, read: impl Fn(&str) -> Option<T>, expected: &str) -> Result<Compare<T>, Mistake> {
    let wrong = |at: usize| Mistake::new(value.at + at, format!("expected {expected}"));
    let text = match &value.it {
        Raw::Bare { text, .. } => text.as_str(),
        Raw::Quoted(_) | Raw::Regex(_) => return Err(wrong(0)),
    };
    for (sign, make) in [(">=", Compare::From as fn(T) -> Compare<T>), ("<=", Compare::UpTo), (">", Compare::Over), ("<", Compare::Under)] {
        if let Some(rest) = text.strip_prefix(sign) {
            return read(rest).map(make).ok_or_else(|| wrong(sign.len()));
        }
    }
    let Some((from, to)) = text.split_once("..") else { return read(text).map(Compare::Is).ok_or_else(|| wrong(0)) };
    let right = from.len() + 2;
    match (from.is_empty(), to.is_empty()) {
        (true, true) => Err(wrong(0)),
        (true, false) => read(to).map(Compare::UpTo).ok_or_else(|| wrong(right)),
        (false, true) => read(from).map(Compare::From).ok_or_else(|| wrong(0)),
        (false, false) => {
            let from = read(from).ok_or_else(|| wrong(0))?;
            let to = read(to).ok_or_else(|| wrong(right))?;
            if from.is_over(&to) {
                return Err(Mistake::new(value.at, "nothing lies between these: the lesser end comes first"));
            }
            Ok(Compare::Between(from, to))
        }
    }
}

/// Things of which some are greater than others.
trait Order {
    fn is_over(&self, other: &Self) -> bool;
}

impl Order for Level {
    fn is_over(&self, other: &Self) -> bool {
        self > other
    }
}

impl Order for u16 {
    fn is_over(&self, other: &Self) -> bool {
        self > other
    }
}

impl Order for Quantity {
    fn is_over(&self, other: &Self) -> bool {
        self.compare(other, None) == Some(std::cmp::Ordering::Greater)
    }
}

fn level(word: &str) -> Option<Level> {
    let word = word.to_ascii_lowercase();
    let usual = Level::ALL.into_iter().find(|it| it.word() == word);
    usual.or_else(|| LEVELS.iter().find(|it| it.0 == word).map(|it| it.1))
}

/// A value that is a text.
fn text(raw: Raw) -> Option<String> {
    match raw {
        Raw::Quoted(text) | Raw::Bare { text, .. } => Some(text),
        Raw::Regex(_) => None,
    }
}
