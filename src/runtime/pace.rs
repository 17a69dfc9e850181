//! When to draw: after a key at once, after facts at most thirty times a second. Pure: instants go in, an instant comes out.

use std::time::Duration;

use tokio::time::Instant;

/// Between two frames that nobody is waiting for: thirty a second, which reads as movement.
pub const FRAME: Duration = Duration::from_millis(33);

/// The same over a line that is slow: two a second, so that what somebody waits for finds it free.
pub const SLOW: Duration = Duration::from_millis(500);

/// Frames in hand after a quiet time.
///
/// A line in a quiet log must not be put off for what was drawn just before it: what a connection begins with, in six or seven frames, two keys
/// that led to that log, the clock, another line.
const HAND: u32 = 10;

/// The pace of the frames.
///
/// Frames that were not needed are kept in hand, a few. (GCRA, the leaky bucket as a meter of ITU-T I.371, with that as its tolerance.) A flood
/// gets thirty a second all the same, and exactly these: what one frame is late the next one is not.
#[derive(Debug, Default)]
pub struct Pace {
    /// When all of the hand is full again: [`HAND`] frames before this the next one may be drawn that nobody waits for.
    full: Option<Instant>,
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
        // What a slow line was given time for is over with it.
        let full = self.full.map(|full| if self.slow { full } else { full.min(now + FRAME * HAND) });
        let open = full.and_then(|full| full.checked_sub(FRAME * (HAND - 1)));
        let at = open.filter(|_| !urgent).map_or(now, |open| open.max(now));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// When the next frame is to be drawn, if one is needed at all.
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A frame was drawn.
    pub fn drawn(&mut self, now: Instant) {
        let full = self.full.map_or(now, |full| full.max(now)) + FRAME;
        let slow = now + SLOW + FRAME * (HAND - 1);
        self.full = Some(if self.slow { slow } else { full.min(now + FRAME * HAND) });
        self.due = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of a second in which facts come every millisecond, by when they were drawn.
    fn flood(pace: &mut Pace, began: Instant) -> Vec<Duration> {
        let mut drawn = Vec::new();
        for ms in 0..1000 {
            let now = began + Duration::from_millis(ms);
            pace.changed(now, false);
            if pace.due().is_some_and(|due| due <= now) {
                pace.drawn(now);
                drawn.push(now - began);
            }
        }
        drawn
    }

    #[test]
    fn a_flood_gets_thirty_frames_a_second_and_those_in_hand() {
        let began = Instant::now();
        let drawn = flood(&mut Pace::default(), began);
        let hand = HAND as usize;
        assert!((30..=30 + hand).contains(&drawn.len()), "{drawn:?}");
        assert!(drawn.windows(2).skip(hand).all(|it| it[1] >= it[0] + FRAME), "{drawn:?}");
    }

    #[test]
    fn what_comes_right_after_some_frames_in_a_quiet_time_does_not_wait_and_what_comes_after_a_hand_of_them_does() {
        let mut pace = Pace::default();
        let mut now = Instant::now();
        for _ in 0..3 {
            now += Duration::from_secs(1);
            for soon in (0..=HAND).map(|n| n < HAND) {
                now += Duration::from_millis(2);
                pace.changed(now, false);
                assert_eq!(pace.due() == Some(now), soon);
                if soon {
                    pace.drawn(now);
                }
            }
            let due = pace.due().unwrap();
            assert!(due - now <= FRAME);
            pace.drawn(due);
        }
    }

    #[test]
    fn keys_are_drawn_at_once_and_however_many_put_nothing_off_for_longer_than_a_frame() {
        let mut pace = Pace::default();
        let mut now = Instant::now();
        for _ in 0..200 {
            now += Duration::from_millis(5);
            pace.changed(now, true);
            assert_eq!(pace.due(), Some(now));
            pace.drawn(now);
        }
        pace.changed(now, false);
        assert!(pace.due().unwrap() - now <= FRAME);
    }

    #[test]
    fn over_a_slow_line_two_frames_a_second_are_drawn() {
        let mut pace = Pace::default();
        pace.slow(true);
        let began = Instant::now();
        assert_eq!(flood(&mut pace, began).len(), 2);
        let now = began + Duration::from_secs(1);
        pace.drawn(now);
        pace.slow(false);
        pace.changed(now, false);
        assert!(pace.due().unwrap() <= now + FRAME, "the line is fast again");
    }
}
