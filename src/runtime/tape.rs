//! Where every message passes: straight into the program, written down on its way, or made from what was written down.

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::player::Player;
use super::recorder::{Draft, Recorder};
use super::recording::Header;
use super::turn::Urgent;
use crate::app::effect::Fx;
use crate::app::msg::{Msg, Outcome};
use crate::app::state::{App, SourceState};
use crate::app::update::update;
use crate::model::time::Time;

/// What a dashboard is to do with what comes in.
pub enum Plan {
    Live,
    /// Write it down.
    Record(Draft, Header),
    /// Nothing comes in: show what this player plays, from that instant on.
    Replay(Box<Player>, Option<Time>),
}

impl Plan {
    /// The sources and the instant that the program begins with; `live` and `now` where nothing else is said.
    pub fn start(&self, live: Vec<SourceState>, now: Time) -> (Vec<SourceState>, Time) {
        match self {
            Self::Replay(player, _) => player.start(),
            _ => (live, now),
        }
    }

    /// Begins. What goes wrong later is told through `lane`.
    pub fn begin(self, app: &mut App, lane: &Sender<Urgent>) -> io::Result<Tape> {
        Ok(match self {
            Self::Live => Tape::None,
            Self::Record(draft, header) => {
                let lane = lane.clone();
                let tell = move |why| drop(lane.try_send(Urgent::Msg(Msg::Done(Outcome::Failed(why)))));
                Tape::Recorder(draft.begin(header, Box::new(tell))?)
            }
            Self::Replay(mut player, at) => {
                player.begin(app, at);
                Tape::Player(player)
            }
        })
    }
}

/// What becomes of messages.
pub enum Tape {
    /// Nothing is written down.
    None,
    Recorder(Recorder),
    Player(Box<Player>),
}

impl Tape {
    /// Applies `msg`.
    pub fn update(&mut self, app: &mut App, msg: Msg) -> Fx {
        match self {
            Self::None => update(app, msg),
            Self::Recorder(it) => {
                it.hear(&msg);
                let fx = update(app, msg);
                it.asked(&fx.effects);
                fx
            }
            Self::Player(it) => it.update(app, msg),
        }
    }

    /// Nothing more comes; what is recorded is in its file, or a word says before `until` that it is not.
    pub fn end(self, until: Instant) -> Option<String> {
        match self {
            Self::Recorder(it) => it.end(until),
            Self::None | Self::Player(_) => None,
        }
    }

    /// How soon the program wants to know the time.
    pub fn pulse(&self, app: &App) -> Option<Duration> {
        match self {
            Self::Player(it) => it.pulse(app),
            _ => app.pulse().map(|it| Duration::from_millis(it.0.max(1).unsigned_abs())),
        }
    }
}
