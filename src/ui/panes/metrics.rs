//! What the scope uses and serves: a row a gauge, and zoomed the chosen one as a chart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::pane::{PaneId, RowKey};
use crate::app::series::Gauge;
use crate::model::metric::Metric;
use crate::model::service::Service;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::chart::{self, Chart, Line, Mark, Span};
use super::super::kit::pen::Pen;
use super::super::kit::spark::spark;
use super::super::kit::table::{Column, GAP, fit};
use super::super::kit::text;
use super::super::kit::unit::Unit;
use super::super::{timeline, words};
use super::gauges::{self, Reading};
use super::{chrome, list};

const PANE: PaneId = PaneId::Metrics;

/// Name, sparkline, now, limit, maximum, average, what else belongs to it.
const COLUMNS: [Column; 7] = [
    Column::fixed(9, 0),
    Column { min: 14, want: 60, rank: 1, grows: true },
    Column::fixed(10, 0),
    Column::fixed(11, 3),
    Column::fixed(14, 2),
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
    let zoomed = cx.app.zoom && cx.app.focus == PANE && inner.height >= 10;
    let rows = if zoomed { charted(cx, &services, inner, buf) } else { inner };
    let widths = fit(&COLUMNS, rows.width);
    let frame = if zoomed { Rect { y: rows.y.saturating_sub(1), height: rows.height + 2, ..area } } else { area };
    list::rows(cx, PANE, frame, rows, buf, |key, pen| {
        if let RowKey::Gauge(at) = key
            && let Some(it) = gauges::gauge(*at)
        {
            row(cx, it, &services, &widths, pen);
        }
    });
    chrome::age(cx, inner, buf);
}

fn row(cx: &Cx<'_>, it: &Gauge, services: &[&Service], widths: &[u16; 7], pen: &mut Pen<'_>) {
    let [first, others @ ..] = it.metrics else { return };
    let unit = gauges::unit(it);
    let reading = gauges::read(cx, services, first, usize::from(widths[1].max(8)));
    let limit = gauges::limit(services, first);
    pen.cell(it.name, widths[0], cx.style(Role::Dim)).skip(GAP);
    let stop = pen.x().saturating_add(widths[1]);
    if widths[1] > 0 {
        let top = limit.unwrap_or(0.0).max(reading.max.unwrap_or(0.0));
        // Against its own peak: a limit far above would make every line flat. The limit is said in numbers beside it.
        let top = if reading.max.is_some_and(|max| max > 0.5 * top) { top } else { 1.2 * reading.max.unwrap_or(top) };
        spark(pen, &reading.values, top, |value| {
            let role = gauges::role(first, value, limit);
            cx.style(if role == Role::Text { Role::Chart1 } else { role })
        });
        pen.to(stop).skip(GAP);
    }
    let role = reading.now.map_or(Role::Dim, |it| gauges::role(first, it, limit));
    let now = reading.now.map_or_else(|| "–".to_owned(), |it| unit.show(it));
    pen.number(&now, widths[2], cx.style(if role == Role::Text { Role::Strong } else { role })).skip(GAP);
    if widths[3] > 0 {
        let words = limit.map(|it| format!("of {}", unit.show(it))).unwrap_or_default();
        pen.cell(&words, widths[3], cx.style(Role::Dim)).skip(GAP);
    }
    for (column, name, value) in [(4, "max", reading.max), (5, "avg", reading.avg)] {
        if widths[column] > 0 {
            let words = value.map(|it| format!("{name} {}", unit.show(it))).unwrap_or_default();
            pen.number(&words, widths[column], cx.style(Role::Dim)).skip(GAP);
        }
    }
    if widths[6] > 0 {
        beside(cx, services, others, unit, widths[6], pen);
    }
}

/// The other metrics of a gauge, in words: as many as there is room for, the bad ones first. A number is never cut.
fn beside(cx: &Cx<'_>, services: &[&Service], metrics: &[Metric], unit: Unit, width: u16, pen: &mut Pen<'_>) {
    let stop = pen.x() + width;
    for metric in metrics.iter().rev() {
        let Some(value) = gauges::now(cx, services, metric) else { continue };
        let words = format!("{} {}", short(metric), unit.show(value));
        if text::width(&words) > stop.saturating_sub(pen.x()) {
            break;
        }
        pen.put(&words, cx.style(Role::Dim)).put("  ", cx.style(Role::Dim));
    }
}

fn short(metric: &Metric) -> &str {
    match metric {
        Metric::Requests => "all",
        Metric::NetIn => "in",
        Metric::NetOut => "out",
        Metric::DiskRead => "read",
        Metric::DiskWrite => "written",
        it => it.word().trim_start_matches("requests_"),
    }
}

