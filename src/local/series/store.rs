//! The handle on the history: points in, series out. The last minute is in memory, the rest in the rings.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cell::{self, Merged, TIERS};
use super::error::SeriesError;
use super::ring;
use super::track::{Track, beside};
use crate::local::durations::Durations;
use crate::model::ids::ServiceId;
use crate::model::metric::{Metric, MetricPoint, MetricQuery, Series};
use crate::model::time::{Millis, Time};

/// Between writes: what a kill costs at most.
const WRITE: Millis = Millis::mins(1);
/// Most values of one answered series.
const MOST: i64 = 2000;
/// Most values of all series of an answer: with both ends of each, below the size of answer that clients take.
const VALUES: usize = 300_000;

/// The history of all metrics. Cheap to clone. A service of twenty metrics takes 10 kB of memory (its last minute), and on disk 5.4 MB
/// when a week of it is full, and twice as much besides where it answered all that time; a replica, with six, 1.6 MB.
#[derive(Clone, Debug)]
pub struct SeriesStore {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    tracks: BTreeMap<(ServiceId, u16), Track>,
    /// The newest instant heard of.
    now: Option<Time>,
    written: Option<Time>,
    trouble: Option<String>,
}

impl SeriesStore {
    /// Opens the history in `folder`, making it if need be.
    pub fn open(folder: &Path) -> Result<Self, SeriesError> {
        let failed = |why| SeriesError { path: folder.to_owned(), why };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut tracks = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some(key) = path.file_name().and_then(|it| key_of(it.to_str()?)) else { continue };
            let track = Track::open(&path).map_err(|why| SeriesError { path, why })?;
            tracks.insert(key, track);
        }
        let inner = Inner { folder: folder.to_owned(), tracks, now: None, written: None, trouble: None };
        Ok(Self { inner: Arc::new(Mutex::new(inner)) })
    }

    /// Takes points in. Once a minute this writes what has come together, a few milliseconds for ten services.
    pub fn push(&self, points: &[MetricPoint]) {
        let mut inner = self.lock();
        for point in points {
            inner.push(point);
        }
        let Some(now) = inner.now else { return };
        let written = *inner.written.get_or_insert(now);
        if now.since(written) >= WRITE {
            inner.written = Some(now);
            inner.write(false);
        }
    }

    /// Takes in how long the answers of a service took that were given in the second of `at`: its percentiles as points are of that second
    /// alone. Written with the next points.
    pub fn took(&self, service: &ServiceId, at: Time, durations: &Durations) {
        if !durations.is_empty()
            && let Some(track) = self.lock().track(&(service.clone(), 0))
        {
            track.took(at, durations);
        }
    }

    /// Answers a stretch: in the finest resolution that reaches back so far, is no finer than asked, and no longer than a screen can use.
    pub fn query(&self, query: &MetricQuery) -> Vec<Series> {
        self.lock().query(query)
    }

    /// The newest instant of which something is on disk.
    pub fn newest(&self) -> Option<Time> {
        let inner = self.lock();
        let last = inner.tracks.values().map(|it| it.last(0)).max().filter(|it| *it > i64::MIN)?;
        Some(Time(last.saturating_mul(TIERS[0].step.0)))
    }

    /// Writes everything, the minute that is not over included. Done when the last handle is dropped, too.
    pub fn close(&self) {
        self.lock().write(true);
    }

    /// Removes the history of a service that was removed.
    pub fn forget(&self, service: &ServiceId) {
        let mut inner = self.lock();
        let gone: Vec<_> = inner.tracks.keys().filter(|it| it.0 == *service).cloned().collect();
        for key in gone {
            inner.tracks.remove(&key);
            // One that cannot be removed is found again at the next start and does no harm.
            let path = inner.folder.join(file_name(&key));
            let _ = fs::remove_file(beside(&path));
            let _ = fs::remove_file(path);
        }
    }

    /// Why nothing could be written, the last time it was tried.
    pub fn trouble(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, point: &MetricPoint) {
        self.now = self.now.max(Some(point.at));
        let Some(track) = self.track(&(point.service.clone(), point.replica)) else { return };
        for (metric, value) in &point.values {
            if let Some(place) = ring::place_of(metric)
                && (*value as f32).is_finite()
            {
                track.push(place, point.at, *value);
            }
        }
    }

    /// The track of a service or replica, made if need be; `None` where the disk refuses it.
    fn track(&mut self, key: &(ServiceId, u16)) -> Option<&mut Track> {
        if !self.tracks.contains_key(key) {
            match Track::open(&self.folder.join(file_name(key))) {
                Ok(track) => drop(self.tracks.insert(key.clone(), track)),
                Err(why) => self.trouble = Some(why.to_string()),
            }
        }
        self.tracks.get_mut(key)
    }

    fn write(&mut self, all: bool) {
        let Some(now) = self.now else { return };
        self.trouble = None;
        for (key, track) in &mut self.tracks {
            if let Err(why) = track.write(now, all) {
                self.trouble = Some(format!("{}: {why}", file_name(key)));
            }
        }
    }

    fn query(&self, query: &MetricQuery) -> Vec<Series> {
        let span = query.to.since(query.from);
        if span.0 <= 0 {
            return Vec::new();
        }
        let wanted: Vec<usize> = query.metrics.iter().filter_map(ring::place_of).collect();
        let asked = |it: &&(ServiceId, u16)| query.services.contains(&it.0) && (query.replicas || it.1 == 0);
        let mut all = Vec::new();
        for (key, track) in self.tracks.iter().filter(|it| asked(&it.0)) {
            let places = (0..ring::places()).filter(|it| track.has(*it) && (query.metrics.is_empty() || wanted.contains(it)));
            all.extend(places.map(|place| (key, track, place)));
        }
        let most = ((VALUES / all.len().max(1)) as i64).clamp(2, MOST);
        let steps = Steps::of(query, self.now.unwrap_or(query.to), most);
        // Of one service they are the same for all its percentiles, and much to read.
        let mut took = None;
        all.into_iter().filter_map(|(key, track, place)| series(&steps, key, track, place, &mut took)).collect()
    }
}

