//! Fields of log lines: the record, and the request they tell of.

use crate::app::action::{Action, Arg, Deed, Reason};
use crate::app::effect::Fx;
use crate::app::pane::PaneId;
use crate::app::state::App;

const LOGS: &[PaneId] = &[PaneId::Logs];

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("logs.follow.id", &["i"], "", "Follow the line's request or trace id through all services; Esc comes back", Arg::Nothing, line, |app, _, _| app.follow_id()),
];

const fn row(
    name: &'static str,
    keys: &'static [&'static str],
    label: &'static str,
    help: &'static str,
    arg: Arg,
    when: fn(&App, &str) -> Result<(), Reason>,
    run: fn(&mut App, &mut Fx, &str),
) -> Action {
    Action { name, keys, panes: LOGS, label, help, arg, when, deed: Deed::Run(run) }
}

fn line(app: &App, _: &str) -> Result<(), Reason> {
    if app.logs.cursor().is_some() { Ok(()) } else { Err("there is no line".into()) }
}
