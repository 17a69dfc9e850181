//! `trackside status`: how everything stands, on one screen.

use serde::Serialize;

use super::clock::now;
use super::exit::{OK, Outcome};
use super::names;
use super::reach::Reach;
use crate::model::event::Snapshot;
use crate::model::response::Response;
use crate::model::service::{Health, Service};
use crate::model::text::Clean;
use crate::platform::trackside::turn::degraded_words;

/// The answer for programs: everything, and why it may be old.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    all: &'a Snapshot,
    /// Why the platform cannot write what happens; `null`: it can.
    degraded: Option<Clean>,
}

/// Runs it.
pub async fn run(reach: &Reach, times: &Response, scope: Option<String>) -> Outcome {
    let (mut all, degraded) = reach.whole().await?;
    if let Some(name) = scope {
        narrow(&mut all, &name)?;
    }
    if reach.out.is_json() {
        reach.out.json(&Said { all: &all, degraded })?;
        return Ok(OK);
    }
    let out = reach.out;
    if let Some(why) = &degraded {
        out.line(&format!("{}\n", degraded_words(why)))?;
    }
    if all.projects.is_empty() {
        out.line("There is no project yet. `trackside project create NAME` makes one.")?;
    }
    for project in &all.projects {
        out.line(&project.name)?;
        let mut mine: Vec<&Service> = all.services.iter().filter(|it| it.project == project.id).collect();
        mine.sort_by(|a, b| a.name.cmp(&b.name));
        let rows: Vec<Vec<String>> = mine.iter().map(|it| row(&all, it, format!("  {}", it.name))).collect();
        out.table(&rows)?;
    }
    let rows = super::incident::rows(&all, times, now(), false);
    if !rows.is_empty() {
        out.line("\nopen incidents")?;
        out.table(&rows)?;
    }
    Ok(OK)
}

/// A service in columns: name, health, replicas, what runs, where.
pub fn row(all: &Snapshot, it: &Service, name: String) -> Vec<String> {
    let live = it.live.as_ref().and_then(|id| all.deployments.iter().find(|it| it.id == *id));
    let commit = live.and_then(|it| it.commit.as_ref()).map_or_else(|| "-".to_owned(), |it| it.short().to_owned());
    let running = all.deployments.iter().find(|deployment| deployment.service == it.id && deployment.status.running());
    let doing = running.map(|it| format!("{} {} %", it.status, it.progress));
    // What is stopped keeps its address, but nothing serves there.
    let url = it.url.as_ref().filter(|_| it.health != Health::Stopped);
    let tail = it.reason.as_ref().map(ToString::to_string).or(doing).or_else(|| url.map(ToString::to_string));
    vec![name, it.health.said().to_owned(), format!("{}/{}", it.up(), it.desired), commit, it.kind.to_string(), tail.unwrap_or_default()]
}

fn narrow(all: &mut Snapshot, name: &str) -> Result<(), super::exit::Failure> {
    let filter = names::log_scope(all, Some(name))?;
    let service = filter.service;
    let project = filter.project.or_else(|| all.services.iter().find(|it| Some(&it.id) == service.as_ref()).map(|it| it.project.clone()));
    all.projects.retain(|it| Some(&it.id) == project.as_ref());
    all.services.retain(|it| Some(&it.project) == project.as_ref() && service.as_ref().is_none_or(|id| it.id == *id));
    let kept = |id: &crate::model::ids::ServiceId| all.services.iter().any(|it| it.id == *id);
    all.deployments.retain(|it| kept(&it.service));
    all.incidents.retain(|it| Some(&it.project) == project.as_ref() && it.service.as_ref().is_none_or(kept));
    all.audit.retain(|it| it.project == project && it.service.as_ref().is_none_or(kept));
    Ok(())
}
