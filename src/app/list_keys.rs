//! The keys that move in any list or text over the panes.

use crokey::KeyCombination;
use crokey::crossterm::event::{KeyCode, KeyModifiers};

use super::state::App;

/// Moves in a list or a text; `None`: the key closes it.
pub fn scrolled(key: KeyCombination, at: usize, most: usize, app: &App) -> Option<usize> {
    let page = usize::from(app.areas().body.height / 2).max(1);
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(
        match *key.codes.first() {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => return None,
            KeyCode::Down | KeyCode::Char('j') => at.saturating_add(1),
            KeyCode::Char('n') if ctrl => at.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
            KeyCode::Char('p') if ctrl => at.saturating_sub(1),
            KeyCode::PageDown => at.saturating_add(page),
            KeyCode::Char('d') if ctrl => at.saturating_add(page),
            KeyCode::PageUp => at.saturating_sub(page),
            KeyCode::Char('u') if ctrl => at.saturating_sub(page),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => most,
            _ => at,
        }
        .min(most),
    )
}
