//! Settings in layers: defaults, then the file, then the environment, then flags. Each layer is checked key by key before
//! it counts, so one bad line costs that line and nothing else.

use std::ops::Range;
use std::path::{Path, PathBuf};

use config::{ConfigError, Map, Source, Value, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::complaint::{Complaint, Origin, nearest};
use super::keys::{KEYS, Kind, Written, find};
use super::settings::Config;

/// What environment variables of ours begin with; two underscores, so that nothing else of that name is taken for one.
const PREFIX: &str = "TRACKSIDE__";
/// A config file that is larger is none.
const MAX_FILE: u64 = 1024 * 1024;

/// The settings, and all that was wrong with what was given. `flags` are what the command line says, by key.
pub fn load(file: &Path, env: impl IntoIterator<Item = (String, String)>, flags: &[(&str, ValueKind)]) -> (Config, Vec<Complaint>) {
    let mut complaints = Vec::new();
    let name = name_of(file);
    let from_file = match read(file) {
        Ok(text) => check_file(&name, &text, &mut complaints),
        Err(text) => {
            complaints.push(Complaint { origin: Origin::File { path: name, line: 0 }, text });
            Checked::default()
        }
    };
    let from_env = check_env(env, &mut complaints);
    let from_flags = Checked(flags.iter().map(|(key, value)| ((*key).to_owned(), Value::new(None, value.clone()))).collect());
    let merged = config::Config::builder().add_source(from_file).add_source(from_env).add_source(from_flags).build();
    let mut settings: Config = merged.and_then(config::Config::try_deserialize).unwrap_or_else(|err: ConfigError| {
        let origin = Origin::File { path: name_of(file), line: 0 };
        complaints.push(Complaint { origin, text: err.to_string() });
        Config::default()
    });
    complaints.extend(settings.thresholds.mend().map(|text| Complaint { origin: Origin::File { path: name_of(file), line: 0 }, text }));
    (settings, complaints)
}

fn name_of(file: &Path) -> String {
    file.display().to_string()
}

/// Where the config file is: `--config`, `TRACKSIDE_CONFIG`, else in the XDG config folder.
pub fn usual_file() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    etcetera::choose_base_strategy().ok().map(|it| it.config_dir().join("trackside").join("config.toml"))
}

fn read(file: &Path) -> Result<String, String> {
    match std::fs::metadata(file) {
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(err) => return Err(format!("cannot be read: {err}")),
        Ok(meta) if meta.len() > MAX_FILE => return Err(format!("is larger than {MAX_FILE} bytes, so it is not read")),
        Ok(_) => {}
    }
    let bytes = std::fs::read(file).map_err(|err| format!("cannot be read: {err}"))?;
    String::from_utf8(bytes).map_err(|err| format!("is not UTF-8 (byte {})", err.utf8_error().valid_up_to()))
}

/// Values that fit, by key.
#[derive(Clone, Debug, Default)]
struct Checked(Map<String, Value>);

impl Source for Checked {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

fn check_file(name: &str, text: &str, complaints: &mut Vec<Complaint>) -> Checked {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut it = FileCheck { name, text, complaints, out: Checked::default() };
    for error in errors {
        let at = error.span().unwrap_or_default();
        it.complain(&at, error.message().to_owned());
    }
    it.table("", table.get_ref());
    it.out
}

struct FileCheck<'a> {
    name: &'a str,
    text: &'a str,
    complaints: &'a mut Vec<Complaint>,
    out: Checked,
}

impl FileCheck<'_> {
    fn table(&mut self, above: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = if above.is_empty() { key.get_ref().to_string() } else { format!("{above}.{}", key.get_ref()) };
            if let (DeValue::Table(inner), true) = (value.get_ref(), is_table(&path)) {
                self.table(&path, inner);
                continue;
            }
            let Some(known) = find(&path) else {
                self.complain(&key.span(), unknown(&path));
                continue;
            };
            if let (DeValue::Array(items), true) = (value.get_ref(), known.kind.is_list()) {
                self.list(path, known.kind, items, &value.span());
                continue;
            }
            match known.kind.check(&written(value.get_ref())) {
                Ok(kind) => drop(self.out.0.insert(path, Value::new(Some(&self.name.to_owned()), kind))),
                Err(why) => self.complain(&value.span(), format!("`{path}` {why}")),
            }
        }
    }

    /// A list of which each thing counts by itself: one that does not fit costs that one, and is said with its own line.
    fn list(&mut self, path: String, kind: Kind, items: &[Spanned<DeValue<'_>>], whole: &Range<usize>) {
        let mut good = Vec::new();
        for item in items {
            match kind.item(&written(item.get_ref())) {
                Ok(it) => good.push(Value::new(None, it)),
                Err(why) => self.complain(&item.span(), format!("`{path}`: {why}")),
            }
        }
        if good.is_empty()
            && let Err(why) = kind.check(&Written::List(Vec::new()))
        {
            // Each of its things was complained about; an empty list has nothing but itself.
            if items.is_empty() {
                self.complain(whole, format!("`{path}` {why}"));
            }
            return;
        }
        self.out.0.insert(path, Value::new(Some(&self.name.to_owned()), ValueKind::Array(good)));
    }

    fn complain(&mut self, at: &Range<usize>, text: String) {
        let before = self.text.as_bytes().get(..at.start).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        self.complaints.push(Complaint { origin: Origin::File { path: self.name.to_owned(), line }, text });
    }
}

fn check_env(env: impl IntoIterator<Item = (String, String)>, complaints: &mut Vec<Complaint>) -> Checked {
    let mut out = Checked::default();
    for (name, text) in env {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let path = rest.to_ascii_lowercase().replace("__", ".");
        let checked = find(&path)
            .ok_or_else(|| unknown(&path))
            .and_then(|key| key.kind.check(&Written::from_env(&text, key.kind)).map_err(|why| format!("`{path}` {why}")));
        match checked {
            Ok(kind) => drop(out.0.insert(path, Value::new(Some(&name), kind))),
            Err(text) => complaints.push(Complaint { origin: Origin::Env(name), text }),
        }
    }
    out
}

fn is_table(path: &str) -> bool {
    KEYS.iter().any(|it| it.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

fn unknown(path: &str) -> String {
    let tables = KEYS.iter().filter_map(|it| it.path.split_once('.')).map(|(table, _)| table);
    match nearest(path, KEYS.iter().map(|it| it.path).chain(tables)) {
        Some(near) => format!("there is no setting `{path}`; did you mean `{near}`?"),
        None => format!("there is no setting `{path}`"),
    }
}

fn written(value: &DeValue<'_>) -> Written {
    match value {
        DeValue::String(text) => Written::Text(text.to_string()),
        DeValue::Boolean(it) => Written::Flag(*it),
        DeValue::Integer(it) => {
            i64::from_str_radix(it.as_str(), it.radix()).map_or(Written::Other("a number that is too large"), Written::Whole)
        }
        DeValue::Float(it) => it.as_str().parse().map_or(Written::Other("no number"), Written::Real),
        DeValue::Array(all) => Written::List(all.iter().map(|it| written(it.get_ref())).collect()),
        DeValue::Table(_) => Written::Other("a table"),
        DeValue::Datetime(it) => Written::Date(it.to_string()),
    }
}
