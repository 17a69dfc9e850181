//! The program itself: palette, help, copying, refreshing, leaving.

use crate::app::action::{Action, Reason};
use crate::app::effect::{Effect, Fx};
use crate::app::pane::{PaneId, RowKey};
use crate::app::series::GAUGES;
use crate::app::state::{App, NoticeKind, Overlay, Palette};
use crate::model::request::Request;
use crate::model::time::Millis;

use super::panes;

/// Within this time a second `y` is meant for the view, not for the row.
const AGAIN: Millis = Millis::secs(4);

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    Action::anywhere("palette",  &[":"],      "command", "Every action and every thing, by name",      |app, _, _| app.overlays.push(Overlay::Palette(Palette::default()))),
    Action::anywhere("help",     &["?"],      "help",    "All keys, searchable",                       |app, _, _| app.overlays.push(Overlay::Help { filter: String::new(), top: 0 })),
    Action::anywhere("activity", &["o"],      "",        "What was done in this session, and how to undo it", |app, _, _| app.overlays.push(Overlay::Activity { top: 0 })),
    Action::anywhere("copy.id",  &["y"],      "",        "Copy the line, the id or the url; again at once: where this is, as a locator", copy_id),
    Action { when: something, ..Action::anywhere("copy.record", &["Y"], "", "Copy the whole record as JSON",    copy_record) },
    Action { when: connected, ..Action::anywhere("refresh", &["ctrl-r"], "", "Ask anew, now, whatever the backoff says", refresh) },
    Action::anywhere("repaint",  &["ctrl-l"], "",        "Paint the screen anew",                      |_, fx, _| fx.want(Effect::Repaint)),
    Action::anywhere("suspend",  &["ctrl-z"], "",        "To the shell; `fg` comes back",              |_, fx, _| fx.want(Effect::Suspend)),
    Action::anywhere("quit",     &["q"],      "quit",    "Leave; one level back when something is opened", |app, fx, _| quit(app, fx)),
];

fn something(app: &App, _: &str) -> Result<(), Reason> {
    if record(app).is_some() { Ok(()) } else { Err("there is nothing under the cursor".into()) }
}

fn connected(app: &App, _: &str) -> Result<(), Reason> {
    if app.platform().is_some() { Ok(()) } else { Err("no platform is configured".into()) }
}

fn quit(app: &mut App, fx: &mut Fx) {
    if !app.is_inside() || !app.back() {
        fx.want(Effect::Quit);
    }
}

fn refresh(app: &mut App, fx: &mut Fx, _: &str) {
    let sent = app.ask(fx, Request::Refresh);
    app.ask_anew();
    app.notify(NoticeKind::Info, if sent { "asked anew" } else { "already asking" });
}

/// What is under the cursor: what it is, its short text, its JSON.
fn record(app: &App) -> Option<(&'static str, String, String)> {
    if app.focus == PaneId::Logs {
        return app.log_record().map(|(line, json)| ("line", line, json));
    }
    // An object of the model always becomes JSON; if it ever did not, there is nothing to copy.
    match app.row(app.focus)? {
        RowKey::Project(id) => {
            app.store.projects.get(id).and_then(|it| Some(("id", id.to_string(), serde_json::to_string_pretty(it).ok()?)))
        }
        RowKey::Service(id) => app.store.services.get(id).and_then(|it| {
            let (what, text) = it.url.as_ref().map_or_else(|| ("id", id.to_string()), |url| ("url", url.to_string()));
            Some((what, text, serde_json::to_string_pretty(it).ok()?))
        }),
        RowKey::Deployment(id) => app.store.deployments.get(id).and_then(|it| {
            let (what, text) = it.commit.as_ref().map_or_else(|| ("id", id.to_string()), |commit| ("commit", commit.id.to_string()));
            Some((what, text, serde_json::to_string_pretty(it).ok()?))
        }),
        RowKey::Incident(id) => {
            app.store.incidents.get(id).and_then(|it| Some(("id", id.to_string(), serde_json::to_string_pretty(it).ok()?)))
        }
        RowKey::Gauge(n) => {
            let gauge = GAUGES.get(usize::from(*n))?;
            let axis = app.axis();
            let ids: Vec<_> = app.services_in_scope().into_iter().map(|it| it.id.clone()).collect();
            let metric = gauge.metrics.first()?;
            let sum = app.metrics.summary(&ids, metric, axis.from, axis.to)?;
            let json = serde_json::json!({ "metric": metric.word(), "now": sum.now, "avg": sum.avg, "max": sum.max });
            Some(("value", sum.now.map_or_else(|| "-".to_owned(), |it| it.to_string()), json.to_string()))
        }
    }
}

fn copy_id(app: &mut App, fx: &mut Fx, _: &str) {
    if app.copy_selection(false) {
        return;
    }
    let again = app.copied.take().is_some_and(|at| app.now.since(at) <= AGAIN);
    match record(app) {
        Some((what, text, _)) if !again => {
            app.copied = Some(app.now);
            fx.want(Effect::Copy { what: what.to_owned(), text });
        }
        _ => panes::copy(app, fx),
    }
}

fn copy_record(app: &mut App, fx: &mut Fx, _: &str) {
    if app.copy_selection(true) {
        return;
    }
    if let Some((_, _, text)) = record(app) {
        fx.want(Effect::Copy { what: "record".to_owned(), text });
    }
}
