//! The tree of projects and services: what stands how. The row under the cursor, opened, is drawn by `service`.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::facts::Place;
use crate::app::pane::{PaneId, RowKey, Scope};
use crate::model::ids::ProjectId;
use crate::model::incident::Severity;
use crate::model::metric::Metric;
use crate::model::project::{Environment, Project};
use crate::model::service::{Health, Service};
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::spark::spark;
use super::super::kit::table::{Column, GAP, fit};
use super::super::kit::unit::Unit;
use super::super::kit::{glyph, text};
use super::super::words::{self, Sign};
use super::{chrome, list, service};

const PANE: PaneId = PaneId::Projects;

/// Name, state, replicas, sparkline of requests, requests a second, age of what runs, reason.
const COLUMNS: [Column; 7] = [
    Column { min: 14, want: 22, rank: 0, grows: false },
    Column::fixed(12, 1),
    Column::fixed(5, 2),
    Column::upto(8, 24, 4),
    Column::fixed(8, 5),
    Column::fixed(4, 6),
    Column::rest(24, 3),
];

/// Columns of a sparkline where there is no room for columns of a table.
const SPARK: u16 = 8;

/// Draws the pane.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let inner = chrome::frame(cx, PANE, Vec::new(), chrome::filter(cx, PANE).into_iter().collect(), area, buf);
    if chrome::waiting(cx, PANE, inner, buf) {
        return;
    }
    let view = cx.app.view(PANE);
    if view.rows.is_empty() {
        chrome::empty(cx, PANE, "no projects yet", "deploy the first one: trackside deploy PATH-OR-URL", inner, buf);
        return;
    }
    let zoomed = cx.app.zoom && cx.app.focus == PANE;
    let (tree, detail) = split(inner, zoomed, view.rows.len());
    let widths = fit(&COLUMNS, tree.width);
    let frame = Rect { width: (tree.right() + 2).min(area.right()) - area.x, ..area };
    let places = cx.app.open_places();
    list::rows(cx, PANE, frame, tree, buf, |key, pen| match key {
        RowKey::Project(id) => project_row(cx, id, &places, &widths, pen),
        RowKey::Service(id) => {
            if let Some(it) = cx.app.store.services.get(id) {
                service_row(cx, it, &places, &widths, pen);
            }
        }
        _ => {}
    });
    if !detail.is_empty() {
        service::draw(cx, detail, buf);
    }
    chrome::age(cx, inner, buf);
}

/// Zoomed, the row under the cursor is shown in full: at the right of the tree where there is room, else under it.
fn split(inner: Rect, zoomed: bool, rows: usize) -> (Rect, Rect) {
    if !zoomed || inner.height < 10 {
        return (inner, Rect::ZERO);
    }
    if inner.width >= 100 {
        let left = (inner.width * 2 / 5).min(64);
        return (Rect { width: left, ..inner }, Rect { x: inner.x + left + 3, width: inner.width - left - 3, ..inner });
    }
    let above = (rows.min(usize::from(inner.height) / 2) as u16).max(3);
    let detail = Rect { y: inner.y + above + 1, height: inner.height - above - 1, ..inner };
    (Rect { height: above, ..inner }, detail)
}

