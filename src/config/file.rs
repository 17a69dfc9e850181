//! The config file, checked key by key before anything of it counts: one bad line costs that line and nothing else.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use config::{Map, Value, ValueKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::bindings;
use super::complaint::{Complaint, Origin, nearest};
use super::keys::{KEYS, Key, Kind, Written, check_name, find, find_in_context, in_context};
use super::settings::LOCAL;
use crate::app::bindings::Own;

/// A config file that is larger is none.
const MAX_FILE: u64 = 1024 * 1024;

/// What a file says, as far as it fits. Each value knows its line.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// By key: `theme`.
    pub base: Map<String, Value>,
    /// By the name of the context, then by the key it stands for: `context.url`, `theme`.
    pub contexts: BTreeMap<String, Map<String, Value>>,
    /// The context to use when nobody names one.
    pub chosen: Option<String>,
    /// The keys of the keyboard, which have names of their own; in the order of their lines.
    pub own: Vec<Own>,
    /// It could not be read, or not be understood as TOML.
    pub broken: bool,
}

/// Reads and checks `file`; one that is not there says nothing.
pub fn check(file: &Path, complaints: &mut Vec<Complaint>) -> Checked {
    let name = file.display().to_string();
    match read(file) {
        Ok(text) => check_text(&name, &text, complaints),
        Err(text) => {
            complaints.push(Complaint { origin: Origin::File { path: name, line: 0 }, text, key: None });
            Checked { broken: true, ..Checked::default() }
        }
    }
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

/// Checks `text`, which is called `name`.
pub fn check_text(name: &str, text: &str, complaints: &mut Vec<Complaint>) -> Checked {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut it = Reading { name, text, complaints, out: Checked { broken: !errors.is_empty(), ..Checked::default() } };
    for error in errors {
        let at = error.span().unwrap_or_default();
        it.complain(&at, None, error.message().to_owned());
    }
    it.top(table.get_ref());
    // Of two that want one key the first keeps it: the first as it is read.
    it.out.own.sort_by_key(|it| it.line);
    it.out
}

/// Where a table stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The context it is about; `None`: all of them.
    context: Option<&'a str>,
    /// Its path from there.
    path: &'a str,
}

impl Place<'_> {
    fn find(self, path: &str) -> Option<&'static Key> {
        if self.context.is_some() { find_in_context(path) } else { find(path) }
    }

    fn known(self) -> Vec<&'static str> {
        if self.context.is_some() { in_context().map(|it| it.0).collect() } else { KEYS.iter().map(|it| it.path).collect() }
    }

    fn shown(self, path: &str) -> String {
        self.context.map_or_else(|| path.to_owned(), |name| format!("contexts.{name}.{path}"))
    }
}

struct Reading<'a> {
    name: &'a str,
    text: &'a str,
    complaints: &'a mut Vec<Complaint>,
    out: Checked,
}

