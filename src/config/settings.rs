//! The settings as the program uses them, with their defaults.

use std::path::PathBuf;

use serde::Deserialize;

use crate::model::time::Millis;

/// All settings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub theme: String,
    pub utc: bool,
    pub ascii: bool,
    pub mouse: bool,
    pub log_bytes: usize,
    /// Data folder of the embedded platform; the XDG data folder if left out.
    pub data: Option<PathBuf>,
    pub context: Context,
    pub limits: Limits,
    pub rules: Rules,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: "night".to_owned(),
            utc: false,
            ascii: false,
            // Off: it takes the terminal's own selection away.
            mouse: false,
            // About a million usual lines.
            log_bytes: 128 * 1024 * 1024,
            data: None,
            context: Context::default(),
            limits: Limits::default(),
            rules: Rules::default(),
        }
    }
}

/// The platform the dashboard looks at.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    pub name: String,
    /// The embedded platform of this machine if left out.
    pub url: Option<String>,
    pub token_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    pub production: bool,
    pub read_only: bool,
}

impl Default for Context {
    fn default() -> Self {
        Self { name: "local".to_owned(), url: None, token_file: None, ca_file: None, production: false, read_only: false }
    }
}

/// What the embedded platform allows builds and replicas; what is left out is the platform's own default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    pub error_ratio: Option<f64>,
    pub error_for: Option<Millis>,
    pub error_requests: Option<u64>,
    pub crash_exits: Option<u32>,
    pub crash_window: Option<Millis>,
    pub calm: Option<Millis>,
}
