//! The one thread that writes: numbers lines, stores them, then makes them visible; evicts; and keeps going in memory when the disk takes nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::compact::{Plan, Quiet, WORTH, compact};
use super::encode::{Encoder, Piece, pieces};
use super::epoch::Epoch;
use super::rate::{Buckets, Lost};
use super::segment::{self, Segment, Summary, compacted_name, file_name, read_name};
use super::shared::{Keep, Shared};
use super::shelf::{Filling, Shelf};
use crate::local::clock::now;
use crate::local::port::Entry;
use crate::model::log::{Level, LogKind};
use crate::model::time::{Millis, Time};

/// Between looks at what has grown too old, when nothing else happens.
const LOOK: Duration = Duration::from_mins(1);
/// Between tries when the disk takes nothing, and between words about a flood.
const RETRY: Duration = Duration::from_secs(1);
/// What is left of quiet services is joined over this part of the age that is kept, so that it also goes in time.
const SPANS: i64 = 8;
/// Bytes kept in memory alone while the disk takes nothing.
const UNWRITTEN: u64 = 32 * 1024 * 1024;

/// The writer.
pub struct Writer {
    shared: Arc<Shared>,
    folder: PathBuf,
    keep: Keep,
    epoch: Epoch,
    buckets: Buckets,
    encoder: Encoder,
    /// The file being filled, and how much of it is good. `None` while nothing is being filled, or only memory is.
    file: Option<(File, u64)>,
    next: u64,
    /// Why the disk takes nothing.
    trouble: Option<io::Error>,
    looked: Instant,
    /// Somebody floods, and that is not said yet.
    flooded: bool,
    /// Number of the segment last made of others.
    compacted: u64,
    /// Segments that were compacted; their files go once nobody reads them.
    doomed: Vec<Arc<Segment>>,
}

impl Writer {
    pub fn new(shared: Arc<Shared>, folder: PathBuf, keep: Keep, epoch: Epoch) -> Self {
        let (buckets, next) = (Buckets::new(keep.rate), epoch.head + 1);
        let encoder = Encoder::default();
        Self {
            shared,
            folder,
            keep,
            epoch,
            buckets,
            encoder,
            file: None,
            next,
            trouble: None,
            looked: Instant::now(),
            flooded: false,
            compacted: 0,
            doomed: Vec::new(),
        }
    }

    /// Until the log is closed.
    pub fn run(mut self) {
        self.write_epoch(false);
        self.evict();
        loop {
            let (entries, lost, ticket, closed) = self.wait();
            let ready = self.admit(entries, lost, closed);
            self.store(&ready);
            if self.looked.elapsed() >= if self.trouble.is_some() { RETRY } else { LOOK } {
                self.look();
            }
            let mut queue = self.shared.queue();
            queue.done = ticket;
            queue.ended = closed && queue.entries.is_empty();
            let ended = queue.ended;
            drop(queue);
            self.shared.emptied.notify_all();
            if ended {
                break;
            }
        }
        self.end();
    }

