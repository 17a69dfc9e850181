//! Names that a shell completes with, from the platform that the line means. Quick or nothing: a shell that hangs at Tab is worse than
//! one that knows no names.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use config::ValueKind;

use super::credentials::Given;
use super::names;
use super::reach;
use super::themes;
use crate::config::{Layers, load, usual_file};
use crate::model::deploy::Deployment;
use crate::model::event::Snapshot;
use crate::platform::trackside::client::Client;

/// Longest time the platform has to say its names.
const PATIENCE: Duration = Duration::from_millis(800);
/// Most names offered: nobody reads more.
const MOST: usize = 500;
/// Flags that choose a platform, and the settings they stand for.
const FLAGS: &[(&str, &str)] = &[
    ("--context", "context"),
    ("--url", "context.url"),
    ("--token-file", "context.token_file"),
    ("--ca-file", "context.ca_file"),
    ("--data", "data"),
    ("--config", ""),
];

/// Services, as `project/service`.
pub fn services() -> ArgValueCompleter {
    live(|all| all.services.iter().map(|it| (names::path(all, it), it.health.said().to_owned())).collect())
}

/// Projects.
pub fn projects() -> ArgValueCompleter {
    live(|all| all.projects.iter().map(|it| (it.name.to_string(), it.state.to_string())).collect())
}

/// Services and projects.
pub fn places() -> ArgValueCompleter {
    live(|all| {
        let projects = all.projects.iter().map(|it| (it.name.to_string(), "project".to_owned()));
        projects.chain(all.services.iter().map(|it| (names::path(all, it), it.health.said().to_owned()))).collect()
    })
}

/// Deployments, newest first.
pub fn deployments() -> ArgValueCompleter {
    live(deployments_of)
}

/// Services, then deployments that run.
pub fn targets() -> ArgValueCompleter {
    live(|all| {
        let mut out: Vec<_> = all.services.iter().map(|it| (names::path(all, it), it.health.said().to_owned())).collect();
        out.extend(all.deployments.iter().filter(|it| it.status.running()).map(|it| (it.id.to_string(), it.status.to_string())));
        out
    })
}

/// Incidents, open ones first.
pub fn incidents() -> ArgValueCompleter {
    live(|all| {
        let mut list: Vec<_> = all.incidents.iter().collect();
        list.sort_by_key(|it| (!it.is_open(), std::cmp::Reverse(it.opened)));
        list.iter().map(|it| (it.id.to_string(), format!("{} {}", it.severity.label(), it.title))).collect()
    })
}

/// Themes of the program, and the person's own.
pub fn themes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| offered(current, themes::names().into_iter().map(|it| (it, String::new())).collect()))
}

/// Contexts of the config.
pub fn contexts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        // Whichever one is named on the line is what is being typed.
        let (file, flags) = typed();
        let flags: Vec<_> = flags.into_iter().filter(|it| it.0 == "data").collect();
        let (layers, _) = Layers::read(&file, environment(), &flags);
        let at = |name: &str| layers.config(Some(name)).ok().and_then(|it| it.0.context.url).unwrap_or_else(|| "this machine".to_owned());
        offered(current, layers.names().into_iter().map(|it| (it.clone(), at(&it))).collect())
    })
}

/// These words, each with what it is about.
pub fn words(all: Vec<(String, String)>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| offered(current, all.clone()))
}

fn deployments_of(all: &Snapshot) -> Vec<(String, String)> {
    let mut list: Vec<_> = all.deployments.iter().collect();
    list.sort_by_key(|it| std::cmp::Reverse(it.created));
    let commit = |it: &&Deployment| it.commit.as_ref().map(|it| format!(" {}", it.short())).unwrap_or_default();
    list.iter().map(|it| (it.id.to_string(), format!("{}{}", it.word(), commit(it)))).collect()
}

fn live(of: fn(&Snapshot) -> Vec<(String, String)>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| offered(current, snapshot().as_ref().map(of).unwrap_or_default()))
}

