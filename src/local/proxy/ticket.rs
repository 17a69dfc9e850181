//! One request from its head to the end of its answer: what is counted of it, and its line in the request log.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use hyper::{Method, Uri};

use super::site::Site;
use super::upstream::Backend;
use crate::local::clock::now;
use crate::local::port::Entry;
use crate::model::ids::DeploymentId;
use crate::model::log::{Level, LogKind};

/// Most bytes of a query that are logged.
const QUERY: usize = 1024;
/// Most bytes of a path that are logged.
const PATH: usize = 2048;
/// The caller left before there was an answer; nginx's number for it, since there is no official one.
pub const LEFT: u16 = 499;
/// Names of query values that are somebody's secret.
const SECRETS: [&str; 9] = ["token", "secret", "password", "passwd", "key", "signature", "sig", "auth", "code"];

/// A request that is under way. Dropped without an end, its caller has left.
pub struct Ticket {
    site: Arc<Site>,
    begun: Instant,
    method: Method,
    target: String,
    status: Option<u16>,
    replica: u16,
    deployment: Option<DeploymentId>,
    bytes: u64,
    /// Whether the time to the end says something: not for a stream of events or a tunnel.
    timed: bool,
    first_byte: Option<u64>,
    note: Option<String>,
    ended: bool,
}

impl Ticket {
    pub fn new(site: Arc<Site>, method: Method, uri: &Uri, head: usize) -> Self {
        site.counts.bytes_in(head);
        let target = target(uri);
        let (begun, status, first_byte, note) = (Instant::now(), None, None, None);
        Self { site, begun, method, target, status, replica: 0, deployment: None, bytes: 0, timed: true, first_byte, note, ended: false }
    }

    /// Which replica it goes to.
    pub fn to(&mut self, backend: &Backend) {
        (self.replica, self.deployment) = (backend.replica, backend.deployment.clone());
    }

    /// The head of the answer is there. `timed`: its end will say how long it took.
    pub fn answered(&mut self, status: u16, head: usize, timed: bool) {
        self.site.counts.bytes_out(head);
        self.status = Some(status);
        self.timed = timed;
        self.first_byte = Some(self.begun.elapsed().as_micros() as u64);
    }

    /// Bytes of the answer went out.
    pub fn sent(&mut self, bytes: usize) {
        self.site.counts.bytes_out(bytes);
        self.bytes += bytes as u64;
    }

    /// Something to say in the log.
    pub fn note(&mut self, note: impl Into<String>) {
        self.note = Some(note.into());
    }

    pub const fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// It is over.
    pub fn end(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let status = self.status.unwrap_or(LEFT);
        let took = self.begun.elapsed().as_micros() as u64;
        let counted = match status {
            LEFT | 101 => None,
            _ if self.timed => Some(took),
            _ => self.first_byte,
        };
        self.site.counts.ended(status, counted);
        let level = match status {
            500.. => Level::Error,
            400.. => Level::Warn,
            _ => Level::Info,
        };
        self.site.logs.append(vec![Entry {
            at: now(),
            kind: LogKind::Request,
            level: Some(level),
            service: Some(self.site.service.clone()),
            deployment: self.deployment.clone(),
            replica: self.replica,
            cont: false,
            text: self.text(status, took),
        }]);
    }

    fn text(&self, status: u16, took: u64) -> String {
        let mut text = String::with_capacity(self.target.len() + 48);
        // Writing into a string cannot fail.
        let _ = write!(text, "{} {} {status} {} {}", self.method, self.target, duration(took), size(self.bytes));
        if self.replica > 0 {
            let _ = write!(text, " replica={}", self.replica);
        }
        match (&self.note, self.status) {
            (Some(note), _) => {
                let _ = write!(text, " note={note:?}");
            }
            (None, None) => text.push_str(" note=\"the caller left\""),
            _ => {}
        }
        text
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.end();
    }
}

/// Path and query as they are logged: cut, and without what looks like a secret.
fn target(uri: &Uri) -> String {
    let path = uri.path();
    let mut out = path.get(..path.floor_char_boundary(PATH)).unwrap_or(path).to_owned();
    let Some(query) = uri.query() else { return out };
    let mut before = '?';
    for pair in query[..query.floor_char_boundary(QUERY)].split('&') {
        out.push(before);
        before = '&';
        match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => {
                out.push_str(name);
                out.push_str("=***");
            }
            _ => out.push_str(pair),
        }
    }
    if query.len() > QUERY {
        out.push('…');
    }
    out
}

/// Whether a word of the name is one that stands for a secret: `access_token`, `api-key`, not `monkey`.
fn is_secret(name: &str) -> bool {
    let mut words = name.split(['_', '-', '.']);
    words.any(|word| SECRETS.iter().any(|it| word.eq_ignore_ascii_case(it)) || word.to_ascii_lowercase().ends_with("token"))
}

fn duration(micros: u64) -> String {
    match micros {
        0..1000 => format!("0.{}ms", micros / 100),
        1000..10_000 => format!("{}.{}ms", micros / 1000, micros % 1000 / 100),
        10_000..10_000_000 => format!("{}ms", micros / 1000),
        _ => format!("{}s", micros / 1_000_000),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes}B"),
        1000..1_000_000 => format!("{}.{}kB", bytes / 1000, bytes % 1000 / 100),
        _ => format!("{}.{}MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_query_are_not_logged() {
        let uri: Uri = "/a/b?page=2&access_token=abc&api-key=x&monkey=7&sessionToken=q&flag".parse().unwrap();
        assert_eq!(target(&uri), "/a/b?page=2&access_token=***&api-key=***&monkey=7&sessionToken=***&flag");
        let long: Uri = format!("/?{}", "x".repeat(3000)).parse().unwrap();
        assert_eq!(target(&long).chars().count(), 2 + QUERY + 1);
    }

    #[test]
    fn durations_and_sizes_are_short() {
        assert_eq!([0, 940, 1234, 12_345, 12_345_678].map(duration), ["0.0ms", "0.9ms", "1.2ms", "12ms", "12s"]);
        assert_eq!([0, 999, 1234, 5_678_000].map(size), ["0B", "999B", "1.2kB", "5.6MB"]);
    }
}
