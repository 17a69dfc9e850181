//! How each request travels over HTTP: method, path and body. The client builds calls from here, the server reads the same bodies.

use serde::{Deserialize, Serialize};

use crate::model::event::{Change, Snapshot};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::incident::Severity;
use crate::model::log::{LogQuery, VolumeQuery};
use crate::model::metric::MetricQuery;
use crate::model::request::Request;
use crate::model::text::Clean;

use super::stream::Position;

/// A request as HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: &'static str,
    /// Path and query, without [`super::rest::BASE`].
    pub path: String,
    /// JSON, for calls that have a body.
    pub body: Option<String>,
}

/// `POST /services/{service}/deploy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeployBody {
    pub branch: Option<String>,
    pub commit: Option<String>,
}

/// `POST /services/{service}/rollback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackBody {
    pub to: DeploymentId,
}

/// `POST /services/{service}/scale`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleBody {
    pub replicas: u16,
}

/// `PUT /services/{service}/variables`: pairs of name and value; `null` unsets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariablesBody {
    pub variables: Vec<(String, Option<String>)>,
}

/// `POST /incidents/{incident}/resolve`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResolveBody {
    pub reason: Option<String>,
}

/// `POST /incidents/{incident}/severity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityBody {
    pub severity: Severity,
}

/// `POST /incidents/{incident}/notes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    pub text: String,
}

/// `POST /incidents/{incident}/steps/{step}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    pub done: bool,
}

/// The answer to every write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// Revision at which it is true.
    pub rev: u64,
    /// What was done, in words.
    pub text: Clean,
    /// The object it made or changed, as it now is.
    pub object: Option<Change>,
}

/// `GET /snapshot`: everything at one revision, for those who cannot hold a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotInfo {
    pub position: Position,
    /// Digest of the objects, as `snap_end` carries it.
    pub digest: String,
    pub snapshot: Snapshot,
    /// Why the platform cannot write what happens, while that is so: all this may be old. Such an answer has no tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded: Option<Clean>,
}

impl Call {
    /// The call for `request`; `None` for what is not asked over HTTP (`Follow`, `Refresh`).
    pub fn of(request: &Request) -> Option<Self> {
        Some(match request {
            Request::CreateProject(new) => post("/projects".to_owned(), Some(json(new))),
            Request::RemoveProject(id) => delete("projects", id.as_str()),
            Request::CreateService(new) => post("/services".to_owned(), Some(json(new))),
            Request::RemoveService(id) => delete("services", id.as_str()),
            Request::ChangeService { service, change } => {
                Self { method: "PATCH", path: format!("/services/{}", escape(service.as_str())), body: Some(json(change)) }
            }
            Request::CreateToken(new) => post("/tokens".to_owned(), Some(json(new))),
            Request::RevokeToken(name) => delete("tokens", name),
            Request::SetVariables { service, variables } => Self {
                method: "PUT",
                path: format!("/services/{}/variables", escape(service.as_str())),
                body: Some(json(&VariablesBody { variables: variables.clone() })),
            },
            Request::Scale { service, replicas } => on_service(service, "scale", Some(json(&ScaleBody { replicas: *replicas }))),
            Request::Deploy { service, branch, commit } => {
                on_service(service, "deploy", Some(json(&DeployBody { branch: branch.clone(), commit: commit.clone() })))
            }
            Request::Restart { service } => on_service(service, "restart", None),
            Request::Stop { service } => on_service(service, "stop", None),
            Request::Rollback { service, to } => on_service(service, "rollback", Some(json(&RollbackBody { to: to.clone() }))),
            Request::Redeploy { deployment } => act("deployments", deployment.as_str(), "redeploy", None),
            Request::Cancel { deployment } => act("deployments", deployment.as_str(), "cancel", None),
            Request::Acknowledge { incident } => act("incidents", incident.as_str(), "acknowledge", None),
            Request::Mitigate { incident } => act("incidents", incident.as_str(), "mitigate", None),
            Request::Resolve { incident, reason } => {
                act("incidents", incident.as_str(), "resolve", Some(json(&ResolveBody { reason: reason.clone() })))
            }
            Request::Reopen { incident } => act("incidents", incident.as_str(), "reopen", None),
            Request::SetSeverity { incident, severity } => {
                act("incidents", incident.as_str(), "severity", Some(json(&SeverityBody { severity: severity.clone() })))
            }
            Request::Tick { incident, step, done } => {
                let act_on = format!("steps/{}", escape(step.word()));
                act("incidents", incident.as_str(), &act_on, Some(json(&StepBody { done: *done })))
            }
            Request::Note { incident, text } => act("incidents", incident.as_str(), "notes", Some(json(&NoteBody { text: text.clone() }))),
            Request::Declare(new) => post("/incidents".to_owned(), Some(json(new))),
            Request::Commits { service, from, to } => Self { method: "GET", path: commits_path(service, from, to), body: None },
            Request::Volume(query) => Self { method: "GET", path: format!("/logs/volume{}", volume_query(query)), body: None },
            Request::Logs(query) => Self { method: "GET", path: format!("/logs{}", logs_query(query)), body: None },
            Request::Metrics(query) => Self { method: "GET", path: format!("/metrics{}", metrics_query(query)), body: None },
            Request::Follow(_) | Request::Refresh => return None,
        })
    }
}

