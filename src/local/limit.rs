//! How often each token may ask: fixed windows on a monotonic clock, and the slowing down of wrong tokens.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::model::time::Millis;
use crate::wire::rest::Bucket;

/// Between two answers to wrong tokens from one address.
const SLOW: Duration = Duration::from_secs(1);
/// Entries kept before old ones are swept out: addresses are loopback's, so this is never reached in earnest.
const SWEEP: usize = 1024;
/// Most wrong tokens of one address that wait for their answer; further ones are refused at once.
const WAITING: u32 = 8;

/// What a request counts towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    General,
    Writes,
    Logs,
    Upgrades,
}

/// The limits, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests of each token in 15 minutes that count towards nothing else.
    pub general: u32,
    /// Writes in a minute.
    pub writes: u32,
    /// Reads of logs and metrics in a minute.
    pub logs: u32,
    /// Streams begun in a minute.
    pub upgrades: u32,
    /// Connections, all tokens together.
    pub connections: usize,
    /// Streams of one token.
    pub streams: usize,
}

impl Limits {
    /// The usual limits, with `general` requests in 15 minutes.
    pub const fn new(general: u32) -> Self {
        // A person cannot write more often than once a second for a minute; a script that can is told to wait.
        // A dashboard that follows the cursor of a log reads a few pages a second at its busiest.
        Self { general, writes: 60, logs: 300, upgrades: 30, connections: 200, streams: 64 }
    }

    const fn of(&self, kind: Kind) -> (u32, Duration) {
        match kind {
            Kind::General => (self.general, Duration::from_mins(15)),
            Kind::Writes => (self.writes, Duration::from_mins(1)),
            Kind::Logs => (self.logs, Duration::from_mins(1)),
            Kind::Upgrades => (self.upgrades, Duration::from_mins(1)),
        }
    }

    /// As `GET /limits` says it.
    pub fn buckets(&self) -> Vec<Bucket> {
        let all = [(Kind::General, "general"), (Kind::Writes, "writes"), (Kind::Logs, "logs"), (Kind::Upgrades, "upgrades")];
        let bucket = |(kind, name): (Kind, &str)| {
            let (limit, window) = self.of(kind);
            Bucket { name: name.to_owned(), limit, window: Millis(window.as_millis() as i64) }
        };
        all.into_iter().map(bucket).collect()
    }
}

/// How a request stands to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub allowed: bool,
    pub limit: u32,
    pub remaining: u32,
    /// Seconds until the window begins anew.
    pub reset: u64,
}

/// Counts requests.
#[derive(Debug)]
pub struct Limiter {
    limits: Limits,
    windows: Mutex<HashMap<(String, Kind), Window>>,
    wrong: Mutex<HashMap<IpAddr, Instant>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    used: u32,
}

impl Limiter {
    pub fn new(limits: Limits) -> Self {
        Self { limits, windows: Mutex::default(), wrong: Mutex::default() }
    }

    /// The limits it keeps.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts a request of `token` at `now`.
    pub fn count(&self, token: &str, kind: Kind, now: Instant) -> Standing {
        let (limit, length) = self.limits.of(kind);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry((token.to_owned(), kind)).or_insert(Window { began: now, used: 0 });
        if now.duration_since(window.began) >= length {
            *window = Window { began: now, used: 0 };
        }
        let allowed = window.used < limit;
        window.used += u32::from(allowed);
        let left = length.saturating_sub(now.duration_since(window.began));
        // Rounded up: who waits that long is never too early.
        let reset = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Standing { allowed, limit, remaining: limit - window.used, reset }
    }

    /// How long the answer to a wrong token from `from` is held back; `None`: too many wait already, refuse at once.
    pub fn wrong_token(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= SWEEP {
            wrong.retain(|_, free| *free > now);
        }
        let free = wrong.entry(from).or_insert(now);
        let wait = free.saturating_duration_since(now);
        if wait >= SLOW * WAITING {
            return None;
        }
        *free = now + wait + SLOW;
        Some(wait)
    }
}
