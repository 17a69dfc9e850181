//! All keys that are bound now, searchable.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::hints::{QUERY, WATCHING};
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::footer::field;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::text;
use super::sheet::Sheet;

/// Widest dialog.
const WIDTH: u16 = 110;

/// Draws the rows that fit `filter`, from `top` on.
pub fn draw(cx: &Cx<'_>, filter: &str, top: usize, area: Rect, buf: &mut Buffer) {
    let rows = cx.app.help_rows(filter);
    let sheet = Sheet {
        title: "Keys",
        keys: "type to search  ↑↓  esc",
        border: Role::BorderFocus,
        width: WIDTH,
        rows: area.height.saturating_sub(2),
    };
    let (frame, inner) = sheet.draw(cx, area, buf);
    let mut pen = Pen::new(buf, inner);
    pen.put("/ ", cx.style(Role::Accent));
    field(cx, filter, filter.len(), &mut pen);
    let list = Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner };
    let keys =
        rows.iter().filter(|it| !matches!(it.name, QUERY | WATCHING)).map(|it| text::width(&it.keys)).max().unwrap_or(0).clamp(6, 22);
    let top = top.min(rows.len().saturating_sub(usize::from(list.height)));
    if rows.is_empty() {
        Pen::new(buf, list).put("no key does that; : reaches every action by name", cx.style(Role::Dim));
    }
    for (i, it) in rows.iter().skip(top).take(usize::from(list.height)).enumerate() {
        let mut pen = Pen::new(buf, Rect { y: list.y + i as u16, height: 1, ..list });
        if matches!(it.name, QUERY | WATCHING) {
            // What is typed there is longer than any key.
            pen.put(&it.keys, cx.style(Role::Key)).skip(2).fit(it.help, cx.style(Role::Dim));
            continue;
        }
        let on = it.refused.is_none();
        // What has no key is reached by its name.
        let (how, look) = if it.keys.is_empty() { (format!(":{}", it.name), Role::Dim) } else { (it.keys.clone(), Role::Key) };
        // A name is shown whole: it is to be typed.
        let width = if it.keys.is_empty() { keys.max(text::width(&how)) } else { keys };
        pen.cell(&how, width, cx.style(if on { look } else { Role::Off })).skip(2);
        if pen.left() > 70 {
            pen.right(&text::cut(&it.places, 22), cx.style(Role::Dim)).right("  ", cx.style(Role::Dim));
        }
        pen.fit(it.help, cx.style(if on { Role::Text } else { Role::Dim }));
        if let Some(why) = &it.refused
            && pen.left() > 8
        {
            pen.put("  ", cx.style(Role::Dim)).fit(why, cx.style(Role::Warn));
        }
    }
    thumb(frame, Place { top, shown: usize::from(list.height), all: rows.len() }, cx.style(Role::BorderFocus), buf);
}
