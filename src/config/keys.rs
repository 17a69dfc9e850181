//! Every setting there is, and what it may be. The one list: files, environment and help are read against it.

use std::time::Duration;

use config::{Value, ValueKind};

use super::notify::Shape;
use crate::app::bindings::Preset;
use crate::model::response;

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As in the file: `context.url`.
    pub path: &'static str,
    pub kind: Kind,
    pub help: &'static str,
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    Flag,
    /// Bytes: a number, or one with `KiB`, `MiB`, `GiB`. At least so many.
    Bytes(u64),
    /// A length of time: `90s`, `5m`.
    Span,
    /// A whole number, at least so large.
    Whole(i64),
    /// A share from 0 to 1.
    Share,
    /// The name of a time zone: `Europe/Berlin`.
    Zone,
    /// Two times of a day: `09:00-17:00`.
    Hours,
    /// A list of days of the week.
    Weekdays,
    /// A list of dates.
    Dates,
    /// Of `notify.*`.
    News(Shape),
    /// A command as a list: the program, then its arguments; no shell reads it.
    Command,
    /// One of these words.
    One(&'static [&'static str]),
}

const fn key(path: &'static str, kind: Kind, help: &'static str) -> Key {
    Key { path, kind, help }
}

/// All settings.
pub const KEYS: &[Key] = &[
    key(
        "theme",
        Kind::Text,
        "name of the theme: auto (night or day, by the terminal's background), contrast, colorblind, ansi, mono, or one of your own",
    ),
    key(
        "colors",
        Kind::One(&["auto", "truecolor", "256", "16", "none"]),
        "how many colours the terminal has: auto (by TERM, COLORTERM and NO_COLOR), or as you know better",
    ),
    key("utc", Kind::Flag, "show times in UTC"),
    key("ascii", Kind::Flag, "draw nothing outside ASCII"),
    key("charts", Kind::One(&["braille", "block", "ascii"]), "what the lines of charts are made of; block for fonts without braille"),
    key("motion", Kind::One(&["full", "reduced"]), "reduced: nothing moves but what changes"),
    key(
        "lo_fi",
        Kind::One(&["auto", "on", "off"]),
        "fewer frames and plainer charts: when the line to the terminal is slow, always, never",
    ),
    key("mouse", Kind::Flag, "take mouse clicks and the wheel"),
    key("restore", Kind::Flag, "begin with the view that was left last time"),
    key("mask", Kind::Flag, "cover secrets that are recognised in log lines, where they are shown and copied; `*` takes that away"),
    key("log_bytes", Kind::Bytes(1024 * 1024), "most bytes of log lines the dashboard holds, old ones packed to about a quarter"),
    key("data", Kind::Text, "data folder of the embedded platform"),
    key("context.name", Kind::Text, "what the context is called in the header"),
    key("context.url", Kind::Text, "address of the platform; the embedded one if left out"),
    key("context.platform", Kind::One(&["trackside"]), "what speaks there"),
    key("context.token_env", Kind::Text, "name of the environment variable that holds the token of this context"),
    key("context.token_command", Kind::Command, "command that prints the token, as [\"pass\", \"show\", \"prod\"]; run without a shell"),
    key("context.keyring", Kind::Flag, "the token is in the desktop's keyring; `trackside login --keyring` puts it there"),
    key("context.token_file", Kind::Text, "file with the platform's token, readable by you alone"),
    key("context.ca_file", Kind::Text, "file with a certificate (PEM) to trust beside the machine's own"),
    key("context.production", Kind::Flag, "customers are here: a bar, and names must be typed before writes"),
    key("context.read_only", Kind::Flag, "never write"),
    key("context.scope", Kind::Text, "project or project/service that is shown first"),
    key("context.poll", Kind::Span, "how often the platform is asked while its stream is down"),
    key(
        "keys.preset",
        Kind::One(Preset::NAMES),
        "the keys to begin with; beside it each action's own by its name: \"time.live\", as [\"L\", \"g l\"]; [] for none",
    ),
    key("thresholds.warn", Kind::Share, "share of a limit (CPU, memory, open files) from which on it is amber"),
    key("thresholds.bad", Kind::Share, "share of a limit from which on it is red"),
    key("thresholds.errors_warn", Kind::Share, "share of requests failing from which on it is amber"),
    key("thresholds.errors_bad", Kind::Share, "share of requests failing from which on it is red"),
    key("limits.builds", Kind::Whole(1), "most builds at once"),
    key("limits.build_timeout", Kind::Span, "how long a build may take"),
    key("limits.health_timeout", Kind::Span, "how long new replicas have until they are healthy"),
    key("limits.answer_timeout", Kind::Span, "how long a replica may take until the answer to a request begins; then 504"),
    key("limits.drain", Kind::Span, "how long old replicas have to finish what they are at"),
    key("limits.disk", Kind::Bytes(1024 * 1024), "most bytes on disk of a clone with its build, and of what a replica writes"),
    key("limits.build_memory", Kind::Bytes(32 * 1024 * 1024), "most memory of a build; three quarters of the machine's if nothing is said"),
    key("rules.error_ratio", Kind::Share, "share of 5xx above which an incident opens"),
    key("rules.error_for", Kind::Span, "how long it must last"),
    key("rules.error_requests", Kind::Whole(1), "with at least this many requests in that time"),
    key("rules.crash_exits", Kind::Whole(1), "exits of one replica that make a crash loop"),
    key("rules.crash_window", Kind::Span, "within this time"),
    key("rules.calm", Kind::Span, "how long its cause must be gone before an incident closes itself"),
    key("response.zone", Kind::Zone, "time zone of the hours below, as Europe/Berlin; this machine's if left out"),
    key("response.hours", Kind::Hours, "hours of a business day, as 09:00-17:00"),
    key("response.days", Kind::Weekdays, "days with business, as [\"mon\", \"tue\"]"),
    key("response.holidays", Kind::Dates, "days without, as [\"2026-12-25\"]"),
    key("response.p1", Kind::Span, "how soon a P1 must be acknowledged, round the clock"),
    key("response.p2", Kind::Span, "a P2, round the clock"),
    key("response.p3", Kind::Span, "a P3, counted in business hours"),
    key("response.p4", Kind::Span, "a P4, ending on a business day"),
    key("response.escalate", Kind::Text, "command run at each step of the escalation, with the event as JSON on its input"),
    key("response.channel", Kind::Text, "command that opens a channel for an incident, given as JSON on its input; it prints where"),
    key("notify.to.deploy", Kind::News(Shape::Ways), "where the end of your own deployments goes: toast, bell, osc, osc9, osc777, hook"),
    key("notify.to.other_deploy", Kind::News(Shape::Ways), "where the end of others' deployments goes"),
    key("notify.to.incident", Kind::News(Shape::Ways), "where an incident of severity P1 or P2 goes"),
    key("notify.to.minor_incident", Kind::News(Shape::Ways), "where one of less goes"),
    key("notify.to.clock", Kind::News(Shape::Ways), "where a response clock goes that turned amber, red or ran out"),
    key("notify.to.link", Kind::News(Shape::Ways), "where it goes that the platform is not heard for a minute, and is back"),
    key("notify.to.watch", Kind::News(Shape::Ways), "where a watch goes that came true, or is false again"),
    key("notify.osc", Kind::News(Shape::Osc), "the sequence of the way osc: auto (by the terminal), 9, 777 or off"),
    key("notify.hook", Kind::Text, "command of the way hook, with the news as JSON on its input"),
    key("notify.quiet", Kind::News(Shape::Quiet), "hours in which nothing sounds, as 22:00-07:00"),
    key("notify.always", Kind::News(Shape::Always), "what sounds in them all the same: p1 to p4, or a word of notify.to; a P1 if left out"),
    key("notify.watch", Kind::News(Shape::Watches), "what is watched from the start, as [\"errors/min > 30 on api\"]"),
];

