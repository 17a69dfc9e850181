//! The keys of the list of contexts.

use crokey::KeyCombination;

use super::effect::Fx;
use super::name_keys::{self, After};
use super::names::Names;
use super::state::{App, Overlay};

impl App {
    /// Opens the list, on the context one is in.
    pub fn open_contexts(&mut self) {
        let cursor = self.settings.contexts.iter().position(|it| it.name == self.settings.context).unwrap_or(0);
        self.overlays.push(Overlay::Contexts(Names::on(cursor)));
    }

    /// What the contexts are called, as the list has them.
    pub fn context_names(&self) -> Vec<&str> {
        self.settings.contexts.iter().map(|it| it.name.as_str()).collect()
    }
}

/// Takes a key; the list as it then is, or none.
pub fn key(app: &mut App, fx: &mut Fx, key: KeyCombination, mut it: Names) -> Option<Overlay> {
    let names = app.context_names();
    match name_keys::key(&mut it, key, &names, app) {
        After::Stays => return Some(Overlay::Contexts(it)),
        After::Closes => {}
        After::Takes => match it.chosen(&names).and_then(|at| names.get(at)).map(|it| (*it).to_owned()) {
            Some(name) => app.go_to_context(fx, &name),
            // What was typed is not lost over a slip.
            None => return Some(Overlay::Contexts(it)),
        },
    }
    None
}
