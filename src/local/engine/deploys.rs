//! The pipeline: from being asked for to serving, or to why not.

use crate::local::detect::Plan;
use crate::model::deploy::{Commit, DeployStatus, Deployment, Stage, StageTime, Trigger};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::log::Level;
use crate::model::service::ServiceKind;
use crate::model::text::Clean;
use crate::model::time::Millis;

use super::state::{Phase, Release, What, number};
use super::turn::{PLATFORM, Turn};
use super::types::{Job, JobId};

/// A fetch with all its attempts is over before this; what comes later is a worker that was lost.
const FETCH_WITHIN: Millis = Millis::mins(25);
/// The worker keeps the build's own time; this much later it is taken for lost.
pub const SLACK: Millis = Millis::secs(60);
/// How far along a deployment is at the start of each stage.
const AT_CLONING: u8 = 5;
const AT_BUILDING: u8 = 25;
const AT_DEPLOYING: u8 = 70;

/// A deployment to come.
pub struct Wanted {
    pub service: ServiceId,
    pub branch: Option<Clean>,
    pub commit: Option<Commit>,
    pub trigger: Trigger,
    pub by: Clean,
    pub rollback_of: Option<DeploymentId>,
}

impl Turn<'_> {
    /// Puts a deployment into its service's queue.
    pub fn enqueue(&mut self, wanted: Wanted) -> DeploymentId {
        let id = DeploymentId::new(self.id('d'));
        let service = self.s.services.get(&wanted.service);
        let deployment = Deployment {
            id: id.clone(),
            project: service.map_or_else(|| "".into(), |it| it.project.clone()),
            service: wanted.service.clone(),
            status: DeployStatus::Pending,
            progress: 0,
            commit: wanted.commit,
            branch: wanted.branch.or_else(|| service.and_then(|it| it.repo.branch.clone())),
            trigger: wanted.trigger,
            by: wanted.by,
            created: self.now,
            stages: vec![StageTime { stage: Stage::Pending, began: self.now, ended: None }],
            finished: None,
            live_from: None,
            live_to: None,
            error: None,
            url: service.and_then(|it| it.url.clone()),
            rollback_of: wanted.rollback_of,
            kept: false,
            isolation: Some(self.s.set.isolation.clone()),
            release: None,
            rev: 0,
        };
        self.s.deployments.insert(id.clone(), deployment);
        self.s.notes.remove(&wanted.service);
        if self.s.secrets.get_mut(&wanted.service).is_some_and(|it| it.stopped.take().is_some()) {
            self.keep_secret(&wanted.service);
        }
        self.touch_deployment(&id);
        self.touch_service(&wanted.service);
        self.advance();
        id
    }

    /// Starts every waiting deployment whose turn it is: oldest first, one of a service at a time, builds within their limit.
    pub fn advance(&mut self) {
        let mut waiting: Vec<&Deployment> = self.s.deployments.values().filter(|it| it.status == DeployStatus::Pending).collect();
        waiting.sort_by_key(|it| number(it.id.as_str()));
        let order: Vec<(DeploymentId, ServiceId, bool)> =
            waiting.into_iter().map(|it| (it.id.clone(), it.service.clone(), it.rollback_of.is_some())).collect();
        let mut seen = std::collections::BTreeSet::new();
        for (id, service, rollback) in order {
            let first = seen.insert(service.clone());
            if first && !self.busy(&service) && (rollback || self.building() < self.s.set.builds.max(1)) {
                if rollback { self.put_back(&id) } else { self.fetch(&id) }
            }
        }
    }

    /// Fetches and builds under way, cancelled ones included until their workers have answered.
    fn building(&self) -> usize {
        self.s.jobs.values().filter(|it| matches!(it.what, What::Fetch | What::Build)).count()
    }

    /// Whether something of the service must end before a deployment of it can begin.
    fn busy(&self, service: &ServiceId) -> bool {
        let works = self.s.jobs.values().any(|it| it.service == *service && matches!(it.what, What::Fetch | What::Build));
        works || self.s.underway(service).is_some() || self.s.rolling.contains_key(service)
    }

    fn stage(&mut self, id: &DeploymentId, status: DeployStatus, stage: Option<Stage>, progress: u8) {
        let now = self.now;
        let Some(it) = self.s.deployments.get_mut(id) else { return };
        if let Some(open) = it.stages.last_mut().filter(|it| it.ended.is_none()) {
            open.ended = Some(now);
        }
        it.stages.extend(stage.map(|stage| StageTime { stage, began: now, ended: None }));
        it.status = status;
        it.progress = progress;
        if it.status.ended() {
            it.finished = Some(now);
        }
        let service = it.service.clone();
        self.touch_deployment(id);
        self.touch_service(&service);
    }

    fn fetch(&mut self, id: &DeploymentId) {
        let Some(it) = self.s.deployments.get(id).cloned() else { return };
        let Some(service) = self.s.services.get(&it.service) else { return };
        let mut repo = service.repo.clone();
        repo.branch.clone_from(&it.branch);
        self.stage(id, DeployStatus::Cloning, Some(Stage::Cloning), AT_CLONING);
        let job = self.job(What::Fetch, &it.service, Some(id), FETCH_WITHIN);
        let folder = format!("{}/{id}", it.service);
        self.says(Level::Info, &it.service, Some(id), format!("{id}: cloning {}", repo.url));
        let commit = it.commit.map(|it| it.id.to_string());
        self.do_job(Job::Fetch { job, service: it.service, deployment: id.clone(), repo, commit, folder });
    }

    /// The deployment a job answers for, if the answer still matters.
    fn answered(&mut self, job: JobId, what: What) -> Option<DeploymentId> {
        let known = self.s.jobs.get(&job).is_some_and(|it| it.what == what);
        let pending = if known { self.s.jobs.remove(&job)? } else { return None };
        let id = pending.deployment?;
        let matters = !pending.aborted && self.s.deployments.get(&id).is_some_and(|it| it.status.running());
        if !matters {
            self.drop_folder(&pending.service, &id);
        }
        matters.then_some(id)
    }

    /// What a fetch or build that no longer matters has left on disk.
    fn drop_folder(&mut self, service: &ServiceId, id: &DeploymentId) {
        if !self.s.releases.contains_key(id) {
            let job = self.job(What::Remove, service, None, SLACK);
            self.do_job(Job::Remove { job, folder: format!("{service}/{id}") });
        }
    }

    pub fn fetched(&mut self, job: JobId, result: Result<(Commit, Option<String>), String>) {
        let Some(id) = self.answered(job, What::Fetch) else { return };
        let (commit, branch) = match result {
            Ok(it) => it,
            Err(why) => return self.fail(&id, &why),
        };
        if let Some(it) = self.s.deployments.get_mut(&id) {
            it.commit = Some(commit);
            it.branch = branch.map(Clean::from).or_else(|| it.branch.take());
        }
        self.stage(&id, DeployStatus::Building, Some(Stage::Building), AT_BUILDING);
        let Some(service) = self.s.deployments.get(&id).and_then(|it| self.s.services.get(&it.service)).cloned() else { return };
        let within = self.s.set.build_timeout;
        let job = self.job(What::Build, &service.id, Some(&id), Millis(within.0 + SLACK.0));
        let secret = self.s.secrets.get(&service.id).cloned().unwrap_or_default();
        if let Some(it) = self.s.jobs.get_mut(&job) {
            it.variables.clone_from(&secret.variables);
        }
        self.do_job(Job::Build {
            job,
            deployment: id.clone(),
            folder: format!("{}/{id}", service.id),
            root: service.repo.root.as_ref().map(ToString::to_string),
            kind: (!secret.detect_kind).then(|| service.kind.clone()),
            variables: secret.variables.into_iter().collect(),
            within,
            service: service.id,
        });
    }

    pub fn built(&mut self, job: JobId, result: Result<(Plan, u64), String>) {
        let variables = self.s.jobs.get(&job).map(|it| it.variables.clone()).unwrap_or_default();
        let Some(id) = self.answered(job, What::Build) else { return };
        let (plan, size) = match result {
            Ok(it) => it,
            Err(why) => return self.fail(&id, &why),
        };
        let Some(service) = self.s.deployments.get(&id).map(|it| it.service.clone()) else { return };
        let root = self.s.services.get(&service).and_then(|it| it.repo.root.as_ref().map(ToString::to_string));
        self.s.releases.insert(id.clone(), Release { folder: format!("{service}/{id}"), root, plan, variables, size: Some(size) });
        self.keep_release(&id);
        self.start_release(&id);
    }

    /// A rollback: the release is there, so only its replicas are started, with the variables it had.
    fn put_back(&mut self, id: &DeploymentId) {
        let from = self.s.deployments.get(id).and_then(|it| it.rollback_of.clone());
        let release = from.as_ref().and_then(|it| self.s.releases.get(it)).cloned();
        let Some(release) = release else {
            return self.fail(id, "the release to roll back to is no longer kept");
        };
        self.s.releases.insert(id.clone(), release);
        self.keep_release(id);
        self.start_release(id);
    }

    fn start_release(&mut self, id: &DeploymentId) {
        self.stage(id, DeployStatus::Deploying, Some(Stage::Deploying), AT_DEPLOYING);
        let Some(it) = self.s.deployments.get_mut(id) else { return };
        it.kept = true;
        let service = it.service.clone();
        self.put_out(id, &service);
        let Some(kind) = self.s.releases.get(id).map(|it| it.plan.kind.clone()) else { return };
        let Some((desired, none)) = self.s.services.get(&service).map(|it| (it.desired, it.live.is_none())) else { return };
        if none {
            // With something live, its kind is the service's until this one takes over.
            self.be(&service, &kind);
        }
        // Nothing to wait for: it runs on a schedule, or is scaled to no replicas.
        if kind == ServiceKind::Cron || desired == 0 {
            return self.succeed(id);
        }
        for replica in 1..=desired {
            self.start_run(&service, id, replica, None);
        }
    }

    /// A replica of a deployment that is going up is ready.
    pub fn one_more_up(&mut self, id: &DeploymentId) {
        let Some(service) = self.s.deployments.get(id).and_then(|it| self.s.services.get(&it.service)) else { return };
        let desired = usize::from(service.desired);
        let up = self.s.runs.values().filter(|it| it.deployment == *id && it.phase == Phase::Up).count();
        if up >= desired {
            return self.succeed(id);
        }
        if let Some(it) = self.s.deployments.get_mut(id) {
            it.progress = AT_DEPLOYING + (usize::from(100 - AT_DEPLOYING) * up / desired.max(1)) as u8;
            self.touch_deployment(id);
        }
    }

    fn succeed(&mut self, id: &DeploymentId) {
        let Some(service) = self.s.deployments.get(id).map(|it| it.service.clone()) else { return };
        let now = self.now;
        self.stage(id, DeployStatus::Success, None, 100);
        if let Some(kind) = self.s.releases.get(id).map(|it| it.plan.kind.clone()) {
            self.be(&service, &kind);
        }
        let before = self.s.services.get_mut(&service).and_then(|it| it.live.replace(id.clone()));
        if let Some(old) = before.filter(|it| it != id) {
            self.end_live(&old);
        }
        if let Some(it) = self.s.deployments.get_mut(id) {
            it.live_from = Some(now);
        }
        self.taken_back(id);
        let leaving: Vec<_> = self.s.runs_of(&service).filter(|(_, it)| it.deployment != *id).map(|(run, _)| run).collect();
        for run in leaving {
            self.retire(run);
        }
        self.show_health_path(&service, id);
        self.schedule(&service);
        self.tend(&service);
        self.says(Level::Info, &service, Some(id), format!("{id}: live"));
        self.finished(id, "ok");
        self.prune(&service);
    }

    /// A service without a health path of its own has the one of the release that serves, so that it is asked there from now on.
    pub fn show_health_path(&mut self, service: &ServiceId, id: &DeploymentId) {
        let found = self.s.releases.get(id).and_then(|it| it.plan.health.clone());
        let Some(secret) = self.s.secrets.get_mut(service) else { return };
        let Some(it) = self.s.services.get_mut(service).filter(|it| it.health_path.is_none() || secret.found_health) else { return };
        it.health_path = found.as_deref().map(Clean::new);
        if secret.found_health != found.is_some() {
            secret.found_health = found.is_some();
            self.keep_secret(service);
        }
        self.touch_service(service);
    }

    /// A deployment stops being the one that serves.
    pub fn end_live(&mut self, id: &DeploymentId) {
        let now = self.now;
        if let Some(it) = self.s.deployments.get_mut(id) {
            it.live_to = it.live_from.map(|_| now);
            if it.status == DeployStatus::Crashed {
                it.finished = it.finished.or(Some(now));
            }
            self.touch_deployment(id);
        }
    }

    /// Ends a deployment with `why`; what served before goes on serving.
    pub fn fail(&mut self, id: &DeploymentId, why: &str) {
        let Some(it) = self.s.deployments.get_mut(id).filter(|it| it.status.running()) else { return };
        it.error = Some(Clean::paragraph(why));
        let (service, progress) = (it.service.clone(), it.progress);
        let first = why.lines().next().unwrap_or_default().to_owned();
        self.stage(id, DeployStatus::Failed, None, progress);
        self.says(Level::Error, &service, Some(id), format!("{id}: failed: {first}"));
        self.out.failed.push((service, id.clone(), first.clone()));
        self.finished(id, &first);
        self.clear_away(id);
    }

    /// Ends a deployment because somebody wants it ended.
    pub fn cancel(&mut self, id: &DeploymentId, why: &str) {
        let Some(it) = self.s.deployments.get_mut(id).filter(|it| it.status.running()) else { return };
        it.error = Some(Clean::new(why));
        let (service, progress) = (it.service.clone(), it.progress);
        self.stage(id, DeployStatus::Cancelled, None, progress);
        self.says(Level::Warn, &service, Some(id), format!("{id}: {why}"));
        self.clear_away(id);
    }

    /// Stops what an ended deployment has under way, and drops its release if it never served.
    fn clear_away(&mut self, id: &DeploymentId) {
        let aborts: Vec<JobId> =
            self.s.jobs.iter().filter(|(_, it)| it.deployment.as_ref() == Some(id) && !it.aborted).map(|(job, _)| *job).collect();
        for job in &aborts {
            if let Some(it) = self.s.jobs.get_mut(job) {
                it.aborted = true;
            }
            self.do_job(Job::Abort { job: *job });
        }
        let runs: Vec<_> = self.s.runs.iter().filter(|(_, it)| it.deployment == *id).map(|(run, _)| *run).collect();
        for run in runs {
            self.retire(run);
        }
        if self.s.releases.remove(id).is_some() {
            self.keep_release(id);
        }
        let Some(it) = self.s.deployments.get_mut(id) else { return };
        it.kept = false;
        let (service, own) = (it.service.clone(), it.rollback_of.is_none() && it.stages.len() > 1);
        // With a fetch or build still answering, its answer removes the folder.
        if own && aborts.is_empty() {
            self.drop_folder(&service, id);
        }
        self.touch_service(&service);
    }

    fn finished(&mut self, id: &DeploymentId, result: &str) {
        let Some(it) = self.s.deployments.get(id) else { return };
        let (project, service) = (it.project.clone(), it.service.clone());
        let target = format!("{} {id}", self.target(&service));
        self.audit(&Clean::new(PLATFORM), "deploy.finish", Some(project), Some(service), target, result);
    }
}