    fn wait(&self) -> (Vec<Entry>, Vec<Lost>, u64, bool) {
        let patience = if self.trouble.is_some() || self.flooded { RETRY } else { LOOK };
        let mut queue = self.shared.queue();
        if queue.entries.is_empty() && queue.lost.is_empty() && !queue.closed {
            queue = self.shared.filled.wait_timeout(queue, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.bytes = 0;
        (std::mem::take(&mut queue.entries), std::mem::take(&mut queue.lost), queue.pushed, queue.closed)
    }

    /// What is kept of what came, ready to store. A quiet turn, and the last one, say what was lost so far.
    fn admit(&mut self, entries: Vec<Entry>, lost: Vec<Lost>, closed: bool) -> Vec<Piece> {
        let mut ready = Vec::with_capacity(entries.len());
        let quiet = entries.is_empty() || closed;
        for entry in entries {
            let (kept, lost) = self.buckets.admit(&entry);
            self.flooded |= !kept;
            ready.extend(lost.map(Piece::Gap));
            if kept {
                pieces(entry, &mut ready);
            }
        }
        ready.extend(lost.into_iter().map(Piece::Gap));
        if quiet {
            ready.extend(self.buckets.settle().into_iter().map(Piece::Gap));
            self.flooded = false;
        }
        ready
    }

    fn store(&mut self, mut ready: &[Piece]) {
        while !ready.is_empty() {
            self.make_room();
            let (taken, summary) = self.encoder.frame(ready, self.next, self.keep.block_bytes());
            let Some(summary) = summary else {
                self.leave_segment();
                continue;
            };
            if let Err(why) = self.write_frame() {
                self.fall(why);
                continue;
            }
            ready = &ready[taken..];
            self.publish(summary);
        }
    }

    fn publish(&mut self, summary: Summary) {
        self.next = summary.last + 1;
        let mut visible = self.shelf();
        visible.publish(&self.encoder.frame, summary, &self.encoder.fresh);
        let head = visible.head;
        drop(visible);
        self.shared.head.send_replace(head);
    }

    /// Sees to it that a segment is being filled, and that it has room.
    fn make_room(&mut self) {
        let filled = self.shelf().filling.as_ref().map(|it| it.segment.bytes);
        if filled.is_some_and(|it| it + (self.keep.block_bytes() as u64) < self.keep.segment_bytes()) {
            return;
        }
        self.leave_segment();
        self.evict();
        let path = self.folder.join(file_name(self.next));
        if self.trouble.is_none() {
            match OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path) {
                Ok(file) => self.file = Some((file, 0)),
                Err(why) => self.trouble(why),
            }
        }
        let stored = Arc::new(AtomicBool::new(self.file.is_some()));
        self.shelf().roll(Segment { path, sources: Arc::default(), blocks: Vec::new(), bytes: 0, stored });
    }

    fn leave_segment(&mut self) {
        self.shelf().close();
        self.file = None;
        self.encoder = Encoder::default();
    }

    fn write_frame(&mut self) -> io::Result<()> {
        let Some((file, good)) = &mut self.file else { return Ok(()) };
        file.write_all_at(&self.encoder.frame, *good)?;
        *good += self.encoder.frame.len() as u64;
        Ok(())
    }

    /// The disk takes nothing: what is stored stays, what comes is kept in memory.
    fn fall(&mut self, why: io::Error) {
        if let Some((file, good)) = self.file.take() {
            // Fails at worst with a torn tail, which the next start cuts off.
            let _ = file.set_len(good);
            if good == 0 {
                let _ = fs::remove_file(self.folder.join(file_name(self.next)));
            }
        }
        self.leave_segment();
        self.trouble(why);
    }

    fn trouble(&mut self, why: io::Error) {
        Epoch::forget(&self.folder);
        let text = format!(
            "logs cannot be written to {}: {why}; new lines are kept in memory and will be written once there is room",
            self.folder.display()
        );
        self.trouble = Some(why);
        self.say(Level::Error, text);
    }

    /// A line of the platform itself, behind what waits already.
    fn say(&self, level: Level, text: String) {
        let mut queue = self.shared.queue();
        queue.pushed += 1;
        queue.entries.push(Entry {
            at: now(),
            kind: LogKind::Platform,
            level: Some(level),
            service: None,
            deployment: None,
            replica: 0,
            cont: false,
            text,
        });
    }

    /// From time to time: tries the disk again, and evicts what has grown too old.
    fn look(&mut self) {
        self.looked = Instant::now();
        if self.trouble.is_some() && self.probe().is_ok() && self.write_kept().is_ok() {
            self.trouble = None;
            self.write_epoch(false);
            self.say(Level::Info, format!("logs are written to {} again", self.folder.display()));
        }
        let old = self.shelf().filling.as_ref().and_then(Filling::from).is_some_and(|it| it < self.oldest());
        if old {
            self.leave_segment();
        }
        self.evict();
    }

    /// Whether the disk takes a block again.
    fn probe(&self) -> io::Result<()> {
        let path = self.folder.join("probe");
        let tried = fs::write(&path, vec![1; self.keep.block_bytes()]);
        fs::remove_file(&path)?;
        tried
    }

    /// Writes what only memory holds.
    fn write_kept(&mut self) -> io::Result<()> {
        self.leave_segment();
        let waiting = self.shelf().unwritten();
        for segment in waiting {
            let mut bytes = Vec::with_capacity(segment.bytes as usize);
            for block in &segment.blocks {
                bytes.extend_from_slice(&block.hot().unwrap_or_default());
            }
            if let Err(why) = fs::write(&segment.path, bytes) {
                // Half a file must not be found at the next start as if it were all.
                let _ = fs::remove_file(&segment.path);
                return Err(why);
            }
            segment.stored.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Makes room so that a loud service pushes out its own lines first.
    fn spare_the_quiet(&mut self, most: u64) {
        while self.trouble.is_none() {
            let shelf = self.shelf();
            if shelf.bytes() <= most {
                return;
            }
            let all = shelf.closed.iter().map(AsRef::as_ref).chain(shelf.filling.as_ref().map(|it| &it.segment));
            let quiet = Quiet::of(all, most);
            let span = Millis(self.keep.max_age.0 / SPANS);
            let Plan::Compact(range) = quiet.plan(&shelf.closed, self.keep.segment_bytes(), span) else {
                drop(shelf);
                if self.drop_oldest() {
                    continue;
                }
                return;
            };
            let old: Vec<Arc<Segment>> = shelf.closed.range(range.clone()).cloned().collect();
            drop(shelf);
            let Some(new) = compact(&old, &quiet, self.keep.block_bytes()).and_then(|bytes| self.write_compacted(&old, &bytes)) else {
                return;
            };
            self.shelf().replace(range, new);
            self.doomed.extend(old);
        }
    }

    fn drop_oldest(&self) -> bool {
        let Some(gone) = self.shelf().closed.pop_front() else { return false };
        if gone.is_stored() {
            let _ = fs::remove_file(&gone.path);
        }
        true
    }

    /// The new file, whole and on disk before an old one goes. `None`: it would win nothing, or cannot be written; then the oldest go.
    fn write_compacted(&mut self, old: &[Arc<Segment>], bytes: &[u8]) -> Option<Segment> {
        // What is won is won of the newest: what it is joined to has been compacted before.
        let least = old.last()?.bytes / (2 * WORTH);
        if bytes.len() as u64 + least > old.iter().map(|it| it.bytes).sum() {
            return None;
        }
        let numbers = old.iter().filter_map(|it| read_name(&it.path)).map(|it| it.1);
        self.compacted = numbers.chain([self.compacted]).max().unwrap_or(0) + 1;
        let path = self.folder.join(compacted_name(old.first()?.first()?, self.compacted));
        let new = path.with_extension("new");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new);
        let written = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_data()));
        if written.and_then(|()| fs::rename(&new, &path)).is_err() {
            let _ = fs::remove_file(&new);
            return None;
        }
        let loaded = segment::load(&path, self.keep.block_bytes()).ok().flatten();
        if loaded.is_none() {
            // The old ones stay in use: nothing of it may be found at the next start.
            let _ = fs::remove_file(&path);
        }
        loaded
    }