/// Settings that a context may have of its own, besides those of `context` and `notify`.
const OF_CONTEXT: &[&str] = &["theme"];

/// The setting that `path` is in a table of `contexts`: `url`, `theme`, `notify.quiet`.
pub fn find_in_context(path: &str) -> Option<&'static Key> {
    if path.starts_with("notify.") || OF_CONTEXT.contains(&path) {
        return find(path);
    }
    // Its name is the table's.
    KEYS.iter().find(|it| path != "name" && it.path.strip_prefix("context.") == Some(path))
}

/// What can stand in a table of `contexts`.
pub fn in_context() -> impl Iterator<Item = (&'static str, &'static Key)> {
    KEYS.iter().filter_map(|it| {
        let path = it.path.strip_prefix("context.").unwrap_or(it.path);
        (find_in_context(path).map(|it| it.path) == Some(it.path)).then_some((path, it))
    })
}

/// Whether `name` can be the name of a context: it stands in file names and on the screen.
pub fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || name.starts_with(['.', '-']) || !name.chars().all(plain) {
        return Err(format!("`{name}` cannot be the name of a context: letters, digits, `-`, `_` and `.` can, 64 of them at most"));
    }
    Ok(())
}

/// The key called `path`.
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|it| it.path == path)
}

/// A value as it was written, before it is known to fit.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    Text(String),
    Flag(bool),
    Whole(i64),
    Real(f64),
    List(Vec<Self>),
    /// As it was written, without quotes: 2026-12-25.
    Date(String),
    /// A table, or what is out of bounds; its word.
    Other(&'static str),
}

