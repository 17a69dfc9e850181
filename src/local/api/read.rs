//! Reads: one object, everything, logs, metrics, and what the platform says about itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::local::auth;
use crate::local::clock::now;
use crate::local::engine::HISTORY;
use crate::local::git::RangeError;
use crate::local::live::View;
use crate::local::port::Actor;
use crate::model::audit::{AuditEntry, VariableChange};
use crate::model::deploy::Deployment;
use crate::model::event::{Change, ObjectRef};
use crate::model::ids::{AuditId, DeploymentId, IncidentId, ProjectId, ServiceId, TeamId};
use crate::model::incident::Incident;
use crate::model::project::{Project, Team};
use crate::model::service::Service;
use crate::model::text::Clean;
use crate::wire::rest::{Code, HealthInfo, LimitsInfo, MAX_BODY, MAX_PAGE};
use crate::wire::stream::{MAX_SERVER_FRAME, Position};

use super::answer::{Answer, Problem};
use super::lists::{self, Bare};
use super::query::{self, Pairs};
use super::routes::{Listed, Op};
use super::state::State;

/// The API's own description.
const OPENAPI: &str = include_str!("../../../assets/openapi.yaml");
/// The stream's own description.
const ASYNCAPI: &str = include_str!("../../../assets/asyncapi.yaml");

/// Whoever asks for a history waits no longer than this: clients give up on an answer that does not begin.
const HISTORY_WITHIN: Duration = Duration::from_secs(8);

/// Answers without a token.
pub fn open(state: &State, op: Op) -> Option<Answer> {
    match op {
        Op::Health => Some(Answer::data(&health(state.api.feeds.hub.degraded().borrow().is_some()))),
        Op::OpenApi => Some(Answer::yaml(OPENAPI)),
        Op::AsyncApi => Some(Answer::yaml(ASYNCAPI)),
        _ => None,
    }
}

fn health(degraded: bool) -> HealthInfo {
    let status = if degraded { "degraded" } else { "ok" };
    let reason = degraded.then(|| Clean::new("the platform cannot write what happens; what it shows may be old"));
    HealthInfo { status: status.to_owned(), reason, version: env!("CARGO_PKG_VERSION").to_owned(), now: now() }
}

/// Answers a read; `None` for an operation that is none.
pub async fn read(
    state: &Arc<State>,
    op: Op,
    id: &str,
    pairs: &Pairs,
    actor: &Actor,
    known: Option<&str>,
) -> Result<Option<Answer>, Problem> {
    if !matches!(op, Op::List(_) | Op::Logs | Op::Metrics | Op::Volume | Op::Commits) {
        query::none(pairs)?;
    }
    // Asked before the view is taken: what was written in between makes it look old, never the old one fresh.
    let degraded = state.api.feeds.hub.degraded().borrow().clone();
    let view = state.api.feeds.hub.view();
    // What the asker has is still true: nothing needs to be gathered.
    let current = known.is_some_and(|it| it.trim() == format!("\"{}\"", view.at));
    Ok(Some(match op {
        Op::Me => Answer::data(&auth::caps(actor)),
        Op::Tokens if !auth::may_list(&actor.role) => {
            return Err(Problem::new(Code::Forbidden, "who has tokens is shown to owners and admins"));
        }
        Op::Tokens => Answer::data(&state.api.tokens.list()),
        Op::Limits => Answer::data(&limits(state)),
        // Not tagged: "as it was" would be taken for "so it is".
        Op::Snapshot if degraded.is_some() => Answer::data(&Whole { degraded, ..Whole::of(&view) }).position(&view.at),
        Op::Snapshot | Op::List(_) | Op::One(_) if current => Answer::data(&()).at(&view.at),
        Op::Snapshot => Answer::data(&Whole::of(&view)).at(&view.at),
        Op::List(listed) => lists::page(state, listed, pairs, &view)?,
        Op::One(listed) => one(&view, listed, id)?,
        Op::Logs => logs(state, pairs).await?,
        Op::Metrics => metrics(state, pairs, &view).await?,
        Op::Volume => volume(state, pairs).await?,
        Op::Commits => commits(state, id, pairs, &view).await?,
        Op::History => history(state, id, &view).await?,
        _ => return Ok(None),
    }))
}

fn one(view: &View, listed: Listed, id: &str) -> Result<Answer, Problem> {
    let object = match listed {
        Listed::Teams => ObjectRef::Team(TeamId::new(id)),
        Listed::Projects => ObjectRef::Project(ProjectId::new(id)),
        Listed::Services => ObjectRef::Service(ServiceId::new(id)),
        Listed::Deployments => ObjectRef::Deployment(DeploymentId::new(id)),
        Listed::Incidents => ObjectRef::Incident(IncidentId::new(id)),
        Listed::Audit => ObjectRef::Audit(AuditId::new(id)),
    };
    let Some(found) = view.get(&object) else {
        return Err(Problem::new(Code::NotFound, format!("there is no {} {id}", object.parts().0)));
    };
    Ok(Answer::data(&Bare(&found.change)).at(&view.at))
}

async fn logs(state: &Arc<State>, pairs: &Pairs) -> Result<Answer, Problem> {
    let query = query::logs(pairs, now())?;
    let feeds = state.api.feeds.clone();
    // Reads files.
    let page = tokio::task::spawn_blocking(move || feeds.logs.query(&query, &feeds)).await;
    let page = page.map_err(|_| Problem::new(Code::Internal, "the log could not be read"))?;
    page.map(|page| Answer::data(&page)).map_err(|mistake| query::bad_words(&mistake))
}

