//! Marked log lines, oldest first. One whose line had to make room says so.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::log_lists::place;
use crate::app::logs::{Mark, MarkId, Reach, Seq};
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{self, thumb};
use super::super::words;
use super::sheet::Sheet;

const WIDTH: u16 = 130;

/// Draws it.
pub fn draw(cx: &Cx<'_>, at: Option<MarkId>, area: Rect, buf: &mut Buffer) {
    let all: Vec<(Seq, &Mark, Reach)> = cx.app.logs.marked().collect();
    let ids: Vec<MarkId> = all.iter().map(|(_, mark, _)| mark.id).collect();
    let cursor = place(&ids, at);
    let rows = (all.len() as u16).clamp(1, area.height.saturating_sub(2).max(1));
    let (frame, inner) =
        Sheet { title: "Marks", keys: "enter go  d drop  esc", border: Role::BorderFocus, width: WIDTH, rows }.draw(cx, area, buf);
    let shown = usize::from(inner.height);
    let top = (cursor + 1).saturating_sub(shown);
    for (i, (_, mark, reach)) in all.iter().enumerate().skip(top).take(shown) {
        let row = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        one(cx, mark, *reach, &mut Pen::new(buf, row));
        if i == cursor {
            buf.set_style(row.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    thumb(frame, scroll::Place { top, shown, all: all.len() }, cx.style(Role::BorderFocus), buf);
}

fn one(cx: &Cx<'_>, it: &Mark, reach: Reach, pen: &mut Pen<'_>) {
    let (word, role) = match reach {
        Reach::Shown => ("", Role::Dim),
        Reach::Hidden => (" filtered out", Role::Dim),
        Reach::Gone => (" not held", Role::Unknown),
    };
    pen.right(word, cx.style(role));
    pen.put(&cx.app.millisecond(it.at), cx.style(Role::Dim)).skip(1);
    if let Some(service) = &it.service {
        let replica = if it.replica > 0 { format!(".{}", it.replica) } else { String::new() };
        pen.cell(&format!("{}{replica}", cx.app.service_name(service)), 14, cx.style(cx.service(service))).skip(1);
    }
    let (word, role) = words::level(it.level);
    pen.cell(word, 6, cx.style(role));
    pen.fit(&it.text, cx.style(if reach == Reach::Gone { Role::Dim } else { Role::Text }));
}
