//! Taking care of an incident: acknowledge, tick steps, write notes, resolve.

use tui_textarea::TextArea;

use crate::app::action::{ANYWHERE, Action, Arg, Deed, Reason};
use crate::app::effect::Fx;
use crate::app::pane::PaneId;
use crate::app::question::{Question, ask_about};
use crate::app::state::{App, Confirm, NoticeKind, Overlay};
use crate::app::target;
use crate::model::event::ObjectRef;
use crate::model::incident::{Incident, Severity, Step};
use crate::model::request::Request;

const HERE: &[PaneId] = &[PaneId::Incidents];

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    Action { name: "incident.acknowledge", keys: &["a"], panes: ANYWHERE, label: "ack",     help: "Acknowledge the incident here, or the worst one: stops its clock", arg: Arg::Incident, when: can_ack, deed: Deed::Run(acknowledge) },
    Action { name: "incident.step",        keys: &["x"], panes: HERE,     label: "step",    help: "Tick the chosen step of the runbook, or the next one; again: untick", arg: Arg::Incident, when: chosen,  deed: Deed::Run(tick) },
    Action { name: "incident.note",        keys: &["N"], panes: HERE,     label: "note",    help: "Write a note",                                              arg: Arg::Incident, when: noted,   deed: Deed::Run(note) },
    Action { name: "incident.mitigate",    keys: &[],    panes: HERE,       label: "",        help: "Say that customers do not feel it any more",                arg: Arg::Incident, when: chosen,  deed: Deed::Run(mitigate) },
    Action { name: "incident.resolve",     keys: &["A"], panes: HERE,     label: "resolve", help: "Resolve the incident",                                      arg: Arg::Incident, when: chosen,  deed: Deed::Ask(resolve) },
    Action { name: "incident.reopen",      keys: &[],    panes: HERE,     label: "",        help: "Open a resolved incident again",                            arg: Arg::Incident, when: closed,  deed: Deed::Run(reopen) },
    Action { name: "incident.severity",    keys: &["P"], panes: HERE,     label: "severity", help: "Change how bad it is: p1, p2, p3 or p4",                    arg: Arg::Words(&["p1", "p2", "p3", "p4"]), when: here,    deed: Deed::Run(severity) },
];

fn known(app: &App, arg: &str) -> Result<(), Reason> {
    target::writable(app, |caps| &caps.incidents)?;
    target::incident(app, arg).map(|_| ())
}

fn open(app: &App, arg: &str) -> Result<(), Reason> {
    known(app, arg)?;
    if target::incident(app, arg)?.is_open() { Ok(()) } else { Err("it is resolved already".into()) }
}

fn chosen(app: &App, arg: &str) -> Result<(), Reason> {
    target::chosen(app, arg)?;
    open(app, arg)
}

fn noted(app: &App, arg: &str) -> Result<(), Reason> {
    target::chosen(app, arg)?;
    known(app, arg)
}

fn closed(app: &App, arg: &str) -> Result<(), Reason> {
    known(app, arg)?;
    if target::incident(app, arg)?.is_open() { Err("it is still open".into()) } else { Ok(()) }
}

fn can_ack(app: &App, arg: &str) -> Result<(), Reason> {
    open(app, arg)?;
    match &target::incident(app, arg)?.acknowledged {
        Some(deed) => Err(format!("acknowledged already, by {}", deed.by).into()),
        None => Ok(()),
    }
}

/// The argument is the severity, and after it perhaps the incident, which is else the one here.
fn here(app: &App, arg: &str) -> Result<(), Reason> {
    chosen(app, arg.split_once(' ').map_or("", |(_, id)| id))
}

/// Sends a write about the incident that `arg` names.
fn send(app: &mut App, fx: &mut Fx, arg: &str, undo: Option<&str>, make: impl Fn(&Incident) -> (Request, String)) {
    match target::incident(app, arg).map(|it| (it.id.clone(), make(it))) {
        Ok((id, (request, what))) => app.send(fx, request, what, Some(ObjectRef::Incident(id)), undo.map(str::to_owned)),
        Err(why) => app.notify(NoticeKind::Warn, why),
    }
}

fn acknowledge(app: &mut App, fx: &mut Fx, arg: &str) {
    send(app, fx, arg, None, |it| (Request::Acknowledge { incident: it.id.clone() }, format!("acknowledge {}", words(it))));
    // It ticks the first step of the runbook: `x` right after it means the next one, and must not take it back.
    let opened = app.open_incident().is_some_and(|open| target::incident(app, arg).is_ok_and(|it| it.id == open.id));
    let view = &mut app.views[PaneId::Incidents.index()];
    if opened && view.step == 0 {
        view.step = 1;
    }
}

