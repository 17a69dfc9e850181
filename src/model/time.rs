//! Instants and lengths of time, in whole milliseconds. Nothing here reads a clock.

use std::fmt;
use std::ops::{Add, Sub};

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, Utc};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: milliseconds since 1970-01-01T00:00:00Z. RFC 3339 on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// A length of time in milliseconds; may be negative. A plain number on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Time {
    /// The instant of `text` (RFC 3339), if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        usual(text).or_else(|| DateTime::parse_from_rfc3339(text).ok()).map(|it| Self(it.timestamp_millis()))
    }

    /// As a calendar time in UTC; an instant outside the calendar becomes its nearest end.
    pub fn utc(self) -> DateTime<Utc> {
        let edge = if self.0 < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        DateTime::from_timestamp_millis(self.0).unwrap_or(edge)
    }

    /// The time from `earlier` until this instant.
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl Millis {
    /// `n` seconds.
    pub const fn secs(n: i64) -> Self {
        Self(n.saturating_mul(1000))
    }

    /// `n` minutes.
    pub const fn mins(n: i64) -> Self {
        Self::secs(n.saturating_mul(60))
    }

    /// `n` hours.
    pub const fn hours(n: i64) -> Self {
        Self::mins(n.saturating_mul(60))
    }

    /// Short, as ages are shown: `850ms`, `41s`, `12m`, `3h`, `2d`. A negative length reads as `0s`.
    pub fn short(self) -> String {
        match self.0 {
            ..=0 => "0s".to_owned(),
            ms @ 1..1000 => format!("{ms}ms"),
            ms @ 1000..60_000 => format!("{}s", ms / 1000),
            ms @ 60_000..3_600_000 => format!("{}m", ms / 60_000),
            ms @ 3_600_000..172_800_000 => format!("{}h", ms / 3_600_000),
            ms => format!("{}d", ms / 86_400_000),
        }
    }

    /// With its next smaller unit, as durations are shown: `840ms`, `48s`, `2m 05s`, `3h 10m`, `2d 4h`.
    pub fn long(self) -> String {
        let s = self.0.max(0) / 1000;
        match s {
            0 => format!("{}ms", self.0.max(0)),
            1..60 => format!("{s}s"),
            60..3600 => format!("{}m {:02}s", s / 60, s % 60),
            3600..86_400 => format!("{}h {:02}m", s / 3600, s % 3600 / 60),
            _ => format!("{}d {}h", s / 86_400, s % 86_400 / 3600),
        }
    }

    /// As a clock that runs down: `12:31`, `3:59:10`; overdue reads `-0:41`.
    pub fn clock(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let s = self.0.unsigned_abs() / 1000;
        let (h, m, s) = (s / 3600, s % 3600 / 60, s % 60);
        if h > 0 { format!("{sign}{h}:{m:02}:{s:02}") } else { format!("{sign}{m}:{s:02}") }
    }
}

impl Add<Millis> for Time {
    type Output = Self;

    fn add(self, by: Millis) -> Self {
        Self(self.0.saturating_add(by.0))
    }
}

impl Sub<Millis> for Time {
    type Output = Self;

    fn sub(self, by: Millis) -> Self {
        Self(self.0.saturating_sub(by.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Reader)
    }
}

/// Reads a time from where it stands: each log line has one, and a copy of it would be thrown away at once.
struct Reader;

impl Visitor<'_> for Reader {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Time, E> {
        Time::parse(text).ok_or_else(|| E::custom("not a time: RFC 3339 is expected"))
    }
}

/// The instant of a text of the form `2026-11-22T14:22:06.114Z`, in which platforms write theirs, without trying all that RFC 3339 allows.
fn usual(text: &str) -> Option<DateTime<FixedOffset>> {
    let text: &[u8; 24] = text.as_bytes().try_into().ok()?;
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    if signs.iter().any(|(at, sign)| text[*at] != *sign) {
        return None;
    }
    let number = |at: usize, end: usize| -> Option<u32> {
        text[at..end].iter().try_fold(0, |n, digit| digit.is_ascii_digit().then(|| n * 10 + u32::from(digit - b'0')))
    };
    let day = NaiveDate::from_ymd_opt(number(0, 4)?.cast_signed(), number(5, 7)?, number(8, 10)?)?;
    let at = day.and_hms_milli_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?)?;
    Some(at.and_utc().fixed_offset())
}
