//! `trackside metrics`: what was measured of a service, over a stretch of time.

use std::time::Duration;

use clap::Args;

use super::clock::now;
use super::exit::{OK, Outcome};
use super::live;
use super::names;
use super::reach::Reach;
use super::typed;
use crate::app::deploys::bytes;
use crate::model::metric::{Metric, MetricQuery, Series};
use crate::model::time::Millis;

const EXAMPLES: &str = "\
Examples:
  trackside metrics shop/api                      the last 15 minutes
  trackside metrics api -m cpu,memory --since 6h
  trackside metrics api -m p95 --since 1h --step 1m --json | jq '.[0].values'";

/// Steps a stretch is cut into when nobody says how long one is: a value for each column of a wide screen.
const STEPS: i64 = 120;

/// `metrics`
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Metrics {
    /// `project/service`, or `service` where that is unique
    #[arg(add = live::services())]
    pub service: String,
    /// Only these: cpu, memory, requests, error_ratio, p95 …; a wrong word lists them
    #[arg(short = 'm', long = "metric", value_name = "NAME", value_delimiter = ',', value_parser = typed::metric)]
    pub only: Vec<Metric>,
    /// How far back, as `15m` or `6h`
    #[arg(long, value_name = "TIME", value_parser = typed::span, default_value = "15m")]
    pub since: Duration,
    /// Length of one step; the platform may take a longer one
    #[arg(long, value_name = "TIME", value_parser = typed::span)]
    pub step: Option<Duration>,
    /// Each replica by itself too
    #[arg(long)]
    pub replicas: bool,
}

/// Runs it.
pub async fn run(reach: &Reach, it: Metrics) -> Outcome {
    let all = reach.all().await?;
    let service = names::service(&all, &it.service)?.id.clone();
    let (to, span) = (now(), millis(it.since));
    let step = it.step.map_or(Millis((span.0 / STEPS).max(1000)), millis);
    let query = MetricQuery { services: vec![service], metrics: it.only, from: to - span, to, step, replicas: it.replicas };
    let found = reach.in_turn(async || reach.client.metrics(&query).await).await?;
    if reach.out.is_json() {
        reach.out.json(&found)?;
        return Ok(OK);
    }
    let rows: Vec<Vec<String>> = found.iter().filter_map(row).collect();
    if rows.is_empty() {
        reach.out.line(&format!("nothing was measured in the last {}", span.long()))?;
        return Ok(OK);
    }
    let head = ["metric", "last", "mean", "peak"].map(str::to_owned).to_vec();
    reach.out.table(&[vec![head], rows].concat())?;
    Ok(OK)
}

/// Name, last, mean and largest value; `None`: all of it is a hole.
fn row(it: &Series) -> Option<Vec<String>> {
    let known = || it.values.iter().flatten().copied();
    let count = known().count();
    let last = known().next_back()?;
    let peak = known().chain(it.peaks.iter().flatten().copied()).fold(f64::MIN, f64::max);
    let mean = known().sum::<f64>() / count as f64;
    let name = if it.replica == 0 { it.metric.to_string() } else { format!("{}.{}", it.metric, it.replica) };
    // A mean of ratios or of percentiles would be a number of nothing.
    let mean = if averages(&it.metric) { said(&it.metric, mean) } else { "-".to_owned() };
    Some(vec![name, said(&it.metric, last), mean, said(&it.metric, peak)])
}

const fn averages(metric: &Metric) -> bool {
    !matches!(metric, Metric::ErrorRatio | Metric::P50 | Metric::P90 | Metric::P95 | Metric::P99)
}

/// A value with its unit.
fn said(metric: &Metric, value: f64) -> String {
    let size = || bytes(value.max(0.0).round() as u64);
    match metric {
        Metric::Cpu => format!("{value:.2} cores"),
        Metric::Memory => size(),
        Metric::DiskRead | Metric::DiskWrite | Metric::NetIn | Metric::NetOut => format!("{}/s", size()),
        Metric::Requests | Metric::Requests2xx | Metric::Requests3xx | Metric::Requests4xx | Metric::Requests5xx | Metric::LogLines => {
            format!("{value:.1}/s")
        }
        Metric::ErrorRatio => format!("{:.1} %", value * 100.0),
        Metric::P50 | Metric::P90 | Metric::P95 | Metric::P99 => format!("{value:.0} ms"),
        Metric::Threads | Metric::Files | Metric::Replicas => format!("{value:.0}"),
        Metric::Other(_) => value.to_string(),
    }
}

fn millis(it: Duration) -> Millis {
    Millis(i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Time;

    fn series(metric: Metric, values: Vec<Option<f64>>, peaks: Vec<Option<f64>>) -> Series {
        Series { service: "s1".into(), replica: 0, metric, from: Time(0), step: Millis(1000), values, peaks, lows: Vec::new() }
    }

    #[test]
    fn a_hole_is_never_a_value_and_a_peak_is_never_lost() {
        let it = series(Metric::Cpu, vec![Some(0.5), None, Some(1.5), None], vec![Some(0.5), None, Some(3.0), None]);
        assert_eq!(row(&it).unwrap(), ["cpu", "1.50 cores", "1.00 cores", "3.00 cores"]);
        assert_eq!(row(&series(Metric::Cpu, vec![None, None], Vec::new())), None);
        let it = series(Metric::P95, vec![Some(10.0), Some(90.0)], Vec::new());
        assert_eq!(row(&it).unwrap(), ["p95", "90 ms", "-", "90 ms"], "there is no mean of percentiles");
    }
}
