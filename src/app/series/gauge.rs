//! The rows of the metrics pane, and how the values of several services become one.

use crate::model::metric::Metric;

/// In what a value is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Cores,
    Bytes,
    BytesPerSecond,
    PerSecond,
    /// 0 to 1.
    Ratio,
    Millis,
    Count,
}

/// A row of the metrics pane: what belongs together.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    pub name: &'static str,
    /// Its name above a chart, where the lines have names of their own.
    pub title: &'static str,
    /// The first one is the row's line; the others stand beside it, the worst of them last.
    pub metrics: &'static [Metric],
    pub unit: Unit,
}

/// The rows of the metrics pane, by `RowKey::Gauge`.
pub const GAUGES: &[Gauge] = &[
    Gauge { name: "cpu", title: "CPU", metrics: &[Metric::Cpu], unit: Unit::Cores },
    Gauge { name: "mem", title: "memory", metrics: &[Metric::Memory], unit: Unit::Bytes },
    Gauge {
        name: "req/s",
        title: "requests",
        metrics: &[Metric::Requests, Metric::Requests2xx, Metric::Requests3xx, Metric::Requests4xx, Metric::Requests5xx],
        unit: Unit::PerSecond,
    },
    Gauge { name: "errors", title: "errors of all requests", metrics: &[Metric::ErrorRatio], unit: Unit::Ratio },
    Gauge { name: "p95", title: "latency", metrics: &[Metric::P95, Metric::P50, Metric::P90, Metric::P99], unit: Unit::Millis },
    Gauge { name: "net in", title: "network", metrics: &[Metric::NetIn, Metric::NetOut], unit: Unit::BytesPerSecond },
    Gauge { name: "disk read", title: "disk", metrics: &[Metric::DiskRead, Metric::DiskWrite], unit: Unit::BytesPerSecond },
    Gauge { name: "logs/s", title: "log lines", metrics: &[Metric::LogLines], unit: Unit::PerSecond },
    Gauge { name: "replicas", title: "replicas", metrics: &[Metric::Replicas], unit: Unit::Count },
    Gauge { name: "threads", title: "threads", metrics: &[Metric::Threads], unit: Unit::Count },
    Gauge { name: "files", title: "open files", metrics: &[Metric::Files], unit: Unit::Count },
];

/// How the values of several services become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    Sum,
    /// Errors by requests, each summed first: a mean of ratios would count a quiet service as much as a busy one.
    Ratio,
    /// Percentiles cannot be added nor averaged: the worst one is shown.
    Worst,
}

/// How values of `metric` become one.
pub const fn together(metric: &Metric) -> Together {
    match metric {
        Metric::P50 | Metric::P90 | Metric::P95 | Metric::P99 | Metric::Other(_) => Together::Worst,
        Metric::ErrorRatio => Together::Ratio,
        _ => Together::Sum,
    }
}