impl Written {
    /// As the environment has it, where everything is text.
    pub fn from_env(text: &str, kind: Kind) -> Self {
        let flag = match text {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" | "" => Some(false),
            _ => None,
        };
        let read = match kind {
            Kind::Flag => flag.map(Self::Flag),
            Kind::Whole(_) | Kind::Bytes(_) => text.parse().ok().map(Self::Whole),
            Kind::Share => text.parse().ok().map(Self::Real),
            Kind::Weekdays | Kind::Dates => {
                Some(Self::List(text.split(',').filter(|it| !it.trim().is_empty()).map(|it| Self::Text(it.trim().to_owned())).collect()))
            }
            Kind::Command => Some(Self::List(text.split_whitespace().map(|it| Self::Text(it.to_owned())).collect())),
            Kind::News(shape) if shape.is_list() => Some(Self::List(shape.split(text).into_iter().map(Self::Text).collect())),
            Kind::Text | Kind::Span | Kind::Zone | Kind::Hours | Kind::News(_) | Kind::One(_) => None,
        };
        read.unwrap_or_else(|| Self::Text(text.to_owned()))
    }
}

impl Kind {
    /// The value for the program, or what is wrong with it.
    pub fn check(self, written: &Written) -> Result<ValueKind, String> {
        let no = |should: &str| Err(format!("should be {should}, is {}", shown(written)));
        match (self, written) {
            (Self::Text, Written::Text(text)) => Ok(ValueKind::String(text.clone())),
            (Self::Text, _) => no("text in quotes"),
            (Self::Flag, Written::Flag(it)) => Ok(ValueKind::Boolean(*it)),
            (Self::Flag, _) => no("true or false"),
            (Self::Bytes(least), _) => match bytes(written) {
                Some(n) if n >= least => Ok(ValueKind::I64(i64::try_from(n).unwrap_or(i64::MAX))),
                Some(_) => no(&format!("at least {least} bytes")),
                None => no("a number of bytes, as 67108864 or \"64 MiB\""),
            },
            (Self::Span, Written::Text(text)) => match humantime::parse_duration(text) {
                Ok(it) if it >= Duration::from_secs(1) => Ok(ValueKind::I64(i64::try_from(it.as_millis()).unwrap_or(i64::MAX))),
                Ok(_) => no("at least a second"),
                Err(_) => no("a length of time, as \"90s\" or \"5m\""),
            },
            (Self::Span, _) => no("a length of time in quotes, as \"90s\" or \"5m\""),
            (Self::Whole(least), Written::Whole(n)) if *n >= least => Ok(ValueKind::I64(*n)),
            (Self::Whole(least), _) => no(&format!("a whole number, at least {least}")),
            (Self::Share, Written::Real(it)) if (0.0..=1.0).contains(it) => Ok(ValueKind::Float(*it)),
            (Self::Share, Written::Whole(it @ 0..=1)) => Ok(ValueKind::Float(*it as f64)),
            (Self::Share, _) => no("a share between 0 and 1"),
            (Self::One(words), Written::Text(text)) if words.contains(&text.as_str()) => Ok(ValueKind::String(text.clone())),
            (Self::One(words), _) => no(&format!("one of {}", words.join(", "))),
            (Self::Zone, Written::Text(text)) => response::zone(text).map(|it| ValueKind::String(it.name().to_owned())),
            (Self::Zone, _) => no("the name of a time zone in quotes, as \"Europe/Berlin\""),
            (Self::Hours, Written::Text(text)) => response::Hours::read(text).map(|it| ValueKind::String(it.to_string())),
            (Self::Hours, _) => no("two times of a day in quotes, as \"09:00-17:00\""),
            (Self::Weekdays, Written::List(all)) if all.is_empty() => no("at least one day"),
            (Self::Command, Written::List(all)) if all.is_empty() => no("a program and its arguments"),
            (Self::Command, Written::Text(_)) => no("a list, as [\"pass\", \"show\", \"prod\"]: no shell reads it"),
            (Self::Command | Self::Weekdays | Self::Dates, Written::List(all)) => {
                let checked: Result<Vec<_>, _> = all.iter().map(|it| self.item(it)).collect();
                checked.map(|all| ValueKind::Array(all.into_iter().map(|it| Value::new(None, it)).collect()))
            }
            (Self::Command, _) => no("a list, as [\"pass\", \"show\", \"prod\"]"),
            (Self::Weekdays, _) => no("a list of days, as [\"mon\", \"tue\"]"),
            (Self::Dates, _) => no("a list of dates, as [\"2026-12-25\"]"),
            (Self::News(shape), Written::List(all)) if shape.is_list() => {
                let checked: Result<Vec<_>, _> = all.iter().map(|it| self.item(it)).collect();
                checked.map(|all| ValueKind::Array(all.into_iter().map(|it| Value::new(None, it)).collect()))
            }
            (Self::News(shape), Written::Text(text)) if !shape.is_list() => shape.check(text).map(|()| ValueKind::String(text.clone())),
            (Self::News(shape), _) => no(shape.should()),
        }
    }

