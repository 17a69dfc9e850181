//! Keys: presets, what a person binds themselves, and the laws that all of it keeps.

use std::collections::BTreeMap;

use trackside::app::action::Deed;
use trackside::app::actions;
use trackside::app::bindings::{Keys, Own, Preset};
use trackside::app::chord;
use trackside::app::keymap::{Binding, Found, Keymap};
use trackside::app::msg::Msg;
use trackside::app::pane::PaneId;
use trackside::app::state::Overlay;
use trackside::config::{Layers, load};
use trackside::model::request::Request;

use crate::dash::dash;

/// Actions that send a write at once. That these are all is a law below.
const AT_ONCE: &[&str] = &["incident.acknowledge", "incident.mitigate", "incident.step"];

fn presets() -> impl Iterator<Item = Keys> {
    Preset::ALL.into_iter().map(|preset| Keys { preset, own: Vec::new() })
}

fn bound(action: &str, keys: &[&str]) -> Own {
    Own { action: action.to_owned(), keys: keys.iter().map(|&it| it.to_owned()).collect(), file: "keys.toml".to_owned(), line: 7 }
}

/// Where a line of a config file is, without the folder it is in.
fn said(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    std::fs::write(&file, text).unwrap();
    let name = file.display().to_string();
    load(&file, [], &[]).1.iter().map(|it| it.to_string().replace(&name, "c.toml")).collect()
}

fn keys_of(text: &str) -> Keys {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let (config, complaints) = load(file.path(), [], &[]);
    assert_eq!(complaints, []);
    config.keys.wished()
}

#[test]
fn every_preset_binds_known_actions_and_no_key_twice() {
    for keys in presets() {
        assert_eq!(keys.clashes(), [], "{}", keys.preset.name());
        for (name, _) in keys.preset.differences() {
            assert!(actions::find(name).is_some(), "{name} of {}", keys.preset.name());
        }
        assert_eq!(Preset::named(keys.preset.name()), Some(keys.preset));
    }
}

#[test]
fn in_no_preset_anything_that_asks_first_is_on_a_ctrl_key_or_a_lower_case_letter() {
    for keys in presets() {
        for it in keys.bindings() {
            let writes = matches!(actions::find(&it.name).unwrap().deed, Deed::Ask(_));
            for key in &it.keys {
                let shy = key.contains("ctrl-") || key.starts_with(|c: char| c.is_ascii_lowercase());
                assert!(!(writes && shy), "{} is on {key} in {}", it.name, keys.preset.name());
            }
        }
    }
}

#[test]
fn a_key_is_of_one_class_of_danger_in_all_panes() {
    let class = |name: &str| match actions::find(name).unwrap().deed {
        Deed::Ask(_) => "asks before it writes",
        Deed::Run(_) if AT_ONCE.contains(&name) => "writes",
        Deed::Run(_) => "reads",
    };
    for keys in presets() {
        let mut classes: BTreeMap<String, (String, &str)> = BTreeMap::new();
        for Binding { name, keys: all, .. } in keys.bindings() {
            for key in all {
                let (other, danger) = classes.entry(key.clone()).or_insert_with(|| (name.clone(), class(&name)));
                assert_eq!(class(&name), *danger, "{key} is {other} and {name} in {}", keys.preset.name());
            }
        }
    }
}

#[test]
fn those_that_write_at_once_are_the_known_ones() {
    let mut wrote = Vec::new();
    for action in actions::all().filter(|it| matches!(it.deed, Deed::Run(_))) {
        let mut it = dash();
        it.press("5");
        it.wishes.clear();
        it.send(Msg::Act(action.name.to_owned(), String::new()));
        // What was done by itself ticks its step of the runbook: that alone is a note of it.
        let noted = |request: &Request| matches!(request, Request::Tick { .. }) && action.name != "incident.step";
        if it.writes().iter().any(|(_, request)| !noted(request)) {
            wrote.push(action.name);
        }
    }
    wrote.sort_unstable();
    assert_eq!(wrote, AT_ONCE);
}

#[test]
fn a_config_rebinds_unbinds_and_takes_sequences_and_a_preset() {
    let keys = keys_of("[keys]\npreset = \"vim\"\n\"time.live\" = [\"g l\", \"F5\"]\nlogs.follow = []\n\"window 6h\" = \"g w\"\n");
    assert_eq!(keys.preset, Preset::Vim);
    let mut it = dash();
    it.app.bind_keys(keys);
    let map = &it.app.keymap;
    assert_eq!(map.keys_of("time.live"), ["g l", "F5"]);
    assert_eq!(map.keys_of("logs.follow"), [""; 0]);
    assert_eq!(map.keys_of("window"), ["g w (6h)"]);
    assert_eq!(map.find(PaneId::Logs, &[chord::parse("F").unwrap()]), Found::Nothing);
    it.press("[ g l");
    assert_eq!(it.app.timeline.cursor, None, "live again");
    it.press("g w");
    assert_eq!(it.app.timeline.words(), "6h");
    // What follows a key that begins a sequence is said at the bottom, by the same table.
    it.press("g");
    let next: Vec<String> = it.app.footer().into_iter().map(|it| format!("{} {}", it.keys, it.label)).collect();
    assert_eq!(next, ["g cursor.top", "l time.live", "w window 6h"]);
}

