//! A report to read: what is shown is what is copied and written, but for the signs that only a renderer needs. Its rows are counted
//! where its keys are.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::report::Report;
use crate::app::report_keys::WIDTH;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::sheet::Sheet;

/// Draws it.
pub fn draw(cx: &Cx<'_>, it: &Report, area: Rect, buf: &mut Buffer) {
    let (room, height) = cx.app.report_room();
    let rows = it.rows(room);
    let keys = if it.review_of.is_some() { "↑↓  e edits  R anew  y copies  w writes  esc" } else { "↑↓  y copies  w writes  esc" };
    let high = rows.len().clamp(1, usize::from(height)) as u16;
    let sheet = Sheet { title: &it.title, keys, border: Role::BorderFocus, width: WIDTH, rows: high };
    let (frame, inner) = sheet.draw(cx, area, buf);
    let shown = usize::from(inner.height);
    let top = it.top.min(rows.len().saturating_sub(shown));
    for (y, row) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)) {
        let look = if row.starts_with('#') { Role::Strong } else { Role::Text };
        Pen::new(buf, Rect { y, height: 1, ..inner }).put(row, cx.style(look));
    }
    thumb(frame, Place { top, shown, all: rows.len() }, cx.style(Role::BorderFocus), buf);
}
