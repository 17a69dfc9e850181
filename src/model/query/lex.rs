//! From a typed text to words. Knows where values begin, not what they mean.

use super::mistake::Mistake;

/// What a word before a colon is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Level,
    Service,
    Replica,
    Deploy,
    Kind,
    After,
    Before,
}

/// The words before a colon that are no text. The first word of a key is the one that is printed.
const KEYS: &[(&str, Key)] = &[
    ("level", Key::Level),
    ("service", Key::Service),
    ("replica", Key::Replica),
    ("deploy", Key::Deploy),
    ("deployment", Key::Deploy),
    ("kind", Key::Kind),
    ("after", Key::After),
    ("since", Key::After),
    ("before", Key::Before),
    ("until", Key::Before),
];

/// A word, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub at: usize,
    pub it: Word,
}

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A bare word or a phrase.
    Text(String),
    Regex(String),
    Key(Key, Value),
    Field(String, Value),
}

/// What stands behind a colon, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub at: usize,
    pub it: Raw,
}

/// How a value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    Quoted(String),
    Regex(String),
    Bare {
        text: String,
        /// The text without its stars, cut where they stood.
        parts: Vec<String>,
        /// Nothing in it is escaped: it may be a comparison.
        plain: bool,
    },
}

/// All words of `typed`.
pub fn words(typed: &str) -> Result<Vec<Token>, Mistake> {
    let mut lexer = Lexer { typed, at: 0 };
    let mut all = Vec::new();
    loop {
        lexer.at += lexer.rest().len() - lexer.rest().trim_start().len();
        let at = lexer.at;
        let Some(c) = lexer.peek() else { return Ok(all) };
        let it = match c {
            '(' => lexer.skip(1, Word::Open),
            ')' => lexer.skip(1, Word::Close),
            '-' if lexer.rest()[1..].starts_with(|c: char| !c.is_whitespace() && c != '-' && c != ')') => lexer.skip(1, Word::Not),
            '"' => Word::Text(lexer.quoted()?),
            '/' => match lexer.regex() {
                Some(pattern) => Word::Regex(pattern),
                None => lexer.word()?,
            },
            _ => lexer.word()?,
        };
        all.push(Token { at, it });
    }
}

