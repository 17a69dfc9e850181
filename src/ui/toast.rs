//! Passing messages: one box at the bottom right, over everything else, where logs and lists are seldom full.

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
const WIDEST: u16 = 70;
/// Most lines of one message.
const LINES: usize = 4;

/// Draws the messages, the newest at the foot: nearest to the keys that were pressed.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    if area.width < 12 || area.height < 4 {
        return;
    }
    let room = (area.width - 2).min(WIDEST).saturating_sub(6);
    let most = usize::from(area.height - 2);
    let mut shown: Vec<(&Notice, Vec<&str>)> = Vec::new();
    let mut rows = 0;
    let notices: Vec<&Notice> = cx.app.notices().collect();
    for it in notices.into_iter().rev() {
        let mut lines = text::wrap(&it.text, room);
        lines.truncate(LINES);
        if rows + lines.len() > most {
            break;
        }
        rows += lines.len();
        shown.push((it, lines));
    }
    let Some(worst) = shown.iter().map(|(it, _)| rank(it.kind)).max() else { return };
    let widest = shown.iter().flat_map(|(_, lines)| lines).map(|it| text::width(it)).max().unwrap_or(0);
    let height = rows as u16 + 2;
    let place = Rect { x: area.right().saturating_sub(widest + 7), y: area.bottom() - height, width: widest + 6, height };
    clear(place, cx.theme.ground().patch(cx.style(Role::Toast)), buf);
    let border = cx.style(worst.1);
    let inner = Frame { border, left: Vec::new(), right: Vec::new() }.draw(place, buf);
    let mut y = inner.y;
    for (it, lines) in shown.iter().rev() {
        let (_, role) = rank(it.kind);
        for (i, line) in lines.iter().enumerate() {
            let mut pen = Pen::new(buf, Rect { y, height: 1, ..inner });
            pen.put(if i == 0 { sign(it.kind) } else { " " }, cx.style(role))
                .put(" ", cx.style(Role::Toast))
                .put(line, cx.style(Role::Toast));
            y += 1;
        }
    }
}

/// How much it matters, and its look.
const fn rank(kind: NoticeKind) -> (u8, Role) {
    match kind {
        NoticeKind::Info => (0, Role::Accent),
        NoticeKind::Good => (1, Role::Ok),
        NoticeKind::Warn => (2, Role::Warn),
        NoticeKind::Bad => (3, Role::Bad),
    }
}

const fn sign(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Info => glyph::INTO,
        NoticeKind::Good => glyph::OK,
        NoticeKind::Warn => glyph::WARN,
        NoticeKind::Bad => glyph::FAIL,
    }
}
