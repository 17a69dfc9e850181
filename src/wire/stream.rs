//! The stream half: frames, positions, topics and close codes. JSON text, one frame a message.

use serde::{Deserialize, Serialize};

use crate::model::event::Change;
use crate::model::log::{LogFilter, LogGap, LogLine};
use crate::model::metric::MetricPoint;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

/// Largest frame a server sends, in bytes; a larger one is a broken or hostile peer.
pub const MAX_SERVER_FRAME: usize = 256 * 1024;
/// Largest frame a client sends, in bytes.
pub const MAX_CLIENT_FRAME: usize = 16 * 1024;
/// Most frames queued for one connection before it is closed as slow.
pub const MAX_QUEUE: usize = 1024;
/// Most bytes queued for one connection before it is closed as slow.
pub const MAX_QUEUE_BYTES: usize = 4 * 1024 * 1024;
/// Most log lines in one frame.
pub const MAX_BATCH: usize = 512;
/// Between heartbeats: under the 30 s at which the strictest usual proxy cuts an idle socket.
pub const HEARTBEAT: Millis = Millis::secs(15);
/// After this long without a frame a peer is taken for dead.
pub const IDLE: Millis = Millis::secs(45);

/// A place in the platform's history. Never a timestamp: two changes can share one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Random; new whenever continuity cannot be proved.
    pub epoch: String,
    /// One more for each transaction, without holes, within an epoch.
    pub rev: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.epoch, self.rev)
    }
}

impl Position {
    /// Reads `epoch/rev`.
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, rev) = text.rsplit_once('/')?;
        Some(Self { epoch: epoch.to_owned(), rev: rev.parse().ok()? })
    }
}

/// What a subscription is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub enum Topic {
    /// Class A: all objects. No loss, no duplicate, ordered, resumable.
    State,
    /// Class B: log lines. Ordered; a gap is always marked.
    Logs {
        #[serde(default)]
        filter: LogFilter,
        /// Lines of the past to begin with, when there is nothing to resume from.
        #[serde(default)]
        tail: usize,
    },
    /// Class C: the newest values. Latest wins.
    Metrics {
        /// Each replica by itself too.
        #[serde(default)]
        replicas: bool,
    },
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// Begins a subscription. `sub` is the client's own number for it, unused so far on this connection.
    /// `since`: for [`Topic::State`] the last revision, for [`Topic::Logs`] the last offset (with the log's epoch) that was taken in.
    Sub {
        sub: u32,
        topic: Topic,
        since: Option<Position>,
    },
    Unsub {
        sub: u32,
    },
    /// Answered by `pong` with the same id, once all that was committed before it was heard has been sent: when the answer is here, what
    /// is held is no older than the question.
    Ping {
        id: u64,
    },
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ServerFrame {
    /// First frame of every connection.
    Hello(Box<Hello>),
    /// A snapshot at `rev` begins.
    SnapBegin {
        sub: u32,
        rev: u64,
    },
    /// One object of it.
    Item {
        sub: u32,
        obj: Box<Change>,
    },
    /// It is complete; take it in if count and digest agree, else throw it away.
    SnapEnd {
        sub: u32,
        rev: u64,
        count: u64,
        digest: String,
    },
    /// One transaction: taken in whole.
    Ev {
        sub: u32,
        n: u64,
        rev: u64,
        changes: Vec<Change>,
    },
    /// Bookmark: everything up to `rev` has been sent on this subscription.
    Bm {
        sub: u32,
        n: u64,
        rev: u64,
    },
    /// Log lines, offsets rising.
    Log {
        sub: u32,
        n: u64,
        lines: Vec<LogLine>,
    },
    /// Log lines this subscription will not get.
    Gap {
        sub: u32,
        n: u64,
        gap: LogGap,
    },
    /// Newest values.
    Met {
        sub: u32,
        n: u64,
        points: Vec<MetricPoint>,
    },
    /// Heartbeat with the position of each subscription, so that the loss of the last frame before a silence shows.
    Hb {
        now: Time,
        subs: Vec<SubPosition>,
        /// Why the platform cannot write what happens, while that is so: everything it says may be old.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        degraded: Option<Clean>,
    },
    Pong {
        id: u64,
        now: Time,
    },
    /// The token ends soon.
    AuthExpiring {
        in_ms: u64,
    },
    /// The last frame; the connection closes with `code`.
    Bye {
        code: u16,
        resumable: bool,
        retry_after_ms: Option<u64>,
        reason: Clean,
    },
    /// A subscription could not be served.
    Err {
        sub: Option<u32>,
        code: StreamCode,
        message: Clean,
        floor: Option<u64>,
        head: Option<u64>,
    },
    /// A frame this version does not know: counted, not an error.
    #[serde(other)]
    Unknown,
}

/// How the server introduces itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: String,
    pub epoch: String,
    /// Newest revision.
    pub head: u64,
    /// Oldest revision one can resume from.
    pub floor: u64,
    pub log_epoch: String,
    /// Newest log offset.
    pub log_head: u64,
    /// Oldest log offset kept.
    pub log_floor: u64,
    pub heartbeat_ms: u64,
    pub idle_ms: u64,
    pub max_frame: usize,
    /// The server's clock.
    pub now: Time,
    pub server: Clean,
}

/// How far a subscription has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubPosition {
    pub sub: u32,
    /// Frames sent on it, counted from 1.
    pub n: u64,
    /// Revision (state) or offset (logs) up to which all has been sent.
    pub rev: u64,
}

/// Why a subscription was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamCode {
    /// The position cannot be served; take a snapshot.
    Gone,
    /// The number is in use.
    Duplicate,
    TooMany,
    Forbidden,
    BadRequest,
    /// The query of a log filter cannot be read.
    BadQuery,
    #[serde(other)]
    Unknown,
}

/// Close codes. 1000 to 1015 are RFC 6455's own.
pub mod close {
    /// The server stops or starts again: come back.
    pub const RESTART: u16 = 1012;
    /// What was sent is no frame of this protocol. Final.
    pub const BAD_FRAME: u16 = 4400;
    /// The token is wrong or has ended.
    pub const UNAUTHORIZED: u16 = 4401;
    /// The token may not do this. Final.
    pub const FORBIDDEN: u16 = 4403;
    /// The client did not keep up: come back and resume.
    pub const SLOW: u16 = 4008;
    /// The client said nothing for too long after connecting.
    pub const HELLO_LATE: u16 = 4408;
    /// Another protocol version. Final.
    pub const VERSION: u16 = 4409;
    /// A frame was too large.
    pub const TOO_LARGE: u16 = 4413;
    /// Too many connections.
    pub const TOO_MANY: u16 = 4429;

    /// Whether coming back with the same request can help.
    pub const fn is_final(code: u16) -> bool {
        matches!(code, BAD_FRAME | FORBIDDEN | VERSION)
    }
}
