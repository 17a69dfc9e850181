//! How soon somebody must answer: the response times, and the hours, days and holidays they are counted in. Pure, and by the second.
//!
//! P1 and P2 run round the clock. P3 is counted in business hours alone. P4 is a length of plain time whose end, when it falls on a
//! day without business, moves to the same time of the next business day; until then only business days count for how far it has run.
//! A clock runs from when the incident opened; calling it worse or less bad moves its end, never its start. It starts anew when the
//! incident is reopened, and when the platform itself finds it worse, which nobody could answer before.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{Datelike as _, Days, NaiveDate, Offset as _, TimeDelta, TimeZone as _, Timelike as _, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::day_times;
use super::incident::{Incident, Severity};
use super::time::{Millis, Time};

const DAY: i64 = 86_400;
/// Stretches of equal kind that are walked through at most: a year has about 1500. Beyond that, plain time is counted.
const STRETCHES: usize = 4_000;
/// Days looked through for one with business: more than any list of holidays can take away in a row.
const FAR: u64 = 800;
/// Longest gap that a change of the clocks leaves in a day, in minutes: one whole day was left out once, in Samoa.
const LONGEST_GAP: i64 = 25 * 60;
/// No response time is longer; a `due` beyond it is plain time.
const LONGEST: Millis = Millis::hours(90 * 24);

/// The hours of a business day, in seconds from midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: i64,
    to: i64,
}

impl Hours {
    /// Reads `09:00-17:00`; the end may be `24:00`.
    pub fn read(text: &str) -> Result<Self, String> {
        let (from, to) = day_times::read(text).ok_or_else(|| format!("`{text}` should be two times of a day, as 09:00-17:00"))?;
        if from == to {
            return Err(format!("`{text}` is no time at all: it ends when it begins"));
        }
        if from > to {
            return Err(format!("`{text}` ends before it begins; hours over midnight are not counted, so name a stretch of one day"));
        }
        Ok(Self { from: i64::from(from) * 60, to: i64::from(to) * 60 })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |s: i64| format!("{:02}:{:02}", s / 3600, s % 3600 / 60);
        write!(f, "{}-{}", clock(self.from), clock(self.to))
    }
}

/// The weekday that `word` names: `mon`, `Monday`.
pub fn weekday(word: &str) -> Result<Weekday, String> {
    word.trim().parse().map_err(|_| format!("`{word}` is no day of the week; they are mon, tue, wed, thu, fri, sat, sun"))
}

/// The date that `text` names: `2026-12-25`.
pub fn holiday(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| format!("`{text}` is no date; one is written 2026-12-25"))
}

/// The time zone called `name`: `Europe/Berlin`.
pub fn zone(name: &str) -> Result<Tz, String> {
    name.trim().parse().map_err(|_| format!("`{name}` is no time zone; they are called as in the IANA list: Europe/Berlin, UTC"))
}

/// How far a response clock has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Heat {
    Calm,
    /// From half of the time.
    Amber,
    /// From 80 % of it.
    Red,
    /// The time is over.
    Over,
}

/// A response clock as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// When it runs out.
    pub due: Time,
    /// What is left in milliseconds of the time that counts; after `due` negative, and then plain time.
    #[serde(rename = "left_ms")]
    pub left: Millis,
    /// How much of its time it has used; more than 100 when it is over.
    pub percent: u32,
    pub heat: Heat,
    /// It stands still, out of hours, and goes on then.
    #[serde(rename = "resumes", skip_serializing_if = "Option::is_none")]
    pub paused: Option<Time>,
}

impl Clock {
    /// `ack in 12:31`, `ack in 3h 42m`, `6m over`.
    pub fn words(&self) -> String {
        if self.left.0 < 0 { format!("{} over", self.over().max(Millis::secs(1)).short()) } else { format!("ack in {}", self.left()) }
    }

    /// The same, as short as it can be: `12:31`, `3h 42m`, `6m over`.
    pub fn short(&self) -> String {
        if self.left.0 < 0 { self.words() } else { self.left() }
    }

    /// Seconds count in the last hour.
    fn left(&self) -> String {
        if self.left < Millis::hours(1) { self.left.clock() } else { self.left.long() }
    }

    /// How long it has been over.
    pub const fn over(&self) -> Millis {
        Millis(if self.left.0 < 0 { self.left.0.saturating_neg() } else { 0 })
    }
}

/// The response times, and what they are counted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub zone: Tz,
    pub hours: Hours,
    /// Days of the week with business, Monday first. Where there is none at all, plain time is counted.
    pub days: [bool; 7],
    pub holidays: BTreeSet<NaiveDate>,
    /// By severity, P1 first.
    pub lengths: [Millis; 4],
}

