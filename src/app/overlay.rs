//! Keys and pastes of what lies over the panes: the last overlay takes them all.

use crokey::KeyCombination;
use crokey::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, Input, TextArea};

use super::action::Arg;
use super::actions;
use super::chord;
use super::context_list;
use super::diff_keys;
use super::effect::{Effect, Fx};
use super::field_list;
use super::filter_list;
use super::input;
use super::list_keys::scrolled;
use super::log_lists;
use super::notify::list;
use super::palette;
use super::perform::act;
use super::question_keys;
use super::record;
use super::report_keys;
use super::state::{App, NoticeKind, Overlay};
use super::theme_list;
use super::timeline::RANGES;
use crate::model::event::ObjectRef;
use crate::model::ids::IncidentId;
use crate::model::incident::Severity;
use crate::model::request::Request;
use crate::model::text::clean_line;
use crate::model::time::Time;

/// Entries of the palette's history.
const HISTORY: usize = 100;

/// What becomes of the overlay after a key: it stays as it now is, or it is closed.
type After = Option<Overlay>;

/// Gives `key`, pressed at `at`, to the overlay on top.
pub fn key(app: &mut App, fx: &mut Fx, key: KeyCombination, at: Time) {
    // Taken out while it works, so that it and the state can both be changed.
    let Some(top) = app.overlays.pop() else { return };
    let depth = app.overlays.len();
    let key = chord::normal(key);
    let after = match top {
        Overlay::Help { filter, top } => help(app, key, filter, top),
        Overlay::Palette(it) => palette_key(app, fx, key, it),
        Overlay::Confirm(it) => question_keys::key(app, fx, key, it, at),
        Overlay::Note { incident, area } => note(app, fx, key, incident, area),
        Overlay::Severities(incident, cursor) => severities(app, fx, key, incident, cursor),
        Overlay::Report(it) => report_keys::key(app, fx, key, it),
        Overlay::Themes { names, before } => theme_list::key(app, key, names, before),
        Overlay::Ranges { cursor } => ranges(app, key, cursor),
        Overlay::Contexts(it) => context_list::key(app, fx, key, it),
        Overlay::Filters { cursor } => filter_list::key(app, key, cursor),
        Overlay::Activity { top } => {
            let most = app.activity.len();
            scrolled(key, top, most, app).map(|top| Overlay::Activity { top })
        }
        Overlay::Fields { cursor } => field_list::key(app, key, cursor),
        Overlay::Record(it) => record::key(app, fx, key, it),
        Overlay::Output { title, lines, top } => {
            let most = lines.len().saturating_sub(1);
            scrolled(key, top, most, app).map(|top| Overlay::Output { title, lines, top })
        }
        Overlay::Diff(it) => diff_keys::key(app, fx, key, it),
        Overlay::Patterns { at, order } => log_lists::patterns(app, key, at, order),
        Overlay::Marks { at } => log_lists::marks(app, key, at),
        Overlay::Watches { cursor } => list::key(app, key, cursor),
    };
    if let Some(overlay) = after {
        // Below whatever the key has opened on top of it.
        app.overlays.insert(depth.min(app.overlays.len()), overlay);
    }
}

/// Gives pasted text to the overlay on top.
pub fn paste(app: &mut App, text: &str) {
    let Some(mut top) = app.overlays.pop() else { return };
    match &mut top {
        Overlay::Help { filter, top } => {
            let mut caret = filter.len();
            input::paste(filter, &mut caret, text);
            *top = 0;
        }
        Overlay::Palette(it) => {
            input::paste(&mut it.input, &mut it.caret, text);
        }
        Overlay::Note { area, .. } => {
            for (i, line) in text.lines().enumerate() {
                if i > 0 {
                    area.insert_newline();
                }
                area.insert_str(clean_line(line));
            }
        }
        Overlay::Confirm(it) => question_keys::paste(it, text),
        Overlay::Themes { names, .. } => theme_list::paste(app, names, text),
        Overlay::Contexts(it) => it.paste(text, &app.context_names()),
        Overlay::Severities(..)
        | Overlay::Report(_)
        | Overlay::Ranges { .. }
        | Overlay::Filters { .. }
        | Overlay::Activity { .. }
        | Overlay::Fields { .. }
        | Overlay::Record(_)
        | Overlay::Output { .. }
        | Overlay::Diff(_)
        | Overlay::Patterns { .. }
        | Overlay::Marks { .. }
        | Overlay::Watches { .. } => {}
    }
    app.overlays.push(top);
}

