//! Which keys are bound to what: the person's own over a preset over the table of actions. What keys come to is in `keymap`.

use super::action::{ANYWHERE, Action};
use super::actions;
use super::bindings::Keys;
use super::keymap::{Binding, Complaint, Keymap};

impl Keys {
    /// What the keymap is made from: what the person said comes first, and so wins.
    pub fn bindings(&self) -> Vec<Binding> {
        let own = self.own.iter().filter_map(|it| {
            let action = actions::find(it.action.split(' ').next().unwrap_or_default())?;
            Some(binding(action, &it.action, it.keys.iter().map(String::as_str), format!("{}:{}", it.file, it.line)))
        });
        let rest = actions::all().filter(|action| !self.own.iter().any(|it| it.action == action.name)).map(|action| {
            match self.preset.differences().iter().find(|(name, _)| *name == action.name) {
                Some((_, keys)) => binding(action, action.name, keys.iter().copied(), format!("preset {}", self.preset.name())),
                None => binding(action, action.name, action.keys.iter().copied(), "default".to_owned()),
            }
        });
        own.chain(rest).collect()
    }

    /// Keys that two actions want, and those that are no keys.
    pub fn clashes(&self) -> Vec<Complaint> {
        Keymap::new(&self.bindings()).1
    }
}

fn binding<'a>(action: &Action, name: &str, keys: impl Iterator<Item = &'a str>, from: String) -> Binding {
    Binding {
        name: name.to_owned(),
        // An action that has no key of its own belongs to no pane; who gives it one wants it everywhere.
        panes: if action.panes.is_empty() { ANYWHERE } else { action.panes }.to_vec(),
        keys: keys.map(str::to_owned).collect(),
        from,
    }
}
