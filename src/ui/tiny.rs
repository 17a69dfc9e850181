//! What is left where there is no room for panes: the single worst fact, and whether it is the past that is looked at.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::Role;

use super::cx::Cx;
use super::kit::pen::Pen;
use super::worst::{Fact, of_all};

/// Draws the worst fact into the first row of `area`.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area);
    if let Some(words) = cx.app.replay_words() {
        pen.put(&words, cx.style(Role::Past)).put(" ", cx.style(Role::Text));
    }
    if cx.app.in_production() {
        pen.put("PROD", cx.style(Role::Production)).put(" ", cx.style(Role::Text));
    }
    if let Some((at, _)) = cx.app.past() {
        pen.put(&format!("PAST {at}"), cx.style(Role::Past)).put(" ", cx.style(Role::Text));
    }
    let rest = Rect { x: pen.x(), width: pen.left(), ..area };
    fact(cx, &of_all(cx), &mut Pen::new(buf, rest));
}

/// Writes `it`: sign and words in its look, the rest dim.
pub fn fact(cx: &Cx<'_>, it: &Fact, pen: &mut Pen<'_>) {
    pen.put(&it.glyph, cx.style(it.role)).put(" ", cx.style(Role::Text)).fit(&it.text, cx.style(calm(it.role)));
    if !it.more.is_empty() && pen.left() > 6 {
        pen.put("  ", cx.style(Role::Dim)).fit(&it.more, cx.style(Role::Dim));
    }
}

/// The look for the words: a P1's label has a ground of its own, its title must not be a bar across the screen.
const fn calm(role: Role) -> Role {
    match role {
        Role::P1 => Role::Bad,
        other => other,
    }
}
