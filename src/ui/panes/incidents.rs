//! Incidents by severity and clock. The opened one is drawn by `incident`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::pane::{PaneId, RowKey};
use crate::model::incident::Incident;
use crate::seeded::bug;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::table::{Column, GAP, fit};
use super::super::kit::text;
use super::super::words;
use super::super::worst::clock;
use super::{chrome, incident, list};

const PANE: PaneId = PaneId::Incidents;

/// Severity, title, clock, steps, service, status, when it began.
const COLUMNS: [Column; 7] = [
    Column::fixed(4, 0),
    Column { min: 14, want: 60, rank: 1, grows: true },
    Column::upto(11, 18, 2),
    Column::fixed(3, 3),
    Column::upto(16, 18, 6),
    Column::fixed(14, 4),
    Column::fixed(8, 5),
];
/// Columns of the clock where one stands still: until when it waits, and where there is room, what is left of it then.
const WAITING: (u16, u16) = (16, 37);
/// From this width on there is room for how far it has come, and from that on for its steps: before, the title needs it.
const FOR_STATUS: u16 = 84;
/// And for its service, which most titles begin with.
const FOR_SERVICE: u16 = 110;
const FOR_STEPS: u16 = 50;
const ORDER: [usize; 7] = [0, 4, 1, 5, 6, 2, 3];

/// Draws the pane.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let zoomed = cx.app.zoom && cx.app.focus == PANE;
    if let Some(it) = cx.app.open_incident().filter(|_| zoomed || cx.areas.size <= crate::app::layout::Size::Medium) {
        incident::draw(cx, it, area, buf);
        return;
    }
    let open = cx.app.incidents_in_scope().filter(|it| it.is_open()).count();
    let mut right: Vec<_> = chrome::filter(cx, PANE).into_iter().collect();
    if open > 0 {
        right.push((format!("{open} open").into(), cx.style(Role::Warn)));
    }
    let inner = chrome::frame(cx, PANE, chrome::scope(cx), right, area, buf);
    if chrome::waiting(cx, PANE, inner, buf) {
        return;
    }
    if cx.app.view(PANE).rows.is_empty() {
        nothing(cx, inner, buf);
        return;
    }
    let waits = cx.app.incidents_in_scope().any(|it| cx.app.response(it).is_some_and(|it| it.paused.is_some()));
    let widths = fit(&columns(inner.width, waits), inner.width);
    list::rows(cx, PANE, area, inner, buf, |key, pen| {
        if let RowKey::Incident(id) = key
            && let Some(it) = cx.app.incident(id)
        {
            row(cx, it, &widths, pen);
        }
    });
    chrome::age(cx, inner, buf);
}

fn columns(width: u16, waits: bool) -> [Column; 7] {
    let mut it = COLUMNS;
    if waits {
        (it[2].min, it[2].want) = WAITING;
    }
    for (column, from) in [(3, FOR_STEPS), (5, FOR_STATUS), (6, FOR_STATUS), (4, FOR_SERVICE)] {
        if width < from {
            it[column].min = 0;
        }
    }
    it
}

/// "No incidents" is only ever said from a complete, fresh answer.
fn nothing(cx: &Cx<'_>, inner: Rect, buf: &mut Buffer) {
    let elsewhere = cx.app.store.incidents.values().filter(|it| it.is_open()).count();
    if cx.app.fresh() && elsewhere > 0 && cx.app.view(PANE).filter.is_empty() {
        let lines = [("✓ none here".to_owned(), Role::Text), (format!("{elsewhere} open outside of what is shown"), Role::Warn)];
        chrome::say(cx, &lines, inner, buf);
        return;
    }
    if cx.app.fresh() || bug("false_all_clear") {
        chrome::empty(cx, PANE, "✓ no incidents", "they open by themselves when a rule of the platform is broken", inner, buf);
        return;
    }
    let lines = [("? none were known when the platform was last heard".to_owned(), Role::Unknown), (cx.app.link_words().text, Role::Dim)];
    chrome::say(cx, &lines, inner, buf);
}

fn row(cx: &Cx<'_>, it: &Incident, widths: &[u16; 7], pen: &mut Pen<'_>) {
    let sign = words::incident(&it.status);
    for column in ORDER {
        let width = widths[column];
        if width == 0 {
            continue;
        }
        match column {
            0 => {
                let role = if it.is_open() { words::severity(&it.severity) } else { Role::Dim };
                pen.put(&format!(" {} ", it.severity.label()), cx.style(role));
            }
            1 => title(cx, it, width, pen),
            2 => {
                let role = cx.app.response(it).map_or(Role::Dim, |it| words::heat(it.heat));
                pen.cell(&said(cx, it, widths[5] == 0, width), width, cx.style(role));
            }
            3 => {
                pen.number(&format!("{}/{}", it.ticked(), it.steps.len()), width, cx.style(Role::Dim));
            }
            4 => {
                let name = it.service.as_ref().map_or_else(|| cx.app.project_name(&it.project), |id| cx.app.service_name(id));
                pen.cell(name, width, cx.style(if it.is_open() { Role::Text } else { Role::Dim }));
            }
            5 => {
                pen.put(sign.glyph, cx.style(sign.role)).put(" ", cx.style(Role::Text)).cell(
                    sign.word,
                    width.saturating_sub(2),
                    cx.style(sign.role),
                );
            }
            _ => {
                pen.number(&format!("{} ago", cx.app.ago(it.opened)), width, cx.style(Role::Dim));
            }
        }
        pen.skip(GAP);
    }
}

/// What is wrong, and where there is room, what began with the same release: one bug, perhaps, that shows in two places.
fn title(cx: &Cx<'_>, it: &Incident, width: u16, pen: &mut Pen<'_>) {
    let look = cx.style(if it.is_open() { Role::Strong } else { Role::Dim });
    let twins = cx.app.twins(it);
    let names: Vec<&str> = twins.iter().filter_map(|it| it.service.as_ref()).map(|id| cx.app.service_name(id)).collect();
    let also = format!("  also {}, same release", names.join(", "));
    let stop = pen.x().saturating_add(width);
    let first = it.title.lines().next().unwrap_or_default();
    if names.is_empty() || text::width(first).saturating_add(text::width(&also)) > width {
        pen.cell(&it.title, width, look);
        return;
    }
    pen.put(first, look).put(&also, cx.style(Role::Dim)).to(stop);
}

/// The clock, or who has it; with the sign of how far it has come where no column says that. Numbers are never cut: the words
/// around them go first.
fn said(cx: &Cx<'_>, it: &Incident, signed: bool, width: u16) -> String {
    let words = clock(cx.app, it);
    let running = cx.app.response(it);
    let short = running.map_or_else(|| words.split(',').next().unwrap_or_default().to_owned(), |it| cx.app.clock_short(&it));
    let sign = if signed && running.is_none() { words::incident(&it.status).glyph } else { "" };
    let with = |words: String| format!("{sign} {words}").trim_start().to_owned();
    let whole = with(words);
    if text::width(&whole) <= width { whole } else { with(short) }
}
