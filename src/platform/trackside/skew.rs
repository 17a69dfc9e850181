//! How far the platform's clock is ahead of ours, as far as that can be told over a line that takes its time. Pure.
//!
//! What the platform says of the time is old when it is here, so it is ahead by at least what a frame shows; and an answer says that it is
//! ahead by at most what lies between the question and its time. Between the two nobody knows, and a line that is slow is no clock that is
//! wrong. (Cristian, *Probabilistic clock synchronization*, 1989.)

use super::turn::Now;
use crate::model::time::{Millis, Time};

/// What a frame is late by on an ordinary line; one that seems later is late, or a clock is wrong: it is worth a question.
const LATE: Millis = Millis::secs(5);
/// Our own clock was set if it went so far from the time since the machine started.
const SET: Millis = Millis::secs(1);

/// What is known of the difference.
#[derive(Clone, Copy, Debug, Default)]
pub struct Skew {
    /// It is at least this.
    least: Option<Millis>,
    /// It is at most this.
    most: Option<Millis>,
    /// Our wall clock minus the time since the machine started.
    ours: Option<Millis>,
}

impl Skew {
    /// The platform's clock minus ours: the least difference that there must be, 0 if there may be none.
    pub fn ahead(self) -> Millis {
        match (self.least, self.most) {
            (Some(least), _) if least.0 > 0 => least,
            (_, Some(most)) if most.0 < 0 => most,
            _ => Millis(0),
        }
    }

    /// The platform said that it was `theirs`. Whether that is so far behind what is known that it should be asked.
    pub fn heard(&mut self, now: Now, theirs: Time) -> bool {
        self.look_at(now);
        let seen = theirs.since(now.wall);
        self.least = Some(self.least.map_or(seen, |it| it.max(seen)));
        // Otherwise their clock was set forward since.
        self.most = self.most.filter(|it| seen <= *it);
        seen.0 < self.ahead().0.saturating_sub(LATE.0)
    }

    /// It was `theirs` when the platform heard what was asked at `asked`.
    pub fn answered(&mut self, asked: Now, now: Now, theirs: Time) {
        self.look_at(now);
        if self.ours.is_none_or(|ours| apart(offset(asked), ours) > SET.0) {
            return;
        }
        let (least, most) = (theirs.since(now.wall), theirs.since(asked.wall));
        // What was heard before still holds, unless their clock was set meanwhile.
        self.least = Some(self.least.filter(|it| *it <= most).map_or(least, |it| it.max(least)));
        self.most = Some(most);
    }

    /// Forgets all where our own clock was set: it was about another one.
    fn look_at(&mut self, now: Now) {
        let ours = offset(now);
        if self.ours.is_some_and(|it| apart(it, ours) > SET.0) {
            (self.least, self.most) = (None, None);
        }
        self.ours = Some(ours);
    }
}

const fn offset(now: Now) -> Millis {
    Millis(now.wall.0.saturating_sub(now.boot.0))
}

const fn apart(one: Millis, other: Millis) -> i64 {
    one.0.saturating_sub(other.0).saturating_abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(boot: i64, set: i64) -> Now {
        Now { boot: Millis(boot), wall: Time(boot + set) }
    }

    #[test]
    fn a_line_that_is_slow_is_no_clock_that_is_wrong_and_is_asked_about() {
        let mut it = Skew::default();
        assert!(it.heard(at(8_000, 0), Time(0)), "8 s late, or 8 s behind");
        assert_eq!(it.ahead(), Millis(0));
        it.answered(at(8_000, 0), at(16_100, 0), Time(8_050));
        assert_eq!(it.ahead(), Millis(0));
    }

    #[test]
    fn a_clock_that_was_set_is_noticed_whosever_it_is() {
        let mut it = Skew::default();
        assert!(!it.heard(at(1_000, 0), Time(990)));
        it.answered(at(1_000, 0), at(1_020, 0), Time(1_010));
        // Theirs is set back, then forward again.
        assert!(it.heard(at(2_000, 0), Time(2_000 - 3_600_000)));
        it.answered(at(2_000, 0), at(2_020, 0), Time(2_010 - 3_600_000));
        assert_eq!(it.ahead(), Millis(10 - 3_600_000));
        assert!(!it.heard(at(3_000, 0), Time(2_995)));
        it.answered(at(3_000, 0), at(3_020, 0), Time(3_010));
        assert_eq!(it.ahead(), Millis(0));
        // Ours is set back: at once theirs is ahead for certain. Forward: it is asked.
        assert!(!it.heard(at(4_000, -3_600_000), Time(3_995)));
        assert_eq!(it.ahead(), Millis(3_599_995));
        assert!(it.heard(at(5_000, 3_600_000), Time(4_995)));
        // A question from before it was set says nothing.
        it.answered(at(4_900, 0), at(5_010, 3_600_000), Time(5_000));
        assert_eq!(it.ahead(), Millis(0));
        it.answered(at(5_020, 3_600_000), at(5_040, 3_600_000), Time(5_030));
        assert_eq!(it.ahead(), Millis(-3_599_990));
    }

    proptest! {
        #[test]
        fn however_long_frames_take_no_more_is_claimed_than_is_so(
            skew in -100_000_i64..100_000,
            trips in proptest::collection::vec((0..30_000_i64, 0..30_000_i64, any::<bool>()), 1..20),
        ) {
            let (mut it, mut now) = (Skew::default(), 0);
            for (up, down, asked) in trips {
                let began = at(now, 0);
                now += up;
                let theirs = Time(now + skew);
                now += down;
                if asked {
                    it.answered(began, at(now, 0), theirs);
                } else {
                    it.heard(at(now, 0), theirs);
                }
                let claimed = it.ahead().0;
                prop_assert!(claimed.abs() <= skew.abs() && claimed * skew >= 0, "{claimed} of {skew}");
            }
        }
    }
}
