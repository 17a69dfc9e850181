//! The chosen gauge as a chart: its lines, what lies behind them, the limits, and what was deployed and what was wrong meanwhile.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::action::Reason;
use crate::app::facts::Mood;
use crate::app::marks::Mark as Deployed;
use crate::app::metrics::{self, Shift, Worry};
use crate::app::pane::{PaneId, RowKey};
use crate::app::series::{Cell, Gauge, Together, together};
use crate::app::timeline::Axis;
use crate::model::metric::Metric;
use crate::model::service::Service;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::chart::{self, Chart, Level, Line, Mark, Span};
use super::super::kit::pen::Pen;
use super::super::kit::raster::Dots;
use super::super::kit::text;
use super::super::kit::unit::{Scale, Unit};
use super::super::{lanes, timeline};
use super::gauges::{self, Reading, short};

const PANE: PaneId = PaneId::Metrics;
/// Services that have a line of their own at once: more are no lines but wool.
const SERVICES: usize = 8;
/// Rows that the legend may take.
const LEGEND: u16 = 3;
/// From this share of a limit on, the limit is on the chart; under it, it would press the line flat.
const NEAR: f64 = 0.4;

/// A line of the chart with its entry in the legend.
struct Entry {
    name: String,
    reading: Reading,
    role: Role,
    mark: Option<char>,
}

/// Draws the chart of the chosen gauge, and gives back what it says of all services together, if it does.
pub fn draw(cx: &Cx<'_>, services: &[&Service], area: Rect, buf: &mut Buffer) -> Option<Reading> {
    let Some(RowKey::Gauge(at)) = cx.app.row(PANE) else { return None };
    graph(cx, gauges::gauge(*at)?, services, area, buf)
}

fn graph(cx: &Cx<'_>, it: &Gauge, services: &[&Service], area: Rect, buf: &mut Buffer) -> Option<Reading> {
    let first = it.metrics.first()?;
    let (n, unit) = (chart::dots(area.width), gauges::unit(it));
    let axis = cx.app.axis_of(n / 2);
    let apart = cx.app.charts.apart && services.len() > 1;
    let (entries, left_out) = if apart { by_service(cx, services, first, axis, n) } else { (by_metric(cx, it, services, axis, n), 0) };
    let limit = if apart { None } else { metrics::limit(services, first) };
    let behind = cx.app.behind();
    let ghost = behind.as_ref().ok().and_then(Option::as_ref).map(|shift| ghost(cx, services, first, axis, n, shift));

    let mut pieces = legend(cx, it, services, &entries, limit);
    if left_out > 0 {
        pieces.push(vec![(format!("and {left_out} quieter services, not drawn"), cx.style(Role::Dim))]);
    }
    pieces.extend(said_behind(cx, &behind, ghost.as_deref(), unit));
    let used = flow(&pieces, Rect { height: area.height.min(LEGEND), ..area }, buf);
    let used = used + then(cx, services, Rect { y: area.y + used, height: area.height.saturating_sub(used).min(1), ..area }, buf);
    let plot = Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area };

    let max = entries.iter().filter_map(|it| it.reading.max).fold(0.0, f64::max);
    let max = ghost.iter().flatten().flatten().map(|it| it.max).fold(max, f64::max);
    let near = limit.filter(|it| max > NEAR * it).unwrap_or(0.0);
    let scale = unit.scale(max.max(near), (plot.height / 3).clamp(1, 8));
    let mut lines: Vec<Line> = entries.iter().rev().map(|it| line(&it.reading.cells, cx.style(it.role), it.mark)).collect();
    if let Some(cells) = &ghost {
        lines.insert(0, line(cells, cx.style(Role::Axis), None));
    }
    let levels = gauges::levels(cx, first, limit).into_iter().filter(|_| !apart);
    let levels: Vec<Level> = levels.map(|(at, name, role)| Level { at, name, style: cx.style(role) }).collect();
    on_time(cx, axis, &lines, &scale, &levels, plot, buf);
    entries.into_iter().map(|it| it.reading).find(|it| !apart && it.metric == *first)
}

