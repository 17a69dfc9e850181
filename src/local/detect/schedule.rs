//! When a cron service runs: five fields as in cron(8), or `every 10m`. In UTC. Pure.

use chrono::{Datelike, Timelike};

use crate::model::time::{Millis, Time};

/// Searching further finds nothing: the longest gap of a date that exists is eight years (29 February over 2100).
const MINUTES_AHEAD: i64 = 60 * 24 * 366 * 9;

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    Every(Millis),
    Fields(Box<Fields>),
}

/// Which minutes, hours, days, months and weekdays, as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
    /// Both given: either one is enough, as cron(8) has it.
    either: bool,
}

impl Schedule {
    /// Reads a schedule, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text = match text {
            "@hourly" => "0 * * * *",
            "@daily" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            it => it,
        };
        if let Some(every) = text.strip_prefix("every ") {
            let length = humantime::parse_duration(every.trim()).map_err(|error| format!("schedule `{text}`: {error}"))?;
            if length.as_secs() == 0 {
                return Err(format!("schedule `{text}`: the shortest is one second"));
            }
            return Ok(Self::Every(Millis(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))));
        }
        let parts: Vec<&str> = text.split_whitespace().collect();
        let &[minute, hour, day, month, weekday] = parts.as_slice() else {
            return Err(format!("schedule `{text}`: five fields are expected (minute hour day month weekday), or `every 10m`"));
        };
        let read =
            |name: &str, field: &str, low, high| bits(field, low, high).map_err(|why| format!("schedule `{text}`: {name} `{field}` {why}"));
        let mut weekdays = read("weekday", weekday, 0, 7)?;
        weekdays |= u64::from(weekdays & (1 << 7) != 0);
        Ok(Self::Fields(Box::new(Fields {
            minute: read("minute", minute, 0, 59)?,
            hour: read("hour", hour, 0, 23)?,
            day: read("day", day, 1, 31)?,
            month: read("month", month, 1, 12)?,
            weekday: weekdays,
            either: day != "*" && weekday != "*",
        })))
    }

    /// The first instant after `after`; `None` if there is none (30 February).
    pub fn next(&self, after: Time) -> Option<Time> {
        let fields = match self {
            Self::Every(length) => return Some(after + *length),
            Self::Fields(it) => it,
        };
        let mut minute = after.0.div_euclid(60_000) + 1;
        let end = minute + MINUTES_AHEAD;
        while minute < end {
            let at = Time(minute * 60_000);
            let utc = at.utc();
            if !fields.on_day(utc.day(), utc.month(), utc.weekday().num_days_from_sunday()) {
                minute += 1440 - (i64::from(utc.hour()) * 60 + i64::from(utc.minute()));
            } else if fields.hour & (1 << utc.hour()) == 0 {
                minute += 60 - i64::from(utc.minute());
            } else if fields.minute & (1 << utc.minute()) == 0 {
                minute += 1;
            } else {
                return Some(at);
            }
        }
        None
    }
}

impl Fields {
    const fn on_day(&self, day: u32, month: u32, weekday: u32) -> bool {
        let (by_day, by_weekday) = (self.day & (1 << day) != 0, self.weekday & (1 << weekday) != 0);
        self.month & (1 << month) != 0 && if self.either { by_day || by_weekday } else { by_day && by_weekday }
    }
}

/// `*`, `5`, `1-5`, `*/10`, `0-30/5`, and lists of them.
fn bits(field: &str, low: u32, high: u32) -> Result<u64, String> {
    let mut all = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|it| *it > 0).ok_or("has no step after `/`")?),
            None => (part, 1),
        };
        let number = |text: &str| {
            text.parse::<u32>().ok().filter(|it| (low..=high).contains(it)).ok_or_else(|| format!("is not within {low} to {high}"))
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => (number(from)?, number(to)?),
            None if step > 1 => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        if from > to {
            return Err("runs backwards".to_owned());
        }
        all |= (from..=to).step_by(step as usize).fold(0_u64, |all, it| all | 1 << it);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> String {
        Schedule::parse(schedule).unwrap().next(Time::parse(after).unwrap()).map_or_else(|| "never".to_owned(), |it| it.to_string())
    }

    #[test]
    fn the_next_instant_is_the_one_a_calendar_gives() {
        for (schedule, after, want) in [
            ("*/15 * * * *", "2026-01-01T10:07:30Z", "2026-01-01T10:15:00.000Z"),
            ("0 3 * * 1-5", "2026-01-02T04:00:00Z", "2026-01-05T03:00:00.000Z"),
            ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"),
            ("0 0 13 * 5", "2026-02-01T00:00:00Z", "2026-02-06T00:00:00.000Z"),
            ("30 12 1 1 7", "2026-01-01T12:30:00Z", "2026-01-04T12:30:00.000Z"),
            ("0 0 30 2 *", "2026-01-01T00:00:00Z", "never"),
            ("every 10m", "2026-01-01T00:00:00Z", "2026-01-01T00:10:00.000Z"),
        ] {
            assert_eq!(next(schedule, after), want, "{schedule}");
        }
    }

    #[test]
    fn a_wrong_schedule_is_refused_with_the_field_that_is_wrong() {
        for (schedule, part) in [
            ("* * * *", "five fields"),
            ("60 * * * *", "minute"),
            ("* * * 13 *", "month"),
            ("5-1 * * * *", "backwards"),
            ("*/0 * * * *", "step"),
            ("every soon", "soon"),
        ] {
            let why = Schedule::parse(schedule).expect_err(schedule);
            assert!(why.contains(part), "{why}");
        }
    }
}
