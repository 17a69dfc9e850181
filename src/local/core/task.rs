//! The loop: commands and happenings in, one step of the engine each, its changes on disk, everybody told, its jobs begun.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::local::auth::Tokens;
use crate::local::clock::{Steady, now};
use crate::local::db::{Db, DbError};
use crate::local::engine::{Happening, Job, Output, Said, State, step};
use crate::local::live::Hub;
use crate::local::output::LogSink;
use crate::local::port::{Batch, Committed, Done, Entry, Refusal};
use crate::local::worker::Worker;
use crate::model::event::Change;
use crate::model::log::LogKind;
use crate::model::request::Fault;
use crate::model::text::Clean;
use crate::seeded::{bug, point};

use super::backlog::Backlog;
use super::handle::{Asked, Handle};
use super::seen::Seen;

/// Shortest wait for what is due: a rule that stays due must not spin the core.
const SHORTEST: Duration = Duration::from_millis(20);
/// With nothing due, the core looks up this often; also how often a full disk is tried again.
const LONGEST: Duration = Duration::from_secs(1);

/// The core.
pub struct Core {
    state: State,
    to: Parts,
    backlog: Backlog,
    steady: Steady,
    /// Why there is no going on.
    lost: Option<String>,
}

/// The ends of the core's channels, and what it writes to.
pub struct Parts {
    pub handle: Handle,
    pub db: Db,
    pub hub: Hub,
    pub worker: Worker,
    pub sink: LogSink,
    pub seen: Seen,
    pub tokens: Tokens,
    pub asks: mpsc::Receiver<Asked>,
    pub told: mpsc::UnboundedReceiver<Happening>,
    pub stop: CancellationToken,
}

impl Core {
    pub fn new(state: State, to: Parts) -> Self {
        Self { state, to, backlog: Backlog::default(), steady: Steady::begin(), lost: None }
    }

