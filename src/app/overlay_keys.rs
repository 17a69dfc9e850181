//! The keys of what lies over the panes, as the bottom bar says them: while it is open the pane's own keys do nothing. What is done with
//! the one field of a record stands in the record, beside it.

use super::hints::Hint;
use super::state::{App, Confirm, Overlay, RecordView};

/// A key and what it does, the most useful first. `Esc` stands last and is always shown.
type Keys = &'static [(&'static str, &'static str)];

const HELP: Keys = &[("↑↓", "scroll"), ("type", "to search"), ("Esc", "close")];
const PALETTE: Keys = &[("Enter", "do it"), ("Tab", "complete"), ("↑↓", "choose, entered before"), ("Esc", "close")];
const NOTE: Keys = &[("ctrl-s", "sends"), ("ctrl-e", "your editor"), ("Esc", "keeps it as a draft")];
const CHOICE: Keys = &[("Enter", "take"), ("↑↓", "choose"), ("Esc", "back")];
const NAMES: Keys = &[("type", "to narrow"), ("Enter", "take"), ("↑↓", "choose"), ("Esc", "back")];
const TEXT: Keys = &[("↑↓", "scroll"), ("g G", "ends"), ("Esc", "close")];
const REPORT: Keys = &[("↑↓", "scroll"), ("y", "copies it"), ("w", "writes it"), ("Esc", "close")];
const REVIEW: Keys = &[
    ("e", "your editor"),
    ("y", "copies it"),
    ("w", "writes it"),
    ("R", "drafts it anew"),
    ("↑↓", "scroll"),
    ("Esc", "close, it is kept"),
];
const FILTERS: Keys =
    &[("space", "on, off"), ("Enter", "change"), ("d", "drop"), ("&", "add"), ("A", "all on, off"), ("↑↓", "choose"), ("Esc", "close")];
const FIELDS: Keys = &[("d", "as ever"), ("R", "all as ever"), ("↑↓", "choose"), ("Esc", "close")];
const PATTERNS: Keys = &[("Enter", "keep"), ("!", "leave out"), ("o", "newest line"), ("s", "sort"), ("↑↓", "choose"), ("Esc", "close")];
const MARKS: Keys = &[("Enter", "go there"), ("d", "drop"), ("↑↓", "choose"), ("Esc", "close")];
const WATCHES: Keys = &[("a", "add"), ("Enter", "change"), ("d", "drop"), ("↑↓", "choose"), ("Esc", "close")];

const DIFF: Keys = &[("d", "another"), ("s", "swap"), ("y", "copy"), ("↑↓", "scroll"), ("Esc", "close")];

/// What may lie over the panes, and its keys.
pub(super) const OVER: &[(&str, Keys)] = &[
    ("help", HELP),
    ("palette", PALETTE),
    ("note", NOTE),
    ("theme, context", NAMES),
    ("range, severity", CHOICE),
    ("activity, output of a command", TEXT),
    ("hand-off, review", REPORT),
    ("log filters", FILTERS),
    ("fields", FIELDS),
    ("patterns", PATTERNS),
    ("marks", MARKS),
    ("watches", WATCHES),
    ("difference of deployments", DIFF),
];

impl App {
    /// The keys of the overlay on top; none when nothing lies over the panes.
    pub(super) fn overlay_hints(&self) -> Option<Vec<Hint>> {
        let hints = match self.overlays.last()? {
            Overlay::Help { .. } => all(HELP),
            Overlay::Palette(_) => all(PALETTE),
            Overlay::Confirm(it) => confirm(it),
            Overlay::Note { .. } => all(NOTE),
            Overlay::Report(it) => all(if it.review_of.is_some() { REVIEW } else { REPORT }),
            Overlay::Themes { .. } | Overlay::Contexts(_) => all(NAMES),
            Overlay::Ranges { .. } | Overlay::Severities(..) => all(CHOICE),
            Overlay::Activity { .. } | Overlay::Output { .. } => all(TEXT),
            Overlay::Filters { .. } => all(FILTERS),
            Overlay::Fields { .. } => all(FIELDS),
            Overlay::Record(it) => self.record_hints(it),
            Overlay::Patterns { .. } => all(PATTERNS),
            Overlay::Marks { .. } => all(MARKS),
            Overlay::Watches { .. } => all(WATCHES),
            Overlay::Diff(it) => all(if it.choosing.is_some() { CHOICE } else { DIFF }),
        };
        Some(hints)
    }

    /// What can be done with a record as a whole.
    fn record_hints(&self, it: &RecordView) -> Vec<Hint> {
        let mut keys = vec![hint("n", "newer"), hint("p", "older"), hint("o", "follow id")];
        // Without a filter all lines around it are there already.
        if !self.logs.is_aside() && self.logs.filter().is_narrow() {
            keys.push(hint("Enter", "around"));
        }
        keys.push(hint("J", if it.json.is_some() { "fields" } else { "JSON" }));
        keys.extend([hint("Y", "copy all"), hint("Esc", "close")]);
        keys
    }
}

fn confirm(it: &Confirm) -> Vec<Hint> {
    let verb = if it.yes { it.verb.as_str() } else { "cancel" };
    let mut keys = vec![hint("Enter", verb), hint("←→", "choose")];
    if !it.is_ready() {
        // The button that does it cannot be chosen before that.
        let words = match (it.lacks_reason(), it.lacks_name()) {
            (true, true) => "why, and the name",
            (true, false) => "why",
            _ => "the name",
        };
        keys = vec![hint("type", words)];
        keys.extend(if it.has_both() { Some(hint("Tab", "name, reason")) } else { None });
        keys.extend(if it.reason.is_none() { Some(hint("Enter", verb)) } else { None });
    }
    keys.push(hint("Esc", "cancel"));
    keys
}

fn all(keys: Keys) -> Vec<Hint> {
    keys.iter().map(|(keys, label)| hint(keys, label)).collect()
}

fn hint(keys: &str, label: &str) -> Hint {
    Hint { keys: keys.to_owned(), label: label.to_owned(), enabled: true }
}
