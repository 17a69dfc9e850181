//! From words to a query. `NOT` binds closer than `AND`, and that closer than `OR`; words side by side are joined by `AND`.

use super::ast::{Query, Test};
use super::lex::{self, Token, Word};
use super::matcher::Matcher;
use super::mistake::Mistake;
use super::term;
use super::when::Clock;

/// Longest query, in bytes.
const LONGEST: usize = 16 * 1024;
/// Most things a query may ask for: each costs something with every line.
const MOST: usize = 256;
/// Most patterns: each may take some memory.
const PATTERNS: usize = 16;
/// Deepest nesting of brackets and negations.
const DEEPEST: usize = 64;

impl Query {
    /// Reads `typed`; nothing at all is every line. Times without a date are taken by `clock`, now and for good.
    pub fn parse(typed: &str, clock: Clock) -> Result<Self, Mistake> {
        if typed.len() > LONGEST {
            return Err(Mistake::new(LONGEST, format!("this query is too long; {LONGEST} bytes are the most")));
        }
        let tokens = lex::words(typed)?;
        let mut parser = Parser { tokens, next: 0, end: typed.trim_end().len(), tests: 0, patterns: 0, depth: 0, clock };
        if parser.tokens.is_empty() {
            return Ok(Self::All);
        }
        let query = parser.any()?;
        match parser.peek() {
            None => Ok(query),
            Some(_) => Err(Mistake::new(parser.place(), "there is no ( for this )")),
        }
    }
}

impl Query {
    /// Whether it is not too much to be read again, as it prints.
    pub fn is_askable(&self) -> bool {
        let tests = self.tests();
        let patterns = tests.iter().filter(|it| it.is_pattern()).count();
        tests.len() <= MOST && patterns <= PATTERNS && self.depth() <= DEEPEST
    }

    /// How deeply it is nested at most, as it prints.
    fn depth(&self) -> usize {
        match self {
            Self::All => 0,
            Self::Test(_) => 1,
            Self::Not(it) => 2 + it.depth(),
            Self::And(all) | Self::Or(all) => 1 + all.iter().map(Self::depth).max().unwrap_or(0),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    /// Where the text ends.
    end: usize,
    tests: usize,
    patterns: usize,
    depth: usize,
    clock: Clock,
}

impl Parser {
    fn peek(&self) -> Option<&Word> {
        self.tokens.get(self.next).map(|it| &it.it)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |it| it.at)
    }

    fn take(&mut self, word: &Word) -> bool {
        let found = self.peek() == Some(word);
        self.next += usize::from(found);
        found
    }

    /// `all OR all OR …`
    fn any(&mut self) -> Result<Query, Mistake> {
        let mut parts = vec![self.all()?];
        while self.take(&Word::Or) {
            parts.push(self.all()?);
        }
        Ok(Query::or(parts))
    }

    /// `one one AND one …`
    fn all(&mut self) -> Result<Query, Mistake> {
        let mut parts = vec![self.one()?];
        loop {
            match self.peek() {
                None | Some(Word::Or | Word::Close) => return Ok(Query::and(parts)),
                Some(Word::And) => self.next += 1,
                Some(_) => {}
            }
            parts.push(self.one()?);
        }
    }

    /// A test, a negation, or brackets.
    fn one(&mut self) -> Result<Query, Mistake> {
        let at = self.place();
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Mistake::new(at, format!("nested too deeply; {DEEPEST} levels are the most")));
        }
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        let Some(Token { it, .. }) = token else { return Err(Mistake::new(at, "expected something to look for")) };
        let query = match it {
            Word::Open => {
                let inner = self.any()?;
                if !self.take(&Word::Close) {
                    return Err(Mistake::new(at, "this ( is not closed; expected )"));
                }
                inner
            }
            Word::Not => self.one()?.inverted(),
            Word::Close => return Err(Mistake::new(at, "expected something to look for before this )")),
            Word::And | Word::Or => {
                return Err(Mistake::new(at, "expected something to look for before this; in quotes it is a text like any other"));
            }
            Word::Text(text) => self.test(at, Test::Text(Matcher::literal(&text).map_err(|it| Mistake { at, ..it })?))?,
            Word::Regex(pattern) => self.test(at, Test::Text(Matcher::regex(&pattern).map_err(|it| it.moved(at + 1))?))?,
            Word::Key(key, value) => self.test(at, term::key(key, value, self.clock)?)?,
            Word::Field(name, value) => self.test(at, term::field(at, &name, value)?)?,
        };
        self.depth -= 1;
        Ok(query)
    }

    fn test(&mut self, at: usize, test: Test) -> Result<Query, Mistake> {
        self.tests += 1;
        self.patterns += usize::from(test.is_pattern());
        if self.tests > MOST || self.patterns > PATTERNS {
            return Err(Mistake::new(at, format!("too much at once; {MOST} things to look for and {PATTERNS} patterns are the most")));
        }
        Ok(Query::Test(test))
    }
}
