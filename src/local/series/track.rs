//! One service or replica: its ring on disk, and in memory what is not written yet.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use super::cell::{Cell, Filling, TIERS};
use super::latency::Latency;
use super::ring::Ring;
use crate::local::durations::Durations;
use crate::model::time::{Millis, Time};

/// Samples come about each second; one that comes late stands for the second before it too, so that a sampler's jitter makes no gap.
const JITTER: Millis = Millis(2000);
/// Finished cells of one metric that wait while the disk takes nothing.
const WAITING: usize = 3600;

/// One service or replica.
#[derive(Debug)]
pub struct Track {
    ring: Ring,
    lanes: BTreeMap<usize, Lane>,
    /// Where it is kept how long answers took, once some were given.
    beside: PathBuf,
    latency: Option<Latency>,
    /// What of it is not written yet.
    took: [BTreeMap<i64, Durations>; TIERS.len()],
}

/// One metric's last minute.
#[derive(Debug)]
struct Lane {
    at: Time,
    filling: [Option<Filling>; TIERS.len()],
    done: [VecDeque<(i64, Cell)>; TIERS.len()],
}

impl Track {
    /// Opens or makes the file of it, and the one beside it if that is there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let ring = Ring::open(path)?;
        let beside = beside(path);
        let latency = if beside.exists() { Some(Latency::open(&beside)?) } else { None };
        Ok(Self { ring, lanes: BTreeMap::new(), beside, latency, took: Default::default() })
    }

    /// The last cell written of a resolution.
    pub const fn last(&self, tier: usize) -> i64 {
        self.ring.last(tier)
    }

    /// Takes in how long answers took.
    pub fn took(&mut self, at: Time, new: &Durations) {
        for (tier, its) in TIERS.iter().enumerate() {
            self.took[tier].entry(its.cell(at)).or_default().join(new);
            while self.took[tier].len() > WAITING {
                self.took[tier].pop_first();
            }
        }
    }

    /// How long the answers of each stretch of `each` cells took, from the cell `first` on; empty: there were none, or from before that
    /// was kept.
    pub fn durations(&self, tier: usize, first: i64, each: i64, many: i64) -> Vec<Durations> {
        let mut all = vec![Durations::default(); many.max(0) as usize];
        let until = first + each * many - 1;
        let mut add = |number: i64, it: &Durations| all[((number - first) / each) as usize].join(it);
        if let Some(latency) = &self.latency {
            latency.each(tier, first, until, |number, it| add(number, &it));
        }
        for (number, it) in self.took[tier].range(first..=until.max(first)) {
            add(*number, it);
        }
        all
    }

    pub fn push(&mut self, place: usize, at: Time, value: f64) {
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
    pub fn write(&mut self, now: Time, all: bool) -> io::Result<()> {
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
        self.write_took()
    }

    /// Unlike the others, these cells need not be over: what comes later is added.
    fn write_took(&mut self) -> io::Result<()> {
        if self.took.iter().all(BTreeMap::is_empty) {
            return Ok(());
        }
        let latency = match self.latency.take() {
            Some(it) => it,
            None => Latency::open(&self.beside)?,
        };
        let latency = self.latency.insert(latency);
        for (tier, cells) in self.took.iter_mut().enumerate() {
            // One after the other, so that none is added twice where the disk takes only some.
            while let Some(cell) = cells.first_entry() {
                latency.add(tier, *cell.key(), cell.get())?;
                cell.remove();
            }
        }
        Ok(())
    }

    pub fn has(&self, place: usize) -> bool {
        self.ring.uses(place) || self.lanes.contains_key(&place)
    }

    pub fn read(&self, tier: usize, place: usize, from: i64, until: i64) -> Vec<Option<Cell>> {
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

/// The file beside a ring's.
pub fn beside(ring: &Path) -> PathBuf {
    ring.with_extension("tsl")
}
