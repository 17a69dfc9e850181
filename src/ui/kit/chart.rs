//! A line chart in braille: two by four dots a cell, an axis with round numbers, and holes that stay holes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use super::text;

/// Dots of a braille cell by row and column.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// One line: a value for each dot column (two a cell).
pub struct Line {
    pub values: Vec<Option<f64>>,
    pub style: Style,
}

/// Something that stands at a column of the plot.
#[derive(Clone, Copy)]
pub struct Mark {
    pub at: usize,
    pub style: Style,
}

/// A stretch of the time axis, drawn along the upper edge.
#[derive(Clone, Copy)]
pub struct Span {
    /// First and last column.
    pub from: usize,
    pub to: usize,
    pub style: Style,
}

/// A chart.
pub struct Chart<'a> {
    pub lines: &'a [Line],
    /// Value of the upper edge; a round number.
    pub top: f64,
    pub label: &'a dyn Fn(f64) -> String,
    /// Texts under the time axis and where they stand.
    pub times: &'a [(usize, String)],
    pub marks: &'a [Mark],
    pub spans: &'a [Span],
    pub levels: &'a [(f64, Style)],
    pub cursor: Option<Mark>,
    pub axis: Style,
    pub text: Style,
}

/// Columns at the left for the numbers of the axis.
pub const GUTTER: u16 = 9;

/// Columns of the plot of a chart `width` wide; each has two dots.
pub const fn columns(width: u16) -> usize {
    width.saturating_sub(GUTTER) as usize
}

impl Chart<'_> {
    /// Draws it into `area`: the plot, the axis at its left, the times under it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.width <= GUTTER + 2 || area.height < 2 {
            return;
        }
        let plot = Rect { x: area.x + GUTTER, y: area.y, width: area.width - GUTTER, height: area.height - 1 };
        self.grid(area, plot, buf);
        self.marks(plot, buf);
        for line in self.lines {
            trace(line, self.top, plot, buf);
        }
        if let Some(mark) = self.cursor {
            let x = column(mark.at, plot);
            buf.set_style(Rect { x, width: 1, ..plot }, mark.style);
        }
        let row = Rect { y: area.bottom() - 1, height: 1, ..plot };
        let mut free = plot.x;
        for (at, words) in self.times {
            let need = text::width(words);
            let x = column(*at, plot).saturating_sub(need / 2).clamp(plot.x, plot.right().saturating_sub(need).max(plot.x));
            if x >= free && x + need <= plot.right() {
                Pen::new(buf, Rect { x, width: need, ..row }).put(words, self.text);
                free = x + need + 2;
            }
        }
    }

    /// Numbers and faint lines: at the top, in the middle where there is room, and at the bottom.
    fn grid(&self, area: Rect, plot: Rect, buf: &mut Buffer) {
        let parts: u16 = match plot.height {
            ..4 => 1,
            4..12 => 2,
            _ => parts(self.top),
        };
        for i in 0..=parts {
            let y = plot.y + (u32::from(plot.height - 1) * u32::from(i) / u32::from(parts)) as u16;
            let value = self.top * f64::from(parts - i) / f64::from(parts);
            let label = Rect { y, height: 1, width: GUTTER - 1, ..area };
            Pen::new(buf, label).number(&(self.label)(value), GUTTER - 1, self.text);
            Pen::new(buf, Rect { y, height: 1, ..plot }).fill('╌', plot.width, self.axis);
        }
        for (value, style) in self.levels {
            if *value < self.top {
                let y = plot.y + row_of(*value, self.top, u32::from(plot.height)) as u16;
                Pen::new(buf, Rect { y, height: 1, ..plot }).fill('╌', plot.width, *style);
            }
        }
    }

    fn marks(&self, plot: Rect, buf: &mut Buffer) {
        for span in self.spans {
            let (from, to) = (column(span.from, plot), column(span.to, plot));
            Pen::new(buf, Rect { x: from, width: to - from.min(to) + 1, height: 1, ..plot }).fill('━', plot.width, span.style);
        }
        for mark in self.marks {
            let x = column(mark.at, plot);
            for y in plot.y..plot.bottom() {
                let sign = if y + 1 == plot.bottom() { '▲' } else { '│' };
                buf[(x, y)].set_char(sign).set_style(mark.style);
            }
        }
    }
}

/// In how many equal parts `top` is cut so that each is a number one reads at once: 0.1 and not 0.125.
fn parts(top: f64) -> u16 {
    let mut top = top;
    while top >= 1024.0 && (top / 1024.0 * 10.0).fract() == 0.0 {
        top /= 1024.0;
    }
    let round = |parts: &u16| {
        let step = top / f64::from(*parts);
        let digit = step / 10_f64.powf(step.log10().floor());
        (digit - digit.round()).abs() < 1e-6
    };
    [4, 5, 3, 2].into_iter().find(round).unwrap_or(4)
}

/// The column `at` of `plot` on the screen.
fn column(at: usize, plot: Rect) -> u16 {
    plot.x + (at.min(usize::from(u16::MAX)) as u16).min(plot.width.saturating_sub(1))
}

/// Row from the top, of `rows`, at which `value` stands.
fn row_of(value: f64, top: f64, rows: u32) -> u32 {
    let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
    ((1.0 - share) * f64::from(rows.saturating_sub(1))).round() as u32
}

fn trace(line: &Line, top: f64, plot: Rect, buf: &mut Buffer) {
    let (cells, rows) = (usize::from(plot.width), u32::from(plot.height) * 4);
    let mut before: Option<u32> = None;
    let mut seen = vec![0_u8; cells * usize::from(plot.height)];
    for (x, value) in line.values.iter().take(cells * 2).enumerate() {
        let Some(value) = value.filter(|it| it.is_finite()) else {
            before = None;
            continue;
        };
        let y = row_of(value, top, rows);
        // A steep step is joined, so that the line stays one line.
        let (from, to) = match before {
            Some(last) if last < y => (last + 1, y),
            Some(last) if last > y => (y, last - 1),
            _ => (y, y),
        };
        for dot in from..=to.max(from) {
            let cell = dot as usize / 4 * cells + x / 2;
            if let Some(it) = seen.get_mut(cell) {
                *it |= DOTS[dot as usize % 4][x % 2];
            }
        }
        before = Some(y);
    }
    for (i, dots) in seen.into_iter().enumerate().filter(|(_, dots)| *dots != 0) {
        let (x, y) = (plot.x + (i % cells) as u16, plot.y + (i / cells) as u16);
        let cell = &mut buf[(x, y)];
        let under = cell.symbol().chars().next().filter(|c| ('\u{2800}'..='\u{28ff}').contains(c)).map_or(0, |c| c as u32 - 0x2800);
        cell.set_char(char::from_u32(0x2800 | under | u32::from(dots)).unwrap_or(' ')).set_style(line.style);
    }
}
