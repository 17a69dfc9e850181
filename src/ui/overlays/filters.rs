//! The log filters: whether each is on, how it was typed, and how many lines it hides.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::filter_list::FilterRow;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::glyph;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::unit::count;
use super::sheet::Sheet;

const WIDTH: u16 = 100;

/// Draws them.
pub fn draw(cx: &Cx<'_>, cursor: usize, area: Rect, buf: &mut Buffer) {
    let all = cx.app.filter_rows();
    let rows = (all.len() as u16).clamp(1, area.height.saturating_sub(2).max(1));
    let keys = "space on/off  e change  d drop  & add  A all  esc";
    let (frame, inner) = Sheet { title: "Filters", keys, border: Role::BorderFocus, width: WIDTH, rows }.draw(cx, area, buf);
    if all.is_empty() {
        Pen::new(buf, inner).fit("no filter; & sets one, < and > set the least level", cx.style(Role::Dim));
        return;
    }
    let complete = cx.app.logs.hidden().complete;
    let shown = usize::from(inner.height);
    let top = (cursor + 1).saturating_sub(shown);
    for (i, it) in all.iter().enumerate().skip(top).take(shown) {
        let row = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        one(cx, it, complete, &mut Pen::new(buf, row));
        if i == cursor {
            buf.set_style(row.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    thumb(frame, Place { top, shown, all: all.len() }, cx.style(Role::BorderFocus), buf);
}

fn one(cx: &Cx<'_>, it: &FilterRow, complete: bool, pen: &mut Pen<'_>) {
    let words = if it.on { format!(" {}{} hidden", count(it.hidden as f64), if complete { "" } else { "…" }) } else { " off".to_owned() };
    pen.right(&words, cx.style(Role::Dim));
    pen.put(if it.on { glyph::DOT } else { " " }, cx.style(Role::Accent)).put(" ", cx.style(Role::Text));
    pen.fit(&it.text, cx.style(if it.on { Role::Text } else { Role::Dim }));
}
