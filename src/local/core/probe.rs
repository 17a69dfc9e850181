//! Asks replicas that serve whether they still do: over HTTP, on their service's health path, every so often.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::local::health::get;
use crate::model::ids::ServiceId;
use crate::model::service::{ReplicaState, Service};
use crate::model::text::Clean;

use super::handle::Handle;

const EVERY: Duration = Duration::from_secs(5);
/// A check may take this long.
const ASK_FOR: Duration = Duration::from_secs(4);
/// Failures in a row that count: one may be a replica that is busy for a moment.
const IN_A_ROW: u32 = 3;

/// What was found. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Probe(Arc<Mutex<BTreeMap<ServiceId, (u32, String)>>>);

impl Probe {
    /// Asks until stopped.
    pub async fn run(self, handle: Handle, stop: CancellationToken) {
        let mut beat = tokio::time::interval(EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = beat.tick() => {}
            }
            let services: Vec<Service> = handle.world().snapshot.services.iter().filter(|it| it.health_path.is_some()).cloned().collect();
            let mut asked = tokio::task::JoinSet::new();
            for it in services {
                asked.spawn(async move { (it.id.clone(), ask(&it).await) });
            }
            let mut found = BTreeMap::new();
            while let Some(Ok((id, outcome))) = asked.join_next().await {
                found.extend(outcome.err().map(|why| (id, why)));
            }
            self.take(found);
        }
    }

    fn take(&self, found: BTreeMap<ServiceId, String>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *all);
        *all = found.into_iter().map(|(id, why)| (id.clone(), (before.get(&id).map_or(0, |it| it.0) + 1, why))).collect();
    }

    /// Why the health check of a service fails, if it does so again and again.
    pub fn unhealthy(&self, service: &ServiceId) -> Option<Clean> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(service).filter(|it| it.0 >= IN_A_ROW).map(|it| Clean::new(&it.1))
    }
}

/// Asks every replica that is up, all at once; of those that fail, the first in order says why.
async fn ask(service: &Service) -> Result<(), String> {
    let Some(path) = &service.health_path else { return Ok(()) };
    let up = service.replicas.iter().filter(|it| it.state == ReplicaState::Up);
    let asked = up.filter_map(|it| Some(ask_one(it.index, it.port?, path)));
    join_all(asked).await.into_iter().collect()
}

async fn ask_one(replica: u16, port: u16, path: &str) -> Result<(), String> {
    let said = match tokio::time::timeout(ASK_FOR, get(port, path)).await {
        Ok(Ok(status)) if (200..400).contains(&status) => return Ok(()),
        Ok(Ok(status)) => format!("answers {status}"),
        Ok(Err(why)) => why.unwrap_or_else(|| "takes no connection".to_owned()),
        Err(_) => format!("does not answer in {}s", ASK_FOR.as_secs()),
    };
    Err(format!("replica {replica} {said} on {path}"))
}
