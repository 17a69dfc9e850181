//! The reference of all keys as Markdown, made from the table of actions, the presets and the keys of what lies over the panes.
//! `assets/keys.md` is this text; a test says when it is not.

use std::fmt::Write as _;

use super::action::Action;
use super::actions;
use super::bindings::Preset;
use super::overlay_keys::OVER;
use super::pane::PaneId;

/// The reference.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Keys\n\nMade from the table of actions: what a key does by default, and what the presets change. `?` in the dashboard lists the\n\
         keys as you have bound them, and `:` reaches every action by its name. A key is written `q`, `R`, `ctrl-d`, `alt-Left`, `space`,\n\
         `F5`; `g g` is one after the other.\n",
    );
    let mut places: Vec<&[PaneId]> = Vec::new();
    for action in actions::all().filter(|it| !it.keys.is_empty()) {
        if !places.contains(&action.panes) {
            places.push(action.panes);
        }
    }
    // What works everywhere first, then what only one pane knows.
    places.sort_by_key(|it| (it.len() < PaneId::ALL.len(), it.len(), it.first().map(|pane| pane.index())));
    for panes in places {
        let title = match panes {
            all if all.len() == PaneId::ALL.len() => "Everywhere".to_owned(),
            some => format!("In {}", some.iter().map(|it| it.title().to_lowercase()).collect::<Vec<_>>().join(", ")),
        };
        let rows: Vec<&Action> = actions::all().filter(|it| !it.keys.is_empty() && it.panes == panes).collect();
        table(&mut out, &title, "keys", rows.iter().map(|it| (keys(it.keys), it.name, it.help)));
    }
    let bare = actions::all().filter(|it| it.keys.is_empty());
    table(&mut out, "By name only", "in the palette", bare.map(|it| (format!("`:{}`", it.name), it.name, it.help)));
    for preset in Preset::ALL.into_iter().filter(|it| !it.differences().is_empty()) {
        let title = format!("Preset `{}`", preset.name());
        let help = |name: &str| actions::find(name).map_or("", |it| it.help);
        table(&mut out, &title, "keys instead", preset.differences().iter().map(|(name, all)| (keys(all), *name, help(name))));
    }
    let _ = write!(out, "\n## While something lies over the panes\n\n| there | keys |\n| --- | --- |\n");
    for (title, all) in OVER {
        let all: Vec<String> = all.iter().map(|(key, label)| format!("`{}` {label}", bars(key))).collect();
        let _ = writeln!(out, "| {title} | {} |", all.join(", "));
    }
    out
}

fn table<'a>(out: &mut String, title: &str, first: &str, rows: impl Iterator<Item = (String, &'a str, &'a str)>) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "\n## {title}\n\n| {first} | action | what it does |\n| --- | --- | --- |\n");
    for (keys, name, help) in rows {
        let _ = writeln!(out, "| {keys} | `{name}` | {} |", bars(help));
    }
}

fn keys(all: &[&str]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.iter().map(|it| format!("`{}`", bars(it))).collect::<Vec<_>>().join(", ") }
}

/// A bar would end the cell of a table.
fn bars(text: &str) -> String {
    text.replace('|', "\\|")
}