/// Draws the chart with all that stands on its time axis.
fn on_time(cx: &Cx<'_>, axis: Axis, lines: &[Line], scale: &Scale, levels: &[Level], plot: Rect, buf: &mut Buffer) {
    let n = chart::columns(plot.width);
    let marks: Vec<Mark> = cx.app.marks(n).iter().map(|it| deployed(cx, it)).collect();
    let spans = cx.app.spans(n);
    let spans: Vec<Span> = spans
        .iter()
        .map(|it| Span { from: it.cells.0, to: it.cells.1, label: it.severity.label(), style: cx.style(lanes::stroke(&it.severity)) })
        .collect();
    Chart {
        lines,
        scale,
        dots: match (cx.app.settings.ascii || cx.app.slow, cx.app.settings.dots) {
            (true, _) | (_, metrics::Dots::Ascii) => Dots::Ascii,
            (_, metrics::Dots::Block) => Dots::Block,
            (_, metrics::Dots::Braille) => Dots::Braille,
        },
        times: &timeline::times(cx, axis, n),
        marks: &marks,
        spans: &spans,
        levels,
        cursor: axis.cursor.and_then(|at| axis.cell(at, n)).map(|at| (at, cx.style(Role::TimeCursor))),
        axis: cx.style(Role::Axis),
        text: cx.style(Role::Dim),
    }
    .draw(plot, buf);
}

fn deployed(cx: &Cx<'_>, it: &Deployed) -> Mark {
    let (sign, role) = match it.mood {
        Mood::Bad => ('✗', Role::Bad),
        Mood::Busy => ('◐', Role::Busy),
        Mood::Good | Mood::Warn => ('▲', Role::Marker),
    };
    let style = cx.style(role);
    Mark { at: it.cell, sign, style: if it.lit { style.add_modifier(Modifier::BOLD) } else { style } }
}

fn line(cells: &[Option<Cell>], style: Style, mark: Option<char>) -> Line {
    Line { values: cells.iter().map(|it| it.map(|it| (it.min, it.max))).collect(), style, mark }
}

/// A line for each metric of the gauge of which anything is known.
fn by_metric(cx: &Cx<'_>, it: &Gauge, services: &[&Service], axis: Axis, n: usize) -> Vec<Entry> {
    let readings = it.metrics.iter().map(|metric| gauges::read(cx, services, metric, axis, n));
    let mut readings: Vec<Reading> = readings.filter(|it| it.max.is_some() || it.now.is_some()).collect();
    // Where each class is drawn, their sum says nothing they do not say.
    if readings.iter().any(|it| it.metric == Metric::Requests2xx) {
        readings.retain(|it| it.metric != Metric::Requests);
    }
    let several = readings.len() > 1;
    let entry = |(reading, at): (Reading, usize)| Entry {
        name: if several { short(&reading.metric).to_owned() } else { String::new() },
        role: line_role(&reading.metric, at),
        mark: several.then(|| mark(&reading.metric, at)),
        reading,
    };
    readings.into_iter().zip(0..).map(entry).collect()
}

/// A line for each service, those with the highest first; and how many were left out.
fn by_service(cx: &Cx<'_>, services: &[&Service], metric: &Metric, axis: Axis, n: usize) -> (Vec<Entry>, usize) {
    let readings = services.iter().map(|it| (*it, gauges::read(cx, &[*it], metric, axis, n)));
    let mut readings: Vec<(&Service, Reading)> = readings.filter(|(_, it)| it.max.is_some()).collect();
    readings.sort_by(|(_, a), (_, b)| b.max.unwrap_or(0.0).total_cmp(&a.max.unwrap_or(0.0)));
    let left_out = readings.len().saturating_sub(SERVICES);
    readings.truncate(SERVICES);
    let entry = |((service, reading), mark): ((&Service, Reading), char)| Entry {
        name: service.name.to_string(),
        reading,
        role: cx.service(&service.id),
        mark: Some(mark),
    };
    (readings.into_iter().zip('a'..='z').map(entry).collect(), left_out)
}

