//! `trackside deployments`: what was put out, newest first.

use super::clock::now;
use super::deploy_args::Deployments;
use super::exit::{OK, Outcome};
use super::names;
use super::reach::Reach;
use crate::model::deploy::Deployment;
use crate::model::event::Snapshot;
use crate::model::time::Time;

/// Runs it.
pub async fn run(reach: &Reach, it: Deployments) -> Outcome {
    let all = reach.all().await?;
    let place = names::log_scope(&all, it.scope.as_deref())?;
    let wanted = |one: &&Deployment| {
        place.service.as_ref().is_none_or(|id| one.service == *id)
            && place.project.as_ref().is_none_or(|id| one.project == *id)
            && it.status.as_deref().is_none_or(|status| one.status.word() == status || one.word() == status)
            && (!it.running || !one.status.ended())
    };
    let mut mine: Vec<&Deployment> = all.deployments.iter().filter(wanted).collect();
    mine.sort_by_key(|it| std::cmp::Reverse((it.created, it.rev)));
    mine.truncate(it.limit);
    if it.quiet {
        mine.iter().try_for_each(|it| reach.out.answer(&it.id, it.id.as_str()))?;
    } else if reach.out.is_json() {
        reach.out.json(&mine)?;
    } else {
        let now = now();
        reach.out.table(&mine.iter().map(|it| row(&all, it, now)).collect::<Vec<_>>())?;
    }
    Ok(OK)
}

/// Id, where, status, commit, age, by whom, what.
fn row(all: &Snapshot, it: &Deployment, now: Time) -> Vec<String> {
    let place = all.services.iter().find(|service| service.id == it.service);
    let place = place.map_or_else(|| it.service.to_string(), |service| names::path(all, service));
    let status = if it.status.ended() { it.word().to_owned() } else { format!("{} {} %", it.status, it.progress) };
    let (commit, message) = match &it.commit {
        Some(commit) => (commit.short().to_owned(), commit.message.to_string()),
        None => ("-".to_owned(), String::new()),
    };
    vec![it.id.to_string(), place, status, commit, now.since(it.created).short(), it.by.to_string(), message]
}
