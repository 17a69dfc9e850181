//! A line chart: an axis with round numbers, lines of dots, and what stands on its time axis.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use super::raster::{ACROSS, Dots, Raster, Stroke};
use super::text;
use super::unit::Scale;

/// One line: the least and the largest value of each dot column (two a cell).
pub struct Line {
    pub values: Vec<Option<(f64, f64)>>,
    pub style: Style,
    /// The sign at its end, the same as in the legend: colour alone tells nothing.
    pub mark: Option<char>,
}

/// Something that stands at a column of the plot.
#[derive(Clone, Copy)]
pub struct Mark {
    pub at: usize,
    pub sign: char,
    pub style: Style,
}

/// A stretch of the time axis, drawn along the upper edge.
#[derive(Clone)]
pub struct Span {
    /// First and last column.
    pub from: usize,
    pub to: usize,
    pub label: String,
    pub style: Style,
}

impl Span {
    /// Where it is in `plot`.
    fn row(&self, plot: Rect) -> Rect {
        let (from, to) = (column(self.from, plot), column(self.to, plot));
        Rect { x: from, width: to - from.min(to) + 1, height: 1, ..plot }
    }
}

/// A value that is drawn across, with its name at the right end, or at the left one where the lines are in its way.
pub struct Level {
    pub at: f64,
    pub name: String,
    pub style: Style,
}

/// A chart.
pub struct Chart<'a> {
    /// The last one is on top.
    pub lines: &'a [Line],
    pub scale: &'a Scale,
    pub dots: Dots,
    /// Texts under the time axis and where they stand.
    pub times: &'a [(usize, String)],
    pub marks: &'a [Mark],
    pub spans: &'a [Span],
    pub levels: &'a [Level],
    pub cursor: Option<(usize, Style)>,
    pub axis: Style,
    pub text: Style,
}

/// Columns at the left for the numbers of the axis.
pub const GUTTER: u16 = 11;

/// Columns of the plot of a chart `width` wide; each has two dots.
pub const fn columns(width: u16) -> usize {
    width.saturating_sub(GUTTER) as usize
}

/// Dot columns of a chart `width` wide.
pub const fn dots(width: u16) -> usize {
    columns(width) * ACROSS
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
        let mut raster = Raster::new(plot, self.dots);
        let share = |value: f64| if self.scale.top > 0.0 { value / self.scale.top } else { 0.0 };
        for line in self.lines {
            let strokes: Vec<Stroke> = line.values.iter().map(|it| it.map(|(least, most)| (share(least), share(most)))).collect();
            raster.line(&strokes, line.style, line.mark);
        }
        raster.draw(buf);
        self.names(plot, buf);
        self.ends(plot, buf);
        if let Some((at, style)) = self.cursor {
            let x = column(at, plot);
            buf.set_style(Rect { x, width: 1, ..plot }, style);
        }
        self.times(Rect { y: area.bottom() - 1, height: 1, ..plot }, buf);
    }

    fn times(&self, row: Rect, buf: &mut Buffer) {
        let mut free = row.x;
        for (at, words) in self.times {
            let need = text::width(words);
            let x = column(*at, row).saturating_sub(need / 2).clamp(row.x, row.right().saturating_sub(need).max(row.x));
            if x >= free && x + need <= row.right() {
                Pen::new(buf, Rect { x, width: need, ..row }).put(words, self.text);
                free = x + need + 2;
            }
        }
    }

    /// Numbers and faint lines at each step of the scale, then the levels.
    fn grid(&self, area: Rect, plot: Rect, buf: &mut Buffer) {
        for (value, words) in self.scale.ticks() {
            let y = self.row(value, plot);
            Pen::new(buf, Rect { y, height: 1, width: GUTTER - 1, ..area }).number(&words, GUTTER - 1, self.text);
            Pen::new(buf, Rect { y, height: 1, ..plot }).fill('╌', plot.width, self.axis);
        }
        for level in self.shown() {
            let y = self.row(level.at, plot);
            Pen::new(buf, Rect { y, height: 1, ..plot }).fill('╌', plot.width, level.style);
        }
    }

    /// What tells marks, spans and levels from each other without their colours. Over the lines, which would leave parts of it: a
    /// number that something cuts in two is another number.
    fn names(&self, plot: Rect, buf: &mut Buffer) {
        for mark in self.marks {
            buf[(column(mark.at, plot), plot.bottom() - 1)].set_char(mark.sign).set_style(mark.style);
        }
        for span in self.spans {
            let row = span.row(plot);
            if row.width > text::width(&span.label) + 4 {
                Pen::new(buf, row).skip(1).put(" ", span.style).put(&span.label, span.style).put(" ", span.style);
            }
        }
        for level in self.shown() {
            let row = Rect { y: self.row(level.at, plot), height: 1, ..plot };
            let width = text::width(&level.name) + 1;
            let (right, left) = (row.right().saturating_sub(width), row.x);
            let free = |x: u16| width < row.width && (x..x + width).all(|x| matches!(buf[(x, row.y)].symbol(), " " | "╌"));
            if free(right) {
                Pen::new(buf, Rect { x: right, width, ..row }).put(" ", level.style).put(&level.name, level.style);
            } else if free(left) {
                Pen::new(buf, Rect { x: left, width, ..row }).put(&level.name, level.style).put(" ", level.style);
            }
        }
    }

    fn shown(&self) -> impl Iterator<Item = &Level> {
        self.levels.iter().filter(|it| it.at <= self.scale.top)
    }

    fn row(&self, value: f64, plot: Rect) -> u16 {
        let share = if self.scale.top > 0.0 { (value / self.scale.top).clamp(0.0, 1.0) } else { 0.0 };
        plot.y + ((1.0 - share) * f64::from(plot.height.saturating_sub(1))).round() as u16
    }

    fn marks(&self, plot: Rect, buf: &mut Buffer) {
        for span in self.spans {
            Pen::new(buf, span.row(plot)).fill('━', plot.width, span.style);
        }
        for mark in self.marks {
            let x = column(mark.at, plot);
            for y in plot.y..plot.bottom() {
                buf[(x, y)].set_char('│').set_style(mark.style);
            }
        }
    }

    /// The sign of each line at its newest value, where it has one; those that would cover each other stand side by side.
    fn ends(&self, plot: Rect, buf: &mut Buffer) {
        if self.lines.iter().filter(|it| it.mark.is_some()).count() < 2 {
            return;
        }
        let mut taken: Vec<(u16, u16)> = Vec::new();
        for line in self.lines.iter().rev() {
            let last = line.values.iter().take(usize::from(plot.width) * ACROSS).enumerate().rev().find_map(|(x, it)| Some((x, (*it)?)));
            let (Some(mark), Some((x, (_, most)))) = (line.mark, last) else { continue };
            let (mut x, y) = (column(x / ACROSS, plot), self.row(most, plot));
            while taken.contains(&(x, y)) && x > plot.x {
                x -= 1;
            }
            taken.push((x, y));
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.set_char(mark).set_style(line.style);
            }
        }
    }
}

