//! Fields of log lines: the record, and the request they tell of.

use super::logs::log;
use crate::app::action::{Action, Arg, Reason};
use crate::app::logs::Way;
use crate::app::state::App;

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    log("logs.follow.id", &["i"], "", "Follow the line's request or trace id through all services; Esc comes back", |app, _, _| app.follow_id()).if_(line),
    log("logs.fields",    &["c"], "", "What is done with fields: columns, first, hidden; take it back there", |app, _, _| app.open_fields()),
    log("field.column",   &[],    "", "A column for the FIELD in lines like this one; again: none", |app, _, it| app.choose_field_here(it.trim(), Way::Column)).with(Arg::Text).if_(line),
    log("field.first",    &[],    "", "The FIELD in front of the message in lines like this one; again: not", |app, _, it| app.choose_field_here(it.trim(), Way::First)).with(Arg::Text).if_(line),
    log("field.hide",     &[],    "", "Leave the FIELD out of lines like this one; again: show it", |app, _, it| app.choose_field_here(it.trim(), Way::Hidden)).with(Arg::Text).if_(line),
    log("fields.reset",   &[],    "", "Show all fields as ever", |app, _, _| app.reset_fields()),
];

fn line(app: &App, _: &str) -> Result<(), Reason> {
    if app.logs.cursor().is_some() { Ok(()) } else { Err("there is no line".into()) }
}