impl Default for Response {
    /// Monday to Friday, nine to five in UTC, no holidays.
    fn default() -> Self {
        Self {
            zone: Tz::UTC,
            hours: Hours { from: 9 * 3600, to: 17 * 3600 },
            days: [true, true, true, true, true, false, false],
            holidays: BTreeSet::new(),
            lengths: [Severity::P1, Severity::P2, Severity::P3, Severity::P4].map(|it| it.response().unwrap_or_default()),
        }
    }
}

/// What kind of time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    All,
    Hours,
    Days,
}

impl Response {
    /// The same with other days of business; an empty list changes nothing.
    #[must_use]
    pub fn on(mut self, days: &[Weekday]) -> Self {
        if !days.is_empty() {
            self.days = [false; 7];
            for day in days {
                self.days[day.num_days_from_monday() as usize] = true;
            }
        }
        self
    }

    /// How long the answer to such an incident may take; `None` where it is not known how bad it is.
    pub fn length(&self, severity: &Severity) -> Option<Millis> {
        let place = Severity::KNOWN.iter().position(|it| it == severity)?;
        self.lengths.get(place).copied()
    }

    /// What is said of a clock of these times: `ack in 12:31`; out of hours `ack in 3h 42m, waits until Mon 09:00`.
    pub fn words(&self, clock: &Clock) -> String {
        let waits = clock.paused.map(|at| format!(", waits until {}", said(self.zone, at)));
        clock.words() + &waits.unwrap_or_default()
    }

    /// The same, as short as it can be: a clock that stands still says that it waits, and until when: `waits, Mon 09:00`.
    pub fn short(&self, clock: &Clock) -> String {
        clock.paused.map_or_else(|| clock.short(), |at| format!("waits, {}", said(self.zone, at)))
    }

    /// When somebody must have answered what began at `from`.
    pub fn due(&self, severity: &Severity, from: Time) -> Option<Time> {
        let length = self.length(severity)?;
        Some(match counts(severity) {
            Counts::All => from + length,
            Counts::Hours => self.end_of(from, length),
            Counts::Days => self.next_business(from + length),
        })
    }

    /// The clock of `it`; `None` once acknowledged, resolved, or where no clock runs. A platform that says no `due` gets ours.
    pub fn clock(&self, it: &Incident, now: Time) -> Option<Clock> {
        if it.acknowledged.is_some() || !it.is_open() {
            return None;
        }
        let due = it.due.or_else(|| self.due(&it.severity, it.clock_from()))?;
        Some(self.clock_to(&it.severity, it.clock_from(), due, now))
    }

    fn clock_to(&self, severity: &Severity, from: Time, due: Time, now: Time) -> Clock {
        // A clock of a quarter has no working hours: nobody walks through thousands of them at each look.
        let kind = if due.since(from) > LONGEST { Counts::All } else { counts(severity) };
        let (kind, whole) = match self.counted(kind, from, due) {
            // A platform with other hours than ours, or the first instant of a business day: plain time is all there is to go by.
            Millis(..=0) => (Counts::All, due.since(from).0.max(1)),
            Millis(whole) => (kind, whole),
        };
        let left = if now > due { Millis(due.since(now).0) } else { self.counted(kind, now, due) };
        // In i128: a hostile `due` may be at the end of time.
        let percent = (i128::from(whole) - i128::from(left.0)).max(0) * 100 / i128::from(whole);
        let heat = match percent {
            _ if now > due => Heat::Over,
            ..50 => Heat::Calm,
            50..80 => Heat::Amber,
            _ => Heat::Red,
        };
        let paused = (now < due && !self.runs(kind, now)).then(|| self.resumes(kind, now).min(due));
        Clock { due, left, percent: u32::try_from(percent).unwrap_or(u32::MAX), heat, paused }
    }

    /// Whether time counts at `at`.
    fn runs(&self, kind: Counts, at: Time) -> bool {
        kind == Counts::All || self.stretch(kind, at).is_none_or(|(_, runs)| runs)
    }

    /// When time counts again, from `at` on.
    fn resumes(&self, kind: Counts, at: Time) -> Time {
        self.walk(kind, at).find(|it| it.runs).map_or(at, |it| it.from)
    }

    /// How much of the time from `from` to `to` counts.
    fn counted(&self, kind: Counts, from: Time, to: Time) -> Millis {
        let plain = to.since(from);
        if kind == Counts::All || plain.0 <= 0 {
            return plain.max(Millis(0));
        }
        let mut sum = 0;
        for it in self.walk(kind, from) {
            if it.to >= to {
                return Millis(sum + if it.runs { to.since(it.from).0 } else { 0 });
            }
            sum += if it.runs { it.to.since(it.from).0 } else { 0 };
        }
        plain
    }

    /// The first instant at which so much time has counted since `from`.
    fn end_of(&self, from: Time, length: Millis) -> Time {
        let mut left = length.0;
        for it in self.walk(Counts::Hours, from).filter(|it| it.runs) {
            let all = it.to.since(it.from).0;
            if all >= left {
                return it.from + Millis(left);
            }
            left -= all;
        }
        from + length
    }

