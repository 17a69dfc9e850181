//! When a line was, in the way the reader chose, always as wide as `Stamps::width` says.

use super::view::Stamps;
use crate::model::time::{Millis, Time};

/// What a picture depends on besides the state: time, and how far local time is ahead of UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clockface {
    pub now: Time,
    /// Minutes ahead of UTC; 0 for UTC.
    pub offset_minutes: i32,
}

/// The stamp of a line at `at`; `above`: the time of the line above it, if there is one.
pub fn stamp(stamps: Stamps, at: Time, above: Option<Time>, clock: Clockface) -> String {
    let local = (at + Millis::mins(i64::from(clock.offset_minutes))).utc();
    match stamps {
        Stamps::Off => String::new(),
        Stamps::Time => fit(local.format("%H:%M:%S%.3f").to_string(), stamps),
        Stamps::Full => fit(local.format("%Y-%m-%d %H:%M:%S%.3f").to_string(), stamps),
        Stamps::Relative => fit(ago(clock.now.since(at)), stamps),
        Stamps::Delta => fit(above.map_or(String::new(), |it| delta(at.since(it))), stamps),
    }
}

/// `now`, `12s ago`: in whole seconds, for what changes with every frame cannot be read.
fn ago(age: Millis) -> String {
    if age < Millis::secs(1) { "now".to_owned() } else { format!("{} ago", age.short()) }
}

/// `+0.214s`, `+12.3s`, `+4m 02s`; a line before the one above it has a minus.
fn delta(by: Millis) -> String {
    let (sign, ms) = (if by.0 < 0 { '-' } else { '+' }, by.0.unsigned_abs());
    match ms {
        0..10_000 => format!("{sign}{}.{:03}s", ms / 1000, ms % 1000),
        10_000..100_000 => format!("{sign}{}.{}s", ms / 1000, ms % 1000 / 100),
        _ => format!("{sign}{}", Millis(ms.min(i64::MAX as u64) as i64).long()),
    }
}

/// Right-aligned; what is too long (a year of five digits) loses its end.
fn fit(text: String, stamps: Stamps) -> String {
    let width = stamps.width();
    let mut it = if text.len() < width { format!("{text:>width$}") } else { text };
    it.truncate(width);
    it
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stamp_is_as_wide_as_its_column() {
        let clock = Clockface { now: Time(1_000_000), offset_minutes: 90 };
        for at in [Time(0), Time(-1), Time(i64::MAX), Time(i64::MIN), Time(999_000)] {
            for stamps in [Stamps::Off, Stamps::Time, Stamps::Full, Stamps::Relative, Stamps::Delta] {
                assert_eq!(stamp(stamps, at, Some(Time(5)), clock).len(), stamps.width(), "{stamps:?} {at:?}");
            }
        }
    }

    #[test]
    fn local_time_is_ahead_by_the_offset() {
        let clock = Clockface { now: Time(0), offset_minutes: 90 };
        assert_eq!(stamp(Stamps::Time, Time(1), None, clock), "01:30:00.001");
        assert_eq!(stamp(Stamps::Delta, Time(1_500), Some(Time(0)), clock).trim(), "+1.500s");
    }

    #[test]
    fn an_age_is_in_whole_seconds_and_whole() {
        let clock = Clockface { now: Time(100_000_000), offset_minutes: 0 };
        let ago = |ms: i64| stamp(Stamps::Relative, clock.now - Millis(ms), None, clock).trim().to_owned();
        assert_eq!([ago(-5), ago(871), ago(1_900), ago(59_000), ago(90_000)], ["now", "now", "1s ago", "59s ago", "1m ago"]);
    }
}
