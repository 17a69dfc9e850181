//! A report that lies over the panes, and one that waits for its answers. How they are made is said in `handoff_show`.

use std::borrow::Cow;

use super::effect::{Effect, Fx};
use super::handoff_found::{Found, What};
use super::handoff_markdown::unescaped;
use super::wrap::wrap;
use crate::model::ids::{AskId, IncidentId};
use crate::model::time::Time;

/// A report that is read, and may be taken along.
#[derive(Debug, Default)]
pub struct Report {
    pub title: String,
    /// Markdown.
    pub text: String,
    /// The file it would be written to.
    pub path: String,
    /// First row shown, of those it takes at the width it has.
    pub top: usize,
    /// It is the review of this incident, and may be edited.
    pub review_of: Option<IncidentId>,
    /// The key that drafts it anew was pressed, and what somebody wrote would be lost: once more does it.
    pub sure: bool,
}

/// A review whose charts and log lines are on their way.
#[derive(Debug)]
pub struct Draft {
    pub incident: IncidentId,
    /// The questions that are not answered, and what each is about.
    pub asked: Vec<(AskId, What)>,
    pub found: Found,
}

/// A review that was drafted in this session.
#[derive(Debug, Default)]
pub struct Kept {
    /// Markdown.
    pub text: String,
    pub made: Time,
    /// Somebody has written in it.
    pub edited: bool,
    /// It was drafted while something else had the keys, and was not shown yet.
    pub waits: bool,
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

    /// Its rows where `room` columns are, as one reads them: the signs that keep a text from being Markdown are for what renders it.
    pub fn rows(&self, room: u16) -> Vec<String> {
        let mut fence: Option<&str> = None;
        let mut rows = Vec::new();
        for line in self.text.lines() {
            let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
            let text = match fence {
                Some(open) if line.trim_end() == open => {
                    fence = None;
                    Cow::Borrowed(line)
                }
                None if ticks.len() >= 3 => {
                    fence = Some(ticks);
                    Cow::Borrowed(line)
                }
                Some(_) => Cow::Borrowed(line),
                None => unescaped(line),
            };
            let wrapped = wrap(&text, room);
            if wrapped.is_empty() {
                rows.push(String::new());
            }
            rows.extend(wrapped.into_iter().map(str::to_owned));
        }
        rows
    }
}
