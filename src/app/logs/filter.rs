//! Which lines are shown: scope, kinds, least level, and a stack of queries. Sifts a block at a time.

use std::collections::BTreeSet;

use super::block::Block;
use super::line::{Line, Origin};
use super::pick::Pick;
use super::stack::Stacked;
use super::whose::{Known, Names};
use crate::model::ids::{DeploymentId, ProjectId, ServiceId};
use crate::model::log::{Level, LogFilter, LogKind};
use crate::model::query::{Clock, Mistake, Query, Record};

/// Longest query sent to a platform, in bytes: it travels in an address, where each may take three.
const MOST: usize = 2048;

/// Whose lines are wanted. Empty: everyone's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogScope {
    /// The project the services are of, for asking the platform.
    pub project: Option<ProjectId>,
    /// These services; `None`: all, and the platform's own lines.
    pub services: Option<BTreeSet<ServiceId>>,
    pub deployment: Option<DeploymentId>,
    /// These kinds; empty: all.
    pub kinds: Vec<LogKind>,
}

impl LogScope {
    /// One service.
    pub fn service(id: ServiceId) -> Self {
        Self { services: Some(BTreeSet::from([id])), ..Self::default() }
    }

    /// A project: the services it has now.
    pub fn project(id: ProjectId, services: impl IntoIterator<Item = ServiceId>) -> Self {
        Self { project: Some(id), services: Some(services.into_iter().collect()), ..Self::default() }
    }

    /// One deployment.
    pub fn deployment(id: DeploymentId) -> Self {
        Self { deployment: Some(id), ..Self::default() }
    }

    /// Whether lines of `origin` are wanted.
    pub fn takes(&self, origin: &Origin) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&origin.kind))
            && self.services.as_ref().is_none_or(|all| origin.service.as_ref().is_some_and(|it| all.contains(it)))
            && self.deployment.as_ref().is_none_or(|it| origin.deployment.as_ref() == Some(it))
    }
}

/// What narrows a scope down, taken off to be put on again.
#[derive(Debug, Default)]
pub struct Narrow {
    least: Option<Level>,
    stack: Vec<Stacked>,
}

/// How many lines are not shown, and why. A line counts once: at the first thing that turned it away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    pub by_level: usize,
    /// By filter of the stack, in their order; nothing by one that is off.
    pub by_filter: Vec<usize>,
    /// Everything has been counted.
    pub complete: bool,
}

impl Hidden {
    /// By everything together.
    pub fn total(&self) -> usize {
        self.by_level + self.by_filter.iter().sum::<usize>()
    }
}

/// Which lines are shown.
#[derive(Debug, Default)]
pub struct Filter {
    scope: LogScope,
    least: Option<Level>,
    stack: Vec<Stacked>,
    names: Names,
    /// The stack as one query, for a platform.
    remote: Option<String>,
    /// By index of the origin: what it is called.
    known: Vec<Known>,
    /// One more with each change: what was sifted for another number is no answer.
    pub asked: u64,
    /// By index of the origin: whether its lines are in scope.
    mask: Vec<bool>,
}

impl Filter {
    /// Whose lines.
    pub const fn scope(&self) -> &LogScope {
        &self.scope
    }

    /// This level and louder.
    pub const fn least(&self) -> Option<Level> {
        self.least
    }

    /// The stack, in the order of its making.
    pub fn stack(&self) -> &[Stacked] {
        &self.stack
    }

    /// Changes the scope; whether that is a change.
    pub fn set_scope(&mut self, scope: LogScope) -> bool {
        if self.scope == scope {
            return false;
        }
        self.scope = scope;
        self.mask.clear();
        self.changed()
    }

    /// Changes the least level; whether that is a change.
    pub fn set_least(&mut self, least: Option<Level>) -> bool {
        // Everything is a trace or louder.
        let least = least.filter(|it| *it != Level::Trace);
        if self.least == least {
            return false;
        }
        self.least = least;
        self.changed()
    }

    /// Adds a query to the stack: `!` in front leaves out what it finds.
    pub fn add(&mut self, typed: &str, clock: Clock) -> Result<(), Mistake> {
        self.stack.push(Stacked::read(typed, clock)?);
        self.changed();
        Ok(())
    }

    /// Puts another query in the place of filter `index`, switched on.
    pub fn edit(&mut self, index: usize, typed: &str, clock: Clock) -> Result<(), Mistake> {
        let new = Stacked::read(typed, clock)?;
        if let Some(it) = self.stack.get_mut(index) {
            *it = new;
            self.changed();
        }
        Ok(())
    }

    /// Takes filter `index` out of the stack.
    pub fn remove(&mut self, index: usize) -> bool {
        if index >= self.stack.len() {
            return false;
        }
        self.stack.remove(index);
        self.changed()
    }

    /// Switches filter `index` on or off.
    pub fn toggle(&mut self, index: usize) -> bool {
        let Some(it) = self.stack.get_mut(index) else { return false };
        it.on = !it.on;
        self.changed()
    }

    /// Whether anything but the scope keeps lines from being shown.
    pub fn is_narrow(&self) -> bool {
        self.least.is_some() || self.stack.iter().any(|it| it.on)
    }

    /// Takes everything off but the scope.
    pub fn take_narrow(&mut self) -> Narrow {
        let narrow = Narrow { least: self.least.take(), stack: std::mem::take(&mut self.stack) };
        self.changed();
        narrow
    }

