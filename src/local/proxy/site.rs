//! One service as the proxy knows it: its replicas, the next to ask, and its counters.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::counts::Counts;
use super::upstream::{Backend, Flight, Upstream};
use crate::local::logs::LogStore;
use crate::model::ids::ServiceId;

/// A service.
pub struct Site {
    pub service: ServiceId,
    pub counts: Arc<Counts>,
    pub logs: LogStore,
    /// How long a replica that has all of a request may take until its answer begins.
    pub patience: Duration,
    live: RwLock<Vec<Arc<Upstream>>>,
    /// Replicas that get no new requests but may still have old ones.
    leaving: Mutex<Vec<Arc<Upstream>>>,
    turn: AtomicUsize,
    /// Its name, and why nobody serves, for people.
    words: Mutex<(String, Option<String>)>,
}

impl Site {
    pub fn new(service: ServiceId, logs: LogStore, patience: Duration) -> Self {
        let words = Mutex::new((service.to_string(), None));
        let (live, leaving, turn) = (RwLock::default(), Mutex::default(), AtomicUsize::new(0));
        Self { service, counts: Arc::default(), logs, patience, live, leaving, turn, words }
    }

    /// Replaces the replicas; those which stay keep their connections.
    pub fn route(&self, backends: Vec<Backend>) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::take(&mut *live);
        for backend in backends {
            let same = old.iter().find(|it| it.backend == backend).cloned();
            live.push(same.unwrap_or_else(|| Arc::new(Upstream::new(backend))));
        }
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in old {
            if !live.iter().any(|it| Arc::ptr_eq(it, &gone)) {
                gone.retire();
                leaving.push(gone);
            }
        }
        leaving.retain(|it| it.flying() > 0);
    }

    /// The replica with the least to do, in turns where several have as little. One that refused is asked only if all did.
    ///
    /// The flight begins under the lock, so after [`Site::route`] an old replica's flights can only become fewer.
    pub fn pick(&self, but: &[SocketAddr]) -> Option<Flight> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let others: Vec<_> = live.iter().filter(|it| !but.contains(&it.backend.addr)).map(|it| (it, it.rests(), it.flying())).collect();
        let least = others.iter().map(|it| (it.1, it.2)).min()?;
        let mut even = others.iter().filter(|it| (it.1, it.2) == least);
        let count = even.clone().count();
        even.nth(turn % count).map(|it| Flight::new(it.0))
    }

    /// Waits until the replica at `addr` has no request left; false when it still has some after `most`.
    pub async fn drained(&self, addr: SocketAddr, most: Duration) -> bool {
        let leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner).clone();
        let all = async {
            for upstream in leaving.iter().chain(&live).filter(|it| it.backend.addr == addr) {
                upstream.empty().await;
            }
        };
        tokio::time::timeout(most, all).await.is_ok()
    }

    pub fn call(&self, name: &str) {
        name.clone_into(&mut self.words().0);
    }

    pub fn explain(&self, why: Option<String>) {
        self.words().1 = why;
    }

    /// Its name, and why nobody serves.
    pub fn said(&self) -> (String, Option<String>) {
        self.words().clone()
    }

    fn words(&self) -> std::sync::MutexGuard<'_, (String, Option<String>)> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
