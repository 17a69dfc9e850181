//! A rounded frame with words in its upper edge.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use super::text;

/// A piece of a title.
pub type Words<'a> = (std::borrow::Cow<'a, str>, Style);

/// What a frame looks like.
pub struct Frame<'a> {
    pub border: Style,
    pub left: Vec<Words<'a>>,
    /// Parts at the right; the first is left out last.
    pub right: Vec<Words<'a>>,
}

impl Frame<'_> {
    /// Draws it, and gives back what is inside: a column of air left and right.
    pub fn draw(&self, area: Rect, buf: &mut Buffer) -> Rect {
        let area = area.intersection(buf.area);
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let (last_x, last_y) = (area.right() - 1, area.bottom() - 1);
        for x in area.x + 1..last_x {
            buf[(x, area.y)].set_char('─').set_style(self.border);
            buf[(x, last_y)].set_char('─').set_style(self.border);
        }
        for y in area.y + 1..last_y {
            buf[(area.x, y)].set_char('│').set_style(self.border);
            buf[(last_x, y)].set_char('│').set_style(self.border);
        }
        for (x, y, corner) in [(area.x, area.y, '╭'), (last_x, area.y, '╮'), (area.x, last_y, '╰'), (last_x, last_y, '╯')] {
            buf[(x, y)].set_char(corner).set_style(self.border);
        }
        self.titles(area, buf);
        let air = u16::from(area.width > 4);
        Rect { x: area.x + 1 + air, y: area.y + 1, width: area.width - 2 - 2 * air, height: area.height - 2 }
    }

    fn titles(&self, area: Rect, buf: &mut Buffer) {
        let mut room = area.width.saturating_sub(4);
        let left: u16 = self.left.iter().map(|(it, _)| text::width(it)).sum::<u16>().min(room);
        let mut pen = Pen::new(buf, Rect { x: area.x + 1, y: area.y, width: left.saturating_add(2).min(area.width - 2), height: 1 });
        // Without a title the edge has no hole.
        if left > 0 {
            pen.put(" ", self.border);
            for (words, style) in &self.left {
                let space = pen.left().saturating_sub(1);
                pen.put(&text::cut(words, space), *style);
            }
            pen.put(" ", self.border);
        }
        room = room.saturating_sub(left + 3);
        let mut x = area.right().saturating_sub(2);
        for (words, style) in self.right.iter().filter(|(it, _)| !it.is_empty()) {
            let need = text::width(words) + 2;
            if need > room {
                break;
            }
            x -= need;
            room -= need;
            Pen::new(buf, Rect { x, y: area.y, width: need, height: 1 }).put(" ", self.border).put(words, *style).put(" ", self.border);
            // A stroke of the edge between two parts.
            x = x.saturating_sub(1);
            room = room.saturating_sub(1);
        }
    }
}
