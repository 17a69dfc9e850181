//! Passing messages, top right, over everything else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::state::{Notice, NoticeKind};
use crate::theme::Role;

use super::cx::Cx;
use super::kit::dialog::clear;
use super::kit::frame::Frame;
use super::kit::pen::Pen;
use super::kit::{glyph, text};

/// Widest message; more is wrapped.
const WIDEST: u16 = 64;
/// Most lines of one message.
const LINES: usize = 4;

/// Draws the messages, the newest at the top.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    if area.width < 12 || area.height < 4 {
        return;
    }
    let notices: Vec<&Notice> = cx.app.notices().collect();
    let mut y = area.y;
    for it in notices.into_iter().rev() {
        let room = (area.width - 2).min(WIDEST).saturating_sub(6);
        let mut lines = text::wrap(&it.text, room);
        lines.truncate(LINES);
        let widest = lines.iter().map(|it| text::width(it)).max().unwrap_or(0);
        let size = Rect { x: area.right() - widest - 7, y, width: widest + 6, height: lines.len() as u16 + 2 };
        if size.bottom() > area.bottom() {
            break;
        }
        one(cx, it, &lines, size, buf);
        y = size.bottom();
    }
}

fn one(cx: &Cx<'_>, it: &Notice, lines: &[&str], area: Rect, buf: &mut Buffer) {
    let (sign, role) = match it.kind {
        NoticeKind::Info => (glyph::DOT, Role::Accent),
        NoticeKind::Good => (glyph::OK, Role::Ok),
        NoticeKind::Warn => (glyph::DOT, Role::Warn),
        NoticeKind::Bad => (glyph::FAIL, Role::Bad),
    };
    clear(area, cx.theme.ground().patch(cx.style(Role::Toast)), buf);
    let inner = Frame { border: cx.style(role), left: Vec::new(), right: Vec::new() }.draw(area, buf);
    for (i, line) in lines.iter().enumerate() {
        let mut pen = Pen::new(buf, Rect { y: inner.y + i as u16, height: 1, ..inner });
        pen.put(if i == 0 { sign } else { " " }, cx.style(role)).put(" ", cx.style(Role::Toast)).put(line, cx.style(Role::Toast));
    }
}
