//! Reading logs: search, filters, levels, follow, freeze, and how lines are shown.

use crate::app::action::{ANYWHERE, Action, Arg, Reason};
use crate::app::effect::Fx;
use crate::app::logs::MOST_MARKS;
use crate::app::pane::PaneId;
use crate::app::state::{App, NoticeKind, Overlay, Prompt, PromptKind};
use crate::model::size::Size;

const LOGS: &[PaneId] = &[PaneId::Logs];
/// Where `/` has no list to filter it searches the log: what is typed after it must never be taken for keys.
const SEARCHED: &[PaneId] = &[PaneId::Logs, PaneId::Metrics];

#[rustfmt::skip]
pub(super) const ACTIONS: &[Action] = &[
    log("logs.search",      &["/"],          "search",  "Search: a text, or a /regex/", search).with(Arg::Text).from(SEARCHED),
    log("logs.next",        &["n"],          "",        "Next hit, towards newer lines", |app, _, _| app.next_hit(true)).if_(searching),
    log("logs.previous",    &["N"],          "",        "Previous hit, towards older lines", |app, _, _| app.next_hit(false)).if_(searching),
    log("logs.filter",      &["&"],          "filter",  "Keep lines that a query finds; ! in front: leave them out; empty: drop the last filter", filter).with(Arg::Text).from(ANYWHERE),
    log("logs.filters",     &["f"],          "",        "The filters: switch, change, drop; and how much each hides", |app, _, _| filters(app)),
    log("logs.query",       &[],             "",        "What a query can say", |app, _, _| app.overlays.push(Overlay::Help { filter: "query".to_owned(), top: 0 })),
    log("logs.filter.drop", &["Backspace"],  "",        "Drop the last filter", |app, _, _| app.drop_log_filter()).if_(filtered),
    log("logs.filter.clear",&[],             "",        "Drop all filters and the least level", |app, _, _| app.logs.clear_filters()),
    log("logs.follow",      &["F"],          "follow",  "Follow the newest line", |app, _, _| app.go_live()),
    log("logs.freeze",      &["space"],      "freeze",  "Freeze what is shown while data keeps arriving; again: go on", |app, _, _| app.logs.freeze()),
    log("logs.error.next",  &["e"],          "error",   "Next error", |app, _, _| error(app, true)),
    log("logs.error.previous", &["E"],       "",        "Previous error", |app, _, _| error(app, false)),
    log("logs.warning.next",&["w"],          "",        "Next warning", |app, _, _| warning(app, true)),
    log("logs.warning.previous", &["W"],     "",        "Previous warning", |app, _, _| warning(app, false)),
    log("logs.level.down",  &["<"],          "",        "Show quieter lines too", |app, _, _| app.logs.step_level(false)),
    log("logs.level.up",    &[">"],          "level",   "Show only louder lines", |app, _, _| app.logs.step_level(true)),
    log("logs.left",        &["h", "Left"],  "",        "Scroll to the left", |app, _, _| app.logs.sideways(-8)),
    log("logs.right",       &["l", "Right"], "",        "Scroll to the right", |app, _, _| app.logs.sideways(8)),
    log("logs.wrap",        &["v"],          "wrap",    "Wrap long lines, or scroll sideways", |app, _, _| app.logs.toggle_wrap()),
    log("logs.stamps",      &["t"],          "",        "Timestamps: time, date, age, distance, none", |app, _, _| app.logs.next_stamps()),
    log("logs.parsed",      &["J"],          "",        "Structured lines readable, or as they came", |app, _, _| app.logs.toggle_parsed()),
    log("logs.secrets",     &["*"],          "",        "Mask secrets that are recognised in lines, also in copies, or show them as they came", |app, _, _| secrets(app)),
    log("logs.patterns",    &["p"],          "patterns","Lines that are alike, grouped: how many, since when, and what is new since the deployment", |app, _, _| app.open_patterns()),
    log("logs.context",     &["C"],          "",        "Lines around those the filters keep: none, 1, 3, 10", |app, _, _| context(app)).from(ANYWHERE),
    log("logs.select",      &["V"],          "",        "Select lines: move, then y copies them, Y their records", |app, _, _| app.logs.select()),
    log("logs.mark",        &["m"],          "",        "Mark the line, or take its mark away", |app, _, _| mark(app)),
    log("logs.marks",       &["'"],          "",        "All marked lines: go to one, take marks away", |app, _, _| marks(app)).if_(marked).from(ANYWHERE),
    log("logs.mark.next",   &[],             "",        "To the next marked line, round the end", |app, _, _| next_mark(app)).if_(marked),
    log("logs.copy",        &[],             "",        "Copy all lines that are shown", |app, _, _| app.copy_shown()),
    log("logs.held",        &[],             "",        "How many lines are held, since when, and in how much of the store's memory", |app, _, _| held(app)),
    log("write",            &[],             "",        "Write the lines shown to a FILE; text, raw or json in front says how (usual: text, or json by the file's ending); >> FILE adds to it", |app, _, file| write(app, file, false)).with(Arg::Text),
    log("write!",           &[],             "",        "The same, in place of a FILE that is there", |app, _, file| write(app, file, true)).with(Arg::Text),
    log("pipe",             &[],             "",        "Give the lines shown to a shell COMMAND; text (usual), raw or json in front says how: as shown with full time, as they came, records", |app, _, it| pipe(app, it)).with(Arg::Text),
    log("goto",             &[],             "",        "To a time: 14:05, -15m, 2026-11-22 14:05", |app, _, it| app.go_to_typed(it)).with(Arg::Text),
];

