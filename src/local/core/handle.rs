//! How the rest of the platform asks the core and reads the world. Holds no rule of its own.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::{mpsc, oneshot};

use crate::local::port::{Command, Done, Refusal};
use crate::model::event::Snapshot;
use crate::model::request::Fault;
use crate::model::text::Clean;

/// Commands that may wait for the core. More than one person can type; a script that floods is made to wait.
const QUEUE: usize = 256;

/// Everything there is, as of `rev`: exactly what the database holds.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub epoch: String,
    pub rev: u64,
    pub snapshot: Snapshot,
}

/// A command on its way to the core, with the way back.
#[derive(Debug)]
pub struct Asked {
    pub command: Command,
    pub reply: oneshot::Sender<Result<Done, Refusal>>,
}

/// The way to the core. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    asks: mpsc::Sender<Asked>,
    world: Arc<RwLock<World>>,
}

impl Handle {
    /// A handle on `world`, and the other end of it, which the core (or a test) answers.
    pub fn new(world: World) -> (Self, mpsc::Receiver<Asked>) {
        let (asks, rx) = mpsc::channel(QUEUE);
        (Self { asks, world: Arc::new(RwLock::new(world)) }, rx)
    }

    /// Asks for a write; answers once it is on disk, or why it was not done.
    pub async fn ask(&self, command: Command) -> Result<Done, Refusal> {
        let stops = || Refusal::Fault(Fault::Server(Clean::new("it is stopping; ask again once it is back")));
        let (reply, answer) = oneshot::channel();
        self.asks.send(Asked { command, reply }).await.map_err(|_| stops())?;
        answer.await.map_err(|_| stops())?
    }

    /// The world as it is. Hold it briefly: the core waits for the lock before the next change.
    pub fn world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the core alone: the world, to write into.
    pub(in crate::local) fn change(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }
}
