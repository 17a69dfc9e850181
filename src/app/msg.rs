//! Everything that can happen to the program, as data. The order of messages is the order of the merge in `runtime`.

use crokey::KeyCombination;
use serde::{Deserialize, Serialize};

use super::chord;
use super::settings::Settings;
use super::state::{NoticeKind, SourceState};
use crate::model::event::Event;
use crate::model::ids::SourceId;
use crate::model::time::Time;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// The clock, only when asked for by `App::pulse`.
    Tick(Time),
    /// A key, and when it was pressed.
    Key(#[serde(with = "chord")] KeyCombination, Time),
    /// Pasted text, as it came.
    Paste(String),
    Mouse(Mouse),
    Resize(u16, u16),
    /// The terminal said what its background is like.
    Background {
        light: bool,
    },
    /// The line to the terminal is slow, or keeps up again: save bytes.
    Slow(bool),
    /// A source has something to say.
    Fact(SourceId, Event, Time),
    /// An action by its name, with its argument: from the palette, the command line or a test.
    Act(String, String),
    /// The screen now shows the state as it is. Wanted only while `App::awaits_drawing`: a question's keys count from here.
    Drawn(Time),
    /// What became of an effect that the outside carried out.
    Done(Outcome),
    /// Another context, with its settings and sources. Not recorded: a recording is of one context.
    #[serde(skip)]
    Context(Box<Settings>, Vec<SourceState>),
    /// The config was saved: the settings as they are now given, and what to say of it. Not recorded: what it changes is seen.
    #[serde(skip)]
    Settings(Box<Settings>, Vec<(NoticeKind, String)>),
}

/// A mouse event, in cells from the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mouse {
    pub kind: MouseKind,
    pub x: u16,
    pub y: u16,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MouseKind {
    Press,
    Drag,
    Release,
    Up,
    Down,
}

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// Copied, and by which way (`OSC 52`, `tmux buffer`).
    Copied { what: String, way: String },
    /// A file was written.
    Written { path: String, lines: usize },
    /// A command took the lines it was given. `failed`: how it ended, when not well; `said`: its output, clean.
    Piped { command: String, failed: Option<String>, said: Vec<String> },
    /// A hook has ended. `what`: as it was wished for; `failed`: how it ended, when not well; `said`: its output, clean.
    Hooked { what: String, failed: Option<String>, said: Vec<String> },
    /// This export has room for more lines.
    Taken(u64),
    /// This export wants no more lines; why, where that matters, is told apart.
    Closed(u64),
    /// The person's editor has ended, and this is the text now. Clean.
    Edited(String),
    /// Something outside failed; the text is for the person.
    Failed(String),
}