/// Draws the chart of the chosen gauge, and gives back the place left for the rows.
fn charted(cx: &Cx<'_>, services: &[&Service], inner: Rect, buf: &mut Buffer) -> Rect {
    let rows = (cx.app.view(PANE).rows.len() as u16).min(inner.height / 3).max(2);
    let place = Rect { height: inner.height - rows - 1, ..inner };
    let chosen = match cx.app.row(PANE) {
        Some(RowKey::Gauge(at)) => gauges::gauge(*at),
        _ => None,
    };
    if let Some(it) = chosen {
        chart(cx, it, services, place, buf);
    }
    Rect { y: inner.y + place.height + 1, height: rows, ..inner }
}

fn chart(cx: &Cx<'_>, it: &Gauge, services: &[&Service], area: Rect, buf: &mut Buffer) {
    let Some(first) = it.metrics.first() else { return };
    let (unit, limit) = (gauges::unit(it), gauges::limit(services, first));
    let n = chart::columns(area.width);
    // What went well is most of it, and says nothing the sum does not say.
    let drawn = it.metrics.iter().filter(|it| !matches!(it, Metric::Requests2xx | Metric::Requests3xx));
    let readings: Vec<(Reading, Role)> =
        drawn.zip(0..).map(|(metric, i)| (gauges::read(cx, services, metric, n * 2), line_role(metric, i))).collect();
    let max = readings.iter().filter_map(|(it, _)| it.max).fold(0.0, f64::max);
    let near = limit.filter(|it| max > 0.4 * it).unwrap_or(0.0);
    let top = unit.ceiling(max.max(near));
    legend(cx, it, &readings, limit, Rect { height: 1, ..area }, buf);
    let lines: Vec<Line> = readings.into_iter().rev().map(|(it, role)| Line { values: it.values, style: cx.style(role) }).collect();
    let axis = cx.app.axis_of(n);
    let times = timeline::times(cx, axis, n);
    let marks: Vec<Mark> = cx.app.marks(n).iter().map(|it| Mark { at: it.cell, style: cx.style(Role::Marker) }).collect();
    let spans: Vec<Span> =
        cx.app.spans(n).iter().map(|it| Span { from: it.cells.0, to: it.cells.1, style: cx.style(span_role(&it.severity)) }).collect();
    let levels: Vec<_> = gauges::levels(first, limit)
        .into_iter()
        .zip([Role::Warn, Role::Bad])
        .filter_map(|(value, role)| Some((value?, cx.style(role))))
        .collect();
    let cursor = axis.cursor.and_then(|at| axis.cell(at, n)).map(|at| Mark { at, style: cx.style(Role::TimeCursor) });
    Chart {
        lines: &lines,
        top,
        label: &|value| unit.tick(value),
        times: &times,
        marks: &marks,
        spans: &spans,
        levels: &levels,
        cursor,
        axis: cx.style(Role::Axis),
        text: cx.style(Role::Dim),
    }
    .draw(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, buf);
}

/// What each line of the chart is, and what it reads now.
fn legend(cx: &Cx<'_>, it: &Gauge, readings: &[(Reading, Role)], limit: Option<f64>, row: Rect, buf: &mut Buffer) {
    let unit = gauges::unit(it);
    let mut pen = Pen::new(buf, row);
    pen.put(it.name, cx.style(Role::Strong)).put("   ", cx.style(Role::Text));
    for (reading, role) in readings {
        let now = reading.now.map_or_else(|| "–".to_owned(), |it| unit.show(it));
        pen.put("━ ", cx.style(*role)).put(short(&reading.metric), cx.style(Role::Dim)).put(" ", cx.style(Role::Dim));
        pen.put(&now, cx.style(Role::Strong)).put("   ", cx.style(Role::Text));
    }
    if let Some((reading, _)) = readings.first() {
        let words = [("avg", reading.avg), ("max", reading.max), ("limit", limit)];
        let words = words.into_iter().filter_map(|(name, value)| value.map(|it| format!("{name} {}", unit.show(it))));
        pen.right(&words.collect::<Vec<_>>().join("  "), cx.style(Role::Dim));
    }
}

const fn line_role(metric: &Metric, at: usize) -> Role {
    match (metric, at) {
        (Metric::Requests5xx | Metric::ErrorRatio, _) => Role::Bad,
        (Metric::Requests4xx, _) => Role::Warn,
        (_, 0) => Role::Chart1,
        (_, 1) => Role::Chart2,
        (_, 2) => Role::Chart3,
        _ => Role::Chart4,
    }
}

/// A span is a line: a P1's own ground would be a bar.
pub const fn span_role(severity: &crate::model::incident::Severity) -> Role {
    match words::severity(severity) {
        Role::P1 => Role::Bad,
        other => other,
    }
}
