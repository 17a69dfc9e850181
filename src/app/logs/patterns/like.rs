//! A pattern as a filter for lines like it: a regex between slashes, so that it is a filter like any other, can be read and edited.

use std::fmt::Write as _;

use super::var::{Piece, Var, pieces};

/// The filter for lines whose words are `words`; `None`: nothing in them is fixed. It lets through the lines of that pattern, and may let
/// through a few more. `said`: with a message and fields, how many words the message has at least and at most; they stand in the line with
/// other things round them, and in JSON some signs may be written as escapes. (Letters could be too; nobody does that, and it is not heeded.)
pub fn filter(words: &[Box<str>], said: Option<(usize, usize)>) -> Option<String> {
    let body = said.map_or_else(|| whole(words), |said| within(words, said));
    (!body.is_empty()).then(|| format!("/{body}/"))
}

/// All words in their order, and nothing else in the line.
fn whole(words: &[Box<str>]) -> String {
    let mut out = String::from(r"^\s*");
    for (n, word) in words.iter().enumerate() {
        if word.starts_with(Var::Rest.sign()) {
            return out;
        }
        if n > 0 {
            out.push_str(r"\s+");
        }
        for piece in pieces(word) {
            match piece {
                Piece::Plain(text) => escape(text, &mut out),
                Piece::Var(_) => out.push_str(r"\S*"),
            }
        }
    }
    out.push_str(r"\s*$");
    out
}

/// The fixed words of the message, else the names of the fields, with anything between.
fn within(words: &[Box<str>], (least, most): (usize, usize)) -> String {
    let message = words.get(..least).unwrap_or(&[]);
    let chosen: Vec<&str> = if message.iter().any(|it| pieces(it).any(is_said)) {
        message.iter().map(|it| &**it).collect()
    } else {
        words.iter().skip(most).filter_map(|it| it.split('=').next()).collect()
    };
    let mut out = String::new();
    for word in chosen {
        for piece in pieces(word) {
            match piece {
                Piece::Plain(text) => plain(text, &mut out),
                Piece::Var(_) => gap(&mut out),
            }
        }
        gap(&mut out);
    }
    let kept = out.trim_end_matches(".*").len();
    out.truncate(kept);
    out
}

/// Anything may stand here.
fn gap(out: &mut String) {
    if !out.is_empty() && !out.ends_with(".*") {
        out.push_str(".*");
    }
}

fn is_said(piece: Piece<'_>) -> bool {
    matches!(piece, Piece::Plain(text) if text.bytes().any(|b| b.is_ascii_alphanumeric()))
}

/// Fixed text, where what JSON may write as an escape can be anything.
fn plain(text: &str, out: &mut String) {
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '/' | '<' | '>' | '&' | '\'') || !(' '..='~').contains(&c) {
            gap(out);
        } else {
            escape(c.encode_utf8(&mut [0; 4]), out);
        }
    }
}

/// `text` as itself in a regex between slashes.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '/' => out.push_str(r"\x2F"),
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '#' | '&' | '-' | '~' => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            // What is not ASCII may be written in more than one way on the way here; its number is itself.
            _ => {
                let _ = write!(out, r"\x{{{:X}}}", u32::from(c));
            }
        }
    }
}
