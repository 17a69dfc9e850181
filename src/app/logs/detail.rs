//! One log record in full, taken out of the store: every field in the order of the line, what is inside of others by its path.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

use super::fields::Kind;
use super::intake::Logs;
use super::line::{Flags, Line, Seq};
use super::pretty::pretty;
use crate::model::fields::{self, Form, RawField};
use crate::model::log::{Level, LogKind};
use crate::model::text::clean_line;
use crate::model::time::Time;

/// Most fields of a record that are listed; those left out are counted.
const MOST: usize = 512;
/// Objects inside of objects are taken apart down to here; what lies deeper is one JSON value.
const DEEPEST: usize = 12;

/// A record. It holds its texts itself: the line may make room while it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    pub seq: Seq,
    pub at: Time,
    pub level: Level,
    /// Name of the service, with the replica: `api.2`.
    pub whose: String,
    pub entries: Vec<Entry>,
    /// Fields that are not listed.
    pub more: usize,
    /// The record as one JSON object.
    pub json: String,
    /// What it is as JSON to be read, line by line; made when it is asked for.
    source: String,
}

/// A field, or something that is known of the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As it is shown: `http.headers[0].name`. Clean.
    pub name: String,
    /// In full and clean, without quotes.
    pub value: String,
    pub kind: Kind,
    pub of: Whence,
}

/// Where an entry comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Whence {
    /// A field of the line. The path is as it stands there, without the places in lists; the value too, where cleaning changed it.
    Field {
        path: String,
        raw: Option<String>,
        /// What the platform says of the line too, in other words perhaps: that is what lines of any form share.
        meant: Option<Box<Whence>>,
    },
    /// What the platform says of the line.
    Level(Level),
    Service,
    Deployment,
    Replica(u16),
    Kind(LogKind),
    /// When, or which: nothing that other lines share.
    Own,
    /// The whole line, which has no fields.
    Text,
}

impl Entry {
    /// The field's path, as it stands in the line; `None`: it is no field.
    pub fn path(&self) -> Option<&str> {
        if let Whence::Field { path, .. } = &self.of { Some(path) } else { None }
    }

    /// As a JSON object of one member.
    pub fn json(&self) -> String {
        let raw = if let Whence::Field { raw: Some(raw), .. } = &self.of { raw } else { &self.value };
        let parsed = if self.kind == Kind::Text { None } else { serde_json::from_str::<Box<RawValue>>(raw).ok() };
        let value = parsed.or_else(|| to_raw_value(&self.value).ok());
        let name = self.path().unwrap_or(&self.name);
        serde_json::to_string(&BTreeMap::from([(clean_line(name), value)])).unwrap_or_default()
    }
}

impl Detail {
    /// As JSON to be read: the line itself where it is JSON, else the whole record.
    pub fn pretty(&self) -> Vec<String> {
        pretty(&self.source)
    }

    /// Where the entry is that is called as `other` and of the same sort; else the first.
    pub fn place(&self, other: &Entry) -> usize {
        let same = |it: &Entry| it.name == other.name && it.path().is_some() == other.path().is_some();
        self.entries.iter().position(same).unwrap_or(0)
    }
}

impl Logs {
    /// Line `seq` in full; `None`: it is no line, or not held any more.
    pub fn detail(&self, seq: Seq) -> Option<Detail> {
        let line = self.store.line(seq)?;
        let json = super::copy::json(&line);
        let mut list = List::default();
        let structured = list.fields(&line);
        if !structured {
            list = List::default();
            list.entries.push(Entry { name: "text".to_owned(), value: line.text.to_string(), kind: Kind::Text, of: Whence::Text });
        }
        self.known(&line, &mut list.entries);
        join(&mut list.entries);
        let label = self.label_of(line.origin.service.as_ref());
        let whose = if line.origin.replica > 0 { format!("{label}.{}", line.origin.replica) } else { label.to_owned() };
        let is_json = structured && line.flags.has(Flags::JSON);
        let source = if is_json { line.text.to_string() } else { json.clone() };
        Some(Detail { seq, at: line.at, level: line.level, whose, entries: list.entries, more: list.more, json, source })
    }

    /// The record the reader stands on.
    pub fn detail_here(&self) -> Option<Detail> {
        self.cursor().and_then(|it| self.detail(it))
    }

    /// The next record that is a line, newer or older than the one the reader stands on, and the reader on it.
    pub fn next_record(&mut self, newer: bool) -> Option<Detail> {
        let mut at = self.cursor()?;
        loop {
            at = if newer { self.shown_from(at.plus(1)) } else { self.shown_before(at) }?;
            // What is said in the place of lines is no record.
            if let Some(it) = self.detail(at) {
                self.go_to(at);
                return Some(it);
            }
        }
    }

