//! The question before a write: what will happen, to what, what runs now. Cancel is preselected.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::app::state::Confirm;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::footer::field;
use super::super::kit::flow::Flow;
use super::super::kit::pen::Pen;
use super::super::kit::text;
use super::diff;
use super::sheet::Sheet;

const WIDTH: u16 = 96;

/// Draws it.
pub fn draw(cx: &Cx<'_>, it: &Confirm, area: Rect, buf: &mut Buffer) {
    let width = WIDTH.min(area.width);
    let room = width.saturating_sub(4);
    // What is known of the two deployments comes as it is answered: first of all what one would get.
    let facts = cx.app.question_facts(&it.request);
    let all = || facts.iter().map(|(_, line)| line).chain(&it.lines);
    let lines: usize = all().map(|line| text::wrap(line, room).len()).sum::<usize>() + usize::from(!facts.is_empty());
    let typed = 3 * (usize::from(it.must_type.is_some()) + usize::from(it.reason.is_some()));
    let rows = (lines + typed + 4).min(usize::from(u16::MAX)) as u16;
    let border = if it.danger { Role::Danger } else { Role::BorderFocus };
    let sheet = Sheet { title: &it.title, keys: "", border, width, rows };
    let (_, inner) = sheet.draw(cx, area, buf);
    // The buttons are always seen, whatever has to give way.
    let body = Rect { height: inner.height.saturating_sub(2 + typed as u16), ..inner };
    let mut flow = Flow::new(buf, body, 0);
    flow.gap();
    for (kind, line) in &facts {
        flow.text(line, 0, cx.style(diff::role(*kind)));
    }
    if !facts.is_empty() {
        flow.gap();
    }
    for line in &it.lines {
        flow.text(line, 0, cx.style(Role::Text));
    }
    let foot = Rect { y: body.bottom(), height: inner.bottom().saturating_sub(body.bottom()), ..inner };
    let mut flow = Flow::new(buf, foot, 0);
    if let Some(name) = &it.must_type {
        flow.line(|pen| {
            pen.put("type ", cx.style(Role::Dim)).put(name, cx.style(Role::Strong)).put(" to allow it:", cx.style(Role::Dim));
        });
        flow.line(|pen| {
            pen.put("> ", cx.style(Role::Accent));
            typed_into(cx, &it.typed, !it.at_reason, pen);
        });
        flow.gap();
    }
    reason(cx, it, &mut flow);
    let allowed = it.is_ready();
    flow.line(|pen| {
        let yes = if !allowed {
            cx.style(Role::Off)
        } else if it.danger {
            cx.style(Role::Danger)
        } else {
            cx.style(Role::Accent)
        };
        let (cancel, yes) = if it.yes {
            (cx.style(Role::Text), yes.add_modifier(Modifier::REVERSED))
        } else {
            (cx.style(Role::Strong).add_modifier(Modifier::REVERSED), yes)
        };
        pen.put(" Cancel ", cancel).put("   ", cx.style(Role::Text)).put(" ", yes).put(&it.verb, yes).put(" ", yes);
        let keys = if it.lacks_reason() { "enter  esc cancels" } else { "←→ choose  enter  esc cancels" };
        pen.right(keys, cx.style(Role::Dim));
    });
}

/// The field for why it is done, where that must be said.
fn reason(cx: &Cx<'_>, it: &Confirm, flow: &mut Flow<'_>) {
    let Some(reason) = &it.reason else { return };
    flow.line(|pen| {
        if it.asks_for_reason {
            pen.put("it needs a reason: say why it is over, in a few words", cx.style(Role::Bad));
        } else {
            pen.put("why it is over, in a few words:", cx.style(Role::Dim));
        }
        if it.has_both() {
            pen.right("tab: name, reason", cx.style(Role::Dim));
        }
    });
    flow.line(|pen| {
        pen.put("> ", cx.style(Role::Accent));
        typed_into(cx, reason, it.at_reason, pen);
    });
    flow.gap();
}

/// A field, with a caret where the keys go there.
fn typed_into(cx: &Cx<'_>, words: &str, here: bool, pen: &mut Pen<'_>) {
    if here {
        field(cx, words, words.len(), pen);
    } else {
        pen.put(text::tail(words, pen.left()), cx.style(Role::Text));
    }
}