/// An action of the log pane.
pub(super) const fn log(
    name: &'static str,
    keys: &'static [&'static str],
    label: &'static str,
    help: &'static str,
    run: fn(&mut App, &mut Fx, &str),
) -> Action {
    Action::at_once(LOGS, name, keys, label, help, run)
}

fn searching(app: &App, _: &str) -> Result<(), Reason> {
    if app.logs.searched().is_some() { Ok(()) } else { Err("nothing is searched for; / searches".into()) }
}

fn filtered(app: &App, _: &str) -> Result<(), Reason> {
    if app.logs.filter().stack().is_empty() { Err("there is no filter; & sets one".into()) } else { Ok(()) }
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
    app.prompt_filter(None);
}

fn secrets(app: &mut App) {
    app.logs.toggle_veil();
    let text = if app.logs.view.veil {
        "secrets that are recognised are masked, also in copies"
    } else {
        "secrets are shown as they came; * masks them"
    };
    let kind = if app.logs.view.veil { NoticeKind::Info } else { NoticeKind::Warn };
    app.notify(kind, text);
}

fn filters(app: &mut App) {
    // While one looks at the lines around a hit the filters are laid aside.
    app.logs.come_back();
    if app.filter_rows().is_empty() {
        return app.notify(NoticeKind::Info, "there is no filter; & sets one, < and > set the least level");
    }
    app.overlays.push(Overlay::Filters { cursor: 0 });
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

fn marked(app: &App, _: &str) -> Result<(), Reason> {
    if app.logs.marked().next().is_some() { Ok(()) } else { Err("no line is marked; m marks one".into()) }
}

fn marks(app: &mut App) {
    app.set_focus(PaneId::Logs);
    app.overlays.push(Overlay::Marks { at: None });
}

fn mark(app: &mut App) {
    if !app.logs.mark() {
        app.notify(NoticeKind::Warn, format!("there are {MOST_MARKS} marks; ' takes some away"));
    }
}

fn next_mark(app: &mut App) {
    let first = app.logs.marks().next();
    match (app.logs.go_to_mark(true), first) {
        (true, _) => {}
        (false, Some(first)) => app.logs.go_to(first),
        (false, None) => app.notify(NoticeKind::Info, "the marked lines had to make room for newer ones"),
    }
}

fn context(app: &mut App) {
    app.set_focus(PaneId::Logs);
    let text = match app.logs.next_context() {
        0 => "no lines of context".to_owned(),
        1 => "1 line of context before and after each line a filter keeps".to_owned(),
        n => format!("{n} lines of context before and after each line a filter keeps"),
    };
    app.notify(NoticeKind::Info, text);
}

fn held(app: &mut App) {
    let store = app.logs.store();
    let bytes = |n: usize, digits: usize| {
        let (value, unit) = Size::Held.scaled(n as f64);
        format!("{value:.digits$} {unit}")
    };
    let (raw, used, budget) = (bytes(store.raw(), 1), bytes(store.bytes(), 1), bytes(store.budget(), 0));
    let lines = if store.len() == 1 { "line" } else { "lines" };
    let since = store.line(store.first()).map_or_else(String::new, |it| format!(" since {}", app.second(it.at)));
    let gone = if store.evicted() > 0 { format!("; {} older ones made room", store.evicted()) } else { String::new() };
    let text = format!("{} {lines} held{since}: {raw} of text in {used} of {budget}{gone}", store.len());
    app.notify(NoticeKind::Info, text);
}

fn write(app: &mut App, file: &str, replace: bool) {
    match file.trim() {
        "" => app.notify(NoticeKind::Warn, "write where? :write FILE, :write json FILE, :write >> FILE"),
        file => app.write_logs(file, replace),
    }
}

fn pipe(app: &mut App, command: &str) {
    match command.trim() {
        "" => app.notify(NoticeKind::Warn, "to which command? :pipe COMMAND, :pipe json COMMAND"),
        command => app.pipe_logs(command),
    }
}