/// The person's editor has ended: its text takes the place of what stood in the note, or in the review.
pub fn edited(app: &mut App, text: &str) {
    let place = app.overlays.iter().rposition(|it| matches!(it, Overlay::Note { .. } | Overlay::Report(_)));
    let Some(place) = place else { return };
    // Taken out while it is changed, as for a key.
    let mut it = app.overlays.remove(place);
    match &mut it {
        Overlay::Note { area, .. } => {
            **area = TextArea::new(text.lines().map(str::to_owned).collect());
            area.move_cursor(CursorMove::Bottom);
            area.move_cursor(CursorMove::End);
        }
        Overlay::Report(report) => report_keys::edited(app, report, text),
        _ => {}
    }
    app.overlays.insert(place, it);
}

/// Searches anew when the palette's input is another one than its rows are for.
pub fn settle(app: &mut App) {
    let Some(Overlay::Palette(it)) = app.overlays.last() else { return };
    if it.sought.as_ref() == Some(&it.input) {
        return;
    }
    let found = palette::find(app, &it.input);
    if let Some(Overlay::Palette(it)) = app.overlays.last_mut() {
        it.sought = Some(it.input.clone());
        it.found = found;
        it.cursor = 0;
    }
}

fn help(app: &App, key: KeyCombination, mut filter: String, top: usize) -> After {
    let plain = chord::typed(key).is_none();
    let mut caret = filter.len();
    match *key.codes.first() {
        // A search is left first, then the help.
        KeyCode::Esc if !filter.is_empty() => return Some(Overlay::Help { filter: String::new(), top: 0 }),
        KeyCode::Esc | KeyCode::Enter => return None,
        _ => {}
    }
    if !plain || matches!(*key.codes.first(), KeyCode::Backspace) {
        input::edit(&mut filter, &mut caret, key);
        return Some(Overlay::Help { filter, top: 0 });
    }
    let most = app.help_rows(&filter).len().saturating_sub(1);
    let top = scrolled(key, top, most, app).unwrap_or(top);
    Some(Overlay::Help { filter, top })
}

fn palette_key(app: &mut App, fx: &mut Fx, key: KeyCombination, mut it: super::state::Palette) -> After {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let last = it.found.len().saturating_sub(1);
    match *key.codes.first() {
        KeyCode::Esc => return None,
        KeyCode::Enter => return choose(app, fx, it),
        KeyCode::Down => it.cursor = (it.cursor + 1).min(last),
        KeyCode::Char('n') if ctrl => it.cursor = (it.cursor + 1).min(last),
        // Above the first row there is what was entered before.
        KeyCode::Up if it.cursor == 0 && (it.input.is_empty() || it.past > 0) => it.recall(&app.history),
        KeyCode::Up => it.cursor = it.cursor.saturating_sub(1),
        KeyCode::Char('p') if ctrl => it.cursor = it.cursor.saturating_sub(1),
        KeyCode::PageDown => it.cursor = (it.cursor + 10).min(last),
        KeyCode::PageUp => it.cursor = it.cursor.saturating_sub(10),
        KeyCode::Tab => {
            // Completes to the chosen row's words.
            if let Some(row) = it.found.get(it.cursor) {
                let arg = if row.arg.is_empty() { String::new() } else { row.arg.clone() };
                it.input = format!("{} {arg}", row.act);
                it.caret = it.input.len();
            }
        }
        _ => {
            if input::edit(&mut it.input, &mut it.caret, key) == input::Edit::Changed {
                it.past = 0;
            }
        }
    }
    Some(Overlay::Palette(it))
}

