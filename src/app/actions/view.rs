//! How things are shown: the log pane's switches, UTC, theme.

use crate::app::action::{ANYWHERE, Action, Arg, Deed, always};
use crate::app::effect::{Effect, Fx};
use crate::app::state::{App, Overlay};

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("view.utc",   &["u"], "UTC or local time",             |app, _, _| app.settings.utc = !app.settings.utc),
    row("view.theme", &["T"], "Choose a theme, with preview",  |app, _, _| themes(app)),
    row("view.mouse", &["M"], "Mouse on or off",               mouse),
];

const fn row(name: &'static str, keys: &'static [&'static str], help: &'static str, run: fn(&mut App, &mut Fx, &str)) -> Action {
    Action { name, keys, panes: ANYWHERE, label: "", help, arg: Arg::Nothing, when: always, deed: Deed::Run(run) }
}

fn themes(app: &mut App) {
    let before = app.settings.theme.clone();
    let cursor = app.settings.themes.iter().position(|it| *it == before).unwrap_or(0);
    app.overlays.push(Overlay::Themes { cursor, before });
}

fn mouse(app: &mut App, fx: &mut Fx, _: &str) {
    app.settings.mouse = !app.settings.mouse;
    fx.want(Effect::Mouse(app.settings.mouse));
    let text = if app.settings.mouse { "mouse on; hold shift to select text" } else { "mouse off" };
    app.notify(crate::app::state::NoticeKind::Info, text);
}
