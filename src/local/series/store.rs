//! The handle on the history: points in, series out. The last minute is in memory, the rest in the rings.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cell::{self, Cell, Filling, Merged, TIERS};
use super::error::SeriesError;
use super::ring::{self, Ring};
use crate::model::ids::ServiceId;
use crate::model::metric::{Metric, MetricPoint, MetricQuery, Series};
use crate::model::time::{Millis, Time};

/// Between writes: what a kill costs at most.
const WRITE: Millis = Millis::mins(1);
/// Most values of one answered series.
const MOST: i64 = 2000;
/// Most values of all series of an answer: with both ends of each, below the size of answer that clients take.
const VALUES: usize = 300_000;
/// Samples come about each second; one that comes late stands for the second before it too, so that a sampler's jitter makes no gap.
const JITTER: Millis = Millis(2000);
/// Finished cells of one metric that wait while the disk takes nothing.
const WAITING: usize = 3600;

/// The history of all metrics. Cheap to clone. A service of twenty metrics takes 10 kB of memory (its last minute), and on disk 5.4 MB
/// when a week of it is full; a replica, with six, 1.6 MB.
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

/// One service or replica.
#[derive(Debug)]
struct Track {
    ring: Ring,
    lanes: BTreeMap<usize, Lane>,
}

/// One metric's last minute.
#[derive(Debug)]
struct Lane {
    at: Time,
    filling: [Option<Filling>; TIERS.len()],
    done: [VecDeque<(i64, Cell)>; TIERS.len()],
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
            let ring = Ring::open(&path).map_err(|why| SeriesError { path, why })?;
            tracks.insert(key, Track { ring, lanes: BTreeMap::new() });
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

    /// Answers a stretch: in the finest resolution that reaches back so far, is no finer than asked, and no longer than a screen can use.
    pub fn query(&self, query: &MetricQuery) -> Vec<Series> {
        self.lock().query(query)
    }

    /// The newest instant of which something is on disk.
    pub fn newest(&self) -> Option<Time> {
        let inner = self.lock();
        let last = inner.tracks.values().map(|it| it.ring.last(0)).max().filter(|it| *it > i64::MIN)?;
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
            let _ = fs::remove_file(inner.folder.join(file_name(&key)));
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
        let key = (point.service.clone(), point.replica);
        if !self.tracks.contains_key(&key) {
            match Ring::open(&self.folder.join(file_name(&key))) {
                Ok(ring) => drop(self.tracks.insert(key.clone(), Track { ring, lanes: BTreeMap::new() })),
                Err(why) => self.trouble = Some(why.to_string()),
            }
        }
        let Some(track) = self.tracks.get_mut(&key) else { return };
        for (metric, value) in &point.values {
            if let Some(place) = ring::place_of(metric)
                && (*value as f32).is_finite()
            {
                track.push(place, point.at, *value);
            }
        }
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
        let (tier, step) = resolution(query, self.now.unwrap_or(query.to), most);
        all.into_iter().filter_map(|(key, track, place)| series(query, key, track, place, (tier, step))).collect()
    }
}

