//! A pane as one line: its name, and its worst fact.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::pane::PaneId;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::{then, tiny, worst};

/// Columns of digit and name.
const NAME: u16 = 16;

/// Draws `pane` into the one row `area`.
pub fn draw(cx: &Cx<'_>, pane: PaneId, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    pen.put(" ", cx.style(Role::Text)).put(&pane.digit().to_string(), cx.style(Role::Key)).put(" ", cx.style(Role::Text));
    pen.cell(pane.title(), NAME - 3, cx.style(Role::Dim));
    let fact = match cx.app.timeline.cursor {
        Some(at) => then::of_pane(cx, pane, at),
        None => worst::of_pane(cx, pane),
    };
    tiny::fact(cx, &fact, &mut pen);
}
