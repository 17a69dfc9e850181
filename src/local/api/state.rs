//! What the handlers share, and what they remember between requests: views that pages are pinned to, keys in use, open streams.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::local::auth::Tokens;
use crate::local::core::Handle;
use crate::local::git::RangeError;
use crate::local::limit::{Limiter, Limits};
use crate::local::live::{Feeds, View};
use crate::model::deploy::CommitRange;
use crate::model::ids::ServiceId;
use crate::model::metric::{MetricQuery, Series};

/// Views kept for the next pages of lists.
const PINS: usize = 16;
/// How long a page token is good.
const PINNED: Duration = Duration::from_mins(2);

/// Answers a stretch of kept metrics.
pub type Metrics = Arc<dyn Fn(&MetricQuery) -> Vec<Series> + Send + Sync>;

/// Tells what lies between two commits of a service's repository.
pub type Commits = Arc<dyn Fn(ServiceId, String, (String, String)) -> Telling + Send + Sync>;
/// What it comes to.
pub type Telling = Pin<Box<dyn Future<Output = Result<CommitRange, RangeError>> + Send>>;

/// What the API is made of.
pub struct Api {
    pub core: Handle,
    pub feeds: Feeds,
    pub metrics: Metrics,
    pub commits: Commits,
    pub tokens: Tokens,
    pub limits: Limits,
    /// Host names allowed besides loopback's own.
    pub allowed_hosts: Vec<String>,
}

/// The API at work.
pub struct State {
    pub api: Api,
    pub port: u16,
    pub limiter: Limiter,
    pub pins: Pins,
    pub keys: Keys,
    pub streams: Streams,
}

impl State {
    pub fn new(api: Api, port: u16) -> Self {
        let limiter = Limiter::new(api.limits);
        Self { api, port, limiter, pins: Pins::default(), keys: Keys::default(), streams: Streams::default() }
    }
}

/// Views that page tokens name.
#[derive(Default)]
pub struct Pins(Mutex<VecDeque<(Instant, Arc<View>)>>);

impl Pins {
    /// Keeps `view` for a while; the oldest makes room.
    pub fn keep(&self, view: &Arc<View>, now: Instant) {
        let mut pins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pins.retain(|(since, kept)| kept.at.rev != view.at.rev && now.duration_since(*since) < PINNED);
        if pins.len() == PINS {
            pins.pop_front();
        }
        pins.push_back((now, Arc::clone(view)));
    }

    /// The view at `rev`, if it is still kept.
    pub fn get(&self, rev: u64, now: Instant) -> Option<Arc<View>> {
        let pins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pins.iter().find(|(since, view)| view.at.rev == rev && now.duration_since(*since) < PINNED);
        kept.map(|(_, view)| Arc::clone(view))
    }
}

/// Idempotency keys of writes that are under way: the same key waits for the first one's answer.
#[derive(Default)]
pub struct Keys(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Keys {
    /// Waits until nobody else is at `key`.
    pub async fn hold(&self, key: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            keys.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(keys.entry(key.to_owned()).or_default())
        };
        turn.lock_owned().await
    }
}

/// Open streams, by token.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// One open stream; counted until it is dropped.
pub struct OpenStream {
    streams: Streams,
    token: String,
}

impl Streams {
    /// Counts a stream of `token` unless it has `most` already.
    pub fn open(&self, token: &str, most: usize) -> Option<OpenStream> {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = streams.entry(token.to_owned()).or_default();
        if *open >= most {
            return None;
        }
        *open += 1;
        Some(OpenStream { streams: self.clone(), token: token.to_owned() })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut streams = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = streams.get_mut(&self.token) {
            *open -= 1;
        }
    }
}
