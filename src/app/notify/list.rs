//! The keys of the list of watches.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use crate::app::list_keys::scrolled;
use crate::app::state::{App, Overlay, Prompt, PromptKind};

/// A key for the list; `None`: it is closed.
pub fn key(app: &mut App, key: KeyCombination, cursor: usize) -> Option<Overlay> {
    let all = app.news.watches.len();
    let last = all.saturating_sub(1);
    match *key.codes.first() {
        KeyCode::Char('a') => {
            app.prompt_watch(None, "");
            None
        }
        KeyCode::Enter | KeyCode::Char('e') if cursor < all => {
            let typed = app.news.watches.get(cursor).map(|it| it.watch.typed.clone()).unwrap_or_default();
            app.prompt_watch(Some(cursor), &typed);
            None
        }
        KeyCode::Char('d' | 'x') | KeyCode::Delete if key.modifiers.is_empty() => {
            app.drop_watch(cursor);
            // The next one takes its place.
            Some(Overlay::Watches { cursor: cursor.min(last.saturating_sub(1)) })
        }
        _ => scrolled(key, cursor, last, app).map(|cursor| Overlay::Watches { cursor }),
    }
}

impl App {
    /// Opens the prompt for a watch: a new one, or number `index`.
    pub fn prompt_watch(&mut self, index: Option<usize>, typed: &str) {
        let kind = index.map_or(PromptKind::Watch, PromptKind::EditWatch);
        let text = typed.to_owned();
        self.prompt = Some(Prompt { kind, caret: text.len(), error: None, before: text.clone(), text });
    }
}
