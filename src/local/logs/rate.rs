//! Keeps one service from washing all others out of the log: a bucket of bytes for each, and what did not fit, counted. Pure.

use std::collections::BTreeMap;

use super::format::Source;
use crate::local::port::Entry;
use crate::model::ids::ServiceId;
use crate::model::time::{Millis, Time};

/// While a service floods, its losses are said this often.
const SAY: Millis = Millis::secs(1);

/// What one service may write.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Bytes a second, for ever.
    pub steady: u64,
    /// Bytes at once, on top of that.
    pub burst: u64,
}

/// Lines that were not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    pub source: Source,
    pub count: u64,
    pub from: Time,
    pub to: Time,
}

/// The buckets of all services.
#[derive(Debug)]
pub struct Buckets {
    rate: Rate,
    all: BTreeMap<ServiceId, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Time,
    lost: Option<Lost>,
}

impl Buckets {
    pub const fn new(rate: Rate) -> Self {
        Self { rate, all: BTreeMap::new() }
    }

    /// Whether `entry` is kept. If it is, the losses just before it come first.
    pub fn admit(&mut self, entry: &Entry) -> (bool, Option<Lost>) {
        let Some(service) = &entry.service else { return (true, None) };
        if !self.all.contains_key(service) {
            let full = Bucket { left: self.rate.burst as f64, at: entry.at, lost: None };
            self.all.insert(service.clone(), full);
        }
        let Some(bucket) = self.all.get_mut(service) else { return (true, None) };
        let elapsed = entry.at.since(bucket.at).0.max(0) as f64 / 1000.0;
        bucket.at = bucket.at.max(entry.at);
        bucket.left += self.rate.steady.min(1 << 50) as f64 * elapsed;
        bucket.left = bucket.left.min(self.rate.burst as f64);
        let cost = entry.text.len() as f64 + 1.0;
        if bucket.left >= cost {
            bucket.left -= cost;
            return (true, bucket.lost.take());
        }
        let lost = bucket.lost.get_or_insert_with(|| Lost { source: source_of(entry), count: 0, from: entry.at, to: entry.at });
        lost.count += 1;
        lost.to = lost.to.max(entry.at);
        let due = lost.to.since(lost.from) >= SAY;
        (false, if due { bucket.lost.take() } else { None })
    }

    /// Losses that nobody has been told of yet.
    pub fn settle(&mut self) -> Vec<Lost> {
        self.all.values_mut().filter_map(|it| it.lost.take()).collect()
    }
}

/// Who wrote an entry.
pub fn source_of(entry: &Entry) -> Source {
    Source { kind: entry.kind.clone(), service: entry.service.clone(), deployment: entry.deployment.clone(), replica: entry.replica }
}