fn choose(app: &mut App, fx: &mut Fx, mut it: super::state::Palette) -> After {
    let Some(row) = it.found.get(it.cursor).cloned() else {
        app.notify(NoticeKind::Warn, format!("nothing is called `{}`", it.input));
        return Some(Overlay::Palette(it));
    };
    let wants = actions::find(&row.act).map_or(Arg::Nothing, |it| it.arg);
    // An action that cannot guess what it is about asks for it: its name stays and its arguments are offered.
    let must = matches!(wants, Arg::Text | Arg::Words(_) | Arg::Watch | Arg::Theme | Arg::Project) || row.act.starts_with("go.");
    if row.arg.is_empty() && wants != Arg::Nothing && must && row.refused.is_none() {
        it.input = format!("{} ", row.act);
        it.caret = it.input.len();
        return Some(Overlay::Palette(it));
    }
    let line = if row.arg.is_empty() { row.act.clone() } else { format!("{} {}", row.act, row.arg) };
    app.history.retain(|past| *past != line);
    app.history.push_front(line);
    app.history.truncate(HISTORY);
    act(app, fx, &row.act, &row.arg);
    None
}

fn severities(app: &mut App, fx: &mut Fx, key: KeyCombination, incident: IncidentId, cursor: usize) -> After {
    let all = Severity::KNOWN;
    let chosen = match *key.codes.first() {
        KeyCode::Esc | KeyCode::Char('q') => return None,
        KeyCode::Enter => all.get(cursor),
        KeyCode::Char(c @ '1'..='4') => all.get(c as usize - '1' as usize),
        _ => {
            let cursor = scrolled(key, cursor, all.len() - 1, app).unwrap_or(cursor);
            return Some(Overlay::Severities(incident, cursor));
        }
    };
    if let Some(it) = chosen {
        act(app, fx, "incident.severity", &format!("{} {incident}", it.word()));
    }
    None
}

fn note(app: &mut App, fx: &mut Fx, key: KeyCombination, incident: IncidentId, mut area: Box<TextArea<'static>>) -> After {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let text = area.lines().join("\n");
    match *key.codes.first() {
        KeyCode::Esc => {
            // What was written is kept and stands there the next time.
            if text.trim().is_empty() {
                app.drafts.remove(&incident);
            } else {
                app.drafts.insert(incident, text);
                app.notify(NoticeKind::Info, "the draft is kept");
            }
            None
        }
        KeyCode::Char('s') if ctrl => {
            if text.trim().is_empty() {
                app.notify(NoticeKind::Warn, "the note is empty; Esc leaves");
                return Some(Overlay::Note { incident, area });
            }
            app.drafts.remove(&incident);
            let object = Some(ObjectRef::Incident(incident.clone()));
            app.send(fx, Request::Note { incident, text }, "write a note".to_owned(), object, None);
            None
        }
        KeyCode::Char('e') if ctrl => {
            fx.want(Effect::Edit { text });
            Some(Overlay::Note { incident, area })
        }
        _ => {
            let event: KeyEvent = key.into();
            area.input(Input::from(event));
            Some(Overlay::Note { incident, area })
        }
    }
}

fn ranges(app: &mut App, key: KeyCombination, cursor: usize) -> After {
    match *key.codes.first() {
        KeyCode::Esc | KeyCode::Char('q') => None,
        KeyCode::Enter => {
            if let Some((_, window)) = RANGES.get(cursor) {
                app.set_window(*window);
            }
            None
        }
        _ => {
            let cursor = scrolled(key, cursor, RANGES.len() - 1, app).unwrap_or(cursor);
            Some(Overlay::Ranges { cursor })
        }
    }
}