#[test]
fn help_and_footer_say_the_keys_as_they_are_bound() {
    let mut it = dash();
    it.app.bind_keys(Keys { own: vec![bound("help", &["F1"]), bound("open", &["o"]), bound("activity", &["Enter"])], ..Keys::default() });
    let footer: Vec<String> = it.app.footer().into_iter().map(|it| format!("{} {}", it.keys, it.label)).collect();
    assert!(footer.contains(&"o open".to_owned()) && footer.contains(&"F1 help".to_owned()), "{footer:?}");
    assert_eq!(it.app.help_rows("All keys, searchable")[0].keys, "F1");
    it.press("F1").types("roll back");
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Help { filter, .. }) if filter == "roll back"));
}

#[test]
fn an_action_that_needs_words_asks_for_them_when_a_key_is_bound_to_it() {
    let mut it = dash();
    it.app.bind_keys(Keys { own: vec![bound("go.service", &["ctrl-g"])], ..Keys::default() });
    it.press("ctrl-g").types("led").press("Enter");
    assert_eq!(it.app.header().service.as_deref(), Some("ledger"));
}

#[test]
fn a_clash_names_both_actions_and_where_each_of_them_is_bound() {
    let said = said("[keys]\n\"logs.follow\" = \"f\"\n\"time.live\" = \"g\"\n\"deploy.start\" = \"g x\"\n");
    assert_eq!(
        said,
        [
            "c.toml:4: `g x` for deploy.start (c.toml:4) begins with `g`, which is time.live (c.toml:3) in Projects; give deploy.start another key, or none: \"deploy.start\" = []",
            "c.toml:3: `g` for cursor.top (default) is already time.live (c.toml:3) in Projects; give cursor.top another key, or none: \"cursor.top\" = []",
            "c.toml:2: `f` for logs.filters (default) is already logs.follow (c.toml:2) in Logs; give logs.filters another key, or none: \"logs.filters\" = []",
        ]
    );
}

#[test]
fn what_is_no_action_or_no_key_is_said_with_its_line_and_the_rest_still_counts() {
    let said = said(
        "[keys]\npreset = \"emacs\"\n\"logs.folow\" = \"f\"\n\"quit\" = [\"ctrl-q\", \"hyper-q\"]\n\"zoom\" = 3\n\"help me\" = \"F1\"\n\"open\" = \"ctrl-c\"\n",
    );
    let wanted = [
        "c.toml:2: `keys.preset` should be one of default, vim, k9s, is \"emacs\"",
        "c.toml:3: there is no action `logs.folow`; did you mean `logs.follow`?",
        "c.toml:4: quit: `hyper-q` is not a key; keys are written as q, R, ctrl-d, space, Enter, F5, g g",
        "c.toml:5: the keys of zoom are text or a list of texts, as \"g g\" or [\"F5\", \"ctrl-r\"]; [] for none",
        "c.toml:6: help takes no argument, so `me` means nothing",
        "c.toml:7: `ctrl-c` always leaves, and cannot be bound",
    ];
    let mut sorted = said;
    sorted.sort();
    assert_eq!(sorted, wanted);
}

#[test]
fn a_keymap_of_any_preset_reaches_every_action_that_had_a_key_or_says_none() {
    for keys in presets() {
        let (map, _) = Keymap::new(&keys.bindings());
        let unbound: Vec<&str> = actions::all()
            .filter(|it| !it.keys.is_empty() && map.keys_of(it.name).is_empty())
            .map(|it| it.name)
            .filter(|name| !keys.preset.differences().iter().any(|(it, keys)| it == name && keys.is_empty()))
            .collect();
        assert_eq!(unbound, [""; 0], "{}", keys.preset.name());
    }
}

/// `TRACKSIDE_UPDATE=1` writes it anew.
#[test]
fn the_key_reference_in_the_docs_is_what_the_table_says() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/keys.md");
    let wanted = trackside::app::key_reference::markdown();
    if std::env::var_os("TRACKSIDE_UPDATE").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == wanted, "assets/keys.md is not what the table says; TRACKSIDE_UPDATE=1 cargo test --test it keys:: writes it anew");
    for action in actions::all() {
        assert!(written.contains(&format!("`{}`", action.name)), "{}", action.name);
    }
}

#[test]
fn a_key_that_is_saved_broken_stays_as_it_was() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let save = |text: &str| std::fs::write(file.path(), text).unwrap();
    save("[keys]\n\"time.live\" = \"F6\"\nzoom = \"F7\"\n");
    let (first, complaints) = Layers::read(file.path(), [], &[]);
    assert_eq!(complaints, []);
    save("[keys]\n\"time.live\" = 7\nzoom = \"F8\"\n");
    let (second, complaints) = first.again();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    let wanted = [("keys.time.live", "F6"), ("keys.zoom", "F8")];
    let now = second.own_keys();
    assert_eq!(now.iter().map(|(name, keys)| (name.as_str(), keys[0].as_str())).collect::<Vec<_>>(), wanted);
}
