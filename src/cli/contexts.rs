//! `trackside` without a subcommand: the dashboard in a context, with the way into the others, and the config as it is saved meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use ::config::{Map, Value};
use tokio::runtime::Handle;

use super::args::{Common, Look};
use super::credentials::Given;
use super::dashboard::{connection, open, plan, settings, show, views};
use super::exit::{Failure, Outcome, USAGE};
use super::reach;
use super::themes;
use crate::app::settings::ContextRow;
use crate::app::state::{NoticeKind, Settings};
use crate::app::stops::Place;
use crate::config::{Complaint, Config, Layers};
use crate::runtime::home::{Home, Opened, Reloaded};
use crate::runtime::run::refusal;
use crate::runtime::tape::Plan;

/// Complaints that are said of a file that was saved; a person mends one after the other.
const COMPLAINTS: usize = 3;
/// Changes that are named one by one.
const CHANGES: usize = 5;

/// The layers in the context that a view is in, unless the command line names another one.
pub fn of_view(layers: &Layers, common: &Common, place: Option<&Place>) -> Layers {
    let free = common.context.is_none() && common.url.is_none();
    let name = place.map(|it| it.context.as_str()).filter(|it| free && !it.is_empty() && *it != layers.chosen());
    name.map_or_else(|| layers.clone(), |name| layers.named(name))
}

/// Shows the dashboard until it is quit, from `place` on.
pub fn start(
    (layers, place): (&Layers, Option<Place>),
    config: &Config,
    given: &Given,
    complaints: &[Complaint],
    look: &Look,
    on: &Handle,
) -> Outcome {
    let views = views(config, place)?;
    if let Some(why) = refusal() {
        return Err(Failure::new(USAGE, why));
    }
    let source = match &config.context.url {
        // A platform of this machine that does not run is said at once, with how one is started.
        None => connection(config, reach::endpoint(config, given)?),
        Some(_) => open(config, given.clone())?,
    };
    let held = Held {
        layers: layers.clone(),
        current: layers.chosen(),
        started: layers.chosen(),
        given: given.clone(),
        look: look.clone(),
        themes: themes::own(),
    };
    let settings = held.settings(config);
    if look.record.is_some() {
        // A recording is of one context: there is no way into another one, and what is saved meanwhile waits for the next start.
        let settings = Settings { contexts: Vec::new(), ..settings };
        let plan = plan(look, &settings, &source.name)?;
        return show(complaints, settings, vec![source], plan, views, on, (None, None));
    }
    show(complaints, settings, vec![source], Plan::Live, views, on, (Some(held.home()), None))
}

/// The config as it was read last, and the context one is in.
struct Held {
    layers: Layers,
    current: String,
    /// The context of this start: what came with the command line is for it alone.
    started: String,
    given: Given,
    look: Look,
    /// The person's own themes, as they were read last.
    themes: BTreeMap<String, u64>,
}

impl Held {
    fn home(self) -> Home {
        let file = self.layers.path().to_owned();
        let shared = Arc::new(Mutex::new(self));
        let held = Arc::clone(&shared);
        let open = Box::new(move |name: &str| held.lock().unwrap_or_else(PoisonError::into_inner).open(name));
        let reload = Box::new(move || shared.lock().unwrap_or_else(PoisonError::into_inner).reload());
        Home { open, file, themes: themes::folder(), reload }
    }

    fn settings(&self, config: &Config) -> Settings {
        let row = |name: String| {
            let context = self.layers.config(Some(&name)).ok()?.0.context;
            let at = context.url.unwrap_or_else(|| "this machine".to_owned());
            let read_only = context.read_only || self.look.read_only;
            Some(ContextRow { name, at, production: context.production, read_only })
        };
        Settings { contexts: self.layers.names().into_iter().filter_map(row).collect(), ..settings(config, &self.look) }
    }

    fn open(&mut self, name: &str) -> Result<Opened, String> {
        let (config, _) = self.layers.config(Some(name)).map_err(|it| it.to_string())?;
        let given = if name == self.started { self.given.clone() } else { Given::of_another(self.layers.path()) };
        let source = open(&config, given).map_err(|it| it.text)?;
        name.clone_into(&mut self.current);
        Ok(Opened { settings: self.settings(&config), sources: vec![source] })
    }