/// The first metric at the other time, each cell where it is to be compared.
fn ghost(cx: &Cx<'_>, services: &[&Service], metric: &Metric, axis: Axis, n: usize, shift: &Shift) -> Vec<Option<Cell>> {
    let (from, to) = (axis.from - shift.by, axis.to - shift.by);
    let mut cells = cx.app.metrics.cells(services.iter().map(|it| &it.id), metric, from, to, n);
    if let Some((began, ended)) = shift.within {
        let then = Axis { from, to, cursor: None };
        for (at, cell) in cells.iter_mut().enumerate() {
            let at = then.start(at as i64, n);
            if at < began || at >= ended {
                *cell = None;
            }
        }
    }
    cells
}

/// Words that stay together.
type Piece = Vec<(String, Style)>;

/// What each line of the chart is, and what it reads now.
fn legend(cx: &Cx<'_>, it: &Gauge, services: &[&Service], entries: &[Entry], limit: Option<f64>) -> Vec<Piece> {
    let unit = gauges::unit(it);
    let mut pieces: Vec<Piece> = vec![vec![(it.title.to_owned(), cx.style(Role::Strong))]];
    let several = entries.len() > 1;
    for entry in entries {
        let style = cx.style(entry.role);
        let mut piece: Piece = vec![(entry.mark.map_or_else(|| "━ ".to_owned(), |mark| format!("{mark}━ ")), style)];
        if !entry.name.is_empty() {
            piece.push((format!("{} ", entry.name), cx.style(Role::Dim)));
        }
        let worry = entry.reading.now.map_or(Worry::None, |now| gauges::worry(cx, &entry.reading.metric, now, limit));
        let now = entry.reading.now.map_or_else(|| "–".to_owned(), |it| unit.show(it));
        if !several {
            // What is said elsewhere of a longer time is another number.
            let when = if cx.app.timeline.cursor.is_some() { "then " } else { "now " };
            piece.push((when.to_owned(), cx.style(Role::Dim)));
        }
        piece.push((format!("{}{now}", worry.sign()), cx.style(gauges::role(worry, Role::Strong))));
        if several && entry.name.len() + now.len() < 24 {
            piece.extend(entry.reading.max.map(|it| (format!(" max {}", unit.show(it)), cx.style(Role::Dim))));
        }
        pieces.push(piece);
    }
    if let ([entry], false) = (entries, several) {
        let bound = if entry.reading.bound { "≤" } else { "" };
        let words = [("avg ", "", entry.reading.avg), ("max ", bound, entry.reading.max)];
        let words = words.into_iter().filter_map(|(name, bound, it)| it.map(|it| format!("{name}{bound}{}", unit.show(it))));
        pieces.extend(words.map(|it| vec![(it, cx.style(Role::Dim))]));
        if let Some(limit) = limit {
            pieces.push(vec![(gauges::of_limit(&entry.reading.metric, entry.reading.now, limit, unit), cx.style(Role::Dim))]);
        }
    }
    if it.metrics.first().is_some_and(|it| together(it) == Together::Worst) && services.len() > 1 && !cx.app.charts.apart {
        pieces.push(vec![(format!("each the worst of {} services", services.len()), cx.style(Role::Dim))]);
    }
    if entries.is_empty() {
        pieces.push(vec![("nothing is known of it in this time".to_owned(), cx.style(Role::Dim))]);
    }
    pieces
}

/// What lies behind the chart, or why nothing does.
fn said_behind(cx: &Cx<'_>, behind: &Result<Option<Shift>, Reason>, ghost: Option<&[Option<Cell>]>, unit: Unit) -> Option<Piece> {
    let shift = match behind {
        Ok(Some(it)) => it,
        Ok(None) => return None,
        Err(why) => return Some(vec![(why.to_string(), cx.style(Role::Warn))]),
    };
    let max = ghost.unwrap_or_default().iter().flatten().map(|it| it.max).reduce(f64::max);
    let words = match max {
        Some(max) => format!("{}, max {}", shift.name, unit.show(max)),
        None if cx.app.metrics_on_their_way() => format!("{}: loading…", shift.name),
        None => format!("{}: nothing is kept of then", shift.name),
    };
    Some(vec![("━ ".to_owned(), cx.style(Role::Axis)), (words, cx.style(Role::Dim))])
}

