//! Colour codes in log lines: SGR only, read once as a line arrives, kept as spans beside the clean text.
//! Any other escape sequence stays in the text, where cleaning makes it visible.

use std::borrow::Cow;

use memchr::memchr;
use vte::{Params, Parser, Perform};

use crate::model::text::{clean_line, clean_line_marked, sgr_len};

/// Most coloured stretches of one line; what comes after is plain. A line of a person's program has a handful.
const MAX_SPANS: usize = 256;

/// A colour a program asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ink {
    /// One of the terminal's own 16 (0–15) or of the 256.
    Index(u8),
    Rgb(u8, u8, u8),
}

/// How a program wants its text to look. Conceal and blink do not exist here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sgr {
    pub fg: Option<Ink>,
    pub bg: Option<Ink>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
    pub strike: bool,
}

/// A coloured stretch of a line's clean text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InkSpan {
    /// Index of the line in its block.
    pub(super) line: u16,
    pub start: u16,
    pub end: u16,
    pub sgr: Sgr,
}

/// A line made safe: clean text and the colours beside it.
#[derive(Debug, Default)]
pub struct Cleaned<'a> {
    pub text: Cow<'a, str>,
    pub inks: Vec<InkSpan>,
}

/// Makes `raw` safe. Borrowed and without allocation when it was plain, which is the usual case.
pub fn clean(raw: &str) -> Cleaned<'_> {
    if plain(raw.as_bytes()) {
        return Cleaned { text: Cow::Borrowed(raw), inks: Vec::new() };
    }
    if memchr(0x1b, raw.as_bytes()).is_none() {
        return Cleaned { text: clean_line(raw), inks: Vec::new() };
    }
    coloured(raw)
}

/// Printable ASCII only. Whole chunks at a time, without an early end, so that it runs at the width of the machine.
fn plain(raw: &[u8]) -> bool {
    raw.chunks(64).all(|chunk| !chunk.iter().fold(false, |bad, b| bad | (b.wrapping_sub(0x20) > 0x5e)))
}

fn coloured(raw: &str) -> Cleaned<'static> {
    let mut text = String::with_capacity(raw.len());
    let mut marks: Vec<usize> = Vec::new();
    let mut looks: Vec<Sgr> = Vec::new();
    let mut pen = Pen::default();
    let mut parser = Parser::new();
    let mut rest = raw;
    while let Some(at) = memchr(0x1b, rest.as_bytes()) {
        let (before, code) = rest.split_at(at);
        put(&mut text, before, pen.shown(), &mut marks, &mut looks);
        if let Some(len) = sgr_len(code.as_bytes()) {
            parser.advance(&mut pen, &code.as_bytes()[..len]);
            rest = &code[len..];
        } else {
            put(&mut text, &code[..1], pen.shown(), &mut marks, &mut looks);
            rest = &code[1..];
        }
    }
    put(&mut text, rest, pen.shown(), &mut marks, &mut looks);
    let clean = clean_line_marked(&text, &mut marks).into_owned();
    let inks = marks.chunks_exact(2).zip(looks).filter(|(ends, _)| ends[0] < ends[1]);
    let inks = inks.map(|(ends, sgr)| InkSpan { line: 0, start: ends[0] as u16, end: ends[1] as u16, sgr }).collect();
    Cleaned { text: Cow::Owned(clean), inks }
}

/// Adds a stretch of text, and its span if it is coloured.
fn put(text: &mut String, piece: &str, look: Sgr, marks: &mut Vec<usize>, looks: &mut Vec<Sgr>) {
    let start = text.len();
    text.push_str(piece);
    if piece.is_empty() || look == Sgr::default() {
        return;
    }
    if looks.last() == Some(&look) && marks.last() == Some(&start) {
        if let Some(end) = marks.last_mut() {
            *end = text.len();
        }
    } else if looks.len() < MAX_SPANS {
        marks.extend([start, text.len()]);
        looks.push(look);
    }
}

/// The look that the codes so far have made.
#[derive(Default)]
struct Pen(Sgr);

impl Pen {
    /// The look, unless it would hide the text.
    fn shown(&self) -> Sgr {
        let mut look = self.0;
        if let (Some(fg), Some(bg)) = (look.fg, look.bg)
            && alike(fg, bg)
        {
            (look.fg, look.bg) = (None, None);
        }
        look
    }
}

/// Whether text of the one on the other could not be read.
fn alike(a: Ink, b: Ink) -> bool {
    let (a, b) = (rgb(a), rgb(b));
    a.iter().zip(b).all(|(x, y)| x.abs_diff(y) < 24)
}

