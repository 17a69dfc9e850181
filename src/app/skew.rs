//! Whose clock counts. All that is shown was stamped by the platform, so a clock of this machine that differs from the platform's by
//! more than can be overlooked is set right on the way in: ages, response clocks and the time axis are the platform's then, and it is said.

use super::msg::Msg;
use super::state::{App, Overlay};
use crate::model::event::Event;
use crate::model::link::Link;
use crate::model::time::{Millis, Time};

/// Two clocks may differ by this before one of them is called wrong. An answer on its way makes up to two seconds of it.
const APART: Millis = Millis::secs(5);
/// A difference is measured anew with each heartbeat, and never the same twice: what it moves by within this is the line's doing.
const WOBBLE: Millis = Millis::secs(3);
/// No clock is this far off: who says so tells no time at all.
const NO_CLOCK: Millis = Millis::hours(24 * 365 * 50);

/// `msg` with its times by the platform's clock, which is `ahead` of ours.
pub fn by_platform(msg: Msg, ahead: Millis) -> Msg {
    match msg {
        Msg::Tick(at) => Msg::Tick(at + ahead),
        Msg::Key(key, at) => Msg::Key(key, at + ahead),
        Msg::Drawn(at) => Msg::Drawn(at + ahead),
        Msg::Fact(from, Event::Link(link), at) => Msg::Fact(from, Event::Link(moved(link, ahead)), at + ahead),
        Msg::Fact(from, event, at) => Msg::Fact(from, event, at + ahead),
        other => other,
    }
}

/// How a link stands is said by our own clock.
fn moved(link: Link, by: Millis) -> Link {
    match link {
        Link::Stale { since } => Link::Stale { since: since + by },
        Link::Retrying { at, attempt, why } => Link::Retrying { at: at + by, attempt, why },
        other => other,
    }
}

impl App {
    /// The time by this machine's clock.
    pub fn own_now(&self) -> Time {
        self.now - self.ahead
    }

    /// Takes in how far the platform's clock is ahead of ours. `true`: from now on another time counts.
    pub(super) fn take_skew(&mut self, skew: Millis) -> bool {
        let skew = if skew.0.saturating_abs() > NO_CLOCK.0 { Millis(0) } else { skew };
        if (skew.0 - self.ahead.0).abs() <= WOBBLE.0 || (skew.0.abs() <= APART.0 && self.ahead.0 == 0) {
            return false;
        }
        let ahead = if skew.0.abs() <= APART.0 { Millis(0) } else { skew };
        let by = Millis(ahead.0 - self.ahead.0);
        self.ahead = ahead;
        self.now = self.now + by;
        for it in &mut self.sources {
            it.since = it.since + by;
            it.heard = it.heard.map(|at| at + by);
            it.fresh = it.fresh.map(|at| at + by);
            it.link = moved(std::mem::take(&mut it.link), by);
        }
        for it in &mut self.notices {
            (it.at, it.until) = (it.at + by, it.until + by);
        }
        for it in &mut self.overlays {
            if let Overlay::Confirm(it) = it {
                it.opened = it.opened + by;
            }
        }
        // A rest is as long as it was said to be, and what was lively stays as long ago as it is.
        self.resting = self.resting.map(|at| at + by);
        (self.beat.lively, self.beat.fed) = (self.beat.lively + by, self.beat.fed + by);
        self.leaving = self.leaving.map(|at| at + by);
        self.copied = self.copied.map(|at| at + by);
        true
    }

    /// That this machine's clock is off, and by how much: `clock 2h behind`.
    pub fn skew_words(&self) -> Option<String> {
        let way = match self.ahead.0 {
            0 => return None,
            1.. => "behind",
            _ => "ahead",
        };
        Some(format!("clock {} {way}", Millis(self.ahead.0.saturating_abs()).short()))
    }
}
