//! Whether a write may be done: by whom, and with which words. Each refusal says what would be accepted.

use crate::local::auth;
use crate::local::bounds::{LEAST_CPU, LEAST_MEMORY, bytes};
use crate::local::port::{Command, Refusal};
use crate::model::event::{Change, ObjectRef};
use crate::model::project::Role;
use crate::model::request::{Fault, Request};
use crate::model::text::Clean;

use super::state::State;

const NAME: usize = 40;
const VARIABLES: usize = 200;
const VALUE: usize = 32 * 1024;
/// Most replicas of one service: each is a tree of processes on this one machine.
pub const REPLICAS: u16 = 32;

pub fn invalid(text: impl Into<String>) -> Refusal {
    Refusal::Fault(Fault::Invalid(Clean::from(text.into())))
}

pub fn conflict(text: impl Into<String>) -> Refusal {
    Refusal::Fault(Fault::Conflict(Clean::from(text.into())))
}

pub fn missing(text: impl Into<String>) -> Refusal {
    Refusal::Fault(Fault::NotFound(Clean::from(text.into())))
}

/// Whether a replica can live within these limits, in cores and bytes.
pub fn limits(cpu: Option<f64>, memory: Option<u64>) -> Result<(), Refusal> {
    if cpu.is_some_and(|it| !it.is_finite() || it < LEAST_CPU) {
        return Err(invalid(format!("the cores of a replica are a number, {LEAST_CPU} or more: 1 is one whole core")));
    }
    if let Some(few) = memory.filter(|it| *it < LEAST_MEMORY) {
        let least = bytes(LEAST_MEMORY);
        return Err(invalid(format!(
            "{few} bytes of memory are too few for a replica: give {least} ({LEAST_MEMORY}) or more, or no limit"
        )));
    }
    Ok(())
}

/// Whether the asker's role allows it.
pub fn allowed(command: &Command) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal::Fault(Fault::Forbidden(Clean::from(text))));
    match &command.actor.role {
        Role::Owner | Role::Admin => Ok(()),
        Role::Developer => match &command.request {
            it if auth::takes_admin(it) => {
                refuse(format!("a developer may deploy and run services, but {} takes an admin", command.request.name()))
            }
            _ => Ok(()),
        },
        Role::Viewer => refuse("a viewer may look, but not change anything".to_owned()),
        Role::Other(word) => refuse(format!("the role `{word}` may look, but not change anything")),
    }
}

/// Whether the asker knows the object as it is.
pub fn fresh(state: &State, command: &Command) -> Result<(), Refusal> {
    let (Some(rev), Some(of)) = (command.if_match, subject(&command.request)) else { return Ok(()) };
    let now = state.object(&of);
    match &now {
        Change::Removed(_) => Ok(()),
        it if it.rev() == Some(rev) => Ok(()),
        _ => Err(Refusal::Stale(Box::new(now))),
    }
}

/// The object a request changes.
fn subject(request: &Request) -> Option<ObjectRef> {
    match request {
        Request::RemoveProject(id) => Some(ObjectRef::Project(id.clone())),
        Request::RemoveService(service)
        | Request::ChangeService { service, .. }
        | Request::SetVariables { service, .. }
        | Request::Scale { service, .. }
        | Request::Deploy { service, .. }
        | Request::Restart { service }
        | Request::Rollback { service, .. }
        | Request::Stop { service } => Some(ObjectRef::Service(service.clone())),
        Request::Redeploy { deployment } | Request::Cancel { deployment } => Some(ObjectRef::Deployment(deployment.clone())),
        Request::Acknowledge { incident }
        | Request::Mitigate { incident }
        | Request::Resolve { incident, .. }
        | Request::Reopen { incident }
        | Request::SetSeverity { incident, .. }
        | Request::Tick { incident, .. }
        | Request::Note { incident, .. } => Some(ObjectRef::Incident(incident.clone())),
        Request::CreateProject(_)
        | Request::CreateService(_)
        | Request::Declare(_)
        | Request::CreateToken(_)
        | Request::RevokeToken(_)
        | Request::Logs(_)
        | Request::Metrics(_)
        | Request::Commits { .. }
        | Request::Volume(_)
        | Request::Follow(_)
        | Request::Refresh => None,
    }
}

/// Names are parts of addresses and of commands, so they are plain.
pub fn name(text: &str, of: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        return Err(invalid(format!("the {of} needs a name")));
    }
    if text.len() > NAME {
        return Err(invalid(format!("the {of}'s name is longer than {NAME} characters")));
    }
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !plain || !text.starts_with(|c: char| c.is_ascii_lowercase()) || text.ends_with('-') {
        return Err(invalid(format!("the name `{text}` cannot be used: lower-case letters, digits and `-`, beginning with a letter")));
    }
    Ok(())
}

pub fn variable(name: &str, value: Option<&str>) -> Result<(), Refusal> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if name.is_empty() || name.len() > 128 || !plain {
        return Err(invalid(format!("the variable `{name}` cannot be used: letters, digits and `_`, not beginning with a digit")));
    }
    if name == "PORT" || name == "HOST" || name.starts_with("TRACKSIDE_") {
        return Err(invalid(format!("the variable `{name}` is set by the platform")));
    }
    match value {
        Some(it) if it.contains('\0') => Err(invalid(format!("the value of `{name}` holds a NUL"))),
        Some(it) if it.len() > VALUE => Err(invalid(format!("the value of `{name}` is longer than {VALUE} bytes"))),
        _ => Ok(()),
    }
}

pub fn variables(count: usize) -> Result<(), Refusal> {
    if count > VARIABLES { Err(invalid(format!("{count} variables; the most are {VARIABLES}"))) } else { Ok(()) }
}

pub fn replicas(count: u16) -> Result<(), Refusal> {
    if count > REPLICAS { Err(invalid(format!("{count} replicas; the most are {REPLICAS}"))) } else { Ok(()) }
}

pub fn health_path(text: &str) -> Result<(), Refusal> {
    let plain = text.starts_with('/') && text.len() <= 1024 && text.bytes().all(|b| b.is_ascii_graphic());
    if plain { Ok(()) } else { Err(invalid(format!("the health path `{text}` cannot be used: a path such as /healthz is expected"))) }
}

/// A folder inside the repository.
pub fn root(text: &str) -> Result<(), Refusal> {
    let inside = !text.starts_with('/') && !text.split('/').any(|it| it == "..") && !text.chars().any(char::is_control);
    if inside { Ok(()) } else { Err(invalid(format!("the root `{text}` cannot be used: a folder inside the repository is expected"))) }
}

pub fn commit(text: &str) -> Result<(), Refusal> {
    let whole = text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if whole { Ok(()) } else { Err(invalid(format!("`{text}` is no commit: the full hash of 40 characters is expected"))) }
}
