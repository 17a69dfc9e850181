//! All that was measured, by service and metric. Bounded: see `track` for what is kept of one.

use std::collections::BTreeMap;

use super::cell::{Cell, Grid};
use super::gauge::{Together, together};
use super::ratio;
use super::track::{SLOWEST, Track, Tracks};
use crate::model::ids::ServiceId;
use crate::model::metric::{Metric, MetricPoint, Series};
use crate::model::time::{Millis, Time};

/// Live points held as they came, of all tracks together: 16 bytes each.
const MOST: usize = 2_000_000;
/// Live points of one track held as they came: an hour by seconds.
const LONGEST: usize = 3_600;
/// Fewer than this draw no line.
const SHORTEST: usize = 60;
/// Cells that a summary looks at.
const CELLS: usize = 120;
/// A sum of last known values takes in what is this much older than the newest of them.
const TOGETHER: Millis = Millis::mins(1);
/// Steps that history is asked for in. A chart of 200 columns has 400 dots.
const STEPS: [Millis; 15] = [
    Millis::secs(1),
    Millis::secs(2),
    Millis::secs(5),
    Millis::secs(10),
    Millis::secs(15),
    Millis::secs(30),
    Millis::mins(1),
    Millis::mins(2),
    Millis::mins(5),
    Millis::mins(10),
    Millis::mins(15),
    Millis::mins(30),
    Millis::hours(1),
    Millis::hours(2),
    Millis::hours(4),
];
const DOTS: i64 = 400;

/// The step a window's history is asked for in, so that a chart is fed and no more.
pub fn step_of(window: Millis) -> Millis {
    STEPS.into_iter().rev().find(|it| it.0 <= window.0 / DOTS).unwrap_or(STEPS[0])
}

/// How often a source that sends nothing by itself is asked for what is new: the wider the window, the less a second is seen.
pub const fn poll_of(window: Millis) -> Millis {
    const HOUR: i64 = 3_600_000;
    match window.0 / HOUR {
        ..=1 => Millis::secs(5),
        2..=6 => Millis::secs(10),
        7..=24 => Millis::secs(30),
        25..=168 => Millis::secs(60),
        _ => Millis::secs(180),
    }
}

/// A stretch in three numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The newest value, if it is not older than a minute before the end of the stretch.
    pub now: Option<f64>,
    /// Of a ratio: all errors by all requests. Of a percentile: the mean of what was measured, which is no percentile.
    pub avg: f64,
    pub max: f64,
}

/// The newest values, and of when they are.
type Latest = (Time, Vec<(Metric, f64)>);