async fn metrics(state: &Arc<State>, pairs: &Pairs, view: &View) -> Result<Answer, Problem> {
    let mut query = query::metrics(pairs)?;
    // Of several, one may have been removed since the asker heard of it: the others are answered all the same.
    let asked = std::mem::take(&mut query.services);
    query.services = asked.iter().filter(|it| service(view, it.as_str()).is_ok()).cloned().collect();
    if let (true, Some(first)) = (query.services.is_empty(), asked.first()) {
        service(view, first.as_str())?;
    }
    let answer = Arc::clone(&state.api.metrics);
    let series = tokio::task::spawn_blocking(move || answer(&query)).await;
    series.map(|series| Answer::data(&series)).map_err(|_| Problem::new(Code::Internal, "the metrics could not be read"))
}

async fn volume(state: &Arc<State>, pairs: &Pairs) -> Result<Answer, Problem> {
    let query = query::volume(pairs)?;
    let feeds = state.api.feeds.clone();
    let volume = tokio::task::spawn_blocking(move || feeds.logs.volume(&query, now())).await;
    volume.map(|it| Answer::data(&it)).map_err(|_| Problem::new(Code::Internal, "the log could not be read"))
}

/// What lies between two commits. One question at a time for one service: the next one finds what this one has fetched.
async fn commits(state: &Arc<State>, id: &str, pairs: &Pairs, view: &View) -> Result<Answer, Problem> {
    let (from, to) = query::commits(pairs)?;
    let service = service(view, id)?;
    // An invented hash would make the platform read the whole repository for nothing, and everybody else wait for their turn.
    for commit in [&from, &to] {
        if !was_deployed(view, &service.id, commit) {
            let short = commit.get(..7).unwrap_or(commit);
            let why = format!("no deployment of {} that is still listed has the commit {short}", service.name);
            return Err(Problem::new(Code::NotFound, why));
        }
    }
    let (asked, service, url) = (Arc::clone(state), service.id.clone(), service.repo.url.to_string());
    // A task of its own: what it fetches is there for the next who asks, even when this one no longer waits.
    let task = tokio::spawn(async move {
        let work = async {
            let _turn = asked.keys.hold(&format!("commits {service}")).await;
            (asked.api.commits)(service, url, (from, to)).await
        };
        let stops = Err(RangeError::Failed("the platform stops".to_owned()));
        tokio::select! { range = work => range, () = asked.api.feeds.stop.cancelled() => stops }
    });
    let unavailable = |why: &str| Problem::new(Code::Unavailable, why);
    match tokio::time::timeout(HISTORY_WITHIN, task).await {
        Ok(Ok(Ok(range))) => Ok(Answer::data(&range)),
        Ok(Ok(Err(RangeError::Gone(why)))) => Err(Problem::new(Code::NotFound, why)),
        Ok(Ok(Err(RangeError::Failed(why)))) => Err(unavailable(&why)),
        Ok(Err(_)) => Err(Problem::new(Code::Internal, "the history could not be read")),
        Err(_) => Err(unavailable("the repository's history is still being fetched, which takes a while the first time: ask again soon")),
    }
}

fn was_deployed(view: &View, service: &ServiceId, commit: &str) -> bool {
    view.objects().any(|it| match &it.change {
        Change::Deployment(it) => it.service == *service && it.commit.as_ref().is_some_and(|it| it.id.eq_ignore_ascii_case(commit)),
        _ => false,
    })
}

/// What was done to a service's variables, newest first.
async fn history(state: &Arc<State>, id: &str, view: &View) -> Result<Answer, Problem> {
    service(view, id)?;
    let unread = |_| Problem::new(Code::Internal, "what was done to its variables could not be read");
    let kept = state.api.feeds.db.kept(HISTORY, id).await.map_err(unread)?;
    let mut all: Vec<VariableChange> = kept.and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default();
    all.reverse();
    Ok(Answer::data(&all))
}

fn service<'a>(view: &'a View, id: &str) -> Result<&'a Service, Problem> {
    match view.get(&ObjectRef::Service(ServiceId::new(id))).map(|it| &it.change) {
        Some(Change::Service(it)) => Ok(it),
        _ => Err(Problem::new(Code::NotFound, format!("there is no service {id}"))),
    }
}

fn limits(state: &State) -> LimitsInfo {
    let limits = state.limiter.limits();
    LimitsInfo {
        buckets: limits.buckets(),
        max_body: MAX_BODY,
        max_page: MAX_PAGE,
        max_frame: MAX_SERVER_FRAME,
        max_streams: limits.streams,
    }
}

/// [`crate::wire::calls::SnapshotInfo`], borrowed: everything there is is not copied to be said.
#[derive(Serialize)]
struct Whole<'a> {
    position: &'a Position,
    digest: String,
    snapshot: Objects<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded: Option<Clean>,
}

#[derive(Default, Serialize)]
struct Objects<'a> {
    teams: Vec<&'a Team>,
    projects: Vec<&'a Project>,
    services: Vec<&'a Service>,
    deployments: Vec<&'a Deployment>,
    incidents: Vec<&'a Incident>,
    audit: Vec<&'a AuditEntry>,
    unreadable: BTreeMap<String, u32>,
}

impl<'a> Whole<'a> {
    fn of(view: &'a View) -> Self {
        let mut all = Objects::default();
        for object in view.objects() {
            match &object.change {
                Change::Team(it) => all.teams.push(it),
                Change::Project(it) => all.projects.push(it),
                Change::Service(it) => all.services.push(it),
                Change::Deployment(it) => all.deployments.push(it),
                Change::Incident(it) => all.incidents.push(it),
                Change::Audit(it) => all.audit.push(it),
                Change::Removed(_) => {}
            }
        }
        Self { position: &view.at, digest: view.digest().hex(), snapshot: all, degraded: None }
    }
}
