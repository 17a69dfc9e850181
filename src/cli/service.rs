//! `trackside service …`

use super::exit::{Failure, NOT_FOUND, OK, Outcome, USAGE};
use super::names;
use super::reach::Reach;
use super::service_args::{self, Service};
use super::status;
use super::typed;
use crate::model::audit::VariableChange;
use crate::model::event::Snapshot;
use crate::model::request::{NewService, Request, ServiceChange};

/// Runs it.
pub async fn run(reach: &Reach, command: Service) -> Outcome {
    let all = reach.all().await?;
    match command {
        Service::Create(it) => reach.write_and_say(&Request::CreateService(Box::new(new_service(&all, *it)?))).await,
        Service::Remove { service } => reach.write_and_say(&Request::RemoveService(names::service(&all, &service)?.id.clone())).await,
        Service::Set { service, settings } => {
            let change = Box::new(change(&settings)?);
            reach.write_and_say(&Request::ChangeService { service: names::service(&all, &service)?.id.clone(), change }).await
        }
        Service::SetVariable { service, variables } => {
            let variables = variables.into_iter().map(|(name, value)| (name, Some(value))).collect();
            reach.write_and_say(&Request::SetVariables { service: names::service(&all, &service)?.id.clone(), variables }).await
        }
        Service::UnsetVariable { service, names } => {
            let service = names::service(&all, &service)?;
            if let Some(name) = names.iter().find(|name| !service.variables.iter().any(|it| **it == ***name)) {
                return Err(Failure::new(NOT_FOUND, format!("`{}` has no variable `{name}`", names::path(&all, service))));
            }
            let variables = names.into_iter().map(|name| (name, None)).collect();
            reach.write_and_say(&Request::SetVariables { service: service.id.clone(), variables }).await
        }
        Service::Variables { service, history: true } => {
            let changes = reach.client.variable_changes(&names::service(&all, &service)?.id).await?;
            if reach.out.is_json() {
                reach.out.json(&changes)?;
                return Ok(OK);
            }
            let row = |it: &VariableChange| vec![it.at.to_string(), it.by.to_string(), it.deed.to_string(), it.name.to_string()];
            reach.out.table(&changes.iter().map(row).collect::<Vec<_>>())?;
            Ok(OK)
        }
        Service::Variables { service, history: false } => {
            let names = &names::service(&all, &service)?.variables;
            if reach.out.is_json() {
                reach.out.json(names)?;
            } else {
                names.iter().try_for_each(|it| reach.out.line(it))?;
            }
            Ok(OK)
        }
        Service::List { project } => list(reach, project).await,
    }
}

/// Lists the services of `project`, or all.
pub async fn list(reach: &Reach, project: Option<String>) -> Outcome {
    let all = reach.all().await?;
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

fn new_service(all: &Snapshot, it: service_args::NewService) -> Result<NewService, Failure> {
    let Some((project, name)) = it.name.split_once('/') else {
        return Err(Failure::new(USAGE, format!("`{}` should be `project/service`", it.name)));
    };
    Ok(NewService {
        project: names::project(all, project)?.id.clone(),
        name: name.to_owned(),
        repo: repo(&it.repo)?,
        branch: it.branch,
        root: it.root,
        kind: it.kind,
        variables: it.variables,
        replicas: it.replicas,
        health_path: it.health,
        cpu: it.cpu,
        memory: it.memory,
    })
}

/// `branch=main replicas=3`: each setting once, its value read as what it is.
fn change(settings: &[String]) -> Result<ServiceChange, Failure> {
    let mut it = ServiceChange::default();
    for setting in settings {
        let wrong = |why: &str| Failure::new(USAGE, format!("`{setting}`: {why}"));
        let Some((name, value)) = setting.split_once('=') else { return Err(wrong("should be SETTING=VALUE")) };
        let text = || value.to_owned();
        let twice = match name {
            "repo" if value.is_empty() => return Err(wrong("a service needs a repository")),
            "repo" => it.repo.replace(repo(value)?).is_some(),
            "branch" => it.branch.replace(text()).is_some(),
            "root" => it.root.replace(text()).is_some(),
            "health" => it.health_path.replace(text()).is_some(),
            "replicas" => it.replicas.replace(value.parse().map_err(|_| wrong("should be a number of copies"))?).is_some(),
            "cpu" if value.is_empty() => it.cpu.replace(0.0).is_some(),
            "cpu" => it.cpu.replace(value.parse().map_err(|_| wrong("should be a number of cores, as `0.5`"))?).is_some(),
            "memory" if value.is_empty() => it.memory.replace(0).is_some(),
            "memory" => it.memory.replace(typed::bytes(value).map_err(|why| wrong(&why))?).is_some(),
            _ => {
                let known = "there is no such setting; known: repo, branch, root, health, replicas, cpu, memory";
                return Err(wrong(&format!("{known}; a variable is set with `trackside service set-variable`")));
            }
        };
        if twice {
            return Err(wrong("is given twice"));
        }
    }
    Ok(it)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sets_a_variable_as_a_setting_is_told_the_command_for_it() {
        let why = change(&["LOG_LEVEL=debug".to_owned()]).unwrap_err().to_string();
        assert!(why.contains("there is no such setting") && why.contains("trackside service set-variable"), "{why}");
    }
}
