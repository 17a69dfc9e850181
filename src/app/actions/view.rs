//! How things are shown: the log pane's switches, UTC, theme.

use crate::app::action::{ANYWHERE, Action, Arg, Deed, Reason, always};
use crate::app::effect::{Effect, Fx};
use crate::app::pane::PaneId;
use crate::app::state::App;

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("view.utc",   &["u"], "UTC or local time",             |app, _, _| app.settings.utc = !app.settings.utc),
    row("view.theme", &["T"], "Choose a theme, with preview",  |app, _, _| app.open_themes()),
    Action { panes: &[PaneId::Projects, PaneId::Deployments, PaneId::Metrics, PaneId::Incidents], arg: Arg::Context, when: several, ..row("context", &["c"], "Into another context, by its name", context) },
    row("lock",       &["K"], "Lock all writing; again: unlock it", |app, _, _| app.lock_writes()),
    row("view.mouse", &["M"], "Mouse on or off",               mouse),
];

const fn row(name: &'static str, keys: &'static [&'static str], help: &'static str, run: fn(&mut App, &mut Fx, &str)) -> Action {
    Action { name, keys, panes: ANYWHERE, label: "", help, arg: Arg::Nothing, when: always, deed: Deed::Run(run) }
}

fn several(app: &App, _: &str) -> Result<(), Reason> {
    if app.settings.contexts.len() > 1 {
        return Ok(());
    }
    if app.settings.contexts.is_empty() {
        return Err("here it is this context alone: a demo, or one that is recorded or replayed".into());
    }
    Err("there is one context only; `trackside context add NAME --url URL` adds another".into())
}

fn context(app: &mut App, fx: &mut Fx, name: &str) {
    if name.is_empty() { app.open_contexts() } else { app.go_to_context(fx, name.trim()) }
}

fn mouse(app: &mut App, fx: &mut Fx, _: &str) {
    app.settings.mouse = !app.settings.mouse;
    fx.want(Effect::Mouse(app.settings.mouse));
    let text = if app.settings.mouse { "mouse on; hold shift to select text" } else { "mouse off" };
    app.notify(crate::app::state::NoticeKind::Info, text);
}
