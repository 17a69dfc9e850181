//! Settings in layers: defaults, then the file, then the context of the file, then the environment, then flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{ConfigError, Map, Source, Value, ValueKind};

use super::complaint::{Complaint, Origin, nearest};
use super::file::{self, Checked};
use super::keys::{KEYS, Key, Written, find};
use super::settings::{Config, LOCAL};

/// What environment variables of ours begin with; two underscores stand for the dot.
const PREFIX: &str = "TRACKSIDE__";
/// The same with one underscore everywhere, as long as it can only mean one thing.
const SHORT: &str = "TRACKSIDE_";
/// The environment's word for which context is meant.
const CONTEXT: &str = "TRACKSIDE_CONTEXT";
/// How one gets in belongs to one platform: it never goes with another one's name.
const WAY: &[&str] =
    &["context.url", "context.token_env", "context.token_command", "context.keyring", "context.token_file", "context.ca_file"];

/// A context that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no context `{name}`{}; there are {}", .near.as_ref().map_or_else(String::new, |it| format!(", did you mean `{it}`?")), .known.join(", "))]
pub struct NoContext {
    pub name: String,
    pub near: Option<String>,
    pub known: Vec<String>,
}

/// All that was given, before it is known which context is meant.
#[derive(Clone, Debug)]
pub struct Layers {
    path: PathBuf,
    file: Checked,
    env: Map<String, Value>,
    flags: Map<String, Value>,
    /// The context that the command line or the environment names.
    named: Option<String>,
}

/// The settings, and all that was wrong with what was given. `flags` are what the command line says, by key; `context` is the name of
/// a context.
pub fn load(file: &Path, env: impl IntoIterator<Item = (String, String)>, flags: &[(&str, ValueKind)]) -> (Config, Vec<Complaint>) {
    let (layers, mut complaints) = Layers::read(file, env, flags);
    let config = layers.config(None).unwrap_or_else(|why| {
        complaints.push(Complaint { origin: layers.origin(), text: why.to_string(), key: Some("context".to_owned()) });
        layers.config(Some(LOCAL)).unwrap_or_default()
    });
    complaints.extend(config.1);
    (config.0, complaints)
}

impl Layers {
    /// Reads all layers, and says all that was wrong with them.
    pub fn read(file: &Path, env: impl IntoIterator<Item = (String, String)>, flags: &[(&str, ValueKind)]) -> (Self, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let checked = file::check(file, &mut complaints);
        let (env, named_by_env) = check_env(env, &mut complaints);
        let flag = |key: &str| flags.iter().find(|it| it.0 == key).map(|it| it.1.clone());
        let named_by_flag = flag("context").and_then(|it| Value::new(None, it).into_string().ok());
        // An address on the command line is a platform of no context, whatever the environment says.
        let named = named_by_flag.or_else(|| named_by_env.filter(|_| flag("context.url").is_none()));
        let flags = flags.iter().filter(|it| it.0 != "context");
        let flags = flags.map(|(key, value)| ((*key).to_owned(), Value::new(Some(&"command line".to_owned()), value.clone()))).collect();
        (Self { path: file.to_owned(), file: checked, env, flags, named }, complaints)
    }

    /// Reads the file again. What is wrong in it now and was right before stays as it was.
    #[must_use]
    pub fn again(&self) -> (Self, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut file = file::check(&self.path, &mut complaints);
        if file.broken {
            file = self.file.clone();
        }
        for key in complaints.iter().filter_map(|it| it.key.as_deref()) {
            restore(&mut file, &self.file, key);
        }
        file.own.sort_by_key(|it| it.line);
        (Self { file, ..self.clone() }, complaints)
    }

