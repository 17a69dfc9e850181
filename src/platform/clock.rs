//! The clocks of the connection's side, and whether the machine slept since they were last looked at.

use std::time::SystemTime;

use rustix::time::{ClockId, clock_gettime};

use crate::model::time::{Millis, Time};
use crate::seeded;

/// A difference between the clocks that cannot be the scheduler's or NTP's ordinary doing.
const JUMP: Millis = Millis::secs(5);
/// A process that was not run for this long was stopped.
const STOPPED: Millis = Millis::secs(30);

/// The clock that counts time asleep too.
#[cfg(target_os = "linux")]
const BOOT: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const BOOT: ClockId = ClockId::Monotonic;

/// All clocks at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// Since the machine started, time asleep included.
    pub boot: Millis,
    /// The same without time asleep.
    pub awake: Millis,
    /// The calendar.
    pub wall: Time,
}

impl Clocks {
    /// Reads them.
    pub fn read() -> Self {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_millis() as i64);
        Self { boot: read(BOOT), awake: read(ClockId::Monotonic), wall: Time(wall.saturating_add(seeded::clock_error())) }
    }

    /// Whether the machine slept, or this process was stopped, between `self` and `later`, when it meant to wait for `meant`.
    /// Connections from before are then as good as dead, whatever the kernel says.
    pub fn woke(&self, later: &Self, meant: Millis) -> bool {
        let boot = later.boot.0 - self.boot.0;
        let awake = later.awake.0 - self.awake.0;
        let wall = later.wall.0 - self.wall.0;
        boot - awake > JUMP.0 || (wall - boot).abs() > JUMP.0 || awake > meant.0 + STOPPED.0
    }
}

fn read(clock: ClockId) -> Millis {
    let it = clock_gettime(clock);
    Millis(it.tv_sec * 1000 + it.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: i64, awake: i64, wall: i64) -> Clocks {
        Clocks { boot: Millis(boot), awake: Millis(awake), wall: Time(wall) }
    }

    #[test]
    fn sleep_a_stopped_process_and_a_resumed_vm_are_noticed_and_a_busy_machine_is_not() {
        let before = at(0, 0, 0);
        let tick = Millis(2000);
        assert!(!before.woke(&at(2010, 2010, 2010), tick), "an ordinary tick");
        assert!(!before.woke(&at(9000, 9000, 9000), tick), "a busy machine");
        assert!(before.woke(&at(3_600_000, 2000, 3_600_000), tick), "suspended for an hour");
        assert!(before.woke(&at(2000, 2000, 600_000), tick), "a virtual machine that was frozen");
        assert!(before.woke(&at(40_000, 40_000, 40_000), tick), "stopped by a signal");
    }
}