/// One metric of one service or replica over the stretch that is asked for.
fn series(query: &MetricQuery, key: &(ServiceId, u16), track: &Track, place: usize, (tier, step): (usize, Millis)) -> Option<Series> {
    let metric = ring::metric_at(place)?;
    let from = Time(query.from.0.div_euclid(step.0) * step.0);
    let many = (query.to.since(from).0 + step.0 - 1) / step.0;
    let each = step.0 / TIERS[tier].step.0;
    let first = TIERS[tier].cell(from);
    let read = |place: usize| -> Vec<Option<Merged>> {
        track.read(tier, place, first, first + many * each - 1).chunks(each as usize).map(cell::merge).collect()
    };
    let mut merged = read(place);
    if let (Metric::ErrorRatio, Some(bad), Some(all)) = (&metric, ring::place_of(&Metric::Requests5xx), ring::place_of(&Metric::Requests)) {
        cell::ratios(&mut merged, &read(bad), &read(all));
    }
    let thinned = tier > 0 || each > 1;
    let ends = |end: fn(&Merged) -> f64| -> Vec<Option<f64>> {
        if thinned { merged.iter().map(|it| it.as_ref().map(end)).collect() } else { Vec::new() }
    };
    Some(Series {
        service: key.0.clone(),
        replica: key.1,
        from,
        step,
        values: merged.iter().map(|it| it.map(|it| it.mean)).collect(),
        peaks: ends(|it| it.peak),
        lows: ends(|it| it.low),
        metric,
    })
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

impl Track {
    fn push(&mut self, place: usize, at: Time, value: f64) {
        let lane = self.lanes.entry(place).or_insert_with(|| Lane::new(at));
        let since = at.since(lane.at);
        lane.at = lane.at.max(at);
        for (tier, its) in TIERS.iter().enumerate() {
            let number = its.cell(at);
            let written = self.ring.last(tier);
            match &mut lane.filling[tier] {
                Some(filling) if filling.number == number => filling.add(value),
                Some(filling) if filling.number > number => late(&self.ring, lane, tier, place, number, value),
                _ if number <= written => late(&self.ring, lane, tier, place, number, value),
                filling => {
                    let old = filling.replace(Filling::new(number, value));
                    let jitter = tier == 0 && since < JITTER && old.is_some_and(|it| it.number + 2 == number);
                    lane.done[tier].extend(old.map(|it| (it.number, it.cell())));
                    if jitter {
                        lane.done[tier].push_back((number - 1, Filling::new(number - 1, value).cell()));
                    }
                }
            }
            while lane.done[tier].len() > WAITING {
                lane.done[tier].pop_front();
            }
        }
    }

    /// Writes the cells that are over; with `all`, those that are not as well.
    fn write(&mut self, now: Time, all: bool) -> std::io::Result<()> {
        let used = self.lanes.keys().fold(0, |bits, it| bits | 1 << it);
        for (tier, its) in TIERS.iter().enumerate() {
            let until = its.cell(now) - i64::from(!all);
            for lane in self.lanes.values_mut() {
                let over = lane.filling[tier].take_if(|it| it.number <= until);
                lane.done[tier].extend(over.map(|it| (it.number, it.cell())));
            }
            let newest = self.lanes.values().filter_map(|it| it.done[tier].back()).map(|it| it.0).max();
            let Some(newest) = newest else { continue };
            let lanes = &self.lanes;
            let find = |place: usize, number: i64| {
                let done = &lanes.get(&place)?.done[tier];
                done.binary_search_by_key(&number, |it| it.0).ok().map(|at| done[at].1)
            };
            self.ring.write(tier, newest, used, find)?;
            for lane in self.lanes.values_mut() {
                lane.done[tier].clear();
            }
        }
        Ok(())
    }

    fn has(&self, place: usize) -> bool {
        self.ring.uses(place) || self.lanes.contains_key(&place)
    }

    fn read(&self, tier: usize, place: usize, from: i64, until: i64) -> Vec<Option<Cell>> {
        let mut cells = self.ring.read(tier, place, from, until);
        let Some(lane) = self.lanes.get(&place) else { return cells };
        let filling = lane.filling[tier].map(|it| (it.number, it.cell()));
        for (number, cell) in lane.done[tier].iter().copied().chain(filling) {
            if (from..=until).contains(&number) {
                let there = &mut cells[(number - from) as usize];
                *there = Some(there.map_or(cell, |it| it.join(cell)));
            }
        }
        cells
    }
}

impl Lane {
    fn new(at: Time) -> Self {
        Self { at, filling: [None; TIERS.len()], done: std::array::from_fn(|_| VecDeque::new()) }
    }
}

/// A value for a cell that is over: the clock was set back, or the platform ended in the middle of it.
fn late(ring: &Ring, lane: &mut Lane, tier: usize, place: usize, number: i64, value: f64) {
    let cell = Filling::new(number, value).cell();
    let join = |old: Option<Cell>| Some(old.map_or(cell, |it| it.join(cell)));
    if number <= ring.last(tier) {
        // A value that cannot be added to the past is a value lost; the disk's state is told by the next write.
        let _ = ring.change(tier, place, number, join);
        return;
    }
    let done = &mut lane.done[tier];
    match done.binary_search_by_key(&number, |it| it.0) {
        Ok(at) => done[at].1 = done[at].1.join(cell),
        Err(at) => done.insert(at, (number, cell)),
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
