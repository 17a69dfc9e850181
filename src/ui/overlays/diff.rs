//! What differs between two deployments, over everything; and the list to choose the other one from.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::deploys::DiffView;
use crate::app::diff_page::{Kind, PageLine, page, title};
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::flow::Flow;
use super::super::kit::pen::Pen;
use super::super::kit::scroll::{Place, thumb};
use super::super::kit::text;
use super::super::words;
use super::sheet::Sheet;

const WIDTH: u16 = 110;

/// Draws it.
pub fn draw(cx: &Cx<'_>, it: &DiffView, area: Rect, buf: &mut Buffer) {
    match it.choosing {
        Some(at) => choices(cx, it, at, area, buf),
        None => lines(cx, it, area, buf),
    }
}

/// How a line of a diff looks; its sign says the same.
pub const fn role(kind: Kind) -> Role {
    match kind {
        Kind::Head => Role::Accent,
        Kind::Plain => Role::Text,
        Kind::Same => Role::Dim,
        Kind::Added => Role::Ok,
        Kind::Changed => Role::Warn,
        Kind::Removed => Role::Bad,
        Kind::Unknown => Role::Unknown,
    }
}

fn lines(cx: &Cx<'_>, it: &DiffView, area: Rect, buf: &mut Buffer) {
    let none = || vec![(Kind::Unknown, "one of the two is gone from the platform".to_owned())];
    let page: Vec<PageLine> = cx.app.diff_of(&it.from, &it.to).map_or_else(none, |diff| page(cx.app, &diff));
    let width = WIDTH.min(area.width);
    let all = Flow::measure(buf, width.saturating_sub(4), |flow| write(cx, &page, flow));
    let rows = all.clamp(1, usize::from(area.height.saturating_sub(2)).max(1)) as u16;
    let sheet = Sheet { title: "Diff", keys: "d other  s swap  y copy  esc", border: Role::BorderFocus, width, rows };
    let (frame, inner) = sheet.draw(cx, area, buf);
    let shown = usize::from(inner.height);
    let top = it.top.min(all.saturating_sub(shown));
    write(cx, &page, &mut Flow::new(buf, inner, top));
    thumb(frame, Place { top, shown, all }, cx.style(Role::BorderFocus), buf);
}

fn write(cx: &Cx<'_>, page: &[PageLine], flow: &mut Flow<'_>) {
    for (kind, line) in page {
        if *kind == Kind::Head {
            flow.gap();
        }
        // What goes on in the next line stands under the words, not under the sign.
        let indent = if *kind == Kind::Head { 0 } else { 2 };
        let room = flow.width().saturating_sub(indent);
        for (i, part) in text::wrap(line, room).into_iter().enumerate() {
            flow.line(|pen| {
                pen.skip(if i > 0 { indent } else { 0 }).put(part, cx.style(role(*kind)));
            });
        }
    }
}

fn choices(cx: &Cx<'_>, it: &DiffView, at: usize, area: Rect, buf: &mut Buffer) {
    let all = cx.app.diff_choices(&it.to);
    let rows = all.len().clamp(1, usize::from(area.height.saturating_sub(2)).max(1)) as u16;
    let name = format!("Compare {} with", title(cx.app, &it.to));
    let sheet = Sheet { title: &name, keys: "enter  esc", border: Role::BorderFocus, width: WIDTH, rows };
    let (frame, inner) = sheet.draw(cx, area, buf);
    let shown = usize::from(inner.height);
    let top = (at + 1).saturating_sub(shown);
    for (i, one) in all.iter().enumerate().skip(top).take(shown) {
        let row = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        let sign = words::deployment(one);
        let mut pen = Pen::new(buf, row);
        pen.put(sign.glyph, cx.style(sign.role)).put(" ", cx.style(Role::Text)).cell(sign.word, 10, cx.style(sign.role));
        pen.cell(&format!("{} ago", cx.app.ago(one.created)), 9, cx.style(Role::Dim));
        pen.put(one.commit.as_ref().map_or("       ", |it| it.short()), cx.style(Role::Dim)).put(" ", cx.style(Role::Text));
        pen.fit(one.commit.as_ref().map_or("commit not known", |it| &it.message), cx.style(Role::Text));
        if i == at {
            buf.set_style(row.intersection(buf.area), cx.style(Role::Cursor));
        }
    }
    thumb(frame, Place { top, shown, all: all.len() }, cx.style(Role::BorderFocus), buf);
}
