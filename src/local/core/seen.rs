//! What happened to each service since the rules last looked, and how many lines it wrote: left by those who know, taken each second.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::local::engine::Output;
use crate::model::deploy::Deployment;
use crate::model::event::Change;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::text::Clean;
use crate::model::time::Time;

/// What happened to one service.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub lines: u64,
    /// Replicas that ended by themselves, each as often as it did.
    pub exits: Vec<u16>,
    pub failed: Option<(DeploymentId, Clean)>,
    pub deployed: bool,
}

/// All services. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<BTreeMap<ServiceId, Counts>>>);

impl Seen {
    fn with(&self, service: &ServiceId, change: impl FnOnce(&mut Counts)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(service.clone()).or_default());
    }

    /// Lines written.
    pub fn lines(&self, service: &ServiceId, count: u64) {
        self.with(service, |it| it.lines += count);
    }

    /// What a step of the engine at `now` came to.
    pub fn step(&self, out: &Output, now: Time) {
        for (service, replica) in &out.crashed {
            self.with(service, |it| it.exits.push(*replica));
        }
        for (service, deployment, why) in &out.failed {
            self.with(service, |it| it.failed = Some((deployment.clone(), Clean::new(why))));
        }
        for change in &out.changes {
            if let Change::Deployment(dep) = change {
                self.deployment(dep, now);
            }
        }
    }

    fn deployment(&self, dep: &Deployment, now: Time) {
        if dep.live_from == Some(now) {
            self.with(&dep.service, |it| {
                it.deployed = true;
                it.failed = None;
            });
        }
    }

    /// Takes what was left for `service`.
    pub fn take(&self, service: &ServiceId) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(service).unwrap_or_default()
    }
}
