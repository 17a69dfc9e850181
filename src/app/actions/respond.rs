//! What the steps of the runbook ask for besides a tick: how bad, a channel, the log at its start, a text for others, the review; and
//! declaring an incident, and handing over.

use crate::app::action::{ANYWHERE, Action, Arg, Deed, Reason};
use crate::app::effect::{Effect, Fx};
use crate::app::handoff_facts::Facts;
use crate::app::handoff_review::status;
use crate::app::pane::{PaneId, Scope};
use crate::app::state::{App, NoticeKind};
use crate::app::target;
use crate::model::incident::{Incident, Severity, Step};
use crate::model::metric::Metric;
use crate::model::request::{NewIncident, Request};
use crate::model::time::Millis;

const HERE: &[PaneId] = &[PaneId::Incidents];
/// How much time around an incident's start the axis shows.
const AROUND: Millis = Millis::mins(60);

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    Action { name: "incident.logs",    keys: &["l"], panes: HERE,     label: "its log", help: "The log of its service, and the time, at its start",             arg: Arg::Incident, when: known,       deed: Deed::Run(logs) },
    Action { name: "incident.status",  keys: &["s"], panes: HERE,     label: "status",  help: "Copy a text that tells others how it stands",                     arg: Arg::Incident, when: known,       deed: Deed::Run(tell) },
    Action { name: "incident.channel", keys: &["O"], panes: HERE,     label: "",        help: "Open a channel for it, with the command response.channel",        arg: Arg::Incident, when: can_channel, deed: Deed::Run(channel) },
    Action { name: "incident.review",  keys: &["E"], panes: HERE,     label: "review",  help: "The draft of its review, to read, copy or write",                 arg: Arg::Incident, when: known,       deed: Deed::Run(review) },
    Action { name: "incident.declare", keys: &[],    panes: HERE,     label: "",        help: "Declare an incident in this scope: p2 the checkout is slow",      arg: Arg::Text,     when: can_declare, deed: Deed::Run(declare) },
    Action { name: "handoff",          keys: &["H"], panes: ANYWHERE, label: "",        help: "What the next one on call must know, of the last 12 hours; or 8h", arg: Arg::Text,     when: can_hand_off, deed: Deed::Run(handoff) },
];

fn known(app: &App, arg: &str) -> Result<(), Reason> {
    target::incident(app, arg).map(|_| ())
}

fn can_channel(app: &App, arg: &str) -> Result<(), Reason> {
    known(app, arg)?;
    if app.settings.channel.is_none() {
        let by_hand = app.keymap.keys_of("incident.step").first().cloned().unwrap_or_default();
        return Err(format!("no command opens a channel (response.channel in the config); open one, then {by_hand} ticks the step").into());
    }
    target::writable(app, |caps| &caps.incidents)
}

fn can_declare(app: &App, _: &str) -> Result<(), Reason> {
    target::writable(app, |caps| &caps.incidents)?;
    if app.scope == Scope::All && app.store.projects.len() != 1 {
        return Err("choose a project or a service first: that is what it is about".into());
    }
    Ok(())
}

/// A report of nothing would say "none" of everything.
fn can_hand_off(app: &App, _: &str) -> Result<(), Reason> {
    if app.store.complete { Ok(()) } else { Err("nothing is known of the platform yet".into()) }
}

fn logs(app: &mut App, _: &mut Fx, arg: &str) {
    let Ok(it) = target::incident(app, arg).cloned() else { return };
    // One step out: the incident stays chosen, and its pane shows it again.
    app.set_scope(it.service.clone().map_or_else(|| Scope::Project(it.project.clone()), Scope::Service));
    app.zoom = false;
    app.set_focus(PaneId::Logs);
    app.timeline.window = app.timeline.window.max(AROUND);
    app.look_at(it.opened);
    app.notify(NoticeKind::Info, "at its start; L is live again");
}

fn tell(app: &mut App, fx: &mut Fx, arg: &str) {
    let Ok(it) = target::incident(app, arg).cloned() else { return };
    let text = status(&Facts::of_app(app), &it, &impact(app, &it));
    fx.want(Effect::Copy { what: "status".to_owned(), text });
    app.did(fx, &it, &Step::Communicate);
}

/// What customers feel now, as far as it is measured.
fn impact(app: &App, it: &Incident) -> Vec<String> {
    let Some(id) = &it.service else { return Vec::new() };
    let now = |metric: Metric| app.metrics.now([id], &metric, app.now);
    let errors = now(Metric::ErrorRatio).map(|it| format!("{:.1} % of requests fail", it * 100.0));
    let slow = now(Metric::P95).map(|it| format!("p95 {it:.0} ms"));
    let rate = now(Metric::Requests).map(|it| format!("{it:.1} requests/s"));
    [errors, slow, rate].into_iter().flatten().collect()
}

fn channel(app: &mut App, fx: &mut Fx, arg: &str) {
    let (Ok(it), Some(command)) = (target::incident(app, arg).cloned(), app.settings.channel.clone()) else { return };
    app.open_channel(fx, &it, command);
}

fn review(app: &mut App, fx: &mut Fx, arg: &str) {
    let Ok(it) = target::incident(app, arg).cloned() else { return };
    app.show_review(fx, &it.id);
    // Only of one that is over: a draft before that is a look at it.
    if !it.is_open() {
        app.did(fx, &it, &Step::Review);
    }
}

fn declare(app: &mut App, fx: &mut Fx, arg: &str) {
    let (word, title) = arg.trim().split_once(char::is_whitespace).unwrap_or((arg.trim(), ""));
    let (severity, title) = (Severity::read(word), title.trim());
    if severity.response().is_none() || title.is_empty() {
        return app.notify(NoticeKind::Warn, "say how bad it is and what is wrong: `p2 the checkout is slow`");
    }
    let only = || app.store.projects.keys().next().cloned();
    let Some(project) = app.scope_project().map(|it| it.id.clone()).or_else(only) else { return };
    let service = app.scope_service().map(|it| it.id.clone());
    let what = format!("declare {} {title}", severity.label());
    let new = NewIncident { project, service, severity, title: title.to_owned() };
    app.send(fx, Request::Declare(new), what, None, Some("resolve it".to_owned()));
}

fn handoff(app: &mut App, _: &mut Fx, arg: &str) {
    if arg.trim().is_empty() {
        return app.show_handoff(None);
    }
    match humantime::parse_duration(arg.trim()) {
        Ok(span) => app.show_handoff(Some(Millis(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))),
        Err(_) => app.notify(NoticeKind::Warn, format!("`{arg}` is no length of time; one is written 12h or 90m")),
    }
}
