//! The line at the bottom while something is typed there. What is typed works at once; Esc takes it back.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::chord;
use super::input::{self, Edit};
use super::logs_pane::check_filter;
use super::state::{App, Dirty, Prompt, PromptKind};

/// Gives `key` to the prompt.
pub fn key(app: &mut App, key: KeyCombination) {
    let Some(mut it) = app.prompt.take() else { return };
    match *chord::normal(key).codes.first() {
        KeyCode::Esc => {
            it.text.clone_from(&it.before);
            // A filter that was begun is not added; a search goes back to what it was, which was accepted once and is right.
            if it.kind != PromptKind::LogFilter {
                apply(app, &mut it, false);
            }
        }
        KeyCode::Enter => {
            if !apply(app, &mut it, true) {
                app.prompt = Some(it);
            }
        }
        KeyCode::Backspace if it.text.is_empty() => {
            apply(app, &mut it, true);
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
        PromptKind::Search => app.search_logs(&it.text, last),
        // A filter that is half typed hides lines that it would not hide in the end.
        PromptKind::LogFilter if last => app.filter_logs(&it.text),
        PromptKind::LogFilter => check_filter(&it.text),
    };
    it.error = done.err();
    it.error.is_none()
}
