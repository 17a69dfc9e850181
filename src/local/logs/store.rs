//! The handle everybody holds: append, query, follow. Cheap to clone; the last one dropped closes the log in order.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::{fs, thread};

use tokio::sync::watch;

use super::epoch::Epoch;
use super::error::LogError;
use super::follow::Subscription;
use super::query::{self, Kept};
use super::rate::{Lost, Rate, source_of};
use super::segment;
use super::shelf::Shelf;
use super::wants::{ServicesOf, Wants};
use super::writer::Writer;
use crate::local::port::Entry;
use crate::model::log::{LogFilter, LogPage, LogQuery};
use crate::model::time::Millis;

/// Bytes that may wait for the writer; what comes on top is counted as lost. A disk that hangs for seconds costs no program a write.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// A flood of 100,000 usual lines a second is kept; a service that goes on so is held to this.
const RATE: Rate = Rate { steady: 16 * 1024 * 1024, burst: 64 * 1024 * 1024 };

/// What is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Bytes on disk, all services together.
    pub max_bytes: u64,
    pub max_age: Millis,
    /// What one service may write.
    pub rate: Rate,
}

impl Keep {
    /// This many bytes and this age, with the usual rate.
    pub const fn new(max_bytes: u64, max_age: Millis) -> Self {
        Self { max_bytes, max_age, rate: RATE }
    }

    /// Bytes of one segment: what one eviction takes away.
    pub fn segment_bytes(&self) -> u64 {
        (self.max_bytes / 16).clamp(64 * 1024, 8 * 1024 * 1024)
    }

    /// Bytes of one block: what is read, passed by, or kept in memory as one.
    pub fn block_bytes(&self) -> usize {
        (self.segment_bytes() as usize / 4).min(64 * 1024)
    }
}

/// The platform's log.
#[derive(Clone)]
pub struct LogStore {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer and the readers share.
pub struct Shared {
    pub epoch: String,
    pub shelf: RwLock<Shelf>,
    pub queue: Mutex<Queue>,
    /// Something is in the queue.
    pub filled: Condvar,
    /// The writer has come to the end of something.
    pub emptied: Condvar,
    pub head: watch::Sender<u64>,
}

/// What waits for the writer.
#[derive(Default)]
pub struct Queue {
    pub entries: Vec<Entry>,
    pub bytes: usize,
    pub lost: Vec<Lost>,
    /// Calls of `append` so far, and those whose lines are visible.
    pub pushed: u64,
    pub done: u64,
    pub closed: bool,
    pub ended: bool,
}

impl LogStore {
    /// Opens the log in `folder`, making it if need be, and cuts off what a kill left half-written.
    pub fn open(folder: &Path, max_bytes: u64, max_age: Millis) -> Result<Self, LogError> {
        Self::open_with(folder, Keep::new(max_bytes, max_age))
    }

    /// As [`LogStore::open`], with a rate of one's own.
    pub fn open_with(folder: &Path, keep: Keep) -> Result<Self, LogError> {
        let failed = |why| LogError::Folder { path: folder.to_owned(), why };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut closed = VecDeque::new();
        for path in segments_in(folder).map_err(failed)? {
            match segment::load(&path, keep.block_bytes()) {
                Ok(Some(segment)) => closed.push_back(Arc::new(segment)),
                Ok(None) => fs::remove_file(&path).map_err(failed)?,
                Err(why) => return Err(LogError::Folder { path, why }),
            }
        }
        let stored = closed.iter().filter_map(|it| it.last()).max().unwrap_or(0);
        let epoch = Epoch::resume(folder, stored);
        let shared = Arc::new(Shared {
            epoch: epoch.name.clone(),
            shelf: RwLock::new(Shelf::new(closed, epoch.head, keep.block_bytes())),
            queue: Mutex::new(Queue::default()),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            head: watch::Sender::new(epoch.head),
        });
        let writer = Writer::new(Arc::clone(&shared), folder.to_owned(), keep, epoch);
        let thread = thread::Builder::new().name("log-writer".into()).spawn(move || writer.run()).map_err(LogError::Thread)?;
        Ok(Self { inner: Arc::new(Inner { shared, thread: Mutex::new(Some(thread)) }) })
    }

    /// Takes lines in; never waits for the disk. They are visible, numbered in this order, a moment later.
    pub fn append(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let mut queue = self.inner.shared.queue();
        queue.pushed += 1;
        queue.push(entries);
        drop(queue);
        self.inner.shared.filled.notify_one();
    }

    /// Waits until all that was appended before is visible. Blocks the thread: for the end of things and for tests.
    pub fn flush(&self) {
        let shared = &self.inner.shared;
        let mut queue = shared.queue();
        let until = queue.pushed;
        while queue.done < until && !queue.ended {
            queue = shared.emptied.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes and syncs everything and ends the writer; what is appended later is dropped, reading still works.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Answers a stretch of kept lines. May read files: not for an async thread.
    pub fn query(&self, query: &LogQuery, services_of: ServicesOf) -> LogPage {
        let mut wants = Wants::new(&query.filter, services_of);
        (wants.since, wants.until) = (query.since, query.until);
        query::page(&self.kept(query.after.unwrap_or(0)), query, &wants, self.epoch())
    }

    /// Follows the log: every line that fits `filter`, from whatever offset the reader asks for.
    pub fn subscribe(&self, filter: &LogFilter, services_of: ServicesOf) -> Subscription {
        Subscription::new(self.clone(), Wants::new(filter, services_of), self.inner.shared.head.subscribe())
    }

    /// Names the run of offsets; new when their continuity could not be proved.
    pub fn epoch(&self) -> String {
        self.inner.shared.epoch.clone()
    }

    /// The newest offset; 0: none yet.
    pub fn head(&self) -> u64 {
        *self.inner.shared.head.borrow()
    }

    /// The oldest offset kept; one past the head when nothing is.
    pub fn floor(&self) -> u64 {
        self.inner.shared.shelf.read().unwrap_or_else(PoisonError::into_inner).floor()
    }

    /// What is kept after `off`.
    pub(super) fn kept(&self, off: u64) -> Kept {
        let shelf = self.inner.shared.shelf.read().unwrap_or_else(PoisonError::into_inner);
        Kept { segments: shelf.view(off), floor: shelf.floor(), head: shelf.head }
    }
}

impl Inner {
    fn close(&self) {
        self.shared.queue().closed = true;
        self.shared.filled.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has said so on its own way out.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    pub fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, entries: Vec<Entry>) {
        if self.bytes < QUEUE_BYTES {
            self.bytes += entries.iter().map(|it| it.text.len() + size_of::<Entry>()).sum::<usize>();
            if self.entries.is_empty() {
                self.entries = entries;
            } else {
                self.entries.extend(entries);
            }
            return;
        }
        for entry in entries {
            self.lose(&entry);
        }
    }

    fn lose(&mut self, entry: &Entry) {
        if let Some(lost) = self.lost.iter_mut().find(|it| it.source.service == entry.service) {
            lost.count += 1;
            lost.to = entry.at;
        } else {
            self.lost.push(Lost { source: source_of(entry), count: 1, from: entry.at, to: entry.at });
        }
    }
}

fn segments_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "tsl") {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}