    /// Puts on what was taken off.
    pub fn put_narrow(&mut self, it: Narrow) {
        self.least = it.least;
        self.stack = it.stack;
        self.changed();
    }

    /// The service is called so; whether that changes what is shown.
    pub fn name_service(&mut self, id: &ServiceId, name: &str) -> bool {
        self.names.service(id, name) && self.renamed()
    }

    /// The deployment is of this commit; whether that changes what is shown.
    pub fn name_commit(&mut self, id: &DeploymentId, hash: &str) -> bool {
        self.names.commit(id, hash) && self.renamed()
    }

    fn renamed(&mut self) -> bool {
        self.known.clear();
        self.stack.iter().any(|it| it.on && it.asks_for_names()) && self.changed()
    }

    fn changed(&mut self) -> bool {
        self.asked += 1;
        self.remote = self.for_platform();
        true
    }

    /// What a platform is asked to find: all of the stack, as far as that fits a question.
    fn for_platform(&self) -> Option<String> {
        let mut all = Query::All;
        for it in self.stack.iter().filter(|it| it.on) {
            let more = Query::and([all.clone(), it.wanted()]);
            if more.is_askable() && more.to_string().len() <= MOST {
                all = more;
            }
        }
        (all != Query::All).then(|| all.to_string())
    }

    /// Learns of new origins.
    pub fn meet(&mut self, origins: &[Origin]) {
        for origin in origins.iter().skip(self.mask.len()) {
            self.mask.push(self.scope.takes(origin));
        }
        for origin in origins.iter().skip(self.known.len()) {
            self.known.push(self.names.of(origin));
        }
    }

    /// Whether lines of the origin with this index are in scope.
    pub fn in_scope(&self, origin: u32) -> bool {
        self.mask.get(origin as usize).copied().unwrap_or(false)
    }

    /// Whether everything is shown, so that nothing need be sifted.
    pub fn is_open(&self) -> bool {
        self.scope == LogScope::default() && self.least.is_none() && !self.stack.iter().any(|it| it.on)
    }

    /// Whether `line` is shown: the same answer as sifting gives, one line at a time.
    pub fn takes(&self, line: &Line<'_>) -> bool {
        let known = self.names.of(line.origin);
        let record = Record { whose: known.whose(), level: line.level, at: line.at, text: &line.text };
        self.scope.takes(line.origin)
            && self.least.is_none_or(|least| line.level >= least)
            && self.stack.iter().filter(|it| it.on).all(|it| it.query().fits(&record) != it.out)
    }

    /// The same wish for a platform: lets through at least what this filter does.
    pub fn wish(&self) -> LogFilter {
        let one = self.scope.services.as_ref().filter(|all| all.len() == 1).and_then(BTreeSet::first);
        LogFilter {
            project: self.scope.project.clone(),
            service: one.cloned(),
            deployment: self.scope.deployment.clone(),
            kind: (self.scope.kinds.len() == 1).then(|| self.scope.kinds.first().cloned()).flatten(),
            level: self.least,
            text: None,
            query: self.remote.clone(),
        }
    }

    /// Whether the lines of `block` must be at hand to be sifted: whose they are, when and how loud is known of packed ones too, and of
    /// some texts that they are in none of them.
    pub fn asks_for_lines(&self, block: &Block) -> bool {
        let least = self.least.unwrap_or(Level::Trace) as usize;
        let loud = |row: &[u32; 6]| row.iter().skip(least).any(|n| *n > 0);
        if !block.origins.iter().zip(&block.counts).any(|(origin, row)| self.in_scope(*origin) && loud(row)) {
            return false;
        }
        // In their order, as they sift: what one of them turns away entirely no later one is asked about.
        let first = self.stack.iter().filter(|it| it.on).map(|it| it.keeps(block, &self.known)).find(|it| *it != Some(true));
        first == Some(None)
    }

    /// Sifts the lines of `block` that were not looked at yet.
    pub fn sift(&self, block: &mut Block) {
        let mut sieve = std::mem::take(&mut block.kept);
        sieve.begin(self.asked, 1 + self.stack.len());
        let lines = sieve.done..block.len();
        let (mut kept, mut notes): (Vec<u16>, Vec<u16>) = (Vec::new(), Vec::new());
        for index in lines.clone() {
            let Some(sort) = block.sort(index) else { break };
            if sort.is_note() {
                notes.push(index as u16);
            } else if self.in_scope(sort.origin) {
                if self.least.is_some_and(|least| sort.rank() < least as usize) {
                    sieve.hidden[0] += 1;
                } else {
                    kept.push(index as u16);
                }
            }
        }
        let pick = Pick { block: &block.lines, origins: &block.origins, lines, known: &self.known };
        for (place, it) in self.stack.iter().enumerate().filter(|(_, it)| it.on) {
            if kept.is_empty() {
                break;
            }
            let before = kept.len();
            kept = match it.keeps(block, &self.known) {
                Some(true) => kept,
                Some(false) => Vec::new(),
                None if it.out => pick.run_out(it.query(), kept),
                None => pick.run(it.query(), kept),
            };
            sieve.hidden[1 + place] += (before - kept.len()) as u32;
        }
        if !notes.is_empty() {
            kept.append(&mut notes);
            kept.sort_unstable();
        }
        sieve.picked.append(&mut kept);
        sieve.done = block.len();
        block.kept = sieve;
    }
}
