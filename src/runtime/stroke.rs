//! What of a row is to be written, in stretches that need one ink each, and the order in which these need the fewest changes of ink. Pure.
//!
//! A colour takes up to nineteen bytes, a jump about six: of what several rows have in one colour, all is written before the next colour.

use ratatui::buffer::Cell;
use ratatui::style::Color;
use unicode_width::UnicodeWidthStr as _;

use super::pen::{Pen, is_blank, same};

/// Blanks that are cheaper to write than to erase (`CSI n X` and, for what comes after it, `CSI n C`: ten bytes).
const FEW: usize = 11;
/// The same at the end of a row (`CSI K`).
const LAST: usize = 3;

/// Cells of one row that are written in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    pub y: u16,
    pub x: u16,
    /// Behind its last cell.
    pub end: u16,
    pub kind: Kind,
    /// The colour behind all of it.
    pub ground: Color,
    /// `None`: nothing but blanks.
    pub ink: Option<Pen>,
}

/// How a stroke is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Cell by cell.
    Text,
    /// Erased.
    Blank,
    /// Erased, up to the end of the row.
    Rest,
}

/// Finds what of the row `y` is to be written. `tinted`: the terminal erases in the background colour. `false`: something in it is wide or of
/// uncertain width, so that its strokes must follow each other as they are.
pub fn find(old: &[Cell], new: &[Cell], y: u16, tinted: bool, all: &mut Vec<Stroke>) -> bool {
    let first = all.len();
    let row = Row { old, new, y, tinted };
    row.find(first, all);
    old.iter().chain(new).all(is_plain)
}

struct Row<'a> {
    old: &'a [Cell],
    new: &'a [Cell],
    y: u16,
    tinted: bool,
}

impl Row<'_> {
    fn find(&self, first: usize, all: &mut Vec<Stroke>) {
        let Self { old, new, .. } = *self;
        // Blank to the right end: one sequence instead of as many spaces.
        let end = new.last().map_or(Color::Reset, |it| it.bg);
        let tail = new.iter().rposition(|it| !is_blank(it) || it.bg != end).map_or(0, |x| x + 1);
        // From the left edge: only so is it known which cells lie hidden under the second half of a wide character.
        let mut x = 0;
        let mut forced = 0;
        while x < new.len() {
            let cell = &new[x];
            let (wide, was) = (cell_width(cell), cell_width(&old[x]));
            let covered = wide == 2 && new.get(x + 1).is_some();
            let step = if covered { 2 } else { 1 };
            if x >= forced && same(&old[x], cell) && (!covered || same(&old[x + 1], &new[x + 1])) {
                x += step;
                continue;
            }
            if x >= tail && new.len() - x > LAST && self.erases(end) {
                return all.push(self.blank(x, new.len(), Kind::Rest));
            }
            let blank = self.blanks(x, forced);
            if blank >= FEW && self.erases(cell.bg) {
                forced = (x..x + blank).map(|it| it + cell_width(&old[it])).fold(forced, usize::max);
                all.push(self.blank(x, x + blank, Kind::Blank));
                x += blank;
                continue;
            }
            self.text(first, x, step, all);
            // Half of a wide character that was there is gone from the screen too.
            let under = if covered { 1 + cell_width(&old[x + 1]) } else { 0 };
            forced = forced.max(x + was.max(under));
            x += step;
        }
    }

    fn erases(&self, ground: Color) -> bool {
        self.tinted || ground == Color::Reset
    }

    fn blank(&self, x: usize, end: usize, kind: Kind) -> Stroke {
        Stroke { y: self.y, x: x as u16, end: end as u16, kind, ground: self.new[x].bg, ink: None }
    }

    /// Adds a cell to the stroke before it, if that ends there and has its colours, or begins one with it.
    fn text(&self, first: usize, x: usize, step: usize, all: &mut Vec<Stroke>) {
        let cell = &self.new[x];
        let ink = (!is_blank(cell)).then(|| Pen::of(cell));
        let before = if all.len() > first { all.last_mut() } else { None };
        if let Some(it) = before.filter(|it| it.kind == Kind::Text && usize::from(it.end) == x && it.ground == cell.bg) {
            let joins = match (it.ink, ink) {
                (Some(a), Some(b)) => a == b,
                (Some(one), None) | (None, Some(one)) => !one.marks_blanks(),
                (None, None) => true,
            };
            if joins {
                it.ink = it.ink.or(ink);
                it.end = (x + step) as u16;
                return;
            }
        }
        all.push(Stroke { y: self.y, x: x as u16, end: (x + step) as u16, kind: Kind::Text, ground: cell.bg, ink });
    }

    /// How many cells from `x` on are blank on one background, up to the last of them that is not so yet; all before `forced` are not.
    fn blanks(&self, x: usize, forced: usize) -> usize {
        let Self { old, new, .. } = *self;
        let run = new[x..].iter().take_while(|it| is_blank(it) && it.bg == new[x].bg).count();
        (x..x + run).rfind(|it| *it < forced || !same(&old[*it], &new[*it])).map_or(0, |it| it + 1 - x)
    }
}

/// The places of `strokes` in the order in which one ink after the other is used, beginning with `pen`; `None` if that is as they stand.
pub fn by_ink(pen: Pen, strokes: &[Stroke]) -> Option<Vec<usize>> {
    let mut inks = vec![pen];
    for ink in strokes.iter().filter_map(|it| it.ink) {
        if !inks.contains(&ink) {
            inks.push(ink);
        }
    }
    // What is blank goes with any ink on its ground that leaves no mark on it.
    let mut used: Vec<usize> = Vec::with_capacity(strokes.len());
    for it in strokes {
        let fits = |ink: &Pen| it.ink.map_or_else(|| ink.ground() == it.ground && ink.is_bare(), |own| own == *ink);
        let place = inks.iter().position(fits).unwrap_or_else(|| {
            inks.push(Pen::on(it.ground));
            inks.len() - 1
        });
        used.push(place);
    }
    // One ground after the other, as they come; on each, what needs no attribute switched first.
    let ground = |place: usize| inks.iter().position(|it| it.ground() == inks[place].ground());
    let mut order: Vec<usize> = (0..strokes.len()).collect();
    order.sort_by_key(|i| (ground(used[*i]), used[*i] != 0 && !inks[used[*i]].is_bare(), used[*i]));
    (!order.is_sorted()).then_some(order)
}

/// How many columns a cell takes.
pub fn cell_width(cell: &Cell) -> usize {
    let symbol = cell.symbol();
    if symbol.len() <= 1 { 1 } else { symbol.width().min(2) }
}

/// Whether terminals disagree on the width of a symbol: of what is joined, and of what is new.
pub fn is_risky(symbol: &str) -> bool {
    symbol.len() > 1 && (symbol.chars().nth(1).is_some() || symbol.chars().any(|c| u32::from(c) >= 0x1_f000))
}

/// Whether a cell is one column wide on every terminal.
fn is_plain(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    symbol.len() == 1 || (!is_risky(symbol) && symbol.width() == 1)
}
