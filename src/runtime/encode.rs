//! Cells to bytes: the fewest that turn what the terminal shows into what it should show. Pure.
//!
//! Nothing but its own sequences leaves here: a control character in a cell, wherever it came from, becomes `�`.

use std::io::Write as _;
use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;

use super::pen::{Pen, same};
use super::scroll::Scroll;
use super::stroke::{self, Kind, Stroke, by_ink, cell_width, is_risky};
use crate::model::text::is_unseen;

/// Unchanged cells that are cheaper to write again than to jump over (`CSI n C` has four bytes).
const GAP: u16 = 4;
/// What is in a cell of which nothing is known: no frame has it.
const UNKNOWN: Cell = Cell::new("\0");

/// Knows what the terminal shows.
#[derive(Debug, Default)]
pub struct Encoder {
    shown: Buffer,
    pen: Pen,
    /// Where the terminal's cursor is, if that is certain.
    at: Option<(u16, u16)>,
    unknown: bool,
    /// The terminal erases in the background colour; nearly all do, GNU screen does not.
    tinted: bool,
    /// Kept for their room: what is to be written, and the other order of it.
    strokes: Vec<Stroke>,
    other: Vec<u8>,
}

impl Encoder {
    /// An encoder for a terminal that shows nothing we know; `tinted` if it erases in the background colour.
    pub fn new(tinted: bool) -> Self {
        Self { unknown: true, tinted, ..Self::default() }
    }

    /// What the terminal shows is not known any more: the next frame is painted in full.
    pub const fn forget(&mut self) {
        self.unknown = true;
    }

    /// Appends what turns the screen into `next`, within one synchronised update; nothing if it is that already.
    pub fn frame(&mut self, next: &Buffer, out: &mut Vec<u8>) {
        let start = out.len();
        // Whoever else wrote there meanwhile has moved the cursor.
        self.at = None;
        out.extend_from_slice(b"\x1b[?2026h");
        let head = out.len();
        if self.unknown || self.shown.area != next.area {
            self.clear(next, out);
        }
        let mut changed: Vec<usize> = (0..usize::from(next.area.height)).filter(|y| self.differs(next, *y)).collect();
        if let Some(it) = Scroll::find(&self.shown, next, &changed) {
            self.scroll(it, next, out);
            // The others are as they were.
            let moved = usize::from(it.top)..=usize::from(it.bottom);
            let looked = moved.clone().chain(changed.into_iter().filter(|y| !moved.contains(y)));
            let mut still: Vec<usize> = looked.filter(|y| self.differs(next, *y)).collect();
            still.sort_unstable();
            changed = still;
        }
        self.rows(next, &changed, out);
        if out.len() == head {
            out.truncate(start);
            return;
        }
        out.extend_from_slice(b"\x1b[?2026l");
        for y in changed {
            let row = row(next, y);
            if let (Some(shown), Some(new)) = (self.shown.content.get_mut(row.clone()), next.content.get(row)) {
                shown.clone_from_slice(new);
            }
        }
    }

    /// Clears the screen, in the colour that most of it will have.
    fn clear(&mut self, next: &Buffer, out: &mut Vec<u8>) {
        let mut ground = Cell::EMPTY;
        if self.tinted {
            ground.bg = commonest(next);
        }
        out.extend_from_slice(b"\x1b[m");
        self.pen = Pen::default();
        self.pen.take(&ground, out);
        out.extend_from_slice(b"\x1b[H\x1b[2J");
        self.shown = Buffer::filled(next.area, ground);
        self.at = Some((0, 0));
        self.unknown = false;
    }

    /// Whether a row does not look as it should.
    fn differs(&self, next: &Buffer, y: usize) -> bool {
        let (old, new) = (self.shown.content.get(row(next, y)), next.content.get(row(next, y)));
        let (Some(old), Some(new)) = (old, new) else { return false };
        !old.iter().zip(new).all(|(old, new)| same(old, new))
    }

    /// Has the terminal move rows: takes lines out at one end of them and puts as many in at the other. Every terminal since the VT102 can,
    /// and unlike with margins nothing is left to be set back if we are stopped in the middle.
    fn scroll(&mut self, it: Scroll, next: &Buffer, out: &mut Vec<u8>) {
        let Scroll { top, bottom, by, up } = it;
        // Some terminals fill the lines that come in with the background, some do not. Where they are to have one, all of them is written anyway.
        let at = usize::from(if up { bottom } else { top } + 1) * usize::from(next.area.width);
        let plain = next.content.get(at.saturating_sub(1)).is_none_or(|it| it.bg == Color::Reset);
        if plain {
            self.pen.erase(Color::Reset, out);
        }
        let end = bottom + 1 - by;
        let below = bottom + 1 < self.shown.area.height;
        let (leave, enter) = if up { (Some(top), below.then_some(end)) } else { (below.then_some(end), Some(top)) };
        for (at, sign) in [(leave, 'M'), (enter, 'L')] {
            if let Some(y) = at {
                self.jump(0, y, out);
                let _ = if by == 1 { write!(out, "\x1b[{sign}") } else { write!(out, "\x1b[{by}{sign}") };
            }
        }
        it.apply(&mut self.shown, &if plain { Cell::EMPTY } else { UNKNOWN });
    }

    /// Writes what does not look as it should in these rows.
    fn rows(&mut self, next: &Buffer, changed: &[usize], out: &mut Vec<u8>) {
        let mut strokes = std::mem::take(&mut self.strokes);
        strokes.clear();
        for y in changed {
            let row = row(next, *y);
            let (Some(old), Some(new), first) = (self.shown.content.get(row.clone()), next.content.get(row), strokes.len()) else {
                continue;
            };
            // Where a terminal may take another width for a character, each stroke mends what the one before it did: they stay in their order.
            if !stroke::find(old, new, *y as u16, self.tinted, &mut strokes) {
                for it in strokes.drain(first..) {
                    self.stroke(next, &it, out);
                }
            }
        }
        self.paint(next, &strokes, out);
        self.strokes = strokes;
    }

