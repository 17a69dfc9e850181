//! The end of every step: services are made to tell the truth about their runs, traffic follows, and what changed is collected.

use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::event::{Change, ObjectRef};
use crate::model::ids::{AuditId, DeploymentId, IncidentId, ServiceId};
use crate::model::service::{Health, Replica, ReplicaState, Service, ServiceKind};
use crate::model::text::Clean;
use crate::model::time::Millis;

use super::state::{Phase, Run, What, number};
use super::turn::{EXITED, Turn};
use super::types::{Job, Output};

/// Ended deployments of a service, audit entries, and resolved incidents that stay: what people still scroll to.
const DEPLOYMENTS: usize = 100;
const AUDIT: usize = 1000;
/// Of the audit entries, most that say that replicas exited: programs that crash now and then for weeks must not crowd out what people did.
const EXITS: usize = 200;
const INCIDENTS: usize = 200;
/// Why a service whose replicas are on their way does not serve yet.
pub const STARTING: &str = "starting";
/// Removing a folder takes seconds; what takes longer is lost.
const REMOVE_WITHIN: Millis = Millis::mins(10);

impl Turn<'_> {
    /// Ends the step.
    pub fn settle(mut self) -> Output {
        self.forget();
        let look = std::mem::take(&mut self.look);
        let mut routes = Vec::new();
        for id in &look {
            self.refresh(id);
            routes.extend(self.route(id));
        }
        self.sweep();
        // Traffic moves before anything is led out.
        routes.append(&mut self.out.jobs);
        self.out.jobs = routes;
        let dirty = std::mem::take(&mut self.dirty);
        self.out.changes = dirty.iter().map(|it| self.s.object(it)).collect();
        if self.out.changes.iter().any(|it| !matches!(it, Change::Removed(_))) {
            let counter = self.s.counter.to_string();
            self.keep("counter", "ids", Some(counter));
        }
        self.out
    }

    fn refresh(&mut self, id: &ServiceId) {
        let Some(old) = self.s.services.get(id) else { return };
        let mut it = old.clone();
        it.replicas = self.replicas(id);
        (it.health, it.reason) = self.health(&it);
        if let Some(secret) = self.s.secrets.get(id) {
            it.variables = secret.variables.keys().map(|it| Clean::new(it)).collect();
        }
        if it != *old {
            self.dirty.insert(ObjectRef::Service(id.clone()));
            self.s.services.insert(id.clone(), it);
        }
    }

    fn replicas(&self, id: &ServiceId) -> Vec<Replica> {
        let mut all: Vec<Replica> = self.s.runs_of(id).map(|(_, it)| replica(it)).collect();
        all.sort_by_key(|it| (it.index, it.started));
        all
    }

    /// How a service stands, and why when that needs saying.
    fn health(&self, it: &Service) -> (Health, Option<Clean>) {
        let say = |text: String| Some(Clean::from(text));
        let note = self.s.notes.get(&it.id).map(|it| Clean::new(it));
        let mut own: Vec<&Deployment> = self.s.deployments.values().filter(|dep| dep.service == it.id).collect();
        own.sort_by_key(|it| number(it.id.as_str()));
        if let Some(dep) = own.iter().find(|dep| dep.status.running()) {
            return (Health::Deploying, say(format!("{}: {}", dep.id, dep.status)));
        }
        let failed = own.last().filter(|dep| dep.status == DeployStatus::Failed);
        let why = |dep: &Deployment| dep.error.as_ref().and_then(|it| it.lines().next().map(str::to_owned)).unwrap_or_default();
        let Some(live) = &it.live else {
            return match failed {
                Some(dep) => (Health::Failed, say(format!("{} failed: {}", dep.id, why(dep)))),
                None if own.is_empty() => (Health::Stopped, say("never deployed".to_owned())),
                None => (Health::Stopped, note),
            };
        };
        let still = failed.map(|dep| Clean::from(format!("{} failed: {}; {live} still serves", dep.id, why(dep))));
        if it.kind == ServiceKind::Cron {
            let next = self.s.cron.get(&it.id).map(|at| Clean::from(format!("next run {at}")));
            return (Health::Live, note.or(still).or(next));
        }
        let runs: Vec<&Run> = self.s.runs_of(&it.id).map(|(_, it)| it).filter(|run| !run.leaving()).collect();
        let waits = runs.iter().find_map(|run| match run.phase {
            Phase::Backoff { until } => Some(format!(
                "replica {} {}, restart {} in {}",
                run.replica,
                run.last.as_deref().unwrap_or("ended"),
                run.restarts,
                until.since(self.now).short()
            )),
            _ => None,
        });
        if self.in_crash_loop(&it.id) {
            let last = runs.iter().find_map(|run| run.last.clone()).unwrap_or_default();
            return (Health::CrashLoop, say(waits.unwrap_or_else(|| format!("crashes again and again: the last run {last}"))));
        }
        if it.desired == 0 {
            return (Health::Sleeping, say("scaled to no replicas".to_owned()));
        }
        match (runs.iter().any(|run| run.phase == Phase::Up), waits) {
            (true, waits) => (Health::Live, waits.map(Clean::from).or(note).or(still)),
            (false, Some(waits)) => (Health::Failed, say(waits)),
            (false, None) => (Health::Deploying, say(STARTING.to_owned())),
        }
    }

    /// Sends traffic to the live replicas that are up, if that is not where it goes already.
    fn route(&mut self, id: &ServiceId) -> Option<Job> {
        let live = self.s.services.get(id).and_then(|it| it.live.clone());
        let serves = |run: &Run| live.as_ref() == Some(&run.deployment) && run.phase == Phase::Up;
        let mut wanted: Vec<(u16, u16)> =
            self.s.runs_of(id).filter(|(_, it)| serves(it)).filter_map(|(_, it)| Some((it.replica, it.port?))).collect();
        wanted.sort_unstable();
        if self.s.routed.get(id).map_or(&[][..], Vec::as_slice) == wanted {
            return None;
        }
        self.s.routed.insert(id.clone(), wanted.clone());
        Some(Job::Route { service: id.clone(), deployment: live, backends: wanted })
    }

    /// Folders of removed services, once nothing of them runs.
    fn sweep(&mut self) {
        let busy = |id: &ServiceId| self.s.runs.values().any(|it| it.service == *id) || self.s.jobs.values().any(|it| it.service == *id);
        let free: Vec<ServiceId> = self.s.gone.iter().filter(|it| !busy(it)).cloned().collect();
        for id in free {
            self.s.gone.remove(&id);
            self.s.routed.remove(&id);
            let job = self.job(What::Remove, &id, None, REMOVE_WITHIN);
            self.do_job(Job::Remove { job, folder: id.to_string() });
        }
    }

    /// Lets go of what is too old: a platform that runs for years must not grow for years.
    fn forget(&mut self) {
        let services: Vec<ServiceId> = self.look.iter().cloned().collect();
        for service in services {
            let ended = |it: &&Deployment| it.service == service && it.status.ended() && !it.kept && !it.is_live();
            let ids: Vec<DeploymentId> = self.s.deployments.values().filter(ended).map(|it| it.id.clone()).collect();
            for id in oldest(ids, DEPLOYMENTS, |it| number(it.as_str())) {
                self.s.deployments.remove(&id);
                self.dirty.insert(ObjectRef::Deployment(id));
            }
        }
        let exits = self.s.audit.values().filter(|it| *it.action == *EXITED);
        let exits: Vec<AuditId> = exits.map(|it| it.id.clone()).collect();
        for id in oldest(exits, EXITS, |it| number(it.as_str())) {
            self.s.audit.remove(&id);
            self.dirty.insert(ObjectRef::Audit(id));
        }
        if self.s.audit.len() > AUDIT {
            let ids = self.s.audit.keys().cloned().collect();
            for id in oldest(ids, AUDIT, |it| number(it.as_str())) {
                self.s.audit.remove(&id);
                self.dirty.insert(ObjectRef::Audit(id));
            }
        }
        if self.s.incidents.len() > INCIDENTS {
            let ids: Vec<IncidentId> = self.s.incidents.values().filter(|it| !it.is_open()).map(|it| it.id.clone()).collect();
            for id in oldest(ids, INCIDENTS, |it| number(it.as_str())) {
                self.s.incidents.remove(&id);
                self.dirty.insert(ObjectRef::Incident(id));
            }
        }
    }
}

/// All but the newest `keep`.
fn oldest<T>(mut all: Vec<T>, keep: usize, by: impl Fn(&T) -> u64) -> Vec<T> {
    all.sort_by_key(&by);
    all.truncate(all.len().saturating_sub(keep));
    all
}

fn replica(it: &Run) -> Replica {
    let state = match it.phase {
        Phase::Starting { .. } => ReplicaState::Starting,
        Phase::Up => ReplicaState::Up,
        Phase::Backoff { .. } => ReplicaState::Backoff,
        Phase::Leaving { .. } => ReplicaState::Draining,
    };
    Replica {
        index: it.replica,
        state,
        deployment: it.deployment.clone(),
        pid: it.pid,
        port: it.port,
        started: it.started,
        restarts: it.restarts,
    }
}
