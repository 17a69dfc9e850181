//! Everything the engine knows: the public objects, what is kept beside them, and what is under way.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::local::auth::Kept;
use crate::local::detect::Plan;
use crate::local::port::Loaded;
use crate::model::audit::{AuditEntry, VariableChange};
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::event::{Change, ObjectRef};
use crate::model::ids::{AuditId, DeploymentId, IncidentId, ProjectId, ServiceId, TeamId};
use crate::model::incident::Incident;
use crate::model::project::{Project, Team};
use crate::model::service::Service;
use crate::model::time::{Millis, Time};

use super::types::{JobId, RunId, Settings};

/// The private table of what was done to services' variables.
pub const HISTORY: &str = "history";
/// A replica that has served this long has started well; its crashes before that are forgiven.
pub const STEADY: Millis = Millis::secs(60);

/// What is kept of a service and shown to nobody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Secret {
    /// For the next deployment; what runs has those of its release.
    pub variables: BTreeMap<String, String>,
    /// Its kind was not given, so the repository decides.
    pub detect_kind: bool,
    /// Its health path was not given: it is the one of the release that serves.
    pub found_health: bool,
    /// Its stable port.
    pub port: Option<u16>,
    /// Who stopped it, while it is stopped.
    pub stopped: Option<String>,
}

/// A built release: its folder on disk, and all that a run of it needs, whatever is said of its service later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Below the folder of releases.
    pub folder: String,
    pub root: Option<String>,
    pub plan: Plan,
    /// Those it was built with. A crash, a scale-up and a rollback run it with the same: new ones come with the next deployment.
    pub variables: BTreeMap<String, String>,
    /// Bytes on disk once it was built; `None`: made by an older platform.
    #[serde(default)]
    pub size: Option<u64>,
}

/// A job that has not been answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    pub what: What,
    pub service: ServiceId,
    pub deployment: Option<DeploymentId>,
    pub deadline: Time,
    /// What a build was given, for the release it makes.
    pub variables: BTreeMap<String, String>,
    /// Its deployment was cancelled; the answer no longer matters.
    pub aborted: bool,
}

/// Which job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Fetch,
    Build,
    Open,
    Remove,
}

/// One run of one replica.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub service: ServiceId,
    pub deployment: DeploymentId,
    pub replica: u16,
    pub phase: Phase,
    pub pid: Option<u32>,
    pub port: Option<u16>,
    /// Since when it has been in its phase.
    pub since: Time,
    pub started: Option<Time>,
    pub restarts: u32,
    /// Exits in a row without a good stretch between them; decides the next wait.
    pub streak: u32,
    /// Instants of its last exits, within the crash window.
    pub exits: Vec<Time>,
    /// How it last ended.
    pub last: Option<String>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Starting {
        deadline: Time,
    },
    Up,
    /// Not running; starts again at `until`.
    Backoff {
        until: Time,
    },
    /// On its way out, first finishing its requests.
    Leaving {
        deadline: Time,
    },
}

impl Run {
    /// Whether a process of it may exist.
    pub const fn alive(&self) -> bool {
        !matches!(self.phase, Phase::Backoff { .. })
    }

    pub const fn leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving { .. })
    }
}

/// A rolling restart: replicas still to be renewed, and the run that replaces the one being renewed.
#[derive(Clone, Debug, PartialEq)]
pub struct Rolling {
    pub left: Vec<u16>,
    pub new: RunId,
    pub old: RunId,
}

/// The engine's state.
#[derive(Clone, Debug)]
pub struct State {
    pub set: Settings,
    pub teams: BTreeMap<TeamId, Team>,
    pub projects: BTreeMap<ProjectId, Project>,
    pub services: BTreeMap<ServiceId, Service>,
    pub deployments: BTreeMap<DeploymentId, Deployment>,
    pub incidents: BTreeMap<IncidentId, Incident>,
    pub audit: BTreeMap<AuditId, AuditEntry>,
    pub secrets: BTreeMap<ServiceId, Secret>,
    pub releases: BTreeMap<DeploymentId, Release>,
    /// What was done to each service's variables, oldest first; never a value.
    pub histories: BTreeMap<ServiceId, Vec<VariableChange>>,
    /// The last instant at which this platform is known to have been at work before it was started.
    pub last: Option<Time>,
    /// It was killed then, and had no time to stop anything.
    pub killed: bool,
    /// Tokens by name, but for the owner's own.
    pub tokens: BTreeMap<String, Kept>,
    /// Last number given to an object; kept.
    pub counter: u64,
    /// Last number given to a job or run; begins anew.
    pub volatile: u64,
    pub jobs: BTreeMap<JobId, Pending>,
    pub runs: BTreeMap<RunId, Run>,
    pub rolling: BTreeMap<ServiceId, Rolling>,
    /// Where traffic goes now.
    pub routed: BTreeMap<ServiceId, Vec<(u16, u16)>>,
    /// Removed services whose processes have not all ended yet.
    pub gone: BTreeSet<ServiceId>,
    /// When each cron service runs next.
    pub cron: BTreeMap<ServiceId, Time>,
    /// What is to be said of a service besides how it stands: why its last rolling restart ended, who stopped it.
    pub notes: BTreeMap<ServiceId, String>,
}

/// Why a service stands still that somebody stopped.
pub fn stopped_by(who: &str) -> String {
    format!("stopped by {who}")
}

/// The number in an id (`d17`), by which ids are ordered in time.
pub fn number(id: &str) -> u64 {
    id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0)
}

