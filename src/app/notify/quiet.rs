//! Quiet hours: those of each day, and the word by hand that is above them. Pure: minutes of the day are given to it.

use crate::model::day_times::{self, DAY};
use crate::model::time::{Millis, Time};

/// A stretch of each day; it may span midnight. Its end does not belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Minutes after midnight, 0 to 1439.
    from: u16,
    to: u16,
}

impl Hours {
    /// Reads `22:00-07:00`. The error says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let (from, to) = day_times::read(text).ok_or_else(|| "should be two times of the day, as \"22:00-07:00\"".to_owned())?;
        // The end of a day is the beginning of the next one.
        let (from, to) = (from % DAY, to % DAY);
        if from == to {
            return Err("begins when it ends; a whole day of quiet is a way taken out of `notify.to`".to_owned());
        }
        Ok(Self { from, to })
    }

    /// Minutes until it ends, at this minute of the day; `None`: it is not in it.
    pub const fn left(self, minute: u16) -> Option<u16> {
        let (into, long) = ((minute + DAY - self.from) % DAY, (self.to + DAY - self.from) % DAY);
        if into < long { Some(long - into) } else { None }
    }
}

/// What was said by hand; it is above the hours of the config for as long as it lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByHand {
    #[default]
    Nothing,
    QuietUntil(Time),
    LoudUntil(Time),
}

/// Until when it is quiet at `now`, in a zone that is `ahead` minutes ahead of UTC. `None`: it is not.
pub fn quiet_until(hours: Option<Hours>, by_hand: ByHand, now: Time, ahead: i64) -> Option<Time> {
    match by_hand {
        ByHand::QuietUntil(until) if until > now => return Some(until),
        ByHand::LoudUntil(until) if until > now => return None,
        _ => {}
    }
    let minutes = now.0.div_euclid(60_000).saturating_add(ahead);
    let of_day = u16::try_from(minutes.rem_euclid(i64::from(DAY))).unwrap_or(0);
    let left = hours?.left(of_day)?;
    // The minute has begun already.
    Some(Time(now.0.div_euclid(60_000).saturating_mul(60_000)) + Millis::mins(i64::from(left)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hours_span_midnight_and_their_end_is_loud() {
        let it = Hours::read("22:00-07:00").unwrap();
        assert_eq!(it.left(22 * 60), Some(9 * 60));
        assert_eq!(it.left(0), Some(7 * 60));
        assert_eq!(it.left(7 * 60 - 1), Some(1));
        assert_eq!((it.left(7 * 60), it.left(22 * 60 - 1)), (None, None));
        assert_eq!(Hours::read("22:00-24:00").unwrap().left(22 * 60), Some(2 * 60), "as business hours may be written");
    }

    #[test]
    fn what_is_no_stretch_of_a_day_is_refused() {
        for bad in ["", "22:00", "24:01-07:00", "22:60-07:00", "22-07", "07:00-07:00", "24:00-00:00", "+1:00-02:00", "22:00-07:00-08:00"] {
            assert!(Hours::read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn quiet_ends_exactly_when_it_says(from in 0_u16..DAY, long in 1_u16..DAY, at in 0_i64..4_000_000_000_000, ahead in -840_i64..840) {
            let hours = Hours { from, to: (from + long) % DAY };
            if let Some(until) = quiet_until(Some(hours), ByHand::Nothing, Time(at), ahead) {
                prop_assert!(until > Time(at) && until.since(Time(at)) <= Millis::mins(i64::from(long)));
                prop_assert_eq!(quiet_until(Some(hours), ByHand::Nothing, until, ahead), None);
                prop_assert!(quiet_until(Some(hours), ByHand::Nothing, until - Millis(1), ahead).is_some());
            }
        }
    }
}
