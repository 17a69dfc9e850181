//! What a person types to find text: a literal with smart case, or a regex between slashes. Runs over whole blocks; a match never crosses a line.

use std::ops::Range;

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytesRange, ClassUnicodeRange, Hir, HirKind, Look};

use super::block::Block;

/// Largest compiled regex, in bytes: a pattern that needs more is a mistake.
const MOST: usize = 4 * 1024 * 1024;

/// Why a pattern cannot be used: where in what was typed (byte), and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub at: usize,
    pub text: String,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// As it was typed.
    typed: String,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Literal(Box<Finder<'static>>, usize),
    Regex(Regex),
}

impl Matcher {
    /// Compiles `typed`: `/between slashes/` a regex, anything else itself. Without an upper case letter, case does not count.
    pub fn new(typed: &str) -> Result<Self, Mistake> {
        let how = match regex_part(typed) {
            Some((from, pattern)) => How::Regex(compile(pattern, from)?),
            None if typed.is_empty() => return Err(Mistake { at: 0, text: "nothing to look for".to_owned() }),
            None if has_upper(typed) || !has_case(typed) => How::Literal(Box::new(Finder::new(typed.as_bytes()).into_owned()), typed.len()),
            None => How::Regex(compile(&regex::escape(typed), 0)?),
        };
        Ok(Self { typed: typed.to_owned(), how })
    }

    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether it is plain text, so that a platform can look for it too.
    pub fn literal(&self) -> Option<&str> {
        regex_part(&self.typed).is_none().then_some(&*self.typed)
    }

    /// Whether it is in `line`.
    pub fn is_match(&self, line: &str) -> bool {
        match &self.how {
            How::Literal(finder, _) => finder.find(line.as_bytes()).is_some(),
            How::Regex(regex) => regex.is_match(line),
        }
    }

    /// Where it is in `line`; empty matches are left out, they cannot be shown.
    pub fn ranges(&self, line: &str) -> Vec<Range<usize>> {
        let mut all: Vec<Range<usize>> = match &self.how {
            How::Literal(finder, len) => finder.find_iter(line.as_bytes()).map(|at| at..at + len).collect(),
            How::Regex(regex) => regex.find_iter(line).map(|it| it.range()).collect(),
        };
        all.retain(|it| !it.is_empty());
        all
    }

    fn find(&self, text: &str, from: usize) -> Option<usize> {
        match &self.how {
            How::Literal(finder, _) => finder.find(text.as_bytes().get(from..)?).map(|at| from + at),
            How::Regex(regex) => regex.find_at(text, from).map(|it| it.start()),
        }
    }

    /// Adds the lines of `block` in `lines` that it is in, rising.
    pub fn lines_in(&self, block: &Block, lines: Range<usize>, into: &mut Vec<u16>) {
        let end = block.lines.start(lines.end);
        let Some(text) = block.lines.text.get(..end) else { return };
        let mut line = lines.start;
        while line < lines.end {
            let Some(at) = self.find(text, block.lines.start(line)) else { return };
            // The empty end of the text, after the last line feed, is no line.
            if at >= end {
                return;
            }
            line = block.lines.line_at(at, line);
            into.push(line as u16);
            line += 1;
        }
    }
}

/// The pattern of `/pattern/` and where it begins. Both slashes must be there: `/api/v1` is a path.
fn regex_part(typed: &str) -> Option<(usize, &str)> {
    let pattern = typed.strip_prefix('/')?.strip_suffix('/')?;
    (!pattern.is_empty()).then_some((1, pattern))
}

fn has_case(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

fn has_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

/// Whether a pattern has an upper case letter that stands for itself (`\W` and `\p{Lu}` do not).
fn pattern_has_upper(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            if c.is_uppercase() {
                return true;
            }
        } else if matches!(chars.next(), Some('p' | 'P' | 'x' | 'u' | 'U')) {
            let mut rest = chars.clone();
            if rest.next() == Some('{') {
                chars = rest;
                chars.by_ref().find(|c| *c == '}');
            }
        }
    }
    false
}

/// Compiles `pattern`, which began at byte `from` of what was typed, so that it can never match a line feed.
fn compile(pattern: &str, from: usize) -> Result<Regex, Mistake> {
    let mut parser = ParserBuilder::new().case_insensitive(!pattern_has_upper(pattern)).multi_line(true).build();
    let hir = parser.parse(pattern).map_err(|error| mistake(&error, from))?;
    let pattern = within_lines(hir).to_string();
    let built = RegexBuilder::new(&pattern).size_limit(MOST).dfa_size_limit(MOST).build();
    built.map_err(|_| Mistake { at: from, text: "this pattern is too large".to_owned() })
}

fn mistake(error: &regex_syntax::Error, from: usize) -> Mistake {
    let (at, text) = match error {
        regex_syntax::Error::Parse(it) => (it.span().start.offset, it.kind().to_string()),
        regex_syntax::Error::Translate(it) => (it.span().start.offset, it.kind().to_string()),
        _ => (0, "not a pattern".to_owned()),
    };
    Mistake { at: from + at, text }
}

/// Takes the line feed out of everything a pattern can match, and turns the ends of the text into the ends of a line.
fn within_lines(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(it) if it.0.contains(&b'\n') => Hir::fail(),
        HirKind::Literal(it) => Hir::literal(it.0),
        HirKind::Class(Class::Unicode(mut set)) => {
            let feed = regex_syntax::hir::ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]);
            set.difference(&feed);
            Hir::class(Class::Unicode(set))
        }
        HirKind::Class(Class::Bytes(mut set)) => {
            let feed = regex_syntax::hir::ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]);
            set.difference(&feed);
            Hir::class(Class::Bytes(set))
        }
        HirKind::Look(Look::Start | Look::StartCRLF) => Hir::look(Look::StartLF),
        HirKind::Look(Look::End | Look::EndCRLF) => Hir::look(Look::EndLF),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(mut it) => {
            it.sub = Box::new(within_lines(*it.sub));
            Hir::repetition(it)
        }
        HirKind::Capture(it) => within_lines(*it.sub),
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(within_lines).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(within_lines).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_pattern_is_pointed_at() {
        let it = Matcher::new("/ab(c/").unwrap_err();
        assert_eq!(it.at, 3);
        assert!(it.text.contains("group"), "{}", it.text);
    }

    #[test]
    fn case_counts_only_when_a_letter_is_upper_case() {
        assert!(Matcher::new("error").unwrap().is_match("An ERROR"));
        assert!(!Matcher::new("Error").unwrap().is_match("An ERROR"));
        assert!(Matcher::new(r"/\Serror\p{L}/").unwrap().is_match("AERRORA"));
        assert!(!Matcher::new("/Err/").unwrap().is_match("err"));
    }

    #[test]
    fn text_that_is_no_regex_is_itself() {
        assert!(Matcher::new("a.b(").unwrap().is_match("xA.B(y"));
        assert!(!Matcher::new("a.b").unwrap().is_match("aXb"));
    }
}
