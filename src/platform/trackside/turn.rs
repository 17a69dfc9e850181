//! What the pure half of a stream is told and what it wants: words shared by the session and its subscriptions.

use crate::model::event::Event;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};
use crate::wire::stream::{ClientFrame, close};

/// Both clocks, read by the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Since the machine started, time asleep included: for waiting.
    pub boot: Millis,
    /// The calendar: for showing.
    pub wall: Time,
}

/// Something the session wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Send(ClientFrame),
    Emit(Event),
    /// The token ends soon: look whether there is a newer one, and come back with that.
    Renew,
    /// The connection is of no more use. Nothing follows.
    End(Ending),
}

/// Why a connection ended, by what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Come back, after the backoff and not before `after`.
    Again { why: Clean, after: Option<Millis> },
    /// Nobody ever spoke our protocol on it: whatever stands in between swallows streams.
    Mute(Clean),
    /// The token is not accepted, or no longer.
    Auth(Clean),
    /// The machine slept: come back at once.
    Woke,
    /// There is a newer token: come back with it at once.
    Renewed,
    /// Coming back with the same request cannot help.
    Refused(Clean),
}

impl Ending {
    /// An ordinary loss.
    pub fn lost(why: &str) -> Self {
        Self::Again { why: Clean::new(why), after: None }
    }

    /// What a close code, or the server's goodbye, means for us. `after`: milliseconds to stay away, as the server asked.
    pub fn of(code: Option<u16>, why: &str, after: Option<u64>) -> Self {
        let why = match (why, code) {
            ("", Some(close::RESTART)) => Clean::from("the platform starts anew"),
            ("", Some(code)) => Clean::from(format!("the platform closed the stream ({code})")),
            ("", None) => Clean::from("the connection was cut"),
            (why, _) => Clean::new(why),
        };
        match code {
            Some(close::UNAUTHORIZED) => Self::Auth(why),
            Some(code) if close::is_final(code) => Self::Refused(why),
            _ => Self::Again { why, after: after.map(|it| Millis(i64::try_from(it).unwrap_or(i64::MAX))) },
        }
    }
}

/// What a person is told of a platform that cannot write what happens.
pub fn degraded_words(why: &Clean) -> String {
    format!("the platform cannot write: {why}; what is shown may be old")
}

/// What went not as promised, counted. All but `unknown` and `duplicates` should stay zero with a server that keeps the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames or lines that had been taken in before.
    pub duplicates: u64,
    /// Frames that were missing.
    pub gaps: u64,
    /// Subscriptions resumed to fill a gap.
    pub resumes: u64,
    /// Snapshots taken in.
    pub snapshots: u64,
    /// Snapshots thrown away: count or digest did not fit, or their end never came.
    pub bad_snapshots: u64,
    /// Frames and kinds of object this version does not know.
    pub unknown: u64,
    /// Frames that were no frame.
    pub unreadable: u64,
    /// Frames that went back in history.
    pub backwards: u64,
    /// Comparisons with the platform that did not agree.
    pub mismatches: u64,
}

/// What one step came to, in the making.
#[derive(Debug, Default)]
pub struct Turn {
    pub out: Vec<Output>,
    /// The next subscription's number.
    next: u32,
}

impl Turn {
    /// A turn that goes on with the numbers of the one before it.
    pub const fn after(next: u32) -> Self {
        Self { out: Vec::new(), next }
    }

    /// A number for a subscription, unused so far on this connection.
    pub const fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// The number given out last.
    pub const fn last_number(&self) -> u32 {
        self.next
    }

    /// Reports `event`.
    pub fn emit(&mut self, event: Event) {
        self.out.push(Output::Emit(event));
    }

    /// Tells the person something once.
    pub fn notice(&mut self, text: impl AsRef<str>) {
        self.emit(Event::Notice(Clean::new(text.as_ref())));
    }

    /// Sends `frame`.
    pub fn send(&mut self, frame: ClientFrame) {
        self.out.push(Output::Send(frame));
    }

    /// Asks for a newer token.
    pub fn renew(&mut self) {
        self.out.push(Output::Renew);
    }

    /// Gives the connection up.
    pub fn end(&mut self, ending: Ending) {
        self.out.push(Output::End(ending));
    }
}