    /// What the platform says of the line.
    fn known(&self, line: &Line<'_>, entries: &mut Vec<Entry>) {
        let mut put = |name: &str, value: String, of: Whence| {
            if !value.is_empty() {
                entries.push(Entry { name: name.to_owned(), value, kind: Kind::Text, of });
            }
        };
        let origin = line.origin;
        put("service", origin.service.as_ref().map_or_else(String::new, |it| self.label_of(Some(it)).to_owned()), Whence::Service);
        if origin.replica > 0 {
            put("replica", origin.replica.to_string(), Whence::Replica(origin.replica));
        }
        put("deployment", origin.deployment.as_ref().map_or_else(String::new, ToString::to_string), Whence::Deployment);
        put("level", line.level.word().to_owned(), Whence::Level(line.level));
        put("kind", origin.kind.to_string(), Whence::Kind(origin.kind.clone()));
        put("arrived", line.at.to_string(), Whence::Own);
        put("offset", line.off.to_string(), Whence::Own);
    }
}

/// Entries being listed.
#[derive(Default)]
struct List {
    entries: Vec<Entry>,
    more: usize,
}

impl List {
    /// The fields of a line; `false`: it has none, and what was listed means nothing.
    fn fields(&mut self, line: &Line<'_>) -> bool {
        let form = match line.flags {
            it if it.has(Flags::JSON) => Form::Json,
            it if it.has(Flags::LOGFMT) => Form::Logfmt,
            _ => return false,
        };
        let read = fields::each(&line.text, form, &mut |it: RawField<'_>| self.field(&it.name, &it.name, &it.value, it.kind, 0));
        read.is_some() && !self.entries.is_empty()
    }

    /// Lists a field; one that holds others as these. `path`: as a query finds it, `name`: with the places in lists.
    fn field(&mut self, path: &str, name: &str, value: &str, kind: Kind, depth: usize) {
        if kind == Kind::Nested && depth < DEEPEST && self.entries.len() < MOST {
            let before = self.entries.len();
            let more = self.more;
            let read = if value.starts_with('{') {
                fields::members(value, &mut |it| {
                    self.field(&format!("{path}.{}", it.name), &format!("{name}.{}", it.name), &it.value, it.kind, depth + 1);
                })
            } else if holds_objects(value) {
                let mut n = 0;
                fields::elements(value, &mut |it, kind| {
                    self.field(path, &format!("{name}[{n}]"), &it, kind, depth + 1);
                    n += 1;
                })
            } else {
                None
            };
            if read.is_some() && self.entries.len() > before {
                return;
            }
            self.entries.truncate(before);
            self.more = more;
        }
        if self.entries.len() >= MOST {
            self.more += 1;
            return;
        }
        let clean = clean_line(value);
        let raw = (clean != value).then(|| value.to_owned());
        let of = Whence::Field { path: path.to_owned(), raw, meant: None };
        self.entries.push(Entry { name: clean_line(name).into_owned(), value: clean.into_owned(), kind, of });
    }
}

/// Fields that say what the platform knows of the line are asked for as that: `level=error` finds what other forms call `ERR`, too.
fn join(entries: &mut [Entry]) {
    let known: Vec<(Whence, String)> =
        entries.iter().filter(|it| it.path().is_none()).map(|it| (it.of.clone(), it.value.clone())).collect();
    for it in entries {
        let Whence::Field { path, meant, .. } = &mut it.of else { continue };
        let said = it.value.to_lowercase();
        let same = |(of, value): &&(Whence, String)| match (path.to_lowercase().as_str(), of) {
            ("level" | "lvl" | "sev" | "severity" | "loglevel" | "log.level" | "log_level" | "levelname", Whence::Level(level)) => {
                says(&said, *level)
            }
            ("service" | "service.name", Whence::Service)
            | ("replica", Whence::Replica(_))
            | ("deploy" | "deployment" | "deployment_id", Whence::Deployment) => said == value.to_lowercase(),
            _ => false,
        };
        *meant = known.iter().find(same).map(|(of, _)| Box::new(of.clone()));
    }
}

/// Whether a word (or number, as Pino and Bunyan write them) in small letters is one for this level.
fn says(said: &str, level: Level) -> bool {
    if let Ok(number) = said.parse::<usize>() {
        return number / 10 == level as usize + 1;
    }
    let fatal = ["crit", "emerg", "alert", "panic"];
    said.starts_with(level.word().get(..1).unwrap_or_default()) || (level == Level::Fatal && fatal.iter().any(|it| said.starts_with(it)))
}

/// Whether a JSON list has an object in it: one of plain values is read best as it is.
fn holds_objects(list: &str) -> bool {
    let mut any = false;
    let read = fields::elements(list, &mut |it: Cow<'_, str>, kind| any = any || (kind == Kind::Nested && it.starts_with('{')));
    read.is_some() && any
}
