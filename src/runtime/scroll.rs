//! Finds rows that only moved up or down between two screens, so that the terminal moves them itself. Pure; what is written for it is `encode`'s.
//!
//! Whole rows only: of a pane that has another beside it the neighbour would move along, and no terminal everywhere knows margins at the sides.

use ratatui::buffer::{Buffer, Cell};

use super::pen::{is_blank, number, same};

/// Fewer changed rows than this are written anew for about what moving them costs.
const LEAST: usize = 3;
/// Bytes that moving takes: two jumps, two sequences, and the colours around them.
const PRICE: usize = 24;
/// Bytes of erasing the rest of a row, of a jump to cells that changed, and of another ink, about.
const ERASE: usize = 4;
const JUMP: usize = 5;
const INK: usize = 8;
/// Columns at both sides that do not tell one row from another: frames, the mark of the cursor, the bar that says where one is.
const EDGE: usize = 2;

/// Rows `top..=bottom` move by `by` rows, up or down; as many blank ones come in at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scroll {
    pub top: u16,
    pub bottom: u16,
    /// From 1 to one less than the rows there are.
    pub by: u16,
    pub up: bool,
}

impl Scroll {
    /// The move after which the least is left to write, if any is worth its bytes. Both screens have the same size; `changed` are the rows
    /// that differ, rising.
    pub fn find(shown: &Buffer, next: &Buffer, changed: &[usize]) -> Option<Self> {
        if changed.len() < LEAST {
            return None;
        }
        let it = Self::guess(shown, next, changed)?;
        let mut rows = usize::from(it.top)..=usize::from(it.bottom);
        let moved = |y: usize| it.comes_from(y).map_or_else(|| price(&[], row(next, y)), |from| price(row(shown, from), row(next, y)));
        let moves: usize = rows.clone().map(moved).sum();
        // Looks no further than it must.
        let mut stays = 0;
        let dearer = |y| {
            stays += price(row(shown, y), row(next, y));
            moves + PRICE < stays
        };
        rows.any(dearer).then_some(it)
    }

    /// By how many rows most of the changed ones have moved, and what those span.
    fn guess(shown: &Buffer, next: &Buffer, changed: &[usize]) -> Option<Self> {
        let marks = |screen| changed.iter().filter_map(|y| Some((*y, mark(row(screen, *y))?))).collect::<Vec<_>>();
        let (old, new) = (marks(shown), marks(next));
        let height = usize::from(next.area.height);
        // By distance, from all the way up to all the way down: how many rows, the first and the last of them on the next screen.
        let mut votes = vec![(0_usize, usize::MAX, 0_usize); 2 * height];
        for (to, mark) in &new {
            for (from, _) in old.iter().filter(|(from, it)| it == mark && from != to) {
                let (n, first, last) = votes.get_mut(height + to - from)?;
                (*n, *first, *last) = (*n + 1, (*first).min(*to), (*last).max(*to));
            }
        }
        let (place, (n, first, last)) =
            votes.into_iter().enumerate().max_by_key(|(place, (n, ..))| (*n, usize::MAX - place.abs_diff(height)))?;
        if n < LEAST - 1 {
            return None;
        }
        let (by, up) = (place.abs_diff(height), place < height);
        let (top, bottom) = if up { (first, last + by) } else { (first - by, last) };
        Some(Self { top: top as u16, bottom: bottom as u16, by: by as u16, up })
    }

    /// Which row stands at `y` after the move; `None` for a new one.
    fn comes_from(self, y: usize) -> Option<usize> {
        let by = usize::from(self.by);
        let from = if self.up { y + by } else { y.checked_sub(by)? };
        (usize::from(self.top)..=usize::from(self.bottom)).contains(&from).then_some(from)
    }

    /// Moves the rows of `screen`; those that come in are full of `blank`.
    pub fn apply(self, screen: &mut Buffer, blank: &Cell) {
        let width = usize::from(screen.area.width);
        let by = usize::from(self.by) * width;
        let Some(rows) = screen.content.get_mut(usize::from(self.top) * width..(usize::from(self.bottom) + 1) * width) else { return };
        let fresh = if self.up {
            rows.rotate_left(by);
            rows.len() - by..rows.len()
        } else {
            rows.rotate_right(by);
            0..by
        };
        rows[fresh].fill(blank.clone());
    }
}

fn row(screen: &Buffer, y: usize) -> &[Cell] {
    let width = usize::from(screen.area.width);
    screen.content.get(y * width..(y + 1) * width).unwrap_or_default()
}

/// About how many bytes turn row `old` (no cells: a blank one) into `new`.
fn price(old: &[Cell], new: &[Cell]) -> usize {
    let (mut bytes, mut erases, mut beside, mut ink) = (0, false, false, None);
    for (x, cell) in new.iter().enumerate() {
        let changed = !same(old.get(x).unwrap_or(&Cell::EMPTY), cell);
        if changed && is_blank(cell) {
            erases = true;
        } else if changed {
            bytes += 1 + if beside { 0 } else { JUMP } + if ink == Some(cell.fg) { 0 } else { INK };
            ink = Some(cell.fg);
        }
        beside = changed;
    }
    bytes + if erases { ERASE } else { 0 }
}

/// What tells a row from others; `None` for a blank one, which is like many. Rows that look the same have the same mark.
fn mark(row: &[Cell]) -> Option<u64> {
    let inner = row.get(EDGE..row.len().checked_sub(EDGE)?)?;
    let ground = inner.first()?.bg;
    let mut mix = Mix(0);
    let mut blank = true;
    for cell in inner {
        if is_blank(cell) {
            mix.add(number(cell.bg));
            blank &= cell.bg == ground;
            continue;
        }
        blank = false;
        mix.add(number(cell.bg) << 38 | number(cell.fg) << 12 | u64::from(cell.modifier.bits()));
        for part in cell.symbol().as_bytes().chunks(8) {
            mix.add(part.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }
    (!blank).then_some(mix.0)
}

/// A quick hash of short things; that two rows are taken for the same costs a comparison, no wrong screen.
struct Mix(u64);

impl Mix {
    const fn add(&mut self, word: u64) {
        // The multiplier of FxHash.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
    }
}
