//! The watches: how each stands, what it reads now, for how long or why that is not known.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::notify::judge::Verdict;
use crate::app::notify::watching::WatchRow;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::glyph;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::text;
use super::sheet::Sheet;

const WIDTH: u16 = 110;
/// Columns of the word that says how it stands.
const STATE: u16 = 9;
/// Columns of a value: `1500ms`, `512 MiB/s`.
const VALUE: u16 = 12;

/// Draws them.
pub fn draw(cx: &Cx<'_>, cursor: usize, area: Rect, buf: &mut Buffer) {
    let all = cx.app.watch_rows();
    let rows = (all.len() as u16).clamp(1, area.height.saturating_sub(2).max(1));
    let keys = "a add  e change  d drop  esc";
    let (frame, inner) = Sheet { title: "Watches", keys, border: Role::BorderFocus, width: WIDTH, rows }.draw(cx, area, buf);
    if all.is_empty() {
        Pen::new(buf, inner).fit("nothing is watched; a adds one: errors/min > 30 on api", cx.style(Role::Dim));
        return;
    }
    let shown = usize::from(inner.height);
    let top = (cursor + 1).saturating_sub(shown);
    // The notes stand in one column, as wide as the longest, if that leaves most of the room to the expressions.
    let note = all.iter().map(|it| text::width(&tail(it))).max().unwrap_or(0).min(inner.width / 3);
    for (i, it) in all.iter().enumerate().skip(top).take(shown) {
        let row = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        one(cx, it, note, &mut Pen::new(buf, row));
        if i == cursor {
            buf.set_style(row.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    thumb(frame, Place { top, shown, all: all.len() }, cx.style(Role::BorderFocus), buf);
}

fn tail(it: &WatchRow) -> String {
    format!("{}{}", it.note, if it.of_config { " · config" } else { "" })
}

fn one(cx: &Cx<'_>, it: &WatchRow, note: u16, pen: &mut Pen<'_>) {
    let (sign, word, role) = match it.verdict {
        Verdict::False | Verdict::Unknown if it.turns => (glyph::WARN, "not yet", Role::Warn),
        Verdict::True => (glyph::WARN, "true", Role::Bad),
        Verdict::False => (glyph::OK, "false", Role::Ok),
        Verdict::Unknown => (glyph::UNKNOWN, "unknown", Role::Dim),
    };
    let tail = tail(it);
    let words = text::cut(&tail, note).into_owned();
    let pad = " ".repeat(usize::from(note.saturating_sub(text::width(&words))));
    pen.right(&pad, cx.style(Role::Dim)).right(&words, cx.style(Role::Dim)).right("  ", cx.style(Role::Dim));
    let value = if it.value.is_empty() { "-" } else { it.value.as_str() };
    pen.put(sign, cx.style(role)).put(" ", cx.style(Role::Text)).cell(word, STATE, cx.style(role));
    pen.cell(value, VALUE, cx.style(Role::Strong));
    pen.fit(&it.typed, cx.style(Role::Text));
}
