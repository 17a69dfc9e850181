//! Lists of objects: filtered, ordered, and cut into pages that all show the same revision.

use std::sync::Arc;
use std::time::Instant;

use serde::{Serialize, Serializer};

use crate::local::live::{Object, View};
use crate::model::event::Change;
use crate::model::ids::{ProjectId, ServiceId};
use crate::model::time::Time;
use crate::wire::rest::{Code, MAX_PAGE, Page};

use super::answer::{Answer, Problem};
use super::query::{self, Pairs};
use super::routes::Listed;
use super::state::State;

/// Items of a page when nobody says.
const USUAL: usize = 100;

/// An object by itself, without the word for its kind around it.
pub struct Bare<'a>(pub &'a Change);

impl Serialize for Bare<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Change::Team(it) => it.serialize(to),
            Change::Project(it) => it.serialize(to),
            Change::Service(it) => it.serialize(to),
            Change::Deployment(it) => it.serialize(to),
            Change::Incident(it) => it.serialize(to),
            Change::Audit(it) => it.serialize(to),
            Change::Removed(it) => it.serialize(to),
        }
    }
}

/// What of a list is asked for.
#[derive(Default)]
struct Asked {
    project: Option<String>,
    service: Option<String>,
    status: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Which parameters a list knows.
const fn known(listed: Listed) -> &'static [&'static str] {
    match listed {
        Listed::Teams => &["limit", "cursor"],
        Listed::Projects => &["status", "limit", "cursor"],
        Listed::Services => &["project", "status", "limit", "cursor"],
        Listed::Deployments | Listed::Incidents => &["project", "service", "status", "limit", "cursor"],
        Listed::Audit => &["project", "service", "limit", "cursor"],
    }
}

/// A page of `listed`.
pub fn page(state: &State, listed: Listed, pairs: &Pairs, current: &Arc<View>) -> Result<Answer, Problem> {
    let asked = read(listed, pairs)?;
    let (view, from) = match &asked.cursor {
        Some(cursor) => place(state, cursor, current)?,
        None => (Arc::clone(current), 0),
    };
    let limit = asked.limit.unwrap_or(USUAL).clamp(1, MAX_PAGE);
    let mut all: Vec<&Arc<Object>> = view.objects().filter(|it| wanted(listed, &asked, &it.change)).collect();
    // Newest first where there is a history; the ids, which are unique, decide between equals.
    all.sort_by_key(|it| std::cmp::Reverse(born(&it.change)));
    let total = all.len();
    let items: Vec<Bare> = all.into_iter().skip(from).take(limit).map(|it| Bare(&it.change)).collect();
    let until = from + items.len();
    let next = (until < total).then(|| {
        state.pins.keep(&view, Instant::now());
        format!("{}.{}.{until}", view.at.epoch, view.at.rev)
    });
    Ok(Answer::page(&items, Page { next, total }).at(&view.at))
}

fn read(listed: Listed, pairs: &Pairs) -> Result<Asked, Problem> {
    let mut asked = Asked::default();
    for (name, value) in pairs {
        if !known(listed).contains(&name.as_str()) {
            return Err(query::unknown(name, &known(listed).join(", ")));
        }
        match name.as_str() {
            "project" => asked.project = Some(value.clone()),
            "service" => asked.service = Some(value.clone()),
            "status" => asked.status = Some(value.to_ascii_lowercase()),
            "limit" => asked.limit = Some(query::number(name, value)?),
            _ => asked.cursor = Some(value.clone()),
        }
    }
    Ok(asked)
}

/// Where `cursor` goes on, and in which view.
fn place(state: &State, cursor: &str, current: &Arc<View>) -> Result<(Arc<View>, usize), Problem> {
    let bad = || Problem::new(Code::BadRequest, "`cursor` is not one of ours; begin without it");
    let mut parts = cursor.splitn(3, '.');
    let (Some(epoch), Some(rev), Some(from)) = (parts.next(), parts.next(), parts.next()) else { return Err(bad()) };
    let (Ok(rev), Ok(from)) = (rev.parse::<u64>(), from.parse()) else { return Err(bad()) };
    let gone = || Problem::new(Code::Gone, "this page is no longer kept; begin the list again");
    if epoch != current.at.epoch {
        return Err(gone());
    }
    if rev == current.at.rev {
        return Ok((Arc::clone(current), from));
    }
    let view = state.pins.get(rev, Instant::now()).ok_or_else(gone)?;
    Ok((view, from))
}

fn wanted(listed: Listed, asked: &Asked, change: &Change) -> bool {
    let same = |wanted: &Option<String>, it: Option<&str>| wanted.is_none() || wanted.as_deref() == it;
    match (listed, change) {
        (Listed::Teams, Change::Team(_)) => true,
        (Listed::Projects, Change::Project(it)) => same(&asked.status, Some(it.state.word())),
        (Listed::Services, Change::Service(it)) => {
            same(&asked.project, Some(it.project.as_str())) && same(&asked.status, Some(it.health.word()))
        }
        (Listed::Deployments, Change::Deployment(it)) => {
            same(&asked.project, Some(it.project.as_str()))
                && same(&asked.service, Some(it.service.as_str()))
                && same(&asked.status, Some(it.status.word()))
        }
        (Listed::Incidents, Change::Incident(it)) => {
            same(&asked.project, Some(it.project.as_str()))
                && same(&asked.service, it.service.as_ref().map(ServiceId::as_str))
                && same(&asked.status, Some(it.status.word()))
        }
        (Listed::Audit, Change::Audit(it)) => {
            same(&asked.project, it.project.as_ref().map(ProjectId::as_str))
                && same(&asked.service, it.service.as_ref().map(ServiceId::as_str))
        }
        _ => false,
    }
}

fn born(change: &Change) -> Option<Time> {
    match change {
        Change::Deployment(it) => Some(it.created),
        Change::Incident(it) => Some(it.opened),
        Change::Audit(it) => Some(it.at),
        Change::Team(_) | Change::Project(_) | Change::Service(_) | Change::Removed(_) => None,
    }
}
