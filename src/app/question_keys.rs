//! The keys of a question before a write: the name that production asks for, the reason some writes need, the two buttons.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::effect::Fx;
use super::input;
use super::state::{App, Confirm, Overlay};
use crate::model::request::Request;
use crate::model::time::Time;

/// Gives `key`, pressed at `at`, to the question; `None`: it is closed.
pub fn key(app: &mut App, fx: &mut Fx, key: KeyCombination, mut it: Confirm, at: Time) -> Option<Overlay> {
    // Typed before one could have read the question: it was meant for something else.
    if at <= it.opened {
        return Some(Overlay::Confirm(it));
    }
    it.asks_for_reason = false;
    match *key.codes.first() {
        KeyCode::Enter if it.yes && it.is_ready() => {
            confirmed(app, fx, it);
            return None;
        }
        KeyCode::Enter if it.reason.is_some() && !it.is_ready() => lacks(&mut it),
        KeyCode::Enter if it.yes => {}
        KeyCode::Esc | KeyCode::Enter => return None,
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down if it.has_both() => it.at_reason = !it.at_reason,
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => it.yes = !it.yes && it.is_ready(),
        _ if it.reason.is_some() || it.must_type.is_some() => edit(&mut it, key),
        KeyCode::Char('h' | 'l') => it.yes = !it.yes,
        KeyCode::Char('y') => it.yes = true,
        KeyCode::Char('n' | 'q') => return None,
        _ => {}
    }
    Some(Overlay::Confirm(it))
}

/// Pasted text is for the reason alone. A name is to be typed, not pasted: typing it is the point.
pub fn paste(it: &mut Confirm, text: &str) {
    if it.at_reason
        && let Some(reason) = &mut it.reason
    {
        let mut caret = reason.len();
        input::paste(reason, &mut caret, text);
        it.asks_for_reason = false;
        it.yes = it.is_ready();
    }
}

/// Says what is missing, and goes there: Enter on a question that needs a word is no way to cancel it.
fn lacks(it: &mut Confirm) {
    it.asks_for_reason = it.lacks_reason();
    it.at_reason = it.asks_for_reason;
}

fn edit(it: &mut Confirm, key: KeyCombination) {
    let text = match &mut it.reason {
        Some(reason) if it.at_reason => reason,
        _ => &mut it.typed,
    };
    let mut caret = text.len();
    input::edit(text, &mut caret, key);
    // With all of it in place the button is chosen; one letter of the name more or less takes it back.
    it.yes = it.is_ready();
}

/// Sends what was said yes to.
fn confirmed(app: &mut App, fx: &mut Fx, it: Confirm) {
    let mut request = it.request;
    if let (Request::Resolve { reason, .. }, Some(typed)) = (&mut request, &it.reason) {
        *reason = Some(typed.trim().to_owned());
    }
    app.send(fx, request, it.what, it.object, it.undo);
}

impl Confirm {
    /// Whether both the name and a reason are to be typed.
    pub const fn has_both(&self) -> bool {
        self.must_type.is_some() && self.reason.is_some()
    }

    /// Whether a reason is needed that is not given.
    pub fn lacks_reason(&self) -> bool {
        self.reason.as_ref().is_some_and(|it| it.trim().is_empty())
    }

    /// Whether the name that must be typed is not.
    pub fn lacks_name(&self) -> bool {
        self.must_type.as_ref().is_some_and(|must| *must != self.typed)
    }

    /// Whether all is typed that it needs.
    pub fn is_ready(&self) -> bool {
        !self.lacks_name() && !self.lacks_reason()
    }
}
