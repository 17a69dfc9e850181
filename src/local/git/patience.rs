//! How long a git is waited for: as long as it works, within bounds. One that neither computes, reads nor writes is stuck.

use std::time::{Duration, Instant};

use crate::local::process::Running;

/// A git that does nothing for this long waits for something that does not come.
const STILL: Duration = Duration::from_mins(2);
/// All attempts together; below the time after which the platform takes a fetch for lost.
const TOTAL: Duration = Duration::from_mins(20);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);

/// Why a git was not waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tired {
    /// It did nothing for so long.
    Still(Duration),
    /// The whole fetch has taken this long.
    Total(Duration),
}

/// The patience of one fetch, over all its attempts.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    until: Instant,
}

impl Patience {
    pub fn begin() -> Self {
        Self::of(TOTAL)
    }

    /// Ends after `most`, however much is done.
    pub fn of(most: Duration) -> Self {
        Self { until: Instant::now() + most }
    }

    /// Waits until `running` has ended, or for as long as is sensible.
    pub async fn wait(self, running: &mut Running) -> Result<(), Tired> {
        let mut last = Last { work: 0, at: Instant::now() };
        loop {
            tokio::select! {
                biased;
                () = running.ended() => return Ok(()),
                () = tokio::time::sleep(LOOK) => {}
            }
            last.look(running.members().into_iter().map(work).sum(), Instant::now());
            self.judge(last, Instant::now())?;
        }
    }

    fn judge(self, last: Last, now: Instant) -> Result<(), Tired> {
        if now >= self.until {
            return Err(Tired::Total(TOTAL));
        }
        if now.duration_since(last.at) >= STILL { Err(Tired::Still(STILL)) } else { Ok(()) }
    }
}

/// What had been done at the last look, and since when that has been all.
#[derive(Clone, Copy, Debug)]
struct Last {
    work: u64,
    at: Instant,
}

impl Last {
    fn look(&mut self, work: u64, now: Instant) {
        if work != self.work {
            *self = Self { work, at: now };
        }
    }
}

/// A number that changes whenever a process computes, reads or writes: bytes it moved, and ticks of its time (proc(5)).
fn work(pid: u32) -> u64 {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let moved: u64 =
        read("io").lines().filter_map(|it| it.strip_prefix("rchar: ").or_else(|| it.strip_prefix("wchar: "))?.parse::<u64>().ok()).sum();
    // Fields 14 and 15; a name in brackets before them may hold spaces.
    let stat = read("stat");
    let after = stat.rsplit_once(')').map_or("", |it| it.1);
    let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
    moved + ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_git_that_works_is_waited_for_and_one_that_stands_still_is_not() {
        let began = Instant::now();
        let patience = Patience { until: began + TOTAL };
        let mut last = Last { work: 0, at: began };
        let step = STILL.saturating_sub(Duration::from_secs(1));
        for n in 1..5 {
            last.look(u64::from(n), began + step * n);
            assert_eq!(patience.judge(last, began + step * n), Ok(()), "it has done something meanwhile");
        }
        last.look(4, began + step * 6);
        assert_eq!(patience.judge(last, began + step * 6), Err(Tired::Still(STILL)));
        last.look(5, began + TOTAL);
        assert_eq!(patience.judge(last, began + TOTAL), Err(Tired::Total(TOTAL)), "however busy it is");
    }

    #[test]
    fn what_a_process_does_is_seen() {
        let me = std::process::id();
        let before = work(me);
        assert!(before > 0);
        assert!(!std::fs::read("/proc/self/maps").unwrap().is_empty());
        assert!(work(me) > before);
        assert_eq!(work(u32::MAX), 0);
    }
}
