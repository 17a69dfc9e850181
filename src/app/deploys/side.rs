//! What was measured on one side of a deployment, from answered series. A hole stays a hole: it is never counted as a zero.

use super::window::Span;
use crate::model::metric::{Metric, Series};
use crate::model::time::{Millis, Time};

/// The metrics a card is made of.
pub const METRICS: [Metric; 5] = [Metric::Requests, Metric::Requests5xx, Metric::P95, Metric::Memory, Metric::LogLines];
/// The steps asked for: fine enough that the moment of going live blurs little, coarse enough that a p95 has some requests in it.
pub const STEP: Millis = Millis::secs(10);
/// Values of one series that are looked at: ten times what was asked for, against an answer that has no end.
const MOST: usize = 2_000;
/// A step of a longer time says nothing of minutes.
const LONGEST: Millis = Millis::mins(5);

/// One value, and for how long it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    at: Time,
    step: Millis,
    value: f64,
}

/// How something was over a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The value in the middle of all, weighted.
    pub median: f64,
    /// Half of the time it was between these.
    pub low: f64,
    pub high: f64,
    /// How long it was measured.
    pub known: Millis,
}

/// What was measured on one side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Side {
    /// How long the side is, measured or not.
    pub span: Millis,
    /// How long requests were counted.
    pub counted: Millis,
    /// Requests, and those of them answered with 5xx, as far as both were counted; `None`: they were not.
    pub requests: Option<(u64, u64)>,
    /// Milliseconds, weighted by requests.
    pub p95: Option<Level>,
    /// Bytes.
    pub memory: Option<Level>,
    /// Lines a second.
    pub lines: Option<Level>,
}

impl Side {
    /// What `all` says of `span`.
    pub fn of(all: &[Series], span: Span) -> Self {
        let series = |metric: &Metric| all.iter().find(|it| it.metric == *metric && it.replica == 0);
        let samples = |metric: &Metric| series(metric).map_or_else(Vec::new, |it| samples(it, span));
        let (requests, failed) = (samples(&Metric::Requests), samples(&Metric::Requests5xx));
        let pairs: Vec<(Sample, Sample)> = requests.iter().filter_map(|it| Some((*it, *at(&failed, it.at)?))).collect();
        let count = |value: &dyn Fn(&(Sample, Sample)) -> Sample| -> u64 {
            // Rates times seconds; what comes of it is far below 2^53 or hostile, and the cast saturates.
            pairs.iter().map(value).map(|it| it.value * it.step.0 as f64 / 1000.0).sum::<f64>().round() as u64
        };
        let (asked, bad) = (count(&|it| it.0), count(&|it| it.1));
        let weight = |it: &Sample| at(&requests, it.at).map_or(0.0, |it| it.value);
        Self {
            span: span.length(),
            counted: pairs.iter().fold(Millis(0), |sum, (it, _)| Millis(sum.0.saturating_add(it.step.0))),
            requests: (!pairs.is_empty()).then_some((asked, bad.min(asked))),
            p95: level(&samples(&Metric::P95), weight),
            memory: level(&samples(&Metric::Memory), |_| 1.0),
            lines: level(&samples(&Metric::LogLines), |_| 1.0),
        }
    }
}

/// The values of `it` whose middle lies in `span`: a step across its edge belongs to the side that most of it is on.
fn samples(it: &Series, span: Span) -> Vec<Sample> {
    let step = it.step;
    if step.0 <= 0 || step > LONGEST {
        return Vec::new();
    }
    let at = |i: usize| it.from + Millis(step.0.saturating_mul(i as i64));
    let values = it.values.iter().take(MOST).enumerate();
    let known = values.filter_map(|(i, value)| Some((at(i), value.filter(|it| it.is_finite() && *it >= 0.0)?)));
    known.filter(|(at, _)| span.has(*at + Millis(step.0 / 2))).map(|(at, value)| Sample { at, step, value }).collect()
}

/// The value that stands at `time`.
fn at(all: &[Sample], time: Time) -> Option<&Sample> {
    let i = all.partition_point(|it| it.at <= time).checked_sub(1)?;
    all.get(i).filter(|it| time.since(it.at) < it.step)
}

/// Median and quartiles of `samples` by weight; `None` when nothing has any.
fn level(samples: &[Sample], weight: impl Fn(&Sample) -> f64) -> Option<Level> {
    let mut all: Vec<(f64, f64)> = samples.iter().map(|it| (it.value, weight(it))).filter(|it| it.1 > 0.0 && it.1.is_finite()).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = all.iter().map(|it| it.1).sum();
    let quantile = |share: f64| {
        let mut sum = 0.0;
        all.iter().find(|(_, weight)| {
            sum += weight;
            sum >= total * share
        })
    };
    let last = all.last()?;
    let value = |share: f64| quantile(share).unwrap_or(last).0;
    let known = samples.iter().filter(|it| weight(it) > 0.0).fold(Millis(0), |sum, it| Millis(sum.0.saturating_add(it.step.0)));
    Some(Level { median: value(0.5), low: value(0.25), high: value(0.75), known })
}
