//! The one thread that owns the connection. What is queued is written together, each batch with its own revision.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::local::clock::now;
use crate::local::lock::Lock;
use crate::local::port::{Batch, Committed, Done, IdempotencyKey};
use crate::seeded::point;
use crate::wire::stream::MAX_SERVER_FRAME;

use super::error::DbError;
use super::load::Opened;
use super::mark::Mark;
use super::rows::{self, Outbox};

/// Most batches of one SQLite transaction.
const GROUP: usize = 64;
/// Commits between two prunings.
const PRUNE_EVERY: u64 = 64;
/// An object must fit into one frame with room for what is around it.
const MAX_OBJECT: usize = MAX_SERVER_FRAME - 1024;

/// What the thread is asked.
#[derive(Debug)]
pub(super) enum Job {
    Commit(Box<Batch>, oneshot::Sender<Result<Committed, DbError>>),
    After { rev: u64, limit: usize, reply: oneshot::Sender<Result<Option<Vec<Outbox>>, DbError>> },
    Kept(String, String, oneshot::Sender<Result<Option<String>, DbError>>),
    Answered(IdempotencyKey, oneshot::Sender<Result<Option<(String, Done)>, DbError>>),
    Close(oneshot::Sender<()>),
}

type Waiting = (Box<Batch>, oneshot::Sender<Result<Committed, DbError>>);

/// State of the thread.
pub(super) struct Writer {
    db: Connection,
    path: PathBuf,
    mark: Mark,
    _lock: Lock,
    epoch: String,
    rev: u64,
    since_prune: u64,
    floor: Arc<AtomicU64>,
}

impl Writer {
    /// Takes over what was opened; the floor is kept readable for others.
    pub(super) fn new(opened: Opened, floor: Arc<AtomicU64>) -> Result<Self, DbError> {
        let Opened { db, path, mark, lock, loaded } = opened;
        let it = Self { db, path, mark, _lock: lock, epoch: loaded.epoch, rev: loaded.rev, since_prune: 0, floor };
        it.tell_floor().map_err(|error| DbError::of(&error, &it.path))?;
        Ok(it)
    }

