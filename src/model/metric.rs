//! Metrics: what is measured, live points, and answered ranges. A hole stays a hole, never a zero.

use serde::{Deserialize, Serialize};

use super::ids::ServiceId;
use super::time::{Millis, Time};
use super::words::words;

words! {
    /// What is measured, and in which unit.
    Metric {
        /// Cores used; 1.0 is one whole core.
        Cpu = "cpu",
        /// Resident bytes.
        Memory = "memory",
        Threads = "threads",
        /// Open file descriptors of the process that has most of them: the limit is each process's own. Of a service, that of all its
        /// replicas together, against the limits of all of them.
        Files = "files",
        /// Bytes a second read from disk.
        DiskRead = "disk_read",
        /// Bytes a second written to disk.
        DiskWrite = "disk_write",
        /// Bytes a second received, through the proxy.
        NetIn = "net_in",
        /// Bytes a second sent, through the proxy.
        NetOut = "net_out",
        /// Requests a second, all status classes.
        Requests = "requests",
        /// Requests a second answered with 2xx.
        Requests2xx = "requests_2xx",
        Requests3xx = "requests_3xx",
        Requests4xx = "requests_4xx",
        Requests5xx = "requests_5xx",
        /// 5xx of all requests, 0 to 1; a hole where there were no requests. Of a step it is the ratio of the sums in that step; over
        /// several steps it is the sum of `requests_5xx` over the sum of `requests`, never the mean of ratios.
        ErrorRatio = "error_ratio",
        /// Milliseconds until the answer was complete. Of a step of many seconds it is that of all answers of the step, within 5 %; a hole
        /// where it is not known of all of them, since percentiles cannot be put together from those of parts. Its peak and its low are
        /// the largest and the least of the seconds' own, between which that of the step always is.
        P50 = "p50",
        P90 = "p90",
        P95 = "p95",
        P99 = "p99",
        /// Replicas that serve.
        Replicas = "replicas",
        /// Log lines a second.
        LogLines = "log_lines",
    }
}

/// The values of one service (or one of its replicas) at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    pub service: ServiceId,
    /// From 1; 0: the service as a whole.
    #[serde(default)]
    pub replica: u16,
    pub at: Time,
    /// What could be measured; what is missing is a hole.
    pub values: Vec<(Metric, f64)>,
}

/// A stretch of one metric in even steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub service: ServiceId,
    #[serde(default)]
    pub replica: u16,
    pub metric: Metric,
    /// Instant of the first value.
    pub from: Time,
    pub step: Millis,
    /// The mean of what was measured in the step; of ratios and percentiles see [`Metric`]. `None` is a hole.
    pub values: Vec<Option<f64>>,
    /// Where steps were thinned: the largest value of each, so that no peak is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peaks: Vec<Option<f64>>,
    /// And the least, so that no dip is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lows: Vec<Option<f64>>,
}

/// A stretch of metrics that is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricQuery {
    /// One at least; several are answered one after the other.
    pub services: Vec<ServiceId>,
    /// Empty: all that there are.
    pub metrics: Vec<Metric>,
    pub from: Time,
    pub to: Time,
    /// The platform may answer with a coarser one, never a finer one.
    pub step: Millis,
    /// Each replica by itself too.
    #[serde(default)]
    pub replicas: bool,
}
