//! Lists of names that typing narrows: themes and contexts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::names::Names;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::footer::field;
use super::super::kit::glyph;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::sheet::Sheet;

const NARROW: u16 = 34;
const MIDDLE: u16 = 64;
/// Most names at once.
const ROWS: usize = 20;
/// What a name of production has at its end: ` PROD `.
const MARK: u16 = 6;

/// The themes; the one under the cursor is already on.
pub fn themes(cx: &Cx<'_>, it: &Names, area: Rect, buf: &mut Buffer) {
    let names = &cx.app.settings.themes;
    list(cx, ("Theme", NARROW), it, names, area, buf, |n, row, buf| {
        let Some(name) = names.get(n) else { return row };
        begin(cx, &mut Pen::new(buf, row), name, *name == cx.app.settings.theme);
        row
    });
}

/// The contexts, with where they are and what one must know before one goes there.
pub fn contexts(cx: &Cx<'_>, it: &Names, area: Rect, buf: &mut Buffer) {
    let all = &cx.app.settings.contexts;
    // A name is ASCII, so its length is its width.
    let widest = all.iter().map(|it| it.name.len()).max().unwrap_or_default() as u16;
    list(cx, ("Context", MIDDLE), it, &cx.app.context_names(), area, buf, |n, row, buf| {
        let Some(it) = all.get(n) else { return row };
        let mut pen = Pen::new(buf, row);
        if it.production {
            pen.right(" PROD ", cx.style(Role::Production));
        }
        if it.read_only {
            pen.right("read-only ", cx.style(Role::Warn));
        }
        begin(cx, &mut pen, &it.name, it.name == cx.app.settings.context);
        pen.skip(2 + widest.saturating_sub(it.name.len() as u16));
        pen.fit(&it.at, cx.style(Role::Dim));
        // The mark keeps its colour under the cursor.
        Rect { width: row.width.saturating_sub(if it.production { MARK } else { 0 }), ..row }
    });
}

fn begin(cx: &Cx<'_>, pen: &mut Pen<'_>, name: &str, here: bool) {
    pen.put(if here { glyph::DOT } else { " " }, cx.style(Role::Accent)).put(" ", cx.style(Role::Text));
    pen.fit(name, cx.style(if here { Role::Strong } else { Role::Text }));
}

/// The dialog, what was typed, and the names that fit it. `draw` draws name number so and so, and says where the cursor is to be seen.
fn list<S: AsRef<str>>(
    cx: &Cx<'_>,
    (title, width): (&str, u16),
    it: &Names,
    names: &[S],
    area: Rect,
    buf: &mut Buffer,
    draw: impl Fn(usize, Rect, &mut Buffer) -> Rect,
) {
    let kept = it.kept(names);
    // Of one height while it is open: a list that shrinks under the eye cannot be read.
    let rows = names.len().clamp(1, ROWS) as u16 + 1;
    let (frame, inner) = Sheet { title, keys: "type  enter  esc", border: Role::BorderFocus, width, rows }.draw(cx, area, buf);
    // Where there is one row alone it is the name under the cursor.
    let head = u16::from(inner.height > 1);
    if head > 0 {
        let mut pen = Pen::new(buf, inner);
        pen.put("/ ", cx.style(Role::Accent));
        field(cx, &it.typed, it.typed.len(), &mut pen);
    }
    let place = Rect { y: inner.y + head, height: inner.height - head, ..inner };
    if kept.is_empty() {
        Pen::new(buf, place).put("nothing is called that", cx.style(Role::Dim));
    }
    let shown = usize::from(place.height);
    let top = (it.cursor + 1).saturating_sub(shown);
    for (i, n) in kept.iter().enumerate().skip(top).take(shown) {
        let row = Rect { y: place.y + (i - top) as u16, height: 1, ..place };
        let under = draw(*n, row, buf);
        if i == it.cursor {
            buf.set_style(under.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    thumb(frame, Place { top, shown, all: kept.len() }, cx.style(Role::BorderFocus), buf);
}
