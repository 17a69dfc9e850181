//! One thing that `trackside doctor` looked at: what it found, and what to do about it.

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    /// It works, but not as well as it could.
    Warn,
    /// Something does not work.
    Fail,
}

impl Verdict {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `terminal`, `config`, `credentials`, `source`, `platform`.
    pub area: &'static str,
    pub name: &'static str,
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
    /// What to do about it, where something should be done.
    pub hint: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(area: &'static str, name: &'static str, text: impl Into<String>) -> Self {
        Self { area, name, verdict: Verdict::Ok, text: text.into(), hint: None }
    }

    /// It works, but `hint` would make it better.
    pub fn warn(area: &'static str, name: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { area, name, verdict: Verdict::Warn, text: text.into(), hint: Some(hint.into()) }
    }

    /// It does not work until `hint` is done.
    pub fn fail(area: &'static str, name: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { area, name, verdict: Verdict::Fail, text: text.into(), hint: Some(hint.into()) }
    }
}
