//! What all panes have in common: the frame with its title, and what stands in a pane that has nothing to show, and why.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::pane::{PaneId, Scope};
use crate::app::state::App;
use crate::model::link::Link;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::flow::Flow;
use super::super::kit::frame::{Frame, Words};
use super::super::kit::{glyph, text};
use super::super::words;

/// Draws the frame of `pane` and gives back what is inside. `left` follows the title, `right` stands at the right end,
/// most important first.
pub fn frame<'a>(cx: &Cx<'a>, pane: PaneId, left: Vec<Words<'a>>, mut right: Vec<Words<'a>>, area: Rect, buf: &mut Buffer) -> Rect {
    let focus = cx.focused(pane);
    let (border, title) = if focus { (Role::BorderFocus, Role::TitleFocus) } else { (Role::Border, Role::Title) };
    let mut words: Vec<Words<'_>> = vec![
        (Cow::Owned(pane.digit().to_string()), cx.style(if focus { Role::TitleFocus } else { Role::Dim })),
        (Cow::Borrowed(" "), cx.style(border)),
        (Cow::Borrowed(pane.title()), cx.style(title)),
    ];
    words.extend(left);
    if let Some(then) = cx.app.then_words(pane) {
        right.insert(0, (Cow::Owned(format!("{} {then}", glyph::INTO)), cx.style(Role::Past)));
    }
    if let (PaneId::Metrics, Some((words, failed))) = (pane, cx.app.metrics_words()) {
        right.push((Cow::Owned(words), cx.style(if failed { Role::Warn } else { Role::Dim })));
    }
    if let Some(doubt) = short_doubt(cx.app, pane) {
        right.insert(0, (Cow::Owned(doubt), cx.style(Role::Unknown)));
    }
    if cx.app.zoom && focus && cx.app.view(pane).open.is_none() && cx.areas.size >= crate::app::layout::Size::Medium {
        right.push((Cow::Borrowed("zoomed, 0 goes back"), cx.style(Role::Dim)));
    }
    Frame { border: cx.style(border), left: words, right }.draw(area, buf)
}

/// ` ─ words`, as a part of a title.
pub fn part<'a>(cx: &Cx<'_>, words: impl Into<Cow<'a, str>>, role: Role) -> [Words<'a>; 2] {
    [(Cow::Borrowed(" ─ "), cx.style(Role::Border)), (words.into(), cx.style(role))]
}

/// The scope as a part of a title.
pub fn scope<'a>(cx: &Cx<'a>) -> Vec<Words<'a>> {
    let app = cx.app;
    match &app.scope {
        Scope::All => Vec::new(),
        Scope::Project(id) => part(cx, app.project_name(id), Role::Dim).to_vec(),
        Scope::Service(id) => part(cx, app.service_name(id), Role::Dim).to_vec(),
    }
}

/// What `/` keeps, as a part at the right end.
pub fn filter<'a>(cx: &Cx<'a>, pane: PaneId) -> Option<Words<'a>> {
    let view = cx.app.view(pane);
    let hidden = view.total.saturating_sub(view.rows.len());
    (!view.filter.is_empty()).then(|| (Cow::Owned(format!("/{} · {hidden} hidden", view.filter)), cx.style(Role::Accent)))
}

/// Why the pane may not tell the truth, in a word or two; nothing while all is well or nothing is known yet.
fn short_doubt(app: &App, pane: PaneId) -> Option<String> {
    if !app.store.complete {
        return None;
    }
    if app.fresh() {
        return unreadable(app, pane);
    }
    let age = app.platform().and_then(|it| it.fresh).map(|at| app.ago(at));
    Some(age.map_or_else(|| "not fresh".to_owned(), |age| format!("stale {age}")))
}

