//! Laws of the engine, under any story of commands, answers, losses, crashes, waits and restarts of the platform.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::incidents::tests::{ask_at, declared};
use super::reopened::REOPENED;
use super::state::{Phase, State, What, number};
use super::step::step;
use super::types::{Happening, Job, Output, RunId, Settings};
use crate::local::detect::{Plan, Start};
use crate::local::fingerprint::Fingerprints;
use crate::local::port::{Actor, Command, Loaded};
use crate::model::deploy::{Commit, DeployStatus};
use crate::model::event::{Change, Snapshot};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::incident::{Closed, Step};
use crate::model::project::Role;
use crate::model::request::{NewProject, NewService, Request};
use crate::model::service::{Health, ServiceKind};
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

const BUILDS: usize = 2;
const SERVICES: usize = 3;

fn settings() -> Settings {
    Settings {
        builds: BUILDS,
        build_timeout: Millis::mins(5),
        health_timeout: Millis::secs(30),
        drain: Millis::secs(5),
        keep_releases: 2,
        crash_exits: 3,
        crash_window: Millis::mins(5),
        response: crate::model::response::Response::default(),
        fingerprints: Fingerprints::new([0; 32]),
        open_files: 1024,
        isolation: Clean::new("none"),
    }
}

/// The world outside the engine: what is asked of it, and what the database would hold.
struct World {
    state: State,
    now: Time,
    kept: Snapshot,
    private: BTreeMap<(String, String), String>,
    asked: Vec<Job>,
    /// Runs that have a process.
    alive: BTreeSet<RunId>,
    /// The variables with which each folder was built.
    built: BTreeMap<String, Vec<(String, String)>>,
}

#[derive(Clone, Debug)]
enum Deed {
    Deploy(usize),
    Redeploy(usize),
    Rollback(usize),
    Restart(usize),
    Stop(usize),
    Cancel(usize),
    Scale(usize, u16),
    Remove(usize),
    SetVariable(usize, String),
    /// The n-th open job is answered, well or badly.
    Answer(usize, bool),
    /// It never will be.
    Lose(usize),
    /// The n-th living replica ends by itself.
    Crash(usize),
    Wait(i64),
    /// The machine's clock is set.
    Set(i64),
    /// The platform is killed and starts again.
    Kill,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let n = 0..12_usize;
    let deed = prop_oneof![
        4 => n.clone().prop_map(Deed::Deploy),
        1 => n.clone().prop_map(Deed::Redeploy),
        2 => n.clone().prop_map(Deed::Rollback),
        2 => n.clone().prop_map(Deed::Restart),
        1 => n.clone().prop_map(Deed::Stop),
        2 => n.clone().prop_map(Deed::Cancel),
        2 => (n.clone(), 0..4_u16).prop_map(|(n, to)| Deed::Scale(n, to)),
        1 => n.clone().prop_map(Deed::Remove),
        2 => (n.clone(), "[a-c]").prop_map(|(n, value)| Deed::SetVariable(n, value)),
        16 => (n.clone(), prop::bool::weighted(0.8)).prop_map(|(n, ok)| Deed::Answer(n, ok)),
        1 => n.clone().prop_map(Deed::Lose),
        3 => n.prop_map(Deed::Crash),
        3 => (1..200_000_i64).prop_map(Deed::Wait),
        1 => (-8_000_000..8_000_000_i64).prop_map(Deed::Set),
        1 => Just(Deed::Kill),
    ];
    prop::collection::vec(deed, 1..120)
}

impl World {
    fn new() -> Self {
        let loaded = Loaded::default();
        let state = State::new(settings(), &loaded);
        let mut it = Self {
            state,
            now: Time(1_000_000),
            kept: Snapshot::default(),
            private: BTreeMap::new(),
            asked: Vec::new(),
            alive: BTreeSet::new(),
            built: BTreeMap::new(),
        };
        it.happens(Happening::Boot);
        it.asks(Request::CreateProject(NewProject { name: "shop".to_owned(), ..NewProject::default() }));
        let project = it.state.projects.keys().next().unwrap().clone();
        for name in ["a", "b", "c"].into_iter().take(SERVICES) {
            it.asks(Request::CreateService(Box::new(NewService {
                replicas: Some(2),
                ..NewService::new(project.clone(), name, "/srv/repo")
            })));
        }
        it
    }