fn mitigate(app: &mut App, fx: &mut Fx, arg: &str) {
    send(app, fx, arg, None, |it| (Request::Mitigate { incident: it.id.clone() }, format!("mitigate {}", words(it))));
}

fn reopen(app: &mut App, fx: &mut Fx, arg: &str) {
    send(app, fx, arg, Some("resolve it"), |it| (Request::Reopen { incident: it.id.clone() }, format!("reopen {}", words(it))));
}

fn tick(app: &mut App, fx: &mut Fx, arg: &str) {
    let Ok(it) = target::incident(app, arg) else { return };
    // In the opened runbook the chosen step, and a ticked one is unticked; elsewhere the next one.
    let chosen =
        app.open_incident().filter(|open| open.id == it.id).map(|_| app.view(PaneId::Incidents).step).filter(|i| *i < it.steps.len());
    let step = chosen.and_then(|i| it.steps.get(i)).or_else(|| it.steps.iter().find(|step| step.done.is_none()));
    let Some(step) = step else { return app.notify(NoticeKind::Info, "all steps are ticked") };
    let (id, done, step) = (it.id.clone(), step.done.is_none(), step.step.clone());
    let what = format!("{} \"{}\" of {}", if done { "tick" } else { "untick" }, step.label(), words(it));
    let undo = Some(format!("{} it with x", if done { "untick" } else { "tick" }));
    app.send(fx, Request::Tick { incident: id.clone(), step, done }, what, Some(ObjectRef::Incident(id)), undo);
    if let (Some(i), true) = (chosen, done) {
        let view = &mut app.views[PaneId::Incidents.index()];
        view.step = (i + 1).min(Step::KNOWN.len() - 1);
    }
}

fn note(app: &mut App, _: &mut Fx, arg: &str) {
    let Ok(id) = target::incident(app, arg).map(|it| it.id.clone()) else { return };
    let draft = app.drafts.get(&id).map(String::as_str).unwrap_or_default();
    let area = TextArea::new(draft.lines().map(str::to_owned).collect());
    app.overlays.push(Overlay::Note { incident: id, area: Box::new(area) });
}

fn severity(app: &mut App, fx: &mut Fx, arg: &str) {
    let (word, id) = arg.split_once(' ').unwrap_or((arg, ""));
    let Ok(it) = target::incident(app, id).cloned() else { return };
    if word.is_empty() {
        let cursor = Severity::KNOWN.iter().position(|one| *one == it.severity).unwrap_or(0);
        return app.overlays.push(Overlay::Severities(it.id, cursor));
    }
    let severity = Severity::read(word);
    if severity.response().is_none() {
        return app.notify(NoticeKind::Warn, format!("`{word}` is no severity; there are p1, p2, p3 and p4"));
    }
    // To look at it and say that it is as bad as it seemed is the step, too.
    if severity != it.severity {
        send(app, fx, id, Some(&format!("make it a {} again", it.severity.label())), |it| {
            let what = format!("make {} a {}", words(it), severity.label());
            (Request::SetSeverity { incident: it.id.clone(), severity: severity.clone() }, what)
        });
    }
    app.did(fx, &it, &Step::Assess);
}

fn resolve(app: &App, arg: &str) -> Result<Confirm, Reason> {
    let it = target::incident(app, arg)?;
    let left: Vec<&str> = it.steps.iter().filter(|step| step.done.is_none()).map(|step| step.step.label()).collect();
    let mut lines = vec![format!("{} opened {} ago, {} of {} steps ticked", words(it), app.ago(it.opened), it.ticked(), it.steps.len())];
    if !left.is_empty() {
        lines.push(format!("not ticked: {}", left.join(", ")));
    }
    lines.push("if its cause is still there, the platform opens a new one".to_owned());
    lines.push("its story and its review keep why".to_owned());
    Ok(ask_about(
        app,
        it.service.as_ref().and_then(|id| app.store.services.get(id)),
        Question {
            title: format!("Resolve {}?", words(it)),
            lines,
            verb: "Resolve",
            danger: false,
            request: Request::Resolve { incident: it.id.clone(), reason: None },
            what: format!("resolve {}", words(it)),
            undo: Some("reopen it: incident.reopen".to_owned()),
            object: ObjectRef::Incident(it.id.clone()),
        },
    ))
}

fn words(it: &Incident) -> String {
    format!("{} {}", it.severity.label(), it.title.lines().next().unwrap_or_default())
}
