//! The way of a source's events into the program: bounded, and honest about what it had to leave out.

use tokio::sync::mpsc;

use crate::model::event::Event;
use crate::model::ids::SourceId;

/// Sends one source's events into lane 2. Waits while the lane is full, so a source can never outrun the program.
#[derive(Clone, Debug)]
pub struct Sink {
    id: SourceId,
    lane: mpsc::Sender<(SourceId, Event)>,
}

impl Sink {
    /// A sink for the source `id` into `lane`.
    pub const fn new(id: SourceId, lane: mpsc::Sender<(SourceId, Event)>) -> Self {
        Self { id, lane }
    }

    /// Sends `event`; false when the program has gone.
    pub async fn send(&self, event: Event) -> bool {
        self.lane.send((self.id, event)).await.is_ok()
    }
}
