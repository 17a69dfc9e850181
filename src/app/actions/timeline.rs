//! Moving on the shared time axis.

use crate::app::action::{Action, Arg};
use crate::app::effect::Fx;
use crate::app::state::{App, NoticeKind, Overlay};
use crate::app::timeline::RANGES;

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    Action::anywhere("time.back",      &["["], "time",  "Time cursor one cell back",     |app, _, _| app.shift_time(-1)),
    Action::anywhere("time.on",        &["]"], "",      "Time cursor one cell on",       |app, _, _| app.shift_time(1)),
    Action::anywhere("time.back.far",  &["{"], "",      "Time cursor ten cells back",    |app, _, _| app.shift_time(-10)),
    Action::anywhere("time.on.far",    &["}"], "",      "Time cursor ten cells on",      |app, _, _| app.shift_time(10)),
    Action::anywhere("time.mark.previous", &["("], "",  "Time cursor to the deployment or incident before", |app, _, _| mark(app, false)),
    Action::anywhere("time.mark.next", &[")"], "",      "Time cursor to the next deployment or incident", |app, _, _| mark(app, true)),
    Action::anywhere("time.live",      &["L"], "",      "Live again: follow the present", |app, _, _| app.go_live()),
    Action::anywhere("time.in",        &["+", "="], "", "A narrower stretch of time, around the cursor", |app, _, _| zoom(app, -1)),
    Action::anywhere("time.out",       &["-"], "",      "A wider stretch of time, around the cursor", |app, _, _| zoom(app, 1)),
    Action::anywhere("time.range",     &["r"], "",      "Choose the stretch of time",    |app, _, _| ranges(app)),
    typed("window",                        "The stretch of time shown: 90m, 6h, 7d", |app, _, it| app.window_typed(it)).with(Arg::Words(&["5m", "15m", "1h", "6h", "24h", "7d", "30d"])),
    typed("at",                            "Time cursor to a time: 14:05, -15m, 2026-11-22 14:05", |app, _, it| app.go_to_typed(it)),
];

const fn typed(name: &'static str, help: &'static str, run: fn(&mut App, &mut Fx, &str)) -> Action {
    Action { arg: Arg::Text, ..Action::anywhere(name, &[], "", help, run) }
}

fn mark(app: &mut App, newer: bool) {
    if app.go_to_mark(newer) {
        return;
    }
    // After the last one there is the present.
    if newer && app.timeline.cursor.is_some() {
        app.go_live();
        return app.notify(NoticeKind::Info, "no later deployment or incident: live again");
    }
    app.notify(NoticeKind::Info, if newer { "this is the present" } else { "no earlier deployment or incident is known" });
}

fn zoom(app: &mut App, by: isize) {
    let (before, window) = (app.timeline.window, app.timeline.zoomed(by));
    app.set_window(window);
    if before == app.timeline.window {
        let end = if by < 0 { "narrowest" } else { "widest" };
        app.notify(NoticeKind::Info, format!("{} is the {end} stretch there is", app.timeline.words()));
    }
}

fn ranges(app: &mut App) {
    let cursor = RANGES.iter().position(|(_, it)| *it >= app.timeline.window).unwrap_or(0);
    app.overlays.push(Overlay::Ranges { cursor });
}