    fn asks(&mut self, request: Request) {
        let actor = Actor { name: Clean::new("ada"), role: Role::Owner };
        self.happens(Happening::Command(Box::new(Command {
            actor,
            request,
            via: Clean::new("cli"),
            if_match: None,
            idempotency: None,
            secret: None,
        })));
    }

    fn happens(&mut self, happening: Happening) {
        let Output { changes, private, jobs, .. } = step(&mut self.state, self.now, happening);
        for change in changes {
            self.kept.apply(change);
        }
        for (key, value) in private {
            match value {
                Some(it) => self.private.insert(key, it),
                None => self.private.remove(&key),
            };
        }
        self.given(&jobs);
        self.asked.extend(jobs.into_iter().filter(|it| !matches!(it, Job::Route { .. } | Job::Close { .. } | Job::Abort { .. })));
        self.check();
    }

    /// Whatever was set meanwhile, a release runs with what it was built with.
    fn given(&mut self, jobs: &[Job]) {
        for job in jobs {
            match job {
                Job::Build { folder, variables, .. } => drop(self.built.insert(folder.clone(), variables.clone())),
                Job::Start(it) => {
                    assert_eq!(self.built.get(&it.folder), Some(&it.variables), "{} runs with what it was built with", it.folder);
                }
                _ => {}
            }
        }
    }

    fn check(&self) {
        let s = &self.state;
        for service in s.services.values() {
            let own = || s.deployments.values().filter(|it| it.service == service.id);
            let live: Vec<_> = own().filter(|it| it.is_live()).map(|it| &it.id).collect();
            assert_eq!(live, service.live.iter().collect::<Vec<_>>(), "one live deployment, the one its service names");
            let going: Vec<_> = own().filter(|it| it.status.running() && it.status != DeployStatus::Pending).collect();
            assert!(going.len() <= 1, "one deployment of a service at a time");
            let waiting = own().filter(|it| it.status == DeployStatus::Pending).map(|it| number(it.id.as_str())).min();
            if let (Some(waiting), Some(going)) = (waiting, going.first()) {
                assert!(number(going.id.as_str()) < waiting, "deployments of a service go in order");
            }
            let expected = if own().any(|it| it.status.running()) { Some(Health::Deploying) } else { None };
            assert!(expected.is_none_or(|it| it == service.health), "a service says that it deploys");
        }
        let builds = s.jobs.values().filter(|it| matches!(it.what, What::Fetch | What::Build)).count();
        assert!(builds <= BUILDS, "{builds} builds side by side");
        assert_eq!(s.deployments.len(), self.kept.deployments.len(), "every change is told");
        for it in &self.kept.services {
            assert_eq!(s.services.get(&it.id), Some(it), "every change of a service is told");
        }
        for it in &self.kept.deployments {
            assert_eq!(s.deployments.get(&it.id), Some(it), "every change of a deployment is told");
        }
    }

    fn service(&self, n: usize) -> Option<ServiceId> {
        self.state.services.keys().nth(n % SERVICES).cloned()
    }

    fn deployment(&self, n: usize) -> Option<DeploymentId> {
        let all = self.state.deployments.len().max(1);
        self.state.deployments.keys().nth(n % all).cloned()
    }

