//! What is done with fields of log lines, chosen in the record or by name; and the list of it, where it is taken back.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::list_keys::scrolled;
use super::logs::Way;
use super::state::{App, NoticeKind, Overlay};
use crate::model::ids::ServiceId;

impl App {
    /// Does this with the field of lines of `service` (of all services of its kind), or no more.
    pub fn choose_field(&mut self, service: Option<&ServiceId>, path: &str, way: Way) {
        // Lines are taken apart member by member: what is inside of one is left out, or put first, with it.
        let name = if way == Way::Column { path } else { self.logs.member_of(path) };
        let name = name.to_owned();
        if !self.logs.choices_mut().toggle(service, &name, way) {
            return self.notify(NoticeKind::Warn, "that are as many fields as there is room for; F in a record lists them");
        }
        let done = self.logs.choices().get(service).and_then(|it| it.way(&name));
        let kind = self.logs.choices().kind(service).to_owned();
        let whose = if kind.is_empty() { "the platform's lines".to_owned() } else { format!("lines of {kind} services") };
        let text = match done {
            Some(Way::Hidden) => format!("{name} is left out of {whose}"),
            Some(Way::First) => format!("{name} stands first in {whose}"),
            Some(Way::Column) => format!("{name} has a column in {whose}"),
            None => format!("{name} is shown as ever in {whose}"),
        };
        self.notify(NoticeKind::Info, text);
        self.logs.view.parsed = true;
    }

    /// The same for the line under the cursor.
    pub fn choose_field_here(&mut self, name: &str, way: Way) {
        if name.is_empty() {
            return self.notify(NoticeKind::Warn, "which field? Its name, with dots for what is inside of one");
        }
        let service = self.logs.service_here();
        self.choose_field(service.as_ref(), name, way);
    }

    /// Every field is shown as ever.
    pub fn reset_fields(&mut self) {
        self.logs.choices_mut().clear();
        self.notify(NoticeKind::Info, "all fields are shown as ever");
    }
}

/// A key for the list; `None`: it is closed.
pub fn key(app: &mut App, key: KeyCombination, cursor: usize) -> Option<Overlay> {
    let all = app.logs.choices().all();
    let last = all.len().saturating_sub(1);
    match *key.codes.first() {
        KeyCode::Char('d' | 'x') | KeyCode::Delete if key.modifiers.is_empty() => {
            let chosen = all.get(cursor).map(|(kind, _, name)| ((*kind).to_owned(), (*name).to_owned()));
            if let Some((kind, name)) = chosen {
                app.logs.choices_mut().forget(&kind, &name);
            }
            let left = app.logs.choices().all().len();
            (left > 0).then(|| Overlay::Fields { cursor: cursor.min(left - 1) })
        }
        KeyCode::Char('R') => {
            app.reset_fields();
            None
        }
        _ => scrolled(key, cursor, last, app).map(|cursor| Overlay::Fields { cursor }),
    }
}