impl Reading<'_> {
    fn top(&mut self, table: &DeTable<'_>) {
        self.table(Place { context: None, path: "" }, table);
        // One context alone may stand in `[context]`: it is as any other, under its name.
        let flat: Vec<String> = self.out.base.keys().filter(|it| it.starts_with("context.")).cloned().collect();
        if !flat.is_empty() {
            let own: Map<String, Value> = flat.into_iter().filter_map(|key| Some((key.clone(), self.out.base.remove(&key)?))).collect();
            let name = own.get("context.name").and_then(|it| it.clone().into_string().ok()).unwrap_or_else(|| LOCAL.to_owned());
            self.out.contexts.entry(name.clone()).or_default().extend(own);
            self.out.chosen = Some(name);
        }
        for (name, own) in &mut self.out.contexts {
            own.entry("context.name".to_owned()).or_insert_with(|| Value::new(None, name.clone()));
        }
    }

    fn table(&mut self, at: Place<'_>, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = if at.path.is_empty() { key.get_ref().to_string() } else { format!("{}.{}", at.path, key.get_ref()) };
            match (at.context, path.as_str(), value.get_ref()) {
                (None, "contexts", DeValue::Table(all)) => self.contexts(all),
                (None, "context", DeValue::String(name)) => self.choose(name, &value.span()),
                (_, _, DeValue::Table(inner)) if is_table(at, &path) => self.table(Place { path: &path, ..at }, inner),
                (None, _, value) if let Some(action) = own_action(&path) => self.own_key(action, (&path, value), &key.span()),
                _ => self.one(at, &path, &key.span(), value),
            }
        }
    }

    fn own_key(&mut self, action: &str, (path, value): (&str, &DeValue<'_>), at: &Range<usize>) {
        // `time.live = "L"` without quotes is a table.
        if let DeValue::Table(inner) = value {
            return self.table(Place { context: None, path }, inner);
        }
        match bindings::read(action, &written(value)) {
            Ok((keys, wrong)) => {
                self.out.own.push(Own { action: action.to_owned(), keys, file: self.name.to_owned(), line: self.line(at.start) });
                for why in wrong {
                    self.complain(at, Some(path.to_owned()), why);
                }
            }
            Err(why) => self.complain(at, Some(path.to_owned()), why),
        }
    }

    fn contexts(&mut self, all: &DeTable<'_>) {
        for (name, value) in all {
            let shown = format!("contexts.{}", name.get_ref());
            match (check_name(name.get_ref()), value.get_ref()) {
                (Err(why), _) => self.complain(&name.span(), None, why),
                (Ok(()), DeValue::Table(table)) => {
                    self.out.contexts.entry(name.get_ref().to_string()).or_default();
                    self.table(Place { context: Some(name.get_ref()), path: "" }, table);
                }
                (Ok(()), _) => self.complain(&value.span(), Some(shown.clone()), format!("`{shown}` should be a table: [{shown}]")),
            }
        }
    }

    fn choose(&mut self, name: &str, at: &Range<usize>) {
        match check_name(name) {
            Ok(()) => self.out.chosen = Some(name.to_owned()),
            Err(why) => self.complain(at, Some("context".to_owned()), why),
        }
    }

    fn one(&mut self, at: Place<'_>, path: &str, key: &Range<usize>, value: &Spanned<DeValue<'_>>) {
        let shown = at.shown(path);
        let Some(known) = at.find(path) else {
            let (near, text) = unknown(&shown, path, &at);
            return self.complain(key, near, text);
        };
        if let (DeValue::Array(items), true) = (value.get_ref(), known.kind.is_list()) {
            return self.list(at, (known, &shown), items, &value.span());
        }
        match known.kind.check(&written(value.get_ref())) {
            Ok(kind) => self.keep(at, known, kind, value.span().start),
            Err(why) => self.complain(&value.span(), Some(shown.clone()), format!("`{shown}` {why}")),
        }
    }

    /// A list of which each thing counts by itself: one that does not fit costs that one, and is said with its own line.
    fn list(&mut self, at: Place<'_>, (key, shown): (&Key, &str), items: &[Spanned<DeValue<'_>>], whole: &Range<usize>) {
        let mut good = Vec::new();
        for item in items {
            match key.kind.item(&written(item.get_ref())) {
                Ok(it) => good.push(Value::new(None, it)),
                Err(why) => self.complain(&item.span(), Some(shown.to_owned()), format!("`{shown}`: {why}")),
            }
        }
        // A command that lacks a word is another command.
        let whole_only = key.kind == Kind::Command && good.len() < items.len();
        if whole_only {
            return;
        }
        if good.is_empty()
            && let Err(why) = key.kind.check(&Written::List(Vec::new()))
        {
            // Each of its things was complained about; an empty list has nothing but itself.
            if items.is_empty() {
                self.complain(whole, Some(shown.to_owned()), format!("`{shown}` {why}"));
            }
            return;
        }
        self.keep(at, key, ValueKind::Array(good), whole.start);
    }

    fn keep(&mut self, at: Place<'_>, key: &Key, kind: ValueKind, from: usize) {
        let value = Value::new(Some(&format!("{}:{}", self.name, self.line(from))), kind);
        let own = match at.context {
            Some(name) => self.out.contexts.entry(name.to_owned()).or_default(),
            None => &mut self.out.base,
        };
        own.insert(key.path.to_owned(), value);
    }

    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        1 + memchr::memchr_iter(b'\n', before).count()
    }

    fn complain(&mut self, at: &Range<usize>, key: Option<String>, text: String) {
        let origin = Origin::File { path: self.name.to_owned(), line: self.line(at.start) };
        self.complaints.push(Complaint { origin, text, key });
    }
}

/// The action whose keys `path` gives.
fn own_action(path: &str) -> Option<&str> {
    path.strip_prefix("keys.").filter(|it| *it != "preset")
}

fn is_table(at: Place<'_>, path: &str) -> bool {
    at.known().iter().any(|it| it.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// What is said about a setting that does not exist, and which one was probably meant.
fn unknown(shown: &str, path: &str, at: &Place<'_>) -> (Option<String>, String) {
    if at.path != "keys" && matches!(path.rsplit('.').next(), Some("token" | "password" | "secret")) {
        let text =
            format!("`{shown}`: no secret belongs in this file; `trackside login` keeps it, or name a token_file or a token_command");
        return (None, text);
    }
    let known = at.known();
    let tables = known.iter().filter_map(|it| it.split_once('.')).map(|(table, _)| table);
    let near = nearest(path, known.iter().copied().chain(tables).chain(at.context.is_none().then_some("contexts")));
    match near.map(|it| at.shown(it)) {
        Some(near) => (Some(near.clone()), format!("there is no setting `{shown}`; did you mean `{near}`?")),
        None => (None, format!("there is no setting `{shown}`")),
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
