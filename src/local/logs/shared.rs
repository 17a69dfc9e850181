//! What the writer and the readers of the log share: the shelf, the queue, and what is kept.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::watch;

use super::query::Kept;
use super::rate::{Lost, Rate, source_of};
use super::shelf::Shelf;
use crate::local::port::Entry;
use crate::model::time::Millis;

/// Bytes that may wait for the writer; what comes on top is counted as lost. A disk that hangs for seconds costs no program a write.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// A burst of half a million usual lines is kept, however fast it comes: what a program says while it fails is what one wants to read.
/// A service that goes on so is held to 1 MiB a second, which no person reads and no day of which fills a disk.
const RATE: Rate = Rate { steady: 1024 * 1024, burst: 64 * 1024 * 1024 };

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

impl Shared {
    pub fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept after `off`.
    pub fn kept(&self, off: u64) -> Kept {
        let all = self.shelf.read().unwrap_or_else(PoisonError::into_inner);
        Kept { segments: all.view(off), floor: all.floor(), head: all.head }
    }
}

impl Queue {
    pub fn push(&mut self, entries: Vec<Entry>) {
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
