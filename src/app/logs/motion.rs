//! How the reader moves by rows, lines and pages. The place is pinned to a line; nothing but this and `jump` moves it.

use super::cold::Scratch;
use super::intake::Logs;
use super::line::Seq;
use super::view::Anchor;
use super::wrap;

/// Text sifted at once around the reader after a change of what is shown, in bytes: so that there is a screen before the next key.
const SETTLE: usize = 4 * 1024 * 1024;
/// A row of the screen: of which line, the how-manyth, or the row above the first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub seq: Seq,
    pub row: usize,
    pub edge: bool,
}

impl Logs {
    /// Size of the whole log area. The reader's place stays.
    pub fn resize(&mut self, width: u16, height: u16) {
        let (width, height) = (usize::from(width), usize::from(height));
        if (self.view.width, self.view.height) != (width, height) {
            (self.view.width, self.view.height) = (width, height);
            self.settle();
        }
    }

    /// Rows line `seq` takes, with the one that says that lines are left out above it.
    fn rows(&self, seq: Seq) -> usize {
        self.rows_of(seq, &mut Scratch::default())
    }

    /// The same, for many lines one after another.
    fn rows_of(&self, seq: Seq, scratch: &mut Scratch) -> usize {
        let lead = self.lead(seq);
        if !self.view.wrap {
            return lead + 1;
        }
        let Some(line) = self.store.read(seq, scratch) else { return lead + 1 };
        lead + wrap::rows(&self.shape(&line).text, self.text_width())
    }

    /// Rows above the text of line `seq` that are its own: one, where lines are left out.
    pub(super) fn lead(&self, seq: Seq) -> usize {
        usize::from(self.is_apart(seq))
    }

    fn breaks(&self, seq: Seq) -> Vec<usize> {
        match self.view.wrap.then(|| self.store.line(seq)).flatten() {
            Some(line) => wrap::breaks(&self.shape(&line).text, self.text_width()),
            None => vec![0],
        }
    }

    /// The row in the first row of the screen; `None`: nothing is shown.
    pub(super) fn top_spot(&self) -> Option<Spot> {
        if self.view.follow {
            return self.tail_spot();
        }
        let Anchor { seq, byte, edge, below_cut } = self.view.top;
        let at = self.nearest(seq)?;
        if edge {
            // Older lines may have come since: then the row above is one of theirs.
            return Some(self.up(Spot { seq: at, row: 0, edge: false }, 1));
        }
        if at != seq || (byte == 0 && !below_cut) {
            return Some(Spot { seq: at, row: 0, edge: false });
        }
        let row = self.lead(at) + self.breaks(at).partition_point(|it| *it <= byte).saturating_sub(1);
        Some(Spot { seq: at, row, edge: false })
    }

    /// The first row of a screen whose last row is the newest.
    fn tail_spot(&self) -> Option<Spot> {
        let seq = self.last_shown()?;
        let row = self.rows(seq) - 1;
        Some(self.up(Spot { seq, row, edge: false }, self.view.height.saturating_sub(1)))
    }

    /// `n` rows up, as far as there are.
    fn up(&self, from: Spot, n: usize) -> Spot {
        let mut it = from;
        let mut left = n;
        let mut scratch = Scratch::default();
        while left > 0 && !it.edge {
            if it.row > 0 {
                let step = left.min(it.row);
                it.row -= step;
                left -= step;
            } else if let Some(seq) = self.shown_before(it.seq) {
                it = Spot { seq, row: self.rows_of(seq, &mut scratch) - 1, edge: false };
                left -= 1;
            } else {
                it.edge = true;
            }
        }
        it
    }

    /// `n` rows down, as far as there are.
    fn down(&self, from: Spot, n: usize) -> Spot {
        let mut it = from;
        let mut left = n;
        let mut scratch = Scratch::default();
        if it.edge && left > 0 {
            it.edge = false;
            left -= 1;
        }
        while left > 0 {
            let below = self.rows_of(it.seq, &mut scratch) - 1 - it.row;
            if left <= below {
                it.row += left;
                break;
            }
            let Some(seq) = self.shown_from(it.seq.plus(1)) else {
                it.row += below;
                break;
            };
            it = Spot { seq, row: 0, edge: false };
            left -= below + 1;
        }
        it
    }

