//! Replicas: started, made to serve, started again after a crash, led out.

use crate::model::deploy::DeployStatus;
use crate::model::event::ObjectRef;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::log::Level;
use crate::model::service::ServiceKind;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

use super::state::{Phase, Run, STEADY};
use super::turn::{EXITED, PLATFORM, Turn};
use super::types::{Job, RunId, StartJob};
use crate::local::detect::Schedule;

/// First and longest wait before a crashed replica starts again; doubled each time.
const FIRST_WAIT: Millis = Millis::secs(1);
const LONGEST_WAIT: Millis = Millis::secs(60);
/// The worker keeps its own time; this much later a run is taken for lost.
const SLACK: Millis = Millis::secs(45);

impl Turn<'_> {
    /// Starts replica `replica` of `deployment`; `after` is the run it takes the place of.
    pub fn start_run(&mut self, service: &ServiceId, deployment: &DeploymentId, replica: u16, after: Option<Run>) -> Option<RunId> {
        let release = self.s.releases.get(deployment)?.clone();
        // Said of each start anew: the platform may have been started with another one since.
        self.s.services.get_mut(service)?.limits.files = Some(self.s.set.open_files);
        let it = self.s.services.get(service)?;
        let found = self.s.secrets.get(service).is_some_and(|it| it.found_health);
        let within = self.s.set.health_timeout;
        let by_hand = it.health_path.as_ref().filter(|_| !found);
        let mut start = StartJob {
            run: RunId(0),
            service: service.clone(),
            name: it.name.clone(),
            deployment: deployment.clone(),
            replica,
            folder: release.folder,
            root: release.root,
            kind: release.plan.kind.clone(),
            health_path: by_hand.map(ToString::to_string).or_else(|| release.plan.health.clone()),
            plan: release.plan,
            variables: release.variables.into_iter().collect(),
            limits: it.limits.clone(),
            within,
        };
        start.run = self.run_id();
        let run = start.run;
        let (restarts, streak, exits, last) = after.map_or((0, 0, Vec::new(), None), |it| (it.restarts, it.streak, it.exits, it.last));
        self.s.runs.insert(
            run,
            Run {
                service: service.clone(),
                deployment: deployment.clone(),
                replica,
                phase: Phase::Starting { deadline: self.now + within + SLACK },
                pid: None,
                port: None,
                since: self.now,
                started: None,
                restarts,
                streak,
                exits,
                last,
            },
        );
        self.do_job(Job::Start(Box::new(start)));
        self.touch_service(service);
        Some(run)
    }

    pub fn spawned(&mut self, run: RunId, pid: u32, port: Option<u16>) {
        let now = self.now;
        let Some(it) = self.s.runs.get_mut(&run) else { return };
        (it.pid, it.port, it.started) = (Some(pid), port, Some(now));
        let service = it.service.clone();
        self.touch_service(&service);
    }

    pub fn ready(&mut self, run: RunId) {
        let now = self.now;
        let Some(it) = self.s.runs.get_mut(&run).filter(|it| matches!(it.phase, Phase::Starting { .. })) else { return };
        (it.phase, it.since) = (Phase::Up, now);
        let (service, deployment) = (it.service.clone(), it.deployment.clone());
        self.touch_service(&service);
        let deploying = self.s.deployments.get(&deployment).is_some_and(|it| it.status == DeployStatus::Deploying);
        if deploying {
            self.one_more_up(&deployment);
        } else {
            self.rolled(&service, run);
        }
    }

    /// A run is over.
    pub fn ended(&mut self, run: RunId, words: &str, clean: bool) {
        let Some(it) = self.s.runs.remove(&run) else { return };
        let (service, deployment) = (it.service.clone(), it.deployment.clone());
        self.touch_service(&service);
        if it.leaving() {
            self.advance();
            return;
        }
        let deploying = self.s.deployments.get(&deployment).is_some_and(|it| it.status == DeployStatus::Deploying);
        if deploying {
            let many = self.s.services.get(&service).is_some_and(|it| it.desired > 1);
            let who = if many { format!("replica {} ", it.replica) } else { String::new() };
            return self.fail(&deployment, &format!("{who}{words}"));
        }
        if self.roll_failed(&service, run, words) {
            return;
        }
        let Some(live) = self.s.services.get(&service).filter(|it| it.live.as_ref() == Some(&deployment)) else { return };
        if live.kind == ServiceKind::Cron {
            self.cron_ended(&service, &deployment, words, clean);
            return;
        }
        self.crashed(it, words);
    }

    fn crashed(&mut self, mut it: Run, words: &str) {
        let (service, deployment) = (it.service.clone(), it.deployment.clone());
        let now = self.now;
        let steady = it.phase == Phase::Up && now.since(it.since) >= STEADY;
        it.streak = if steady { 1 } else { it.streak.saturating_add(1) };
        it.restarts += 1;
        let window = self.s.set.crash_window;
        it.exits.retain(|at| now.since(*at) <= window);
        it.exits.push(now);
        let doubled = FIRST_WAIT.0.saturating_mul(1_i64 << (it.streak - 1).min(16));
        let wait = Millis(doubled.min(LONGEST_WAIT.0));
        self.out.crashed.push((service.clone(), it.replica));
        let first = words.lines().next().unwrap_or_default();
        self.says_of(
            Level::Error,
            &service,
            Some(&deployment),
            it.replica,
            format!("replica {} {first}; restart {} in {}", it.replica, it.restarts, wait.short()),
        );
        // A loop is said by its first exits, and by its incident; all of them would crowd out everything else.
        if it.exits.len() <= self.s.set.crash_exits.max(1) as usize {
            self.exited(&service, it.replica, first, wait);
        }
        it.last = Some(first.to_owned());
        (it.phase, it.since, it.pid, it.port) = (Phase::Backoff { until: now + wait }, now, None, None);
        let run = self.run_id();
        self.s.runs.insert(run, it);
        self.mark_crash_loop(&service);
    }

    /// Puts the end of a replica that nobody wanted into the audit trail.
    fn exited(&mut self, service: &ServiceId, replica: u16, words: &str, wait: Millis) {
        let Some(it) = self.s.services.get(service) else { return };
        let (project, target) = (it.project.clone(), format!("{}.{replica} {words}", it.name));
        let result = format!("restarts in {}", wait.short());
        self.audit(&Clean::new(PLATFORM), EXITED, Some(project), Some(service.clone()), target, &result);
    }

    /// Whether a service's replicas crash again and again.
    pub fn in_crash_loop(&self, service: &ServiceId) -> bool {
        let (exits, window) = (self.s.set.crash_exits.max(1) as usize, self.s.set.crash_window);
        self.s.runs_of(service).any(|(_, it)| !it.leaving() && it.exits.iter().filter(|at| self.now.since(**at) <= window).count() >= exits)
    }

    /// The live deployment reads `crashed` while its replicas crash again and again, and `success` once they have settled.
    pub fn mark_crash_loop(&mut self, service: &ServiceId) {
        let looping = self.in_crash_loop(service);
        let Some(live) = self.s.services.get(service).and_then(|it| it.live.clone()) else { return };
        let Some(it) = self.s.deployments.get_mut(&live) else { return };
        let status = if looping { DeployStatus::Crashed } else { DeployStatus::Success };
        if it.status != status && matches!(it.status, DeployStatus::Crashed | DeployStatus::Success) {
            it.status = status;
            self.touch_deployment(&live);
        }
        self.touch_service(service);
    }

    /// Leads a run out: its requests finish, then it ends. One that does not run is forgotten at once.
    pub fn retire(&mut self, run: RunId) {
        let (now, drain) = (self.now, self.s.set.drain);
        let Some(it) = self.s.runs.get_mut(&run) else { return };
        if it.leaving() {
            return;
        }
        let (service, port) = (it.service.clone(), it.port);
        let drain = if it.phase == Phase::Up { drain } else { Millis(0) };
        if it.alive() {
            (it.phase, it.since) = (Phase::Leaving { deadline: now + drain + SLACK }, now);
            self.do_job(Job::Stop { run, service: service.clone(), port, drain });
        } else {
            self.s.runs.remove(&run);
        }
        self.touch_service(&service);
    }

    /// Makes the replicas of a live service as many as are wanted.
    pub fn tend(&mut self, service: &ServiceId) {
        let Some(it) = self.s.services.get(service) else { return };
        let (Some(live), desired) = (it.live.clone(), it.desired) else { return };
        if it.kind == ServiceKind::Cron {
            return;
        }
        let runs: Vec<(RunId, u16)> =
            self.s.runs_of(service).filter(|(_, it)| it.deployment == live && !it.leaving()).map(|(run, it)| (run, it.replica)).collect();
        for (run, _) in runs.iter().filter(|(_, replica)| *replica > desired) {
            self.retire(*run);
        }
        for replica in (1..=desired).filter(|it| !runs.iter().any(|(_, replica)| replica == it)) {
            self.start_run(service, &live, replica, None);
        }
    }

    /// Starts again what has waited long enough, forgives what has settled, and gives up on what was lost.
    pub fn tick_runs(&mut self) {
        let now = self.now;
        let due: Vec<RunId> = self.s.runs.iter().filter(|(_, it)| due(it, now)).map(|(id, _)| *id).collect();
        for run in due {
            let Some(it) = self.s.runs.get_mut(&run) else { continue };
            let (service, deployment, replica) = (it.service.clone(), it.deployment.clone(), it.replica);
            match it.phase {
                Phase::Backoff { .. } => {
                    let old = self.s.runs.remove(&run);
                    self.start_run(&service, &deployment, replica, old);
                }
                Phase::Up => {
                    it.exits.clear();
                    it.streak = 0;
                    it.last = None;
                    self.mark_crash_loop(&service);
                }
                Phase::Starting { .. } => {
                    let port = it.port;
                    self.do_job(Job::Stop { run, service, port, drain: Millis(0) });
                    self.ended(run, "was not heard of again", false);
                }
                Phase::Leaving { .. } => {
                    self.says_of(Level::Error, &service, Some(&deployment), replica, format!("replica {replica} could not be ended"));
                    self.ended(run, "could not be ended", false);
                }
            }
        }
    }

    /// Sets when a cron service runs next, or that it does not.
    pub fn schedule(&mut self, service: &ServiceId) {
        let next = self.s.services.get(service).filter(|it| it.kind == ServiceKind::Cron).and_then(|it| {
            let line = self.s.releases.get(it.live.as_ref()?)?.plan.schedule.as_ref()?;
            Schedule::parse(line).ok()?.next(self.now)
        });
        match next {
            Some(at) => self.s.cron.insert(service.clone(), at),
            None => self.s.cron.remove(service),
        };
    }

    pub fn tick_cron(&mut self) {
        let due: Vec<ServiceId> = self.s.cron.iter().filter(|(_, at)| **at <= self.now).map(|(id, _)| id.clone()).collect();
        for service in due {
            self.schedule(&service);
            let Some(live) = self.s.services.get(&service).and_then(|it| it.live.clone()) else { continue };
            if self.s.runs_of(&service).any(|(_, it)| !it.leaving()) {
                self.says(Level::Warn, &service, Some(&live), "the run before still runs; this one is left out");
            } else {
                self.start_run(&service, &live, 1, None);
            }
        }
    }

    fn cron_ended(&mut self, service: &ServiceId, deployment: &DeploymentId, words: &str, clean: bool) {
        let first = words.lines().next().unwrap_or_default();
        let level = if clean { Level::Info } else { Level::Error };
        self.says(level, service, Some(deployment), format!("the scheduled run {first}"));
        if clean {
            self.s.notes.remove(service);
        } else {
            self.s.notes.insert(service.clone(), format!("the last scheduled run {first}"));
        }
        self.dirty.insert(ObjectRef::Service(service.clone()));
    }
}

fn due(run: &Run, now: Time) -> bool {
    match run.phase {
        Phase::Starting { deadline } | Phase::Leaving { deadline } => deadline <= now,
        Phase::Backoff { until } => until <= now,
        Phase::Up => !run.exits.is_empty() && now.since(run.since) >= STEADY,
    }
}
