//! What a gauge of the metrics pane reads: its values in the window, now, average, maximum, and its limit.

use crate::app::series::{self, GAUGES, Gauge};
use crate::model::metric::Metric;
use crate::model::service::Service;
use crate::theme::Role;

use super::super::cx::Cx;
use super::super::kit::unit::Unit;

/// Shares of a limit from which on it is amber, and red.
const AMBER: f64 = 0.70;
const RED: f64 = 0.90;
/// Shares of requests that fail from which on it is amber, and red: the red one opens an incident.
const FAILING: [f64; 2] = [0.01, 0.05];

/// One metric in the window.
pub struct Reading {
    pub metric: Metric,
    pub values: Vec<Option<f64>>,
    pub now: Option<f64>,
    pub avg: Option<f64>,
    pub max: Option<f64>,
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

/// Reads `metric` of all `services` together in `n` cells of the window.
pub fn read(cx: &Cx<'_>, services: &[&Service], metric: &Metric, n: usize) -> Reading {
    let axis = cx.app.axis_of(n);
    let ids = || services.iter().map(|it| &it.id);
    let cells = cx.app.metrics.cells(ids(), metric, axis.from, axis.to, n);
    let known = cells.iter().flatten();
    let (sum, count, max) = known.fold((0.0, 0_u32, f64::NEG_INFINITY), |(sum, count, max), it| (sum + it.avg, count + 1, it.max.max(max)));
    Reading {
        metric: metric.clone(),
        values: cells.iter().map(|it| it.map(|it| it.max)).collect(),
        now: now(cx, services, metric),
        avg: (count > 0).then(|| sum / f64::from(count)),
        max: (count > 0).then_some(max),
    }
}

/// What `metric` reads: under the time cursor, or now. Never an average: what is said to be now is one measurement.
pub fn now(cx: &Cx<'_>, services: &[&Service], metric: &Metric) -> Option<f64> {
    let ids = services.iter().map(|it| &it.id);
    match cx.app.timeline.cursor {
        Some(at) => cx.app.metrics.then(ids, metric, at),
        None => cx.app.metrics.now(ids, metric, cx.app.now),
    }
}

/// What all `services` together may use of it; `None` where one of them has no limit.
pub fn limit(services: &[&Service], metric: &Metric) -> Option<f64> {
    if services.is_empty() {
        return None;
    }
    services.iter().try_fold(0.0, |sum, it| {
        let replicas = f64::from(it.desired);
        let one = match metric {
            Metric::Cpu => it.limits.cpu?,
            Metric::Memory => it.limits.memory? as f64,
            Metric::Files => it.limits.files? as f64,
            _ => return None,
        };
        Some(sum + one * replicas)
    })
}

/// How worrying `value` is.
pub fn role(metric: &Metric, value: f64, limit: Option<f64>) -> Role {
    if matches!(metric, Metric::ErrorRatio) {
        return match value {
            it if it >= FAILING[1] => Role::Bad,
            it if it >= FAILING[0] => Role::Warn,
            _ => Role::Text,
        };
    }
    match limit.filter(|it| *it > 0.0).map(|it| value / it) {
        Some(share) if share >= RED => Role::Bad,
        Some(share) if share >= AMBER => Role::Warn,
        _ => Role::Text,
    }
}

/// The amber and the red line of a chart.
pub fn levels(metric: &Metric, limit: Option<f64>) -> [Option<f64>; 2] {
    match (metric, limit) {
        (Metric::ErrorRatio, _) => FAILING.map(Some),
        (_, Some(limit)) => [AMBER, RED].map(|it| Some(it * limit)),
        _ => [None, None],
    }
}