    /// Pins the first row of the screen.
    fn pin(&mut self, spot: Spot) {
        let below_cut = spot.row > 0;
        let row = if below_cut { spot.row.saturating_sub(self.lead(spot.seq)) } else { 0 };
        let byte = if row == 0 { 0 } else { self.breaks(spot.seq).get(row).copied().unwrap_or(0) };
        self.view.top = Anchor { seq: spot.seq, byte, edge: spot.edge, below_cut };
    }

    /// After a change of what is shown: no empty rows below the reader while there are lines above. The line the reader stands on stays in sight.
    pub fn fill(&mut self) {
        if self.view.filled == self.filter.asked || !self.is_sifted() {
            return;
        }
        self.view.filled = self.filter.asked;
        if self.view.follow {
            return;
        }
        let key = |it: Spot| (it.seq, !it.edge, it.row);
        if let (Some(top), Some(end)) = (self.top_spot(), self.tail_spot())
            && key(end) < key(top)
        {
            self.pin(end);
        }
    }

    /// Stops following: what is seen now stays.
    pub(super) fn stop(&mut self) {
        if !self.view.follow {
            return;
        }
        if let Some(top) = self.top_spot() {
            self.pin(top);
        }
        self.view.cursor = self.last_shown().unwrap_or_default();
        self.view.seen = self.ceiling().minus(1);
        self.view.follow = false;
    }

    /// Keeps the newest line at the bottom, from now on.
    pub fn follow(&mut self) {
        self.view.frozen = None;
        self.view.follow = true;
        self.view.selected = None;
        self.settle();
    }

    /// Freezes what is shown while the store keeps filling, or lets it go on.
    pub fn freeze(&mut self) {
        if self.view.frozen.take().is_some() {
            return;
        }
        let newest = self.store.next().minus(1);
        if self.view.follow {
            self.view.seen = newest;
        }
        self.view.frozen = Some(newest);
    }

    /// Lines shown (or held back by the freeze) that came since the reader stopped following, and stand below the reader.
    pub fn unseen(&self) -> usize {
        if self.view.follow && self.view.frozen.is_none() {
            return 0;
        }
        let read = if self.view.follow { None } else { self.cursor() };
        self.count_shown(self.view.seen.max(read.unwrap_or_default()).plus(1), self.store.next())
    }

    /// The line the reader stands on.
    pub fn cursor(&self) -> Option<Seq> {
        if self.view.follow { self.last_shown() } else { self.nearest(self.view.cursor) }
    }

    /// Scrolls by `n` rows, down if positive. Upwards it stops following; the cursor goes along.
    pub fn scroll(&mut self, n: isize) {
        if n >= 0 && self.view.follow {
            return;
        }
        self.stop();
        let Some(top) = self.top_spot() else { return };
        if n < 0 {
            self.pin(self.up(top, n.unsigned_abs()));
        } else if let Some(end) = self.tail_spot() {
            let to = self.down(top, n.unsigned_abs());
            let key = |it: Spot| (it.seq, !it.edge, it.row);
            // No further than a full last screen, but never back either.
            if key(top) < key(end) {
                self.pin(if key(to) < key(end) { to } else { end });
            }
        }
        self.settle();
        self.hold_cursor();
    }

    /// By pages of the screen, with a row in common.
    pub fn page_by(&mut self, pages: isize) {
        let rows = self.view.height.saturating_sub(1).max(1) as isize;
        self.scroll(pages.saturating_mul(rows));
    }

    /// By half pages.
    pub fn half_page_by(&mut self, pages: isize) {
        self.scroll(pages.saturating_mul((self.view.height / 2).max(1) as isize));
    }

    /// Moves the cursor by `n` lines, down if positive; the screen follows it.
    pub fn step(&mut self, n: isize) {
        if n >= 0 && self.view.follow {
            return;
        }
        self.stop();
        let Some(mut at) = self.cursor() else { return };
        for _ in 0..n.unsigned_abs() {
            let next = if n < 0 { self.shown_before(at) } else { self.shown_from(at.plus(1)) };
            let Some(next) = next else {
                // At the oldest line, what is said above it comes into view.
                if n < 0 {
                    self.view.top = Anchor { seq: at, edge: true, ..Anchor::default() };
                }
                break;
            };
            at = next;
        }
        self.view.cursor = at;
        self.show_cursor();
        self.settle();
    }

