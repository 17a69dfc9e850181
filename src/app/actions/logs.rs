//! Reading logs: search, filters, levels, follow, freeze, and how lines are shown.

use crate::app::action::{Action, Arg, Deed, Reason, always};
use crate::app::effect::Fx;
use crate::app::pane::PaneId;
use crate::app::state::{App, NoticeKind, Prompt, PromptKind};

const LOGS: &[PaneId] = &[PaneId::Logs];

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    row("logs.search",      &["/"],          "search",  "Search: a text, or a /regex/",                   Arg::Text,    always,   search),
    row("logs.next",        &["n"],          "",        "Next hit, towards newer lines",                  Arg::Nothing, searching, |app, _, _| app.next_hit(true)),
    row("logs.previous",    &["N"],          "",        "Previous hit, towards older lines",              Arg::Nothing, searching, |app, _, _| app.next_hit(false)),
    row("logs.filter",      &["&"],          "filter",  "Keep lines with a text; ! in front: leave them out; empty: drop the last filter", Arg::Text, always, filter),
    row("logs.filter.drop", &["Backspace"],  "",        "Drop the last filter",                           Arg::Nothing, filtered, |app, _, _| app.drop_log_filter()),
    row("logs.filter.clear",&[],             "",        "Drop all filters and the least level",           Arg::Nothing, always,   |app, _, _| app.logs.clear_filters()),
    row("logs.follow",      &["F"],          "follow",  "Follow the newest line",                         Arg::Nothing, always,   |app, _, _| app.go_live()),
    row("logs.freeze",      &["space"],      "freeze",  "Freeze what is shown while data keeps arriving; again: go on", Arg::Nothing, always, |app, _, _| app.logs.freeze()),
    row("logs.error.next",  &["e"],          "error",   "Next error",                                     Arg::Nothing, always,   |app, _, _| error(app, true)),
    row("logs.error.previous", &["E"],       "",        "Previous error",                                 Arg::Nothing, always,   |app, _, _| error(app, false)),
    row("logs.warning.next",&["w"],          "",        "Next warning",                                   Arg::Nothing, always,   |app, _, _| warning(app, true)),
    row("logs.warning.previous", &["W"],     "",        "Previous warning",                               Arg::Nothing, always,   |app, _, _| warning(app, false)),
    row("logs.level.down",  &["<"],          "",        "Show quieter lines too",                         Arg::Nothing, always,   |app, _, _| app.logs.step_level(false)),
    row("logs.level.up",    &[">"],          "level",   "Show only louder lines",                         Arg::Nothing, always,   |app, _, _| app.logs.step_level(true)),
    row("logs.left",        &["h", "Left"],  "",        "Scroll to the left",                             Arg::Nothing, always,   |app, _, _| app.logs.sideways(-8)),
    row("logs.right",       &["l", "Right"], "",        "Scroll to the right",                            Arg::Nothing, always,   |app, _, _| app.logs.sideways(8)),
    row("logs.wrap",        &["v"],          "wrap",    "Wrap long lines, or scroll sideways",            Arg::Nothing, always,   |app, _, _| app.logs.toggle_wrap()),
    row("logs.stamps",      &["t"],          "",        "Timestamps: time, date, age, distance, none",    Arg::Nothing, always,   |app, _, _| app.logs.next_stamps()),
    row("logs.parsed",      &["J"],          "",        "Structured lines readable, or as they came",     Arg::Nothing, always,   |app, _, _| app.logs.toggle_parsed()),
    row("logs.mark",        &["m"],          "",        "Mark the line, or take its mark away",           Arg::Nothing, always,   |app, _, _| app.logs.mark()),
    row("logs.mark.next",   &["'"],          "",        "To the next marked line, round the end",         Arg::Nothing, always,   |app, _, _| mark(app)),
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

fn searching(app: &App, _: &str) -> Result<(), Reason> {
    if app.logs.searched().is_some() { Ok(()) } else { Err("nothing is searched for; / searches".into()) }
}

fn filtered(app: &App, _: &str) -> Result<(), Reason> {
    if app.logs.filter().texts().is_empty() { Err("there is no filter; & sets one".into()) } else { Ok(()) }
}

fn search(app: &mut App, _: &mut Fx, arg: &str) {
    if !arg.is_empty() {
        if let Err((_, why)) = app.search_logs(arg, true) {
            app.notify(NoticeKind::Warn, why);
        }
        return;
    }
    let before = app.logs.searched().unwrap_or_default().to_owned();
    app.set_focus(PaneId::Logs);
    app.prompt = Some(Prompt { kind: PromptKind::Search, text: String::new(), caret: 0, error: None, before });
}

fn filter(app: &mut App, _: &mut Fx, arg: &str) {
    if !arg.is_empty() {
        if let Err((_, why)) = app.filter_logs(arg) {
            app.notify(NoticeKind::Warn, why);
        }
        return;
    }
    app.set_focus(PaneId::Logs);
    app.prompt = Some(Prompt { kind: PromptKind::LogFilter, text: String::new(), caret: 0, error: None, before: String::new() });
}

fn error(app: &mut App, newer: bool) {
    // At the live end nothing is newer: the last one is what is meant.
    let newer = newer && !app.logs.view.follow;
    if !app.logs.go_to_error(newer) {
        app.notify(NoticeKind::Info, if newer { "no newer error" } else { "no older error" });
    }
}

fn warning(app: &mut App, newer: bool) {
    let newer = newer && !app.logs.view.follow;
    if !app.logs.go_to_warning(newer) {
        app.notify(NoticeKind::Info, if newer { "no newer warning" } else { "no older warning" });
    }
}

fn mark(app: &mut App) {
    let first = app.logs.marks().next();
    match (app.logs.go_to_mark(true), first) {
        (true, _) => {}
        (false, Some(first)) => app.logs.go_to(first),
        (false, None) => app.notify(NoticeKind::Info, "no line is marked; m marks one"),
    }
}
