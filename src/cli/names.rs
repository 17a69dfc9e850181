//! From what a person types to the thing meant: by id, by name, by the beginning of either where that is unique.

use super::exit::{Failure, NOT_FOUND, USAGE};
use crate::config::nearest;
use crate::model::deploy::Deployment;
use crate::model::event::Snapshot;
use crate::model::incident::Incident;
use crate::model::log::LogFilter;
use crate::model::project::Project;
use crate::model::service::Service;

/// The project called `name`.
pub fn project<'a>(all: &'a Snapshot, name: &str) -> Result<&'a Project, Failure> {
    let known = || all.projects.iter().map(|it| it.name.as_str());
    all.projects
        .iter()
        .find(|it| &*it.name == name || it.id.as_str() == name)
        .ok_or_else(|| none("project", name, nearest(name, known()), "trackside projects"))
}

/// The service called `name`: `project/service`, or `service` alone where only one project has it.
pub fn service<'a>(all: &'a Snapshot, name: &str) -> Result<&'a Service, Failure> {
    if let Some(it) = all.services.iter().find(|it| it.id.as_str() == name) {
        return Ok(it);
    }
    let full = |it: &Service| path(all, it);
    let fits: Vec<&Service> = all.services.iter().filter(|it| &*it.name == name || full(it) == name).collect();
    match fits.as_slice() {
        [one] => Ok(one),
        [] => {
            let paths: Vec<String> = all.services.iter().map(full).collect();
            let known = paths.iter().map(String::as_str).chain(all.services.iter().map(|it| it.name.as_str()));
            Err(none("service", name, nearest(name, known), "trackside services"))
        }
        many => {
            let paths: Vec<String> = many.iter().map(|it| full(it)).collect();
            Err(Failure::new(USAGE, format!("`{name}` is in several projects; say {}", paths.join(" or "))))
        }
    }
}

/// `project/service`.
pub fn path(all: &Snapshot, service: &Service) -> String {
    let project = all.projects.iter().find(|it| it.id == service.project).map_or(service.project.as_str(), |it| it.name.as_str());
    format!("{project}/{}", service.name)
}

/// The deployment of `service` whose id or commit begins with `text`.
pub fn deployment<'a>(all: &'a Snapshot, service: Option<&Service>, text: &str) -> Result<&'a Deployment, Failure> {
    let mine = || all.deployments.iter().filter(|it| service.is_none_or(|service| it.service == service.id));
    if let Some(it) = mine().find(|it| it.id.as_str() == text) {
        return Ok(it);
    }
    let commit = |it: &&Deployment| text.len() >= 4 && it.commit.as_ref().is_some_and(|it| it.id.starts_with(text));
    let begins = |it: &&Deployment| !counted(text) && it.id.as_str().starts_with(text);
    let mut fits: Vec<&Deployment> = mine().filter(|it| begins(it) || commit(it)).collect();
    // Of several deployments of one commit the newest one is meant.
    fits.sort_by_key(|it| std::cmp::Reverse(it.created));
    let one_commit = fits.windows(2).all(|two| {
        commit(&two[0]) && commit(&two[1]) && two[0].commit.as_ref().map(|it| &it.id) == two[1].commit.as_ref().map(|it| &it.id)
    });
    match fits.as_slice() {
        [] => Err(none("deployment", text, None, "trackside deployments")),
        [one, ..] if one_commit => Ok(one),
        many => {
            let ids: Vec<&str> = many.iter().map(|it| it.id.as_str()).collect();
            Err(Failure::new(USAGE, format!("`{text}` fits several deployments: {}", ids.join(", "))))
        }
    }
}

/// The whole hash of a commit of `service` that `text` begins; what was never deployed is the platform's to judge.
pub fn commit(all: &Snapshot, service: &Service, text: &str) -> Result<String, Failure> {
    let mine = all.deployments.iter().filter(|it| it.service == service.id).filter_map(|it| it.commit.as_ref());
    let mut fits: Vec<&str> = mine.map(|it| it.id.as_str()).filter(|it| text.len() >= 4 && it.starts_with(text)).collect();
    fits.sort_unstable();
    fits.dedup();
    match fits.as_slice() {
        [] => Ok(text.to_owned()),
        [one] => Ok((*one).to_owned()),
        many => Err(Failure::new(USAGE, format!("`{text}` fits several commits: {}", many.join(", ")))),
    }
}

/// `d12`: an id as the embedded platform gives them.
pub fn looks_like_deployment(text: &str) -> bool {
    text.starts_with('d') && counted(text)
}

/// A letter and digits, or a letter alone: ids as short as these are written whole. `i1` is never `i10`.
fn counted(text: &str) -> bool {
    text.len() < 2 || (text.starts_with(|c: char| c.is_ascii_alphabetic()) && text[1..].bytes().all(|b| b.is_ascii_digit()))
}

/// The incident whose id begins with `text`.
pub fn incident<'a>(all: &'a Snapshot, text: &str) -> Result<&'a Incident, Failure> {
    let fits: Vec<&Incident> =
        all.incidents.iter().filter(|it| *it.id.as_str() == *text || (!counted(text) && it.id.as_str().starts_with(text))).collect();
    match fits.as_slice() {
        [] => Err(none("incident", text, None, "trackside incidents --all")),
        [one] => Ok(one),
        many => match many.iter().find(|it| it.id.as_str() == text) {
            Some(exact) => Ok(exact),
            None => Err(Failure::new(USAGE, format!("`{text}` fits {} incidents; write more of the id", many.len()))),
        },
    }
}

/// The lines of what `name` is: a service, or else a project; all lines without a name.
pub fn log_scope(all: &Snapshot, name: Option<&str>) -> Result<LogFilter, Failure> {
    let mut filter = LogFilter::default();
    let Some(name) = name else { return Ok(filter) };
    match (service(all, name), project(all, name)) {
        (Ok(it), _) => filter.service = Some(it.id.clone()),
        (Err(_), Ok(it)) => filter.project = Some(it.id.clone()),
        (Err(why), Err(_)) => {
            let near = nearest(name, all.projects.iter().map(|it| it.name.as_str()));
            return Err(near.map_or(why, |near| none("project or service", name, Some(near), "")));
        }
    }
    Ok(filter)
}

fn none(kind: &str, name: &str, near: Option<&str>, list: &str) -> Failure {
    let hint = near.map_or_else(|| format!("`{list}` shows what there is"), |near| format!("did you mean `{near}`?"));
    Failure::new(NOT_FOUND, format!("there is no {kind} `{name}`; {hint}"))
}
