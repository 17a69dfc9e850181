//! The list of log filters: each with the lines it hides; switched, changed and dropped there.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::pane::PaneId;
use super::state::{App, Overlay, Prompt, PromptKind};

/// What a row of the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The least level.
    Level,
    /// The so-manyth filter of the stack, from 0.
    Stacked(usize),
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterRow {
    pub which: Which,
    /// As it was typed.
    pub text: String,
    pub on: bool,
    /// Lines it hides, so far.
    pub hidden: usize,
}

impl App {
    /// The filters that there are: the least level first, then the stack.
    pub fn filter_rows(&self) -> Vec<FilterRow> {
        let (filter, hidden) = (self.logs.filter(), self.logs.hidden());
        let level = filter.least().map(|it| FilterRow {
            which: Which::Level,
            text: format!("level:>={}", it.word()),
            on: true,
            hidden: hidden.by_level,
        });
        let stack = filter.stack().iter().enumerate().map(|(n, it)| FilterRow {
            which: Which::Stacked(n),
            text: it.typed(),
            on: it.on,
            hidden: hidden.by_filter.get(n).copied().unwrap_or(0),
        });
        level.into_iter().chain(stack).collect()
    }

    /// Opens the prompt for a filter: an empty one, or filter `index` as it was typed.
    pub fn prompt_filter(&mut self, index: Option<usize>) {
        let old = index.and_then(|it| self.logs.filter().stack().get(it)).map(super::logs::Stacked::typed).unwrap_or_default();
        let kind = index.map_or(PromptKind::LogFilter, PromptKind::EditFilter);
        self.set_focus(PaneId::Logs);
        self.prompt = Some(Prompt { kind, caret: old.len(), error: None, before: old.clone(), text: old });
    }
}

/// A key for the list; `None`: it is closed.
pub fn key(app: &mut App, key: KeyCombination, cursor: usize) -> Option<Overlay> {
    let rows = app.filter_rows();
    let here = rows.get(cursor).map(|it| it.which);
    let last = rows.len().saturating_sub(1);
    let stays = |cursor: usize| Some(Overlay::Filters { cursor });
    match (*key.codes.first(), here) {
        (KeyCode::Esc | KeyCode::Char('q'), _) => None,
        (KeyCode::Down | KeyCode::Char('j'), _) => stays((cursor + 1).min(last)),
        (KeyCode::Up | KeyCode::Char('k'), _) => stays(cursor.min(last).saturating_sub(1)),
        (KeyCode::Home | KeyCode::Char('g'), _) => stays(0),
        (KeyCode::End | KeyCode::Char('G'), _) => stays(last),
        (KeyCode::Char('&' | 'a'), _) => {
            app.prompt_filter(None);
            None
        }
        (KeyCode::Char('A'), _) => {
            app.logs.toggle_filters();
            stays(cursor)
        }
        // A least level has no off: without it, it is gone.
        (KeyCode::Char(' ' | 'd' | 'x') | KeyCode::Delete, Some(Which::Level)) => {
            app.logs.set_level(None);
            stays(cursor)
        }
        (KeyCode::Char(' '), Some(Which::Stacked(n))) => {
            app.logs.toggle_filter(n);
            stays(cursor)
        }
        (KeyCode::Enter | KeyCode::Char('e'), Some(Which::Stacked(n))) => {
            app.prompt_filter(Some(n));
            None
        }
        (KeyCode::Char('d' | 'x') | KeyCode::Delete, Some(Which::Stacked(n))) => {
            app.logs.drop_filter(n);
            // The next one takes its place.
            stays(cursor.min(last.saturating_sub(1)))
        }
        _ => stays(cursor),
    }
}
