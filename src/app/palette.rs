//! The command palette: every action and every thing by name, fuzzily; after an action's name its arguments.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::action::{Action, Arg};
use super::actions;
use super::notify::read::{MEASURES, read};
use super::pane::PaneId;
use super::state::{App, PaletteRow};

/// Rows kept of what fits: more than any screen shows.
const MOST: usize = 200;
/// Newest deployments offered; older ones are in their pane.
const DEPLOYMENTS: usize = 500;

/// Things offered for one action whose name was typed with them.
const EACH: usize = 20;
/// What it is worth to an action that one of the words of its name was typed in full: `deploy web` is to deploy it.
const NAMED: u32 = 100;
/// What it is worth to a thing that its name was typed in full: `web` is not `web-admin`.
const WHOLE: u32 = 30;

/// Worth of a thing whose id was typed: above whatever fits by its letters.
const EXACT: u32 = 10_000;

/// What `input` finds, best first.
pub fn find(app: &App, input: &str) -> Vec<PaletteRow> {
    if input.trim().is_empty() {
        return begin(app);
    }
    // `deploy.rollback api`: once the first word is an action that takes an argument, the rest completes it.
    if let Some((name, rest)) = input.trim_start().split_once(' ')
        && let Some(action) = actions::find(name)
        && action.arg != Arg::Nothing
    {
        return arguments(app, action, rest.trim());
    }
    let mut rows: Vec<PaletteRow> = actions::all().map(|it| action_row(app, it)).collect();
    rows.extend(things(app));
    let mut found = weigh(rows, input.trim());
    let whole = together(app, input.trim());
    // With its argument it is what is meant, not by itself.
    found.retain(|(_, it)| !it.arg.is_empty() || whole.iter().all(|(_, other)| other.act != it.act));
    found.extend(whole);
    best(found, input.trim())
}

/// `redeploy web`: an action by a piece of its name and what it is to be done to, typed in one go. Weighed by the latter, so that a thing
/// whose id was typed stays the thing.
fn together(app: &App, input: &str) -> Vec<(u32, PaletteRow)> {
    let Some((verb, rest)) = input.split_once(' ') else { return Vec::new() };
    let (verb, rest) = (verb.to_lowercase(), rest.trim());
    let mut out = Vec::new();
    for action in actions::all() {
        let mut pieces = pieces_of(action.name).chain(action.label.split(' '));
        // `deploy` is what starts one, and the first word of much else.
        let named = action.label == verb || pieces_of(action.name).next_back() == Some(&verb);
        let rows = match action.arg {
            // Any text would do: only an action that was named in full is meant.
            Arg::Text if named => vec![(0, row(rest.to_owned(), "", action.name, rest))],
            Arg::Nothing | Arg::Watch | Arg::Text => continue,
            _ if pieces.any(|it| it.starts_with(&verb)) => weigh(takes(app, action), rest),
            _ => continue,
        };
        let worth = worth(&verb, action.name);
        out.extend(best_scored(rows).into_iter().take(EACH).map(|(score, it)| {
            let row = PaletteRow {
                label: format!("{} {}", action.name, it.label),
                // Of several deployments of one commit it says which.
                help: if it.help.is_empty() { action.help.to_owned() } else { it.help },
                refused: (action.when)(app, &it.arg).err().map(std::borrow::Cow::into_owned),
                arg: it.arg,
                ..action_row(app, action)
            };
            (score + worth + if named { NAMED } else { 0 }, row)
        }));
    }
    out
}

/// How well `typed` fits `name`.
fn worth(typed: &str, name: &str) -> u32 {
    let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
    pattern.score(Utf32Str::new(name, &mut Vec::new()), &mut Matcher::new(Config::DEFAULT)).unwrap_or_default()
}

/// `deploy`, `build` and `log` of `deploy.build-log`.
fn pieces_of(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(['.', '-'])
}

/// What an action can be done to, of the things that can be counted.
fn takes(app: &App, action: &Action) -> Vec<PaletteRow> {
    match action.arg {
        Arg::Nothing | Arg::Watch | Arg::Text => Vec::new(),
        Arg::Project => projects(app, action.name),
        Arg::Service => services(app, action.name),
        Arg::Deployment => deployments(app, action.name),
        Arg::Incident => incidents(app, action.name),
        Arg::Theme => themes(app, action.name),
        Arg::Context => contexts(app, action.name),
        // By the words alone: all of them have the help of the action.
        Arg::Words(words) => words.iter().map(|it| row((*it).to_owned(), "", action.name, it)).collect(),
    }
}