    /// To the oldest line.
    pub fn top(&mut self) {
        self.stop();
        self.view.cursor = self.floor();
        self.view.top = Anchor { seq: self.view.cursor, edge: true, ..Anchor::default() };
        self.settle();
    }

    /// To the newest line, and stays there.
    pub fn go_to_end(&mut self) {
        self.follow();
        self.stop();
    }

    /// To line `seq`, or the nearest that is shown; scrolls only if it is not on the screen.
    pub fn go_to(&mut self, seq: Seq) {
        self.stop();
        let Some(at) = self.nearest(seq) else { return };
        self.view.cursor = at;
        if !self.is_visible(at) {
            let top = self.up(Spot { seq: at, row: 0, edge: false }, self.view.height / 3);
            self.pin(top);
        }
        self.settle();
    }

    /// Sideways by `n` columns.
    pub fn sideways(&mut self, n: isize) {
        self.view.left = self.view.left.saturating_add_signed(n);
    }

    /// To line `seq`, in the middle of the screen.
    pub(super) fn centre(&mut self, seq: Seq) {
        self.stop();
        self.view.cursor = seq;
        self.view.top = Anchor { seq, ..Anchor::default() };
        self.settle();
        let Some(at) = self.nearest(seq) else { return };
        let top = self.up(Spot { seq: at, row: 0, edge: false }, self.view.height / 2);
        self.pin(top);
        self.settle();
    }

    /// Whether all rows of `seq` (or as many as fit) are on the screen.
    fn is_visible(&self, seq: Seq) -> bool {
        let Some(top) = self.top_spot() else { return false };
        if seq < top.seq || (seq == top.seq && top.row > 0) {
            return false;
        }
        let bottom = self.down(top, self.view.height.saturating_sub(1));
        let last = self.rows(seq) - 1;
        seq < bottom.seq || (seq == bottom.seq && last <= bottom.row) || seq == top.seq
    }

    /// Scrolls as little as shows the cursor.
    fn show_cursor(&mut self) {
        let at = self.view.cursor;
        let Some(top) = self.top_spot() else { return };
        if at < top.seq || (at == top.seq && top.row > 0) {
            self.pin(Spot { seq: at, row: 0, edge: false });
        } else if !self.is_visible(at) {
            let last = Spot { seq: at, row: self.rows(at) - 1, edge: false };
            let up = self.up(last, self.view.height.saturating_sub(1));
            // A line taller than the screen begins at its beginning.
            self.pin(if up.seq == at { Spot { row: 0, ..last } } else { up });
        }
    }

    /// Brings the cursor back onto the screen after it was scrolled.
    fn hold_cursor(&mut self) {
        let Some(top) = self.top_spot() else { return };
        let bottom = self.down(top, self.view.height.saturating_sub(1));
        let at = self.cursor().unwrap_or_default();
        self.view.cursor = at.clamp(top.seq, bottom.seq.max(top.seq));
    }

    /// Sifts around the reader at once, so that there is a screen to show; the rest is left to `work`.
    pub(super) fn settle(&mut self) {
        if self.filter.is_open() {
            return;
        }
        let n = self.store.blocks.len();
        let place = if self.view.follow { self.store.next() } else { self.view.top.seq };
        let at = self.store.block_of(place).unwrap_or(if self.view.follow || place >= self.store.next() { n.saturating_sub(1) } else { 0 });
        let mut left = SETTLE as isize;
        let want = self.view.height.max(1);
        let newer = at..n;
        let older = (0..at.min(n)).rev();
        for side in [&mut newer.into_iter() as &mut dyn Iterator<Item = usize>, &mut older.into_iter()] {
            let mut lines = 0;
            for index in side {
                if lines >= want || left <= 0 {
                    break;
                }
                left -= self.sift(index) as isize;
                lines += self.store.blocks.get(index).map_or(0, |it| it.kept.picked.len());
            }
        }
    }
}
