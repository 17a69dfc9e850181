//! A filter made ready: which sources, blocks and records a reader wants. Pure.

use std::collections::HashMap;

use super::format::{Record, Source};
use super::segment::Summary;
use crate::model::ids::{DeploymentId, ProjectId, ServiceId};
use crate::model::log::{Level, LogFilter, LogGap, LogKind};
use crate::model::query::{self, Clock, Mistake, Query, Test, Whose};
use crate::model::text::{pieces, plain_line};
use crate::model::time::Time;

/// What things are called: the log itself knows only their ids.
pub trait Names {
    /// The services of a project.
    fn services(&self, project: &ProjectId) -> Vec<ServiceId>;

    /// What services are called.
    fn names(&self) -> HashMap<ServiceId, String> {
        HashMap::new()
    }

    /// Which commits deployments are of, whole.
    fn commits(&self) -> HashMap<DeploymentId, String> {
        HashMap::new()
    }
}

/// Whoever knows no names knows the projects at least.
impl<F: Fn(&ProjectId) -> Vec<ServiceId>> Names for F {
    fn services(&self, project: &ProjectId) -> Vec<ServiceId> {
        self(project)
    }
}

/// What a reader wants.
#[derive(Clone, Debug)]
pub struct Wants {
    filter: LogFilter,
    services: Option<Vec<ServiceId>>,
    text: Option<Needle>,
    query: Query,
    /// What is called how; looked up only where the query asks.
    names: HashMap<ServiceId, String>,
    commits: HashMap<DeploymentId, String>,
    pub since: Option<Time>,
    pub until: Option<Time>,
}

impl Wants {
    /// What fits `filter`, whose query names no time by the wall clock.
    pub fn new(filter: &LogFilter, names: &dyn Names) -> Result<Self, Mistake> {
        let text = filter.text.as_deref().filter(|it| !it.is_empty()).map(Needle::new);
        let query = filter.query.as_deref().map_or(Ok(Query::All), |it| Query::parse(it, Clock::default()))?.cheap_first();
        let mut it = Self { filter: filter.clone(), text, query, ..Self::everything() };
        it.aim(names);
        Ok(it)
    }

    /// Everything.
    pub fn everything() -> Self {
        Self {
            filter: LogFilter::default(),
            services: None,
            text: None,
            query: Query::All,
            names: HashMap::new(),
            commits: HashMap::new(),
            since: None,
            until: None,
        }
    }

    /// The filter it was made from.
    pub const fn filter(&self) -> &LogFilter {
        &self.filter
    }

    /// Looks up anew which services belong to the project asked for, and what is called as the query says.
    pub fn aim(&mut self, names: &dyn Names) {
        self.services = self.filter.project.as_ref().map(|it| names.services(it));
        let tests = self.query.tests();
        let (mut services, mut commits) = (false, false);
        for test in tests {
            services |= matches!(test, Test::Service(_));
            commits |= matches!(test, Test::Deploy(_));
        }
        if services {
            self.names = names.names();
        }
        if commits {
            self.commits = names.commits();
        }
    }

    /// Whether a source's lines can be wanted at all.
    pub fn source(&self, source: &Source) -> bool {
        let filter = &self.filter;
        let same = |wanted: &Option<ServiceId>| wanted.is_none() || *wanted == source.service;
        same(&filter.service)
            && filter.kind.as_ref().is_none_or(|kind: &LogKind| *kind == source.kind)
            && filter.deployment.as_ref().is_none_or(|it: &DeploymentId| Some(it) == source.deployment.as_ref())
            && self.services.as_ref().is_none_or(|all| source.service.as_ref().is_some_and(|it| all.contains(it)))
            && self.query.of(&self.whose(source)) != Some(false)
    }

    /// A source as the query sees it.
    fn whose<'a>(&'a self, source: &'a Source) -> Whose<'a> {
        Whose {
            kind: &source.kind,
            service: source.service.as_ref().map_or("", ServiceId::as_str),
            name: source.service.as_ref().and_then(|it| self.names.get(it)).map_or("", String::as_str),
            deployment: source.deployment.as_ref().map_or("", DeploymentId::as_str),
            commit: source.deployment.as_ref().and_then(|it| self.commits.get(it)).map_or("", String::as_str),
            replica: source.replica,
        }
    }

    /// Whether something in a block can be wanted. `sources`: the answer of [`Wants::source`] for each source of the segment.
    pub fn block(&self, block: &Summary, sources: &[bool]) -> bool {
        let loud = block.gaps || self.filter.level.is_none_or(|level: Level| block.loudest >= level);
        let timely = self.since.is_none_or(|since| block.to >= since) && self.until.is_none_or(|until| block.from <= until);
        let levels = &Level::ALL[..=block.loudest as usize];
        let asked = || block.gaps || self.query.known(&mut |test| test.among(levels, block.from, block.to)) != Some(false);
        loud && timely && block.sources.iter().any(|it| sources.get(*it as usize).copied().unwrap_or(false)) && asked()
    }

    /// Whether a line of a wanted source is wanted.
    pub fn line(&self, line: &Record, source: &Source) -> bool {
        self.filter.level.is_none_or(|level| line.level >= level)
            && self.since.is_none_or(|since| line.at >= since)
            && self.until.is_none_or(|until| line.at <= until)
            && self.text.as_ref().is_none_or(|needle| needle.is_in(line.text))
            && self.asked(line, source)
    }

    /// Whether the query is about a line: about one of its pieces, for a reader shows a long line in pieces, each without colour codes.
    fn asked(&self, line: &Record, source: &Source) -> bool {
        if self.query == Query::All {
            return true;
        }
        let bare = query::Record { whose: self.whose(source), level: line.level, at: line.at, text: "" };
        let cheap = self.query.known(&mut |test| (!test.reads_text()).then(|| test.fits(&bare)));
        cheap.unwrap_or_else(|| pieces(line.text).any(|it| self.query.fits(&query::Record { text: &plain_line(it), ..bare })))
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
