//! What the reader chose to do with fields of structured lines: leave them out, put them first, give them a column. Data only.

use std::collections::{BTreeMap, HashMap};

use crate::model::ids::ServiceId;

/// Most fields chosen for one thing: a screen has no room for more columns, and nobody leaves out more by hand.
const MOST: usize = 32;

/// What is done with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Left out of the line; the record still has it.
    Hidden,
    /// In front of the message.
    First,
    /// In a column of its own.
    Column,
}

impl Way {
    /// As the reader sees it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::First => "first",
            Self::Column => "column",
        }
    }
}

/// What is done with the fields of lines of one sort of service, each in the order it was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub hidden: Vec<String>,
    pub first: Vec<String>,
    pub columns: Vec<String>,
}

impl Choice {
    /// The fields something is done with this way.
    pub fn of(&self, way: Way) -> &[String] {
        match way {
            Way::Hidden => &self.hidden,
            Way::First => &self.first,
            Way::Column => &self.columns,
        }
    }

    /// What is done with the field; the list it is in, if any.
    pub fn way(&self, name: &str) -> Option<Way> {
        [Way::Hidden, Way::First, Way::Column].into_iter().find(|way| self.of(*way).iter().any(|it| it == name))
    }

    /// What is done with the field of that path, or with the one it is inside of.
    pub fn way_of_path(&self, path: &str) -> Option<Way> {
        let mut end = Some(path.len());
        while let Some(name) = end.and_then(|it| path.get(..it)) {
            if let Some(way) = self.way(name).filter(|way| name == path || *way != Way::Column) {
                return Some(way);
            }
            end = name.rfind('.');
        }
        None
    }

    fn drop(&mut self, name: &str) {
        for list in [&mut self.hidden, &mut self.first, &mut self.columns] {
            list.retain(|it| it != name);
        }
    }

    fn is_empty(&self) -> bool {
        self.hidden.is_empty() && self.first.is_empty() && self.columns.is_empty()
    }
}

/// All choices, by what kind the services are: programs of one kind mostly write the same fields.
#[derive(Debug, Default)]
pub struct Choices {
    by_kind: BTreeMap<String, Choice>,
    kinds: HashMap<ServiceId, String>,
}

impl Choices {
    /// Lines of `service` are of this kind.
    pub fn learn(&mut self, service: &ServiceId, kind: &str) {
        if self.kinds.get(service).is_none_or(|it| it != kind) {
            self.kinds.insert(service.clone(), kind.to_owned());
        }
    }

    /// The kind of a service; empty for the platform's own lines and what is not known.
    pub fn kind(&self, service: Option<&ServiceId>) -> &str {
        service.and_then(|it| self.kinds.get(it)).map_or("", String::as_str)
    }

    /// What is done with fields of the lines of a service; `None`: nothing.
    pub fn get(&self, service: Option<&ServiceId>) -> Option<&Choice> {
        if self.by_kind.is_empty() { None } else { self.by_kind.get(self.kind(service)) }
    }

    /// Does this with the field of lines of `service`, or no more if it is done already. `false`: there are too many.
    pub fn toggle(&mut self, service: Option<&ServiceId>, name: &str, way: Way) -> bool {
        let kind = self.kind(service).to_owned();
        let choice = self.by_kind.entry(kind.clone()).or_default();
        let was = choice.way(name);
        choice.drop(name);
        let list = match way {
            Way::Hidden => &mut choice.hidden,
            Way::First => &mut choice.first,
            Way::Column => &mut choice.columns,
        };
        let full = list.len() >= MOST;
        if was != Some(way) && !full {
            list.push(name.to_owned());
        }
        if choice.is_empty() {
            self.by_kind.remove(&kind);
        }
        was == Some(way) || !full
    }

    /// Everything that was chosen: kind, what, field.
    pub fn all(&self) -> Vec<(&str, Way, &str)> {
        let ways = [Way::Column, Way::First, Way::Hidden];
        let rows = self.by_kind.iter().flat_map(|(kind, choice)| {
            ways.into_iter().flat_map(move |way| choice.of(way).iter().map(move |it| (kind.as_str(), way, it.as_str())))
        });
        rows.collect()
    }

    /// Takes one choice back.
    pub fn forget(&mut self, kind: &str, name: &str) {
        if let Some(choice) = self.by_kind.get_mut(kind) {
            choice.drop(name);
            if choice.is_empty() {
                self.by_kind.remove(kind);
            }
        }
    }

    /// Takes all choices back.
    pub fn clear(&mut self) {
        self.by_kind.clear();
    }

    /// The fields that have columns for any of these services, each once; `None`: all services, and the platform.
    pub fn columns<'a>(&'a self, services: Option<&std::collections::BTreeSet<ServiceId>>) -> Vec<&'a str> {
        let mut out: Vec<&str> = Vec::new();
        for (kind, choice) in &self.by_kind {
            let wanted = services.is_none_or(|all| all.iter().any(|it| self.kind(Some(it)) == kind));
            for name in choice.columns.iter().filter(|_| wanted) {
                if !out.contains(&name.as_str()) {
                    out.push(name);
                }
            }
        }
        out
    }
}
