//! A point in time as a person types it: `14:05`, `14:05:30`, `-15m`, `2026-11-22 14:05`, RFC 3339. What "now" is, is given.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::state::{App, NoticeKind};
use crate::model::time::{Millis, Time};

/// What can be typed.
const FORMS: &str = "a time is 14:05, 14:05:30, -15m, 2026-11-22 14:05 or 2026-11-22T14:05:00Z";

/// The instant `typed` means. Clock times are `offset_minutes` ahead of UTC, and of today, or of yesterday if they are still to come today.
pub fn parse(typed: &str, now: Time, offset_minutes: i32) -> Result<Time, String> {
    let typed = typed.trim();
    let offset = Millis::mins(i64::from(offset_minutes));
    if let Some(back) = typed.strip_prefix('-') {
        let back = length(back).ok_or_else(|| format!("`{typed}` is no length of time: -90s, -15m, -1h30m, -2d"))?;
        return Ok(now - back);
    }
    if let Some(at) = Time::parse(typed) {
        return Ok(at);
    }
    let local = (now + offset).utc().naive_utc();
    if let Some(clock) = clock(typed) {
        let at = instant(local.date().and_time(clock)) - offset;
        return Ok(if at > now { at - Millis::hours(24) } else { at });
    }
    let (date, rest) = typed.split_once([' ', 'T']).unwrap_or((typed, "00:00"));
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok().or_else(|| month_and_day(date, local.date()));
    let (Some(date), Some(clock)) = (date, clock(rest.trim())) else { return Err(format!("`{typed}` is no time; {FORMS}")) };
    Ok(instant(date.and_time(clock)) - offset)
}

/// `11-22`, of this year.
fn month_and_day(typed: &str, today: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(&format!("{}-{typed}", today.format("%Y")), "%Y-%m-%d").ok()
}

fn instant(at: NaiveDateTime) -> Time {
    Time(at.and_utc().timestamp_millis())
}

fn clock(typed: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"].iter().find_map(|form| NaiveTime::parse_from_str(typed, form).ok())
}

/// `90s`, `15m`, `1h30m`, `2d`.
fn length(typed: &str) -> Option<Millis> {
    let mut rest = typed;
    let mut sum: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let n: i64 = rest[..digits].parse().ok()?;
        let (unit, more) = rest[digits..].split_at(rest[digits..].find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len() - digits));
        let ms = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        sum = sum.checked_add(n.checked_mul(ms)?)?;
        rest = more;
    }
    (!typed.is_empty()).then_some(Millis(sum))
}

impl App {
    /// Everything goes to the time that was typed: the time cursor, and the logs with it.
    pub fn go_to_typed(&mut self, typed: &str) {
        let offset = if self.settings.utc { 0 } else { self.settings.offset_minutes };
        let at = match parse(typed, self.now, offset) {
            Ok(at) if at > self.now => return self.notify(NoticeKind::Warn, format!("{} is still to come", typed.trim())),
            Ok(at) => at,
            Err(why) => return self.notify(NoticeKind::Warn, why),
        };
        self.timeline.look(at, self.now);
        self.follow_cursor();
        let oldest = self.logs.first_shown().and_then(|seq| self.logs.store().line(seq)).map(|it| it.at);
        if let Some(oldest) = oldest.filter(|it| *it > at) {
            self.logs.top();
            self.notify(
                NoticeKind::Info,
                format!("the oldest line here is from {}; older ones come when one scrolls up", self.hour(oldest)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T14:22:07Z.
    const NOW: Time = Time(1_795_357_327_000);

    fn at(typed: &str) -> String {
        parse(typed, NOW, 0).map_or_else(|why| why, |it| it.to_string())
    }

    #[test]
    fn every_form_is_the_instant_it_says() {
        assert_eq!(at("14:05"), "2026-11-22T14:05:00.000Z");
        assert_eq!(at(" 14:05:30.5 "), "2026-11-22T14:05:30.500Z");
        assert_eq!(at("-15m"), "2026-11-22T14:07:07.000Z");
        assert_eq!(at("-1h30m"), "2026-11-22T12:52:07.000Z");
        assert_eq!(at("2026-11-20 09:00"), "2026-11-20T09:00:00.000Z");
        assert_eq!(at("11-20"), "2026-11-20T00:00:00.000Z");
        assert_eq!(at("2026-11-22T15:05:00+01:00"), "2026-11-22T14:05:00.000Z");
    }

    #[test]
    fn a_clock_time_that_is_still_to_come_was_yesterday() {
        assert_eq!(at("23:00"), "2026-11-21T23:00:00.000Z");
        assert_eq!(parse("15:00", NOW, 60).unwrap().to_string(), "2026-11-22T14:00:00.000Z");
    }

    #[test]
    fn what_is_no_time_is_said_with_what_would_be_one() {
        for typed in ["", "soon", "25:00", "-", "-5", "-5x", "-99999999999999999999d", "-m"] {
            let why = parse(typed, NOW, 0).unwrap_err();
            assert!(why.contains("14:05") || why.contains("-15m"), "{why}");
        }
    }
}
