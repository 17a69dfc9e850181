//! The record overlay: a cursor over the fields of one log line, and what can be done with the field under it.

use crokey::KeyCombination;
use crokey::crossterm::event::{KeyCode, KeyModifiers};

use super::effect::{Effect, Fx};
use super::list_keys::scrolled;
use super::logs::{Detail, Entry, Way};
use super::pane::PaneId;
use super::state::{App, NoticeKind, Overlay, RecordView};

/// What becomes of the overlay after a key; `None`: it is closed.
type After = Option<Overlay>;

/// Gives `key` to the record.
pub fn key(app: &mut App, fx: &mut Fx, key: KeyCombination, mut it: Box<RecordView>) -> After {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match *key.codes.first() {
        KeyCode::Char('n' | 'l') | KeyCode::Right if plain => next(app, &mut it, true),
        KeyCode::Char('p' | 'h') | KeyCode::Left if plain => next(app, &mut it, false),
        KeyCode::Char('J') => it.json = if it.json.is_some() { None } else { Some((it.detail.pretty(), 0)) },
        KeyCode::Char('Y') => copy(fx, "record", app.logs.veil_json(it.detail.json.clone())),
        KeyCode::Enter => return around(app, &it),
        KeyCode::Char('o' | 'i') if plain => {
            let chosen = it.json.is_none().then_some(it.at);
            return if follow(app, &it.detail, chosen) { None } else { Some(Overlay::Record(it)) };
        }
        code => {
            if let (KeyCode::Char(c), true, Some(entry)) = (code, plain, chosen(&it))
                && let Some(stays) = field(app, fx, c, &it.detail.entries, entry)
            {
                return if stays { Some(Overlay::Record(it)) } else { None };
            }
            return moved(app, key, it);
        }
    }
    Some(Overlay::Record(it))
}

/// The field under the cursor, where there is a cursor.
fn chosen(it: &RecordView) -> Option<&Entry> {
    if it.json.is_some() { None } else { it.detail.entries.get(it.at) }
}

fn moved(app: &mut App, key: KeyCombination, mut it: Box<RecordView>) -> After {
    let open = match &mut it.json {
        Some((lines, top)) => scrolled(key, *top, lines.len().saturating_sub(1), app).map(|to| *top = to),
        None => scrolled(key, it.at, it.detail.entries.len().saturating_sub(1), app).map(|to| it.at = to),
    };
    if open.is_some() {
        return Some(Overlay::Record(it));
    }
    // Closed where it was opened: the log goes on as it did.
    if it.follow {
        app.logs.follow();
    }
    None
}

/// The record after or before, with the cursor on the field of the same name.
fn next(app: &mut App, it: &mut RecordView, newer: bool) {
    let Some(detail) = app.logs.next_record(newer) else {
        return app.notify(NoticeKind::Info, if newer { "this is the newest record shown" } else { "no older record is held" });
    };
    it.at = it.detail.entries.get(it.at).map_or(0, |old| detail.place(old));
    it.json = it.json.as_ref().map(|_| (detail.pretty(), 0));
    it.detail = detail;
    it.follow = false;
}

/// The line among those that filters hide.
fn around(app: &mut App, it: &RecordView) -> After {
    if !app.logs.look_around() && it.follow {
        app.logs.follow();
    }
    None
}

/// Does what `c` asks for with the field. `Some(true)`: the record stays; `None`: the key means something else.
fn field(app: &mut App, fx: &mut Fx, c: char, all: &[Entry], entry: &Entry) -> Option<bool> {
    match c {
        'y' => copy(fx, &entry.name, app.logs.veil_field(&entry.name, &entry.value).into_owned()),
        'c' => copy(fx, &format!("{} as JSON", entry.name), app.logs.veil_json(entry.json())),
        '=' | '+' => return Some(!keep(app, entry, false)),
        '-' => return Some(!keep(app, entry, true)),
        'x' => choose(app, all, entry, Way::Hidden),
        'f' => choose(app, all, entry, Way::First),
        '|' => choose(app, all, entry, Way::Column),
        'F' => app.open_fields(),
        _ => return None,
    }
    Some(true)
}

