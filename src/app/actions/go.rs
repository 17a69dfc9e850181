//! To a thing by its name: what the palette offers besides the other actions.

use crate::app::action::{Action, Arg, Deed, always};
use crate::app::effect::Fx;
use crate::app::pane::{PaneId, RowKey, Scope};
use crate::app::state::{App, NoticeKind};
use crate::app::target;
use crate::model::ids::{DeploymentId, IncidentId};

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("go.all",        Arg::Nothing,    "Scope: everything",                |app, _, _| app.set_scope(Scope::All)),
    row("go.project",    Arg::Project,    "Scope: a project",                 project),
    row("go.service",    Arg::Service,    "Scope: a service",                 service),
    row("go.deployment", Arg::Deployment, "Open a deployment",                deployment),
    row("go.incident",   Arg::Incident,   "Open an incident and its runbook", incident),
    row("theme.set",     Arg::Theme,      "Use a theme",                      theme),
];

const fn row(name: &'static str, arg: Arg, help: &'static str, run: fn(&mut App, &mut Fx, &str)) -> Action {
    Action { name, keys: &[], panes: &[], label: "", help, arg, when: always, deed: Deed::Run(run) }
}

fn project(app: &mut App, _: &mut Fx, arg: &str) {
    let Some(id) = target::project(app, arg).map(|it| it.id.clone()) else { return unknown(app, "project", arg) };
    app.views[PaneId::Projects.index()].at = Some(RowKey::Project(id.clone()));
    app.set_scope(Scope::Project(id));
}

fn service(app: &mut App, _: &mut Fx, arg: &str) {
    match target::service(app, arg).map(|it| (it.project.clone(), it.id.clone())) {
        Ok((project, id)) => {
            app.folded.remove(&project);
            app.views[PaneId::Projects.index()].at = Some(RowKey::Service(id.clone()));
            app.set_scope(Scope::Service(id));
        }
        Err(why) => app.notify(NoticeKind::Warn, why),
    }
}

fn deployment(app: &mut App, _: &mut Fx, arg: &str) {
    let id = DeploymentId::new(arg);
    if app.store.deployments.contains_key(&id) { app.show_deployment(id) } else { unknown(app, "deployment", arg) }
}

fn incident(app: &mut App, _: &mut Fx, arg: &str) {
    let id = IncidentId::new(arg);
    if app.store.incidents.contains_key(&id) { app.show_incident(id) } else { unknown(app, "incident", arg) }
}

fn theme(app: &mut App, _: &mut Fx, arg: &str) {
    if app.settings.themes.iter().any(|it| it == arg) {
        arg.clone_into(&mut app.settings.theme);
    } else {
        let known = app.settings.themes.join(", ");
        app.notify(NoticeKind::Warn, format!("there is no theme `{arg}`; there are {known}"));
    }
}

fn unknown(app: &mut App, what: &str, arg: &str) {
    let text = if arg.is_empty() { format!("which {what}?") } else { format!("there is no {what} `{arg}`") };
    app.notify(NoticeKind::Warn, text);
}
