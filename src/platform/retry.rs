//! When to try again: exponential backoff with full jitter, as a pure state machine. Clock and chance are handed in.

use crate::model::time::Millis;

/// Ceiling of the first wait: the figure of client-go and kube-rs, long enough for a restarting server.
pub const FIRST: Millis = Millis(800);
/// No ceiling grows above this.
pub const MOST: Millis = Millis::secs(30);
/// Only a link that has held this long proves that the trouble is over; a flapping one keeps its backoff.
pub const STABLE: Millis = Millis::secs(120);
/// What a server may ask for at most; more is a mistake of its own.
pub const LONGEST_ASKED: Millis = Millis::hours(1);

/// The backoff of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    /// Failures since the last proven stability.
    failures: u32,
    /// Since when the link has held, on the clock that `now` is read from.
    up: Option<Millis>,
}

impl Backoff {
    /// The attempt that comes next, from 1.
    pub const fn attempt(&self) -> u32 {
        self.failures.saturating_add(1)
    }

    /// The link holds from `now` on.
    pub const fn held(&mut self, now: Millis) {
        self.up = Some(now);
    }

    /// The person, or a machine that woke up, wants it now: as if nothing had failed.
    pub const fn forget(&mut self) {
        self.failures = 0;
        self.up = None;
    }

    /// The link failed at `now`: how long to wait. `random` is any number, evenly drawn; `floor` is what the
    /// server asked for (`Retry-After`), and is never undercut. A link that held until the server said when to come
    /// back has not failed, the server restarts: several in a row make nobody wait longer.
    pub fn failed(&mut self, now: Millis, random: u64, floor: Option<Millis>) -> Millis {
        let up = self.up.take();
        if up.is_some_and(|since| now.0.saturating_sub(since.0) >= STABLE.0) {
            self.failures = 0;
        }
        let ceiling = ceiling(self.failures);
        let announced = up.is_some() && floor.is_some();
        self.failures = self.failures.saturating_add(u32::from(!announced));
        let jitter = Millis((random % (ceiling.0.unsigned_abs() + 1)) as i64);
        // On top of the floor, not merely above it: clients that were all told "30 s" must not all come back at once.
        Millis(floor.map_or(0, |it| it.0.clamp(0, LONGEST_ASKED.0)) + jitter.0)
    }
}

/// The longest wait after `failures` earlier ones.
fn ceiling(failures: u32) -> Millis {
    // 2^6 × 0.8 s is already above the limit; the cap keeps the shift in range.
    Millis((FIRST.0 << failures.min(6)).min(MOST.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_double_from_800_ms_to_30_s_and_stay() {
        let mut backoff = Backoff::default();
        let waits: Vec<i64> = (0..9).map(|_| backoff.failed(Millis(0), most(backoff.failures), None).0).collect();
        assert_eq!(waits, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    }

    /// The random number whose wait is the ceiling.
    fn most(failures: u32) -> u64 {
        ceiling(failures).0 as u64
    }

    #[test]
    fn every_wait_lies_between_zero_and_the_ceiling() {
        for random in [0, 1, 799, 801, u64::MAX, u64::MAX / 3] {
            let wait = Backoff::default().failed(Millis(5), random, None);
            assert!((0..=800).contains(&wait.0), "{random} gave {wait:?}");
        }
    }

    #[test]
    fn a_short_life_keeps_the_backoff_and_two_minutes_end_it() {
        let mut backoff = Backoff { failures: 5, up: None };
        backoff.held(Millis(1_000));
        backoff.failed(Millis(1_000 + STABLE.0 - 1), 0, None);
        assert_eq!(backoff.attempt(), 7);
        backoff.held(Millis(0));
        backoff.failed(Millis(STABLE.0), 0, None);
        assert_eq!(backoff.attempt(), 2);
    }

    #[test]
    fn stability_counts_from_the_link_and_not_from_the_failure_before_it() {
        let mut backoff = Backoff::default();
        backoff.held(Millis(0));
        backoff.failed(Millis(STABLE.0), 0, None);
        backoff.failed(Millis(STABLE.0 * 9), 0, None);
        assert_eq!(backoff.attempt(), 3, "no link in between, so the time alone proves nothing");
    }

    #[test]
    fn what_the_server_asks_for_is_a_floor_and_at_most_an_hour() {
        let wait = Backoff::default().failed(Millis(0), 400, Some(Millis::secs(7)));
        assert_eq!(wait, Millis(7_400));
        let wait = Backoff::default().failed(Millis(0), 0, Some(Millis::hours(90)));
        assert_eq!(wait, LONGEST_ASKED);
        let wait = Backoff::default().failed(Millis(0), 0, Some(Millis(-5)));
        assert_eq!(wait, Millis(0));
    }

    #[test]
    fn an_announced_restart_is_no_failure_and_a_refusal_with_a_time_is_one() {
        let mut backoff = Backoff::default();
        for restart in 0..5 {
            backoff.held(Millis(restart));
            let wait = backoff.failed(Millis(restart), most(0), Some(Millis::secs(1)));
            assert_eq!((wait, backoff.attempt()), (Millis(1_800), 1));
        }
        // Nothing held in between: it keeps us out.
        backoff.failed(Millis(9), 0, Some(Millis::secs(1)));
        assert_eq!(backoff.attempt(), 2);
        // An announced one proves no stability either.
        backoff.held(Millis(10));
        backoff.failed(Millis(11), 0, Some(Millis::secs(1)));
        assert_eq!(backoff.attempt(), 2);
    }

    #[test]
    fn forgetting_starts_over() {
        let mut backoff = Backoff { failures: 9, up: Some(Millis(3)) };
        backoff.forget();
        assert_eq!(backoff.attempt(), 1);
    }
}
