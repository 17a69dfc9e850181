//! Writing a note to an incident.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use tui_textarea::TextArea;

use crate::model::ids::IncidentId;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::text;
use super::sheet::Sheet;

const WIDTH: u16 = 80;
const ROWS: u16 = 12;

/// Draws the text and its caret. The text area keeps text and caret; how it looks is ours, so that it follows the theme.
pub fn draw(cx: &Cx<'_>, incident: &IncidentId, area_text: &TextArea<'static>, area: Rect, buf: &mut Buffer) {
    let name = cx.app.incident(incident).map_or_else(|| incident.to_string(), |it| format!("{} {}", it.severity.label(), it.title));
    let title = format!("Note to {}", text::cut(&name, 32));
    let sheet =
        Sheet { title: &title, keys: "ctrl-s sends  ctrl-e editor  esc keeps it", border: Role::BorderFocus, width: WIDTH, rows: ROWS };
    let (_, inner) = sheet.draw(cx, area, buf);
    let cursor = area_text.cursor();
    let (row, column) = (cursor.0, cursor.1);
    let top = (row + 1).saturating_sub(usize::from(inner.height));
    for (i, line) in area_text.lines().iter().enumerate().skip(top).take(usize::from(inner.height)) {
        let place = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        let mut pen = Pen::new(buf, place);
        if i != row {
            pen.put(line, cx.style(Role::Text));
            continue;
        }
        let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let (before, after) = line.split_at(at);
        let caret = cx.style(Role::Accent).add_modifier(Modifier::REVERSED);
        pen.put(text::tail(before, inner.width.saturating_sub(2)), cx.style(Role::Text));
        let mut rest = after.chars();
        let under = rest.next().map_or_else(|| " ".to_owned(), String::from);
        pen.put(&under, caret).put(rest.as_str(), cx.style(Role::Text));
    }
}