/// The steps a query is answered in.
struct Steps {
    from: Time,
    step: Millis,
    tier: usize,
    /// Cells of the tier in a step, the first cell, and the number of steps.
    each: i64,
    first: i64,
    many: i64,
}

impl Steps {
    fn of(query: &MetricQuery, now: Time, most: i64) -> Self {
        let (tier, step) = resolution(query, now, most);
        let from = Time(query.from.0.div_euclid(step.0) * step.0);
        let many = (query.to.since(from).0 + step.0 - 1) / step.0;
        Self { from, step, tier, each: step.0 / TIERS[tier].step.0, first: TIERS[tier].cell(from), many }
    }

    fn read(&self, track: &Track, place: usize) -> Vec<Option<Merged>> {
        let Self { tier, each, first, many, .. } = *self;
        track.read(tier, place, first, first + many * each - 1).chunks(each as usize).map(cell::merge).collect()
    }

    /// Whether each is put together of several cells, or of cells that are.
    const fn thinned(&self) -> bool {
        self.tier > 0 || self.each > 1
    }
}

/// Of which service it is how long answers took in each step.
type Took<'a> = Option<(&'a (ServiceId, u16), Vec<Durations>)>;

/// One metric of one service or replica over the stretch that is asked for.
fn series<'a>(steps: &Steps, key: &'a (ServiceId, u16), track: &Track, place: usize, took: &mut Took<'a>) -> Option<Series> {
    let metric = ring::metric_at(place)?;
    let read = |place: usize| steps.read(track, place);
    let mut merged = read(place);
    if let (Metric::ErrorRatio, Some(bad), Some(all)) = (&metric, ring::place_of(&Metric::Requests5xx), ring::place_of(&Metric::Requests)) {
        cell::ratios(&mut merged, &read(bad), &read(all));
    }
    let mut values: Vec<Option<f64>> = merged.iter().map(|it| it.map(|it| it.mean)).collect();
    if let (Some(part), true) = (part_of(&metric), steps.thinned()) {
        if took.as_ref().is_none_or(|it| it.0 != key) {
            *took = Some((key, track.durations(steps.tier, steps.first, steps.each, steps.many)));
        }
        let took = took.iter().flat_map(|it| &it.1);
        for ((value, merged), took) in values.iter_mut().zip(&merged).zip(took) {
            // Those of the seconds, which are a little more exact, are bounds of that of all of them.
            *value = merged.and_then(|it| Some(took.quantile(part)?.max(it.low).min(it.peak)));
        }
    }
    let ends = |end: fn(&Merged) -> f64| -> Vec<Option<f64>> {
        if steps.thinned() { merged.iter().map(|it| it.as_ref().map(end)).collect() } else { Vec::new() }
    };
    Some(Series {
        service: key.0.clone(),
        replica: key.1,
        from: steps.from,
        step: steps.step,
        values,
        peaks: ends(|it| it.peak),
        lows: ends(|it| it.low),
        metric,
    })
}

/// The share of all answers that a percentile is above.
const fn part_of(metric: &Metric) -> Option<f64> {
    match metric {
        Metric::P50 => Some(0.5),
        Metric::P90 => Some(0.9),
        Metric::P95 => Some(0.95),
        Metric::P99 => Some(0.99),
        _ => None,
    }
}

/// Which tier answers a query, and in which step, with at most `most` values a series (2 at least).
fn resolution(query: &MetricQuery, now: Time, most: i64) -> (usize, Millis) {
    let span = query.to.since(query.from);
    let wanted = query.step.0.max((span.0 + most - 2) / (most - 1)).max(1);
    let reaches = |it: &usize| now.since(query.from) <= TIERS[*it].reach();
    let last = TIERS.len() - 1;
    let finest = (0..=last).find(reaches).unwrap_or(last);
    let tier = (finest..=last).rev().find(|it| TIERS[*it].step.0 <= wanted).unwrap_or(finest);
    let own = TIERS[tier].step.0;
    (tier, Millis((wanted + own - 1) / own * own))
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.write(true);
    }
}

/// `<service>.<replica>.tsm`, with anything unusual in the id as `%XX`.
fn file_name((service, replica): &(ServiceId, u16)) -> String {
    let plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-');
    let id: String = service.as_str().bytes().map(|it| if plain(it) { char::from(it).to_string() } else { format!("%{it:02x}") }).collect();
    format!("{id}.{replica}.tsm")
}

fn key_of(name: &str) -> Option<(ServiceId, u16)> {
    let (id, replica) = name.strip_suffix(".tsm")?.rsplit_once('.')?;
    let mut bytes = Vec::new();
    let mut rest = id;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(after.get(..2)?, 16).ok()?);
        rest = after.get(2..)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some((ServiceId::new(String::from_utf8(bytes).ok()?), replica.parse().ok()?))
}