    /// Whether it is a list of things, each of which is checked by itself.
    pub const fn is_list(self) -> bool {
        match self {
            Self::Weekdays | Self::Dates | Self::Command => true,
            Self::News(shape) => shape.is_list(),
            _ => false,
        }
    }

    /// One thing of a list for the program, or what is wrong with it.
    pub fn item(self, written: &Written) -> Result<ValueKind, String> {
        match (self, written) {
            (Self::Weekdays, Written::Text(text)) => response::weekday(text).map(|it| ValueKind::String(it.to_string())),
            (Self::Dates, Written::Text(text) | Written::Date(text)) => response::holiday(text).map(|it| ValueKind::String(it.to_string())),
            (Self::News(shape), Written::Text(text)) => shape.check(text).map(|()| ValueKind::String(text.clone())),
            (Self::Command, Written::Text(text)) => Ok(ValueKind::String(text.clone())),
            _ => Err(format!("should be text in quotes, is {}", shown(written))),
        }
    }
}

fn bytes(written: &Written) -> Option<u64> {
    let text = match written {
        Written::Whole(n) => return u64::try_from(*n).ok(),
        Written::Text(text) => text.trim(),
        _ => return None,
    };
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1024,
        "m" | "mib" => 1024 * 1024,
        "g" | "gib" => 1024 * 1024 * 1024,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn shown(written: &Written) -> String {
    match written {
        Written::Text(text) => format!("{text:?}"),
        Written::Flag(it) => it.to_string(),
        Written::Whole(n) => n.to_string(),
        Written::Real(it) => it.to_string(),
        Written::List(all) if all.is_empty() => "an empty list".to_owned(),
        Written::List(_) => "a list".to_owned(),
        Written::Date(it) => it.clone(),
        Written::Other(what) => (*what).to_owned(),
    }
}