    fn does(&mut self, deed: &Deed) {
        match deed {
            Deed::Set(ms) => {
                let left = |it: &Self| it.state.due().map(|at| at.since(it.now));
                let before = left(self);
                self.now = self.now + Millis(*ms);
                self.happens(Happening::ClockSet(Millis(*ms)));
                assert_eq!(left(self), before, "what waits is due when it would have been");
            }
            Deed::Wait(ms) => {
                self.now = self.now + Millis(*ms);
                self.happens(Happening::Tick);
            }
            Deed::Kill => self.kill(),
            Deed::Answer(n, ok) if !self.asked.is_empty() => {
                let job = self.asked.remove(n % self.asked.len());
                self.answer(job, *ok);
            }
            Deed::Lose(n) if !self.asked.is_empty() => drop(self.asked.remove(n % self.asked.len())),
            Deed::Crash(n) if !self.alive.is_empty() => {
                let run = *self.alive.iter().nth(n % self.alive.len()).unwrap();
                self.ends(run);
            }
            Deed::Answer(..) | Deed::Lose(_) | Deed::Crash(_) => {}
            _ => {
                if let Some(request) = self.request(deed) {
                    self.asks(request);
                }
            }
        }
    }

    fn request(&self, deed: &Deed) -> Option<Request> {
        Some(match deed {
            Deed::Deploy(n) => Request::Deploy { service: self.service(*n)?, branch: None, commit: None },
            Deed::Redeploy(n) => Request::Redeploy { deployment: self.deployment(*n)? },
            Deed::Rollback(n) => {
                let to = self.deployment(*n)?;
                Request::Rollback { service: self.state.deployments.get(&to)?.service.clone(), to }
            }
            Deed::Restart(n) => Request::Restart { service: self.service(*n)? },
            Deed::Stop(n) => Request::Stop { service: self.service(*n)? },
            Deed::Cancel(n) => Request::Cancel { deployment: self.deployment(*n)? },
            Deed::Scale(n, to) => Request::Scale { service: self.service(*n)?, replicas: *to },
            Deed::SetVariable(n, value) => {
                Request::SetVariables { service: self.service(*n)?, variables: vec![("MODE".to_owned(), Some(value.clone()))] }
            }
            Deed::Remove(n) if *n == 11 => Request::RemoveService(self.service(*n)?),
            _ => return None,
        })
    }

    fn answer(&mut self, job: Job, ok: bool) {
        let no = "no".to_owned();
        match job {
            Job::Fetch { job, .. } => {
                let commit = Commit { id: Clean::new("c"), message: Clean::default(), author: Clean::default(), at: None };
                self.happens(Happening::Fetched { job, result: if ok { Ok((commit, None)) } else { Err(no) } });
            }
            Job::Build { job, .. } => {
                let start = Start::Command("true".to_owned());
                let plan = Plan {
                    kind: ServiceKind::Web,
                    build: None,
                    start,
                    health: Some("/up".to_owned()),
                    schedule: None,
                    path: vec![],
                    variables: vec![],
                    why: vec![],
                };
                self.happens(Happening::Built { job, result: if ok { Ok((plan, 4096)) } else { Err(no) } });
            }
            Job::Open { job, .. } => self.happens(Happening::Opened { job, result: if ok { Ok(4000) } else { Err(no) } }),
            Job::Remove { job, .. } => self.happens(Happening::Removed { job }),
            Job::Start(it) if ok => {
                self.alive.insert(it.run);
                self.happens(Happening::Spawned { run: it.run, pid: 7, port: Some(5000 + it.run.0 as u16) });
                self.happens(Happening::Ready { run: it.run });
            }
            Job::Start(it) => self.happens(Happening::Ended { run: it.run, words: "exited with 1".to_owned(), clean: false }),
            Job::Stop { run, .. } => self.ends(run),
            Job::Route { .. } | Job::Close { .. } | Job::Abort { .. } => {}
        }
    }

    fn ends(&mut self, run: RunId) {
        self.alive.remove(&run);
        self.happens(Happening::Ended { run, words: "exited with 1".to_owned(), clean: false });
    }

    fn kill(&mut self) {
        let loaded =
            Loaded { epoch: "e".to_owned(), rev: 1, snapshot: self.kept.clone(), private: self.private.clone(), last: None, killed: true };
        self.state = State::new(settings(), &loaded);
        self.asked.clear();
        self.alive.clear();
        self.happens(Happening::Boot);
    }

