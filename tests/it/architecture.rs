//! The architecture as a test: who may import whom, no circles between files, and the shape of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The floors: a room, and the rooms it may import. The table in `src/lib.rs` says the same in words.
const FLOORS: &[(&str, &[&str])] = &[
    ("main", &["cli", "local"]),
    ("cli", &["app", "config", "local", "model", "platform", "runtime", "seeded", "theme", "wire"]),
    ("runtime", &["app", "config", "model", "platform", "seeded", "theme", "ui"]),
    ("ui", &["app", "model", "seeded", "theme"]),
    ("config", &["app", "model", "theme"]),
    ("platform", &["model", "seeded", "wire"]),
    ("local", &["model", "seeded", "wire"]),
    ("wire", &["model"]),
    ("app", &["model"]),
    ("model", &["seeded"]),
    ("seeded", &[]),
    ("theme", &[]),
];

/// What a room must not contain, and why.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("model", &["std::fs", "std::net", "tokio::", "SystemTime", "Instant::now", "Utc::now", "Local::now"], "no I/O, no clock"),
    ("theme", &["std::net", "tokio::", "SystemTime", "Instant::now", "Utc::now"], "no I/O, no clock"),
    ("wire", &["std::fs", "std::net", "tokio::", "SystemTime", "Instant::now", "Utc::now"], "no I/O, no clock"),
    (
        "app",
        &[
            "tokio::",
            "std::fs",
            "std::net",
            "std::process",
            "SystemTime",
            "Instant::now",
            "Utc::now",
            "Local::now",
            "Cell<",
            "RefCell",
            "Mutex",
            "RwLock",
            "ratatui::widgets",
            "ratatui::style",
            "ratatui::buffer",
        ],
        "pure: no I/O, no clock, no interior mutability, no drawing",
    ),
    (
        "ui",
        &[
            "&mut App",
            "tokio::",
            "std::fs",
            "std::net",
            "SystemTime",
            "Instant::now",
            "Utc::now",
            "Local::now",
            "Cell<",
            "RefCell",
            "Mutex",
            "Color::",
        ],
        "draws what it borrows: no clock, no I/O, no literal colours",
    ),
    ("platform", &["ratatui", "crossterm"], "knows no screen"),
    ("local", &["ratatui", "crossterm"], "knows no screen"),
];

const MAX_FILE: usize = 400;
const MAX_FUNCTION: usize = 60;

struct Source {
    /// `app/logs/store`: the path under `src` without `.rs` or `/mod.rs`.
    module: String,
    path: PathBuf,
    text: String,
}

impl Source {
    /// The text without its tests, comments and string contents, line for line.
    fn code(&self) -> Vec<String> {
        let mut out = Vec::new();
        for line in self.text.lines() {
            if line.trim() == "#[cfg(test)]" {
                break;
            }
            let line = line.split("//").next().unwrap_or_default();
            out.push(line.to_owned());
        }
        out
    }

    fn room(&self) -> &str {
        self.module.split('/').next().unwrap_or_default()
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let module = path.strip_prefix(&root).unwrap().with_extension("").to_string_lossy().into_owned();
                let module = module.strip_suffix("/mod").unwrap_or(&module).to_owned();
                found.push(Source { module, text: fs::read_to_string(&path).unwrap(), path });
            }
        }
    }
    found.sort_by(|a, b| a.module.cmp(&b.module));
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// The modules a file imports or names, as paths (`app/state`), longest module that exists.
fn imports(of: &Source, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in paths(of) {
        let mut parts: Vec<&str> = path.split("::").collect();
        while !parts.is_empty() {
            let name = parts.join("/");
            if modules.contains(&name) {
                if name != of.module {
                    found.insert(name);
                }
                break;
            }
            parts.pop();
        }
    }
    found
}

/// Every `crate::…`, `super::…` and (in `main`) `trackside::…` path in a file, absolute, braces spread out.
fn paths(of: &Source) -> Vec<String> {
    let code = of.code().join("\n");
    let is_face = of.path.file_name().is_some_and(|it| it == "mod.rs");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("::") {
        let head = &code[..at];
        let word_at = head.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |i| i + 1);
        let word = &head[word_at..];
        if head[..word_at].ends_with("::") {
            continue;
        }
        let mut base: Vec<String> = match word {
            "crate" => Vec::new(),
            "trackside" if of.module == "main" => Vec::new(),
            "self" if is_face => of.module.split('/').map(str::to_owned).collect(),
            "super" => {
                let mut parts: Vec<String> = of.module.split('/').map(str::to_owned).collect();
                parts.pop();
                parts
            }
            _ => continue,
        };
        let mut rest = &code[at + 2..];
        while let Some(next) = rest.strip_prefix("super::") {
            base.pop();
            rest = next;
        }
        spread(&base.join("::"), rest, &mut found);
    }
    found
}

