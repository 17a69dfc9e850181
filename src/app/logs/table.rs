//! Fields in columns, and the text that is left: which columns, how wide, and what stands in them. A column grows with what comes into view and never shrinks while it is there.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use super::choice::Choices;
use super::cold::Scratch;
use super::fields::{self, Fields, Kind};
use super::intake::Logs;
use super::line::Line;
use super::rows::Columns;
use super::shape::{self, Shape};
use super::slot::{Cell, Slot};
use super::wrap;
use crate::model::fields::members;
use crate::model::ids::ServiceId;
use crate::model::text::clean_line;

/// Widest and narrowest column of a field.
const WIDEST: usize = 24;
const LEAST: usize = 3;
/// Columns of the screen that are left for the text in any case.
const TEXT: usize = 24;

impl Logs {
    /// What was chosen to be done with fields.
    pub const fn choices(&self) -> &Choices {
        &self.choices
    }

    /// To choose what is done with fields.
    pub const fn choices_mut(&mut self) -> &mut Choices {
        &mut self.choices
    }

    /// The fields that have columns, as far as there is room for them, from the left.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Whether fields are shown in columns, and so have a row of headings.
    pub fn has_slots(&self) -> bool {
        self.view.parsed && !self.wanted_columns().is_empty()
    }

    fn wanted_columns(&self) -> Vec<&str> {
        self.choices.columns(self.filter.scope().services.as_ref())
    }

    /// Fits the columns to what is in view.
    pub fn settle_slots(&mut self) {
        if !self.has_slots() {
            self.slots.clear();
            return;
        }
        let width = |name: &str| self.slots.iter().find(|it| it.name == name).map_or(LEAST, |it| it.width);
        let Columns { stamp, name, level, .. } = self.columns();
        let before = stamp + name + level;
        let mut slots: Vec<Slot> =
            self.wanted_columns().into_iter().map(|name| Slot { name: name.to_owned(), width: width(name) }).collect();
        for slot in &mut slots {
            slot.width = slot.width.max(slot.heading().width().min(WIDEST));
        }
        let mut scratch = Scratch::default();
        let mut next = self.top_spot().map(|it| it.seq);
        for _ in 0..self.view.height {
            let Some(seq) = next.and_then(|it| self.shown_from(it)) else { break };
            next = Some(seq.plus(1));
            let Some(line) = self.store.read(seq, &mut scratch) else { continue };
            let Some(fields) = fields::parse(&line.text, line.flags) else { continue };
            for slot in &mut slots {
                let wide = find(&fields, &slot.name).map_or(0, |(value, _)| value.width());
                slot.width = slot.width.max(wide.min(WIDEST));
            }
        }
        let mut room = self.view.width.saturating_sub(before + TEXT);
        slots.retain(|it| {
            let fits = it.width < room;
            room = if fits { room - it.width - 1 } else { 0 };
            fits
        });
        self.slots = slots;
    }

    /// The text a line is shown as.
    pub(super) fn shape<'a>(&self, line: &'a Line<'_>) -> Shape<'a> {
        let choice = self.choices.get(line.origin.service.as_ref());
        self.veil_shape(shape::shape(line, self.view.parsed, choice, &self.slots))
    }

    /// The same without columns: what stands in one is among the other fields.
    pub(super) fn shape_whole<'a>(&self, line: &'a Line<'_>) -> Cow<'a, str> {
        self.veil_shape(shape::shape(line, self.view.parsed, self.choices.get(line.origin.service.as_ref()), &[])).text
    }

    /// Whose line the reader stands on.
    pub fn service_here(&self) -> Option<ServiceId> {
        self.cursor().and_then(|it| self.store.line(it)).and_then(|it| it.origin.service.clone())
    }

    /// The member of the line the reader stands on that `path` is, or is inside of.
    pub fn member_of<'p>(&self, path: &'p str) -> &'p str {
        let Some(line) = self.cursor().and_then(|it| self.store.line(it)) else { return path };
        let fields = fields::parse(&line.text, line.flags).unwrap_or_default();
        let holds = |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let longest = fields.rest.iter().filter(|it| holds(&it.name)).map(|it| it.name.len()).max();
        path.get(..longest.unwrap_or(path.len())).unwrap_or(path)
    }

    /// What stands in the columns of a line.
    pub(super) fn cells(&self, line: &Line<'_>) -> Vec<Cell> {
        if self.slots.is_empty() {
            return Vec::new();
        }
        let fields = fields::parse(&line.text, line.flags).unwrap_or_default();
        let cell = |slot: &Slot| match find(&fields, &slot.name) {
            Some((value, kind)) => {
                Cell { text: cut(&self.veil_field(&slot.name, &value), slot.width), width: slot.width, number: kind == Kind::Number }
            }
            None => Cell { text: String::new(), width: slot.width, number: false },
        };
        self.slots.iter().map(cell).collect()
    }
}

/// The field of that path: of that name, or inside of one.
fn find<'f>(fields: &'f Fields<'_>, path: &str) -> Option<(Cow<'f, str>, Kind)> {
    if let Some(it) = fields.rest.iter().find(|it| it.name == path) {
        return Some((Cow::Borrowed(&it.value), it.kind));
    }
    fields.rest.iter().filter(|it| it.kind == Kind::Nested).find_map(|it| {
        let rest = path.strip_prefix(&*it.name)?.strip_prefix('.')?;
        inside(&it.value, rest).map(|(value, kind)| (Cow::Owned(value), kind))
    })
}

fn inside(json: &str, path: &str) -> Option<(String, Kind)> {
    let mut found = None;
    members(json, &mut |it| {
        if found.is_some() {
            return;
        }
        if it.name == path {
            found = Some((clean_line(&it.value).into_owned(), it.kind));
        } else if it.kind == Kind::Nested
            && let Some(rest) = path.strip_prefix(&*it.name).and_then(|it| it.strip_prefix('.'))
        {
            found = inside(&it.value, rest);
        }
    })?;
    found
}

/// `value` in at most `width` columns of the screen.
fn cut(value: &str, width: usize) -> String {
    let (whole, _) = wrap::window(value, 0, width);
    if whole.end == value.len() {
        return value.to_owned();
    }
    let (head, _) = wrap::window(value, 0, width.saturating_sub(1));
    format!("{}…", &value[head])
}