/// All that was measured.
#[derive(Debug, Default)]
pub struct Metrics {
    tracks: BTreeMap<ServiceId, Tracks>,
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
            track.push(point.at.0, value as f32, (MOST / (*count).max(1)).clamp(SHORTEST, LONGEST));
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
    }

    /// Forgets services that are gone.
    pub fn keep(&mut self, lives: impl Fn(&ServiceId) -> bool) {
        self.tracks.retain(|id, _| lives(id));
        self.replicas.retain(|id, _| lives(id));
        self.count = self.tracks.values().map(BTreeMap::len).sum();
    }

    fn of<'a>(&self, services: impl IntoIterator<Item = &'a ServiceId>) -> Vec<&Tracks> {
        services.into_iter().filter_map(|it| self.tracks.get(it)).collect()
    }

    /// What each of `n` cells between `from` and `to` shows of `metric`, of all `services` together. `None` is a gap.
    ///
    /// Sums of several services are sums of their ends: at most what they were together, never less.
    pub fn cells<'a>(
        &self,
        services: impl IntoIterator<Item = &'a ServiceId>,
        metric: &Metric,
        from: Time,
        to: Time,
        n: usize,
    ) -> Vec<Option<Cell>> {
        let (tracks, grid, how) = (self.of(services), Grid::new(from, to, n), together(metric));
        if how == Together::Ratio
            && let Some(cells) = ratio::cells(&tracks, &grid)
        {
            return cells;
        }
        let mut out: Vec<Option<Cell>> = vec![None; n];
        for track in tracks.iter().filter_map(|it| it.get(metric)) {
            for (sum, one) in out.iter_mut().zip(track.cells(&grid)) {
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
        let services: Vec<&ServiceId> = services.into_iter().collect();
        let cells = self.cells(services.iter().copied(), metric, from, to, CELLS);
        let avg = self.average(services, metric, from, to, &cells)?;
        let max = cells.iter().flatten().map(|it| it.max).fold(f64::NEG_INFINITY, f64::max);
        let width = (to.since(from).0 / CELLS as i64).max(1);
        let fresh = usize::try_from(SLOWEST / width).unwrap_or(1).clamp(1, CELLS);
        let now = cells.iter().rev().take(fresh).flatten().next().map(|it| it.avg);
        Some(Summary { now, avg, max })
    }

    /// The average by time over `cells`, which are those between `from` and `to`; `None` where nothing is known. Of a ratio: of its sums.
    pub fn average<'a>(
        &self,
        services: impl IntoIterator<Item = &'a ServiceId>,
        metric: &Metric,
        from: Time,
        to: Time,
        cells: &[Option<Cell>],
    ) -> Option<f64> {
        if together(metric) == Together::Ratio
            && let Some(sums) = ratio::counted(&self.of(services), &Grid::new(from, to, cells.len()))
            && let Some(it) = ratio::of(sums.iter().fold((0.0, 0.0), |all, it| (all.0 + it.0, all.1 + it.1)))
        {
            return Some(it);
        }
        Cell::mean(cells)
    }

    /// The value at an instant: what a chart reads out under the time cursor.
    pub fn at(&self, service: &ServiceId, metric: &Metric, at: Time) -> Option<f64> {
        self.tracks.get(service)?.get(metric)?.at(at.0, together(metric))
    }

    /// What all `services` together read at `now`: the newest value of each that is not older than a few beats.
    pub fn now<'a>(&self, services: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric, now: Time) -> Option<f64> {
        let (tracks, how) = (self.of(services), together(metric));
        let values = || tracks.iter().filter_map(|it| it.get(metric)?.now(now));
        let one = values().reduce(|a, b| join(a, b, how))?;
        let recent = if how == Together::Ratio { ratio::recent(&tracks, now) } else { None };
        Some(recent.unwrap_or(one))
    }

    /// The time that a ratio of all `services` at `at` is of, where it is of more than one measurement.
    pub fn ratio_span<'a>(&self, services: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric, at: Time) -> Option<Millis> {
        let recent = || ratio::recent(&self.of(services), at);
        if together(metric) == Together::Ratio { recent().map(|_| ratio::RECENT) } else { None }
    }

    /// What all `services` together read at the instant `at`.
    pub fn then<'a>(&self, services: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric, at: Time) -> Option<f64> {
        let (tracks, how) = (self.of(services), together(metric));
        let read = |metric: &Metric| tracks.iter().filter_map(move |it| it.get(metric)?.at(at.0, how)).reduce(|a, b| join(a, b, how));
        if how != Together::Ratio {
            return read(metric);
        }
        let sum = |metric: &Metric| tracks.iter().filter_map(|it| it.get(metric)?.at(at.0, Together::Sum)).reduce(|a, b| a + b);
        match (sum(&Metric::Requests), sum(&Metric::Requests5xx)) {
            (Some(all), Some(failed)) => ratio::recent(&tracks, at).or_else(|| ratio::of((all, failed))),
            _ => read(metric),
        }
    }

    /// The newest value, and when it was measured.
    pub fn latest(&self, service: &ServiceId, metric: &Metric) -> Option<(Time, f64)> {
        self.tracks.get(service)?.get(metric)?.latest()
    }

    /// What all `services` together read when anything was last heard of `metric`, and when that was.
    pub fn last<'a>(&self, services: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric) -> Option<(Time, f64)> {
        let all: Vec<(Time, f64)> = self.of(services).into_iter().filter_map(|it| it.get(metric)?.latest()).collect();
        let newest = all.iter().map(|it| it.0).max()?;
        let how = together(metric);
        let near = all.iter().filter(|it| newest.since(it.0) <= TOGETHER).map(|it| it.1);
        Some((newest, near.reduce(|a, b| join(a, b, how))?))
    }

    /// The newest value of one replica, from 1.
    pub fn of_replica(&self, service: &ServiceId, replica: u16, metric: &Metric) -> Option<(Time, f64)> {
        let (at, values) = self.replicas.get(service)?.get(&replica)?;
        values.iter().find(|(it, _)| it == metric).map(|(_, value)| (*at, *value))
    }

    /// Values held.
    pub fn held(&self) -> usize {
        self.tracks.values().flat_map(BTreeMap::values).map(Track::held).sum()
    }
}

fn join(a: f64, b: f64, how: Together) -> f64 {
    if how == Together::Sum { a + b } else { a.max(b) }
}
