//! How fast the line to the terminal is, from how long the terminal takes to answer for what it was sent. Pure: times go in.
//!
//! A blocked write tells little over SSH: megabytes fit into the buffers on the way, and each waits before what the person wants to see.
//! So the terminal is asked a question it is known to answer (its background colour) behind every [`STRIDE`] bytes, and nothing more
//! is sent before it has. What the answer takes longer than it ever took is time spent in a queue.

use std::time::{Duration, Instant};

/// Bytes on the way at most: a third of a second of a line of 50 kB/s, and some frames on a good one.
pub const STRIDE: usize = 16 * 1024;
/// An answer that is not there after this long is no longer waited for with what is to be written.
pub const LOST: Duration = Duration::from_secs(3);
/// After this long it is taken to be lost, and another question is asked. Not before: its answer would be taken for one to that.
pub const GONE: Duration = Duration::from_secs(30);
/// Time in the queue from which on a person feels it, in two answers in a row.
const SLOW: Duration = Duration::from_millis(400);
/// The same, when once is enough.
const STUCK: Duration = Duration::from_millis(1500);
/// How long a line that was slow must have kept up before it is trusted again; doubled with each relapse.
const TRUST: Duration = Duration::from_secs(15);
const TRUST_MOST: Duration = Duration::from_mins(8);

/// Decides when to save bytes.
#[derive(Debug)]
pub struct Governor {
    least: Option<Duration>,
    /// Slow answers in a row.
    slow: u32,
    /// Saving since the last slow answer at.
    saving: Option<Instant>,
    trust: Duration,
}

impl Default for Governor {
    fn default() -> Self {
        Self { least: None, slow: 0, saving: None, trust: TRUST }
    }
}

impl Governor {
    /// The terminal took `took` to answer; the new state (true: save bytes) if it changed.
    pub fn answered(&mut self, took: Duration, now: Instant) -> Option<bool> {
        let least = *self.least.insert(self.least.map_or(took, |it| it.min(took)));
        let queued = took.saturating_sub(least);
        if queued < SLOW {
            self.slow = 0;
            let since = self.saving.filter(|it| now.duration_since(*it) >= self.trust)?;
            self.saving = None;
            self.trust = (self.trust * 2).min(TRUST_MOST);
            tracing::info!(calm = ?now.duration_since(since), "the line to the terminal keeps up again");
            return Some(false);
        }
        self.slow += 1;
        let begins = self.saving.is_none() && (self.slow >= 2 || queued >= STUCK);
        if begins {
            tracing::info!(?queued, ?least, "the line to the terminal is slow");
        }
        if begins || self.saving.is_some() {
            self.saving = Some(now);
        }
        begins.then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers that took so many milliseconds, a second apart; when it changed, and to what.
    fn run(it: &mut Governor, from: Instant, took: &[u64]) -> Vec<(usize, bool)> {
        let at = |n: usize| from + Duration::from_secs(n as u64);
        let said = |(n, ms): (usize, &u64)| Some((n, it.answered(Duration::from_millis(*ms), at(n))?));
        took.iter().enumerate().filter_map(said).collect()
    }

    #[test]
    fn a_far_line_is_not_a_slow_one() {
        assert_eq!(run(&mut Governor::default(), Instant::now(), &[700, 720, 900, 710, 1000]), []);
    }

    #[test]
    fn one_late_answer_is_chance_two_or_a_very_late_one_are_not() {
        assert_eq!(run(&mut Governor::default(), Instant::now(), &[20, 600, 20, 600, 20]), []);
        assert_eq!(run(&mut Governor::default(), Instant::now(), &[20, 600, 600, 600]), [(2, true)]);
        assert_eq!(run(&mut Governor::default(), Instant::now(), &[20, 1600]), [(1, true)]);
    }

    #[test]
    fn it_is_trusted_again_after_a_while_and_later_after_each_relapse() {
        let (mut it, start) = (Governor::default(), Instant::now());
        let good = [20; 40];
        assert_eq!(run(&mut it, start, &[[20, 1600].as_slice(), &good].concat()), [(1, true), (16, false)]);
        let later = start + Duration::from_secs(100);
        assert_eq!(run(&mut it, later, &[[1600].as_slice(), &good].concat()), [(0, true), (30, false)]);
        // The longest distrust is bounded.
        for _ in 0..20 {
            it.answered(STUCK * 2, later);
            it.answered(Duration::from_millis(20), later + TRUST_MOST);
        }
        assert_eq!(it.trust, TRUST_MOST);
    }
}
