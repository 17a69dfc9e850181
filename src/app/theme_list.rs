//! The keys of the list of themes: each is on as the cursor comes to it, and Esc puts the old one back.

use crokey::KeyCombination;

use super::name_keys::{self, After};
use super::names::Names;
use super::state::{App, Overlay};

impl App {
    /// Opens the list, on the theme that is on.
    pub fn open_themes(&mut self) {
        let before = self.settings.theme.clone();
        let cursor = self.settings.themes.iter().position(|it| *it == before).unwrap_or(0);
        self.overlays.push(Overlay::Themes { names: Names::on(cursor), before });
    }

    /// The theme under the cursor is on; where nothing fits, the one that is on stays.
    fn preview(&mut self, it: &Names) {
        if let Some(name) = it.chosen(&self.settings.themes).and_then(|at| self.settings.themes.get(at)).cloned() {
            self.settings.theme = name;
        }
    }
}

/// Takes a key; the list as it then is, or none.
pub fn key(app: &mut App, key: KeyCombination, mut names: Names, before: String) -> Option<Overlay> {
    match name_keys::key(&mut names, key, &app.settings.themes, app) {
        After::Closes => app.settings.theme = before,
        After::Takes if names.chosen(&app.settings.themes).is_some() => {}
        After::Takes => return Some(Overlay::Themes { names, before }),
        After::Stays => {
            app.preview(&names);
            return Some(Overlay::Themes { names, before });
        }
    }
    None
}

/// Takes pasted text.
pub fn paste(app: &mut App, names: &mut Names, text: &str) {
    names.paste(text, &app.settings.themes);
    app.preview(names);
}
