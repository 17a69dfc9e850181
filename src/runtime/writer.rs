//! The thread that owns the way to the terminal, and its slot of one newest frame.
//!
//! A frame becomes bytes only when the terminal has taken the last one, so a slow terminal gets fewer and newer frames,
//! never old ones; and nobody but this thread ever waits for it.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;

use super::answers::ASK;
use super::encode::Encoder;
use super::governor::{GONE, Governor, LOST, STRIDE};
use super::guard;
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
    changed: Condvar,
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

#[derive(Debug, Default)]
struct Slot {
    frame: Option<Buffer>,
    /// Somebody wants to know when it is on the screen.
    tell: bool,
    /// The newest frame that was written; its buffer is the next one's.
    spare: Option<Buffer>,
    aside: Vec<u8>,
    forget: bool,
    busy: bool,
    /// Nothing is begun while this holds.
    held: bool,
    /// When the terminal was asked what it has not answered yet.
    asked: Option<Instant>,
    /// It is to be asked, behind what waits to be written.
    wanted: bool,
    /// It answered before.
    answers: bool,
    /// Bytes sent since it was last asked.
    since: usize,
    /// Questions in a row that it did not answer.
    lost: u32,
    governor: Governor,
}

impl Slot {
    /// Whether `frame` is on the screen, and nothing else is on its way there.
    fn shows(&self, frame: &Buffer) -> bool {
        let settled = self.frame.is_none() && !(self.busy || self.forget || self.held || self.tell);
        settled && self.spare.as_ref().is_some_and(|it| it == frame)
    }

    /// Whether as much is on the way as may be; until when at most.
    fn full(&mut self) -> Option<Instant> {
        let asked = self.asked?;
        let (now, lost) = (Instant::now(), asked + LOST);
        if now >= asked + GONE {
            self.asked = None;
            self.lost += 1;
            // Another terminal may have taken its place, as in tmux: one that does not answer.
            self.answers &= self.lost < 2;
            return None;
        }
        (self.answers && self.since >= STRIDE && now < lost).then_some(lost)
    }
}

impl Writer {
    /// Starts the thread. `tinted`: see [`Encoder::new`].
    pub fn start(tty: Arc<Tty>, tinted: bool, tell: Tell) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            tty,
            tell,
            slot: Mutex::new(Slot { held: true, ..Slot::default() }),
            changed: Condvar::new(),
            give_up: AtomicBool::new(false),
            bytes: AtomicU64::new(0),
            frames: AtomicU64::new(0),
        });
        let inner = Arc::clone(&shared);
        thread::Builder::new().name("writer".to_owned()).spawn(move || write_for_ever(&inner, Encoder::new(tinted)))?;
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
        drop(slot);
        self.shared.changed.notify_all();
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
        while slot.busy || !(slot.aside.is_empty() || slot.held) {
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
        let broken = slot.busy;
        let end = Instant::now() + patience;
        while slot.busy {
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
        self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, slot: MutexGuard<'a, Slot>, limit: Duration) -> MutexGuard<'a, Slot> {
        self.shared.changed.wait_timeout(slot, limit).unwrap_or_else(PoisonError::into_inner).0
    }
}

fn write_for_ever(shared: &Shared, mut encoder: Encoder) {
    let mut out = Vec::with_capacity(32 * 1024);
    let mut slot = shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if slot.held || (slot.frame.is_none() && slot.aside.is_empty() && !slot.wanted) {
            slot = shared.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        if let Some(lost) = slot.full() {
            let left = lost.saturating_duration_since(Instant::now());
            slot = shared.changed.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        slot.busy = true;
        if std::mem::take(&mut slot.forget) {
            encoder.forget();
        }
        let frame = slot.frame.take();
        let tell = std::mem::take(&mut slot.tell);
        out.clear();
        out.append(&mut slot.aside);
        let ask = std::mem::take(&mut slot.wanted) || (slot.answers && slot.asked.is_none() && slot.since >= STRIDE);
        if ask {
            // Before it is sent: the answer may be here before this thread goes on.
            (slot.asked, slot.since) = (Some(Instant::now()), 0);
        }
        drop(slot);

        if let Some(frame) = &frame {
            encoder.frame(frame, &mut out);
            shared.frames.fetch_add(1, Ordering::Relaxed);
        }
        if ask {
            out.extend_from_slice(ASK);
        }
        shared.bytes.fetch_add(out.len() as u64, Ordering::Relaxed);
        let (passed, stopped) = guard::pass(&out);
        if stopped > 0 {
            tracing::error!(stopped, "what this program never sends was kept from the terminal");
        }
        // A terminal that is gone is the input thread's to tell; here it only means that nothing was shown.
        let whole = shared.tty.write(&passed, || shared.give_up.load(Ordering::SeqCst)).unwrap_or(false);
        if tell && whole {
            (shared.tell.shown)();
        }

        slot = shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.busy = false;
        slot.since = slot.since.saturating_add(out.len());
        if ask && !whole {
            slot.asked = None;
        }
        slot.forget |= !whole || stopped > 0;
        slot.spare = frame.or_else(|| slot.spare.take());
        shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn a_frame_is_not_handed_over_twice_unless_something_else_is_on_its_way() {
        let frame = Buffer::filled(Rect::new(0, 0, 4, 2), ratatui::buffer::Cell::new("a"));
        let shown = || Slot { spare: Some(frame.clone()), ..Slot::default() };
        assert!(shown().shows(&frame));
        assert!(!shown().shows(&Buffer::empty(frame.area)), "another one");
        assert!(!Slot::default().shows(&frame), "none was written");
        let newer = Some(Buffer::empty(frame.area));
        let waits: [Slot; 5] = [
            Slot { frame: newer, ..shown() },
            Slot { busy: true, ..shown() },
            Slot { forget: true, ..shown() },
            Slot { held: true, ..shown() },
            Slot { tell: true, ..shown() },
        ];
        assert!(waits.iter().all(|it| !it.shows(&frame)));
    }
}
