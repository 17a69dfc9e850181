//! Marks on a frame's right edge: what part of a list is seen, and where things are in all of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What of a list is seen.
const THUMB: &str = "┃";

/// Where one is in a list.
#[derive(Clone, Copy)]
pub struct Place {
    pub top: usize,
    pub shown: usize,
    pub all: usize,
}

/// Draws the thumb on the right edge of `area` (a whole frame); nothing when all is seen.
pub fn thumb(area: Rect, place: Place, style: Style, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let room = usize::from(area.height.saturating_sub(2));
    if area.width == 0 || room == 0 || place.all <= place.shown {
        return;
    }
    let len = (place.shown * room / place.all).clamp(1, room);
    let hidden = place.all - place.shown;
    let at = (place.top.min(hidden) * (room - len) + hidden / 2) / hidden;
    for i in at..(at + len).min(room) {
        buf[(area.right() - 1, area.y + 1 + i as u16)].set_symbol(THUMB).set_style(style);
    }
}

/// A tick on the right edge of `area` (a whole frame), in its row `row` from the top.
pub fn tick(area: Rect, row: usize, style: Style, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let room = usize::from(area.height.saturating_sub(2));
    if area.width > 0 && row < room {
        let cell = &mut buf[(area.right() - 1, area.y + 1 + row as u16)];
        // On the thumb, its colour is enough.
        if cell.symbol() != THUMB {
            cell.set_symbol("┤");
        }
        cell.set_style(style);
    }
}
