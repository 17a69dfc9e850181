//! Passing messages: one small box over everything else, at the side of a pane where it covers what matters least; where there is one pane
//! only, the last line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::layout::Size;
use crate::app::pane::PaneId;
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
const LINES: usize = 3;
/// Most messages at once, of those that are still to be seen: older ones give way, and what became of a write stays in the activity log.
const MESSAGES: usize = 3;

/// Draws the messages.
pub fn draw(cx: &Cx<'_>, buf: &mut Buffer) {
    if cx.areas.size < Size::Large && cx.areas.footer.height > 0 && cx.app.prompt.is_none() {
        return low(cx, buf);
    }
    let (area, high) = place(cx);
    if area.width < 12 || area.height < 4 {
        return;
    }
    let room = (area.width - 2).min(WIDEST).saturating_sub(6);
    // Never more than a third of the pane, but for the newest message.
    let most = usize::from((area.height - 2) / 3).max(1);
    let mut shown: Vec<(&Notice, Vec<&str>)> = Vec::new();
    let mut rows = 0;
    let notices: Vec<&Notice> = cx.app.notices().collect();
    for it in notices.into_iter().rev().take(MESSAGES) {
        let mut lines = text::wrap(&it.text, room);
        lines.truncate(LINES);
        lines.truncate(usize::from(area.height - 2));
        if !shown.is_empty() && rows + lines.len() > most {
            break;
        }
        rows += lines.len();
        shown.push((it, lines));
    }
    let Some(worst) = shown.iter().map(|(it, _)| rank(it.kind)).max() else { return };
    let widest = shown.iter().flat_map(|(_, lines)| lines).map(|it| text::width(it)).max().unwrap_or(0);
    let height = rows as u16 + 2;
    let place = Rect {
        x: area.right().saturating_sub(widest + 7),
        y: if high { area.y } else { area.bottom() - height },
        width: widest + 6,
        height,
    };
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

/// The newest message instead of the keys, and upwards from there what else it has: a box would cover what one reads. Older ones while there
/// is no more of it than that.
fn low(cx: &Cx<'_>, buf: &mut Buffer) {
    let foot = cx.areas.footer;
    if foot.width < 12 {
        return;
    }
    let most = LINES.min(usize::from(foot.bottom()));
    let notices: Vec<&Notice> = cx.app.notices().collect();
    let mut bottom = foot.bottom();
    for it in notices.into_iter().rev() {
        let mut lines = text::wrap(&it.text, foot.width - 4);
        lines.truncate(most);
        let used = usize::from(foot.bottom() - bottom);
        if used > 0 && used + lines.len() > 2 {
            return;
        }
        let high = lines.len() as u16;
        let place = Rect { y: bottom - high, height: high, ..foot };
        clear(place, cx.theme.ground().patch(cx.style(Role::Toast)), buf);
        let (_, role) = rank(it.kind);
        for (n, line) in lines.iter().enumerate() {
            let mut pen = Pen::new(buf, Rect { y: place.y + n as u16, height: 1, ..foot });
            pen.put(" ", cx.style(Role::Toast)).put(if n == 0 { sign(it.kind) } else { " " }, cx.style(role));
            pen.put(" ", cx.style(Role::Toast)).put(line, cx.style(Role::Toast));
        }
        bottom -= high;
    }
}

/// The pane that has room for messages, and whether they stand at its upper end: over the oldest lines of a log, never over the newest;
/// lists are seldom full at their foot, and so is what lies over the panes.
fn place(cx: &Cx<'_>) -> (Rect, bool) {
    if !cx.app.overlays.is_empty() {
        return (cx.areas.body, false);
    }
    let pane = if cx.areas.size >= Size::Large && !cx.app.zoom { PaneId::Logs } else { cx.app.focus };
    let area = cx.areas.pane(pane);
    let log = pane == PaneId::Logs;
    // Under the title, which says how the log stands.
    let area = if log { Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area } } else { area };
    (area, log)
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