/// What of this pane's kind was sent and could not be read.
fn unreadable(app: &App, pane: PaneId) -> Option<String> {
    let kinds: &[&str] = match pane {
        PaneId::Projects => &["team", "project", "service"],
        PaneId::Deployments => &["deployment"],
        PaneId::Incidents => &["incident"],
        PaneId::Logs | PaneId::Metrics => &[],
    };
    let lost = app.sources.iter().flat_map(|it| &it.unreadable).filter(|(kind, n)| **n > 0 && kinds.contains(&kind.as_str()));
    let n: u32 = lost.map(|(_, n)| *n).sum();
    (n > 0).then(|| format!("{n} unreadable"))
}

/// Dims what is drawn from old news.
pub fn age(cx: &Cx<'_>, inner: Rect, buf: &mut Buffer) {
    if cx.app.store.complete && !cx.app.fresh() {
        buf.set_style(inner.intersection(buf.area), Style::new().add_modifier(Modifier::DIM));
    }
}

/// Says why there is nothing yet, before the first complete answer: in full where one looks, shortly elsewhere. True when it did.
pub fn waiting(cx: &Cx<'_>, pane: PaneId, inner: Rect, buf: &mut Buffer) -> bool {
    if cx.app.store.complete {
        return false;
    }
    let mut lines: Vec<(String, Role)> = Vec::new();
    match cx.app.platform() {
        None => {
            lines.push((format!("{} no platform is configured", glyph::OFF), Role::Warn));
            lines.push(("start one with `trackside serve`, or see it live with `trackside demo`".to_owned(), Role::Dim));
        }
        Some(source) => {
            let name = if source.name.is_empty() { "the platform" } else { &source.name };
            match &source.link {
                Link::Idle | Link::Connecting { .. } => lines.push((format!("{} connecting to {name}…", cx.spinner()), Role::Busy)),
                Link::Snapshot => lines.push((format!("{} connected to {name}, reading…", cx.spinner()), Role::Busy)),
                Link::Refused { why } => {
                    lines.push((format!("{} {name} refused", glyph::FAIL), Role::Bad));
                    lines.push((why.to_string(), Role::Text));
                    lines.push(("mend the token, the address or the certificate; ctrl-r tries again".to_owned(), Role::Dim));
                }
                Link::Retrying { why, .. } => {
                    lines.push((format!("{} cannot reach {name}", glyph::FAIL), Role::Bad));
                    lines.push((why.to_string(), Role::Text));
                    lines.push((format!("{}; ctrl-r tries now", cx.app.link_words().text), Role::Dim));
                }
                Link::Live | Link::Polling { .. } | Link::Stale { .. } => {
                    let it = cx.app.link_words();
                    lines.push((format!("{} waiting for the first whole answer ({})", cx.spinner(), it.text), words::mood(it.mood).1));
                }
            }
        }
    }
    // The same three lines in five panes would be read five times.
    if cx.app.focus != pane && pane != PaneId::Deployments {
        lines.truncate(1);
    }
    say(cx, &lines, inner, buf);
    true
}

/// Writes a few friendly lines into an empty pane.
pub fn say(cx: &Cx<'_>, lines: &[(String, Role)], inner: Rect, buf: &mut Buffer) {
    let wanted: usize = lines.iter().map(|(it, _)| text::wrap(it, inner.width).len()).sum();
    let above = inner.height.saturating_sub(wanted as u16) / 3;
    let area = Rect { y: inner.y + above, height: inner.height - above, ..inner };
    let mut flow = Flow::new(buf, area, 0);
    for (line, role) in lines {
        flow.text(line, 0, cx.style(*role));
    }
}

/// What stands in a list without rows: nothing fits the filter, or there is nothing, and what to do. From a complete answer only.
pub fn empty(cx: &Cx<'_>, pane: PaneId, nothing: &str, way_out: &str, inner: Rect, buf: &mut Buffer) {
    let view = cx.app.view(pane);
    let lines = if view.filter.is_empty() {
        [(nothing.to_owned(), Role::Text), (way_out.to_owned(), Role::Dim)]
    } else {
        [
            (format!("nothing fits /{}", view.filter), Role::Text),
            (format!("{} hidden; / and an empty line shows all", view.total), Role::Dim),
        ]
    };
    say(cx, &lines, inner, buf);
}