/// Without input: what was entered before, then all actions, the likeliest first.
fn begin(app: &App) -> Vec<PaletteRow> {
    let past = app.history.iter().filter_map(|line| {
        let (name, arg) = line.split_once(' ').unwrap_or((line, ""));
        let action = actions::find(name)?;
        let mut row = action_row(app, action);
        // A thing is called by its name; what is gone has none any more.
        let thing = match action.arg {
            Arg::Project | Arg::Service | Arg::Deployment | Arg::Incident if !arg.is_empty() => {
                Some(arguments(app, action, "").into_iter().find(|it| it.arg == arg)?.label)
            }
            _ => None,
        };
        row.label = thing.map_or_else(|| line.clone(), |thing| format!("{name} {thing}"));
        row.refused = (action.when)(app, arg).err().map(std::borrow::Cow::into_owned);
        arg.clone_into(&mut row.arg);
        Some(row)
    });
    let mut all: Vec<&Action> = actions::all().collect();
    // What can be done here and now, then what can be done, and last what every finger knows: moving about.
    all.sort_by_cached_key(|it| {
        let here = it.panes.contains(&app.focus) && it.panes.len() < PaneId::ALL.len();
        (it.label.is_empty(), !here, (it.when)(app, "").is_err())
    });
    past.take(5).chain(all.into_iter().map(|it| action_row(app, it))).collect()
}

fn action_row(app: &App, it: &Action) -> PaletteRow {
    PaletteRow {
        label: it.name.to_owned(),
        help: it.help.to_owned(),
        keys: app.keymap.keys_of(it.name).first().cloned().unwrap_or_default(),
        refused: (it.when)(app, "").err().map(std::borrow::Cow::into_owned),
        act: it.name.to_owned(),
        arg: String::new(),
        hits: Vec::new(),
    }
}

fn row(label: String, help: &str, act: &str, arg: &str) -> PaletteRow {
    PaletteRow {
        label,
        help: help.to_owned(),
        keys: String::new(),
        refused: None,
        act: act.to_owned(),
        arg: arg.to_owned(),
        hits: Vec::new(),
    }
}

fn things(app: &App) -> Vec<PaletteRow> {
    let mut out = projects(app, "go.project");
    out.extend(services(app, "go.service"));
    out.extend(incidents(app, "go.incident"));
    out.extend(deployments(app, "go.deployment"));
    out.extend(themes(app, "theme.set"));
    out.extend(contexts(app, "context"));
    out
}

fn projects(app: &App, act: &str) -> Vec<PaletteRow> {
    app.store.projects.values().map(|it| row(it.name.to_string(), "project", act, it.id.as_str())).collect()
}

fn services(app: &App, act: &str) -> Vec<PaletteRow> {
    let name = |it: &crate::model::service::Service| format!("{}/{}", app.project_name(&it.project), it.name);
    app.store.services.values().map(|it| row(name(it), &format!("service, {}", it.health.said()), act, it.id.as_str())).collect()
}

fn incidents(app: &App, act: &str) -> Vec<PaletteRow> {
    let title = |it: &crate::model::incident::Incident| format!("{} {}", it.severity.label(), it.title.lines().next().unwrap_or_default());
    app.store.incidents.values().map(|it| row(title(it), &format!("incident {}, {}", it.id, it.status), act, it.id.as_str())).collect()
}

fn deployments(app: &App, act: &str) -> Vec<PaletteRow> {
    let mut all: Vec<_> = app.store.deployments.values().collect();
    all.sort_unstable_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
    let rows = all.into_iter().take(DEPLOYMENTS).map(|it| {
        let commit = it.commit.as_ref().map_or_else(|| it.id.to_string(), |commit| format!("{} {}", commit.short(), commit.message));
        let help = format!("deployment {}, {}, {} ago", it.id, it.word(), app.ago(it.created));
        row(format!("{} {commit}", app.service_name(&it.service)), &help, act, it.id.as_str())
    });
    rows.collect()
}

fn themes(app: &App, act: &str) -> Vec<PaletteRow> {
    app.settings.themes.iter().map(|it| row(it.clone(), "theme", act, it)).collect()
}

fn contexts(app: &App, act: &str) -> Vec<PaletteRow> {
    let help = |it: &super::settings::ContextRow| {
        if it.production { format!("context, PRODUCTION, {}", it.at) } else { format!("context, {}", it.at) }
    };
    // Where there is one alone, there is nowhere to go.
    let all = app.settings.contexts.iter().filter(|_| app.settings.contexts.len() > 1);
    all.map(|it| row(it.name.clone(), &help(it), act, &it.name)).collect()
}

