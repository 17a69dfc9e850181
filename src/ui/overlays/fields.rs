//! What is done with fields of log lines: columns, first, hidden, by the kind of the services.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::sheet::Sheet;

const WIDTH: u16 = 70;

/// Draws it.
pub fn draw(cx: &Cx<'_>, cursor: usize, area: Rect, buf: &mut Buffer) {
    let all = cx.app.logs.choices().all();
    let rows = (all.len() as u16).clamp(1, area.height.saturating_sub(2).max(1));
    let keys = "d as ever  R all as ever  esc";
    let (frame, inner) = Sheet { title: "Fields", keys, border: Role::BorderFocus, width: WIDTH, rows }.draw(cx, area, buf);
    let shown = usize::from(inner.height);
    let top = (cursor + 1).saturating_sub(shown);
    for (i, (kind, way, name)) in all.iter().enumerate().skip(top).take(shown) {
        let row = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        let mut pen = Pen::new(buf, row);
        let whose = if kind.is_empty() { "platform" } else { kind };
        pen.cell(way.word(), 8, cx.style(Role::Accent)).cell(whose, 10, cx.style(Role::Dim)).fit(name, cx.style(Role::Text));
        if i == cursor {
            buf.set_style(row.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    thumb(frame, Place { top, shown, all: all.len() }, cx.style(Role::BorderFocus), buf);
}
