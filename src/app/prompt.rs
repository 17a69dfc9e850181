//! The line at the bottom while something is typed there. What is typed works at once; Esc takes it back.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::chord;
use super::input::{self, Edit};
use super::notify::read::read;
use super::state::{App, Dirty, Overlay, Prompt, PromptKind};

/// Gives `key` to the prompt.
pub fn key(app: &mut App, key: KeyCombination) {
    let Some(mut it) = app.prompt.take() else { return };
    match *chord::normal(key).codes.first() {
        KeyCode::Esc => {
            it.text.clone_from(&it.before);
            // A filter that was begun is not added; a search goes back to what it was, which was accepted once and is right.
            if !kept_by_enter(it.kind) {
                apply(app, &mut it, false);
            }
            back_to_list(app, &it);
        }
        KeyCode::Enter => {
            if apply(app, &mut it, true) {
                back_to_list(app, &it);
            } else {
                app.prompt = Some(it);
            }
        }
        KeyCode::Backspace if it.text.is_empty() => {
            // It leaves the prompt; a filter that was emptied is dropped by Enter only.
            if !matches!(it.kind, PromptKind::EditFilter(_) | PromptKind::EditWatch(_) | PromptKind::Watch) {
                apply(app, &mut it, true);
            }
            back_to_list(app, &it);
        }
        _ => {
            if input::edit(&mut it.text, &mut it.caret, key) == Edit::Changed {
                apply(app, &mut it, false);
            }
            app.prompt = Some(it);
        }
    }
}

/// What is typed works only when Enter says so: half of it would mean something else.
const fn kept_by_enter(kind: PromptKind) -> bool {
    matches!(kind, PromptKind::LogFilter | PromptKind::EditFilter(_) | PromptKind::Watch | PromptKind::EditWatch(_))
}

/// After an entry of a list was changed, or not, the list is there again.
fn back_to_list(app: &mut App, it: &Prompt) {
    if let PromptKind::EditWatch(cursor) = it.kind {
        let cursor = cursor.min(app.news.watches.len().saturating_sub(1));
        app.overlays.push(Overlay::Watches { cursor });
    }
    if let PromptKind::EditFilter(index) = it.kind {
        let row = index + usize::from(app.logs.filter().least().is_some());
        app.overlays.push(Overlay::Filters { cursor: row.min(app.filter_rows().len().saturating_sub(1)) });
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
        PromptKind::EditFilter(index) if last => app.edit_log_filter(index, &it.text),
        PromptKind::LogFilter | PromptKind::EditFilter(_) => app.check_filter(&it.text),
        PromptKind::Watch if last && it.text.trim().is_empty() => Ok(()),
        PromptKind::EditWatch(index) if last && it.text.trim().is_empty() => {
            app.drop_watch(index);
            Ok(())
        }
        PromptKind::Watch if last => app.set_watch(None, &it.text).map_err(|it| (it.at, it.text)),
        PromptKind::EditWatch(index) if last => app.set_watch(Some(index), &it.text).map_err(|it| (it.at, it.text)),
        // While it is being typed only the half that is wrong for good is: what is still to come is no mistake.
        PromptKind::Watch | PromptKind::EditWatch(_) => read(&it.text)
            .map(|_| ())
            .map_err(|it| (it.at, it.text))
            .or_else(|(at, text)| if at >= it.text.trim_end().len() { Ok(()) } else { Err((at, text)) }),
    };
    it.error = done.err();
    it.error.is_none()
}
