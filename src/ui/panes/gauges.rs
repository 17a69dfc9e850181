//! What a gauge of the metrics pane reads: its values in the window, now, average, maximum, its limit, and how worrying that is.

use crate::app::metrics::{self, Worry};
use crate::app::series::{self, Cell, GAUGES, Gauge, Together, together};
use crate::app::timeline::Axis;
use crate::model::metric::Metric;
use crate::model::service::Service;
use crate::model::time::{Millis, Time};
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::unit::Unit;

/// Cells that sums of several services are made in, at least.
const FINE: usize = 240;
/// A sum of peaks that is this much above the sum of means is more than the services may ever have been together.
const APART: f64 = 1.01;

/// One metric in the window.
#[derive(Clone)]
pub struct Reading {
    pub metric: Metric,
    pub cells: Vec<Option<Cell>>,
    pub now: Option<f64>,
    /// What it last was, and when, where nothing is known of now.
    pub last: Option<(Time, f64)>,
    pub avg: Option<f64>,
    pub max: Option<f64>,
    /// `max` is no more than a bound: the services had their peaks at different times.
    pub bound: bool,
}

/// A gauge by its place in the list.
pub fn gauge(at: u8) -> Option<&'static Gauge> {
    GAUGES.get(usize::from(at))
}

/// How its values are shown.
pub const fn unit(it: &Gauge) -> Unit {
    match it.unit {
        series::Unit::Cores => Unit::Cores,
        series::Unit::Bytes => Unit::Bytes,
        series::Unit::BytesPerSecond => Unit::BytesPerSecond,
        series::Unit::PerSecond => Unit::PerSecond,
        series::Unit::Ratio => Unit::Share,
        series::Unit::Millis => Unit::Millis,
        series::Unit::Count => Unit::Count,
    }
}

/// Reads `metric` of all `services` together in `n` cells of `axis`.
pub fn read(cx: &Cx<'_>, services: &[&Service], metric: &Metric, axis: Axis, n: usize) -> Reading {
    let ids = || services.iter().map(|it| &it.id);
    let metrics = &cx.app.metrics;
    let summed = services.len() > 1 && together(metric) == Together::Sum;
    // In a wide cell the peaks of several come together that were minutes apart.
    let parts = if summed { FINE.div_ceil(n.max(1)) } else { 1 };
    let fine = metrics.cells(ids(), metric, axis.from, axis.to, n * parts);
    let now = cx.app.reads(ids(), metric);
    let highest = fine.iter().flatten().copied().reduce(|a, b| if b.max > a.max { b } else { a });
    // A mean of percentiles is none, whoever's they are.
    let averaged = together(metric) != Together::Worst;
    Reading {
        metric: metric.clone(),
        now,
        last: if now.is_none() && cx.app.timeline.cursor.is_none() { metrics.last(ids(), metric) } else { None },
        avg: if averaged { metrics.average(ids(), metric, axis.from, axis.to, &fine) } else { None },
        // What it is now may be of a shorter time than a cell.
        max: highest.map(|it| it.max).into_iter().chain(now.filter(|_| highest.is_some())).reduce(f64::max),
        bound: summed && highest.is_some_and(|it| it.max > APART * it.avg),
        cells: fine.chunks(parts).map(Cell::join).collect(),
    }
}

impl Reading {
    /// The same numbers as another reading of it, which was taken from other cells: what stands twice on a screen is the same.
    pub fn agree(&mut self, other: &Self) {
        (self.now, self.avg, self.max, self.bound) = (other.now, other.avg, other.max, other.bound);
    }
}

/// How a value that is this worrying looks; `calm`: how it does otherwise.
pub const fn role(it: Worry, calm: Role) -> Role {
    match it {
        Worry::None => calm,
        Worry::Warn => Role::Warn,
        Worry::Bad => Role::Bad,
    }
}

/// How worrying `value` is, by the thresholds of the config.
pub fn worry(cx: &Cx<'_>, metric: &Metric, value: f64, limit: Option<f64>) -> Worry {
    metrics::worry(&cx.app.settings.thresholds, metric, value, limit)
}

/// The lines of a chart that are no measurements: amber, red and the limit itself, each with its name.
pub fn levels(cx: &Cx<'_>, metric: &Metric, limit: Option<f64>) -> Vec<(f64, String, Role)> {
    let thresholds = cx.app.settings.thresholds;
    let share = |it: f64| Unit::Share.show(it);
    match (metric, limit) {
        (Metric::ErrorRatio, _) => {
            let [warn, bad] = thresholds.errors;
            vec![(warn, format!("warn {}", share(warn)), Role::Warn), (bad, format!("bad {}", share(bad)), Role::Bad)]
        }
        (Metric::Replicas, Some(wanted)) => vec![(wanted, "wanted".to_owned(), Role::Dim)],
        (_, Some(limit)) => {
            let [warn, bad] = thresholds.limit;
            vec![
                (warn * limit, format!("warn {}", share(warn)), Role::Warn),
                (bad * limit, format!("bad {}", share(bad)), Role::Bad),
                (limit, "limit".to_owned(), Role::Bad),
            ]
        }
        _ => Vec::new(),
    }
}

/// `82 % of 512 MiB`; where the limit is far away, its share is what one wants to know, not its line.
pub fn of_limit(metric: &Metric, value: Option<f64>, limit: f64, unit: Unit) -> String {
    match value.filter(|_| limit > 0.0 && *metric != Metric::Replicas) {
        Some(value) => format!("{:.0} % of {}", (value / limit * 100.0).min(9_999.0), unit.show(limit)),
        None => format!("of {}", unit.show(limit)),
    }
}

/// What became of a metric that says nothing more: its last value is still worth showing within the window.
pub fn stale(cx: &Cx<'_>, it: &Reading) -> Option<(f64, Millis)> {
    let (at, value) = it.last?;
    let age = cx.app.now.since(at);
    (age <= cx.app.timeline.window).then_some((value, age))
}

/// A metric by its name among those of its gauge.
pub fn short(metric: &Metric) -> &str {
    match metric {
        Metric::Requests => "all",
        Metric::NetIn => "in",
        Metric::NetOut => "out",
        Metric::DiskRead => "read",
        Metric::DiskWrite => "written",
        it => it.word().trim_start_matches("requests_"),
    }
}
