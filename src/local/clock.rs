//! The machine's clock, read here and nowhere else in this room. For what people see and what is kept; spans are measured with `Instant`.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::model::time::{Millis, Time};
use crate::seeded;

/// What is less than this between two looks is not a clock that was set, but a busy machine.
const SET: Millis = Millis::secs(1);

/// Now. A clock set before 1970 counts as 1970.
pub fn now() -> Time {
    let read = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_millis() as i64);
    Time(read.saturating_add(seeded::clock_error()))
}

/// Tells time that went by from a clock that was set: what waits, waits as long as it should have, whatever the calendar says.
#[derive(Clone, Copy, Debug)]
pub struct Steady {
    began: Time,
    wall: Time,
    at: Instant,
    gone: Millis,
}

impl Steady {
    /// From now on.
    pub fn begin() -> Self {
        let wall = now();
        Self { began: wall, wall, at: Instant::now(), gone: Millis(0) }
    }

    /// By how much the clock was set since the last look; 0 if it was not. A machine that slept counts as one whose clock was set: what ran
    /// on it stood still meanwhile.
    pub fn set(&mut self) -> Millis {
        self.look(now(), Instant::now())
    }

    /// A calendar that only goes forward, by the time that goes by, from the instant this was made: for spans.
    pub fn time(&self) -> Time {
        self.began + self.gone
    }

    fn look(&mut self, wall: Time, at: Instant) -> Millis {
        let gone = Millis(at.saturating_duration_since(self.at).as_millis() as i64);
        let set = Millis(wall.since(self.wall).0 - gone.0);
        (self.wall, self.at, self.gone) = (wall, at, Millis(self.gone.0 + gone.0));
        if set.0.abs() < SET.0 { Millis(0) } else { set }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_is_set_is_told_from_time_that_goes_by() {
        let mut it = Steady::begin();
        let (wall, at) = (it.wall, it.at);
        let later = |secs: u64| at + Duration::from_secs(secs);
        assert_eq!(it.look(wall + Millis::secs(10), later(10)), Millis(0));
        assert_eq!(it.look(wall + Millis::secs(11) + Millis::hours(1), later(11)), Millis::hours(1));
        assert_eq!(it.look(wall + Millis::secs(12) + Millis(-500), later(12)).0, -3_600_500, "back again, and half a second more");
        assert_eq!(it.look(wall + Millis::secs(13), later(13)), Millis(0), "drift is no setting");
        assert_eq!(it.time(), it.began + Millis::secs(13));
    }
}