    /// Runs until it is closed or nobody is left to ask.
    pub(super) fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut told = None;
        let mut group: Vec<Waiting> = Vec::new();
        'jobs: while let Some(first) = jobs.blocking_recv() {
            let mut next = Some(first);
            while let Some(job) = next.take() {
                match job {
                    Job::Commit(batch, reply) => {
                        group.push((batch, reply));
                        next = if group.len() < GROUP { jobs.try_recv().ok() } else { None };
                    }
                    // A question sees everything that was asked to be written before it.
                    other => {
                        self.write(&mut group);
                        if let Some(reply) = self.answer(other) {
                            told = Some(reply);
                            break 'jobs;
                        }
                    }
                }
            }
            self.write(&mut group);
        }
        self.write(&mut group);
        if let Err(error) = rows::set_meta(&self.db, "closed", "1") {
            tracing::warn!(%error, "the database could not be closed properly; it is checked at the next start");
        }
        drop(self);
        if let Some(reply) = told {
            let _ = reply.send(());
        }
    }

    /// Answers a question; returns whom to tell when it was the last one.
    fn answer(&self, job: Job) -> Option<oneshot::Sender<()>> {
        match job {
            Job::After { rev, limit, reply } => {
                let found = rows::changes_after(&self.db, rev, self.rev, limit);
                let _ = reply.send(found.map_err(|error| DbError::of(&error, &self.path)));
            }
            Job::Kept(table, key, reply) => {
                let _ = reply.send(rows::kept(&self.db, &table, &key).map_err(|error| DbError::of(&error, &self.path)));
            }
            Job::Answered(key, reply) => {
                let found = rows::answer(&self.db, &key.key).map_err(|error| DbError::of(&error, &self.path));
                let found = found.and_then(|row| row.map(|(body, json)| Ok((body, rows::read_answer(&json)?))).transpose());
                let _ = reply.send(found);
            }
            Job::Commit(..) => {}
            Job::Close(reply) => return Some(reply),
        }
        None
    }

    /// Writes the group in one transaction; all of it or nothing.
    fn write(&mut self, group: &mut Vec<Waiting>) {
        if group.is_empty() {
            return;
        }
        point("db.taken");
        let waiting = std::mem::take(group);
        let before = self.rev;
        let mut ready = Vec::with_capacity(waiting.len());
        for (batch, reply) in waiting {
            match Ready::of(*batch, self.rev) {
                Ok(it) => {
                    self.rev = it.rev;
                    ready.push((it, reply));
                }
                Err(error) => drop(reply.send(Err(error))),
            }
        }
        match self.transact(&ready) {
            Ok(()) => {
                point("db.committed");
                if let Err(error) = self.mark.set(&self.epoch, self.rev) {
                    tracing::warn!(%error, "the high-water mark could not be moved");
                }
                point("db.marked");
                for (it, reply) in ready {
                    let _ = reply.send(Ok(Committed { rev: it.rev, changes: it.changes }));
                    point("db.told");
                }
            }
            Err(error) => {
                self.rev = before;
                let error = DbError::of(&error, &self.path);
                for (_, reply) in ready {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn transact<T>(&mut self, ready: &[(Ready, T)]) -> rusqlite::Result<()> {
        let now = now_ms();
        let group = self.db.transaction()?;
        point("db.begun");
        for (it, _) in ready {
            for (change, json) in it.changes.iter().zip(&it.json) {
                rows::put(&group, change, json)?;
            }
            point("db.objects");
            if !it.changes.is_empty() {
                rows::put_outbox(&group, it.rev, now, &format!("[{}]", it.json.join(",")))?;
            }
            point("db.outbox");
            for ((table, key), json) in &it.private {
                rows::put_private(&group, table, key, json.as_deref())?;
            }
            point("db.private");
            if let Some((key, json)) = &it.answer {
                rows::put_answer(&group, key, json, now)?;
            }
            point("db.answers");
        }
        rows::set_meta(&group, "rev", &self.rev.to_string())?;
        point("db.revision");
        self.since_prune += ready.len() as u64;
        let pruned = self.since_prune >= PRUNE_EVERY;
        if pruned {
            rows::prune(&group, self.rev, now)?;
            self.since_prune = 0;
        }
        group.commit()?;
        if pruned { self.tell_floor() } else { Ok(()) }
    }

    fn tell_floor(&self) -> rusqlite::Result<()> {
        self.floor.store(rows::floor(&self.db, self.rev)?, Ordering::Release);
        Ok(())
    }
}

/// A batch with its revision in it, as text.
struct Ready {
    rev: u64,
    changes: Vec<crate::model::event::Change>,
    json: Vec<String>,
    private: Vec<((String, String), Option<String>)>,
    answer: Option<(IdempotencyKey, String)>,
}

impl Ready {
    /// Gives `batch` the revision after `head`; one that changes nothing public needs none.
    fn of(batch: Batch, head: u64) -> Result<Self, DbError> {
        let Batch { mut changes, private, answer } = batch;
        let rev = if changes.is_empty() { head } else { head + 1 };
        let mut json = Vec::with_capacity(changes.len());
        for change in &mut changes {
            change.stamp(rev);
            let text = to_json(change)?;
            if text.len() > MAX_OBJECT {
                let object = change.object();
                let (kind, id) = object.parts();
                return Err(DbError::TooLarge(format!("{kind} {id}")));
            }
            json.push(text);
        }
        let answer = match answer {
            Some((key, mut done)) => {
                done.rev = rev;
                if let Some(object) = &mut done.object {
                    object.stamp(rev);
                }
                Some((key, to_json(&done)?))
            }
            None => None,
        };
        Ok(Self { rev, changes, json, private, answer })
    }
}

fn to_json<T: serde::Serialize>(it: &T) -> Result<String, DbError> {
    serde_json::to_string(it).map_err(|error| DbError::Io(format!("an object cannot be written as JSON: {error}")))
}

fn now_ms() -> i64 {
    now().0
}
