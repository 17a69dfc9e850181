//! The keys of the list of contexts.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::effect::Fx;
use super::list_keys::scrolled;
use super::state::{App, Overlay};

impl App {
    /// Opens the list, on the context one is in.
    pub fn open_contexts(&mut self) {
        let cursor = self.settings.contexts.iter().position(|it| it.name == self.settings.context).unwrap_or(0);
        self.overlays.push(Overlay::Contexts { cursor });
    }
}

/// Takes a key; the list as it then is, or none.
pub fn key(app: &mut App, fx: &mut Fx, key: KeyCombination, cursor: usize) -> Option<Overlay> {
    match *key.codes.first() {
        KeyCode::Esc | KeyCode::Char('q') => None,
        KeyCode::Enter => {
            if let Some(name) = app.settings.contexts.get(cursor).map(|it| it.name.clone()) {
                app.go_to_context(fx, &name);
            }
            None
        }
        _ => {
            let most = app.settings.contexts.len().saturating_sub(1);
            let cursor = scrolled(key, cursor, most, app).unwrap_or(cursor);
            Some(Overlay::Contexts { cursor })
        }
    }
}
