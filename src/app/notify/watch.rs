//! A watch expression as data: what is measured, against what, of whom, and for how long it must last. How it is read is in `read`.

use crate::model::metric::Metric;
use crate::model::query::Query;
use crate::model::size::Size;
use crate::model::time::Millis;

/// How long a condition must last when nothing is said.
pub const LASTS: Millis = Millis::secs(30);

/// `errors/min > 30 on api for 2m`.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// As it was typed; what it is called everywhere.
    pub typed: String,
    pub measure: Measure,
    pub sign: Sign,
    /// In the measure's own unit.
    pub amount: f64,
    /// A service, `project/service`, or a project; `None`: everything.
    pub on: Option<String>,
    pub lasts: Millis,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// What a metric reads now: milliseconds, bytes, cores or a count.
    Value(Metric, Scale),
    /// A metric of the kind "a second", over a time.
    Rate(Metric, Per),
    /// Of all requests those answered with 5xx, in percent.
    Errors,
    /// Of the cores allowed, in percent.
    CpuShare,
    /// Of the memory allowed, in percent.
    MemoryShare,
    /// Log lines that fit, over a time.
    Lines(Query, Per),
}

/// In what a value is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Cores,
    Bytes,
    BytesPerSecond,
    Millis,
    Count,
}

/// The time something is counted over. A rate is what came in the last of it; a second alone would be noise, so its rate is the mean of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    Second,
    Minute,
    Hour,
}

impl Per {
    /// The stretch that is looked at.
    pub const fn window(self) -> Millis {
        match self {
            Self::Second => Millis::secs(10),
            Self::Minute => Millis::mins(1),
            Self::Hour => Millis::hours(1),
        }
    }

    /// Seconds of its unit.
    pub const fn seconds(self) -> f64 {
        match self {
            Self::Second => 1.0,
            Self::Minute => 60.0,
            Self::Hour => 3600.0,
        }
    }

    /// `/min`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Second => "/s",
            Self::Minute => "/min",
            Self::Hour => "/h",
        }
    }

    /// The time of `s`, `min` or `h`.
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "s" | "sec" => Some(Self::Second),
            "min" | "m" => Some(Self::Minute),
            "h" | "hour" => Some(Self::Hour),
            _ => None,
        }
    }
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Over,
    From,
    Under,
    UpTo,
}

impl Sign {
    /// Whether `value` stands so to `amount`.
    pub fn holds(self, value: f64, amount: f64) -> bool {
        match self {
            Self::Over => value > amount,
            Self::From => value >= amount,
            Self::Under => value < amount,
            Self::UpTo => value <= amount,
        }
    }

    /// Whether more of it can only help.
    pub const fn upwards(self) -> bool {
        matches!(self, Self::Over | Self::From)
    }
}

impl Measure {
    /// `value` as people say it.
    pub fn said(&self, value: f64) -> String {
        match self {
            Self::Errors | Self::CpuShare | Self::MemoryShare => format!("{}%", number(value)),
            Self::Rate(_, per) | Self::Lines(_, per) => format!("{}{}", number(value), per.word()),
            Self::Value(_, Scale::Count) => number(value),
            Self::Value(_, Scale::Cores) => format!("{} cores", number(value)),
            Self::Value(_, Scale::Bytes) => bytes(value, Size::Held),
            Self::Value(_, Scale::BytesPerSecond) => format!("{}/s", bytes(value, Size::Moved)),
            Self::Value(_, Scale::Millis) if value >= 10_000.0 => format!("{}s", number(value / 1000.0)),
            Self::Value(_, Scale::Millis) => format!("{}ms", number(value)),
        }
    }
}

/// Three digits that matter, no more.
fn number(value: f64) -> String {
    let places = match value.abs() {
        ..0.995 => 2,
        0.995..9.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn bytes(value: f64, by: Size) -> String {
    let (value, unit) = by.scaled(value);
    format!("{} {unit}", number(value))
}
