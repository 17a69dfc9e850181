//! What every adapter is to the program: a task that is asked things and reports events.

use std::future::Future;
use std::pin::Pin;

use tokio::sync::mpsc;

use crate::model::ids::AskId;
use crate::model::request::Request;

use super::sink::Sink;

/// Something asked of a source. The answer is an `Event::Answer` with the same id, sooner or later, always.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub id: AskId,
    pub request: Request,
}

/// The future of a running source.
pub type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection to something outside.
///
/// `run` never ends by itself: it connects, backs off, connects again, and reports each turn as
/// `Event::Link`. It ends when `asks` is closed, and then within a second.
pub trait Source: Send {
    /// Runs the source.
    fn run(self: Box<Self>, asks: mpsc::Receiver<Ask>, out: Sink) -> Running;
}
