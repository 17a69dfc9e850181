//! What the footer and the help say of the keys: made from the live keymap and the action rows.

use std::borrow::Cow;

use super::action::Action;
use super::actions;
use super::chord;
use super::marks::LEGEND;
use super::notify::read::{MEASURES, MORE};
use super::pane::PaneId;
use super::state::App;
use crate::model::query::GRAMMAR;

/// One key that works here and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub keys: String,
    pub label: String,
    /// It is greyed, and pressing it says why.
    pub enabled: bool,
}

/// One line of help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// All keys of it, as the person has bound them.
    pub keys: String,
    pub name: &'static str,
    pub help: &'static str,
    /// Where it works: `everywhere`, or the panes.
    pub places: String,
    /// Why it cannot be done now.
    pub refused: Option<String>,
}

/// What one comes to an incident for, in this order: whoever was woken needs these, wherever there is room for no more.
const RESPONDING: &[&str] =
    &["open", "incident.acknowledge", "deploy.rollback", "incident.logs", "incident.step", "incident.note", "incident.resolve"];
/// And to a deployment.
const DEPLOYING: &[&str] = &["open", "deploy.rollback", "deploy.build-log", "deploy.runtime-log", "deploy.diff", "deploy.cancel"];

/// The name of the rows of help that are about the query language.
pub const QUERY: &str = "query";
/// The name of the rows of help that are about the signs of the timeline.
pub const TIMELINE: &str = "timeline";

/// The name of those about watch expressions.
pub const WATCHING: &str = "watch expression";

impl App {
    /// The keys that work in the focused pane, or in what lies over it, most useful first. During a sequence: the keys that may follow.
    pub fn footer(&self) -> Vec<Hint> {
        if let Some(hints) = self.overlay_hints() {
            return hints;
        }
        if !self.pending.is_empty() {
            let next = self.keymap.after(self.focus, &self.pending);
            return next.into_iter().map(|(keys, label)| Hint { keys, label, enabled: true }).collect();
        }
        let mut here: Vec<&Action> = actions::all().filter(|it| !it.label.is_empty() && self.is_at_home(it)).collect();
        here.sort_by_key(|it| self.place(it));
        here.into_iter().filter_map(|it| self.hint(it)).collect()
    }

    /// How far to the front of the footer an action stands: what one came for, what only this pane can do, what is common.
    fn place(&self, it: &Action) -> (usize, usize) {
        let first: &[&str] = match self.focus {
            PaneId::Incidents => RESPONDING,
            PaneId::Deployments => DEPLOYING,
            _ => &["open"],
        };
        let rank = first.iter().position(|name| *name == it.name).unwrap_or(first.len());
        (rank, if of_logs(it) { 1 } else { it.panes.len() })
    }

    /// Keys of the log that work from everywhere are the log's all the same: the footers of other panes have no room for them.
    fn is_at_home(&self, it: &Action) -> bool {
        it.panes.contains(&self.focus) && (self.focus == PaneId::Logs || !of_logs(it))
    }

    fn hint(&self, it: &Action) -> Option<Hint> {
        // There it goes one level back, which has a key of its own beside it.
        if it.name == "quit" && self.is_inside() {
            return None;
        }
        let keys = self.keymap.keys_of(it.name).first()?.clone();
        Some(Hint { keys, label: it.label.to_owned(), enabled: (it.when)(self, "").is_ok() })
    }

    /// The keys typed of a sequence that has begun: `g`.
    pub fn pending_words(&self) -> String {
        chord::format_sequence(&self.pending)
    }

    /// How far to the front of the help an action stands: what only the focused pane does, what works everywhere, what other panes do. A
    /// key with several meanings has first the one it has here.
    fn nearness(&self, it: &Action) -> u8 {
        match it.panes {
            all if all.len() == PaneId::ALL.len() => 1,
            some if some.contains(&self.focus) => 0,
            _ => 2,
        }
    }

    /// The rows of help that fit `filter`: every word of it in name, help or key. After the actions, the nearest first, the signs of the
    /// timeline, what a query and a watch can say.
    pub fn help_rows(&self, filter: &str) -> Vec<HelpRow> {
        let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
        let mut all: Vec<&Action> = actions::all().collect();
        all.sort_by_key(|it| self.nearness(it));
        let rows = all.into_iter().map(|it| HelpRow {
            keys: self.keymap.keys_of(it.name).join("  "),
            name: it.name,
            help: it.help,
            places: places(it.panes),
            refused: (it.when)(self, "").err().map(Cow::into_owned),
        });
        let explained = |name: &'static str, places: &'static str, rows: &'static [(&'static str, &'static str)]| {
            rows.iter().map(move |(keys, help)| HelpRow { keys: (*keys).to_owned(), name, help, places: places.to_owned(), refused: None })
        };
        let measures = MEASURES.iter().map(|(_, typed, help)| HelpRow {
            keys: (*typed).to_owned(),
            name: WATCHING,
            help,
            places: "in watches".to_owned(),
            refused: None,
        });
        rows.chain(explained(TIMELINE, "timeline", LEGEND))
            .chain(explained(QUERY, "in queries", GRAMMAR))
            .chain(measures)
            .chain(explained(WATCHING, "in watches", MORE))
            .filter(|row| {
                let help = row.help.to_lowercase();
                words.iter().all(|word| row.name.contains(word) || help.contains(word) || row.keys.to_lowercase().contains(word))
            })
            .collect()
    }
}

fn of_logs(it: &Action) -> bool {
    it.name.starts_with("logs.")
}

fn places(panes: &[PaneId]) -> String {
    if panes.len() == PaneId::ALL.len() {
        return "everywhere".to_owned();
    }
    panes.iter().map(|it| it.title().to_lowercase()).collect::<Vec<_>>().join(", ")
}
