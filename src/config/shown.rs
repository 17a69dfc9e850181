//! The settings as they count now, in TOML, each with where it came from. There is no secret among them: the file may not hold one.

use config::{Map, Value, ValueKind};
use serde_json::Value as Json;

use super::keys::{KEYS, Kind};
use super::settings::Config;
use crate::app::notify::kind::Kind as News;
use crate::model::response::Response;

/// Days as the config writes them, in the order of the response times.
const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// One setting as it counts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    /// `context.url`
    pub key: &'static str,
    /// As in the file; empty: nothing is said, and there is no default.
    pub value: String,
    /// What holds then, in words.
    #[serde(skip)]
    pub without: &'static str,
    /// `/home/ann/.config/trackside/config.toml:3`, `TRACKSIDE__THEME`, `command line`, `default`.
    pub origin: String,
}

/// Every setting, in the order of the reference.
#[expect(clippy::implicit_hasher, reason = "the map is the config crate's own")]
pub fn shown(given: &Map<String, Value>) -> Vec<Shown> {
    let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
    let one = |key: &'static super::keys::Key| {
        if let Some(value) = given.get(key.path) {
            let origin = value.origin().unwrap_or("by its name").to_owned();
            return Shown { key: key.path, value: written(key.kind, &value.kind), without: "", origin };
        }
        let pointer = format!("/{}", key.path.replace('.', "/"));
        let value = defaults.pointer(&pointer).map(|it| default(key.kind, it)).filter(|it| !it.is_empty());
        let value = value.or_else(|| usual(key.path)).unwrap_or_default();
        Shown { key: key.path, value, without: without(key.path), origin: "default".to_owned() }
    };
    KEYS.iter().map(one).collect()
}

/// What counts where the settings themselves hold nothing: it is worked out where it is used.
fn usual(key: &str) -> Option<String> {
    let times = Response::default();
    let list = |words: Vec<&str>| format!("[{}]", words.into_iter().map(quoted).collect::<Vec<_>>().join(", "));
    if let Some(kind) = key.strip_prefix("notify.to.").and_then(News::read) {
        return Some(list(kind.usual().iter().map(|it| it.word()).collect()));
    }
    Some(match key {
        "response.hours" => quoted(&times.hours.to_string()),
        "response.days" => list(WEEK.iter().zip(times.days).filter(|(_, on)| *on).map(|(day, _)| *day).collect()),
        "response.p1" => span(times.lengths[0].0),
        "response.p2" => span(times.lengths[1].0),
        "response.p3" => span(times.lengths[2].0),
        "response.p4" => span(times.lengths[3].0),
        "notify.osc" => quoted("auto"),
        "notify.always" => list(vec!["p1"]),
        _ => return None,
    })
}

/// What holds where nothing is said and there is no value to show.
fn without(key: &str) -> &'static str {
    match key {
        "data" => "(the user's data folder)",
        "context.url" => "(this machine)",
        "context.poll" => "(by the platform's state)",
        "response.zone" => "(this machine's)",
        _ if key.starts_with("limits.") || key.starts_with("rules.") => "(the platform's own default)",
        _ => "(nothing)",
    }
}

fn default(kind: Kind, value: &Json) -> String {
    match value {
        Json::Null | Json::Object(_) => String::new(),
        Json::Bool(it) => it.to_string(),
        Json::Number(it) if kind == Kind::Span => span(it.as_i64().unwrap_or_default()),
        Json::Number(it) => it.to_string(),
        Json::String(it) => quoted(it),
        // Nothing is said, and what holds then is not an empty list.
        Json::Array(all) if all.is_empty() => default(kind, &Json::Null),
        Json::Array(all) => format!("[{}]", all.iter().map(|it| default(kind, it)).collect::<Vec<_>>().join(", ")),
    }
}

fn written(kind: Kind, value: &ValueKind) -> String {
    match value {
        ValueKind::Boolean(it) => it.to_string(),
        ValueKind::I64(it) if kind == Kind::Span => span(*it),
        ValueKind::I64(it) => it.to_string(),
        ValueKind::Float(it) => it.to_string(),
        ValueKind::String(it) => quoted(it),
        ValueKind::Array(all) => format!("[{}]", all.iter().map(|it| written(kind, &it.kind)).collect::<Vec<_>>().join(", ")),
        other => quoted(&other.to_string()),
    }
}

fn span(ms: i64) -> String {
    quoted(&humantime::format_duration(std::time::Duration::from_millis(ms.unsigned_abs())).to_string())
}

/// Text as TOML writes it: JSON's escapes are among TOML's.
pub fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}
