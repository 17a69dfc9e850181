//! Deploying, and all that changes what runs. Every row here asks first.

use crate::app::action::{Action, Arg, Deed, Reason};
use crate::app::deploys::way_back;
use crate::app::effect::Fx;
use crate::app::pane::PaneId;
use crate::app::question::{Question, ask, commit_words};
use crate::app::state::{App, Confirm, NoticeKind};
use crate::app::target;
use crate::model::deploy::Deployment;
use crate::model::event::ObjectRef;
use crate::model::link::Caps;
use crate::model::log::LogKind;
use crate::model::request::Request;
use crate::model::service::{Health, Service};

const THINGS: &[PaneId] = &[PaneId::Projects, PaneId::Deployments, PaneId::Metrics, PaneId::Incidents];
const HERE: &[PaneId] = &[PaneId::Deployments];

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    Action { name: "deploy.build-log",   keys: &["b"], panes: HERE,   label: "build log",   help: "The build log of this deployment",              arg: Arg::Deployment, when: chosen,     deed: Deed::Run(build_log) },
    Action { name: "deploy.runtime-log", keys: &["l"], panes: HERE,   label: "runtime log", help: "What this deployment's replicas wrote",         arg: Arg::Deployment, when: chosen,     deed: Deed::Run(runtime_log) },
    Action { name: "deploy.diff",        keys: &["d"], panes: HERE,   label: "diff",        help: "What differs from the release before it, or from any other", arg: Arg::Deployment, when: chosen, deed: Deed::Run(diff) },
    Action { name: "deploy.start",       keys: &["D"], panes: THINGS, label: "deploy",      help: "Deploy the newest commit of the branch",        arg: Arg::Service,    when: can_deploy, deed: Deed::Ask(deploy) },
    Action { name: "deploy.redeploy",    keys: &["R"], panes: THINGS, label: "redeploy",    help: "Build and deploy the same commit again",        arg: Arg::Deployment, when: can_again,  deed: Deed::Ask(redeploy) },
    Action { name: "service.restart",    keys: &["S"], panes: THINGS, label: "restart",     help: "New processes of the same release, one by one", arg: Arg::Service,    when: can_restart, deed: Deed::Ask(restart) },
    Action { name: "deploy.rollback",    keys: &["B"], panes: THINGS, label: "roll back",   help: "Put a kept release back into service",          arg: Arg::Deployment, when: can_back,   deed: Deed::Ask(rollback) },
    Action { name: "deploy.cancel",      keys: &["X"], panes: THINGS, label: "cancel",      help: "Cancel a running deployment",                   arg: Arg::Deployment, when: can_cancel, deed: Deed::Ask(cancel) },
    Action { name: "service.stop",       keys: &[],    panes: THINGS, label: "",            help: "Stop all replicas of a service",                arg: Arg::Service,    when: can_stop,   deed: Deed::Ask(stop) },
];

fn chosen(app: &App, arg: &str) -> Result<(), Reason> {
    target::deployment(app, arg).map(|_| ())
}

fn can_deploy(app: &App, arg: &str) -> Result<(), Reason> {
    target::writable(app, |caps: &Caps| &caps.deploy)?;
    target::service(app, arg).map(|_| ())
}

fn can_again(app: &App, arg: &str) -> Result<(), Reason> {
    target::writable(app, |caps| &caps.deploy)?;
    again(app, arg).map(|_| ())
}

fn can_restart(app: &App, arg: &str) -> Result<(), Reason> {
    target::writable(app, |caps| &caps.restart)?;
    let it = target::service(app, arg)?;
    // One that was stopped is started again this way, with the release it had.
    let none = it.live.is_none() && it.health != Health::Stopped;
    if none { Err(format!("{} has no live deployment to restart", it.name).into()) } else { Ok(()) }
}

fn can_back(app: &App, arg: &str) -> Result<(), Reason> {
    target::writable(app, |caps| &caps.rollback)?;
    release(app, arg).map(|_| ())
}

fn can_cancel(app: &App, arg: &str) -> Result<(), Reason> {
    target::writable(app, |caps| &caps.cancel)?;
    running(app, arg).map(|_| ())
}

fn can_stop(app: &App, arg: &str) -> Result<(), Reason> {
    target::writable(app, |caps| &caps.stop)?;
    target::service(app, arg).map(|_| ())
}