    /// Removes the files of compacted segments once nobody reads them: a reader would take what is in the new one for lost. One that stays
    /// is found to be in the new one at the next start.
    fn bury(&mut self) {
        self.doomed.retain(|it| {
            let read = Arc::strong_count(it) > 1;
            if !read {
                let _ = fs::remove_file(&it.path);
            }
            read
        });
    }

    fn evict(&mut self) {
        self.bury();
        self.spare_the_quiet(self.keep.max_bytes.saturating_sub(self.keep.segment_bytes()));
        let (most, oldest) = (self.keep.max_bytes.saturating_sub(self.keep.segment_bytes()), self.oldest());
        let gone = self.shelf().evict(most, oldest, UNWRITTEN);
        for segment in &gone {
            if segment.is_stored() {
                // Already gone is gone; one that cannot be removed is found, and evicted, at the next start.
                let _ = fs::remove_file(&segment.path);
            }
        }
        if !gone.is_empty() && self.trouble.is_none() {
            self.write_epoch(false);
        }
    }

    fn oldest(&self) -> Time {
        now() - self.keep.max_age.max(Millis(0))
    }

    fn write_epoch(&mut self, clean: bool) {
        if let Err(why) = self.epoch.write(&self.folder, self.next - 1, clean)
            && self.trouble.is_none()
        {
            self.trouble(why);
        }
    }

    fn end(mut self) {
        if self.trouble.is_some() && self.write_kept().is_ok() {
            self.trouble = None;
        }
        let synced = self.file.as_ref().is_none_or(|it| it.0.sync_all().is_ok());
        for it in self.doomed.drain(..) {
            let _ = fs::remove_file(&it.path);
        }
        self.shelf().close();
        if synced && self.trouble.is_none() {
            self.write_epoch(true);
        }
    }

    fn shelf(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.shared.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }
}
