//! What goes into the engine and what comes out of it.

use crate::local::detect::Plan;
use crate::local::fingerprint::Fingerprints;
use crate::local::port::{Command, Refusal, Setup};
use crate::local::rules::Deed;
use crate::model::deploy::Commit;
use crate::model::event::{Change, ObjectRef};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::log::Level;
use crate::model::response::Response;
use crate::model::service::{Limits, Repo, ServiceKind};
use crate::model::text::Clean;
use crate::model::time::Millis;

/// Names a job until it is answered. Volatile: begins anew with each start of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// Names one run of one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// What of the setup the rules depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub builds: usize,
    pub build_timeout: Millis,
    pub health_timeout: Millis,
    pub drain: Millis,
    pub keep_releases: usize,
    pub crash_exits: u32,
    pub crash_window: Millis,
    pub response: Response,
    /// How values are told apart without being shown.
    pub fingerprints: Fingerprints,
    /// How far what is deployed from now on is kept apart from the machine, in the word shown.
    pub isolation: Clean,
    /// How many files each process of a replica may open.
    pub open_files: u64,
}

impl Settings {
    /// What `setup` says.
    pub fn of(setup: &Setup, fingerprints: Fingerprints, isolation: Clean) -> Self {
        Self {
            builds: setup.builds,
            build_timeout: setup.build_timeout,
            health_timeout: setup.health_timeout,
            drain: setup.drain,
            keep_releases: setup.keep_releases,
            crash_exits: setup.rules.crash_exits,
            crash_window: setup.rules.crash_window,
            response: setup.response.clone(),
            fingerprints,
            isolation,
            open_files: setup.open_files,
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// The platform has started with what the database held.
    Boot,
    Command(Box<Command>),
    Fetched {
        job: JobId,
        result: Result<(Commit, Option<String>), String>,
    },
    /// What the release is, and how many bytes it takes on disk.
    Built {
        job: JobId,
        result: Result<(Plan, u64), String>,
    },
    /// The service's stable port is open, or why not.
    Opened {
        job: JobId,
        result: Result<u16, String>,
    },
    Removed {
        job: JobId,
    },
    /// A replica's process runs; it is not ready yet.
    Spawned {
        run: RunId,
        pid: u32,
        port: Option<u16>,
    },
    /// It is ready for traffic.
    Ready {
        run: RunId,
    },
    /// It has ended, or was never ready. Nobody of it is left. `clean`: it ended by itself with status 0.
    Ended {
        run: RunId,
        words: String,
        clean: bool,
    },
    /// A rule has something to say about incidents.
    Deed(Deed),
    /// The calendar was set by this much; time went by as ever.
    ClockSet(Millis),
    /// Time has passed.
    Tick,
}

/// Something to do in the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    Fetch {
        job: JobId,
        service: ServiceId,
        deployment: DeploymentId,
        repo: Repo,
        commit: Option<String>,
        folder: String,
    },
    Build {
        job: JobId,
        service: ServiceId,
        deployment: DeploymentId,
        folder: String,
        root: Option<String>,
        kind: Option<ServiceKind>,
        variables: Vec<(String, String)>,
        within: Millis,
    },
    /// Start one replica and say `Spawned`, then `Ready`, in the end `Ended`.
    Start(Box<StartJob>),
    /// Let the run finish its requests for `drain`, then end it. Answered by its `Ended`.
    Stop {
        run: RunId,
        service: ServiceId,
        port: Option<u16>,
        drain: Millis,
    },
    /// Send the service's traffic to these (replica, port). Not answered: it is done at once.
    Route {
        service: ServiceId,
        deployment: Option<DeploymentId>,
        backends: Vec<(u16, u16)>,
    },
    /// Open the service's stable address, on this port if it had one.
    Open {
        job: JobId,
        service: ServiceId,
        name: String,
        port: Option<u16>,
    },
    /// Close it. Not answered.
    Close {
        service: ServiceId,
        port: Option<u16>,
    },
    Remove {
        job: JobId,
        folder: String,
    },
    /// Give up this fetch or build; it answers all the same.
    Abort {
        job: JobId,
    },
}

/// A replica to start.
#[derive(Clone, Debug, PartialEq)]
pub struct StartJob {
    pub run: RunId,
    pub service: ServiceId,
    pub name: Clean,
    pub deployment: DeploymentId,
    pub replica: u16,
    pub folder: String,
    pub root: Option<String>,
    pub plan: Plan,
    pub kind: ServiceKind,
    pub health_path: Option<String>,
    pub variables: Vec<(String, String)>,
    pub limits: Limits,
    pub within: Millis,
}

/// A line for the log that the platform says itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub level: Level,
    pub service: ServiceId,
    pub deployment: Option<DeploymentId>,
    pub replica: u16,
    pub text: String,
}

/// What a step came to.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub changes: Vec<Change>,
    pub private: Vec<((String, String), Option<String>)>,
    pub jobs: Vec<Job>,
    pub says: Vec<Said>,
    /// Replicas that ended by themselves although they should serve.
    pub crashed: Vec<(ServiceId, u16)>,
    /// Deployments that failed, and why in a line.
    pub failed: Vec<(ServiceId, DeploymentId, String)>,
    /// The answer to a command: what was done, to which object.
    pub reply: Option<Result<(String, Option<ObjectRef>), Refusal>>,
}
