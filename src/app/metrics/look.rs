//! How charts are looked at: what the person chose.

use super::ask::Asks;

/// What a chart's lines are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dots {
    /// Two by four dots a cell.
    #[default]
    Braille,
    /// Two by two blocks a cell, for fonts without braille.
    Block,
    Ascii,
}

impl Dots {
    /// As the config calls them.
    pub const NAMES: &[&str] = &["braille", "block", "ascii"];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "braille" => Some(Self::Braille),
            "block" => Some(Self::Block),
            "ascii" => Some(Self::Ascii),
            _ => None,
        }
    }
}

/// From where on a value is worth a look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Shares of a limit, 0 to 1: amber, and red.
    pub limit: [f64; 2],
    /// Shares of requests that fail, 0 to 1: amber, and red.
    pub errors: [f64; 2],
}

impl Default for Thresholds {
    fn default() -> Self {
        // The error ratio's red one opens an incident on the embedded platform.
        Self { limit: [0.70, 0.90], errors: [0.01, 0.05] }
    }
}

/// What is drawn behind a chart, to compare with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behind {
    #[default]
    Nothing,
    /// The deployment before, as if it had gone live when this one did.
    Deployment,
    /// A day before.
    Day,
    /// A week before.
    Week,
}

impl Behind {
    const ALL: [(Self, &str); 4] = [(Self::Nothing, "off"), (Self::Deployment, "deployment"), (Self::Day, "day"), (Self::Week, "week")];

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()].0
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The one of that name: `off`, `deployment`, `day`, `week`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.1 == name).map(|it| it.0)
    }
}

/// How the charts are looked at, and what was asked for them.
#[derive(Debug, Default)]
pub struct Charts {
    /// Each service has a line of its own, where several are in the scope.
    pub apart: bool,
    pub behind: Behind,
    /// Stretches of history that were asked for since the link came up: never asked for twice.
    pub asked: Asks,
}
