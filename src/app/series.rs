//! What was measured, a history for each service: live points and answered ranges in one row of samples.
//! A gap stays a gap, and the whole is bounded.

use std::collections::BTreeMap;

use crate::model::ids::ServiceId;
use crate::model::metric::{Metric, MetricPoint, Series};
use crate::model::time::{Millis, Time};

/// Samples held of all tracks together: 16 bytes each.
const MOST: usize = 2_000_000;
/// Samples of one track: an hour by seconds.
const LONGEST: usize = 3_600;
/// Fewer than this draw no line.
const SHORTEST: usize = 60;
/// A distance above this is a gap and never the beat of a source.
const SLOWEST: i64 = 60_000;
/// A value stands for this many beats of its source; then it is no longer what is.
const BEATS: i64 = 3;
/// And for this long whatever the beat: a fact may be on its way.
const FRESH: i64 = 5_000;
/// A ratio of now is one of this time.
const RECENT: i64 = 10_000;
/// No answered range is coarser than this; a longer step is cut to it.
const LONGEST_STEP: i64 = 3_600_000;

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
    /// The first one is the row's line; the others stand beside it.
    pub metrics: &'static [Metric],
    pub unit: Unit,
}

/// The rows of the metrics pane, by `RowKey::Gauge`.
pub const GAUGES: &[Gauge] = &[
    Gauge { name: "cpu", metrics: &[Metric::Cpu], unit: Unit::Cores },
    Gauge { name: "mem", metrics: &[Metric::Memory], unit: Unit::Bytes },
    Gauge {
        name: "req/s",
        metrics: &[Metric::Requests, Metric::Requests2xx, Metric::Requests3xx, Metric::Requests4xx, Metric::Requests5xx],
        unit: Unit::PerSecond,
    },
    Gauge { name: "errors", metrics: &[Metric::ErrorRatio], unit: Unit::Ratio },
    Gauge { name: "p95", metrics: &[Metric::P95, Metric::P50, Metric::P99], unit: Unit::Millis },
    Gauge { name: "net in", metrics: &[Metric::NetIn, Metric::NetOut], unit: Unit::BytesPerSecond },
    Gauge { name: "disk read", metrics: &[Metric::DiskRead, Metric::DiskWrite], unit: Unit::BytesPerSecond },
    Gauge { name: "logs/s", metrics: &[Metric::LogLines], unit: Unit::PerSecond },
    Gauge { name: "replicas", metrics: &[Metric::Replicas], unit: Unit::Count },
    Gauge { name: "threads", metrics: &[Metric::Threads], unit: Unit::Count },
    Gauge { name: "files", metrics: &[Metric::Files], unit: Unit::Count },
];

/// How the values of several services become one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Together {
    Sum,
    /// Percentiles cannot be added: the worst one is shown.
    Worst,
}

const fn together(metric: &Metric) -> Together {
    match metric {
        Metric::P50 | Metric::P90 | Metric::P95 | Metric::P99 | Metric::ErrorRatio | Metric::Other(_) => Together::Worst,
        _ => Together::Sum,
    }
}

/// One value; it stands from `at` for `step` milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    at: i64,
    value: f32,
    step: u32,
}

#[derive(Clone, Debug, Default)]
struct Track {
    /// By time.
    samples: Vec<Sample>,
    /// Distance between the last two live points: two alike tell the beat.
    distance: i64,
}

/// What one cell of a line shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub min: f64,
    pub max: f64,
    pub avg: f64,
}

/// A stretch in three numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The newest value, if it is not older than a minute before the end of the stretch.
    pub now: Option<f64>,
    pub avg: f64,
    pub max: f64,
}

/// The newest values, and of when they are.
type Latest = (Time, Vec<(Metric, f64)>);

/// All that was measured.
#[derive(Debug, Default)]
pub struct Metrics {
    tracks: BTreeMap<ServiceId, BTreeMap<Metric, Track>>,
    /// The newest values of single replicas.
    replicas: BTreeMap<ServiceId, BTreeMap<u16, Latest>>,
    count: usize,
}

impl Metrics {
    /// Takes a live point.
    pub fn push(&mut self, point: MetricPoint) {
        if point.replica > 0 {
            self.replicas.entry(point.service).or_default().insert(point.replica, (point.at, point.values));
            return;
        }
        let tracks = self.tracks.entry(point.service).or_default();
        for (metric, value) in point.values {
            if !value.is_finite() {
                continue;
            }
            let count = &mut self.count;
            let track = tracks.entry(metric).or_insert_with(|| {
                *count += 1;
                Track::default()
            });
            track.push(point.at.0, value as f32);
            track.bound(per_track(*count));
        }
    }

    /// Takes an answered stretch: it fills what live points did not say.
    pub fn merge(&mut self, series: &Series) {
        if series.replica > 0 || series.step.0 <= 0 {
            return;
        }
        let count = &mut self.count;
        let track = self.tracks.entry(series.service.clone()).or_default().entry(series.metric.clone()).or_insert_with(|| {
            *count += 1;
            Track::default()
        });
        track.merge(series);
        track.bound(per_track(*count));
    }

