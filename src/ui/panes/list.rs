//! The rows of a list pane: the part that is seen, the cursor's row, the thumb.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::pane::{PaneId, RowKey};
use crate::model::lookalike;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::glyph;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};

/// Draws the visible rows of `pane` into `inner`; `frame` is the whole pane, for the thumb.
pub fn rows(cx: &Cx<'_>, pane: PaneId, frame: Rect, inner: Rect, buf: &mut Buffer, mut row: impl FnMut(&RowKey, &mut Pen<'_>)) {
    let view = cx.app.view(pane);
    let shown = usize::from(inner.height);
    // The state keeps its page by the size it knows; a buffer of another size must still show the cursor.
    let top = view.top.min(view.cursor).max((view.cursor + 1).saturating_sub(shown));
    let focus = cx.focused(pane);
    for (i, key) in view.rows.iter().enumerate().skip(top).take(shown) {
        let area = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        // Under the row, so that what has a ground of its own keeps it.
        if i == view.cursor {
            let role = if focus { Role::Cursor } else { Role::CursorDim };
            // The air at both sides belongs to the row.
            let wide =
                Rect { x: area.x.saturating_sub(1).max(frame.x + 1), width: (area.width + 2).min(frame.width.saturating_sub(2)), ..area };
            buf.set_style(wide.intersection(buf.area), cx.style(role));
        }
        row(key, &mut Pen::new(buf, area));
        if cx.app.was_then(key) {
            let air = Rect { x: area.x.saturating_sub(1).max(frame.x + 1), width: 1, ..area };
            Pen::new(buf, air).put(glyph::INTO, cx.style(Role::Past));
        }
    }
    let place = Place { top, shown, all: view.rows.len() };
    thumb(frame, place, cx.style(if focus { Role::BorderFocus } else { Role::Dim }), buf);
}

/// The sign of a name whose letters look like those of another, before that name; the columns it takes. What it is about is said where the
/// thing is shown in full.
pub fn look_alike(cx: &Cx<'_>, name: &str, pen: &mut Pen<'_>) -> u16 {
    if lookalike::warning(name).is_none() {
        return 0;
    }
    pen.put(glyph::LIKE, cx.style(Role::Warn));
    1
}
