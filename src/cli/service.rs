//! `trackside service …`

use super::args::{self, Service};
use super::exit::{Failure, NOT_FOUND, OK, Outcome, USAGE};
use super::names;
use super::reach::Reach;
use super::status;
use crate::model::event::Snapshot;
use crate::model::request::{NewService, Request};

/// Runs it.
pub async fn run(reach: &Reach, command: Service) -> Outcome {
    let all = reach.all().await?;
    match command {
        Service::Create(it) => reach.write_and_say(&Request::CreateService(Box::new(new_service(&all, *it)?))).await,
        Service::Remove { service } => reach.write_and_say(&Request::RemoveService(names::service(&all, &service)?.id.clone())).await,
        Service::List { project } => {
            let project = project.map(|name| names::project(&all, &name)).transpose()?;
            let mine: Vec<_> = all.services.iter().filter(|it| project.is_none_or(|project| it.project == project.id)).collect();
            if reach.out.is_json() {
                reach.out.json(&mine)?;
                return Ok(OK);
            }
            let rows: Vec<Vec<String>> = mine.iter().map(|it| status::row(&all, it, names::path(&all, it))).collect();
            reach.out.table(&rows)?;
            Ok(OK)
        }
    }
}

fn new_service(all: &Snapshot, it: args::NewService) -> Result<NewService, Failure> {
    let Some((project, name)) = it.name.split_once('/') else {
        return Err(Failure::new(USAGE, format!("`{}` should be `project/service`", it.name)));
    };
    Ok(NewService {
        project: names::project(all, project)?.id.clone(),
        name: name.to_owned(),
        repo: repo(&it.repo)?,
        branch: it.branch,
        root: it.root,
        kind: None,
        variables: it.variables,
        replicas: it.replicas,
        health_path: it.health,
        cpu: None,
        memory: None,
    })
}

/// A relative path means the one seen from here. A full one is the platform's to judge: it may run elsewhere.
fn repo(text: &str) -> Result<String, Failure> {
    let is_url = text.contains("://") || (text.contains(':') && !text.starts_with(['.', '/', '~']));
    if is_url {
        return Ok(text.to_owned());
    }
    if text.is_empty() || text.starts_with(['/', '-']) {
        return Ok(text.to_owned());
    }
    match std::path::absolute(text) {
        Ok(it) if it.exists() => Ok(it.display().to_string()),
        Ok(it) => Err(Failure::new(NOT_FOUND, format!("there is no folder {}: give the path of a repository, or its URL", it.display()))),
        Err(err) => Err(Failure::new(NOT_FOUND, format!("`{text}` cannot be found: {err}"))),
    }
}