/// What begins as `current` does. A name that a shell could take for more than a word is not offered: it was chosen elsewhere.
fn offered(current: &OsStr, all: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    let plain = |it: &str| !it.is_empty() && !it.starts_with('-') && it.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let fits = all.into_iter().filter(|(name, _)| name.starts_with(&*typed) && plain(name)).take(MOST);
    fits.map(|(name, about)| {
        // One line without a tab, which would begin another column in some shells.
        let about = about.replace(['\t', '\n'], " ");
        CompletionCandidate::new(name).help((!about.is_empty()).then(|| about.into()))
    })
    .collect()
}

/// All that the meant platform has, if it says so in time.
fn snapshot() -> Option<Snapshot> {
    let (file, flags) = typed();
    let (mut config, _) = load(&file, environment(), &flags);
    // Who completes a word wants to be asked for no password.
    config.context.token_command.clear();
    config.context.keyring = false;
    let mut given = Given::new(None, &file);
    if flags.iter().any(|(key, _)| *key == "context.url") {
        // What `login` kept belongs to a context.
        given.folder = None;
    }
    let endpoint = reach::endpoint(&config, &given).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, Client::new(endpoint).snapshot()).await });
    // Whatever still runs may end by itself: the shell waits.
    runtime.shutdown_background();
    found.ok()?.ok().map(|it| it.1)
}

/// The config file that is meant, and the settings of flags on the line.
fn typed() -> (PathBuf, Vec<(&'static str, ValueKind)>) {
    let (file, flags) = typed_so_far(std::env::args_os());
    let file = file.or_else(|| std::env::var_os("TRACKSIDE_CONFIG").map(PathBuf::from)).or_else(usual_file);
    (file.unwrap_or_default(), flags)
}

fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The config file, if one is named, and the settings of flags on the line that say which platform is meant. The rest of the line may be
/// wrong, or not finished.
fn typed_so_far(args: impl Iterator<Item = OsString>) -> (Option<PathBuf>, Vec<(&'static str, ValueKind)>) {
    let line: Vec<String> = args.skip_while(|it| it != "--").skip(1).filter_map(|it| it.into_string().ok()).collect();
    let (mut file, mut settings) = (None, Vec::new());
    let mut rest = line.iter().peekable();
    while let Some(word) = rest.next() {
        let (name, joined) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value.to_owned())));
        let Some((_, setting)) = FLAGS.iter().find(|it| it.0 == name) else { continue };
        let Some(value) = joined.or_else(|| rest.next_if(|it| !it.starts_with('-')).cloned()) else { continue };
        if setting.is_empty() {
            file = Some(PathBuf::from(value));
        } else {
            settings.push((*setting, ValueKind::String(value)));
        }
    }
    (file, settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered_names(typed: &str, names: &[&str]) -> Vec<String> {
        let all = names.iter().map(|it| ((*it).to_owned(), String::new())).collect();
        offered(OsStr::new(typed), all).iter().map(|it| it.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_name_that_would_run_in_a_shell_is_not_offered() {
        let all = ["shop/api", "$(reboot)", "a;b", "a b", "`x`", "-rf", "shop/web", "ünïcode", ""];
        assert_eq!(offered_names("", &all), ["shop/api", "shop/web"]);
        assert_eq!(offered_names("shop/a", &all), ["shop/api"]);
    }

    #[test]
    fn the_platform_that_the_line_names_is_asked_whatever_else_is_on_it() {
        let line = "trackside -- trackside --url http://127.0.0.1:9 deploy --no-such --data=/tmp/x --config c.toml --token-file";
        let (file, settings) = typed_so_far(line.split(' ').map(OsString::from));
        assert_eq!(file, Some(PathBuf::from("c.toml")));
        let text = |it: &str| ValueKind::String(it.to_owned());
        assert_eq!(settings, [("context.url", text("http://127.0.0.1:9")), ("data", text("/tmp/x"))]);
    }
}