/// The column `at` of `plot` on the screen.
fn column(at: usize, plot: Rect) -> u16 {
    plot.x + (at.min(usize::from(u16::MAX)) as u16).min(plot.width.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::super::unit::Unit;
    use super::*;

    /// A chart of 60 columns whose lines cover all of it from column `from` on, as text.
    fn drawn(from: usize) -> Vec<String> {
        let scale = Unit::Share.scale(0.4, 4);
        let n = columns(60);
        let values = (0..n * ACROSS).map(|at| (at >= from * ACROSS).then_some((0.0, 0.4))).collect();
        let level = |at: f64, name: &str| Level { at, name: name.to_owned(), style: Style::new() };
        let chart = Chart {
            lines: &[Line { values, style: Style::new(), mark: None }],
            scale: &scale,
            dots: Dots::Braille,
            times: &[],
            marks: &[Mark { at: 30, sign: '✗', style: Style::new() }],
            spans: &[Span { from: 25, to: 48, label: "P1".to_owned(), style: Style::new() }],
            levels: &[level(0.05, "bad 5 %"), level(0.2, "limit")],
            cursor: None,
            axis: Style::new(),
            text: Style::new(),
        };
        let area = Rect::new(0, 0, 60, 12);
        let mut buf = Buffer::empty(area);
        chart.draw(area, &mut buf);
        (0..area.height).map(|y| (0..area.width).map(|x| buf[(x, y)].symbol()).collect()).collect()
    }

    #[test]
    fn a_name_on_a_chart_is_whole_or_not_there_and_a_mark_is_told_by_its_sign_under_any_line() {
        let free = drawn(49);
        assert!(free.iter().any(|row| row.ends_with(" bad 5 %")) && free.iter().any(|row| row.ends_with(" limit")), "{free:#?}");
        // What reaches the right end is in the way there, and not at the left one.
        let right = drawn(40);
        let after_gutter = |row: &String| row.chars().skip(GUTTER.into()).collect::<String>();
        assert!(right.iter().map(after_gutter).any(|row| row.starts_with("bad 5 % ")), "{right:#?}");
        let covered = drawn(0).join("\n");
        assert!(!covered.contains("bad") && !covered.contains("lim") && !covered.contains('d'), "{covered}");
        for all in [free.join("\n"), covered] {
            assert!(all.contains('✗') && all.contains(" P1 "), "{all}");
        }
    }
}