fn post(path: String, body: Option<String>) -> Call {
    Call { method: "POST", path, body }
}

fn delete(kind: &str, id: &str) -> Call {
    Call { method: "DELETE", path: format!("/{kind}/{}", escape(id)), body: None }
}

fn act(kind: &str, id: &str, act: &str, body: Option<String>) -> Call {
    post(format!("/{kind}/{}/{act}", escape(id)), body)
}

fn on_service(service: &ServiceId, what: &str, body: Option<String>) -> Call {
    act("services", service.as_str(), what, body)
}

/// Plain data of ours always serialises; an empty body would be refused by the server with a clear message.
fn json<T: Serialize>(it: &T) -> String {
    serde_json::to_string(it).unwrap_or_default()
}

fn logs_query(query: &LogQuery) -> String {
    let filter = &query.filter;
    let mut out = Pairs::default();
    out.add("project", filter.project.as_ref());
    out.add("service", filter.service.as_ref());
    out.add("deployment", filter.deployment.as_ref());
    out.add("kind", filter.kind.as_ref());
    out.add("level", filter.level.map(crate::model::log::Level::word));
    out.add("text", filter.text.as_ref());
    out.add("q", filter.query.as_ref());
    out.add("before", query.before);
    out.add("after", query.after);
    out.add("since", query.since);
    out.add("until", query.until);
    out.add("limit", query.limit);
    out.0
}

fn metrics_query(query: &MetricQuery) -> String {
    let mut out = Pairs::default();
    for service in &query.services {
        out.add("service", Some(service));
    }
    for metric in &query.metrics {
        out.add("metric", Some(metric));
    }
    out.add("from", Some(query.from));
    out.add("to", Some(query.to));
    out.add("step", Some(query.step.0));
    if query.replicas {
        out.add("replicas", Some(true));
    }
    out.0
}

fn volume_query(query: &VolumeQuery) -> String {
    let mut out = Pairs::default();
    for service in &query.services {
        out.add("service", Some(service));
    }
    out.add("from", Some(query.from));
    out.add("to", Some(query.to));
    out.add("step", Some(query.step.0));
    out.0
}

fn commits_path(service: &ServiceId, from: &str, to: &str) -> String {
    let mut out = Pairs::default();
    out.add("from", Some(from));
    out.add("to", Some(to));
    format!("/services/{}/commits{}", escape(service.as_str()), out.0)
}

/// A query string in the making.
#[derive(Default)]
struct Pairs(String);

impl Pairs {
    fn add(&mut self, name: &str, value: Option<impl ToString>) {
        let Some(value) = value else { return };
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&escape(&value.to_string()));
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
    out
}
