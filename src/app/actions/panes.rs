//! The panes as such: how large, which of them; the views one was at; and the one here as a line of text.

use crate::app::action::{Action, Arg};
use crate::app::effect::{Effect, Fx};
use crate::app::state::{App, NoticeKind};
use crate::app::stops::Place;

/// Columns of one press: fewer would be a long way across a screen.
const COLUMNS: i16 = 2;

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    Action::anywhere("view.back",     &["ctrl-o"], "", "Back to the view before: pane, scope, what was opened, filters, time", |app, _, _| back(app)),
    Action::anywhere("view.forward",  &["alt-o"],  "", "Forward again, after going back", |app, _, _| forward(app)),
    Action::anywhere("locator",       &[],                  "", "Copy where this is: a line that opens exactly this view, with `trackside open`", |app, fx, _| copy(app, fx)),
    Action::anywhere("locator.open",  &[],                  "", "Go to the view that a LOCATOR says: prod/shop/api?at=14:02Z&logs=level:error", open).with(Arg::Text),
    Action::anywhere("pane.wider",    &["shift-Right"],     "", "The focused pane wider",    |app, _, _| app.resize_pane(COLUMNS, 0)),
    Action::anywhere("pane.narrower", &["shift-Left"],      "", "The focused pane narrower", |app, _, _| app.resize_pane(-COLUMNS, 0)),
    Action::anywhere("pane.taller",   &["shift-Down"],      "", "The focused pane taller",   |app, _, _| app.resize_pane(0, 1)),
    Action::anywhere("pane.shorter",  &["shift-Up"],        "", "The focused pane shorter",  |app, _, _| app.resize_pane(0, -1)),
    Action::anywhere("pane.hide",     &["_"],               "", "Hide the focused pane; its digit shows it, and this then keeps it", |app, _, _| app.hide_pane()),
    Action::anywhere("pane.reset",    &["|"],               "", "All panes, as large as usual", |app, _, _| app.reset_panes()),
];

fn back(app: &mut App) {
    if !app.view_back() {
        app.notify(NoticeKind::Info, "this is the first view of this session");
    }
}

fn forward(app: &mut App) {
    if !app.view_forward() {
        app.notify(NoticeKind::Info, "there is no view to go forward to");
    }
}

/// Copies where this is.
pub(super) fn copy(app: &App, fx: &mut Fx) {
    fx.want(Effect::Copy { what: "locator".to_owned(), text: app.here().to_string() });
}

fn open(app: &mut App, _: &mut Fx, typed: &str) {
    let typed = typed.trim();
    match Place::parse(typed, app.query_clock()) {
        Ok(place) => app.go_from_elsewhere(&place),
        Err(why) => {
            let rest = typed.get(why.at..).filter(|it| !it.is_empty()).unwrap_or("the end");
            app.notify(NoticeKind::Warn, format!("at `{rest}`: {why}"));
        }
    }
}