fn arguments(app: &App, action: &Action, typed: &str) -> Vec<PaletteRow> {
    match action.arg {
        Arg::Words(_) => among(app, action, typed),
        Arg::Watch => watches(app, action, typed),
        Arg::Text => vec![row(format!("{} {typed}", action.name), action.help, action.name, typed)],
        _ if typed.is_empty() => takes(app, action).into_iter().take(MOST).collect(),
        _ => rank(takes(app, action), typed),
    }
}

/// The words that fit, and what was typed, in case it is none of them.
fn among(app: &App, action: &Action, typed: &str) -> Vec<PaletteRow> {
    let rows = takes(app, action);
    let mut rows = if typed.is_empty() { rows } else { rank(rows, typed) };
    if !typed.is_empty() && !rows.iter().any(|it| it.arg == typed) {
        rows.push(row(typed.to_owned(), "", action.name, typed));
    }
    for row in &mut rows {
        action.help.clone_into(&mut row.help);
    }
    rows
}

/// What was typed, and then how it may go on: with a measure first, with a service in the end.
fn watches(app: &App, action: &Action, typed: &str) -> Vec<PaletteRow> {
    let one = |text: &str, help: &str| row(format!("{} {text}", action.name), help, action.name, text);
    let mut rows = Vec::new();
    if let Ok(it) = read(typed) {
        rows.push(one(typed, action.help));
        if it.on.is_none() {
            rows.extend(app.store.services.values().map(|it| one(&format!("{typed} on {}", it.name), "of this service alone")));
        }
    } else {
        rows.extend(MEASURES.iter().filter(|it| it.1.starts_with(typed)).map(|it| one(it.1, it.2)));
        // A mistake is shown where it can be mended.
        if !typed.is_empty() {
            rows.push(one(typed, action.help));
        }
    }
    rows.truncate(MOST);
    rows
}

/// What is meant more often wins over what fits a little better: a name alone means the service, not one of its many deployments.
fn standing(act: &str) -> u32 {
    match act {
        "go.project" | "go.service" => 60,
        "go.incident" => 20,
        _ => 0,
    }
}

/// Keeps what fits, best first, and notes which characters fitted.
fn rank(rows: Vec<PaletteRow>, input: &str) -> Vec<PaletteRow> {
    best(weigh(rows, input), input)
}

/// Keeps what fits, with its worth.
fn weigh(rows: Vec<PaletteRow>, input: &str) -> Vec<(u32, PaletteRow)> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(input, CaseMatching::Smart, Normalization::Smart);
    let mut chars = Vec::new();
    let mut found: Vec<(u32, PaletteRow)> = Vec::new();
    for row in rows {
        // The help is searched too, at half of its worth: `acknowledge` is found by "clock".
        let label = pattern.score(Utf32Str::new(&row.label, &mut chars), &mut matcher);
        let help = pattern.score(Utf32Str::new(&row.help, &mut chars), &mut matcher).map(|score| score / 2);
        // Reports and incidents name things by their ids: an id in full is the thing.
        let exact = !row.arg.is_empty() && row.arg.eq_ignore_ascii_case(input);
        let whole = row.label.split([' ', '/']).any(|it| it.eq_ignore_ascii_case(input));
        if let Some(score) = label.max(help).max(exact.then_some(EXACT)) {
            found.push((score + standing(&row.act) + if whole { WHOLE } else { 0 }, row));
        }
    }
    found
}

/// The best first, as many as are shown, with the characters that fitted.
fn best(found: Vec<(u32, PaletteRow)>, input: &str) -> Vec<PaletteRow> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(input, CaseMatching::Smart, Normalization::Smart);
    let mut chars = Vec::new();
    let mut rows: Vec<PaletteRow> = best_scored(found).into_iter().take(MOST).map(|(_, row)| row).collect();
    for row in &mut rows {
        let mut hits = Vec::new();
        pattern.indices(Utf32Str::new(&row.label, &mut chars), &mut matcher, &mut hits);
        hits.sort_unstable();
        hits.dedup();
        row.hits = hits;
    }
    rows
}

/// The best first; of equals what can be done, then the shortest name. Deployments are called by the messages of their commits, whose
/// length says nothing: of them the newest stays first.
fn best_scored(mut found: Vec<(u32, PaletteRow)>) -> Vec<(u32, PaletteRow)> {
    found.sort_by_cached_key(|(score, it)| {
        let aged = !it.arg.is_empty() && actions::find(&it.act).is_some_and(|it| it.arg == Arg::Deployment);
        (Reverse(*score), it.refused.is_some(), if aged { usize::MAX } else { it.label.len() })
    });
    found
}
