//! The way to the terminal: a slot of one newest frame, and the thread that waits for a terminal which takes nothing.
//!
//! A frame becomes bytes only when the terminal has taken the last one, so a slow terminal gets fewer and newer frames,
//! never old ones. Who shows a frame writes it at once, as far as the terminal has room; nobody but the thread ever waits for more.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;

use super::answers::ASK;
use super::encode::Encoder;
use super::governor::LOST;
use super::guard;
use super::slot::{Desk, Job, Slot};
use super::tty::Tty;

/// Most bytes beside frames (a title, a copied text) that wait for the terminal; more are not sent.
const MAX_ASIDE: usize = 64 * 1024;

/// The handle of the writer thread; cheap to clone.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

struct Shared {
    tty: Arc<Tty>,
    slot: Mutex<Slot>,
    /// There may be something for the thread to do.
    changed: Condvar,
    /// Something was written, or the terminal answered.
    settled: Condvar,
    tell: Tell,
    give_up: AtomicBool,
    bytes: AtomicU64,
    frames: AtomicU64,
}

/// What the program is told of its frames.
pub struct Tell {
    /// A frame that was asked for is on the screen.
    pub shown: Box<dyn Fn() + Send + Sync>,
    /// The line is slow from now on, or no longer.
    pub slow: Box<dyn Fn(bool) + Send + Sync>,
}

impl Writer {
    /// Starts the thread. `tinted`: see [`Encoder::new`].
    pub fn start(tty: Arc<Tty>, tinted: bool, tell: Tell) -> io::Result<Self> {
        let desk = Desk { encoder: Encoder::new(tinted), out: Vec::with_capacity(32 * 1024) };
        let shared = Arc::new(Shared {
            tty,
            tell,
            slot: Mutex::new(Slot { desk: Some(desk), held: true, ..Slot::default() }),
            changed: Condvar::new(),
            settled: Condvar::new(),
            give_up: AtomicBool::new(false),
            bytes: AtomicU64::new(0),
            frames: AtomicU64::new(0),
        });
        let inner = Arc::clone(&shared);
        thread::Builder::new().name("writer".to_owned()).spawn(move || inner.write_for_ever())?;
        Ok(Self { shared })
    }

    /// Puts `frame` in place of one that was not begun yet, and gives back a buffer for the next. With `tell`, `shown` is
    /// called once the terminal has taken it.
    pub fn show(&self, frame: Buffer, tell: bool) -> Buffer {
        let mut slot = self.slot();
        if !tell && slot.shows(&frame) {
            // Nothing to do is no reason to wake anybody.
            return frame;
        }
        slot.tell = tell;
        let old = slot.frame.replace(frame).or_else(|| slot.spare.take()).unwrap_or_default();
        let job = if self.shared.tty.ready { slot.begin() } else { None };
        drop(slot);
        match job {
            Some(job) => self.shared.write_now(job),
            None => self.shared.changed.notify_all(),
        }
        old
    }

    /// Sends `bytes`, which no frame contains (a title, a bell); false when too much waits already.
    pub fn say(&self, bytes: &[u8]) -> bool {
        let mut slot = self.slot();
        if slot.aside.len() + bytes.len() > MAX_ASIDE {
            return false;
        }
        slot.aside.extend_from_slice(bytes);
        drop(slot);
        self.shared.changed.notify_all();
        true
    }

    /// Asks the terminal for its background.
    pub fn ask(&self) {
        self.slot().wanted = true;
        self.shared.changed.notify_all();
    }

    /// When the terminal was asked what it has not answered yet.
    pub fn asked(&self) -> Option<Instant> {
        self.slot().asked
    }

    /// The terminal answered.
    pub fn answered(&self) {
        let mut slot = self.slot();
        (slot.answers, slot.lost) = (true, 0);
        let now = Instant::now();
        let changed = slot.asked.take().and_then(|asked| slot.governor.answered(now.duration_since(asked), now));
        drop(slot);
        self.shared.changed.notify_all();
        self.shared.settled.notify_all();
        if let Some(slow) = changed {
            (self.shared.tell.slow)(slow);
        }
    }

    /// The next frame is painted in full, whatever the terminal shows.
    pub fn forget(&self) {
        self.slot().forget = true;
    }

    /// Lets the thread write.
    pub fn resume(&self) {
        self.shared.give_up.store(false, Ordering::SeqCst);
        let mut slot = self.slot();
        slot.forget = true;
        slot.held = false;
        drop(slot);
        self.shared.changed.notify_all();
    }

    /// Stops writing: what was said aside and what is being written gets `patience` to arrive, then it is dropped.
    /// Whether the terminal was left in the middle of a sequence.
    pub fn hold(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut slot = self.slot();
        slot.frame = None;
        while slot.desk.is_none() || !(slot.aside.is_empty() || slot.held) {
            let Some(left) = end.checked_duration_since(Instant::now()).filter(|it| !it.is_zero()) else { break };
            slot = self.wait(slot, left);
        }
        slot.held = true;
        slot.aside.clear();
        // An answer that comes when we are gone would be typed into the shell.
        let answer = Instant::now() + patience * 3;
        while slot.answers && slot.asked.is_some() {
            let Some(left) = answer.checked_duration_since(Instant::now()).filter(|it| !it.is_zero()) else { break };
            slot = self.wait(slot, left);
        }
        slot.asked = None;
        self.shared.give_up.store(true, Ordering::SeqCst);
        let broken = slot.desk.is_none();
        let end = Instant::now() + patience;
        while slot.desk.is_none() {
            let Some(left) = end.checked_duration_since(Instant::now()).filter(|it| !it.is_zero()) else { break };
            slot = self.wait(slot, left);
        }
        broken
    }

