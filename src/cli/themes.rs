//! The themes a person can choose: those of the program, and the files in the folder beside the config. What is wrong with one is said
//! with its file and line.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use crate::app::settings::AUTO;
use crate::config::{Complaint, Origin, nearest, usual_file};
use crate::runtime::depth::wished;
use crate::theme::{Depth, Theme, builtin};

/// A larger file is no theme.
const MAX_FILE: u64 = 256 * 1024;

/// The folder of a person's own themes.
pub fn folder() -> Option<PathBuf> {
    usual_file().and_then(|it| Some(it.parent()?.join("themes")))
}

/// How many colours this terminal has, or should be taken to have.
pub fn terminal_depth(colors: &str) -> Depth {
    wished(colors, |name| std::env::var(name).ok())
}

/// The theme `name`, as far as a terminal with such colours can show it.
pub fn shown(name: &str, depth: Depth) -> Theme {
    Theme::load(name, text).0.at(depth)
}

/// All names, sorted.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = builtin::names().map(str::to_owned).collect();
    names.extend(own().into_keys().filter(|it| builtin::text(it).is_none()));
    names.push(AUTO.to_owned());
    names.sort();
    names
}

/// What is wrong with the theme `name`, which `origin` chose: that there is none, or the lines of its file.
pub fn wrong(name: &str, origin: &Origin) -> Vec<Complaint> {
    let known = names();
    if !known.iter().any(|it| it == name) {
        let near = nearest(name, known.iter().map(String::as_str)).map(|it| format!(", did you mean `{it}`?")).unwrap_or_default();
        let text = format!("there is no theme `{name}`{near}; there are {}", known.join(", "));
        return vec![Complaint { origin: origin.clone(), text, key: Some("theme".to_owned()) }];
    }
    of_file(name)
}

/// What is wrong in the file of the theme `name`, and in those it stands on.
pub fn of_file(name: &str) -> Vec<Complaint> {
    let place = |theme: &str| folder().map(|it| it.join(format!("{theme}.toml")).display().to_string()).unwrap_or_default();
    let complaint = |it: crate::theme::Complaint| Complaint {
        origin: Origin::File { path: place(&it.theme), line: it.line },
        text: it.text,
        key: None,
    };
    if name == AUTO { Vec::new() } else { Theme::load(name, text).1.into_iter().map(complaint).collect() }
}

/// The person's own themes by name, each with a mark that is another one when its file is.
pub fn own() -> BTreeMap<String, u64> {
    let files = folder().and_then(|it| std::fs::read_dir(it).ok()).into_iter().flatten().flatten();
    let names = files.filter_map(|it| it.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    let marked = names.filter_map(|name| {
        let mut hasher = DefaultHasher::new();
        text(&name)?.hash(&mut hasher);
        Some((name, hasher.finish()))
    });
    marked.collect()
}

/// The text of a person's own theme.
fn text(name: &str) -> Option<String> {
    // A name is a name, never a way out of the folder.
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    if !plain {
        return None;
    }
    let path = folder()?.join(format!("{name}.toml"));
    small(&path).then(|| std::fs::read_to_string(&path).ok())?
}

fn small(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() <= MAX_FILE)
}
