//! The last line: the keys that work here and now, or what is being typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::hints::Hint;
use crate::app::state::{Prompt, PromptKind};
use crate::theme::Role;

use super::cx::Cx;
use super::kit::dialog::clear;
use super::kit::pen::Pen;
use super::kit::{glyph, text};

/// Draws the footer into `area`.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    if let Some(it) = &cx.app.prompt {
        match &it.error {
            Some((at, why)) if area.y > 0 => mistaken(cx, it, (*at, why), area, buf),
            _ => prompt(cx, it, &mut Pen::new(buf, area)),
        }
        return;
    }
    let mut pen = Pen::new(buf, area);
    pen.put(" ", cx.style(Role::Footer));
    if !cx.app.pending.is_empty() {
        pen.put(&cx.app.pending_words(), cx.style(Role::Accent)).put(" …  ", cx.style(Role::Footer));
    }
    let hints = cx.app.footer();
    // help and palette are the way to everything that has no room, Esc is the way out of what lies over the panes: they stand at the right, always.
    let ways = ways(cx, &hints);
    for it in &ways {
        pen.right(" ", cx.style(Role::Footer)).right(&it.label, cx.style(Role::Footer)).right(" ", cx.style(Role::Footer));
        pen.right(&it.keys, cx.style(Role::Key)).right(" ", cx.style(Role::Footer));
    }
    let need = |it: &Hint| text::width(&it.keys) + text::width(&it.label) + 3;
    let rest = || hints.iter().filter(|it| !ways.contains(it));
    // Where not all have room, what cannot be done now goes first.
    let all = rest().map(need).sum::<u16>() <= pen.left();
    for it in rest().filter(|it| all || it.enabled) {
        // The gap behind the last one needs no room.
        if need(it) > pen.left() + 2 {
            break;
        }
        let key = if it.enabled { Role::Key } else { Role::Off };
        pen.put(&it.keys, cx.style(key))
            .put(" ", cx.style(Role::Footer))
            .put(&it.label, cx.style(Role::Footer))
            .put("  ", cx.style(Role::Footer));
    }
}

/// The keys that stand at the right, from there to the left.
fn ways<'a>(cx: &Cx<'_>, hints: &'a [Hint]) -> Vec<&'a Hint> {
    let key = |action: &str| cx.app.keymap.keys_of(action).first().map_or("", String::as_str);
    let keys: &[&str] = if cx.app.overlays.is_empty() { &[key("help"), key("palette")] } else { &["Esc"] };
    keys.iter().filter_map(|keys| hints.iter().find(|it| it.keys == *keys)).collect()
}

/// The columns that they need. Whatever else stands in the last line leaves them in sight.
pub fn ways_width(cx: &Cx<'_>) -> u16 {
    ways(cx, &cx.app.footer()).into_iter().map(|it| text::width(&it.keys) + text::width(&it.label) + 3).sum()
}

const fn mark(kind: PromptKind) -> &'static str {
    match kind {
        PromptKind::Search | PromptKind::Filter => "/",
        PromptKind::LogFilter | PromptKind::EditFilter(_) => "&",
        PromptKind::Watch | PromptKind::EditWatch(_) => "watch",
    }
}

/// What is typed, one row higher, and under it a caret at the place of the mistake with what is wrong.
fn mistaken(cx: &Cx<'_>, it: &Prompt, (at, why): (usize, &str), area: Rect, buf: &mut Buffer) {
    let above = Rect { y: area.y - 1, ..area };
    clear(above, cx.theme.ground().patch(cx.style(Role::Footer)), buf);
    let mut pen = Pen::new(buf, above);
    pen.put(" ", cx.style(Role::Footer)).put(mark(it.kind), cx.style(Role::Accent)).put(" ", cx.style(Role::Footer));
    let (start, room) = (pen.x() - area.x, pen.left());
    field(cx, &it.text, it.caret, &mut pen);
    let before = it.text.get(..it.caret).unwrap_or(&it.text);
    let gone = text::width(before) - text::width(text::tail(before, room.saturating_sub(2)));
    let column = start + text::width(it.text.get(..at).unwrap_or(&it.text)).saturating_sub(gone) + u16::from(at > it.caret);
    let column = column.min(area.width.saturating_sub(1));
    let mut pen = Pen::new(buf, area);
    let need = text::width(why) + 1;
    if column + 1 + need > area.width && column > need {
        pen.skip(column - need).put(why, cx.style(Role::Bad)).put(" ^", cx.style(Role::Bad));
    } else {
        pen.skip(column).put("^ ", cx.style(Role::Bad)).fit(why, cx.style(Role::Bad));
    }
}

fn prompt(cx: &Cx<'_>, it: &Prompt, pen: &mut Pen<'_>) {
    let mark = mark(it.kind);
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