fn spread(base: &str, rest: &str, found: &mut Vec<String>) {
    let join = |name: &str| if base.is_empty() { name.to_owned() } else { format!("{base}::{name}") };
    if let Some(inner) = rest.strip_prefix('{') {
        let mut depth = 1;
        let mut item = String::new();
        for c in inner.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                let one = item.trim();
                if !one.is_empty() {
                    spread(base, one, found);
                }
                item.clear();
                if depth == 0 {
                    return;
                }
            } else {
                item.push(c);
            }
        }
        return;
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let name = &rest[..end];
    if name.is_empty() {
        found.push(base.to_owned());
        return;
    }
    match rest[end..].strip_prefix("::") {
        Some(more) if !more.starts_with('<') => spread(&join(name), more, found),
        _ => found.push(join(name)),
    }
}

fn graph() -> (Vec<Source>, BTreeMap<String, BTreeSet<String>>) {
    let files = sources();
    let modules: BTreeSet<String> = files.iter().map(|it| it.module.clone()).collect();
    let edges = files.iter().map(|it| (it.module.clone(), imports(it, &modules))).collect();
    (files, edges)
}

#[test]
fn a_room_imports_only_the_floors_below_it() {
    let (files, edges) = graph();
    let mut wrong = Vec::new();
    for file in &files {
        let room = file.room();
        if room == "lib" {
            continue;
        }
        let allowed = FLOORS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} is in no floor")).1;
        for to in &edges[&file.module] {
            let other = to.split('/').next().unwrap_or_default();
            if other != room && !allowed.contains(&other) {
                wrong.push(format!("{} imports {to}", file.module));
            }
        }
    }
    assert!(wrong.is_empty(), "against the floors:\n{}", wrong.join("\n"));
}

#[test]
fn the_search_for_imports_sees_every_form() {
    let file = Source {
        module: "app/logs/store".to_owned(),
        path: PathBuf::from("store.rs"),
        text: "use crate::model::{log::LogLine, time::{Time, Millis}};\nuse super::super::pane::PaneId;\nfn f() { super::view::draw(); crate::ui::view(); }\n".to_owned(),
    };
    let all = ["model/log", "model/time", "app/pane", "app/logs/view", "ui", "app/logs/store"].map(str::to_owned);
    let seen = imports(&file, &all.clone().into());
    assert_eq!(seen, BTreeSet::from(["model/log", "model/time", "app/pane", "app/logs/view", "ui"].map(str::to_owned)));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let (_, edges) = graph();
    let mut circles = Vec::new();
    let mut done = BTreeSet::new();
    for start in edges.keys() {
        follow(start, &edges, &mut Vec::new(), &mut done, &mut circles);
    }
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}

/// Walks on from `at` in depth; a file that is met again on the way closes a circle.
fn follow(
    at: &str,
    edges: &BTreeMap<String, BTreeSet<String>>,
    trail: &mut Vec<String>,
    done: &mut BTreeSet<String>,
    circles: &mut Vec<String>,
) {
    if let Some(i) = trail.iter().position(|it| it == at) {
        circles.push(trail[i..].iter().map(String::as_str).chain([at]).collect::<Vec<_>>().join(" -> "));
        return;
    }
    if !done.insert(at.to_owned()) {
        return;
    }
    trail.push(at.to_owned());
    for next in &edges[at] {
        follow(next, edges, trail, done, circles);
    }
    trail.pop();
}

#[test]
fn no_room_holds_what_it_must_not() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (room, words, why) in BANNED.iter().filter(|(room, ..)| *room == file.room()) {
            for (n, line) in file.code().iter().enumerate() {
                for word in words.iter().filter(|word| line.contains(**word)) {
                    wrong.push(format!("{}:{}: `{word}` in {room}: {why}", file.module, n + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is_and_stays_short() {
    let mut wrong = Vec::new();
    for file in sources() {
        if !file.text.starts_with("//!") {
            wrong.push(format!("{}: does not open with //!", file.module));
        }
        let lines = file.code().len();
        if lines > MAX_FILE {
            wrong.push(format!("{}: {lines} lines", file.module));
        }
        for (name, length) in functions(&file) {
            if length > MAX_FUNCTION {
                wrong.push(format!("{}: fn {name} has {length} lines", file.module));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Functions and their lengths, found by the indent that rustfmt gives: `fn` and its closing brace stand in one column.
fn functions(file: &Source) -> Vec<(String, usize)> {
    let code = file.code();
    let mut found = Vec::new();
    for (start, line) in code.iter().enumerate() {
        let Some(at) = line.find("fn ") else { continue };
        let indent = line.len() - line.trim_start().len();
        if !line[..at].trim().split(' ').all(|it| matches!(it, "" | "pub" | "pub(crate)" | "pub(super)" | "const" | "async" | "unsafe")) {
            continue;
        }
        let name = line[at + 3..].split(['(', '<']).next().unwrap_or_default().to_owned();
        let close = format!("{}}}", " ".repeat(indent));
        if line.trim_end().ends_with('}') || line.trim_end().ends_with(';') {
            continue;
        }
        if let Some(length) = code[start..].iter().position(|it| *it == close) {
            found.push((name, length + 1));
        }
    }
    found
}

#[test]
fn nothing_unfinished_is_left_in_the_tree() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X:"].concat()];
    for file in sources() {
        for mark in &marks {
            assert!(!file.text.contains(mark.as_str()), "{}: {mark}", file.module);
        }
    }
}
