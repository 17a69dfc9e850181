//! What the program wants done in the world, as data.

use serde::{Deserialize, Serialize};

use super::notify::kind::Osc;
use super::replay::Drive;
use crate::model::ids::{AskId, SourceId};
use crate::model::request::Request;

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    Clipboard,
    /// A file of the person's choice.
    File {
        path: String,
        there: There,
    },
    /// A command that the person typed; what it says is told.
    Command(String),
}

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum There {
    /// It stays as it is, and nothing is written.
    #[default]
    Keep,
    /// The lines take its place.
    Replace,
    /// The lines stand behind what it holds.
    Append,
}

/// Lines leave piece by piece, so that they never stand in memory a second time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// They go there.
    Begin(Goal),
    /// The next of them. `Outcome::Taken` says that there is room for more.
    Text(String),
    /// These were all, so many lines: what was given counts now.
    End(usize),
    /// No more come, and those that did count for nothing.
    Drop,
}

/// One wish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Ask a source for something; the answer comes as `Event::Answer` with the same id.
    Ask {
        source: SourceId,
        id: AskId,
        request: Request,
    },
    /// Put clean text on the person's clipboard.
    Copy {
        what: String,
        text: String,
    },
    /// Write a text to a new file of that name; one that is there is not replaced.
    Write {
        path: String,
        text: String,
    },
    /// A step of lines on their way out: an export has a number that no other had before it.
    Lines {
        export: u64,
        step: Step,
    },
    /// Leave this context and begin anew in the one of that name.
    Context(String),
    /// Add a line to the person's activity log on disk.
    Note(String),
    /// Give `json` to a command of the person's config, on its input alone, and tell how it ended. `what` is for the person: who is told of what.
    Hook {
        command: String,
        json: String,
        what: String,
    },
    /// A notification of the desktop, through the terminal, if it is known to understand one. All text is clean.
    Announce {
        how: Osc,
        context: String,
        title: String,
        text: String,
    },
    /// Let the person change text in their own editor, and tell what it became.
    Edit {
        text: String,
    },
    /// Go elsewhere in the recording that is replayed.
    Replay(Drive),
    /// Ring the bell once.
    Bell,
    /// Set the terminal's title.
    Title(String),
    /// Switch mouse reports on or off.
    Mouse(bool),
    /// Paint everything anew.
    Repaint,
    Suspend,
    Quit,
}

/// What one message came to.
#[derive(Debug, Default)]
pub struct Fx {
    pub effects: Vec<Effect>,
    /// Nothing on the screen can have changed. Must be claimed: forgetting costs a frame, never a stale screen.
    pub unchanged: bool,
}

impl Fx {
    /// Adds a wish.
    pub fn want(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}
