//! The first line: that it is the past, context ▸ project ▸ service, how the link stands, the worst incident's clock, the time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::facts::HeaderFacts;
use crate::theme::Role;

use super::cx::Cx;
use super::kit::pen::Pen;
use super::kit::{glyph, text};
use super::words;

/// Columns from which on there is room for a word about telling, and for the context beside it; and for a sign of it.
const ROOM: u16 = 29;
const LITTLE: u16 = 11;
/// Columns before each part of where one is; of the word that it is everything; and between that and the link.
const BEFORE: u16 = 3;
const EVERYTHING: u16 = 13;
const GAP: u16 = 6;
/// Columns that where one is has at least.
const PLACE: u16 = 23;
/// Columns that how the link stands has at least.
const LINK: u16 = 12;
/// Columns of our own name.
const NAME: u16 = 11;

/// Draws the header into `area`: one row, or two in production.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let facts = cx.app.header();
    let bar = if facts.production { cx.style(Role::Production) } else { cx.style(Role::Header) };
    let row = Rect { height: 1, ..area };
    buf.set_style(row.intersection(buf.area), bar);
    if facts.production && area.height > 1 {
        edge(cx, Rect { y: area.y + 1, height: 1, ..area }, bar, buf);
    }
    // In the bar of a production context its own colours rule: a word in another one would be hard to read.
    let look = |role: Role| if facts.production { bar } else { cx.style(role) };
    let mut pen = Pen::new(buf, row);
    pen.put(" ", bar);
    replay(cx, &mut pen, bar);
    pen.put(if facts.production { "PROD  " } else { "" }, bar);
    past(cx, &mut pen, bar);
    pen.right(" ", bar).right(&facts.clock, look(Role::Dim));
    if let Some((label, words, _, heat)) = &facts.worst {
        let more = if facts.open > 1 { format!(" +{}", facts.open - 1) } else { String::new() };
        let role = heat.map_or(Role::Dim, words::heat);
        // Whatever else there is no room for: this is what one is called for.
        pen.right("   ", bar).right(&more, look(Role::Dim)).right(&format!(" {words}"), look(role));
        pen.right(&format!(" {label} "), cx.style(severity(label)));
    }
    let link = cx.app.link_words();
    let (sign, role) = words::mood(link.mood);
    // Where one is has its room before the reasons of the link.
    let room = pen.left().saturating_sub(place(&facts) + NAME).max(LINK);
    let words = if text::width(&link.text) <= room { link.text } else { text::cut(&link.short, room).into_owned() };
    pen.right("   ", bar).right(&format!(" {words}"), look(if role == Role::Ok { Role::Dim } else { role })).right(sign, look(role));
    if cx.app.slow && pen.left() > 20 {
        pen.right("  ", bar).right("lo-fi", look(Role::Warn));
    }
    news(cx, bar, look, &mut pen);
    pen.right("  ", bar);
    // Where there is room for one of the two, whose platform it is counts.
    if pen.left() >= text::width(&facts.context) + NAME {
        pen.put("trackside", look(Role::Accent)).put("  ", bar);
    }
    pen.fit(&facts.context, look(Role::Strong));
    for part in [&facts.project, &facts.service].into_iter().flatten() {
        pen.put(" ", bar).put(glyph::INTO, look(Role::Dim)).put(" ", bar).fit(part, look(Role::Strong));
    }
    if facts.project.is_none() && pen.left() > 12 {
        pen.put(" ", bar).put(glyph::INTO, look(Role::Dim)).put(" everything", look(Role::Dim));
    }
    read_only(cx, &mut pen, bar, facts.production);
}

/// Columns of where one is, as far as there is room; never so few that the link's words change with every step through the tree.
fn place(facts: &HeaderFacts) -> u16 {
    let scope = match (&facts.project, &facts.service) {
        (None, _) => EVERYTHING,
        (project, service) => [project, service].into_iter().flatten().fold(0, |sum, it| sum + BEFORE + text::width(it)),
    };
    (text::width(&facts.context) + scope + GAP).max(PLACE)
}

/// That nothing can be written, and why, as far as there is room.
fn read_only(cx: &Cx<'_>, pen: &mut Pen<'_>, bar: Style, production: bool) {
    let look = |role: Role| if production { bar } else { cx.style(role) };
    let Some(why) = cx.app.settings.read_only.as_ref().filter(|_| pen.left() > 11) else { return };
    pen.put("  read-only", look(Role::Warn)).put(" ", bar);
    if pen.left() > 6 {
        pen.fit(why, look(Role::Dim));
    }
}

/// Which watch is true and that nothing sounds: in words, or as short as it must be.
fn news(cx: &Cx<'_>, bar: Style, look: impl Fn(Role) -> Style, pen: &mut Pen<'_>) {
    let (quiet, watches) = cx.app.news_words();
    if let Some(words) = watches.filter(|_| pen.left() > LITTLE) {
        let n = cx.app.watches_true();
        // Where the expression has no room, that there is one still has.
        let words = match pen.left() {
            49.. => text::cut(&words, pen.left() - 34).into_owned(),
            room if room > ROOM => format!("{n} true"),
            _ => n.to_string(),
        };
        pen.right("  ", bar).right(&words, look(Role::Bad)).right(&format!("{} ", glyph::WARN), look(Role::Bad));
    }
    if let Some(words) = quiet.filter(|_| pen.left() > LITTLE) {
        let words = if pen.left() > ROOM { words } else { "quiet".to_owned() };
        pen.right("  ", bar).right(&words, look(Role::Warn));
    }
}

/// What is long over must never be taken for what is: before all else, at every size.
fn replay(cx: &Cx<'_>, pen: &mut Pen<'_>, bar: Style) {
    if let Some(words) = cx.app.replay_words() {
        pen.put(&format!(" {words} "), cx.style(Role::Past)).put("  ", bar);
    }
}

fn past(cx: &Cx<'_>, pen: &mut Pen<'_>, bar: Style) {
    // Nobody may take the past for the present: this has its room before all else.
    if let Some((at, ago)) = cx.app.past() {
        pen.put(&format!(" PAST {at}, {ago} "), cx.style(Role::Past)).put("  ", bar);
    }
}

fn severity(label: &str) -> Role {
    words::severity(&crate::model::incident::Severity::read(label))
}

/// The border under the bar of a production context, in the bar's colour.
fn edge(cx: &Cx<'_>, area: Rect, bar: Style, buf: &mut Buffer) {
    let style = bar.bg.map_or(bar, |color| cx.style(Role::Text).fg(color));
    Pen::new(buf, area).fill('▀', area.width, style);
}
