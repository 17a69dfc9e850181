//! Fields of log lines: the record, and the request they tell of.

use crate::app::action::{Action, Arg, Deed, Reason, always};
use crate::app::effect::Fx;
use crate::app::logs::Way;
use crate::app::pane::PaneId;
use crate::app::state::App;

const LOGS: &[PaneId] = &[PaneId::Logs];

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("logs.follow.id", &["i"], "", "Follow the line's request or trace id through all services; Esc comes back", Arg::Nothing, line, |app, _, _| app.follow_id()),
    row("logs.fields",    &["c"], "", "What is done with fields: columns, first, hidden; take it back there", Arg::Nothing, always, |app, _, _| app.open_fields()),
    row("field.column",   &[],    "", "A column for the FIELD in lines like this one; again: none",           Arg::Text, line, |app, _, it| app.choose_field_here(it.trim(), Way::Column)),
    row("field.first",    &[],    "", "The FIELD in front of the message in lines like this one; again: not", Arg::Text, line, |app, _, it| app.choose_field_here(it.trim(), Way::First)),
    row("field.hide",     &[],    "", "Leave the FIELD out of lines like this one; again: show it",           Arg::Text, line, |app, _, it| app.choose_field_here(it.trim(), Way::Hidden)),
    row("fields.reset",   &[],    "", "Show all fields as ever",                                              Arg::Nothing, always, |app, _, _| app.reset_fields()),
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