    /// Answers all that is open and lets time pass until nothing more is to come.
    fn settles(&mut self) {
        for _ in 0..10_000 {
            if let Some(job) = self.asked.pop() {
                self.answer(job, true);
            } else if let Some(due) = self.state.due() {
                self.now = self.now.max(due);
                self.happens(Happening::Tick);
            } else {
                return;
            }
        }
        panic!("it never comes to rest: {:?} {:?}", self.state.jobs, self.state.runs);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_story_keeps_the_laws_and_comes_to_rest_with_nothing_forgotten(story in deeds()) {
        let mut world = World::new();
        for deed in &story {
            world.does(deed);
        }
        world.settles();
        let s = &world.state;
        prop_assert!(s.jobs.is_empty(), "every job is answered or timed out: {:?}", s.jobs);
        prop_assert!(s.deployments.values().all(|it| it.status.ended()), "every deployment ends");
        for service in s.services.values() {
            let up = s.runs.values().filter(|it| it.service == service.id && it.phase == Phase::Up).count();
            let wanted = if service.live.is_some() { usize::from(service.desired) } else { 0 };
            prop_assert_eq!(up, wanted, "as many replicas as are wanted");
            prop_assert!(service.live.is_none() || service.health_path.as_deref() == Some("/up"), "what serves is asked on its path");
        }
    }

    #[test]
    fn a_kill_at_any_moment_is_recovered_from_to_the_same_services(story in deeds()) {
        let mut world = World::new();
        for deed in &story {
            world.does(deed);
        }
        let live: Vec<_> = world.state.services.values().map(|it| (it.id.clone(), it.live.clone())).collect();
        world.kill();
        world.settles();
        for (id, before) in live {
            let now = &world.state.services[&id];
            let newer = now.live.as_ref().map(|it| number(it.as_str())) >= before.as_ref().map(|it| number(it.as_str()));
            prop_assert!(newer, "what was live is live again, or something newer: {before:?} {:?}", now.live);
        }
        let changes: Vec<Change> = world.kept.deployments.iter().cloned().map(Change::Deployment).collect();
        prop_assert_eq!(changes.len(), world.state.deployments.len());
    }
}

#[test]
fn a_reopened_incident_keeps_when_it_was_closed_and_what_must_be_done_again_is_not_ticked() {
    let (mut state, id) = declared();
    let mut does = |at: i64, request: Request| {
        ask_at(&mut state, Time(at), request).unwrap();
        state.incidents[&id].clone()
    };
    let mitigated = does(10, Request::Mitigate { incident: id.clone() });
    assert_eq!(mitigated.ticked(), 2);
    does(20, Request::Tick { incident: id.clone(), step: Step::Channel, done: true });
    for (at, again) in [(100, 150), (200, 250)] {
        assert_eq!(does(at, Request::Resolve { incident: id.clone(), reason: None }).closed.len(), usize::from(at > 100));
        let it = does(again, Request::Reopen { incident: id.clone() });
        let ticked: Vec<Step> = it.steps.iter().filter(|it| it.done.is_some()).map(|it| it.step.clone()).collect();
        assert_eq!(ticked, [Step::Channel]);
    }
    let it = does(300, Request::Acknowledge { incident: id.clone() });
    assert_eq!(it.closed, [(100, 150), (200, 250)].map(|(from, to)| Closed { from: Time(from), to: Time(to) }));
    let open: Vec<bool> = [1, 2, 99, 100, 149, 150, 199, 200, 249, 250, 9_999].map(|at| it.was_open(Time(at))).to_vec();
    assert_eq!(open, [false, true, true, false, false, true, true, false, false, true, true]);
    for at in 0..60 {
        does(1_000 + 2 * at, Request::Resolve { incident: id.clone(), reason: None });
        does(1_001 + 2 * at, Request::Reopen { incident: id.clone() });
    }
    let last = does(2_000, Request::Mitigate { incident: id.clone() });
    assert_eq!((last.closed.len(), last.closed[19]), (REOPENED, Closed { from: Time(1_118), to: Time(1_119) }));
}
