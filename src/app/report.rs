//! A report that lies over the panes, and one that waits for its answers. How they are made is said in `handoff_show`.

use super::effect::{Effect, Fx};
use crate::model::ids::{AskId, IncidentId};
use crate::model::log::LogLine;
use crate::model::metric::Series;

/// A report that is read, and may be taken along.
#[derive(Debug)]
pub struct Report {
    pub title: String,
    /// Markdown.
    pub text: String,
    /// The file it would be written to.
    pub path: String,
    /// First line shown.
    pub top: usize,
}

/// A review whose charts and log lines are on their way.
#[derive(Debug)]
pub struct Draft {
    pub incident: IncidentId,
    pub asked: Vec<AskId>,
    pub series: Vec<Series>,
    pub lines: Vec<LogLine>,
}

impl Report {
    /// Copies it.
    pub fn copy(&self, fx: &mut Fx) {
        fx.want(Effect::Copy { what: self.title.clone(), text: self.text.clone() });
    }

    /// Writes it to its file; one of that name is not replaced.
    pub fn write(&self, fx: &mut Fx) {
        fx.want(Effect::Write { path: self.path.clone(), text: self.text.clone() });
    }
}