/// The deployment whose commit is built again: the one under the cursor, or else the service's newest.
fn again<'a>(app: &'a App, arg: &str) -> Result<&'a Deployment, Reason> {
    let it = match target::deployment(app, arg) {
        Ok(it) => it,
        Err(why) if !arg.is_empty() => return Err(why),
        Err(_) => {
            let service = target::service(app, "")?;
            newest(app, service).ok_or_else(|| Reason::from(format!("{} was never deployed", service.name)))?
        }
    };
    if it.status.running() {
        return Err(format!("it is still {}", it.status).into());
    }
    Ok(it)
}

fn newest<'a>(app: &'a App, service: &Service) -> Option<&'a Deployment> {
    app.store.deployments.values().filter(|it| it.service == service.id).max_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)))
}

/// The release to go back to: the one under the cursor, or, from the one that is live or from its service, the one that served last.
fn release<'a>(app: &'a App, arg: &str) -> Result<&'a Deployment, Reason> {
    let service = match target::deployment(app, arg) {
        Err(why) if !arg.is_empty() => return Err(why),
        Ok(it) if !arg.is_empty() && it.is_live() => return Err("it is live; choose an earlier deployment".into()),
        Ok(it) if it.status.running() => return Err(format!("it is still {}", it.status).into()),
        Ok(it) if it.kept && !it.is_live() => return Ok(it),
        // Who stands on the bad release means the one before it.
        Ok(it) if it.is_live() => owner(app, it)?,
        Ok(it) if it.live_from.is_none() => return Err("it never served; choose the live one, or the release to go back to".into()),
        Ok(_) => return Err("its release is not kept any more; redeploy it instead".into()),
        Err(_) => match blamed(app) {
            Some(it) => owner(app, it)?,
            None => target::service(app, "")?,
        },
    };
    way_back(app.store.deployments.values(), &service.id)
        .ok_or_else(|| format!("{} has no earlier release that is kept", service.name).into())
}

/// The live deployment that the incident under the cursor began with: it may be of another service than the one that suffers.
fn blamed(app: &App) -> Option<&Deployment> {
    let it = app.incident_here().filter(|_| app.focus == PaneId::Incidents)?;
    app.store.deployments.get(it.deployment.as_ref()?).filter(|it| it.is_live())
}

/// The running deployment under the cursor, or else of the service.
fn running<'a>(app: &'a App, arg: &str) -> Result<&'a Deployment, Reason> {
    if let Ok(it) = target::deployment(app, arg) {
        return if it.status.running() { Ok(it) } else { Err(format!("it has ended: {}", it.word()).into()) };
    }
    if !arg.is_empty() {
        return Err(format!("there is no deployment `{arg}`").into());
    }
    let service = target::service(app, "")?;
    let it = app.store.deployments.values().filter(|it| it.service == service.id && it.status.running()).max_by_key(|it| it.created);
    it.ok_or_else(|| format!("no deployment of {} is running", service.name).into())
}

fn owner<'a>(app: &'a App, it: &Deployment) -> Result<&'a Service, Reason> {
    app.store.services.get(&it.service).ok_or_else(|| Reason::from("its service is not known (any more)"))
}

fn deploy(app: &App, arg: &str) -> Result<Confirm, Reason> {
    let it = target::service(app, arg)?;
    let branch = it.repo.branch.as_deref().unwrap_or("the default branch");
    let mut lines = vec![format!("builds the newest commit of {branch} from {} and puts it live", it.repo.url)];
    if let Some(busy) = app.store.deployments.values().find(|d| d.service == it.id && d.status.running()) {
        lines.push(format!("waits for {} ({}, {} %)", busy.id, busy.status, busy.progress));
    }
    lines.push("if it fails, what runs now keeps serving".to_owned());
    Ok(of_service(app, it, "Deploy", &it.name, lines, Request::Deploy { service: it.id.clone(), branch: None, commit: None }))
}

fn redeploy(app: &App, arg: &str) -> Result<Confirm, Reason> {
    let it = again(app, arg)?;
    let service = owner(app, it)?;
    let commit = commit_words(app, &it.id);
    let lines = vec![format!("builds {commit} again, with the variables as they are now, and puts it live")];
    let what = format!("{} at {commit}", service.name);
    Ok(of_service(app, service, "Redeploy", &what, lines, Request::Redeploy { deployment: it.id.clone() }))
}

fn restart(app: &App, arg: &str) -> Result<Confirm, Reason> {
    let it = target::service(app, arg)?;
    let how = match it.health {
        Health::Stopped => "it is stopped: its last release starts again",
        _ => "the same release, new processes, one after the other: no request is dropped",
    };
    let lines = vec![how.to_owned()];
    Ok(of_service(app, it, "Restart", &it.name, lines, Request::Restart { service: it.id.clone() }))
}

