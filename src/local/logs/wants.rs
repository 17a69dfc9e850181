//! A filter made ready: which sources, blocks and records a reader wants. Pure.

use super::format::{Record, Source};
use super::segment::Summary;
use crate::model::ids::{DeploymentId, ProjectId, ServiceId};
use crate::model::log::{Level, LogFilter, LogGap, LogKind};
use crate::model::time::Time;

/// The services of a project: the log itself knows no projects.
pub type ServicesOf<'a> = &'a dyn Fn(&ProjectId) -> Vec<ServiceId>;

/// What a reader wants.
#[derive(Clone, Debug)]
pub struct Wants {
    filter: LogFilter,
    services: Option<Vec<ServiceId>>,
    text: Option<Needle>,
    pub since: Option<Time>,
    pub until: Option<Time>,
}

impl Wants {
    pub fn new(filter: &LogFilter, services_of: ServicesOf) -> Self {
        let text = filter.text.as_deref().filter(|it| !it.is_empty()).map(Needle::new);
        let mut it = Self { filter: filter.clone(), services: None, text, since: None, until: None };
        it.aim(services_of);
        it
    }

    /// The filter it was made from.
    pub const fn filter(&self) -> &LogFilter {
        &self.filter
    }

    /// Looks up anew which services belong to the project asked for.
    pub fn aim(&mut self, services_of: ServicesOf) {
        self.services = self.filter.project.as_ref().map(services_of);
    }

    /// Whether a source's lines can be wanted at all.
    pub fn source(&self, source: &Source) -> bool {
        let filter = &self.filter;
        let same = |wanted: &Option<ServiceId>| wanted.is_none() || *wanted == source.service;
        same(&filter.service)
            && filter.kind.as_ref().is_none_or(|kind: &LogKind| *kind == source.kind)
            && filter.deployment.as_ref().is_none_or(|it: &DeploymentId| Some(it) == source.deployment.as_ref())
            && self.services.as_ref().is_none_or(|all| source.service.as_ref().is_some_and(|it| all.contains(it)))
    }

    /// Whether something in a block can be wanted. `sources`: the answer of [`Wants::source`] for each source of the segment.
    pub fn block(&self, block: &Summary, sources: &[bool]) -> bool {
        let loud = block.gaps || self.filter.level.is_none_or(|level: Level| block.loudest >= level);
        let timely = self.since.is_none_or(|since| block.to >= since) && self.until.is_none_or(|until| block.from <= until);
        loud && timely && block.sources.iter().any(|it| sources.get(*it as usize).copied().unwrap_or(false))
    }

    /// Whether a line of a wanted source is wanted.
    pub fn line(&self, line: &Record) -> bool {
        self.filter.level.is_none_or(|level| line.level >= level)
            && self.since.is_none_or(|since| line.at >= since)
            && self.until.is_none_or(|until| line.at <= until)
            && self.text.as_ref().is_none_or(|needle| needle.is_in(line.text))
    }

    /// Whether a gap of a wanted source touches the time asked for.
    pub fn gap(&self, gap: &LogGap) -> bool {
        self.since.is_none_or(|since| gap.to >= since) && self.until.is_none_or(|until| gap.from <= until)
    }
}

/// Text to find, whatever its case.
#[derive(Clone, Debug)]
struct Needle {
    lower: String,
    /// First byte in both cases: where a match can begin. `None`: not ASCII, so case is Unicode's.
    first: Option<(u8, u8)>,
}

impl Needle {
    fn new(text: &str) -> Self {
        let first = text.bytes().next().filter(|_| text.is_ascii()).map(|it| (it.to_ascii_lowercase(), it.to_ascii_uppercase()));
        Self { lower: text.to_lowercase(), first }
    }

    fn is_in(&self, text: &str) -> bool {
        let Some((lower, upper)) = self.first else { return text.to_lowercase().contains(&self.lower) };
        let (text, needle) = (text.as_bytes(), self.lower.as_bytes());
        memchr::memchr2_iter(lower, upper, text).any(|at| text.get(at..at + needle.len()).is_some_and(|it| it.eq_ignore_ascii_case(needle)))
    }
}
