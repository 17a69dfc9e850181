//! Lines as dots in cells: two by four braille dots, or two by two blocks, or ASCII. A column of dots holds a stroke from the least to
//! the largest value of its time, so that no peak is lost (M4, see `app::series::Cell`); neighbours are joined, holes stay holes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What dots are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dots {
    Braille,
    Block,
    Ascii,
}

/// Dots of a braille cell by row and column.
const BRAILLE: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
/// Dots of a cell of blocks by row and column.
const BLOCK: [[u8; 2]; 2] = [[1, 2], [4, 8]];
/// The blocks, by their dots.
const BLOCKS: [char; 16] = [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];

/// Columns of dots in a cell, whatever they are made of.
pub const ACROSS: usize = 2;

/// The dots of a plot while lines are drawn into it.
pub struct Raster {
    plot: Rect,
    dots: Dots,
    /// What was drawn in each cell, and in which look; the last line is on top.
    cells: Vec<(u8, Style, Option<char>)>,
}

/// The least and the largest value of a column of dots, as shares of the height (0 to 1).
pub type Stroke = Option<(f64, f64)>;

impl Raster {
    pub fn new(plot: Rect, dots: Dots) -> Self {
        let n = usize::from(plot.width) * usize::from(plot.height);
        Self { plot, dots, cells: vec![(0, Style::new(), None); n] }
    }

    /// Rows of dots in a cell.
    const fn down(&self) -> u32 {
        match self.dots {
            Dots::Braille => 4,
            Dots::Block | Dots::Ascii => 2,
        }
    }

    /// The row of dots from the top at which `share` stands.
    pub fn row(&self, share: f64) -> u32 {
        let rows = u32::from(self.plot.height) * self.down();
        ((1.0 - share.clamp(0.0, 1.0)) * f64::from(rows.saturating_sub(1))).round() as u32
    }

    /// Draws a line; `mark` tells it from others where there are no dots to colour.
    pub fn line(&mut self, strokes: &[Stroke], style: Style, mark: Option<char>) {
        let width = usize::from(self.plot.width);
        let mut before: Option<(u32, u32)> = None;
        for (x, stroke) in strokes.iter().take(width * ACROSS).enumerate() {
            let Some((least, most)) = stroke.filter(|it| it.0.is_finite() && it.1.is_finite()) else {
                before = None;
                continue;
            };
            let (top, bottom) = (self.row(most), self.row(least));
            // A steep step is joined, so that the line stays one line.
            let (from, to) = match before {
                Some((_, above)) if above + 1 < top => (above + 1, bottom),
                Some((below, _)) if below > bottom + 1 => (top, below - 1),
                _ => (top, bottom),
            };
            for row in from..=to {
                self.dot(x, row, style, mark);
            }
            before = Some((top, bottom));
        }
    }

    fn dot(&mut self, x: usize, row: u32, style: Style, mark: Option<char>) {
        let (down, width) = (self.down(), usize::from(self.plot.width));
        let at = (row / down) as usize * width + x / ACROSS;
        let bit = match self.dots {
            Dots::Braille => BRAILLE[(row % 4) as usize][x % ACROSS],
            Dots::Block | Dots::Ascii => BLOCK[(row % 2) as usize][x % ACROSS],
        };
        if let Some(cell) = self.cells.get_mut(at) {
            // In ASCII a cell belongs to one line: its letter says which.
            *cell = (if self.dots == Dots::Ascii && cell.2 != mark { bit } else { cell.0 | bit }, style, mark);
        }
    }

    /// Puts it all on the screen.
    pub fn draw(&self, buf: &mut Buffer) {
        for (i, (bits, style, mark)) in self.cells.iter().enumerate().filter(|(_, it)| it.0 != 0) {
            let (x, y) = (i % usize::from(self.plot.width), i / usize::from(self.plot.width));
            let sign = match (self.dots, mark) {
                (Dots::Braille, _) => char::from_u32(0x2800 | u32::from(*bits)).unwrap_or(' '),
                (Dots::Block, _) => BLOCKS[usize::from(bits & 15)],
                (Dots::Ascii, Some(mark)) => *mark,
                (Dots::Ascii, None) => match (bits & 0b0011 != 0, bits & 0b1100 != 0) {
                    (true, true) => '|',
                    (true, false) => '\'',
                    _ => '.',
                },
            };
            if let Some(cell) = buf.cell_mut((self.plot.x + x as u16, self.plot.y + y as u16)) {
                cell.set_char(sign).set_style(*style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_stroke_is_drawn_from_its_least_to_its_largest_value(
            strokes in prop::collection::vec(prop::option::of((0.0..1.0_f64, 0.0..1.0_f64)), 1..60),
            height in 1u16..20,
            dots in prop::sample::select(vec![Dots::Braille, Dots::Block, Dots::Ascii]),
        ) {
            let plot = Rect { x: 0, y: 0, width: 30, height };
            let strokes: Vec<Stroke> = strokes.into_iter().map(|it| it.map(|(a, b)| (a.min(b), a.max(b)))).collect();
            let mut raster = Raster::new(plot, dots);
            raster.line(&strokes, Style::new(), None);
            let lit = |x: usize, row: u32| {
                let down = raster.down();
                let bits = raster.cells[(row / down) as usize * 30 + x / ACROSS].0;
                let bit = if dots == Dots::Braille { BRAILLE[(row % 4) as usize][x % 2] } else { BLOCK[(row % 2) as usize][x % 2] };
                bits & bit != 0
            };
            for (x, stroke) in strokes.iter().enumerate() {
                match stroke {
                    Some((least, most)) => {
                        for row in raster.row(*most)..=raster.row(*least) {
                            prop_assert!(lit(x, row), "column {x}, row {row}");
                        }
                    }
                    None => prop_assert!((0..u32::from(height) * raster.down()).all(|row| !lit(x, row)), "a hole stays a hole"),
                }
            }
        }
    }
}
