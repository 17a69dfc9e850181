//! Which keys mean which action, by name, in each pane. A trie, so that sequences such as `g g` have hints.
//! It holds names and never functions: recordings and the user's `[keys]` table speak the same language.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use crokey::crossterm::event::{KeyCode, KeyModifiers};
use crokey::{KeyCombination, OneToThree};

use super::chord;
use super::pane::PaneId;

/// The way out, whatever is bound.
const LEAVES: KeyCombination = KeyCombination { codes: OneToThree::One(KeyCode::Char('c')), modifiers: KeyModifiers::CONTROL };

/// What a keymap is made from: an action's name, the panes where it works, and its keys as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The action's name, and behind a space its argument, if it has one.
    pub name: String,
    pub panes: Vec<PaneId>,
    pub keys: Vec<String>,
    /// Where that is said: `default`, `preset vim`, `config.toml:12`.
    pub from: String,
}

/// A key that could not be bound, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub action: String,
    pub key: String,
    /// Where it is said.
    pub from: String,
    /// Where it is said of the action that has the key, if that is why.
    pub other: Option<String>,
    pub why: String,
}

/// What keys came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// The action's name, with its argument if it has one.
    Action(&'a str),
    /// The beginning of a sequence.
    Prefix,
    Nothing,
}

#[derive(Clone, Debug, Default)]
struct Node {
    action: Option<Bound>,
    next: HashMap<KeyCombination, Node>,
}

#[derive(Clone, Debug)]
struct Bound {
    name: String,
    from: String,
}

/// The live keymap.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    /// By `PaneId::index`.
    panes: [Node; 5],
    /// Keys by action, as they are shown.
    shown: BTreeMap<String, Vec<String>>,
}

impl Keymap {
    /// Binds all of `bindings`; of two that want one key, the first keeps it and the second is complained about.
    pub fn new(bindings: &[Binding]) -> (Self, Vec<Complaint>) {
        let mut it = Self::default();
        let mut complaints = Vec::new();
        for binding in bindings {
            for key in &binding.keys {
                if let Err((other, why)) = it.bind(binding, key) {
                    complaints.push(Complaint { action: binding.name.clone(), key: key.clone(), from: binding.from.clone(), other, why });
                }
            }
        }
        (it, complaints)
    }

    fn bind(&mut self, binding: &Binding, key: &str) -> Result<(), (Option<String>, String)> {
        let keys = chord::parse_sequence(key).map_err(|why| (None, why))?;
        if keys.contains(&LEAVES) {
            return Err((None, "`ctrl-c` always leaves, and cannot be bound".to_owned()));
        }
        for pane in &binding.panes {
            if let Some((theirs, other)) = self.panes[pane.index()].taken(&keys) {
                let (name, from, title) = (&other.name, &other.from, pane.title());
                let written = chord::format_sequence(&theirs);
                let clash = match theirs.len().cmp(&keys.len()) {
                    Ordering::Equal => format!("is already {name}"),
                    Ordering::Greater => format!("begins `{written}`, which is {name}"),
                    Ordering::Less => format!("begins with `{written}`, which is {name}"),
                };
                let why = format!("`{key}` for {} ({}) {clash} ({from}) in {title}", binding.name, binding.from);
                return Err((Some(from.clone()), why));
            }
        }
        for pane in &binding.panes {
            let mut node = &mut self.panes[pane.index()];
            for key in &keys {
                node = node.next.entry(*key).or_default();
            }
            node.action = Some(Bound { name: binding.name.clone(), from: binding.from.clone() });
        }
        let keys = chord::format_sequence(&keys);
        let (name, keys) = match binding.name.split_once(' ') {
            Some((name, arg)) => (name, format!("{keys} ({arg})")),
            None => (binding.name.as_str(), keys),
        };
        self.shown.entry(name.to_owned()).or_default().push(keys);
        Ok(())
    }

    /// What `keys` mean in `pane`.
    pub fn find(&self, pane: PaneId, keys: &[KeyCombination]) -> Found<'_> {
        let mut node = &self.panes[pane.index()];
        for key in keys {
            match node.next.get(&chord::normal(*key)) {
                Some(next) => node = next,
                None => return Found::Nothing,
            }
        }
        match &node.action {
            Some(it) => Found::Action(&it.name),
            None if node.next.is_empty() => Found::Nothing,
            None => Found::Prefix,
        }
    }

    /// What may follow `keys` in `pane`: the next key and the action it leads to.
    pub fn after(&self, pane: PaneId, keys: &[KeyCombination]) -> Vec<(String, String)> {
        let mut node = &self.panes[pane.index()];
        for key in keys {
            match node.next.get(&chord::normal(*key)) {
                Some(next) => node = next,
                None => return Vec::new(),
            }
        }
        let mut out: Vec<_> = node
            .next
            .iter()
            .map(|(key, node)| (chord::format(*key), node.action.as_ref().map_or_else(|| "…".to_owned(), |it| it.name.clone())))
            .collect();
        out.sort();
        out
    }

    /// The keys of an action, as they are shown.
    pub fn keys_of(&self, action: &str) -> &[String] {
        self.shown.get(action).map_or(&[], Vec::as_slice)
    }
}

impl Node {
    /// What already has these keys, begins with them, or is begun by them; and its own keys.
    fn taken(&self, keys: &[KeyCombination]) -> Option<(Vec<KeyCombination>, &Bound)> {
        let mut node = self;
        for (at, key) in keys.iter().enumerate() {
            if let Some(it) = &node.action {
                return Some((keys[..at].to_vec(), it));
            }
            node = node.next.get(key)?;
        }
        node.first(keys.to_vec())
    }

    fn first(&self, keys: Vec<KeyCombination>) -> Option<(Vec<KeyCombination>, &Bound)> {
        if let Some(it) = &self.action {
            return Some((keys, it));
        }
        self.next.iter().find_map(|(key, node)| node.first([keys.as_slice(), &[*key]].concat()))
    }
}