    /// Takes in what was saved; what is wrong in it stays as it was.
    fn reload(&mut self) -> Option<Reloaded> {
        let before = self.layers.merged(Some(&self.current)).unwrap_or_default();
        let names = self.layers.names();
        let (layers, complaints) = self.layers.again();
        let mut said: Vec<(NoticeKind, String)> = complaints.iter().take(COMPLAINTS).map(|it| (NoticeKind::Bad, it.to_string())).collect();
        if complaints.len() > COMPLAINTS {
            let more = complaints.len() - COMPLAINTS;
            said.push((NoticeKind::Bad, format!("{more} more; `trackside config check` says all of them")));
        }
        let Ok(after) = layers.merged(Some(&self.current)) else {
            said.push((
                NoticeKind::Warn,
                format!("the context {} is no longer in the config; you are still in it, as it was", self.current),
            ));
            // The link still goes there: that it is production, or read-only, must not be forgotten with a file that is just being written.
            let (config, _) = self.layers.config(Some(&self.current)).ok()?;
            return Some(Reloaded { settings: self.settings(&config), said });
        };
        let mut changed = changed(&before, &after);
        changed.extend(rebound(&self.layers, &layers));
        let old = self.wrong();
        self.layers = layers;
        let repainted = self.repainted(&mut said);
        if changed.is_empty() && self.layers.names() == names && said.is_empty() && !repainted {
            return None;
        }
        said.extend(words(&changed, &self.current));
        // What was wrong before this was saved was said then.
        said.extend(self.wrong().into_iter().filter(|it| !old.contains(it)).map(|it| (NoticeKind::Bad, it.to_string())));
        let (config, _) = self.layers.config(Some(&self.current)).ok()?;
        Some(Reloaded { settings: self.settings(&config), said })
    }
}

impl Held {
    /// What does not go together in the settings of this context, and a theme that there is not.
    fn wrong(&self) -> Vec<Complaint> {
        let Ok((config, mut all)) = self.layers.config(Some(&self.current)) else { return Vec::new() };
        all.extend(themes::wrong(&config.theme, &self.layers.origin_of(Some(&self.current), "theme")));
        all
    }

    /// Looks at the person's own themes again; whether any of them is another one now. What is wrong in those is said.
    fn repainted(&mut self, said: &mut Vec<(NoticeKind, String)>) -> bool {
        let old = std::mem::replace(&mut self.themes, themes::own());
        let names: BTreeSet<&String> = old.keys().chain(self.themes.keys()).collect();
        let changed: Vec<&String> = names.into_iter().filter(|it| old.get(*it) != self.themes.get(*it)).collect();
        for name in &changed {
            let wrong = if self.themes.contains_key(*name) { themes::of_file(name) } else { Vec::new() };
            match wrong.len() {
                0 => said.push((NoticeKind::Good, format!("the theme {name} was saved"))),
                more => {
                    said.extend(wrong.iter().take(COMPLAINTS).map(|it| (NoticeKind::Bad, it.to_string())));
                    if more > COMPLAINTS {
                        said.push((NoticeKind::Bad, format!("{} more; `trackside config check` says all of them", more - COMPLAINTS)));
                    }
                }
            }
        }
        !changed.is_empty()
    }
}

/// The settings that are others than before, by their names.
fn changed(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let kind = |of: &Map<String, Value>, key: &str| of.get(key).map(|it| it.kind.clone());
    keys.into_iter().filter(|key| kind(before, key) != kind(after, key)).cloned().collect()
}

/// Actions whose keys are others than before, by the settings that give them.
fn rebound(before: &Layers, after: &Layers) -> Vec<String> {
    let (before, after) = (before.own_keys(), after.own_keys());
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter(|it| before.get(*it) != after.get(*it)).cloned().collect()
}

/// What is said of changes: which, and which of them need more than being saved.
fn words(changed: &[String], context: &str) -> Vec<(NoticeKind, String)> {
    let (way, rest): (Vec<&String>, Vec<&String>) = changed.iter().partition(|it| {
        ["context.url", "context.token", "context.keyring", "context.ca_file", "context.poll"].iter().any(|way| it.starts_with(way))
    });
    let (later, now): (Vec<&String>, Vec<&String>) = rest
        .into_iter()
        .partition(|it| *it == "log_bytes" || *it == "data" || *it == "colors" || it.starts_with("limits.") || it.starts_with("rules."));
    let mut said = Vec::new();
    let list = |all: &[&String]| {
        let more = if all.len() > CHANGES { format!(" and {} more", all.len() - CHANGES) } else { String::new() };
        all.iter().take(CHANGES).map(|it| it.as_str()).collect::<Vec<_>>().join(", ") + &more
    };
    if !now.is_empty() {
        said.push((NoticeKind::Good, format!("the config was saved: {}", list(&now))));
    }
    if !later.is_empty() {
        said.push((NoticeKind::Info, format!("{}: from the next start on", list(&later))));
    }
    if !way.is_empty() {
        said.push((NoticeKind::Info, format!("{}: once you go into {context} anew", list(&way))));
    }
    said
}
