//! The dialog itself: a cleared place in the middle, a frame, a title, the keys that work in it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::layout::Size;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::dialog::{centred, clear};
use super::super::kit::frame::Frame;

/// What a dialog looks like.
pub struct Sheet<'a> {
    pub title: &'a str,
    /// The keys, at the right end of the title where there is no bottom bar to say them.
    pub keys: &'a str,
    pub border: Role,
    pub width: u16,
    /// Rows inside of the frame.
    pub rows: u16,
}

impl Sheet<'_> {
    /// Draws it over `area`, and gives back frame and inside.
    pub fn draw(&self, cx: &Cx<'_>, area: Rect, buf: &mut Buffer) -> (Rect, Rect) {
        let place = centred(area, self.width, self.rows.saturating_add(2));
        clear(place, cx.theme.ground().patch(cx.style(Role::Dialog)), buf);
        let title = if self.border == Role::Danger { Role::Danger } else { Role::TitleFocus };
        let frame = Frame {
            border: cx.style(self.border),
            left: vec![(self.title.into(), cx.style(title))],
            right: if cx.areas.size > Size::Small { Vec::new() } else { vec![(self.keys.into(), cx.style(Role::Dim))] },
        };
        let inner = frame.draw(place, buf);
        (place, inner)
    }
}
