//! What is left where there is no room for panes: the single worst fact, and whether it is the past that is looked at.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::Role;

use super::cx::Cx;
use super::kit::glyph;
use super::kit::pen::Pen;
use super::worst::{Fact, of_all};

/// Columns from which on there is room for a word beside the fact.
const ROOM: u16 = 30;

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
    let mut pen = Pen::new(buf, rest);
    news(cx, &mut pen);
    fact(cx, &of_all(cx), &mut pen);
}

/// That a watch is true, and that nothing sounds: at the right end, where the fact still has room.
fn news(cx: &Cx<'_>, pen: &mut Pen<'_>) {
    let (quiet, watches) = cx.app.news_words();
    if watches.is_some() && pen.left() > ROOM {
        pen.right(&format!("{} true", cx.app.watches_true()), cx.style(Role::Bad))
            .right(&format!(" {} ", glyph::WARN), cx.style(Role::Bad));
    }
    if let Some(words) = quiet.filter(|_| pen.left() > ROOM) {
        pen.right(&words, cx.style(Role::Warn)).right(" ", cx.style(Role::Text));
    }
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
