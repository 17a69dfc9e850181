//! The command palette: every action and every thing by name.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::state::{Palette, PaletteRow};
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::footer::field;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::text;
use super::sheet::Sheet;

const WIDTH: u16 = 84;
/// Most rows offered at once.
const ROWS: u16 = 16;

/// Draws it.
pub fn draw(cx: &Cx<'_>, it: &Palette, area: Rect, buf: &mut Buffer) {
    // Of one height while it is open: a list that grows and shrinks under the eye cannot be read.
    let sheet = Sheet { title: "Command", keys: "tab completes  enter  esc", border: Role::BorderFocus, width: WIDTH, rows: ROWS + 2 };
    let (frame, inner) = sheet.draw(cx, area, buf);
    let mut pen = Pen::new(buf, inner);
    pen.put(": ", cx.style(Role::Accent));
    field(cx, &it.input, it.caret, &mut pen);
    let list = Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner };
    let shown = usize::from(list.height);
    let top = (it.cursor + 1).saturating_sub(shown);
    if it.found.is_empty() {
        Pen::new(buf, list).put("nothing is called that", cx.style(Role::Dim));
    }
    for (i, row) in it.found.iter().enumerate().skip(top).take(shown) {
        let area = Rect { y: list.y + (i - top) as u16, height: 1, ..list };
        offer(cx, row, &mut Pen::new(buf, area));
        if i == it.cursor {
            buf.set_style(area.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    thumb(frame, Place { top, shown, all: it.found.len() }, cx.style(Role::BorderFocus), buf);
}

fn offer(cx: &Cx<'_>, it: &PaletteRow, pen: &mut Pen<'_>) {
    let on = it.refused.is_none();
    let base = cx.style(if on { Role::Strong } else { Role::Off });
    pen.right(&it.keys, cx.style(Role::Key)).right("  ", cx.style(Role::Text));
    let width = (pen.left() / 2).min(34);
    let stop = pen.x() + width;
    let cut = text::cut(&it.label, width);
    let mut hits = it.hits.iter().copied().peekable();
    for (i, c) in cut.chars().enumerate() {
        while hits.next_if(|at| (*at as usize) < i).is_some() {}
        let hit = hits.next_if_eq(&(i as u32)).is_some();
        let mut one = [0; 4];
        pen.put(c.encode_utf8(&mut one), if hit { cx.style(Role::Accent) } else { base });
    }
    pen.to(stop).skip(2);
    match &it.refused {
        Some(why) => {
            pen.fit(why, cx.style(Role::Warn));
        }
        None => {
            pen.fit(&it.help, cx.style(Role::Dim));
        }
    }
}
