//! The words the rooms of the embedded platform share: what a command is, what a write came to, what is kept beside the public state.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::event::{Change, Snapshot};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::log::{Level, LogKind};
use crate::model::project::Role;
use crate::model::request::{Fault, Request};
use crate::model::response::Response;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

use super::cage::Wish;
use super::durations::Durations;

/// How an embedded platform is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Folder of everything it keeps; made with mode 0700.
    pub data: PathBuf,
    /// Where API and stream listen. Loopback only; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Host names allowed besides loopback's own.
    pub allowed_hosts: Vec<String>,
    /// First port of services' stable addresses and of replicas; see `ports`.
    pub ports: std::ops::RangeInclusive<u16>,
    /// The trackside binary: each replica and each build runs under its hidden `supervise` command.
    pub supervisor: PathBuf,
    /// Most builds at once.
    pub builds: usize,
    pub build_timeout: Millis,
    /// How long new replicas have until they are healthy.
    pub health_timeout: Millis,
    /// How long a replica may let the caller of a request wait until its answer begins.
    pub answer_timeout: Millis,
    /// How long old replicas have to finish what they are at.
    pub drain: Millis,
    /// Releases kept for each service, the live one included.
    pub keep_releases: usize,
    /// Most bytes on disk: of a clone with its build and of what a replica writes, `HOME` and `TMPDIR` included.
    pub disk_quota: u64,
    /// How many files each process of a replica may open.
    pub open_files: u64,
    /// Most bytes of memory of one build.
    pub build_memory: u64,
    /// How far the code of repositories is kept apart from the machine.
    pub sandbox: Wish,
    /// Log bytes kept on disk, all services together.
    pub log_bytes: u64,
    /// Log age kept.
    pub log_age: Millis,
    /// Requests of one token in 15 minutes, general bucket.
    pub rate_limit: u32,
    pub rules: Rules,
    /// How soon somebody must answer an incident.
    pub response: Response,
}

/// When the platform opens an incident by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// 5xx of all requests (0 to 1) above which an incident opens…
    pub error_ratio: f64,
    /// …once it has lasted this long…
    pub error_for: Millis,
    /// …with at least this many requests in that time.
    pub error_requests: u64,
    /// Exits of one replica within `crash_window` that make a crash loop.
    pub crash_exits: u32,
    pub crash_window: Millis,
    /// An incident the platform opened closes once its cause has been gone this long.
    pub calm: Millis,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            error_ratio: 0.05,
            error_for: Millis::mins(1),
            error_requests: 20,
            crash_exits: 3,
            crash_window: Millis::mins(5),
            calm: Millis::mins(2),
        }
    }
}

/// Whose token a request carried.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    pub name: Clean,
    pub role: Role,
}

/// A write, asked of `core`.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    pub actor: Actor,
    pub request: Request,
    /// How it came: `cli`, `dashboard`, `api`.
    pub via: Clean,
    /// The revision of the object as the asker knows it (`If-Match`).
    pub if_match: Option<u64>,
    /// The asker's key for this one deed.
    pub idempotency: Option<IdempotencyKey>,
    /// SHA-256 of the secret of a token to make, hexadecimal. The secret itself never comes this far.
    pub secret: Option<String>,
}

/// The same key with the same body is the same deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    /// SHA-256 of method, path and body, hexadecimal.
    pub body: String,
}

/// A write that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Revision at which it is true.
    pub rev: u64,
    /// What was done, in words.
    pub text: Clean,
    /// The object it made or changed, as it now is.
    pub object: Option<Change>,
}

/// A write that was not done.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    Fault(Fault),
    /// `if_match` named another revision; this is the object as it is.
    Stale(Box<Change>),
    /// The idempotency key was used for something else.
    KeyReused,
    /// The disk is full: reading works, writing does not.
    ReadOnly,
}

/// One transaction for `db`.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Stamped with the new revision as they are written.
    pub changes: Vec<Change>,
    /// What is kept beside the public state, never sent to anybody: (table, key) to JSON, `None` removes.
    pub private: Vec<((String, String), Option<String>)>,
    /// The answer to remember for an idempotency key.
    pub answer: Option<(IdempotencyKey, Done)>,
}

/// What a transaction came to.
#[derive(Clone, Debug)]
pub struct Committed {
    pub rev: u64,
    pub changes: Vec<Change>,
}

/// What `db` held when it was opened.
#[derive(Debug, Default)]
pub struct Loaded {
    pub epoch: String,
    pub rev: u64,
    pub snapshot: Snapshot,
    pub private: BTreeMap<(String, String), String>,
    /// When this platform was last at work, as its log and metrics tell; not kept in the database.
    pub last: Option<Time>,
    /// It was not closed the last time: the platform was killed, or its machine went down.
    pub killed: bool,
}

/// A line on its way into the platform's log, not yet numbered.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub at: Time,
    pub kind: LogKind,
    /// `None`: recognised from the text.
    pub level: Option<Level>,
    pub service: Option<ServiceId>,
    pub deployment: Option<DeploymentId>,
    pub replica: u16,
    /// It goes on where the entry before it was cut: a line without end comes in pieces.
    pub cont: bool,
    /// As the program wrote it; invalid UTF-8 already shown as `\xNN`.
    pub text: String,
}

/// What the proxy counted for one service since the last time it was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Requests by status class, index 0 is 1xx.
    pub classes: [u64; 5],
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// Milliseconds until the answer was complete; `None` without requests.
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    /// The same as counts, which can be added to those of other seconds.
    pub took: Durations,
}