impl State {
    /// The state that `loaded` describes; nothing runs yet.
    pub fn new(set: Settings, loaded: &Loaded) -> Self {
        let it = &loaded.snapshot;
        let mut state = Self {
            set,
            teams: it.teams.iter().map(|it| (it.id.clone(), it.clone())).collect(),
            projects: it.projects.iter().map(|it| (it.id.clone(), it.clone())).collect(),
            services: it.services.iter().map(|it| (it.id.clone(), it.clone())).collect(),
            deployments: it.deployments.iter().map(|it| (it.id.clone(), it.clone())).collect(),
            incidents: it.incidents.iter().map(|it| (it.id.clone(), it.clone())).collect(),
            audit: it.audit.iter().map(|it| (it.id.clone(), it.clone())).collect(),
            secrets: BTreeMap::new(),
            releases: BTreeMap::new(),
            histories: BTreeMap::new(),
            last: loaded.last,
            killed: loaded.killed,
            tokens: BTreeMap::new(),
            counter: 0,
            volatile: 0,
            jobs: BTreeMap::new(),
            runs: BTreeMap::new(),
            rolling: BTreeMap::new(),
            routed: BTreeMap::new(),
            gone: BTreeSet::new(),
            cron: BTreeMap::new(),
            notes: BTreeMap::new(),
        };
        for ((table, key), json) in &loaded.private {
            state.load(table, key, json);
        }
        let stopped = state.secrets.iter().filter_map(|(id, it)| Some((id.clone(), stopped_by(it.stopped.as_deref()?))));
        state.notes = stopped.collect();
        state
    }

    fn load(&mut self, table: &str, key: &str, json: &str) {
        match table {
            "counter" => self.counter = json.parse().unwrap_or(0),
            "service" => {
                if let Ok(it) = serde_json::from_str(json) {
                    self.secrets.insert(ServiceId::new(key), it);
                }
            }
            "release" => {
                if let Ok(it) = serde_json::from_str(json) {
                    self.releases.insert(DeploymentId::new(key), it);
                }
            }
            HISTORY => {
                if let Ok(it) = serde_json::from_str(json) {
                    self.histories.insert(ServiceId::new(key), it);
                }
            }
            "token" => {
                if let Ok(it) = serde_json::from_str(json) {
                    self.tokens.insert(key.to_owned(), it);
                }
            }
            _ => {}
        }
    }

    /// Takes over the revisions that a transaction gave.
    pub fn stamped(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Team(it) => self.teams.get_mut(&it.id).map(|old| old.rev = it.rev),
                Change::Project(it) => self.projects.get_mut(&it.id).map(|old| old.rev = it.rev),
                Change::Service(it) => self.services.get_mut(&it.id).map(|old| old.rev = it.rev),
                Change::Deployment(it) => self.deployments.get_mut(&it.id).map(|old| old.rev = it.rev),
                Change::Incident(it) => self.incidents.get_mut(&it.id).map(|old| old.rev = it.rev),
                Change::Audit(it) => self.audit.get_mut(&it.id).map(|old| old.rev = it.rev),
                Change::Removed(_) => None,
            };
        }
    }

    /// The object as it is now, or that it is gone.
    pub fn object(&self, of: &ObjectRef) -> Change {
        let found = match of {
            ObjectRef::Team(id) => self.teams.get(id).cloned().map(Change::Team),
            ObjectRef::Project(id) => self.projects.get(id).cloned().map(Change::Project),
            ObjectRef::Service(id) => self.services.get(id).cloned().map(Change::Service),
            ObjectRef::Deployment(id) => self.deployments.get(id).cloned().map(Change::Deployment),
            ObjectRef::Incident(id) => self.incidents.get(id).cloned().map(Change::Incident),
            ObjectRef::Audit(id) => self.audit.get(id).cloned().map(Change::Audit),
        };
        found.unwrap_or_else(|| Change::Removed(of.clone()))
    }

    /// The deployment of `service` that is past waiting and has not ended.
    pub fn underway(&self, service: &ServiceId) -> Option<&Deployment> {
        self.deployments.values().find(|it| it.service == *service && it.status.running() && it.status != DeployStatus::Pending)
    }

    /// Runs of a service, replicas in order.
    pub fn runs_of<'a>(&'a self, service: &'a ServiceId) -> impl Iterator<Item = (RunId, &'a Run)> {
        self.runs.iter().filter(move |(_, it)| it.service == *service).map(|(id, it)| (*id, it))
    }

    /// Moves every instant that only measures a span by `by`, as the calendar was.
    pub fn shift(&mut self, by: Millis) {
        for run in self.runs.values_mut() {
            match &mut run.phase {
                Phase::Starting { deadline: at } | Phase::Leaving { deadline: at } | Phase::Backoff { until: at } => *at = *at + by,
                Phase::Up => {}
            }
            run.since = run.since + by;
            run.exits.iter_mut().for_each(|it| *it = *it + by);
        }
        self.jobs.values_mut().for_each(|it| it.deadline = it.deadline + by);
    }

    /// When something is due even if nothing happens.
    pub fn due(&self) -> Option<Time> {
        let runs = self.runs.values().filter_map(|it| match it.phase {
            Phase::Starting { deadline } | Phase::Leaving { deadline } => Some(deadline),
            Phase::Backoff { until } => Some(until),
            Phase::Up if it.exits.is_empty() => None,
            Phase::Up => Some(it.since + STEADY),
        });
        runs.chain(self.jobs.values().map(|it| it.deadline)).chain(self.cron.values().copied()).min()
    }
}
