//! Writes: body to request, request to the core, and what it came to. The same idempotency key is the same deed.

use std::sync::Arc;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap, IF_MATCH};
use hyper::http::request::Parts;
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::local::auth;
use crate::local::db::Answered;
use crate::local::port::{Actor, Command, Done, IdempotencyKey, Refusal};
use crate::model::ids::{DeploymentId, IncidentId, ProjectId, ServiceId};
use crate::model::incident::Step;
use crate::model::request::Request;
use crate::model::text::Clean;
use crate::wire::calls::{DeployBody, NoteBody, ResolveBody, RollbackBody, ScaleBody, SeverityBody, StepBody, VariablesBody, Written};
use crate::wire::hex::hex;
use crate::wire::rest::{Code, IDEMPOTENCY, MAX_BODY, VIA};
use crate::wire::stream::Position;
use crate::wire::tokens::TokenMade;

use super::answer::{Answer, Problem};
use super::routes::Op;
use super::state::State;

/// How long a body may take to arrive.
const BODY_TIME: std::time::Duration = std::time::Duration::from_secs(30);
/// Deepest nesting of a body.
const MAX_DEPTH: usize = 64;
/// Longest idempotency key.
const MAX_KEY: usize = 255;

/// Reads the body, all of it, within its limits.
pub async fn body(body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    let all = tokio::time::timeout(BODY_TIME, Limited::new(body, MAX_BODY).collect()).await;
    match all {
        Ok(Ok(all)) => Ok(all.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::new(Code::TooLarge, "the body is larger than 1 MiB")),
        Ok(Err(_)) => Err(bad("the body did not arrive whole")),
        Err(_) => Err(bad("the body took longer than 30 s")),
    }
}

/// Does what is asked.
pub async fn write(
    state: &Arc<State>,
    op: Op,
    (id, step): (&str, &str),
    parts: &Parts,
    body: &[u8],
    actor: &Actor,
) -> Result<Answer, Problem> {
    let request = request(op, id, step, Body::new(&parts.headers, body)?)?;
    if let Err(why) = auth::may(&actor.role, &request).check() {
        return Err(Problem::new(Code::Forbidden, why));
    }
    let made = matches!(request, Request::CreateProject(_) | Request::CreateService(_) | Request::CreateToken(_) | Request::Declare(_));
    let secret = match request {
        Request::CreateToken(_) => Some(auth::fresh().map_err(|why| Problem::new(Code::Internal, why))?),
        _ => None,
    };
    let command = Command {
        actor: actor.clone(),
        via: via(&parts.headers),
        if_match: if_match(&parts.headers)?,
        idempotency: key(parts, body, actor)?,
        secret: secret.as_ref().map(|it| auth::hash_hex(it.expose_secret())),
        request,
    };
    let (done, fresh) = once(state, command).await?;
    let at = Position { epoch: state.api.feeds.hub.view().at.epoch.clone(), rev: done.rev };
    let Done { rev, text, object } = done;
    let answer = match secret {
        // What was made before was told before; only its hash is known now.
        Some(secret) => {
            let secret = fresh.then(|| secret.expose_secret().to_owned());
            Answer::data(&TokenMade { rev, text, object, secret })
        }
        None => Answer::data(&Written { rev, text, object }),
    };
    let answer = answer.position(&at);
    Ok(if made { answer.status(StatusCode::CREATED) } else { answer })
}

/// Asks the core, unless this deed was done before; says whether it was done now. The same key at the same time waits for the first.
async fn once(state: &State, command: Command) -> Result<(Done, bool), Problem> {
    let Some(key) = command.idempotency.clone() else {
        return Ok((state.api.core.ask(command).await?, true));
    };
    let _turn = state.keys.hold(&key.key).await;
    let known = state.api.feeds.db.answered(&key).await;
    match known.map_err(|_| Problem::new(Code::Internal, "the platform could not look up this idempotency key"))? {
        Answered::Same(done) => Ok((*done, false)),
        Answered::OtherBody => Err(Refusal::KeyReused.into()),
        Answered::No => Ok((state.api.core.ask(command).await?, true)),
    }
}

