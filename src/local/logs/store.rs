//! The handle everybody holds: append, query, follow. Cheap to clone; the last one dropped closes the log in order.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::{fs, thread};

use tokio::sync::watch;

use super::epoch::Epoch;
use super::error::LogError;
use super::follow::Subscription;
use super::query;
use super::segment::{self, Segment};
use super::shared::{Keep, Queue, Shared};
use super::shelf::Shelf;
use super::volume;
use super::wants::{Names, Wants};
use super::writer::Writer;
use crate::local::port::Entry;
use crate::model::log::{LogFilter, LogPage, LogQuery, LogVolume, VolumeQuery};
use crate::model::query::Mistake;
use crate::model::time::{Millis, Time};

/// The platform's log.
#[derive(Clone)]
pub struct LogStore {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
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
        let mut closed: VecDeque<Arc<Segment>> = VecDeque::new();
        for path in segments_in(folder).map_err(failed)? {
            match segment::load(&path, keep.block_bytes()) {
                // Made into another one, and not yet removed when the platform was killed.
                Ok(Some(old)) if closed.back().is_some_and(|it| old.last() <= it.last()) => fs::remove_file(&path).map_err(failed)?,
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
        // Where something waits already, the writer has been told.
        let first = queue.entries.is_empty();
        queue.push(entries);
        drop(queue);
        if first {
            self.inner.shared.filled.notify_one();
        }
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

    /// Answers a stretch of kept lines. May read files: not for an async thread. A query that cannot be read is a mistake.
    pub fn query(&self, query: &LogQuery, names: &dyn Names) -> Result<LogPage, Mistake> {
        let mut wants = Wants::new(&query.filter, names)?;
        (wants.since, wants.until) = (query.since, query.until);
        Ok(query::page(&self.inner.shared.kept(query.after.unwrap_or(0)), query, &wants, self.epoch()))
    }

    /// Counts lines by level and step. Reads the heads of lines only for steps under a minute: not for an async thread.
    pub fn volume(&self, query: &VolumeQuery, now: Time) -> LogVolume {
        volume::volume(&self.inner.shared.kept(0), query, now)
    }

    /// Follows the log: every line that fits `filter`, from whatever offset the reader asks for.
    pub fn subscribe(&self, filter: &LogFilter, names: &dyn Names) -> Result<Subscription, Mistake> {
        Ok(self.reader(Wants::new(filter, names)?))
    }

    /// A reader that only waits for the log to grow.
    pub fn head_only(&self) -> Subscription {
        self.reader(Wants::everything())
    }

    fn reader(&self, wants: Wants) -> Subscription {
        Subscription::new(Arc::clone(&self.inner.shared), wants, self.inner.shared.head.subscribe())
    }

    /// Names the run of offsets; new when their continuity could not be proved.
    pub fn epoch(&self) -> String {
        self.inner.shared.epoch.clone()
    }

    /// The newest offset; 0: none yet.
    pub fn head(&self) -> u64 {
        *self.inner.shared.head.borrow()
    }

    /// When the newest line of what is closed was written: right after opening, the newest there is.
    pub fn newest(&self) -> Option<Time> {
        let shelf = self.inner.shared.shelf.read().unwrap_or_else(PoisonError::into_inner);
        shelf.closed.iter().rev().find_map(|it| it.to())
    }

    /// The oldest offset kept; one past the head when nothing is.
    pub fn floor(&self) -> u64 {
        self.inner.shared.shelf.read().unwrap_or_else(PoisonError::into_inner).floor()
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

fn segments_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "tsl") {
            all.push(path);
        } else if path.extension().is_some_and(|it| it == "new") {
            // Half-written when the platform was killed.
            fs::remove_file(path)?;
        }
    }
    // Of those that begin at the same line the one made last holds what the others hold.
    all.sort_by_key(|path| segment::read_name(path).map(|(first, n)| (first, Reverse(n))));
    Ok(all)
}
