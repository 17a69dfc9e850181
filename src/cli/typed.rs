//! From a typed word to a value, or what should have been typed.

use std::time::Duration;

use crate::model::deploy::{DeployStatus, LIVE, REPLACED};
use crate::model::incident::{Severity, Step};
use crate::model::log::Level;
use crate::model::metric::Metric;
use crate::model::project::Role;
use crate::model::service::ServiceKind;
use crate::runtime::player::SPEEDS;

pub fn span(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "should be a length of time, as `90s` or `10m`".to_owned())
}

pub fn level(text: &str) -> Result<Level, String> {
    let words = Level::ALL;
    words
        .into_iter()
        .find(|it| it.word() == text.to_ascii_lowercase())
        .ok_or_else(|| format!("should be one of {}", words.map(Level::word).join(", ")))
}

pub fn severity(text: &str) -> Result<Severity, String> {
    word(text, Severity::KNOWN, Severity::read, Severity::word)
}

pub fn step(text: &str) -> Result<Step, String> {
    word(text, Step::KNOWN, Step::read, Step::word)
}

/// One of the words a protocol knows.
fn word<T: PartialEq>(text: &str, known: &[T], read: fn(&str) -> T, word: fn(&T) -> &str) -> Result<T, String> {
    let it = read(text);
    if known.contains(&it) {
        return Ok(it);
    }
    Err(format!("should be one of {}", known.iter().map(word).collect::<Vec<_>>().join(", ")))
}

pub fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("should be NAME=VALUE".to_owned()),
    }
}

pub fn kind(text: &str) -> Result<ServiceKind, String> {
    word(text, ServiceKind::KNOWN, ServiceKind::read, ServiceKind::word)
}

/// `256M`: a number of bytes, or of KiB, MiB, GiB.
pub fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "should be a number of bytes, as `268435456` or `256M`".to_owned();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        _ => return Err(wrong()),
    };
    digits.parse::<u64>().ok().and_then(|it| it.checked_mul(1 << shift)).ok_or_else(wrong)
}

pub fn role(text: &str) -> Result<Role, String> {
    word(text, Role::KNOWN, Role::read, Role::word)
}

/// A status, or what people call one.
pub fn deploy_status(text: &str) -> Result<String, String> {
    let known: Vec<&str> = [LIVE, REPLACED].into_iter().chain(DeployStatus::KNOWN.iter().map(DeployStatus::word)).collect();
    let found = known.iter().find(|it| it.eq_ignore_ascii_case(text));
    found.map(|it| (*it).to_owned()).ok_or_else(|| format!("should be one of {}", known.join(", ")))
}

pub fn metric(text: &str) -> Result<Metric, String> {
    word(text, Metric::KNOWN, Metric::read, Metric::word)
}

pub fn speed(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|it| SPEEDS.contains(it));
    found.ok_or_else(|| format!("should be a number from {} to {}", SPEEDS.start(), SPEEDS.end()))
}
