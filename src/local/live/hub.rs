//! Where the core says what changed and every watcher finds it. Publishing never waits for anybody:
//! watchers hold a cursor and pull, so a slow one costs the others nothing and takes no memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::local::db::Outbox;
use crate::local::port::{Committed, Loaded};
use crate::model::ids::ServiceId;
use crate::model::metric::MetricPoint;
use crate::model::text::Clean;
use crate::wire::stream::{MAX_QUEUE, MAX_QUEUE_BYTES, Position};

use super::view::{View, to_json};

/// How far everything has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    /// Newest revision.
    pub rev: u64,
    /// Everything after this revision is at hand; who lives on the stream and is behind it did not keep up.
    pub ring: u64,
    /// Counts publications of metrics.
    pub metrics: u64,
}

/// The platform's fan-out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    heads: watch::Sender<Heads>,
    /// Why what happens cannot be written, while that is so: everything said here is then older than what is true.
    degraded: watch::Sender<Option<Clean>>,
}

#[derive(Debug, Default)]
struct State {
    view: Arc<View>,
    ring: VecDeque<Outbox>,
    ring_bytes: usize,
    metrics: u64,
    /// The newest point of each service and replica, with the publication it came in.
    points: BTreeMap<(ServiceId, u16), (u64, Arc<MetricPoint>)>,
}

impl Hub {
    /// A hub on what the database held.
    pub fn new(loaded: &Loaded) -> Self {
        let at = Position { epoch: loaded.epoch.clone(), rev: loaded.rev };
        let view = Arc::new(View::new(at, loaded.snapshot.clone()));
        let heads = Heads { rev: loaded.rev, ring: loaded.rev, metrics: 0 };
        let state = Mutex::new(State { view, ..State::default() });
        Self { shared: Arc::new(Shared { state, heads: watch::Sender::new(heads), degraded: watch::Sender::new(None) }) }
    }

    /// Tells every watcher of a transaction. To be called in the order of revisions, before its asker is answered,
    /// so that who wrote also reads what was written.
    pub fn publish(&self, committed: &Committed) {
        if committed.changes.is_empty() {
            return;
        }
        let json: Arc<str> = Arc::from(to_json(&committed.changes));
        let mut state = self.state();
        Arc::make_mut(&mut state.view).apply(committed.rev, &committed.changes);
        state.ring_bytes += json.len();
        state.ring.push_back(Outbox { rev: committed.rev, json });
        while state.ring.len() > MAX_QUEUE || state.ring_bytes > MAX_QUEUE_BYTES {
            let Some(oldest) = state.ring.pop_front() else { break };
            state.ring_bytes -= oldest.json.len();
        }
        let ring = state.ring.front().map_or(committed.rev, |oldest| oldest.rev - 1);
        drop(state);
        self.shared.heads.send_modify(|heads| {
            heads.rev = committed.rev;
            heads.ring = ring;
        });
    }

    /// Tells every watcher of new values. Latest wins.
    pub fn publish_metrics(&self, points: impl IntoIterator<Item = MetricPoint>) {
        let mut state = self.state();
        state.metrics += 1;
        let at = state.metrics;
        for mut point in points {
            // JSON has no NaN and no infinity; what cannot be said is a hole.
            point.values.retain(|(_, value)| value.is_finite());
            state.points.insert((point.service.clone(), point.replica), (at, Arc::new(point)));
        }
        drop(state);
        self.shared.heads.send_modify(|heads| heads.metrics = at);
    }

    /// Forgets the values of services that are gone.
    pub fn retain_metrics(&self, keep: impl Fn(&ServiceId, u16) -> bool) {
        self.state().points.retain(|(service, replica), _| keep(service, *replica));
    }

    /// Tells every watcher that what happens cannot be written, and why; or that it can again, after all of it was published.
    pub fn degrade(&self, why: Option<Clean>) {
        self.shared.degraded.send_if_modified(|now| {
            let changed = *now != why;
            *now = why;
            changed
        });
    }

    /// Why what is said may be old, and to wait for that to change.
    pub fn degraded(&self) -> watch::Receiver<Option<Clean>> {
        self.shared.degraded.subscribe()
    }

    /// All objects as they are.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.state().view)
    }

    /// How far everything has come, and to wait for more.
    pub fn heads(&self) -> watch::Receiver<Heads> {
        self.shared.heads.subscribe()
    }

    /// How many follow it now.
    pub fn followers(&self) -> usize {
        self.shared.heads.receiver_count()
    }

    /// Up to `limit` transactions after `rev`; `None` when they are not at hand (any more): ask the database.
    pub fn recent(&self, rev: u64, limit: usize) -> Option<Vec<Outbox>> {
        let state = self.state();
        if rev == state.view.at.rev {
            return Some(Vec::new());
        }
        let first = state.ring.front()?.rev;
        let skip = usize::try_from((rev + 1).checked_sub(first)?).ok()?;
        (skip < state.ring.len()).then(|| state.ring.iter().skip(skip).take(limit).cloned().collect())
    }

    /// The newest points published after `seen`, and the publication they reach up to.
    pub fn points_after(&self, seen: u64, replicas: bool) -> (Vec<Arc<MetricPoint>>, u64) {
        let state = self.state();
        let wanted = state.points.iter().filter(|((_, replica), (at, _))| *at > seen && (replicas || *replica == 0));
        (wanted.map(|(_, (_, point))| Arc::clone(point)).collect(), state.metrics)
    }

    /// A reader that panicked left nothing half-done: every change here is complete before the lock is let go.
    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
