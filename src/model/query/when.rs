//! Instants as people write them: `14:05`, `-15m`, `2026-11-22 14:05`, RFC 3339. Reads no clock: it is given one.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

use super::value::Quantity;
use crate::model::time::{Millis, Time};

/// What `now` and `14:05` mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    pub now: Time,
    /// Minutes that the clock on the wall is ahead of UTC.
    pub offset_minutes: i32,
}

/// Years 1 to 9999: what RFC 3339 can write.
const WRITTEN: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;
/// What can be written for an instant, for a message.
pub const EXPECTED: &str = "a time: 14:05, -15m, 2026-01-31, 2026-01-31T14:05 or RFC 3339";

/// Reads an instant.
///
/// `14:05` (or `14:05:30.5`) is the last time the wall clock said so; `-15m` (or `-1h30m`) is counted back from now; a date alone is
/// its midnight; what names no zone is by the wall clock. `None`: it is no time.
pub fn instant(text: &str, clock: Clock) -> Option<Time> {
    read(text, clock).filter(|it| WRITTEN.contains(&it.0))
}

fn read(text: &str, clock: Clock) -> Option<Time> {
    if let Some(back) = text.strip_prefix('-') {
        let back = span(back)?;
        return Some(clock.now - back);
    }
    if text == "now" {
        return Some(clock.now);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Time(at.timestamp_millis()));
    }
    let zone = chrono::FixedOffset::east_opt(clock.offset_minutes.checked_mul(60)?)?;
    let on = |it: NaiveDateTime| zone.from_local_datetime(&it).single().map(|it| Time(it.timestamp_millis()));
    let time = |text: &str| ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
    if let Some(at) = time(text) {
        let today = clock.now.utc().with_timezone(&zone).date_naive();
        let here = on(today.and_time(at))?;
        // What is still to come today was yesterday.
        return if here > clock.now { on(today.checked_sub_days(Days::new(1))?.and_time(at)) } else { Some(here) };
    }
    let (date, rest) = text.split_at_checked(10)?;
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    if rest.is_empty() {
        return on(date.and_time(NaiveTime::MIN));
    }
    on(date.and_time(time(rest.strip_prefix(['T', ' '])?)?))
}

/// Reads a length of time: `15m`, `1h30m`, `90s`. Never negative.
pub fn span(text: &str) -> Option<Millis> {
    let Quantity { number, unit } = Quantity::parse(text)?;
    let ms = number * unit?.in_millis()?;
    // As far as whole milliseconds are exact in what a number is held in.
    (0.0..9e15).contains(&ms).then_some(Millis(ms.round() as i64))
}
