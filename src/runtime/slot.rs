//! What is to be written to the terminal: the newest frame and what was said aside, and when it may be begun. No terminal, no thread.

use std::time::Instant;

use ratatui::buffer::Buffer;

use super::encode::Encoder;
use super::governor::{GONE, Governor, LOST, STRIDE};

/// What is written with.
#[derive(Debug)]
pub struct Desk {
    pub encoder: Encoder,
    /// Kept for its room.
    pub out: Vec<u8>,
}

/// Something that is being written: how far, and what is to be known after it.
#[derive(Debug)]
pub struct Job {
    pub desk: Desk,
    pub frame: Option<Buffer>,
    pub tell: bool,
    pub ask: bool,
    /// What the guard did not let through.
    pub stopped: usize,
    /// Bytes that are written.
    pub done: usize,
}

#[derive(Debug, Default)]
pub struct Slot {
    /// `None`: something is being written.
    pub desk: Option<Desk>,
    /// What the terminal had no room for is the thread's to write.
    pub rest: Option<Job>,
    pub frame: Option<Buffer>,
    /// Somebody wants to know when it is on the screen.
    pub tell: bool,
    /// The newest frame that was written; its buffer is the next one's.
    pub spare: Option<Buffer>,
    pub aside: Vec<u8>,
    pub forget: bool,
    /// Nothing is begun while this holds.
    pub held: bool,
    /// When the terminal was asked what it has not answered yet.
    pub asked: Option<Instant>,
    /// It is to be asked, behind what waits to be written.
    pub wanted: bool,
    /// It answered before.
    pub answers: bool,
    /// Bytes sent since it was last asked.
    pub since: usize,
    /// Questions in a row that it did not answer.
    pub lost: u32,
    pub governor: Governor,
}

impl Slot {
    /// Whether `frame` is on the screen, and nothing else is on its way there.
    pub fn shows(&self, frame: &Buffer) -> bool {
        let settled = self.frame.is_none() && self.desk.is_some() && !(self.forget || self.held || self.tell);
        settled && self.spare.as_ref().is_some_and(|it| it == frame)
    }

    /// Whether there is something to write, and nothing is being written.
    pub const fn waits(&self) -> bool {
        let some = self.frame.is_some() || !self.aside.is_empty() || self.wanted;
        some && self.desk.is_some() && !self.held
    }

    /// Takes up what waits, if it may be written now.
    pub fn begin(&mut self) -> Option<Job> {
        if !self.waits() || self.full().is_some() {
            return None;
        }
        let mut desk = self.desk.take()?;
        if std::mem::take(&mut self.forget) {
            desk.encoder.forget();
        }
        desk.out.clear();
        desk.out.append(&mut self.aside);
        let ask = std::mem::take(&mut self.wanted) || (self.answers && self.asked.is_none() && self.since >= STRIDE);
        if ask {
            // Before it is sent: the answer may be here before its asker goes on.
            (self.asked, self.since) = (Some(Instant::now()), 0);
        }
        Some(Job { desk, frame: self.frame.take(), tell: std::mem::take(&mut self.tell), ask, stopped: 0, done: 0 })
    }

    /// Lays down what was written, or given up.
    pub fn end(&mut self, job: Job, whole: bool) {
        self.since = self.since.saturating_add(job.desk.out.len());
        if job.ask && !whole {
            self.asked = None;
        }
        self.forget |= !whole || job.stopped > 0;
        self.spare = job.frame.or_else(|| self.spare.take());
        self.desk = Some(job.desk);
    }

    /// Whether as much is on the way as may be; until when at most.
    pub fn full(&mut self) -> Option<Instant> {
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

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    fn desk() -> Desk {
        Desk { encoder: Encoder::new(true), out: Vec::new() }
    }

    #[test]
    fn a_frame_is_not_handed_over_twice_unless_something_else_is_on_its_way() {
        let frame = Buffer::filled(Rect::new(0, 0, 4, 2), ratatui::buffer::Cell::new("a"));
        let shown = || Slot { desk: Some(desk()), spare: Some(frame.clone()), ..Slot::default() };
        assert!(shown().shows(&frame));
        assert!(!shown().shows(&Buffer::empty(frame.area)), "another one");
        assert!(!Slot { desk: Some(desk()), ..Slot::default() }.shows(&frame), "none was written");
        let newer = Some(Buffer::empty(frame.area));
        let waits: [Slot; 5] = [
            Slot { frame: newer, ..shown() },
            Slot { desk: None, ..shown() },
            Slot { forget: true, ..shown() },
            Slot { held: true, ..shown() },
            Slot { tell: true, ..shown() },
        ];
        assert!(waits.iter().all(|it| !it.shows(&frame)));
    }
}
