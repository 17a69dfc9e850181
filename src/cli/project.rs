//! `trackside project …`

use super::args::Project;
use super::exit::{OK, Outcome};
use super::names;
use super::reach::Reach;
use crate::model::project::{Environment, Project as ProjectState};
use crate::model::request::{NewProject, Request};

/// Runs it.
pub async fn run(reach: &Reach, command: Project) -> Outcome {
    match command {
        Project::Create { name, environment, production } => {
            reach.write_and_say(&Request::CreateProject(NewProject { name, environment, production })).await
        }
        Project::Remove { name } => {
            let all = reach.all().await?;
            reach.write_and_say(&Request::RemoveProject(names::project(&all, &name)?.id.clone())).await
        }
        Project::List => list(reach).await,
    }
}

/// Lists projects.
pub async fn list(reach: &Reach) -> Outcome {
    let all = reach.all().await?;
    if reach.out.is_json() {
        reach.out.json(&all.projects)?;
        return Ok(OK);
    }
    let row = |it: &ProjectState| {
        let services = all.services.iter().filter(|service| service.project == it.id).count();
        let environments: Vec<String> = it.environments.iter().map(Environment::words).collect();
        vec![
            it.name.to_string(),
            it.state.to_string(),
            if services == 1 { "1 service".to_owned() } else { format!("{services} services") },
            environments.join(", "),
        ]
    };
    reach.out.table(&all.projects.iter().map(row).collect::<Vec<_>>())?;
    Ok(OK)
}