fn project_row(cx: &Cx<'_>, id: &ProjectId, places: &BTreeSet<Place<'_>>, widths: &[u16; 7], pen: &mut Pen<'_>) {
    let Some(project) = cx.app.store.projects.get(id) else { return };
    let folded = cx.app.folded.contains(id);
    let mut services = cx.app.store.services.values().filter(|it| it.project == *id).peekable();
    let bare = services.peek().is_none();
    let (mut live, mut all, mut worst) = (0_usize, 0_usize, None::<&Health>);
    for it in services {
        all += 1;
        live += usize::from(it.serves());
        if worst.is_none_or(|worst| it.health.rank() < worst.rank()) {
            worst = Some(&it.health);
        }
    }
    let here = matches!(&cx.app.scope, Scope::Project(it) if it == id);
    // Of its services it is said beside them, unless they are folded away.
    let open = places.iter().find(|it| it.project == id && (folded || it.service.is_none())).map(|it| it.severity);
    let stop = pen.x().saturating_add(widths[0]);
    let arrow = if folded { glyph::FOLDED } else { glyph::OPEN };
    pen.put(if bare { " " } else { arrow }, cx.style(Role::Dim)).put(" ", cx.style(Role::Text));
    if widths[1] == 0 || widths[2] == 0 {
        let sign = worst.map_or(Sign { glyph: glyph::OFF, word: "", role: Role::Dim }, words::health);
        let role = if here { Role::Accent } else { Role::Strong };
        let count = format!("{live}/{all}");
        narrow(cx, &Narrow { name: &project.name, sign, words: [&count, &count], role, open, of: None }, pen);
        return;
    }
    name(cx, &project.name, if here { Role::Accent } else { Role::Strong }, open, stop, pen);
    let sign = worst.map(words::health);
    let count = format!("{live}/{all}");
    // A project that is well needs no word; an unwell one says what its worst service has.
    let sign = sign.map(|it| if worst == Some(&Health::Live) { Sign { word: "", ..it } } else { it });
    state(cx, sign, &count, widths, pen);
    if widths[6] > 0 {
        pen.to(stop + GAP + widths[1..6].iter().filter(|it| **it > 0).map(|it| it + GAP).sum::<u16>());
        pen.fit(&environments(project), cx.style(Role::Dim));
    }
}

fn environments(project: &Project) -> String {
    let names: Vec<String> = project.environments.iter().map(Environment::words).collect();
    names.join(", ")
}

fn service_row(cx: &Cx<'_>, it: &Service, places: &BTreeSet<Place<'_>>, widths: &[u16; 7], pen: &mut Pen<'_>) {
    let here = matches!(&cx.app.scope, Scope::Service(id) if *id == it.id);
    let stop = pen.x().saturating_add(widths[0]);
    let mut sign = words::health(&it.health);
    if it.health == Health::Deploying {
        sign.glyph = cx.spinner();
    }
    let count = format!("{}/{}", it.up(), it.desired);
    pen.put(" ", cx.style(Role::Text)).put(if here { glyph::DOT } else { " " }, cx.style(Role::Accent)).put(" ", cx.style(Role::Text));
    let role = if here { Role::Accent } else { Role::Text };
    let open = places.iter().find(|one| one.service == Some(&it.id)).map(|it| it.severity);
    if widths[1] == 0 || widths[2] == 0 {
        // Who is well is known by the count; who is not says it in words.
        let words = if sign.role == Role::Ok { count.as_str() } else { sign.word };
        narrow(cx, &Narrow { name: &it.name, sign, words: [words, &count], role, open, of: Some(it) }, pen);
        return;
    }
    name(cx, &it.name, role, open, stop, pen);
    state(cx, Some(sign), &count, widths, pen);
    if widths[3] > 0 {
        requests(cx, it, widths[3], pen);
    }
    if widths[4] > 0 {
        let rate = cx.app.metrics.latest(&it.id, &Metric::Requests).map(|(_, value)| Unit::PerSecond.show(value));
        pen.number(rate.as_deref().unwrap_or(""), widths[4], cx.style(Role::Dim)).skip(GAP);
    }
    if widths[5] > 0 {
        let since = it.live.as_ref().and_then(|id| cx.app.deployment(id)).and_then(|it| it.live_from);
        let age = since.map(|at| cx.app.ago(at)).unwrap_or_default();
        pen.number(&age, widths[5], cx.style(Role::Dim)).skip(GAP);
    }
    if widths[6] > 0 {
        let reason = it.reason.as_deref().unwrap_or_default();
        pen.fit(reason, cx.style(if it.health.rank() < 2 { Role::Warn } else { Role::Dim }));
    }
}

