//! What a field of a record asks for when one filters by it, and the ids that tell a request from all others.

use super::detail::{Detail, Entry, Whence};
use super::fields::Kind;
use crate::model::query::{Compare, FieldTest, Glob, Matcher, Query, Test, Want};
use crate::model::text::clean_line;

/// Longest value, in characters, that is asked for whole; of a longer one the beginning is.
const LONGEST: usize = 160;
/// Longest name of a field that is asked for, in bytes.
const NAME: usize = 200;
/// An id this short, in characters, is in many lines by chance: it is looked for in its own field only.
const SHORT: usize = 6;

/// Names of ids that follow a request, without case and signs, those first that reach furthest.
const IDS: [&str; 14] = [
    "traceid",
    "trace",
    "traceparent",
    "xtraceid",
    "requestid",
    "xrequestid",
    "reqid",
    "correlationid",
    "xcorrelationid",
    "transactionid",
    "spanid",
    "span",
    "parentspanid",
    "parentid",
];

/// An id, and the query that finds it wherever it is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Id {
    /// The name of the field it was found in.
    pub name: String,
    pub value: String,
    pub query: Query,
}

impl Entry {
    /// The query that lines of the same value fit, or why there is none.
    pub fn query(&self) -> Result<Query, &'static str> {
        let of = if let Whence::Field { meant: Some(meant), .. } = &self.of { meant } else { &self.of };
        let test = match of {
            Whence::Field { path, raw, .. } => return field(path, raw.as_deref().unwrap_or(&self.value), self.kind),
            Whence::Level(level) => Test::Level(Compare::Is(*level)),
            Whence::Service => Test::Service(Glob::exactly(&self.value)),
            Whence::Deployment => Test::Deploy(self.value.clone()),
            Whence::Replica(n) => Test::Replica(Compare::Is(*n)),
            Whence::Kind(kind) => Test::Kind(kind.clone()),
            Whence::Own => return Err("no other line has that; after: and before: keep a stretch of time"),
            Whence::Text => {
                let head: String = self.value.chars().take(LONGEST).collect();
                Test::Text(Matcher::literal(&head).map_err(|_| "there is nothing in the line to look for")?)
            }
        };
        Ok(Query::Test(test))
    }
}

fn field(path: &str, value: &str, kind: Kind) -> Result<Query, &'static str> {
    if path.is_empty() || path.len() > NAME || clean_line(path) != path {
        return Err("a query cannot name this field");
    }
    let parts = parts(value);
    let want = match (kind, parts.as_slice()) {
        // In quotes it is that text and nothing else: `1.10` is a version, `*` a star.
        (Kind::Text | Kind::Nested, [whole]) => Want::text(whole.clone()),
        _ => Want::word(parts),
    };
    Ok(Query::Test(Test::Field(Box::new(FieldTest::new(path, want)))))
}

/// The parts of a value that can be written down: what cannot, and what is too long, is left open.
fn parts(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for (n, c) in value.chars().enumerate() {
        let mut one = [0; 4];
        let c = c.encode_utf8(&mut one);
        if n == LONGEST {
            parts.push(String::new());
            break;
        }
        match parts.last_mut() {
            Some(last) if *clean_line(c) == *c => last.push_str(c),
            // One open place is as good as several side by side.
            Some(last) if last.is_empty() && n > 0 => {}
            _ => parts.push(String::new()),
        }
    }
    parts
}

impl Detail {
    /// The id to follow: that of entry `at` if it looks like one, else the one of the record that reaches furthest.
    pub fn id(&self, at: Option<usize>) -> Option<Id> {
        let chosen = at.and_then(|it| self.entries.get(it)).filter(|it| rank(it).is_some() || ends_as_id(it)).and_then(id_of);
        let best = || {
            let mut ranked: Vec<(usize, &Entry)> = self.entries.iter().filter_map(|it| Some((rank(it)?, it))).collect();
            ranked.sort_by_key(|it| it.0);
            ranked.into_iter().find_map(|(_, it)| id_of(it))
        };
        chosen.or_else(best)
    }
}

/// How far the id of this name reaches, 0 the furthest; `None`: it is none that follows a request.
fn rank(it: &Entry) -> Option<usize> {
    let path = it.path()?;
    let last = path.rsplit('.').next().unwrap_or(path);
    // `trace.id` and `span.id`, as some call them.
    let name = if plain(last) == "id" { plain(path).rsplit_once("id").map(|it| format!("{}id", it.0))? } else { plain(last) };
    IDS.iter().position(|it| *it == name).or_else(|| IDS.iter().position(|id| last != path && id.len() > 5 && name.ends_with(id)))
}

fn ends_as_id(it: &Entry) -> bool {
    it.path().is_some_and(|path| plain(path).ends_with("id"))
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

fn id_of(it: &Entry) -> Option<Id> {
    let path = it.path()?;
    let value = &it.value;
    // What has words in it is told, not an id: `trace` may be where a program failed.
    if it.kind == Kind::Nested
        || value.is_empty()
        || value.contains(char::is_whitespace)
        || value.chars().count() > LONGEST
        || matches!(value.as_str(), "null" | "-" | "0")
    {
        return None;
    }
    // A W3C trace context is version, trace, span and flags: the trace is what all spans share.
    let trace = value.split('-').nth(1).filter(|it| value.split('-').count() == 4 && it.len() == 32);
    let value = trace.unwrap_or(value);
    let query = if value.chars().count() < SHORT { it.query().ok()? } else { Query::Test(Test::Text(Matcher::literal(value).ok()?)) };
    Some(Id { name: clean_line(path).into_owned(), value: value.to_owned(), query })
}