    /// Forgets services that are gone.
    pub fn keep(&mut self, lives: impl Fn(&ServiceId) -> bool) {
        self.tracks.retain(|id, _| lives(id));
        self.replicas.retain(|id, _| lives(id));
        self.count = self.tracks.values().map(BTreeMap::len).sum();
    }

    /// What each of `n` cells between `from` and `to` shows of `metric`, of all `services` together. `None` is a gap.
    pub fn cells<'a>(
        &self,
        services: impl IntoIterator<Item = &'a ServiceId>,
        metric: &Metric,
        from: Time,
        to: Time,
        n: usize,
    ) -> Vec<Option<Cell>> {
        let mut out: Vec<Option<Cell>> = vec![None; n];
        let how = together(metric);
        for service in services {
            let Some(track) = self.tracks.get(service).and_then(|it| it.get(metric)) else { continue };
            for (sum, one) in out.iter_mut().zip(track.cells(from.0, to.0, n)) {
                *sum = match (*sum, one) {
                    (Some(a), Some(b)) => Some(a.with(b, how)),
                    (a, b) => a.or(b),
                };
            }
        }
        out
    }

    /// Now, average and maximum between `from` and `to`, in a hundred and twenty steps at most.
    pub fn summary<'a>(&self, services: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric, from: Time, to: Time) -> Option<Summary> {
        let cells = self.cells(services, metric, from, to, 120);
        let known: Vec<Cell> = cells.iter().flatten().copied().collect();
        let avg = known.iter().map(|it| it.avg).sum::<f64>() / known.len().max(1) as f64;
        let max = known.iter().map(|it| it.max).fold(f64::NEG_INFINITY, f64::max);
        let width = (to.since(from).0 / 120).max(1);
        let fresh = usize::try_from(SLOWEST / width).unwrap_or(1).clamp(1, 120);
        let now = cells.iter().rev().take(fresh).flatten().next().map(|it| it.avg);
        (!known.is_empty()).then_some(Summary { now, avg, max })
    }

    /// The value at an instant: what a chart reads out under the time cursor.
    pub fn at(&self, service: &ServiceId, metric: &Metric, at: Time) -> Option<f64> {
        let track = self.tracks.get(service)?.get(metric)?;
        let i = track.samples.partition_point(|it| it.at <= at.0).checked_sub(1)?;
        let sample = track.samples[i];
        (at.0 < sample.at + i64::from(sample.step)).then_some(f64::from(sample.value))
    }

    /// What all `services` together read at `now`: the newest value of each that is not older than a few beats.
    pub fn now<'a>(&self, services: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric, now: Time) -> Option<f64> {
        let how = together(metric);
        let values = services.into_iter().filter_map(|it| {
            let tracks = self.tracks.get(it)?;
            let sample = tracks.get(metric)?.samples.last()?;
            let old = now.0.saturating_sub(sample.at);
            if old > (i64::from(sample.step) * BEATS).max(FRESH) {
                return None;
            }
            let recent = if *metric == Metric::ErrorRatio { recent_errors(tracks, now) } else { None };
            Some(recent.unwrap_or_else(|| f64::from(sample.value)))
        });
        values.reduce(|a, b| if how == Together::Sum { a + b } else { a.max(b) })
    }

    /// What all `services` together read at the instant `at`.
    pub fn then<'a>(&self, services: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric, at: Time) -> Option<f64> {
        let how = together(metric);
        let values = services.into_iter().filter_map(|it| self.at(it, metric, at));
        values.reduce(|a, b| if how == Together::Sum { a + b } else { a.max(b) })
    }

    /// The newest value, and when it was measured.
    pub fn latest(&self, service: &ServiceId, metric: &Metric) -> Option<(Time, f64)> {
        let sample = self.tracks.get(service)?.get(metric)?.samples.last()?;
        Some((Time(sample.at), f64::from(sample.value)))
    }

    /// The newest value of one replica, from 1.
    pub fn of_replica(&self, service: &ServiceId, replica: u16, metric: &Metric) -> Option<(Time, f64)> {
        let (at, values) = self.replicas.get(service)?.get(&replica)?;
        values.iter().find(|(it, _)| it == metric).map(|(_, value)| (*at, *value))
    }

    /// Samples held.
    pub fn held(&self) -> usize {
        self.tracks.values().flat_map(BTreeMap::values).map(|it| it.samples.len()).sum()
    }
}

/// What share of the last seconds' requests failed: of the dozen of one second it would jump between nothing and much.
fn recent_errors(tracks: &BTreeMap<Metric, Track>, now: Time) -> Option<f64> {
    let sum = |metric: &Metric| -> Option<f64> {
        let samples = &tracks.get(metric)?.samples;
        let recent = &samples[samples.partition_point(|it| it.at < now.0.saturating_sub(RECENT))..];
        Some(recent.iter().map(|it| f64::from(it.value)).sum())
    };
    let all = sum(&Metric::Requests).filter(|it| *it > 0.0)?;
    Some((sum(&Metric::Requests5xx)? / all).clamp(0.0, 1.0))
}

