//! Moving on the shared time axis.

use crate::app::action::{ANYWHERE, Action, Arg, Deed, always};
use crate::app::effect::Fx;
use crate::app::state::{App, Overlay};
use crate::app::timeline::RANGES;

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("time.back",      &["["], "time",  "Time cursor one step back",     |app, _, _| shift(app, -1)),
    row("time.on",        &["]"], "",      "Time cursor one step on",       |app, _, _| shift(app, 1)),
    row("time.back.far",  &["{"], "",      "Time cursor ten steps back",    |app, _, _| shift(app, -10)),
    row("time.on.far",    &["}"], "",      "Time cursor ten steps on",      |app, _, _| shift(app, 10)),
    row("time.live",      &["L"], "",      "Live again: follow the present", |app, _, _| app.go_live()),
    row("time.in",        &["+", "="], "", "A narrower stretch of time",    |app, _, _| zoom(app, -1)),
    row("time.out",       &["-"], "",      "A wider stretch of time",       |app, _, _| zoom(app, 1)),
    row("time.range",     &["r"], "",      "Choose the stretch of time",    |app, _, _| ranges(app)),
];

const fn row(
    name: &'static str,
    keys: &'static [&'static str],
    label: &'static str,
    help: &'static str,
    run: fn(&mut App, &mut Fx, &str),
) -> Action {
    Action { name, keys, panes: ANYWHERE, label, help, arg: Arg::Nothing, when: always, deed: Deed::Run(run) }
}

fn shift(app: &mut App, steps: i64) {
    app.timeline.shift(steps, app.now);
    app.follow_cursor();
}

fn zoom(app: &mut App, by: isize) {
    let window = app.timeline.zoomed(by);
    app.timeline.resize(window, app.now);
}

fn ranges(app: &mut App) {
    let cursor = RANGES.iter().position(|(_, it)| *it >= app.timeline.window).unwrap_or(0);
    app.overlays.push(Overlay::Ranges { cursor });
}