fn choose(app: &mut App, all: &[Entry], entry: &Entry, way: Way) {
    let service = app.logs.service_here();
    if let Some(path) = entry.path() {
        return app.choose_field(service.as_ref(), path, way);
    }
    // Fields come first, and what the platform says of the line after them.
    let mut fields = all.iter().filter(|it| it.path().is_some());
    let first = fields.next();
    let text = match (first, fields.next_back().or(first)) {
        (Some(first), Some(last)) if first.name != last.name => {
            format!("{} is not written in the line; x, f and | are for its fields, {} to {}", entry.name, first.name, last.name)
        }
        (Some(only), _) => format!("{} is not written in the line; x, f and | are for its field {}", entry.name, only.name),
        (None, _) => "this line has no fields; x, f and | are for those of JSON and logfmt lines".to_owned(),
    };
    app.notify(NoticeKind::Info, text);
}

fn copy(fx: &mut Fx, what: &str, text: String) {
    fx.want(Effect::Copy { what: what.to_owned(), text });
}

/// Filters by the value of the field, or against it. `false`: that cannot be.
fn keep(app: &mut App, entry: &Entry, out: bool) -> bool {
    let typed = match entry.query() {
        Ok(query) => format!("{}{query}", if out { "!" } else { "" }),
        Err(why) => {
            app.notify(NoticeKind::Warn, why);
            return false;
        }
    };
    match app.filter_logs(&typed) {
        Ok(()) => {
            app.set_focus(PaneId::Logs);
            app.notify(NoticeKind::Info, format!("filter: {typed}"));
            true
        }
        Err((_, why)) => {
            app.notify(NoticeKind::Warn, why);
            false
        }
    }
}

/// Follows the id of the record through all services. `false`: it has none.
fn follow(app: &mut App, detail: &Detail, at: Option<usize>) -> bool {
    let Some(id) = detail.id(at) else {
        app.notify(NoticeKind::Info, "this record has no request or trace id; on a field whose name ends in id, o follows that");
        return false;
    };
    app.set_focus(PaneId::Logs);
    app.logs.set_out(id.name, id.value);
    app.scope_logs();
    // An id is text or a field with its value: that can always be read.
    if let Err((_, why)) = app.filter_logs(&id.query.to_string()) {
        app.leave_trail();
        app.notify(NoticeKind::Warn, why);
        return false;
    }
    app.logs.stand_on_trail();
    true
}

impl App {
    /// Opens the record under the cursor.
    pub fn open_record(&mut self) {
        let Some(detail) = self.logs.detail_here() else { return };
        let follow = self.logs.view.follow;
        // The reader stands on this line from now on, whatever arrives meanwhile.
        self.logs.go_to(detail.seq);
        self.overlays.push(Overlay::Record(Box::new(RecordView { detail, at: 0, json: None, follow })));
    }

    /// Opens the list of what is done with fields.
    pub fn open_fields(&mut self) {
        if self.logs.choices().all().is_empty() {
            return self
                .notify(NoticeKind::Info, "all fields are shown as ever; in a record x hides one, f puts it first, | gives it a column");
        }
        self.overlays.push(Overlay::Fields { cursor: 0 });
    }

    /// Follows the request or trace id of the line under the cursor through all services.
    pub fn follow_id(&mut self) {
        match self.logs.detail_here() {
            Some(detail) => {
                follow(self, &detail, None);
            }
            None => self.notify(NoticeKind::Info, "there is no line under the cursor"),
        }
    }

    /// Back from a request that was followed to where the reader was. `false`: none was.
    pub fn leave_trail(&mut self) -> bool {
        let back = self.logs.turn_back();
        if back {
            self.scope_logs();
        }
        back
    }
}
