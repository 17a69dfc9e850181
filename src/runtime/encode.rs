//! Cells to bytes: the fewest that turn what the terminal shows into what it should show. Pure.
//!
//! Nothing but its own sequences leaves here: a control character in a cell, wherever it came from, becomes `�`.

use std::io::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;
use unicode_width::UnicodeWidthStr as _;

use super::pen::{Pen, is_blank, same};
use super::scroll::Scroll;
use crate::model::text::is_unseen;

/// Unchanged cells that are cheaper to write again than to jump over (`CSI n C` has four bytes).
const GAP: u16 = 4;
/// Blanks that are cheaper to write than to erase (`CSI n X` and, for what comes after it, `CSI n C`: ten bytes).
const FEW: usize = 11;

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
        out.extend_from_slice(b"\x1b[?2026h");
        let head = out.len();
        if self.unknown || self.shown.area != next.area {
            self.clear(next, out);
        }
        let mut changed = self.changed(next);
        if let Some(it) = Scroll::find(&self.shown, next, &changed) {
            self.scroll(it, out);
            changed = self.changed(next);
        }
        for y in changed {
            self.row(next, y as u16, out);
        }
        if out.len() == head {
            out.truncate(start);
            return;
        }
        out.extend_from_slice(b"\x1b[?2026l");
        self.shown.content.clone_from(&next.content);
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

    /// The rows that do not look as they should, rising.
    fn changed(&self, next: &Buffer) -> Vec<usize> {
        let width = usize::from(next.area.width).max(1);
        let rows = self.shown.content.chunks(width).zip(next.content.chunks(width)).enumerate();
        rows.filter(|(_, (old, new))| !old.iter().zip(*new).all(|(old, new)| same(old, new))).map(|(y, _)| y).collect()
    }

    /// Has the terminal move rows: takes lines out at one end of them and puts as many in at the other. Every terminal since the VT102 can,
    /// and unlike with margins nothing is left to be set back if we are stopped in the middle.
    fn scroll(&mut self, it: Scroll, out: &mut Vec<u8>) {
        self.pen.erase(Color::Reset, out);
        let Scroll { top, bottom, by, up } = it;
        let end = bottom + 1 - by;
        let below = bottom + 1 < self.shown.area.height;
        let (leave, enter) = if up { (Some(top), below.then_some(end)) } else { (below.then_some(end), Some(top)) };
        for (at, sign) in [(leave, 'M'), (enter, 'L')] {
            if let Some(y) = at {
                self.jump(0, y, out);
                let _ = if by == 1 { write!(out, "\x1b[{sign}") } else { write!(out, "\x1b[{by}{sign}") };
            }
        }
        it.apply(&mut self.shown);
    }

    fn row(&mut self, next: &Buffer, y: u16, out: &mut Vec<u8>) {
        let Rect { width, .. } = next.area;
        let start = usize::from(y) * usize::from(width);
        let Some(new) = next.content.get(start..start + usize::from(width)) else { return };
        // Blank to the right end: one sequence instead of as many spaces.
        let end = new.last().map_or(Color::Reset, |it| it.bg);
        let erasable = self.tinted || end == Color::Reset;
        let tail = new.iter().rposition(|it| !is_blank(it) || it.bg != end).map_or(0, |x| x + 1);
        // From the left edge: only so is it known which cells lie hidden under the second half of a wide character.
        let mut x = 0;
        let mut forced = 0;
        while x < new.len() {
            let cell = &new[x];
            let old = &self.shown.content[start + x];
            let (wide, was) = (cell_width(cell), cell_width(old));
            let covered = wide == 2 && new.get(x + 1).is_some();
            let changed = x < forced || !same(old, cell) || (covered && !same(&self.shown.content[start + x + 1], &new[x + 1]));
            if changed {
                let rest = new.len() - x;
                if x >= tail && rest > 3 && erasable {
                    self.go(new, x, y, out);
                    self.pen.erase(end, out);
                    out.extend_from_slice(b"\x1b[K");
                    return;
                }
                self.go(new, x, y, out);
                let old = &self.shown.content[start..start + new.len()];
                let blank = blanks(old, new, x, forced);
                if blank >= FEW && (self.tinted || cell.bg == Color::Reset) {
                    forced = (x..x + blank).map(|it| it + cell_width(&old[it])).fold(forced, usize::max);
                    self.pen.erase(cell.bg, out);
                    let _ = write!(out, "\x1b[{blank}X");
                    x += blank;
                    continue;
                }
                self.put(cell, wide, x, y, width, out);
                // Half of a wide character that was there is gone from the screen too.
                let under = if covered { 1 + cell_width(&self.shown.content[start + x + 1]) } else { 0 };
                forced = forced.max(x + was.max(under));
            }
            x += if covered { 2 } else { 1 };
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
                } else if x - from == 1 {
                    out.extend_from_slice(b"\x1b[C");
                } else {
                    let _ = write!(out, "\x1b[{}C", x - from);
                }
            }
            Some((_, line)) if line + 1 == y && x == 0 => out.extend_from_slice(b"\r\n"),
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
        let certain = !risky(symbol) && past <= usize::from(width);
        self.at = certain.then_some((past as u16, y));
    }
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

/// How many cells from `x` on are blank on one background, up to the last of them that is not so yet; all before `forced` are not.
fn blanks(old: &[Cell], new: &[Cell], x: usize, forced: usize) -> usize {
    let run = new[x..].iter().take_while(|it| is_blank(it) && it.bg == new[x].bg).count();
    (x..x + run).rfind(|it| *it < forced || !same(&old[*it], &new[*it])).map_or(0, |it| it + 1 - x)
}

fn cell_width(cell: &Cell) -> usize {
    let symbol = cell.symbol();
    if symbol.len() <= 1 { 1 } else { symbol.width().min(2) }
}

fn risky(symbol: &str) -> bool {
    symbol.len() > 1 && (symbol.chars().nth(1).is_some() || symbol.chars().any(|c| u32::from(c) >= 0x1_f000))
}
