//! A place over everything else, cleared for what is asked or shown there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text;

/// Empties `area` and gives it its own ground.
pub fn clear(area: Rect, ground: Style, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    for y in area.y..area.bottom() {
        // A wide sign that reaches into the area would shine through.
        if area.x > buf.area.x && area.width > 0 && text::width(buf[(area.x - 1, y)].symbol()) > 1 {
            buf[(area.x - 1, y)].set_char(' ');
        }
        for x in area.x..area.right() {
            let cell = &mut buf[(x, y)];
            cell.reset();
            cell.set_style(ground);
        }
    }
}

/// A place of at most `width` by `height` in the middle of `area`, a little above it.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let y = area.y + (area.height - height) / 3;
    Rect { x: area.x + (area.width - width) / 2, y, width, height }
}
