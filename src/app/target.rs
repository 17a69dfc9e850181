//! What an action is about: the thing that its argument names, or the one under the cursor; and whether writes may be done.

use std::borrow::Cow;

use super::action::Reason;
use super::pane::PaneId;
use super::state::App;
use crate::model::deploy::Deployment;
use crate::model::ids::{DeploymentId, IncidentId, ProjectId, ServiceId};
use crate::model::incident::Incident;
use crate::model::link::{Can, Caps, Link};
use crate::model::project::Project;
use crate::model::service::Service;

/// The project with that id or name.
pub fn project<'a>(app: &'a App, arg: &str) -> Option<&'a Project> {
    app.store.projects.get(&ProjectId::new(arg)).or_else(|| app.store.projects.values().find(|it| &*it.name == arg))
}

/// The service with that id, name or `project/name`; without an argument the one under the cursor, or of the scope.
pub fn service<'a>(app: &'a App, arg: &str) -> Result<&'a Service, Reason> {
    if arg.is_empty() {
        return app.service_here().ok_or(Cow::Borrowed("choose a service first"));
    }
    if let Some(it) = app.store.services.get(&ServiceId::new(arg)) {
        return Ok(it);
    }
    let (project, name) = arg.split_once('/').map_or((None, arg), |(project, name)| (Some(project), name));
    let fits = |it: &&Service| &*it.name == name && project.is_none_or(|project| app.project_name(&it.project) == project);
    let mut found = app.store.services.values().filter(fits);
    match (found.next(), found.next()) {
        (Some(it), None) => Ok(it),
        (Some(_), Some(_)) => Err(format!("more than one service is called `{arg}`; say project/service").into()),
        (None, _) => Err(format!("there is no service `{arg}`").into()),
    }
}

/// The service of that name or id, in the project of that name or id; `None` also where two are called so.
pub fn service_of<'a>(app: &'a App, of: &str, name: &str) -> Option<&'a Service> {
    let project = &project(app, of)?.id;
    let fits = |it: &&Service| it.project == *project && (&*it.name == name || it.id.as_str() == name);
    let mut found = app.store.services.values().filter(fits);
    found.next().filter(|_| found.next().is_none())
}

/// The deployment with that id, or the one under the cursor.
pub fn deployment<'a>(app: &'a App, arg: &str) -> Result<&'a Deployment, Reason> {
    if arg.is_empty() {
        return app.deployment_here().ok_or(Cow::Borrowed("choose a deployment first"));
    }
    app.store.deployments.get(&DeploymentId::new(arg)).ok_or_else(|| format!("there is no deployment `{arg}`").into())
}

/// Whether it is said which incident is meant: by its id, or because one is under the cursor. What acknowledging may guess, other writes may not.
pub fn chosen(app: &App, arg: &str) -> Result<(), Reason> {
    let nothing = app.focus == PaneId::Incidents && app.row(PaneId::Incidents).is_none();
    if arg.is_empty() && nothing { Err("choose an incident first: none is shown here".into()) } else { Ok(()) }
}

/// The open incident with that id, or the one under the cursor, or the worst one.
pub fn incident<'a>(app: &'a App, arg: &str) -> Result<&'a Incident, Reason> {
    if arg.is_empty() {
        return app.incident_here().ok_or(Cow::Borrowed("there is no incident"));
    }
    app.store.incidents.get(&IncidentId::new(arg)).ok_or_else(|| format!("there is no incident `{arg}`").into())
}

/// Whether a write that `can` is about may be sent now.
pub fn writable(app: &App, can: impl Fn(&Caps) -> &Can) -> Result<(), Reason> {
    if let Some(why) = &app.settings.read_only {
        return Err(format!("read-only: {why}").into());
    }
    let Some(source) = app.platform() else { return Err("no platform is configured".into()) };
    match &source.link {
        Link::Live | Link::Polling { .. } | Link::Stale { .. } => {}
        _ => return Err(format!("not connected: {}", app.link_words().text).into()),
    }
    can(&source.caps).check().map_err(|why| why.to_owned().into())
}

/// `2 replicas up, live 2h, 1 open P1; you are owner: allowed`: what runs now, for the question before a write.
pub fn now_line(app: &App, it: &Service) -> String {
    let up = it.up();
    let mut parts = vec![format!("{up} of {} replica{} up", it.desired, if it.desired == 1 { "" } else { "s" })];
    let live = it.live.as_ref().and_then(|id| app.store.deployments.get(id));
    match live.and_then(|it| it.live_from) {
        Some(from) => parts.push(format!("live {}", app.ago(from))),
        None => parts.push(it.health.to_string()),
    }
    let mut open: Vec<_> = app.store.incidents.values().filter(|i| i.is_open() && i.service.as_ref() == Some(&it.id)).collect();
    open.sort_by(|a, b| a.severity.cmp(&b.severity));
    if let Some(worst) = open.first() {
        let such = open.iter().filter(|it| it.severity == worst.severity).count();
        let more = if such < open.len() { format!(" and {} more", open.len() - such) } else { String::new() };
        parts.push(format!("{such} open {}{more}", worst.severity.label()));
    }
    let role = app.platform().map(|source| &source.caps).map(|caps| match &caps.role {
        Some(role) => format!("you are {role}: allowed"),
        None if caps.user.is_empty() => "allowed".to_owned(),
        None => format!("you are {}: allowed", caps.user),
    });
    format!("now {}: {}; {}", it.name, parts.join(", "), role.unwrap_or_default())
}