/// The name, and at the end of its column the worst that is open on it.
fn name(cx: &Cx<'_>, name: &str, role: Role, open: Option<&Severity>, stop: u16, pen: &mut Pen<'_>) {
    let badge = open.map(Severity::label).unwrap_or_default();
    let width = text::width(&badge);
    list::look_alike(cx, name, pen);
    let room = stop.saturating_sub(pen.x() + width + u16::from(width > 0));
    pen.cell(name, room, cx.style(role)).to(stop.saturating_sub(width));
    if let Some(it) = open {
        pen.put(&badge, cx.style(words::severity(it)));
    }
    pen.skip(GAP);
}

/// A row where there is no room for columns.
struct Narrow<'a> {
    name: &'a str,
    sign: Sign<'a>,
    /// The one word that says most, and the count that may stand in its place.
    words: [&'a str; 2],
    role: Role,
    open: Option<&'a Severity>,
    /// Whose sparkline it has, where there is still room.
    of: Option<&'a Service>,
}

/// The sign, the name, and at the right end the word.
fn narrow(cx: &Cx<'_>, it: &Narrow<'_>, pen: &mut Pen<'_>) {
    let Narrow { name, sign, words: [word, count], role, open, of } = *it;
    let well = sign.role == Role::Ok;
    pen.put(sign.glyph, cx.style(sign.role)).put(" ", cx.style(Role::Text));
    list::look_alike(cx, name, pen);
    // The name is never cut for both: what customers feel goes before the word, of which the count is then left, and the word before
    // what is milder.
    let room = pen.left();
    let both = |word| text::width(name) + 1 + text::width(word) + 3 <= room;
    let felt = open.is_some_and(|it| *it <= Severity::P2);
    let (word, open) = if both(word) {
        (word, open)
    } else if felt && both(count) {
        (count, open)
    } else if felt {
        ("", open)
    } else {
        (word, None)
    };
    pen.right(word, cx.style(if well { Role::Dim } else { sign.role })).right(" ", cx.style(Role::Text));
    if let Some(it) = open {
        pen.right(&it.label(), cx.style(words::severity(it))).right(" ", cx.style(Role::Text));
    }
    let stop = pen.x().saturating_add(pen.left());
    let spark = of.filter(|_| pen.left() > text::width(name) + SPARK + 1);
    pen.fit(name, cx.style(role));
    if let Some(it) = spark {
        pen.to(stop - SPARK);
        requests(cx, it, SPARK, pen);
    }
}

/// Glyph and word, then the count.
fn state(cx: &Cx<'_>, sign: Option<Sign<'_>>, count: &str, widths: &[u16; 7], pen: &mut Pen<'_>) {
    let Some(sign) = sign else {
        pen.skip(widths[1] + GAP + widths[2] + GAP);
        return;
    };
    let stop = pen.x().saturating_add(widths[1]);
    pen.put(sign.glyph, cx.style(sign.role)).put(" ", cx.style(Role::Text));
    let room = stop.saturating_sub(pen.x());
    let role = cx.style(if sign.role == Role::Ok { Role::Dim } else { sign.role });
    pen.cell(sign.word, room, role).skip(GAP).number(count, widths[2], role).skip(GAP);
}

fn requests(cx: &Cx<'_>, it: &Service, width: u16, pen: &mut Pen<'_>) {
    let axis = cx.app.axis_of(usize::from(width));
    let cells = |metric| cx.app.metrics.cells([&it.id], &metric, axis.from, axis.to, usize::from(width));
    let mut cells_of = cells(Metric::Requests);
    if cells_of.iter().all(Option::is_none) {
        // Who takes no requests still works.
        cells_of = cells(Metric::Cpu);
    }
    let values: Vec<Option<f64>> = cells_of.into_iter().map(|it| it.map(|it| it.max)).collect();
    let top = values.iter().flatten().copied().fold(0.0, f64::max);
    let stop = pen.x().saturating_add(width);
    spark(pen, &values, top, |_| cx.style(Role::Chart1));
    pen.to(stop).skip(GAP);
}
