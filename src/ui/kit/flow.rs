//! A page that is read from top to bottom and may be longer than its area: only what is seen is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use super::text;

/// A page being written.
pub struct Flow<'b> {
    buf: &'b mut Buffer,
    area: Rect,
    skip: usize,
    lines: usize,
}

impl<'b> Flow<'b> {
    /// Into `area`, without its first `skip` lines.
    pub fn new(buf: &'b mut Buffer, area: Rect, skip: usize) -> Self {
        let area = area.intersection(buf.area);
        Self { buf, area, skip, lines: 0 }
    }

    /// How many lines `write` writes at this width, without writing them.
    pub fn measure(buf: &'b mut Buffer, width: u16, write: impl FnOnce(&mut Self)) -> usize {
        let mut it = Self { area: Rect { width, height: 0, x: buf.area.x, y: buf.area.y }, buf, skip: 0, lines: 0 };
        write(&mut it);
        it.lines
    }

    /// Columns.
    pub const fn width(&self) -> u16 {
        self.area.width
    }

    /// Writes one line, if it is one of those that are seen.
    pub fn line(&mut self, write: impl FnOnce(&mut Pen<'_>)) {
        if let Some(area) = self.next() {
            write(&mut Pen::new(self.buf, area));
        }
    }

    /// An empty line.
    pub const fn gap(&mut self) {
        self.lines += 1;
    }

    /// Writes `words` over as many lines as it takes, each `indent` columns in.
    pub fn text(&mut self, words: &str, indent: u16, style: Style) {
        for line in text::wrap(words, self.area.width.saturating_sub(indent)) {
            self.line(|pen| {
                pen.skip(indent).put(line, style);
            });
        }
    }

    /// The area left under what was written, for something that is no line of text.
    pub fn rest(&mut self) -> (Rect, &mut Buffer) {
        let used = self.lines.saturating_sub(self.skip).min(usize::from(self.area.height)) as u16;
        let area = Rect { y: self.area.y + used, height: self.area.height - used, ..self.area };
        (area, self.buf)
    }

    fn next(&mut self) -> Option<Rect> {
        let at = self.lines.checked_sub(self.skip);
        self.lines += 1;
        let y = u16::try_from(at?).ok().filter(|y| *y < self.area.height)?;
        Some(Rect { y: self.area.y + y, height: 1, ..self.area })
    }
}
