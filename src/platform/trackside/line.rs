//! The connection of a source: what it is made of and what comes after each of its ends. Who lives on it is `live` and `polling`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::client::Client;
use super::session::Session;
use super::turn::Now;
use crate::model::event::Event;
use crate::model::log::LogFilter;
use crate::model::text::Clean;
use crate::model::time::Millis;
use crate::platform::clock::Clocks;
use crate::platform::patience::Patience;
use crate::platform::retry::Backoff;
use crate::platform::sink::Sink;
use crate::platform::trouble::Trouble;
use crate::platform::ws::{self, Socket};
use crate::wire::rest::{STREAM, SUBPROTOCOL};
use crate::wire::stream::MAX_SERVER_FRAME;

/// The connection, over all its lives.
#[derive(Debug)]
pub(super) struct Line {
    pub client: Client,
    pub patience: Patience,
    pub session: Session,
    pub backoff: Backoff,
    /// Which log lines are wanted.
    pub wanted: watch::Receiver<LogFilter>,
    /// Somebody wants it tried now.
    pub refresh: Arc<Notify>,
    pub mutes: u32,
    /// Messages of no use since time was last looked at.
    pub noise: u32,
    /// When it went down, until it is whole again.
    pub down: Option<Millis>,
    pub out: Sink,
}

/// What comes after a connection, or after there was none.
pub(super) enum Next {
    /// At once.
    Now,
    /// With this stream.
    Stream(Box<Socket>),
    /// After the backoff.
    Wait { why: Clean, after: Option<Millis> },
    /// By polling, because there is no stream.
    Poll(Clean),
    /// When a person has done something about it, or after a long while.
    Refused { why: Clean, recheck: Option<Duration> },
}

impl Line {
    /// Opens the stream.
    pub async fn open(&self) -> Result<Socket, Trouble> {
        ws::open(&self.client.http(), STREAM, SUBPROTOCOL, MAX_SERVER_FRAME).await
    }

    /// What comes after `trouble`.
    pub async fn over(&mut self, trouble: Trouble) -> Next {
        let why = trouble.say();
        match trouble {
            // The platform may have started anew elsewhere, or with another token.
            Trouble::Offline { .. } if self.client.renew() => Next::Now,
            Trouble::Auth(_) if self.client.renew_token().await => Next::Now,
            Trouble::Auth(_) => Next::Refused { why, recheck: None },
            Trouble::Forbidden(_) | Trouble::Fatal(_) => Next::Refused { why, recheck: Some(self.patience.refused) },
            Trouble::NoStream(why) => Next::Poll(why),
            other => Next::Wait { why, after: other.floor() },
        }
    }

    /// Waits; true when it was cut short, because somebody wants it now or the machine slept.
    pub async fn pause(&self, length: Duration) -> bool {
        let end = Instant::now() + length;
        loop {
            let before = Clocks::read();
            let step = self.patience.tick.min(end.saturating_duration_since(Instant::now()));
            tokio::select! {
                () = self.refresh.notified() => return true,
                () = tokio::time::sleep(step) => {}
            }
            if before.woke(&Clocks::read(), Millis(step.as_millis() as i64)) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
        }
    }

    /// Reports `event`; false when the program has gone.
    pub async fn tell(&self, event: Event) -> bool {
        self.out.send(event).await
    }
}

/// Both clocks as the session wants them.
pub(super) fn now() -> Now {
    let it = Clocks::read();
    Now { boot: it.boot, wall: it.wall }
}