/// Roughly what a terminal paints.
fn rgb(ink: Ink) -> [u8; 3] {
    match ink {
        Ink::Rgb(r, g, b) => [r, g, b],
        Ink::Index(n @ 0..=15) => {
            let on = if n < 8 { 0x80 } else { 0xff };
            let low = if n == 8 { 0x80 } else { 0 };
            [0, 1, 2].map(|bit| if n >> bit & 1 == 1 { on } else { low })
        }
        Ink::Index(n @ 16..=231) => [(n - 16) / 36, (n - 16) / 6 % 6, (n - 16) % 6].map(|step| if step == 0 { 0 } else { 55 + step * 40 }),
        Ink::Index(n) => [8 + (n - 232) * 10; 3],
    }
}

impl Perform for Pen {
    fn csi_dispatch(&mut self, params: &Params, _: &[u8], too_many: bool, action: char) {
        if action != 'm' || too_many {
            return;
        }
        let mut list = params.iter();
        while let Some(code) = list.next() {
            self.code(code, &mut list);
        }
    }
}

impl Pen {
    fn code<'a>(&mut self, code: &[u16], rest: &mut impl Iterator<Item = &'a [u16]>) {
        let look = &mut self.0;
        match code.first().copied().unwrap_or(0) {
            0 => *look = Sgr::default(),
            1 => look.bold = true,
            2 => look.dim = true,
            3 => look.italic = true,
            4 => look.underline = code.get(1) != Some(&0),
            7 => look.reverse = true,
            9 => look.strike = true,
            21 | 22 => (look.bold, look.dim) = (false, false),
            23 => look.italic = false,
            24 => look.underline = false,
            27 => look.reverse = false,
            29 => look.strike = false,
            n @ 30..=37 => look.fg = Some(Ink::Index((n - 30) as u8)),
            38 => look.fg = extended(code, rest).or(look.fg),
            39 => look.fg = None,
            n @ 40..=47 => look.bg = Some(Ink::Index((n - 40) as u8)),
            48 => look.bg = extended(code, rest).or(look.bg),
            49 => look.bg = None,
            n @ 90..=97 => look.fg = Some(Ink::Index((n - 82) as u8)),
            n @ 100..=107 => look.bg = Some(Ink::Index((n - 92) as u8)),
            _ => {}
        }
    }
}

/// `38;5;n`, `38;2;r;g;b` and their forms with colons.
fn extended<'a>(code: &[u16], rest: &mut impl Iterator<Item = &'a [u16]>) -> Option<Ink> {
    if code.len() > 1 {
        return match *code {
            [_, 5, n] => u8::try_from(n).ok().map(Ink::Index),
            [_, 2, r, g, b] | [_, 2, _, r, g, b, ..] => truecolor([r, g, b]),
            _ => None,
        };
    }
    let mut next = || rest.next().and_then(|it| it.first().copied());
    match next()? {
        5 => u8::try_from(next()?).ok().map(Ink::Index),
        2 => truecolor([next()?, next()?, next()?]),
        _ => None,
    }
}

fn truecolor(parts: [u16; 3]) -> Option<Ink> {
    let [r, g, b] = parts.map(u8::try_from);
    Some(Ink::Rgb(r.ok()?, g.ok()?, b.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_kept_beside_the_text_and_everything_else_is_shown() {
        let it = clean("a\x1b[1;31mred\x1b[0m\x1b[2J\tz");
        assert_eq!(it.text, "ared␛[2J        z");
        assert_eq!(it.inks.len(), 1);
        assert_eq!((it.inks[0].start, it.inks[0].end), (1, 4));
        assert_eq!(it.inks[0].sgr, Sgr { fg: Some(Ink::Index(1)), bold: true, ..Sgr::default() });
    }

    #[test]
    fn text_cannot_be_hidden_by_colour() {
        let it = clean("\x1b[8mx\x1b[38;5;1;48;2;128;0;0my\x1b[31;41mz");
        assert_eq!(it.text, "xyz");
        assert!(it.inks.iter().all(|ink| ink.sgr.fg.is_none() || ink.sgr.bg.is_none()));
    }

    #[test]
    fn spans_follow_the_text_that_cleaning_made_longer() {
        let it = clean("\u{7}\x1b[32mé\u{202e}\x1b[mx");
        let ink = it.inks[0];
        assert_eq!(&it.text[ink.start as usize..ink.end as usize], "é�");
    }

    #[test]
    fn too_many_parameters_and_broken_codes_change_nothing() {
        let many = format!("\x1b[{}mx", "31;".repeat(40));
        assert!(clean(&many).inks.is_empty());
        assert_eq!(clean("\x1b[31").text, "␛[31");
        assert!(clean("\x1b[38;5mx\x1b[38;2;1mx").inks.is_empty());
    }
}