    /// Bytes and frames written so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.shared.bytes.load(Ordering::Relaxed), self.shared.frames.load(Ordering::Relaxed))
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.shared.slot()
    }

    fn wait<'a>(&self, slot: MutexGuard<'a, Slot>, limit: Duration) -> MutexGuard<'a, Slot> {
        self.shared.settled.wait_timeout(slot, limit).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: writes what the terminal had no room for, and what nobody else writes.
    fn write_for_ever(&self) {
        let mut slot = self.slot();
        loop {
            let (rest, next) = (slot.rest.take(), slot.begin());
            if rest.is_some() || next.is_some() {
                drop(slot);
                if let Some(job) = rest.or_else(|| next.map(|job| self.fill(job))) {
                    self.write(job);
                }
                slot = self.slot();
                continue;
            }
            slot = match slot.asked.filter(|_| slot.waits()) {
                None => self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner),
                Some(asked) => {
                    let left = (asked + LOST).saturating_duration_since(Instant::now());
                    self.changed.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Writes all of it, however long that takes, or until it is given up.
    fn write(&self, job: Job) {
        let given_up = || self.give_up.load(Ordering::SeqCst);
        // A terminal that is gone is the input thread's to tell; here it only means that nothing was shown.
        let whole = !given_up() && self.tty.write(&job.desk.out[job.done..], given_up).unwrap_or(false);
        self.end(job, whole);
    }

    /// Writes as much as the terminal has room for; the rest is the thread's.
    fn write_now(&self, job: Job) {
        let mut job = self.fill(job);
        match self.tty.write_now(&job.desk.out) {
            Ok(done) if done < job.desk.out.len() => {
                job.done = done;
                self.slot().rest = Some(job);
                self.changed.notify_all();
            }
            written => self.end(job, written.is_ok()),
        }
    }

    /// Turns the frame into bytes, behind what was said aside.
    fn fill(&self, mut job: Job) -> Job {
        let Desk { encoder, out } = &mut job.desk;
        if let Some(frame) = &job.frame {
            encoder.frame(frame, out);
            self.frames.fetch_add(1, Ordering::Relaxed);
        }
        if job.ask {
            out.extend_from_slice(ASK);
        }
        self.bytes.fetch_add(out.len() as u64, Ordering::Relaxed);
        let (passed, stopped) = guard::pass(out);
        if stopped > 0 {
            tracing::error!(stopped, "what this program never sends was kept from the terminal");
            *out = passed.into_owned();
        }
        job.stopped = stopped;
        job
    }

    fn end(&self, job: Job, whole: bool) {
        if job.tell && whole {
            (self.tell.shown)();
        }
        let mut slot = self.slot();
        slot.end(job, whole);
        let more = slot.waits();
        drop(slot);
        self.settled.notify_all();
        if more {
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::os::fd::OwnedFd;
    use std::sync::mpsc;

    use ratatui::buffer::Cell;
    use ratatui::layout::Rect;

    use super::super::tty::tests::narrow;
    use super::*;

    /// A writer to a terminal that takes a page at most, that terminal, and what is told of frames that were shown.
    fn writer() -> (Writer, OwnedFd, mpsc::Receiver<()>) {
        let (tty, from) = narrow();
        let (told, shown) = mpsc::channel();
        let shown_is_told = move || {
            let _ = told.send(());
        };
        let tell = Tell { shown: Box::new(shown_is_told), slow: Box::new(|_| {}) };
        let writer = Writer::start(Arc::new(tty), true, tell).unwrap();
        writer.resume();
        (writer, from, shown)
    }

    fn frame(width: u16, symbols: &[&'static str]) -> Buffer {
        let mut it = Buffer::empty(Rect::new(0, 0, width, 40));
        for (cell, symbol) in it.content.iter_mut().zip(symbols.iter().cycle()) {
            *cell = Cell::new(symbol);
        }
        it
    }

    /// What is there to be read.
    fn taken(from: &OwnedFd) -> Vec<u8> {
        let (mut all, mut chunk) = (Vec::new(), [0; 8192]);
        while let Ok(n @ 1..) = rustix::io::read(from, &mut chunk) {
            all.extend_from_slice(&chunk[..n]);
        }
        all
    }

    #[test]
    fn a_frame_is_on_its_way_when_it_is_shown_and_no_other_thread_is_waited_for() {
        let (writer, from, shown) = writer();
        let small = frame(10, &["a"]);
        let mut bytes = Vec::new();
        Encoder::new(true).frame(&small, &mut bytes);
        writer.show(small, true);
        assert_eq!(taken(&from), bytes);
        assert!(shown.try_recv().is_ok());
    }

    #[test]
    fn what_the_terminal_has_no_room_for_is_written_as_it_gets_some_and_its_shower_does_not_wait() {
        let (writer, from, shown) = writer();
        let large = frame(250, &["a", "b", "ß"]);
        let mut bytes = Vec::new();
        Encoder::new(true).frame(&large, &mut bytes);
        assert!(bytes.len() > 3 * 4096);
        writer.show(large, true);
        assert!(shown.try_recv().is_err(), "it cannot be there yet");
        let (mut all, end) = (Vec::new(), Instant::now() + Duration::from_mins(1));
        while all.len() < bytes.len() && Instant::now() < end {
            all.extend(taken(&from));
        }
        assert!(all == bytes, "bytes are lost or changed places");
        assert!(shown.recv_timeout(Duration::from_mins(1)).is_ok());
    }
}