fn request(op: Op, id: &str, step: &str, body: Body) -> Result<Request, Problem> {
    let service = ServiceId::new(id);
    let deployment = DeploymentId::new(id);
    let incident = IncidentId::new(id);
    Ok(match op {
        Op::CreateProject => Request::CreateProject(body.read()?),
        Op::CreateService => Request::CreateService(Box::new(body.read()?)),
        Op::Declare => Request::Declare(body.read()?),
        Op::CreateToken => Request::CreateToken(body.read()?),
        Op::ChangeService => Request::ChangeService { service, change: Box::new(body.read()?) },
        Op::SetVariables => Request::SetVariables { service, variables: body.read::<VariablesBody>()?.variables },
        Op::Scale => Request::Scale { service, replicas: body.read::<ScaleBody>()?.replicas },
        Op::Rollback => Request::Rollback { service, to: body.read::<RollbackBody>()?.to },
        Op::Deploy => {
            let DeployBody { branch, commit } = body.read_or_default()?;
            Request::Deploy { service, branch, commit }
        }
        Op::Resolve => Request::Resolve { incident, reason: body.read_or_default::<ResolveBody>()?.reason },
        Op::SetSeverity => Request::SetSeverity { incident, severity: body.read::<SeverityBody>()?.severity },
        Op::AddNote => Request::Note { incident, text: body.read::<NoteBody>()?.text },
        Op::Tick => match Step::read(step) {
            Step::Other(_) => return Err(Problem::new(Code::NotFound, format!("the runbook has no step {step}"))),
            step => Request::Tick { incident, step, done: body.read::<StepBody>()?.done },
        },
        _ => {
            body.read_or_default::<Nothing>()?;
            match op {
                Op::RemoveProject => Request::RemoveProject(ProjectId::new(id)),
                Op::RemoveService => Request::RemoveService(service),
                Op::RevokeToken => Request::RevokeToken(id.to_owned()),
                Op::Restart => Request::Restart { service },
                Op::Stop => Request::Stop { service },
                Op::Cancel => Request::Cancel { deployment },
                Op::Redeploy => Request::Redeploy { deployment },
                Op::Acknowledge => Request::Acknowledge { incident },
                Op::Mitigate => Request::Mitigate { incident },
                Op::Reopen => Request::Reopen { incident },
                _ => return Err(Problem::new(Code::NotFound, "there is nothing to write here")),
            }
        }
    })
}

/// The body of a write that needs none.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// A body that is JSON, or empty.
#[derive(Clone, Copy)]
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn new(headers: &HeaderMap, bytes: &'a [u8]) -> Result<Self, Problem> {
        let mut kinds = headers.get_all(CONTENT_TYPE).iter().map(|it| it.to_str().unwrap_or_default());
        let json = match (kinds.next(), kinds.next()) {
            (Some(kind), None) => kind.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json")),
            _ => false,
        };
        if !json && (!bytes.is_empty() || headers.contains_key(CONTENT_TYPE)) {
            return Err(Problem::new(Code::UnsupportedMediaType, "the body must be application/json"));
        }
        if too_deep(bytes) {
            return Err(bad("the body is nested deeper than 64"));
        }
        Ok(Self(bytes))
    }

    fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        if self.0.is_empty() {
            return Err(bad("a body is needed here"));
        }
        let mut from = serde_json::Deserializer::from_slice(self.0);
        let read: T = serde_path_to_error::deserialize(&mut from).map_err(|error| match error.path().to_string().as_str() {
            "." => bad(&error.inner().to_string()),
            path => bad(&format!("`{path}`: {}", error.inner())),
        })?;
        from.end().map_err(|_| bad("there is more after the body's end"))?;
        Ok(read)
    }

    fn read_or_default<T: DeserializeOwned + Default>(self) -> Result<T, Problem> {
        if self.0.is_empty() { Ok(T::default()) } else { self.read() }
    }
}

/// Whether brackets outside of strings nest deeper than they may.
fn too_deep(json: &[u8]) -> bool {
    let (mut depth, mut text, mut escaped) = (0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'{' | b'[' if !text => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn key(parts: &Parts, body: &[u8], actor: &Actor) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(key) = parts.headers.get(IDEMPOTENCY) else { return Ok(None) };
    let key = key.to_str().ok().filter(|it| !it.is_empty() && it.len() <= MAX_KEY);
    let key = key.ok_or_else(|| bad("an idempotency key is 1 to 255 plain characters"))?;
    let mut hash = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let body = hex(&hash.finalize());
    // Two people who happen to choose the same key mean two deeds.
    Ok(Some(IdempotencyKey { key: format!("{}/{key}", actor.name), body }))
}

fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let rev = value.to_str().ok().and_then(|it| it.trim_matches('"').parse().ok());
    rev.map(Some).ok_or_else(|| bad("`If-Match` should be the revision of the object, a number"))
}

fn via(headers: &HeaderMap) -> Clean {
    let said = headers.get(VIA).and_then(|it| it.to_str().ok());
    Clean::new(said.filter(|it| matches!(*it, "cli" | "dashboard" | "git")).unwrap_or("api"))
}

fn bad(message: &str) -> Problem {
    Problem::new(Code::BadRequest, message)
}
