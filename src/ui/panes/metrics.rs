//! What the scope uses and serves: a row a gauge, and zoomed the chosen one as a chart (see `graph`).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::app::layout;
use crate::app::metrics::{self, Worry};
use crate::app::pane::{PaneId, RowKey};
use crate::app::series::{Gauge, Together, together};
use crate::model::metric::Metric;
use crate::model::service::Service;
use crate::model::time::Millis;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::pen::Pen;
use super::super::kit::spark::spark;
use super::super::kit::table::{Column, GAP, fit};
use super::super::kit::text;
use super::super::kit::unit::Unit;
use super::gauges::{self, Reading, short};
use super::{chrome, graph, list};

const PANE: PaneId = PaneId::Metrics;
/// A value older than this is no more than a memory.
const OLD: Millis = Millis::mins(5);

/// Name, sparkline, now, limit, maximum, average, what else belongs to it.
const COLUMNS: [Column; 7] = [
    Column::fixed(9, 0),
    Column { min: 10, want: 60, rank: 1, grows: true },
    Column::fixed(13, 0),
    Column::fixed(16, 3),
    Column::fixed(15, 2),
    Column::fixed(14, 4),
    Column::upto(20, 60, 5),
];

/// Draws the pane.
pub fn draw(cx: &Cx<'_>, area: Rect, buf: &mut Buffer) {
    let mut title = chrome::scope(cx);
    title.extend(chrome::part(cx, cx.app.timeline.words(), Role::Dim));
    let right = cx.app.timeline.cursor.map(|at| (format!("at {}", cx.app.second(at)).into(), cx.style(Role::Accent)));
    let inner = chrome::frame(cx, PANE, title, right.into_iter().collect(), area, buf);
    if chrome::waiting(cx, PANE, inner, buf) {
        return;
    }
    let services = cx.app.services_in_scope();
    if services.is_empty() || cx.app.view(PANE).rows.is_empty() {
        chrome::empty(cx, PANE, "nothing is measured here", "a service that runs is measured every second", inner, buf);
        return;
    }
    let zoomed = cx.app.zoom && cx.app.focus == PANE;
    let parts = if zoomed { layout::chart_over_rows(inner, cx.app.view(PANE).rows.len()) } else { None };
    let charted = parts.and_then(|(chart, _)| graph::draw(cx, &services, chart, buf));
    let (rows, frame) = match parts {
        Some((_, rows)) => (rows, Rect { y: rows.y.saturating_sub(1), height: rows.height + 2, ..area }),
        None => (inner, area),
    };
    let widths = fit(&COLUMNS, rows.width);
    list::rows(cx, PANE, frame, rows, buf, |key, pen| {
        if let RowKey::Gauge(at) = key
            && let Some(it) = gauges::gauge(*at)
        {
            row(cx, it, &services, charted.as_ref(), &widths, pen);
        }
    });
    chrome::age(cx, inner, buf);
}

/// A row. What stands in the chart above it too reads there as here.
fn row(cx: &Cx<'_>, it: &Gauge, services: &[&Service], charted: Option<&Reading>, widths: &[u16; 7], pen: &mut Pen<'_>) {
    let [first, others @ ..] = it.metrics else { return };
    let unit = gauges::unit(it);
    let n = usize::from(widths[1].max(8));
    let mut reading = gauges::read(cx, services, first, cx.app.axis_of(n), n);
    if let Some(it) = charted.filter(|it| it.metric == *first) {
        reading.agree(it);
    }
    let limit = metrics::limit(services, first);
    pen.cell(it.name, widths[0], cx.style(Role::Dim)).skip(GAP);
    let stop = pen.x().saturating_add(widths[1]);
    if widths[1] > 0 {
        let max = reading.max.unwrap_or(0.0);
        let top = limit.unwrap_or(0.0).max(max);
        // Against its own peak: a limit far above would make every line flat. The limit is said in numbers beside it.
        let top = if max > 0.5 * top { top } else { 1.2 * max };
        let values: Vec<Option<f64>> = reading.cells.iter().map(|it| it.map(|it| it.max)).collect();
        spark(pen, &values, top, |value| cx.style(gauges::role(gauges::worry(cx, first, value, limit), Role::Chart1)));
        pen.to(stop).skip(GAP);
    }
    // Beside other numbers, which are of a minute or of all the time a release has served, a ratio says what it is of.
    let span = cx.app.ratio_span(services.iter().map(|it| &it.id), first);
    now(cx, &reading, span, limit, unit, [widths[2], widths[3]], pen);
    if widths[4] > 0 {
        let name = if reading.bound { "max ≤" } else { "max " };
        let words = reading.max.map(|it| format!("{name}{}", unit.show(it))).unwrap_or_default();
        pen.number(&words, widths[4], cx.style(Role::Dim)).skip(GAP);
    }
    if widths[5] > 0 {
        let words = match reading.avg {
            Some(it) => format!("avg {}", unit.show(it)),
            None if together(first) == Together::Worst && services.len() > 1 && reading.max.is_some() => {
                format!("worst of {}", services.len())
            }
            None => String::new(),
        };
        pen.number(&words, widths[5], cx.style(Role::Dim)).skip(GAP);
    }
    if widths[6] > 0 {
        beside(cx, services, others, unit, widths[6], pen);
    }
}

/// What it reads now, with its share of the limit; where nothing is known of now, what it was and how long ago, dimmed.
fn now(cx: &Cx<'_>, it: &Reading, span: Option<Millis>, limit: Option<f64>, unit: Unit, [width, beside]: [u16; 2], pen: &mut Pen<'_>) {
    let mut words = limit.filter(|_| beside > 0).map(|limit| gauges::of_limit(&it.metric, it.now, limit, unit)).unwrap_or_default();
    if let Some(span) = span.filter(|_| beside > 0) {
        words = format!("within {}", span.short());
    }
    let mut style = cx.style(Role::Dim);
    match (it.now, gauges::stale(cx, it)) {
        (Some(value), _) => {
            let worry = gauges::worry(cx, &it.metric, value, limit);
            pen.number(&format!("{}{}", worry.sign(), unit.show(value)), width, cx.style(gauges::role(worry, Role::Strong)));
            if worry != Worry::None {
                style = cx.style(gauges::role(worry, Role::Dim));
            }
        }
        (None, Some((value, age))) => {
            if age >= OLD {
                style = style.add_modifier(Modifier::DIM);
            }
            pen.number(&unit.show(value), width, style);
            words = format!("{} ago", age.short());
        }
        (None, None) => {
            pen.number("–", width, style);
        }
    }
    pen.skip(GAP);
    if beside > 0 {
        pen.cell(&words, beside, style).skip(GAP);
    }
}

/// The other metrics of a gauge, in words: as many as there is room for, the bad ones first. A number is never cut.
fn beside(cx: &Cx<'_>, services: &[&Service], metrics: &[Metric], unit: Unit, width: u16, pen: &mut Pen<'_>) {
    let stop = pen.x() + width;
    for metric in metrics.iter().rev() {
        let Some(value) = cx.app.reads(services.iter().map(|it| &it.id), metric) else { continue };
        let words = format!("{} {}", short(metric), unit.show(value));
        if text::width(&words) > stop.saturating_sub(pen.x()) {
            break;
        }
        pen.put(&words, cx.style(Role::Dim)).put("  ", cx.style(Role::Dim));
    }
}
