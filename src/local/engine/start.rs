//! The first step after a start: whatever the database says was under way, nothing of it is; the state is made true again.

use crate::model::deploy::DeployStatus;
use crate::model::event::{ObjectRef, Snapshot};
use crate::model::ids::{DeploymentId, ServiceId, TeamId};
use crate::model::log::Level;
use crate::model::project::{Member, Role, Team};
use crate::model::service::{Health, ReplicaState, ServiceKind};
use crate::model::text::Clean;

use super::settle::STARTING;
use super::state::What;
use super::turn::Turn;
use super::types::Job;

use crate::model::time::Millis;

/// Opening a port takes no time; what takes longer is lost.
const OPEN_WITHIN: Millis = Millis::secs(30);

/// Whether a service of this kind is called over HTTP.
pub const fn has_callers(kind: &ServiceKind) -> bool {
    matches!(kind, ServiceKind::Web | ServiceKind::Static)
}

impl Turn<'_> {
    pub fn boot(&mut self) {
        if self.s.teams.is_empty() {
            let id = TeamId::new(self.id('t'));
            let owner = Member { name: Clean::new("owner"), role: Role::Owner };
            self.s.teams.insert(id.clone(), Team { id: id.clone(), name: Clean::new("default"), members: vec![owner], rev: 0 });
            self.dirty.insert(ObjectRef::Team(id));
        }
        let cut: Vec<(DeploymentId, DeployStatus)> = self
            .s
            .deployments
            .values()
            .filter(|it| it.status.running() && it.status != DeployStatus::Pending)
            .map(|it| (it.id.clone(), it.status.clone()))
            .collect();
        // What an earlier platform had open is not ours, and may be another's by now.
        let services: Vec<ServiceId> = self.s.services.values_mut().filter_map(|it| it.url.take().map(|_| it.id.clone())).collect();
        let deployments: Vec<DeploymentId> =
            self.s.deployments.values_mut().filter_map(|it| it.url.take().map(|_| it.id.clone())).collect();
        for it in &services {
            self.touch_service(it);
        }
        for it in &deployments {
            self.touch_deployment(it);
        }
        self.enclose();
        for (id, status) in cut {
            self.fail(&id, &format!("the platform stopped while it was {status}; deploy again"));
            self.ended_with_us(&id);
        }
        let services: Vec<ServiceId> = self.s.services.keys().cloned().collect();
        for id in services {
            self.boot_service(&id);
        }
        self.advance();
    }

    /// What is live is started again in the sandbox of today, whatever it was deployed in.
    fn enclose(&mut self) {
        let today = self.s.set.isolation.clone();
        let others = self.s.deployments.values_mut().filter(|it| it.is_live() && it.isolation.as_ref() != Some(&today));
        let changed: Vec<DeploymentId> = others.map(|it| (it.isolation = Some(today.clone()), it.id.clone()).1).collect();
        for it in &changed {
            self.touch_deployment(it);
        }
    }

    /// A deployment that ended with the platform did so when the platform was last at work, not when it was started again: nobody
    /// wants a night of being off counted as a build that took a night.
    fn ended_with_us(&mut self, id: &DeploymentId) {
        let (now, last) = (self.now, self.s.last);
        let Some(it) = self.s.deployments.get_mut(id) else { return };
        let Some((stage, last)) = it.stages.last_mut().zip(last) else { return };
        let ended = last.min(now).max(stage.began);
        (stage.ended, it.finished) = (Some(ended), Some(ended));
    }

    fn boot_service(&mut self, id: &ServiceId) {
        self.look.insert(id.clone());
        self.open(id);
        let Some(live) = self.s.services.get(id).and_then(|it| it.live.clone()) else { return };
        if !self.s.releases.contains_key(&live) || !self.s.deployments.contains_key(&live) {
            self.end_live(&live);
            if let Some(it) = self.s.services.get_mut(id) {
                it.live = None;
            }
            self.s.notes.insert(id.clone(), format!("the release of {live} is gone; deploy again"));
            return self.touch_service(id);
        }
        self.tell_of_kill(id, &live);
        self.schedule(id);
        self.tend(id);
        self.mark_crash_loop(id);
    }

    /// Whoever reads the log of a service is told why it breaks off and begins anew.
    fn tell_of_kill(&mut self, id: &ServiceId, live: &DeploymentId) {
        if !self.s.killed {
            return;
        }
        let last = self.s.last.map(|it| format!(", last known to run at {it}")).unwrap_or_default();
        let text =
            format!("the platform was killed{last}; what ran of {live} ended with it and starts anew; lines in between may be missing");
        self.says(Level::Warn, id, Some(live), text);
    }

    /// Opens the service's stable address, for kinds that have callers. One whose kind is still to be found is taken for one of those.
    pub fn open(&mut self, id: &ServiceId) {
        let opens = self.s.jobs.values().any(|it| it.what == What::Open && it.service == *id);
        if opens || !self.s.services.get(id).is_some_and(|it| has_callers(&it.kind)) {
            return;
        }
        let port = self.s.secrets.get(id).and_then(|it| it.port);
        let job = self.job(What::Open, id, None, OPEN_WITHIN);
        let name = self.target(id);
        self.do_job(Job::Open { job, service: id.clone(), name, port });
    }

    /// The service is of this kind from now on: it has an address if that kind has callers, and none otherwise.
    pub fn be(&mut self, id: &ServiceId, kind: &ServiceKind) {
        let Some(it) = self.s.services.get_mut(id) else { return };
        it.kind = kind.clone();
        let open = it.url.is_some();
        match has_callers(kind) {
            true if !open => self.open(id),
            false => self.close(id),
            true => {}
        }
        self.touch_service(id);
    }

    /// The service has no address any more.
    pub fn close(&mut self, id: &ServiceId) {
        let port = self.s.secrets.get_mut(id).and_then(|it| it.port.take());
        if port.is_none() {
            return;
        }
        self.keep_secret(id);
        self.do_job(Job::Close { service: id.clone(), port });
        self.show_address(id, None);
    }

    /// What is said of a service's address: its own, and that of its deployments that serve or will.
    pub fn show_address(&mut self, id: &ServiceId, url: Option<&Clean>) {
        let Some(it) = self.s.services.get_mut(id) else { return };
        it.url = url.cloned();
        self.touch_service(id);
        let reached = self.s.deployments.values_mut().filter(|it| it.service == *id && (it.status.running() || it.is_live()));
        let stale: Vec<DeploymentId> =
            reached.filter(|it| it.url.as_ref() != url).map(|it| (it.url = url.cloned(), it.id.clone()).1).collect();
        for it in stale {
            self.touch_deployment(&it);
        }
    }
}

/// What the database says of processes is of a platform that is no more: until the first step has started them again nobody is to read
/// that they serve, or to be sent to an address that another program may have taken meanwhile. Revisions stay, and that step writes what
/// it finds: with what is started again in the sandbox of today, `isolation`.
pub fn started_anew(snapshot: &mut Snapshot, isolation: &Clean) {
    for deployment in &mut snapshot.deployments {
        deployment.url = None;
        if deployment.is_live() {
            deployment.isolation = Some(isolation.clone());
        }
    }
    for service in &mut snapshot.services {
        service.url = None;
        if service.live.is_none() || service.kind == ServiceKind::Cron || service.desired == 0 {
            continue;
        }
        for replica in &mut service.replicas {
            (replica.state, replica.pid, replica.port, replica.started) = (ReplicaState::Starting, None, None, None);
        }
        if service.health != Health::Deploying {
            (service.health, service.reason) = (Health::Deploying, Some(Clean::new(STARTING)));
        }
    }
}
