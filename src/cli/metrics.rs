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
    let metrics = if reach.out.is_json() { it.only.clone() } else { with_parts(&it.only) };
    let query = MetricQuery { services: vec![service], metrics, from: to - span, to, step, replicas: it.replicas };
    let found = reach.in_turn(async || reach.client.metrics(&query).await).await?;
    if reach.out.is_json() {
        reach.out.json(&found)?;
        return Ok(OK);
    }
    let asked = found.iter().filter(|one| it.only.is_empty() || it.only.contains(&one.metric));
    let rows: Vec<Vec<String>> = asked.filter_map(|it| row(it, &found)).collect();
    if rows.is_empty() {
        reach.out.line(&format!("nothing was measured in the last {}", span.long()))?;
        return Ok(OK);
    }
    let head = ["metric", "last", "mean", "peak"].map(str::to_owned).to_vec();
    reach.out.table(&[vec![head], rows].concat())?;
    Ok(OK)
}

/// What is asked for, with what a mean of it is made from.
fn with_parts(only: &[Metric]) -> Vec<Metric> {
    let mut all = only.to_vec();
    if all.contains(&Metric::ErrorRatio) {
        let parts = [Metric::Requests, Metric::Requests5xx].into_iter().filter(|it| !only.contains(it));
        all.extend(parts);
    }
    all
}

/// Name, last, mean and largest value; `None`: all of it is a hole. `all` are the series that came with it.
fn row(it: &Series, all: &[Series]) -> Option<Vec<String>> {
    let known = || it.values.iter().flatten().copied();
    let count = known().count();
    let last = known().next_back()?;
    let peak = known().chain(it.peaks.iter().flatten().copied()).fold(f64::MIN, f64::max);
    let mean = match it.metric {
        Metric::ErrorRatio => whole_ratio(it, all),
        // A mean of percentiles would be a number of nothing.
        Metric::P50 | Metric::P90 | Metric::P95 | Metric::P99 => None,
        _ => Some(known().sum::<f64>() / count as f64),
    };
    let name = if it.replica == 0 { it.metric.to_string() } else { format!("{}.{}", it.metric, it.replica) };
    Some(vec![name, said(&it.metric, last), mean.map_or_else(|| "-".to_owned(), |mean| said(&it.metric, mean)), said(&it.metric, peak)])
}

/// A ratio over a stretch is all failed requests by all requests, never a mean of ratios. `None`: they are not counted.
fn whole_ratio(it: &Series, all: &[Series]) -> Option<f64> {
    let same = |metric: Metric| all.iter().find(|one| one.metric == metric && one.replica == it.replica && one.service == it.service);
    let (total, failed) = (same(Metric::Requests)?, same(Metric::Requests5xx)?);
    // What failed is only known of steps in which requests were counted, and the other way round.
    let steps = total.values.iter().zip(&failed.values).filter_map(|(total, failed)| Some(((*total)?, (*failed)?)));
    let (total, failed) = steps.fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    (total > 0.0).then(|| (failed / total).clamp(0.0, 1.0))
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
        assert_eq!(row(&it, &[]).unwrap(), ["cpu", "1.50 cores", "1.00 cores", "3.00 cores"]);
        assert_eq!(row(&series(Metric::Cpu, vec![None, None], Vec::new()), &[]), None);
        let it = series(Metric::P95, vec![Some(10.0), Some(90.0)], Vec::new());
        assert_eq!(row(&it, &[]).unwrap(), ["p95", "90 ms", "-", "90 ms"], "there is no mean of percentiles");
    }

    #[test]
    fn the_mean_of_a_ratio_is_all_failed_requests_by_all_requests() {
        let ratio = series(Metric::ErrorRatio, vec![Some(1.0), None, Some(0.0)], Vec::new());
        let all = [
            series(Metric::Requests, vec![Some(1.0), None, Some(99.0)], Vec::new()),
            series(Metric::Requests5xx, vec![Some(1.0), Some(5.0), Some(0.0)], Vec::new()),
        ];
        assert_eq!(row(&ratio, &all).unwrap(), ["error_ratio", "0.0 %", "1.0 %", "100.0 %"], "one request that failed is not half of all");
        assert_eq!(row(&ratio, &[]).unwrap()[2], "-");
        assert_eq!(with_parts(&[Metric::Requests, Metric::ErrorRatio]), [Metric::Requests, Metric::ErrorRatio, Metric::Requests5xx]);
        assert_eq!(with_parts(&[]), [], "nothing named is everything");
    }
}