    /// Where the file is, or would be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of all contexts, sorted; the embedded platform of this machine is always there.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.file.contexts.keys().cloned().collect();
        if !self.file.contexts.contains_key(LOCAL) {
            names.insert(0, LOCAL.to_owned());
        }
        if self.ad_hoc() && !names.contains(&self.chosen()) {
            names.insert(0, self.chosen());
        }
        names
    }

    /// The context that is meant: by flag, by the environment, by the file, or the one that is always there.
    pub fn chosen(&self) -> String {
        if self.ad_hoc() {
            let own = |key: &str| self.flags.get(key).or_else(|| self.env.get(key)).and_then(|it| it.clone().into_string().ok());
            let host = |url: String| url.split_once("://").map_or(url.clone(), |it| it.1.split('/').next().unwrap_or_default().to_owned());
            return own("context.name").or_else(|| own("context.url").map(host)).unwrap_or_else(|| LOCAL.to_owned());
        }
        self.named.clone().or_else(|| self.file.chosen.clone()).unwrap_or_else(|| LOCAL.to_owned())
    }

    /// The same, where the context `name` is meant.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        Self { named: Some(name.to_owned()), ..self.clone() }
    }

    /// The keys that the file gives to actions, by the settings that give them: `keys.time.live`.
    pub fn own_keys(&self) -> BTreeMap<String, &[String]> {
        self.file.own.iter().map(|it| (format!("keys.{}", it.action), it.keys.as_slice())).collect()
    }

    /// Whether an address was given instead of a context.
    pub fn ad_hoc(&self) -> bool {
        self.named.is_none() && (self.flags.contains_key("context.url") || self.env.contains_key("context.url"))
    }

    /// The settings in the context `name`, or in the one that is meant, and what does not go together in them.
    pub fn config(&self, name: Option<&str>) -> Result<(Config, Vec<Complaint>), NoContext> {
        let merged = self.merged(name)?;
        let built = config::Config::builder().add_source(Layer(merged)).build();
        let mut complaints = Vec::new();
        let complain = |text: String| Complaint { origin: self.origin(), text, key: None };
        let mut settings: Config = built.and_then(config::Config::try_deserialize).unwrap_or_else(|err: ConfigError| {
            complaints.push(complain(err.to_string()));
            Config::default()
        });
        settings.keys.own.clone_from(&self.file.own);
        complaints.extend(settings.keys.complaints());
        complaints.extend(settings.thresholds.mend().map(complain));
        Ok((settings, complaints))
    }

    /// Each setting that was given, with the value that counts; its origin is in it.
    pub fn merged(&self, name: Option<&str>) -> Result<Map<String, Value>, NoContext> {
        let chosen = self.chosen();
        let name = name.unwrap_or(&chosen);
        let mut all = self.file.base.clone();
        let started = *name == chosen;
        if !(started && self.ad_hoc()) {
            match self.file.contexts.get(name) {
                Some(own) => all.extend(own.clone()),
                None if name == LOCAL => {}
                None => return Err(self.no(name)),
            }
        }
        let named = self.named.is_some();
        for (layer, from_env) in [(&self.env, true), (&self.flags, false)] {
            // What was given for the context of this start says nothing of another one; nor does an address in the environment
            // of a context that was named.
            let counts = |key: &str| if started { !(named && from_env && WAY.contains(&key)) } else { !key.starts_with("context.") };
            all.extend(layer.iter().filter(|it| counts(it.0)).map(|(key, value)| (key.clone(), value.clone())));
        }
        all.entry("context.name".to_owned()).or_insert_with(|| Value::new(None, name));
        Ok(all)
    }

    /// Where `key` (`context.url`) was given for the context `name`; the file as a whole where it was not.
    pub fn origin_of(&self, name: Option<&str>, key: &str) -> Origin {
        let given = self.merged(name).ok();
        let Some(said) = given.as_ref().and_then(|it| it.get(key)?.origin()) else { return self.origin() };
        match said.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?))) {
            Some((path, line)) => Origin::File { path: path.to_owned(), line },
            None => Origin::Env(said.to_owned()),
        }
    }

    fn no(&self, name: &str) -> NoContext {
        let known = self.names();
        NoContext { name: name.to_owned(), near: nearest(name, known.iter().map(String::as_str)).map(str::to_owned), known }
    }

    fn origin(&self) -> Origin {
        Origin::File { path: self.path.display().to_string(), line: 0 }
    }
}

/// Puts the value back that `key` (`theme`, `contexts.prod.url`) had.
fn restore(file: &mut Checked, old: &Checked, key: &str) {
    if key == "context" {
        file.chosen.clone_from(&old.chosen);
        return;
    }
    let own = key.strip_prefix("keys.").and_then(|action| old.own.iter().find(|it| it.action == action));
    if let Some(own) = own {
        if !file.own.iter().any(|it| it.action == own.action) {
            file.own.push(own.clone());
        }
        return;
    }
    let (from, to, path) = match key.strip_prefix("contexts.") {
        None => (Some(&old.base), &mut file.base, key.to_owned()),
        Some(rest) => {
            // The name may have dots in it: the longest one that is there is meant.
            let names = old.contexts.keys().filter(|it| rest.strip_prefix(it.as_str()).is_some_and(|rest| rest.starts_with('.')));
            let Some(name) = names.max_by_key(|it| it.len()) else { return };
            let path = super::keys::find_in_context(&rest[name.len() + 1..]).map_or("", |it| it.path).to_owned();
            (old.contexts.get(name), file.contexts.entry(name.clone()).or_default(), path)
        }
    };
    if let Some(value) = from.and_then(|it| it.get(&path)) {
        to.entry(path).or_insert_with(|| value.clone());
    }
}

/// Where the config file is when neither `--config` nor `TRACKSIDE_CONFIG` says so: in the XDG config folder.
pub fn usual_file() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    etcetera::choose_base_strategy().ok().map(|it| it.config_dir().join("trackside").join("config.toml"))
}

/// Values by key, as a source of the `config` crate.
#[derive(Clone, Debug)]
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

/// What the environment says, and the context it names.
fn check_env(env: impl IntoIterator<Item = (String, String)>, complaints: &mut Vec<Complaint>) -> (Map<String, Value>, Option<String>) {
    let (mut out, mut named) = (Map::new(), None);
    for (name, text) in env {
        if name == CONTEXT {
            named = Some(text).filter(|it| !it.is_empty());
            continue;
        }
        let Some((path, key)) = key_of(&name) else { continue };
        let checked = key
            .ok_or_else(|| unknown(&path))
            .and_then(|key| key.kind.check(&Written::from_env(&text, key.kind)).map_err(|why| format!("`{path}` {why}")));
        match checked {
            Ok(kind) => drop(out.insert(path, Value::new(Some(&name), kind))),
            Err(text) => complaints.push(Complaint { origin: Origin::Env(name), text, key: None }),
        }
    }
    (out, named)
}

/// The setting that an environment variable is for, if it is one of ours.
fn key_of(name: &str) -> Option<(String, Option<&'static Key>)> {
    if let Some(rest) = name.strip_prefix(PREFIX) {
        let path = rest.to_ascii_lowercase().replace("__", ".");
        let key = find(&path);
        return Some((path, key));
    }
    let rest = name.strip_prefix(SHORT)?.to_ascii_lowercase();
    // Others' variables may begin so, too: what is no setting of ours is none of our business.
    KEYS.iter().find(|it| it.path.replace('.', "_") == rest).map(|it| (it.path.to_owned(), Some(it)))
}

fn unknown(path: &str) -> String {
    match nearest(path, KEYS.iter().map(|it| it.path)) {
        Some(near) => format!("there is no setting `{path}`; did you mean `{near}`?"),
        None => format!("there is no setting `{path}`"),
    }
}
