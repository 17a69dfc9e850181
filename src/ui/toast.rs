//! Passing messages: in the last line, instead of the keys. A box over the panes would cover what one reads, and a log is read to its edge.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::layout::Size;
use crate::app::state::{Notice, NoticeKind};
use crate::theme::Role;

use super::cx::Cx;
use super::footer;
use super::kit::dialog::clear;
use super::kit::pen::Pen;
use super::kit::{glyph, text};

/// Most lines of one message.
const LINES: usize = 3;
/// Lines of all of them, but for the newest: older ones give way, and what became of a write stays in the activity log.
const ALL: usize = 2;

/// Draws the newest message at the foot, upwards from there what else it has, and above it older ones that still have room.
pub fn draw(cx: &Cx<'_>, buf: &mut Buffer) {
    let foot = cx.areas.footer;
    if foot.width < 12 || foot.height == 0 {
        return;
    }
    // What is being typed, and what is wrong with it, stays in sight.
    let taken = cx.app.prompt.as_ref().map_or(0, |it| 1 + u16::from(it.error.is_some()));
    // So do the keys of what lies over the panes: who does not know them is shut in.
    let keys = cx.areas.size > Size::Small && !cx.app.overlays.is_empty();
    let taken = if keys { taken.max(1) } else { taken };
    // Without a header the last line is the one that says that all this is the past.
    let taken = if cx.areas.header.height == 0 && cx.app.past().is_some() { taken.max(1) } else { taken };
    let last = foot.bottom().saturating_sub(taken);
    let mut bottom = last;
    let notices: Vec<&Notice> = cx.app.notices().collect();
    for it in notices.into_iter().rev() {
        let mut lines = text::wrap(&it.text, foot.width - 4);
        lines.truncate(LINES.min(usize::from(last)));
        let used = usize::from(last - bottom);
        if used > 0 && used + lines.len() > ALL {
            return;
        }
        bottom -= lines.len() as u16;
        let place = Rect { y: bottom, height: lines.len() as u16, ..foot };
        let above = Rect { height: place.height.saturating_sub(1), ..place };
        // In the line of the keys the ways to everything stay, where they leave its last words enough.
        let ways = if place.bottom() == foot.bottom() { footer::ways_width(cx) } else { 0 };
        let need = lines.last().map_or(0, |it| text::width(it)) + 4;
        let width = if need + ways <= foot.width { foot.width - ways } else { foot.width };
        let ground = cx.theme.ground().patch(cx.style(Role::Toast));
        clear(above, ground, buf);
        clear(Rect { y: above.bottom(), height: 1, width, ..foot }, ground, buf);
        one(cx, it, &lines, place, buf);
    }
}

fn one(cx: &Cx<'_>, it: &Notice, lines: &[&str], place: Rect, buf: &mut Buffer) {
    let (sign, role) = match it.kind {
        NoticeKind::Info => (glyph::INTO, Role::Accent),
        NoticeKind::Good => (glyph::OK, Role::Ok),
        NoticeKind::Warn => (glyph::WARN, Role::Warn),
        NoticeKind::Bad => (glyph::FAIL, Role::Bad),
    };
    for (n, line) in lines.iter().enumerate() {
        let mut pen = Pen::new(buf, Rect { y: place.y + n as u16, height: 1, ..place });
        pen.put(" ", cx.style(Role::Toast)).put(if n == 0 { sign } else { " " }, cx.style(role));
        pen.put(" ", cx.style(Role::Toast)).put(line, cx.style(Role::Toast));
    }
}