    /// Writes the strokes, in the order that takes fewer bytes: row by row, or ink by ink.
    fn paint(&mut self, next: &Buffer, strokes: &[Stroke], out: &mut Vec<u8>) {
        let (start, pen, at) = (out.len(), self.pen, self.at);
        for it in strokes {
            self.stroke(next, it, out);
        }
        let Some(order) = by_ink(pen, strokes) else { return };
        let by_row = (self.pen, self.at);
        let mut other = std::mem::take(&mut self.other);
        other.clear();
        (self.pen, self.at) = (pen, at);
        for it in order {
            self.stroke(next, &strokes[it], &mut other);
        }
        if other.len() < out.len() - start {
            out.truncate(start);
            out.extend_from_slice(&other);
        } else {
            (self.pen, self.at) = by_row;
        }
        self.other = other;
    }

    fn stroke(&mut self, next: &Buffer, it: &Stroke, out: &mut Vec<u8>) {
        let width = usize::from(next.area.width);
        let start = usize::from(it.y) * width;
        let Some(row) = next.content.get(start..start + width) else { return };
        let (mut x, end) = (usize::from(it.x), usize::from(it.end));
        self.go(row, x, it.y, out);
        match it.kind {
            Kind::Text => {
                // At once, though it may begin with blanks that only need the ground.
                if let Some(ink) = it.ink {
                    self.pen.change(ink, out);
                }
                while x < end {
                    let wide = cell_width(&row[x]);
                    self.go(row, x, it.y, out);
                    self.put(&row[x], wide, x, it.y, next.area.width, out);
                    x += if wide == 2 && x + 1 < width { 2 } else { 1 };
                }
            }
            Kind::Blank => {
                self.pen.erase(it.ground, out);
                let _ = write!(out, "\x1b[{}X", end - x);
            }
            Kind::Rest => {
                self.pen.erase(it.ground, out);
                out.extend_from_slice(b"\x1b[K");
            }
        }
    }

    /// Brings the cursor to a cell, the cheapest way.
    fn go(&mut self, row: &[Cell], x: usize, y: u16, out: &mut Vec<u8>) {
        let x = x as u16;
        match self.at {
            Some(at) if at == (x, y) => return,
            Some((from, line)) if line == y && from < x => {
                let gap = &row[usize::from(from)..usize::from(x)];
                if x - from <= GAP
                    && gap.iter().all(|it| it.symbol().len() == 1 && !it.symbol().as_bytes()[0].is_ascii_control() && self.pen.fits(it))
                {
                    out.extend(gap.iter().map(|it| it.symbol().as_bytes()[0]));
                } else {
                    forward(x - from, out);
                }
            }
            Some((_, line)) if line == y => {
                let _ = write!(out, "\x1b[{}G", x + 1);
            }
            Some((_, line)) if line + 1 == y => {
                out.extend_from_slice(b"\r\n");
                forward(x, out);
            }
            _ => self.jump(x, y, out),
        }
        self.at = Some((x, y));
    }

    /// Brings the cursor to a place from wherever it is.
    fn jump(&mut self, x: u16, y: u16, out: &mut Vec<u8>) {
        let _ = if x == 0 { write!(out, "\x1b[{}H", y + 1) } else { write!(out, "\x1b[{};{}H", y + 1, x + 1) };
        self.at = Some((x, y));
    }

    fn put(&mut self, cell: &Cell, wide: usize, x: usize, y: u16, width: u16, out: &mut Vec<u8>) {
        self.pen.take(cell, out);
        let symbol = cell.symbol();
        let past = x + wide;
        if symbol.is_empty() {
            out.push(b' ');
        } else if wide == 0 || past > usize::from(width) || !is_text(symbol) {
            out.extend_from_slice("�".as_bytes());
        } else {
            out.extend_from_slice(symbol.as_bytes());
        }
        // Terminals disagree on the width of joined and of new characters: where the cursor is then is not certain.
        // Past the last column it hangs between two places; only a jump leads away from there.
        let certain = !is_risky(symbol) && past <= usize::from(width);
        self.at = certain.then_some((past as u16, y));
    }
}

/// Where the cells of a row are.
fn row(screen: &Buffer, y: usize) -> Range<usize> {
    let width = usize::from(screen.area.width);
    y * width..(y + 1) * width
}

/// Whether a cell shows what it holds: what joins the parts of an emoji was judged when the text was cleaned.
fn is_text(symbol: &str) -> bool {
    !symbol.chars().any(|c| c.is_control() || (is_unseen(c) && !matches!(c, '\u{200d}' | '\u{fe0f}')))
}

/// The background that most cells have.
fn commonest(buffer: &Buffer) -> Color {
    let mut counts: Vec<(Color, usize)> = Vec::new();
    for cell in &buffer.content {
        match counts.iter_mut().find(|(color, _)| *color == cell.bg) {
            Some((_, n)) => *n += 1,
            None => counts.push((cell.bg, 1)),
        }
    }
    counts.into_iter().max_by_key(|(_, n)| *n).map_or(Color::Reset, |(color, _)| color)
}

/// Moves the cursor to the right.
fn forward(by: u16, out: &mut Vec<u8>) {
    let _ = match by {
        0 => Ok(()),
        1 => write!(out, "\x1b[C"),
        _ => write!(out, "\x1b[{by}C"),
    };
}