fn rollback(app: &App, arg: &str) -> Result<Confirm, Reason> {
    let it = release(app, arg)?;
    let service = owner(app, it)?;
    let commit = commit_words(app, &it.id);
    let mut lines = Vec::new();
    let author = it.commit.as_ref().map_or_else(|| it.by.to_string(), |commit| commit.author.to_string());
    let served = match (it.live_from, it.live_to) {
        (Some(from), Some(to)) => format!("served {}, until {} ago", to.since(from).short(), app.ago(to)),
        _ => "never served".to_owned(),
    };
    lines.push(format!("back to {commit}, by {author}, {} old, {served}", app.ago(it.created)));
    if let Some(live) = service.live.as_ref().and_then(|id| app.store.deployments.get(id)) {
        lines.push(format!("instead of {}", commit_words(app, &live.id)));
        let between = app.store.deployments.values();
        let between =
            between.filter(|d| d.service == service.id && d.created > it.created && d.created <= live.created && d.live_from.is_some());
        let n = between.count();
        if n > 0 {
            lines.push(format!("takes back {n} deployment{}, and runs with the variables it had", if n == 1 { "" } else { "s" }));
        }
        if it.branch != live.branch {
            let name = |it: &Deployment| it.branch.as_ref().map_or_else(|| "default".to_owned(), ToString::to_string);
            lines.push(format!("branch {} instead of {}", name(it), name(live)));
        }
    }
    let what = format!("{} to {commit}", service.name);
    Ok(of_service(app, service, "Roll back", &what, lines, Request::Rollback { service: service.id.clone(), to: it.id.clone() }))
}

fn cancel(app: &App, arg: &str) -> Result<Confirm, Reason> {
    let it = running(app, arg)?;
    let service = owner(app, it)?;
    let commit = commit_words(app, &it.id);
    Ok(ask(
        app,
        service,
        Question {
            title: format!("Cancel the deployment of {} at {commit}?", service.name),
            lines: vec![
                format!("it is {} at {} %, asked for by {} {} ago", it.status, it.progress, it.by, app.ago(it.created)),
                "what runs now keeps serving".to_owned(),
            ],
            verb: "Cancel it",
            danger: false,
            request: Request::Cancel { deployment: it.id.clone() },
            what: format!("cancel {} of {}", it.id, service.name),
            undo: Some(format!("redeploy {commit}")),
            object: ObjectRef::Deployment(it.id.clone()),
        },
    ))
}

fn stop(app: &App, arg: &str) -> Result<Confirm, Reason> {
    let it = target::service(app, arg)?;
    let lines = vec!["all replicas end; nobody is served until it is restarted".to_owned()];
    Ok(of_service(app, it, "Stop", &it.name, lines, Request::Stop { service: it.id.clone() }))
}

/// The question about a write that changes what a whole service runs: `verb` it does, to `what`.
fn of_service(app: &App, service: &Service, verb: &'static str, what: &str, lines: Vec<String>, request: Request) -> Confirm {
    let undo = match &request {
        Request::Restart { .. } => None,
        Request::Stop { .. } => Some(format!("restart {}", service.name)),
        _ => service.live.as_ref().map(|id| format!("roll back to {}", commit_words(app, id))),
    };
    let question = Question {
        title: format!("{verb} {what}?"),
        lines,
        verb,
        danger: service.production || matches!(request, Request::Rollback { .. } | Request::Stop { .. }),
        request,
        what: format!("{} {what}", verb.to_lowercase()),
        undo,
        object: ObjectRef::Service(service.id.clone()),
    };
    ask(app, service, question)
}

fn diff(app: &mut App, _: &mut Fx, arg: &str) {
    let opened = target::deployment(app, arg).map(|it| it.id.clone()).and_then(|id| app.open_diff(&id, None));
    if let Err(why) = opened {
        app.notify(NoticeKind::Warn, why);
    }
}

fn build_log(app: &mut App, _: &mut Fx, arg: &str) {
    pin(app, arg, LogKind::Build);
}

fn runtime_log(app: &mut App, _: &mut Fx, arg: &str) {
    pin(app, arg, LogKind::Runtime);
}

fn pin(app: &mut App, arg: &str, kind: LogKind) {
    match target::deployment(app, arg).map(|it| it.id.clone()) {
        Ok(id) => {
            // In an opened deployment its log stands beside it; elsewhere the log pane shows it.
            let beside = app.open_deployment().is_some_and(|it| it.id == id) && app.zoom;
            app.pin_logs(id, vec![kind]);
            if !beside {
                app.zoom = false;
                app.set_focus(PaneId::Logs);
            }
        }
        Err(why) => app.notify(NoticeKind::Warn, why),
    }
}
