//! The last line: the keys that work here and now, or what is being typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::hints::Hint;
use crate::app::state::{Prompt, PromptKind};
use crate::theme::Role;

use super::cx::Cx;
use super::kit::pen::Pen;
use super::kit::{glyph, text};

/// Draws the footer into `area`.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    if let Some(it) = &cx.app.prompt {
        prompt(cx, it, &mut pen);
        return;
    }
    pen.put(" ", cx.style(Role::Footer));
    if !cx.app.pending.is_empty() {
        pen.put(&cx.app.pending_words(), cx.style(Role::Accent)).put(" …  ", cx.style(Role::Footer));
    }
    let hints = cx.app.footer();
    // `?` and `:` are the way to everything that has no room: they stand at the right, always.
    for keys in ["?", ":"] {
        if let Some(it) = hints.iter().find(|it| it.keys == keys) {
            pen.right(" ", cx.style(Role::Footer)).right(&it.label, cx.style(Role::Footer)).right(" ", cx.style(Role::Footer));
            pen.right(&it.keys, cx.style(Role::Key)).right(" ", cx.style(Role::Footer));
        }
    }
    let need = |it: &Hint| text::width(&it.keys) + text::width(&it.label) + 3;
    let rest = || hints.iter().filter(|it| it.keys != "?" && it.keys != ":");
    // Where not all have room, what cannot be done now goes first.
    let all = rest().map(need).sum::<u16>() <= pen.left();
    for it in rest().filter(|it| all || it.enabled) {
        if need(it) > pen.left() {
            break;
        }
        let key = if it.enabled { Role::Key } else { Role::Off };
        pen.put(&it.keys, cx.style(key))
            .put(" ", cx.style(Role::Footer))
            .put(&it.label, cx.style(Role::Footer))
            .put("  ", cx.style(Role::Footer));
    }
}

fn prompt(cx: &Cx<'_>, it: &Prompt, pen: &mut Pen<'_>) {
    let mark = match it.kind {
        PromptKind::Search | PromptKind::Filter => "/",
        PromptKind::LogFilter => "&",
    };
    if let Some((_, error)) = &it.error {
        let room = pen.left() / 2;
        pen.right(" ", cx.style(Role::Bad)).right(&text::cut(error, room), cx.style(Role::Bad)).right("  ", cx.style(Role::Bad));
    } else {
        pen.right(" enter keep  esc back ", cx.style(Role::Footer));
    }
    pen.put(" ", cx.style(Role::Footer)).put(mark, cx.style(Role::Accent)).put(" ", cx.style(Role::Footer));
    field(cx, &it.text, it.caret, pen);
}

/// A line being typed, with its caret; the part around the caret where it is longer than the room.
pub fn field(cx: &Cx<'_>, words: &str, caret: usize, pen: &mut Pen<'_>) {
    let caret = (0..=caret.min(words.len())).rev().find(|at| words.is_char_boundary(*at)).unwrap_or(0);
    let (before, after) = words.split_at(caret);
    let shown = text::tail(before, pen.left().saturating_sub(2));
    pen.put(shown, cx.style(Role::Strong)).put(glyph::CARET, cx.style(Role::Accent)).put(after, cx.style(Role::Strong));
}