    /// `at`, or the same time of the next day with business.
    fn next_business(&self, at: Time) -> Time {
        let Some(local) = self.local(at) else { return at };
        if self.business(local.date()) {
            return at;
        }
        let next = (1..FAR).filter_map(|n| local.date().checked_add_days(Days::new(n))).find(|day| self.business(*day));
        let Some(wanted) = next.map(|day| day.and_time(local.time())) else { return at };
        // Where the clocks jump over that time, the first one after it.
        let found = (0..LONGEST_GAP).find_map(|n| self.zone.from_local_datetime(&(wanted + TimeDelta::minutes(n))).earliest());
        found.map_or(at, |it| Time(it.timestamp_millis()))
    }

    fn business(&self, day: NaiveDate) -> bool {
        self.days[day.weekday().num_days_from_monday() as usize] && !self.holidays.contains(&day)
    }

    fn local(&self, at: Time) -> Option<chrono::NaiveDateTime> {
        let utc = chrono::DateTime::from_timestamp_millis(at.0)?;
        // The last year of the calendar has no room for a zone's hours.
        utc.checked_add_days(Days::new(FAR + 2))?;
        Some(utc.with_timezone(&self.zone).naive_local())
    }

    /// Seconds that the zone's clocks are ahead of UTC at `at`.
    fn ahead(&self, at: Time) -> i64 {
        let utc = at.utc().naive_utc();
        i64::from(self.zone.offset_from_utc_datetime(&utc).fix().local_minus_utc())
    }

    /// Until when time is of one kind from `at` on, and whether it counts. `None` outside of the calendar.
    fn stretch(&self, kind: Counts, at: Time) -> Option<(Time, bool)> {
        let local = self.local(at)?;
        let of_day = i64::from(local.num_seconds_from_midnight());
        let edges = if kind == Counts::Hours { [self.hours.from, self.hours.to, DAY] } else { [DAY; 3] };
        let edge = edges.into_iter().find(|it| *it > of_day).unwrap_or(DAY);
        let open = kind != Counts::Hours || (self.hours.from..self.hours.to).contains(&of_day);
        let runs = open && self.business(local.date());
        let into = i64::from(local.nanosecond() / 1_000_000);
        let end = at + Millis((edge - of_day) * 1000 - into);
        let ahead = self.ahead(at);
        if self.ahead(end) == ahead {
            return Some((end, runs));
        }
        // The clocks change before: up to that instant alone.
        let (mut same, mut other) = (at.0, end.0);
        while other - same > 1 {
            let middle = same + (other - same) / 2;
            if self.ahead(Time(middle)) == ahead { same = middle } else { other = middle }
        }
        Some((Time(other), runs))
    }

    /// Stretches of one kind of time, one after the other.
    fn walk(&self, kind: Counts, from: Time) -> impl Iterator<Item = Stretch> + '_ {
        let mut at = from;
        std::iter::from_fn(move || {
            let (to, runs) = self.stretch(kind, at)?;
            let it = Stretch { from: at, to, runs };
            at = to;
            Some(it)
        })
        .take(STRETCHES)
    }
}

struct Stretch {
    from: Time,
    to: Time,
    runs: bool,
}

fn counts(severity: &Severity) -> Counts {
    match severity {
        Severity::P3 => Counts::Hours,
        Severity::P4 => Counts::Days,
        Severity::P1 | Severity::P2 | Severity::Other(_) => Counts::All,
    }
}

/// Who must be called, or what must be done, now that the clock has run so far. The table of the README.
pub fn escalation(severity: &Severity, heat: Heat) -> Option<&'static str> {
    match (severity, heat) {
        (_, Heat::Calm) | (Severity::Other(_), _) => None,
        (Severity::P1, Heat::Amber) => Some("call the person on call again, by telephone"),
        (Severity::P1 | Severity::P2, Heat::Red) => Some("page the second person on call"),
        (Severity::P1, Heat::Over) => Some("tell the owner of the service and the head of engineering; page everybody on the rota"),
        (Severity::P2, Heat::Amber) => Some("call the person on call again"),
        (Severity::P2, Heat::Over) => Some("tell the owner of the service"),
        (Severity::P3, Heat::Amber) => Some("ask in the team's channel who takes it"),
        (Severity::P3, Heat::Red) => Some("name somebody who takes it today"),
        (Severity::P3, Heat::Over) => Some("tell the lead of the team"),
        (Severity::P4, Heat::Amber | Heat::Red) => Some("name it in the next meeting of the team"),
        (Severity::P4, Heat::Over) => Some("take it into the plan, or close it with a reason"),
    }
}

/// A time of the day that the clock of `zone` shows at `at`: `Mon 09:00`.
pub fn said(zone: Tz, at: Time) -> String {
    at.utc().with_timezone(&zone).format("%a %H:%M").to_string()
}
