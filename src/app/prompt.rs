//! The line at the bottom while something is typed there. What is typed works at once; Esc takes it back.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::chord;
use super::input::{self, Edit};
use super::state::{App, Dirty, Prompt, PromptKind};

/// Gives `key` to the prompt.
pub fn key(app: &mut App, key: KeyCombination) {
    let Some(mut it) = app.prompt.take() else { return };
    match *chord::normal(key).codes.first() {
        KeyCode::Esc => {
            it.text.clone_from(&it.before);
            // What stood there before was accepted once and is right.
            let _ = apply(app, &mut it, true);
        }
        KeyCode::Enter => {
            if !apply(app, &mut it, true) {
                app.prompt = Some(it);
            }
        }
        KeyCode::Backspace if it.text.is_empty() => {
            let _ = apply(app, &mut it, true);
        }
        _ => {
            if input::edit(&mut it.text, &mut it.caret, key) == Edit::Changed {
                apply(app, &mut it, false);
            }
            app.prompt = Some(it);
        }
    }
}

/// Gives pasted text to the prompt.
pub fn paste(app: &mut App, text: &str) {
    let Some(mut it) = app.prompt.take() else { return };
    if input::paste(&mut it.text, &mut it.caret, text) == Edit::Changed {
        apply(app, &mut it, false);
    }
    app.prompt = Some(it);
}

/// Makes what is typed work. `false`: it is wrong, and the prompt says why.
fn apply(app: &mut App, it: &mut Prompt, last: bool) -> bool {
    let done = match it.kind {
        PromptKind::Filter => {
            it.text.clone_into(&mut app.views[app.focus.index()].filter);
            app.dirty = Dirty::ALL;
            Ok(())
        }
        PromptKind::Search => app.logs_search(&it.text),
        // A filter that is half typed hides lines that it would not hide in the end.
        PromptKind::LogFilter if last => app.logs_filter(&it.text),
        PromptKind::LogFilter => app.logs_filter_check(&it.text),
    };
    it.error = done.err();
    it.error.is_none()
}
