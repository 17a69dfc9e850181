//! Writes along one row, from left to right, and never outside it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::text;

/// A row being written.
pub struct Pen<'b> {
    buf: &'b mut Buffer,
    x: u16,
    y: u16,
    end: u16,
}

impl<'b> Pen<'b> {
    /// On the first row of `area`, as far as that lies inside of `buf`.
    pub fn new(buf: &'b mut Buffer, area: Rect) -> Self {
        let inside = area.intersection(buf.area);
        let end = if inside.height == 0 { inside.x } else { inside.right() };
        Self { x: inside.x, y: inside.y, end, buf }
    }

    /// Columns left.
    pub const fn left(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Column of the next sign.
    pub const fn x(&self) -> u16 {
        self.x
    }

    /// Writes `text` as far as there is room.
    pub fn put(&mut self, text: &str, style: Style) -> &mut Self {
        if self.left() == 0 {
            return self;
        }
        // The place of a sign that is not there: nothing stands in it that could be underlined.
        let style = if text == " " { Style { add_modifier: style.add_modifier.difference(Modifier::UNDERLINED), ..style } } else { style };
        if text.is_ascii() {
            // The usual case, without looking for clusters.
            for byte in text.bytes().take(usize::from(self.left())) {
                let sign = if byte.is_ascii_control() { ' ' } else { char::from(byte) };
                self.buf[(self.x, self.y)].set_char(sign).set_style(style);
                self.x += 1;
            }
        } else {
            self.x = self.buf.set_stringn(self.x, self.y, text, usize::from(self.left()), style).0.min(self.end);
        }
        self
    }

    /// Writes one sign.
    pub fn sign(&mut self, sign: char, style: Style) -> &mut Self {
        if self.left() > 0 {
            self.buf[(self.x, self.y)].set_char(sign).set_style(style);
            self.x += 1;
        }
        self
    }

    /// Writes `text`, cut with `…` when it is longer than what is left.
    pub fn fit(&mut self, text: &str, style: Style) -> &mut Self {
        let cut = text::cut(text, self.left());
        self.put(&cut, style)
    }

    /// Writes `text` at the left of a column `width` wide.
    pub fn cell(&mut self, text: &str, width: u16, style: Style) -> &mut Self {
        let stop = self.x.saturating_add(width).min(self.end);
        let cut = text::cut(text, stop - self.x);
        self.put(&cut, style);
        self.x = stop;
        self
    }

    /// Writes `text`, which is a number with its unit, at the right of a column `width` wide. Numbers are never cut:
    /// one that does not fit is left out.
    pub fn number(&mut self, text: &str, width: u16, style: Style) -> &mut Self {
        let stop = self.x.saturating_add(width).min(self.end);
        let need = text::width(text);
        if need <= stop - self.x {
            self.x = stop - need;
            self.put(text, style);
        }
        self.x = stop;
        self
    }

    /// Leaves `n` columns as they are.
    pub const fn skip(&mut self, n: u16) -> &mut Self {
        let to = self.x.saturating_add(n);
        self.x = if to > self.end { self.end } else { to };
        self
    }

    /// Goes to column `x`, when that lies ahead.
    pub fn to(&mut self, x: u16) -> &mut Self {
        self.x = x.clamp(self.x, self.end.max(self.x));
        self
    }

    /// Puts `sign` over the last column of the row.
    pub fn last(&mut self, sign: &str, style: Style) {
        if let Some(x) = self.end.checked_sub(1).filter(|x| *x >= self.buf.area.x)
            && let Some(cell) = self.buf.cell_mut((x, self.y))
        {
            cell.set_symbol(sign).set_style(style);
        }
    }

    /// Fills `n` columns with `sign`.
    pub fn fill(&mut self, sign: char, n: u16, style: Style) -> &mut Self {
        for _ in 0..n.min(self.left()) {
            self.sign(sign, style);
        }
        self
    }

    /// Writes at the right end, which moves to the left for what follows. Left out whole when there is no room.
    pub fn right(&mut self, text: &str, style: Style) -> &mut Self {
        let need = text::width(text);
        if need <= self.left() {
            let x = self.end - need;
            let (was, end) = (self.x, self.end);
            self.x = x;
            self.put(text, style);
            self.x = was;
            self.end = end - need;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_sign_that_is_not_there_is_not_underlined_and_the_sign_is() {
        let area = Rect::new(0, 0, 3, 1);
        let mut buf = Buffer::empty(area);
        let style = Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
        Pen::new(&mut buf, area).put(" ", style).put("!", style);
        assert_eq!(buf[(0, 0)].modifier, Modifier::BOLD);
        assert_eq!(buf[(1, 0)].modifier, Modifier::UNDERLINED | Modifier::BOLD);
    }
}
