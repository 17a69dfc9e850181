//! The REST half: paths, the envelope, pages and error codes.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::request::Fault;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

/// Everything lives under this path.
pub const BASE: &str = "/api/v1";
/// Where the stream is.
pub const STREAM: &str = "/api/v1/stream";
/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "trackside.v1";
/// Header of list answers: `epoch/rev` at which the list is true.
pub const POSITION: &str = "x-trackside-pos";
/// Header of writes: the same key twice is one deed.
pub const IDEMPOTENCY: &str = "idempotency-key";
/// Header of writes: through which door they came (`cli`, `dashboard`); `api` if left out.
pub const VIA: &str = "x-trackside-via";
/// Largest body a client may send, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;
/// Most items of one page.
pub const MAX_PAGE: usize = 500;
/// Most log lines of one page; there are fewer on it where they are long.
pub const MAX_LINES: usize = 5000;

/// Every answer of the platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    pub success: bool,
    pub data: Option<T>,
    /// In words, for people.
    pub message: Option<Clean>,
    /// For programs; set on failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The byte of a log query where its mistake is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

impl<T> Envelope<T> {
    /// An answer that worked.
    pub const fn ok(data: T) -> Self {
        Self { success: true, data: Some(data), message: None, code: None, at: None, page: None }
    }

    /// An answer that did not.
    pub fn failed(code: Code, message: impl Into<Clean>) -> Self {
        Self { success: false, data: None, message: Some(message.into()), code: Some(code), at: None, page: None }
    }
}

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Ask again with `cursor=` this; `None`: that was all.
    pub next: Option<String>,
    /// Items in all pages.
    pub total: usize,
}

/// Stable names of failures, and the HTTP status each travels with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    BadRequest,
    /// A log query that cannot be read; `at` says where.
    BadQuery,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    /// Does not fit how things stand: a deployment that has ended cannot be cancelled.
    Conflict,
    /// A page token or a position that is no longer kept.
    Gone,
    /// `If-Match` names another revision.
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
    /// The words are right, what they say is not: no such branch, a name that is taken.
    Unprocessable,
    RateLimited,
    Internal,
    /// The platform can read but not write: its disk is full.
    ReadOnly,
    Unavailable,
    /// A code this version does not know.
    #[serde(other)]
    Unknown,
}

impl Code {
    /// All codes of this version.
    pub const ALL: [Self; 16] = [
        Self::BadRequest,
        Self::BadQuery,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::Gone,
        Self::PreconditionFailed,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Unprocessable,
        Self::RateLimited,
        Self::Internal,
        Self::ReadOnly,
        Self::Unavailable,
    ];

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::BadQuery => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Unprocessable => 422,
            Self::RateLimited => 429,
            Self::Internal | Self::Unknown => 500,
            Self::Unavailable => 503,
            Self::ReadOnly => 507,
        }
    }
}

/// The code a fault travels under.
impl From<&Fault> for Code {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Auth(_) => Self::Unauthorized,
            Fault::Forbidden(_) => Self::Forbidden,
            Fault::NotFound(_) => Self::NotFound,
            Fault::Conflict(_) => Self::Conflict,
            Fault::Invalid(_) => Self::Unprocessable,
            Fault::RateLimited(_) => Self::RateLimited,
            Fault::Offline(_) => Self::Unavailable,
            Fault::Server(_) | Fault::Protocol(_) => Self::Internal,
            Fault::Unsupported(_) => Self::MethodNotAllowed,
        }
    }
}

/// `GET /limits`: what the platform allows, so that nobody has to guess.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitsInfo {
    /// Requests of each token in each window, by bucket (`general`, `writes`, `logs`, `upgrades`).
    pub buckets: Vec<Bucket>,
    pub max_body: usize,
    pub max_page: usize,
    pub max_frame: usize,
    /// Streams of each token.
    pub max_streams: usize,
}

/// One rate limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    pub name: String,
    pub limit: u32,
    pub window: Millis,
}

/// `GET /health`: answers without a token, and says nothing of value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthInfo {
    /// `ok`, or `degraded`: it answers, but cannot write what happens, so that what it says may be old.
    pub status: String,
    /// What is wrong, while something is. Without details: those are for who has a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Clean>,
    pub version: String,
    pub now: Time,
}

/// Name of [`PlatformFile`] in a platform's data folder.
pub const PLATFORM_FILE: &str = "platform.json";

/// `platform.json` in a platform's data folder (0600): how programs of the same user find it while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformFile {
    /// Where it listens: `http://127.0.0.1:4100`.
    pub url: String,
    /// File (0600) with the token of its owner.
    pub token_file: PathBuf,
    /// The platform's process.
    pub pid: u32,
}
