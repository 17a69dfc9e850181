//! Which keys mean which action, by name, in each pane. A trie, so that sequences such as `g g` have hints.
//! It holds names and never functions: recordings and the user's `[keys]` table speak the same language.

use std::collections::{BTreeMap, HashMap};

use crokey::KeyCombination;

use super::chord;
use super::pane::PaneId;

/// What a keymap is made from: an action's name, the panes where it works, and its keys as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub name: String,
    pub panes: Vec<PaneId>,
    pub keys: Vec<String>,
}

/// A key that could not be bound, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub action: String,
    pub key: String,
    pub why: String,
}

/// What keys came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// The action's name.
    Action(&'a str),
    /// The beginning of a sequence.
    Prefix,
    Nothing,
}

#[derive(Clone, Debug, Default)]
struct Node {
    action: Option<String>,
    next: HashMap<KeyCombination, Node>,
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
                if let Err(why) = it.bind(binding, key) {
                    complaints.push(Complaint { action: binding.name.clone(), key: key.clone(), why });
                }
            }
        }
        (it, complaints)
    }

    fn bind(&mut self, binding: &Binding, key: &str) -> Result<(), String> {
        let keys = chord::parse_sequence(key)?;
        for pane in &binding.panes {
            if let Some(other) = self.panes[pane.index()].taken(&keys) {
                return Err(format!("`{key}` is already {other} in {}", pane.title()));
            }
        }
        for pane in &binding.panes {
            let mut node = &mut self.panes[pane.index()];
            for key in &keys {
                node = node.next.entry(*key).or_default();
            }
            node.action = Some(binding.name.clone());
        }
        self.shown.entry(binding.name.clone()).or_default().push(chord::format_sequence(&keys));
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
            Some(name) => Found::Action(name),
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
        let mut out: Vec<_> =
            node.next.iter().map(|(key, node)| (chord::format(*key), node.action.clone().unwrap_or_else(|| "…".to_owned()))).collect();
        out.sort();
        out
    }

    /// The keys of an action, as they are shown.
    pub fn keys_of(&self, action: &str) -> &[String] {
        self.shown.get(action).map_or(&[], Vec::as_slice)
    }
}

impl Node {
    /// The action that already has these keys, begins with them, or is begun by them.
    fn taken(&self, keys: &[KeyCombination]) -> Option<&str> {
        let mut node = self;
        for key in keys {
            if let Some(name) = &node.action {
                return Some(name);
            }
            node = node.next.get(key)?;
        }
        node.first()
    }

    fn first(&self) -> Option<&str> {
        self.action.as_deref().or_else(|| self.next.values().find_map(Self::first))
    }
}