/// Writes `pieces` one after the other into as many rows as they take and there are, and says how many.
fn flow(pieces: &[Piece], area: Rect, buf: &mut Buffer) -> u16 {
    let (mut row, mut x) = (0, 0);
    for piece in pieces {
        let need: u16 = piece.iter().map(|(it, _)| text::width(it)).sum();
        if x > 0 && x + need > area.width {
            (row, x) = (row + 1, 2);
        }
        if row >= area.height {
            return area.height;
        }
        let mut pen = Pen::new(buf, Rect { x: area.x + x, y: area.y + row, width: area.width.saturating_sub(x), height: 1 });
        for (words, style) in piece {
            pen.fit(words, *style);
        }
        x = x.saturating_add(need + 3);
    }
    row + 1
}

/// What was live at the time cursor, and what was open: a row, while there is one.
fn then(cx: &Cx<'_>, services: &[&Service], row: Rect, buf: &mut Buffer) -> u16 {
    let (Some(at), false) = (cx.app.timeline.cursor, row.is_empty()) else { return 0 };
    let open = cx.app.open_then_worst_first();
    // Of what served, that which the worst is about comes first: the end of the row may be cut.
    let ill = |it: &Service| open.iter().position(|one| one.service.as_ref() == Some(&it.id)).unwrap_or(usize::MAX);
    let mut live: Vec<_> = services.iter().filter_map(|it| Some((*it, cx.app.live_at(&it.id, at)?))).collect();
    live.sort_by_key(|(service, one)| (ill(service), std::cmp::Reverse(one.live_from)));
    let live: Vec<String> = live
        .into_iter()
        .map(|(service, it)| {
            let commit = it.commit.as_ref().map_or_else(|| it.id.as_str(), |it| it.short());
            match (services.len(), it.live_from, &it.commit) {
                (1, Some(from), Some(full)) => {
                    format!("{commit} since {}: {}", cx.app.hour(from), full.message.lines().next().unwrap_or(""))
                }
                _ => format!("{} {commit}", service.name),
            }
        })
        .collect();
    let open: Vec<String> =
        open.into_iter().map(|it| format!("{} {}", it.severity.label(), it.title.lines().next().unwrap_or(""))).collect();
    let mut pen = Pen::new(buf, row);
    pen.put(&cx.app.second(at), cx.style(Role::Accent));
    pen.put("  live then: ", cx.style(Role::Dim));
    let live = if live.is_empty() { "nothing known".to_owned() } else { live.join(", ") };
    let room = if open.is_empty() { pen.left() } else { pen.left() * 3 / 5 };
    pen.put(&text::cut(&live, room), cx.style(Role::Text));
    if !open.is_empty() {
        pen.put("  open: ", cx.style(Role::Dim)).fit(&open.join(", "), cx.style(Role::Bad));
    }
    1
}

fn line_role(metric: &Metric, at: usize) -> Role {
    match (metric, at) {
        (Metric::Requests5xx | Metric::ErrorRatio, _) => Role::Bad,
        (Metric::Requests4xx, _) => Role::Warn,
        (_, 0) => Role::Chart1,
        (_, 1) => Role::Chart2,
        (_, 2) => Role::Chart3,
        _ => Role::Chart4,
    }
}

/// The sign of a metric's line: the first digit of a class, else a letter.
fn mark(metric: &Metric, at: usize) -> char {
    match metric {
        Metric::Requests2xx => '2',
        Metric::Requests3xx => '3',
        Metric::Requests4xx => '4',
        Metric::Requests5xx => '5',
        _ => char::from(b'a' + (at % 26) as u8),
    }
}
