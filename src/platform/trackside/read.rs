//! Reading what a platform sends, object by object: one that makes no sense is counted, and the others survive it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::model::event::{Change, Snapshot};
use crate::model::log::LogLine;
use crate::model::metric::MetricPoint;
use crate::model::text::Clean;
use crate::wire::stream::{Position, ServerFrame};

/// The kinds this version knows; an object of another kind is a newer platform's, not a broken one.
const KINDS: [&str; 6] = ["team", "project", "service", "deployment", "incident", "audit"];

/// What a frame of log lines begins with, as everybody who writes the tag first has it.
const LOG: &str = r#"{"t":"log","#;

/// An object that could not be read, as far as it could.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    pub kind: String,
    pub id: Option<String>,
    /// `None` where it could not be read, and for a removal.
    pub rev: Option<u64>,
    pub removed: bool,
}

impl Unread {
    /// Whether this version should have been able to read it.
    pub fn is_known_kind(&self) -> bool {
        is_known(&self.kind)
    }
}

/// Whether this version has a type for that kind of object.
pub fn is_known(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// A frame, with each object read by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    Ev {
        sub: u32,
        n: u64,
        rev: u64,
        changes: Vec<Result<Change, Unread>>,
    },
    Item {
        sub: u32,
        obj: Box<Result<Change, Unread>>,
        bytes: usize,
    },
    /// `unread`: lines among them that could not be read.
    Log {
        sub: u32,
        n: u64,
        lines: Vec<LogLine>,
        unread: u64,
    },
    Met {
        sub: u32,
        n: u64,
        points: Vec<MetricPoint>,
    },
    /// All frames without lists of objects.
    Plain(ServerFrame),
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow)]
    t: std::borrow::Cow<'a, str>,
}

#[derive(Deserialize)]
struct Many<'a> {
    sub: u32,
    n: u64,
    #[serde(default)]
    rev: u64,
    #[serde(borrow, alias = "changes", alias = "lines", alias = "points")]
    list: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Batch {
    sub: u32,
    n: u64,
    lines: Vec<LogLine>,
}

#[derive(Deserialize)]
struct One<'a> {
    sub: u32,
    #[serde(borrow)]
    obj: &'a RawValue,
}

/// Reads one frame. The error says why it is none.
pub fn frame(text: &str) -> Result<Frame, serde_json::Error> {
    // Nine of ten bytes are log lines: for those the frame is not read through once more only for its tag.
    if text.starts_with(LOG) {
        return log(text);
    }
    let tag: Tag<'_> = serde_json::from_str(text)?;
    Ok(match &*tag.t {
        "ev" => {
            let Many { sub, n, rev, list } = serde_json::from_str(text)?;
            Frame::Ev { sub, n, rev, changes: list.into_iter().map(change).collect() }
        }
        "item" => {
            let One { sub, obj } = serde_json::from_str(text)?;
            Frame::Item { sub, obj: Box::new(change(obj)), bytes: text.len() }
        }
        "log" => log(text)?,
        "met" => {
            let Many { sub, n, list, .. } = serde_json::from_str(text)?;
            Frame::Met { sub, n, points: list.into_iter().filter_map(lenient).collect() }
        }
        _ => Frame::Plain(serde_json::from_str(text)?),
    })
}

/// Log frames are most of the traffic: read in one go, and line by line only when that fails.
fn log(text: &str) -> Result<Frame, serde_json::Error> {
    if let Ok(Batch { sub, n, lines }) = serde_json::from_str(text) {
        return Ok(Frame::Log { sub, n, lines, unread: 0 });
    }
    let Many { sub, n, list, .. } = serde_json::from_str(text)?;
    let all = list.len();
    let lines: Vec<LogLine> = list.into_iter().filter_map(lenient).collect();
    let unread = (all - lines.len()) as u64;
    Ok(Frame::Log { sub, n, lines, unread })
}

fn lenient<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// Reads one change; what cannot be read is at least named.
pub fn change(raw: &RawValue) -> Result<Change, Unread> {
    serde_json::from_str(raw.get()).map_err(|_| name(raw))
}

fn name(raw: &RawValue) -> Unread {
    let Some(object) = lenient::<serde_json::Map<String, serde_json::Value>>(raw) else {
        return Unread::default();
    };
    let Some((kind, inner)) = object.into_iter().next() else { return Unread::default() };
    if kind == "removed" {
        let named = inner.as_object().and_then(|it| it.iter().next());
        return Unread {
            kind: named.map(|it| it.0.clone()).unwrap_or_default(),
            id: named.and_then(|it| it.1.as_str()).map(str::to_owned),
            rev: None,
            removed: true,
        };
    }
    bare(kind, &inner)
}

fn bare(kind: String, inner: &serde_json::Value) -> Unread {
    let id = inner.get("id").and_then(serde_json::Value::as_str).map(str::to_owned);
    Unread { kind, id, rev: inner.get("rev").and_then(serde_json::Value::as_u64), removed: false }
}

/// The data of `GET /snapshot`, not yet read.
#[derive(Deserialize)]
pub struct Info<'a> {
    pub position: Position,
    #[serde(borrow)]
    pub snapshot: Lists<'a>,
    #[serde(default)]
    pub degraded: Option<Clean>,
}

/// Its lists. One that is left out makes no answer: an empty one would say that all is well. (The audit trail came later.)
#[derive(Deserialize)]
pub struct Lists<'a> {
    #[serde(borrow)]
    teams: Vec<&'a RawValue>,
    #[serde(borrow)]
    projects: Vec<&'a RawValue>,
    #[serde(borrow)]
    services: Vec<&'a RawValue>,
    #[serde(borrow)]
    deployments: Vec<&'a RawValue>,
    #[serde(borrow)]
    incidents: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    audit: Vec<&'a RawValue>,
}

/// All objects at one place in history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whole {
    pub position: Position,
    pub snapshot: Snapshot,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Why the platform cannot write what happens: all this may be old.
    pub degraded: Option<Clean>,
}

impl Info<'_> {
    /// Reads the lists, and counts what could not be read.
    pub fn read(self) -> Whole {
        let mut out = Whole { position: self.position, degraded: self.degraded, ..Whole::default() };
        let lists = self.snapshot;
        out.snapshot.teams = out.all("team", &lists.teams);
        out.snapshot.projects = out.all("project", &lists.projects);
        out.snapshot.services = out.all("service", &lists.services);
        out.snapshot.deployments = out.all("deployment", &lists.deployments);
        out.snapshot.incidents = out.all("incident", &lists.incidents);
        out.snapshot.audit = out.all("audit", &lists.audit);
        out
    }
}

impl Whole {
    fn all<T: DeserializeOwned>(&mut self, kind: &str, raw: &[&RawValue]) -> Vec<T> {
        let mut read = Vec::with_capacity(raw.len());
        for it in raw {
            if let Ok(object) = serde_json::from_str(it.get()) {
                read.push(object);
                continue;
            }
            self.unread.push(
                lenient(it).map_or_else(|| Unread { kind: kind.to_owned(), ..Unread::default() }, |inner| bare(kind.to_owned(), &inner)),
            );
            *self.snapshot.unreadable.entry(kind.to_owned()).or_default() += 1;
        }
        read
    }
}
