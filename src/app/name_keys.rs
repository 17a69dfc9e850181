//! The keys of a list of names: letters are typed and narrow it, so they are no motions there.

use crokey::KeyCombination;
use crokey::crossterm::event::{KeyCode, KeyModifiers};

use super::chord;
use super::input;
use super::list_keys::scrolled;
use super::names::Names;
use super::state::App;

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Stays,
    Closes,
    /// The name under the cursor is the one.
    Takes,
}

/// Gives `key` to the list `it` of `names`.
pub fn key<S: AsRef<str>>(it: &mut Names, key: KeyCombination, names: &[S], app: &App) -> After {
    let code = *key.codes.first();
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let edits = chord::typed(key).is_some() || code == KeyCode::Backspace;
    // Without anything typed they move, as in every list.
    let cuts = ctrl && matches!(code, KeyCode::Char('u' | 'w' | 'h')) && !it.typed.is_empty();
    match code {
        KeyCode::Enter => return After::Takes,
        // What was typed is left first, then the list.
        KeyCode::Esc if it.typed.is_empty() => return After::Closes,
        KeyCode::Esc => it.retype(names, |typed, _| typed.clear()),
        _ if edits || cuts => it.retype(names, |typed, caret| {
            input::edit(typed, caret, key);
        }),
        _ => {
            let most = it.kept(names).len().saturating_sub(1);
            it.cursor = scrolled(key, it.cursor, most, app).unwrap_or(it.cursor);
        }
    }
    After::Stays
}
