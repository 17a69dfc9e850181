//! One text to look for: a literal with smart case, or a regex. It never matches across the end of a line, so that it can run over many lines at once.

use std::ops::Range;

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytesRange, ClassUnicodeRange, Hir, HirKind, Look};

use super::mistake::Mistake;

/// Largest compiled regex, in bytes: a pattern that needs more is a mistake.
const MOST: usize = 4 * 1024 * 1024;

/// A compiled text.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The literal itself, or the pattern without its slashes.
    text: String,
    is_regex: bool,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Literal(Box<Finder<'static>>, usize),
    Regex(Regex),
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (self.is_regex, &self.text) == (other.is_regex, &other.text)
    }
}

impl Eq for Matcher {}

impl Matcher {
    /// What the search takes: `/between slashes/` a regex, anything else itself.
    pub fn new(typed: &str) -> Result<Self, Mistake> {
        match typed.strip_prefix('/').and_then(|it| it.strip_suffix('/')).filter(|it| !it.is_empty()) {
            // Both slashes must be there: `/api/v1` is a path.
            Some(pattern) => Self::regex(pattern).map_err(|it| it.moved(1)),
            None => Self::literal(typed),
        }
    }

    /// Looks for `text` itself. Without an upper case letter, case does not count.
    pub fn literal(text: &str) -> Result<Self, Mistake> {
        let how = if text.is_empty() {
            return Err(Mistake::new(0, "nothing to look for"));
        } else if let Some(at) = text.find('\n') {
            return Err(Mistake::new(at, "a line has no line end in it"));
        } else if has_upper(text) || !has_case(text) {
            How::Literal(Box::new(Finder::new(text.as_bytes()).into_owned()), text.len())
        } else {
            How::Regex(compile(&regex::escape(text))?)
        };
        Ok(Self { text: text.to_owned(), is_regex: false, how })
    }

    /// Looks for a pattern, with the same rule for case.
    pub fn regex(pattern: &str) -> Result<Self, Mistake> {
        Ok(Self { text: pattern.to_owned(), is_regex: true, how: How::Regex(compile(pattern)?) })
    }

    /// The literal itself, or the pattern without its slashes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a pattern.
    pub const fn is_regex(&self) -> bool {
        self.is_regex
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

    /// Where it first is in `text`, from byte `from` on. `text` may be many lines.
    pub fn find(&self, text: &str, from: usize) -> Option<usize> {
        match &self.how {
            How::Literal(finder, _) => finder.find(text.as_bytes().get(from..)?).map(|at| from + at),
            How::Regex(regex) => regex.find_at(text, from).map(|it| it.start()),
        }
    }
}

fn has_case(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// Whether case counts, by the rule of the house: only when an upper case letter was typed.
pub fn has_upper(text: &str) -> bool {
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

/// Compiles `pattern` so that it can never match a line feed.
fn compile(pattern: &str) -> Result<Regex, Mistake> {
    let mut parser = ParserBuilder::new().case_insensitive(!pattern_has_upper(pattern)).multi_line(true).build();
    let hir = parser.parse(pattern).map_err(|error| mistake(&error))?;
    let pattern = within_lines(hir).to_string();
    let built = RegexBuilder::new(&pattern).size_limit(MOST).dfa_size_limit(MOST).build();
    built.map_err(|_| Mistake::new(0, "this pattern is too large"))
}

fn mistake(error: &regex_syntax::Error) -> Mistake {
    match error {
        regex_syntax::Error::Parse(it) => Mistake::new(it.span().start.offset, it.kind().to_string()),
        regex_syntax::Error::Translate(it) => Mistake::new(it.span().start.offset, it.kind().to_string()),
        _ => Mistake::new(0, "not a pattern"),
    }
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