fn per_track(tracks: usize) -> usize {
    (MOST / tracks.max(1)).clamp(SHORTEST, LONGEST)
}

impl Cell {
    fn with(self, other: Self, how: Together) -> Self {
        match how {
            Together::Sum => Self { min: self.min + other.min, max: self.max + other.max, avg: self.avg + other.avg },
            Together::Worst => Self { min: self.min.max(other.min), max: self.max.max(other.max), avg: self.avg.max(other.avg) },
        }
    }
}

impl Track {
    fn push(&mut self, at: i64, value: f32) {
        let Some(last) = self.samples.last().copied() else {
            self.samples.push(Sample { at, value, step: 1000 });
            return;
        };
        if at <= last.at {
            // Late or repeated: latest wins for an instant, order is kept.
            let i = self.samples.partition_point(|it| it.at < at);
            match self.samples.get_mut(i) {
                Some(same) if same.at == at => same.value = value,
                _ => self.samples.insert(i, Sample { at, value, step: last.step }),
            }
            return;
        }
        let distance = at.saturating_sub(last.at);
        let beat = distance <= i64::from(last.step) * 2 || distance.abs_diff(self.distance) < distance.unsigned_abs() / 4;
        let step = if beat && distance <= SLOWEST { distance as u32 } else { last.step };
        self.distance = distance;
        // The one before stood until this one came, if that was no longer than a beat.
        if let (true, Some(before)) = (beat && distance <= SLOWEST, self.samples.last_mut()) {
            before.step = distance as u32;
        }
        self.samples.push(Sample { at, value, step });
    }

    fn merge(&mut self, series: &Series) {
        let step = series.step.0.clamp(1, LONGEST_STEP) as u32;
        let known = |at: i64, all: &[Sample]| {
            let i = all.partition_point(|it| it.at < at);
            all.get(i).is_some_and(|it| it.at < at.saturating_add(i64::from(step)))
        };
        let mut new = Vec::new();
        let mut at = series.from.0;
        for (i, value) in series.values.iter().enumerate() {
            // The peak, where steps were thinned: a spike is what one looks for.
            let value = series.peaks.get(i).copied().flatten().or(*value);
            if let Some(value) = value.filter(|it| it.is_finite())
                && !known(at, &self.samples)
            {
                new.push(Sample { at, value: value as f32, step });
            }
            at = at.saturating_add(series.step.0);
        }
        if !new.is_empty() {
            self.samples.append(&mut new);
            self.samples.sort_by_key(|it| it.at);
        }
    }

    fn bound(&mut self, most: usize) {
        // A quarter of slack, so that a full track is not moved with every point.
        if self.samples.len() > most + most / 4 {
            self.samples.drain(..self.samples.len() - most);
        }
    }

    fn cells(&self, from: i64, to: i64, n: usize) -> Vec<Option<Cell>> {
        let mut out = vec![None; n];
        let span = to.saturating_sub(from);
        if n == 0 || span <= 0 {
            return out;
        }
        let mut counts = vec![0_u32; n];
        let cell_of = |at: i64| i128::from(at.saturating_sub(from)) * n as i128 / i128::from(span);
        // Thinned samples stand for long: begin early enough.
        let first = self.samples.partition_point(|it| it.at < from.saturating_sub(LONGEST_STEP));
        for sample in &self.samples[first..] {
            if sample.at >= to {
                break;
            }
            if sample.at.saturating_add(i64::from(sample.step)) <= from {
                continue;
            }
            let begin = cell_of(sample.at).clamp(0, n as i128 - 1) as usize;
            let end = cell_of(sample.at.saturating_add(i64::from(sample.step)) - 1).clamp(begin as i128, n as i128 - 1) as usize;
            let value = f64::from(sample.value);
            for (cell, count) in out[begin..=end].iter_mut().zip(&mut counts[begin..=end]) {
                let it = cell.get_or_insert(Cell { min: value, max: value, avg: 0.0 });
                *count += 1;
                it.min = it.min.min(value);
                it.max = it.max.max(value);
                it.avg += (value - it.avg) / f64::from(*count);
            }
        }
        out
    }
}

impl Metrics {
    /// From when on history is held of `service`.
    pub fn since(&self, service: &ServiceId) -> Option<Time> {
        let tracks = self.tracks.get(service)?;
        tracks.values().filter_map(|it| it.samples.first()).map(|it| Time(it.at)).min()
    }

    /// How long a window's step should be, so that a chart of about 300 columns is fed and no more.
    pub const fn step_of(window: Millis) -> Millis {
        let step = window.0 / 300;
        if step < 1000 { Millis(1000) } else { Millis(step / 1000 * 1000) }
    }
}