    /// Runs until stopped. What is under way then is left as it is: the next start makes it true. An error is the end of all writing.
    pub async fn run(mut self) -> Result<(), String> {
        self.happened(Happening::Boot).await;
        let stop = self.to.stop.clone();
        loop {
            if let Some(why) = self.lost.take() {
                return Err(why);
            }
            let wait = self.state.due().map_or(LONGEST, |at| Duration::from_millis(at.since(now()).0.max(0) as u64));
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                Some(it) = self.to.told.recv() => self.happened(it).await,
                Some(it) = self.to.asks.recv() => self.command(it).await,
                () = tokio::time::sleep(wait.clamp(SHORTEST, LONGEST)) => {
                    self.clock().await;
                    let due = self.state.due().is_some_and(|at| at <= now());
                    if due || !self.backlog.is_empty() {
                        self.happened(Happening::Tick).await;
                    }
                }
            }
        }
    }

    /// Deadlines are instants of the calendar, which may be set at any time: looked at before each step, which makes new ones.
    async fn clock(&mut self) {
        let by = self.steady.set();
        if by.0 != 0 && !bug("deadlines_by_calendar") {
            tracing::warn!(
                seconds = by.0 / 1000,
                "the clock was set, or the machine slept; what waits goes on waiting for the rest of its time"
            );
            self.take_in(Happening::ClockSet(by)).await;
        }
    }

    /// A command is tried on a copy of the state, so that one that cannot be written has never happened.
    async fn command(&mut self, Asked { command, reply }: Asked) {
        // First, for it may leave something that cannot be written yet: what waits must never be written over what is newer.
        self.clock().await;
        if !self.backlog.is_empty() {
            let _ = reply.send(Err(Refusal::ReadOnly));
            return;
        }
        let (mut trial, at, key) = (self.state.clone(), now(), command.idempotency.clone());
        let mut out = step(&mut trial, at, Happening::Command(Box::new(command)));
        let (text, object) = match out.reply.take() {
            Some(Ok(it)) => it,
            Some(Err(refusal)) => {
                let _ = reply.send(Err(refusal));
                return;
            }
            None => return,
        };
        let mut done = Done { rev: 0, text: Clean::from(text), object: object.as_ref().map(|it| trial.object(it)) };
        let answer = key.map(|it| (it, done.clone()));
        let batch = Batch { changes: std::mem::take(&mut out.changes), private: std::mem::take(&mut out.private), answer };
        let answer = match self.to.db.commit(batch).await {
            Ok(committed) => {
                if self.state.tokens != trial.tokens {
                    self.to.tokens.keep(&trial.tokens);
                }
                self.state = trial;
                done.rev = committed.rev;
                point("core.committed");
                self.lead(&mut out);
                self.landed(&committed);
                done.object = object.map(|it| self.state.object(&it));
                out.changes = committed.changes;
                point("core.published");
                self.act(out, at);
                point("core.acted");
                Ok(done)
            }
            // Never happened, so nothing that is shown is old: that begins with the first happening that cannot be written.
            Err(DbError::Full) => Err(Refusal::ReadOnly),
            Err(error) => {
                self.lose(&error);
                Err(Refusal::Fault(Fault::Server(Clean::from(error.to_string()))))
            }
        };
        let _ = reply.send(answer);
    }

    /// What happened has happened, whether or not it can be written now.
    async fn happened(&mut self, happening: Happening) {
        self.clock().await;
        self.take_in(happening).await;
    }

    async fn take_in(&mut self, happening: Happening) {
        let at = now();
        let mut out = step(&mut self.state, at, happening);
        self.lead(&mut out);
        self.backlog.add(out.changes.clone(), std::mem::take(&mut out.private));
        self.save().await;
        self.act(out, at);
    }

    /// Writes what waits. What is there to write stays until there is room, but an object that can never be written holds up nothing.
    async fn save(&mut self) {
        while !self.backlog.is_empty() {
            match self.to.db.commit(self.backlog.batch()).await {
                Ok(committed) => {
                    self.backlog.clear();
                    self.landed(&committed);
                    self.to.hub.degrade(None);
                }
                Err(DbError::TooLarge(object)) if self.backlog.give_up(&object) => {
                    tracing::error!(%object, "a change is too large to be kept; it is left out and everything else goes on");
                    // Should nothing else wait, writing works.
                    if self.backlog.is_empty() {
                        self.to.hub.degrade(None);
                    }
                }
                Err(error) => {
                    self.lose(&error);
                    return self.to.hub.degrade(Some(Clean::from(error.to_string())));
                }
            }
        }
    }

    /// A disk may have room again; a database whose thread is gone does not come back.
    fn lose(&mut self, error: &DbError) {
        if matches!(error, DbError::Closed) && !self.to.stop.is_cancelled() {
            self.lost = Some("the database's thread is gone".to_owned());
        }
    }

    fn landed(&mut self, committed: &Committed) {
        self.state.stamped(&committed.changes);
        for change in &committed.changes {
            if let Change::Service(it) = change {
                self.to.worker.explain(it);
            }
        }
        {
            let mut world = self.to.handle.change();
            world.rev = committed.rev;
            for change in &committed.changes {
                world.snapshot.apply(change.clone());
            }
        }
        self.to.hub.publish(committed);
    }

    /// Moves traffic, before anybody is told that it has moved.
    fn lead(&self, out: &mut Output) {
        for job in out.jobs.extract_if(.., |it| matches!(it, Job::Route { .. })) {
            self.to.worker.take(job);
        }
    }

    fn act(&self, out: Output, at: crate::model::time::Time) {
        self.to.seen.step(&out, at);
        let lines: Vec<Entry> = out.says.into_iter().map(|it| entry(it, at)).collect();
        if !lines.is_empty() {
            (self.to.sink)(lines);
        }
        for job in out.jobs {
            self.to.worker.take(job);
        }
    }
}

fn entry(it: Said, at: crate::model::time::Time) -> Entry {
    Entry {
        at,
        kind: LogKind::Platform,
        level: Some(it.level),
        service: Some(it.service),
        deployment: it.deployment,
        replica: it.replica,
        cont: false,
        text: it.text,
    }
}