struct Lexer<'a> {
    typed: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.typed[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    const fn skip(&mut self, n: usize, word: Word) -> Word {
        self.at += n;
        word
    }

    /// A text between quotes; a backslash takes the sign after it as it is.
    fn quoted(&mut self) -> Result<String, Mistake> {
        let start = self.at;
        let mut text = String::new();
        let mut escaped = false;
        for (i, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => {
                    escaped = true;
                    continue;
                }
                '"' => {
                    self.at += i + 1;
                    return Ok(text);
                }
                _ => {}
            }
            text.push(c);
        }
        Err(Mistake::new(start, "this quote is not closed; expected another \" after the phrase"))
    }

    /// A pattern between slashes. The closing one stands before a space, a bracket or the end: `/api/v1` is a path.
    fn regex(&mut self) -> Option<String> {
        let rest = self.rest();
        let mut escaped = false;
        for (i, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '/' if i > 1 && rest[i + 1..].chars().next().is_none_or(|c| c.is_whitespace() || c == ')') => {
                    self.at += i + 1;
                    return Some(rest[1..i].to_owned());
                }
                _ => {}
            }
        }
        None
    }

    /// A bare word, up to a space or a bracket that was not opened in it.
    fn word(&mut self) -> Result<Word, Mistake> {
        let start = self.at;
        let mut text = String::new();
        let (mut plain, mut depth) = (true, 0_usize);
        let is_field = self.rest().starts_with('@');
        while let Some(c) = self.peek() {
            match c {
                ')' if depth == 0 => break,
                '(' => depth += 1,
                ')' => depth -= 1,
                _ if c.is_whitespace() => break,
                ':' if plain || is_field => {
                    if let Some(name) = text.strip_prefix('@') {
                        let name = name.to_owned();
                        self.at += 1;
                        return Ok(Word::Field(name, self.value()?));
                    }
                    if let Some((_, key)) = KEYS.iter().find(|it| it.0 == text) {
                        self.at += 1;
                        return Ok(Word::Key(*key, self.value()?));
                    }
                    self.misspelt(start, &text)?;
                }
                '\\' => {
                    plain = false;
                    self.at += 1;
                    let Some(c) = self.peek() else { return Err(dangling(self.at - 1)) };
                    text.push(c);
                    self.at += c.len_utf8();
                    continue;
                }
                _ => {}
            }
            text.push(c);
            self.at += c.len_utf8();
        }
        Ok(match text.as_str() {
            "AND" if plain => Word::And,
            "OR" if plain => Word::Or,
            "NOT" if plain => Word::Not,
            _ if is_field => {
                return Err(Mistake::new(self.at, "expected : and a value, as in @status:>=500 (or @status:* for any)"));
            }
            _ => Word::Text(text),
        })
    }

    /// Refuses what is most likely meant as one of the keys: a letter too many, too few, or two the wrong way round.
    fn misspelt(&self, start: usize, word: &str) -> Result<(), Mistake> {
        let bare = |at: usize| self.typed[at..].chars().next().is_none_or(char::is_whitespace);
        let near = KEYS.iter().find(|(key, _)| is_near(word, key)).filter(|_| !bare(self.at + 1));
        near.map_or(Ok(()), |(key, _)| Err(Mistake::new(start, format!("did you mean {key}: ? To look for this text, put it in quotes"))))
    }

    /// What stands behind a colon.
    fn value(&mut self) -> Result<Value, Mistake> {
        let at = self.at;
        let it = match self.peek() {
            Some('"') => Raw::Quoted(self.quoted()?),
            Some('/') => match self.regex() {
                Some(pattern) => Raw::Regex(pattern),
                None => self.bare()?,
            },
            _ => self.bare()?,
        };
        Ok(Value { at, it })
    }

    fn bare(&mut self) -> Result<Raw, Mistake> {
        let (mut text, mut parts, mut plain, mut depth) = (String::new(), vec![String::new()], true, 0_usize);
        while let Some(mut c) = self.peek() {
            match c {
                ')' if depth == 0 => break,
                '(' => depth += 1,
                ')' => depth -= 1,
                _ if c.is_whitespace() => break,
                '*' => {
                    parts.push(String::new());
                    text.push('*');
                    self.at += 1;
                    continue;
                }
                '\\' => {
                    plain = false;
                    self.at += 1;
                    c = self.peek().ok_or_else(|| dangling(self.at - 1))?;
                }
                _ => {}
            }
            text.push(c);
            if let Some(last) = parts.last_mut() {
                last.push(c);
            }
            self.at += c.len_utf8();
        }
        Ok(Raw::Bare { text, parts, plain })
    }
}

fn dangling(at: usize) -> Mistake {
    Mistake::new(at, "expected a sign after the backslash; a backslash itself is \\\\")
}

/// Whether `word` is `key` with a letter more, a letter less, or two neighbours the wrong way round.
fn is_near(word: &str, key: &str) -> bool {
    let less = |long: &str, short: &str| {
        long.len() == short.len() + 1
            && (0..long.len())
                .any(|i| long.is_char_boundary(i) && long.is_char_boundary(i + 1) && format!("{}{}", &long[..i], &long[i + 1..]) == short)
    };
    let turned = || {
        let (a, b) = (word.as_bytes(), key.as_bytes());
        let far: Vec<usize> = (0..a.len().min(b.len())).filter(|i| a[*i] != b[*i]).collect();
        a.len() == b.len() && matches!(far.as_slice(), [i, j] if i + 1 == *j && a[*i] == b[*j] && a[*j] == b[*i])
    };
    word.len() > 3 && (less(word, key) || less(key, word) || turned())
}
