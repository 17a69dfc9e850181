//! The handle of the database: cheap to clone, asked from anywhere, answered by the one writer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::local::lock::Lock;
use crate::local::port::{Batch, Committed, Done, IdempotencyKey, Loaded};

use super::error::DbError;
use super::load;
use super::rows::Outbox;
use super::writer::{Job, Writer};

/// The platform's database. Closes when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Db {
    jobs: mpsc::UnboundedSender<Job>,
    floor: Arc<AtomicU64>,
}

/// What is known of an idempotency key.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// Never used, or longer ago than a day.
    No,
    /// The same deed was done before: this is its answer.
    Same(Box<Done>),
    /// Used for something else.
    OtherBody,
}

impl Db {
    /// Opens the database of `folder` (made if there is none) and loads all it holds. Blocks: call it at the start.
    pub fn open(folder: &Path) -> Result<(Self, Loaded), DbError> {
        Self::open_locked(folder, load::lock(folder)?)
    }

    /// The same for one who has taken the folder's lock; it is let go of when the database is closed.
    pub(in crate::local) fn open_locked(folder: &Path, lock: Lock) -> Result<(Self, Loaded), DbError> {
        let mut opened = load::open(folder, lock)?;
        let loaded = Loaded {
            epoch: opened.loaded.epoch.clone(),
            rev: opened.loaded.rev,
            snapshot: std::mem::take(&mut opened.loaded.snapshot),
            private: std::mem::take(&mut opened.loaded.private),
            last: None,
            killed: opened.loaded.killed,
        };
        let floor = Arc::new(AtomicU64::new(0));
        let writer = Writer::new(opened, Arc::clone(&floor))?;
        // Unbounded is safe: `core` waits for each commit, and every connection for each question.
        let (jobs, queue) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new().name("db".to_owned()).spawn(move || writer.run(queue));
        thread.map_err(|error| DbError::Io(format!("no thread for the database: {error}")))?;
        Ok((Self { jobs, floor }, loaded))
    }

    /// Writes a batch in one transaction, stamped with the next revision. On disk when this returns.
    pub async fn commit(&self, batch: Batch) -> Result<Committed, DbError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Job::Commit(Box::new(batch), reply), answer).await
    }

    /// Up to `limit` transactions after `rev`, oldest first; `None` when the next one is no longer kept or `rev` is ahead of the head.
    pub async fn changes_after(&self, rev: u64, limit: usize) -> Result<Option<Vec<Outbox>>, DbError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Job::After { rev, limit, reply }, answer).await
    }

    /// Oldest revision one can resume from.
    pub fn floor(&self) -> u64 {
        self.floor.load(Ordering::Acquire)
    }

    /// What is kept beside the public state under this key, as JSON.
    pub async fn kept(&self, table: &str, key: &str) -> Result<Option<String>, DbError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Job::Kept(table.to_owned(), key.to_owned(), reply), answer).await
    }

    /// Whether the deed of `key` was done before.
    pub async fn answered(&self, key: &IdempotencyKey) -> Result<Answered, DbError> {
        let (reply, answer) = oneshot::channel();
        let known = self.ask(Job::Answered(key.clone(), reply), answer).await?;
        Ok(match known {
            None => Answered::No,
            Some((body, done)) if body == key.body => Answered::Same(Box::new(done)),
            Some(_) => Answered::OtherBody,
        })
    }

    /// Writes what is queued, closes the file and lets go of the folder.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.jobs.send(Job::Close(reply)).is_ok() {
            let _ = closed.await;
        }
    }

    async fn ask<T>(&self, job: Job, answer: oneshot::Receiver<Result<T, DbError>>) -> Result<T, DbError> {
        self.jobs.send(job).map_err(|_| DbError::Closed)?;
        answer.await.map_err(|_| DbError::Closed)?
    }
}
