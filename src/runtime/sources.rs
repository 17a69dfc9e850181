//! The sources of a context: a task each, its events into lane 2, what is asked of it out of a bounded queue.

use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;

use crate::model::event::{Answer, Event};
use crate::model::ids::SourceId;
use crate::model::request::Fault;
use crate::platform::port::{Ask, Source};
use crate::platform::sink::Sink;

/// Questions that wait for one source. A person does not ask faster; what is more is answered with a refusal.
const ASKS: usize = 64;

/// A source of the context and what it is called.
pub struct Connection {
    /// As the person named it.
    pub name: String,
    /// Its adapter's word: `trackside`.
    pub adapter: String,
    pub source: Box<dyn Source>,
}

/// The running sources. Dropping it ends them.
#[derive(Debug)]
pub struct Sources {
    /// The id of the first.
    first: u16,
    asks: Vec<Sender<Ask>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Sources {
    /// Starts every source; their ids count from `first`. No two contexts share one, so that what a source said before it ended is
    /// never taken for what another says.
    pub fn start(connections: Vec<Connection>, first: u16, facts: &Sender<(SourceId, Event)>, on: &Handle) -> Self {
        let mut it = Self { first, asks: Vec::new(), tasks: Vec::new() };
        for (index, connection) in connections.into_iter().enumerate() {
            let (asks, questions) = mpsc::channel(ASKS);
            let sink = Sink::new(SourceId(first.wrapping_add(index as u16)), facts.clone());
            it.asks.push(asks);
            it.tasks.push(on.spawn(connection.source.run(questions, sink)));
        }
        it
    }

    /// Hands `ask` to the source `id`; if that cannot be, the answer that says so.
    pub fn ask(&self, id: SourceId, ask: Ask) -> Result<(), Event> {
        let no = |ask: &Ask, why: &str| Event::Answer(ask.id, Box::new(Answer::Failed(Fault::Offline(why.into()))));
        let Some(queue) = self.asks.get(usize::from(id.0.wrapping_sub(self.first))) else {
            return Err(no(&ask, "there is no such source"));
        };
        queue.try_send(ask).map_err(|err| match err {
            mpsc::error::TrySendError::Full(ask) => no(&ask, "too much is being asked at once; try again in a moment"),
            mpsc::error::TrySendError::Closed(ask) => no(&ask, "the source has ended; start trackside again"),
        })
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
