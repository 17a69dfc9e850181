//! A query as text that reads back as the same query.

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{Query, Test};
use super::field::Want;
use super::glob::Glob;
use super::matcher::Matcher;
use super::value::{Compare, Quantity};
use crate::model::log::Level;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::And(all) => join(f, all, " "),
            Self::Or(all) => join(f, all, " OR "),
            Self::Not(it) => {
                f.write_char('-')?;
                if matches!(**it, Self::Test(_)) { it.fmt(f) } else { write!(f, "({it})") }
            }
            Self::Test(it) => it.fmt(f),
        }
    }
}

/// Parts with `between` them; what is joined itself stands in brackets.
fn join(f: &mut Formatter<'_>, all: &[Query], between: &str) -> fmt::Result {
    for (n, it) in all.iter().enumerate() {
        if n > 0 {
            f.write_str(between)?;
        }
        if matches!(it, Query::And(_) | Query::Or(_)) { write!(f, "({it})")? } else { it.fmt(f)? }
    }
    Ok(())
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(it) if it.is_regex() => write!(f, "/{}/", it.text()),
            Self::Text(it) if is_bare(it.text()) => f.write_str(it.text()),
            Self::Text(it) => quoted(f, it.text()),
            Self::Level(it) => compared(f, "level:", it, |it: &Level| it.word().to_owned()),
            Self::Service(it) => {
                f.write_str("service:")?;
                glob(f, it)
            }
            Self::Replica(it) => compared(f, "replica:", it, u16::to_string),
            Self::Deploy(it) => {
                f.write_str("deploy:")?;
                quoted_if_odd(f, it)
            }
            Self::Kind(it) => write!(f, "kind:{it}"),
            Self::After(at) => write!(f, "after:{at}"),
            Self::Before(at) => write!(f, "before:{at}"),
            Self::Field(it) => {
                f.write_char('@')?;
                it.name().chars().try_for_each(|c| sign(f, c, c == ':'))?;
                f.write_char(':')?;
                want(f, &it.want)
            }
        }
    }
}

fn want(f: &mut Formatter<'_>, want: &Want) -> fmt::Result {
    match want {
        Want::Any => f.write_char('*'),
        Want::Text(text, _) => quoted(f, text),
        Want::Word(it, _) => glob(f, it),
        Want::Number(it) => compared(f, "", it, number),
        Want::Regex(it) => write!(f, "/{}/", Matcher::text(it)),
    }
}

fn compared<T>(f: &mut Formatter<'_>, key: &str, it: &Compare<T>, word: impl Fn(&T) -> String) -> fmt::Result {
    f.write_str(key)?;
    match it {
        Compare::Is(it) => f.write_str(&word(it)),
        Compare::Over(it) => write!(f, ">{}", word(it)),
        Compare::From(it) => write!(f, ">={}", word(it)),
        Compare::Under(it) => write!(f, "<{}", word(it)),
        Compare::UpTo(it) => write!(f, "<={}", word(it)),
        Compare::Between(from, to) => write!(f, "{}..{}", word(from), word(to)),
    }
}

fn number(it: &Quantity) -> String {
    format!("{}{}", it.number, it.unit.map_or("", |it| it.word))
}

/// Whether a text can stand without quotes and means nothing else there.
fn is_bare(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '=' | '+' | '%' | '#' | ',' | '/' | '-'))
        && !matches!(text, "AND" | "OR" | "NOT")
}

fn quoted_if_odd(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    if is_bare(text) { f.write_str(text) } else { quoted(f, text) }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// A value with its stars. Whatever could mean something else is escaped.
fn glob(f: &mut Formatter<'_>, it: &Glob) -> fmt::Result {
    for (n, part) in it.parts().iter().enumerate() {
        if n > 0 {
            f.write_char('*')?;
        }
        let mut last = None;
        for (i, c) in part.chars().enumerate() {
            let first = n == 0 && i == 0;
            sign(f, c, (first && !c.is_alphanumeric()) || (c == '.' && last == Some('.')))?;
            last = Some(c);
        }
    }
    // A word of nothing needs its quotes, which mean the same.
    if it.parts().iter().all(String::is_empty) && it.parts().len() == 1 { f.write_str("\"\"") } else { Ok(()) }
}

/// One sign of a bare word, escaped if it is `odd` or not plain.
fn sign(f: &mut Formatter<'_>, c: char, odd: bool) -> fmt::Result {
    if odd || !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':' | '/' | '=' | '@' | ',' | '+' | '%' | '#')) {
        f.write_char('\\')?;
    }
    f.write_char(c)
}
