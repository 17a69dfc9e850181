//! When to draw: after a key at once, after facts at most thirty times a second. Pure: instants go in, an instant comes out.

use std::time::Duration;

use tokio::time::Instant;

/// Between two frames that nobody is waiting for: thirty a second, which reads as movement.
pub const FRAME: Duration = Duration::from_millis(33);

/// The same over a line that is slow: two a second, so that what somebody waits for finds it free.
pub const SLOW: Duration = Duration::from_millis(500);

/// The pace of the frames.
#[derive(Debug, Default)]
pub struct Pace {
    drawn: Option<Instant>,
    due: Option<Instant>,
    slow: bool,
}

impl Pace {
    /// Fewer frames from now on, or as many as usual again.
    pub const fn slow(&mut self, slow: bool) {
        self.slow = slow;
    }

    /// Something on the screen may have changed; `urgent` if somebody waits for it.
    pub fn changed(&mut self, now: Instant, urgent: bool) {
        let at = match self.drawn {
            Some(drawn) if !urgent => (drawn + if self.slow { SLOW } else { FRAME }).max(now),
            _ => now,
        };
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// When the next frame is to be drawn, if one is needed at all.
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A frame was drawn.
    pub const fn drawn(&mut self, now: Instant) {
        self.drawn = Some(now);
        self.due = None;
    }
}
