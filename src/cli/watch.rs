//! A source's events, for commands that wait for something to happen.

use tokio::sync::mpsc;

use super::exit::{Failure, UNREACHABLE};
use super::reach::Reach;
use crate::model::event::Event;
use crate::model::ids::{AskId, SourceId};
use crate::model::link::Link;
use crate::model::log::LogFilter;
use crate::model::request::Request;
use crate::platform::endpoint::Endpoint;
use crate::platform::port::{Ask, Source};
use crate::platform::sink::Sink;
use crate::platform::trackside::source::Trackside;

/// Events that wait for the command; a source that is faster waits.
const LANE: usize = 256;

/// The source of the platform at `endpoint`.
pub fn source(endpoint: Endpoint) -> Box<dyn Source> {
    Box::new(Trackside::new(endpoint))
}

/// A running source. It reconnects by itself; what it cannot mend ends the command.
pub struct Watch {
    events: mpsc::Receiver<(SourceId, Event)>,
    asks: mpsc::Sender<Ask>,
}

impl Watch {
    /// Watches everything but logs.
    pub fn start(reach: &Reach) -> Self {
        let (lane, events) = mpsc::channel(LANE);
        let (asks, questions) = mpsc::channel(1);
        let running = source(reach.client.http().endpoint().clone()).run(questions, Sink::new(SourceId(0), lane));
        tokio::spawn(running);
        Self { events, asks }
    }

    /// Watches the log lines of `filter` too; returns once the source is connected.
    pub async fn following(reach: &Reach, filter: LogFilter) -> Result<Self, Failure> {
        let mut it = Self::start(reach);
        let _ = it.asks.send(Ask { id: AskId(1), request: Request::Follow(filter) }).await;
        while !matches!(it.next().await?, Event::Link(Link::Live | Link::Polling { .. })) {}
        Ok(it)
    }

    /// The next event.
    pub async fn next(&mut self) -> Result<Event, Failure> {
        match self.events.recv().await {
            Some((_, Event::Link(Link::Refused { why }))) => Err(Failure::new(super::exit::DENIED, why.to_string())),
            Some((_, event)) => Ok(event),
            None => Err(Failure::new(UNREACHABLE, "the connection ended")),
        }
    }
}
