//! The settings as the program uses them, with their defaults.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::bindings::Keys;
use super::notify::Notify;
use crate::app::metrics;
use crate::model::response::{self, Response};
use crate::model::time::Millis;

/// The context that is always there: the embedded platform of this machine.
pub const LOCAL: &str = "local";

/// All settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub theme: String,
    /// `auto`, `truecolor`, `256`, `16` or `none`.
    pub colors: String,
    pub utc: bool,
    pub ascii: bool,
    /// `full` or `reduced`.
    pub motion: String,
    /// `auto`, `on` or `off`.
    pub lo_fi: String,
    pub mouse: bool,
    /// A start goes on with the last view of its context.
    pub restore: bool,
    /// Secrets in log lines are covered where they are shown and copied.
    pub mask: bool,
    pub log_bytes: usize,
    /// Data folder of the embedded platform; the XDG data folder if left out.
    pub data: Option<PathBuf>,
    pub context: Context,
    /// What the lines of charts are made of: `braille`, `block` or `ascii`.
    pub charts: String,
    pub thresholds: Thresholds,
    pub limits: Limits,
    pub rules: Rules,
    pub response: ResponseTimes,
    pub notify: Notify,
    pub keys: Keys,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: "auto".to_owned(),
            colors: "auto".to_owned(),
            utc: false,
            ascii: false,
            motion: "full".to_owned(),
            lo_fi: "auto".to_owned(),
            // Off: it takes the terminal's own selection away.
            mouse: false,
            restore: true,
            mask: true,
            // About a million usual lines.
            log_bytes: 128 * 1024 * 1024,
            data: None,
            context: Context::default(),
            charts: "braille".to_owned(),
            thresholds: Thresholds::default(),
            limits: Limits::default(),
            rules: Rules::default(),
            response: ResponseTimes::default(),
            notify: Notify::default(),
            keys: Keys::default(),
        }
    }
}

/// The platform the dashboard looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    pub name: String,
    /// The embedded platform of this machine if left out.
    pub url: Option<String>,
    /// What speaks there: an adapter's word.
    pub platform: String,
    /// The environment variable with the token of this context.
    pub token_env: Option<String>,
    /// Prints the token: a program and its arguments.
    pub token_command: Vec<String>,
    /// The token is in the desktop's keyring, under this context's name.
    pub keyring: bool,
    pub token_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    pub production: bool,
    pub read_only: bool,
    /// Project, or `project/service`, that is shown first.
    pub scope: Option<String>,
    /// How often the platform is asked while its stream is down.
    pub poll: Option<Millis>,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            name: LOCAL.to_owned(),
            url: None,
            platform: "trackside".to_owned(),
            token_env: None,
            token_command: Vec::new(),
            keyring: false,
            token_file: None,
            ca_file: None,
            production: false,
            read_only: false,
            scope: None,
            poll: None,
        }
    }
}

/// From where on the dashboard finds a value worth a look; shares, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Of a limit.
    pub warn: f64,
    pub bad: f64,
    /// Of all requests, those that failed.
    pub errors_warn: f64,
    pub errors_bad: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        let usual = metrics::Thresholds::default();
        let ([warn, bad], [errors_warn, errors_bad]) = (usual.limit, usual.errors);
        Self { warn, bad, errors_warn, errors_bad }
    }
}

impl Thresholds {
    /// Puts the usual ones where amber would begin after red, and says so.
    pub fn mend(&mut self) -> Option<String> {
        let (mut wrong, usual) = (Vec::new(), Self::default());
        if self.warn > self.bad {
            wrong.push(format!("`thresholds.warn` ({}) is above `thresholds.bad` ({})", self.warn, self.bad));
            (self.warn, self.bad) = (usual.warn, usual.bad);
        }
        if self.errors_warn > self.errors_bad {
            wrong.push(format!("`thresholds.errors_warn` ({}) is above `thresholds.errors_bad` ({})", self.errors_warn, self.errors_bad));
            (self.errors_warn, self.errors_bad) = (usual.errors_warn, usual.errors_bad);
        }
        (!wrong.is_empty()).then(|| format!("{}; the usual ones are used", wrong.join(", ")))
    }
}

/// What the embedded platform allows builds and replicas; what is left out is the platform's own default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub builds: Option<usize>,
    pub build_timeout: Option<Millis>,
    pub health_timeout: Option<Millis>,
    pub answer_timeout: Option<Millis>,
    pub drain: Option<Millis>,
    pub disk: Option<u64>,
    pub build_memory: Option<u64>,
}

/// When the embedded platform opens an incident; what is left out is the platform's own default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    pub error_ratio: Option<f64>,
    pub error_for: Option<Millis>,
    pub error_requests: Option<u64>,
    pub crash_exits: Option<u32>,
    pub crash_window: Option<Millis>,
    pub calm: Option<Millis>,
}

/// How soon somebody must answer, when that is counted, and what is run then; what is left out is as usual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResponseTimes {
    pub zone: Option<String>,
    pub hours: Option<String>,
    pub days: Vec<String>,
    pub holidays: Vec<String>,
    pub p1: Option<Millis>,
    pub p2: Option<Millis>,
    pub p3: Option<Millis>,
    pub p4: Option<Millis>,
    pub escalate: Option<String>,
    pub channel: Option<String>,
}

impl ResponseTimes {
    /// The rules of the response clock. `here`: the zone of this machine, for hours that name none.
    pub fn rules(&self, here: Option<&str>) -> Response {
        // All of it was checked key by key when it was read; what is not well-formed all the same is as if it was not said.
        let mut it = Response::default();
        let zone = self.zone.as_deref().or(here).and_then(|name| response::zone(name).ok());
        it.zone = zone.unwrap_or(it.zone);
        it.hours = self.hours.as_deref().and_then(|text| response::Hours::read(text).ok()).unwrap_or(it.hours);
        it.holidays = self.holidays.iter().filter_map(|text| response::holiday(text).ok()).collect();
        for (own, length) in [self.p1, self.p2, self.p3, self.p4].into_iter().zip(&mut it.lengths) {
            *length = own.unwrap_or(*length);
        }
        it.on(&self.days.iter().filter_map(|word| response::weekday(word).ok()).collect::<Vec<_>>())
    }
}
