//! What the program was started with: the config's answers, as the state holds them.

use super::bindings::Keys;
use super::metrics::{Dots, Thresholds};
use super::notify::rules::Rules;
use crate::model::response::Response;
use crate::model::time::Millis;

/// A context one can go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextRow {
    pub name: String,
    /// Its address, or that it is this machine.
    pub at: String,
    pub production: bool,
    pub read_only: bool,
}

/// What the program was started with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Name of the context, shown first in the header.
    pub context: String,
    /// The whole context is production: a bar, and names must be typed.
    pub production: bool,
    /// All contexts there are, for switching; none: this is the only one.
    pub contexts: Vec<ContextRow>,
    /// Project, or `project/service`, that is shown once it is known.
    pub scope: Option<String>,
    /// No writes, and why (`--read-only`, the context's setting, or the key).
    pub read_only: Option<String>,
    /// How many colours the terminal is taken to have; `auto`: by the environment.
    pub colors: String,
    /// `auto`: by the terminal's background.
    pub theme: String,
    /// The terminal's background is a light one, as far as is known.
    pub light: bool,
    /// All themes there are, by name.
    pub themes: Vec<String>,
    /// Another number once a theme's file is another one: what was drawn with is read again.
    pub themes_as: u64,
    /// Draw nothing outside ASCII.
    pub ascii: bool,
    /// Times in UTC instead of local time.
    pub utc: bool,
    /// Minutes that local time is ahead of UTC, for a program that reads no clock.
    pub offset_minutes: i32,
    pub mouse: bool,
    /// Nothing moves but what changes: no spinner.
    pub still: bool,
    /// Save bytes always, or never; `None`: when the line to the terminal is slow.
    pub lo_fi: Option<bool>,
    /// Secrets that are recognised in log lines are covered.
    pub mask: bool,
    /// Most bytes of log lines held.
    pub log_bytes: usize,
    /// What the lines of charts are made of.
    pub dots: Dots,
    /// From where on a value is worth a look.
    pub thresholds: Thresholds,
    /// The window the timeline begins with; the usual one if left out.
    pub window: Option<Millis>,
    /// How soon somebody must answer.
    pub response: Response,
    /// Command run at each step of an escalation.
    pub escalate: Option<String>,
    /// Command that opens a channel for an incident.
    pub channel: Option<String>,
    /// A start, and who comes back into a context, goes on where they were.
    pub restore: bool,
    /// What the keys do.
    pub keys: Keys,
    /// What this person is told, and how.
    pub notify: Rules,
}

/// The theme that follows the terminal's background.
pub const AUTO: &str = "auto";

impl Settings {
    /// The name of the theme that is drawn with.
    pub fn look(&self) -> &str {
        match (self.theme == AUTO, self.light) {
            (false, _) => &self.theme,
            (true, true) => "day",
            (true, false) => "night",
        }
    }
}
