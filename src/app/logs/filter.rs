//! Which lines are shown: scope, kinds, least level, and stacked texts that must or must not be there. Sifts a block at a time.

use std::collections::BTreeSet;
use std::ops::Range;

use super::block::Block;
use super::line::{Line, Origin};
use super::matcher::{Matcher, Mistake};
use crate::model::ids::{DeploymentId, ProjectId, ServiceId};
use crate::model::log::{Level, LogFilter, LogKind};

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

/// A text that must be in a line, or must not.
#[derive(Clone, Debug)]
pub struct TextFilter {
    pub matcher: Matcher,
    /// Leaves lines out that have it.
    pub out: bool,
    pub on: bool,
}

/// What narrows a scope down, taken off to be put on again.
#[derive(Debug, Default)]
pub struct Narrow {
    least: Option<Level>,
    texts: Vec<TextFilter>,
}

/// How many lines are not shown, and why. A line counts once: at the first thing that turned it away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    pub by_level: usize,
    /// By text filter, in their order.
    pub by_text: Vec<usize>,
    /// Everything has been counted.
    pub complete: bool,
}

impl Hidden {
    /// By everything together.
    pub fn total(&self) -> usize {
        self.by_level + self.by_text.iter().sum::<usize>()
    }
}

/// Which lines are shown.
#[derive(Debug, Default)]
pub struct Filter {
    scope: LogScope,
    least: Option<Level>,
    texts: Vec<TextFilter>,
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

    /// The texts, in order.
    pub fn texts(&self) -> &[TextFilter] {
        &self.texts
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

    /// Adds a text: `!` in front leaves out.
    pub fn add(&mut self, typed: &str) -> Result<(), Mistake> {
        let (out, pattern) = typed.strip_prefix('!').map_or((false, typed), |rest| (true, rest));
        let matcher = Matcher::new(pattern).map_err(|it| Mistake { at: it.at + usize::from(out), ..it })?;
        self.texts.push(TextFilter { matcher, out, on: true });
        self.changed();
        Ok(())
    }

    /// Takes text `index` out of the stack.
    pub fn remove(&mut self, index: usize) -> bool {
        if index >= self.texts.len() {
            return false;
        }
        self.texts.remove(index);
        self.changed()
    }

    /// Switches text `index` on or off.
    pub fn toggle(&mut self, index: usize) -> bool {
        let Some(it) = self.texts.get_mut(index) else { return false };
        it.on = !it.on;
        self.changed()
    }

    /// Whether anything but the scope keeps lines from being shown.
    pub fn is_narrow(&self) -> bool {
        self.least.is_some() || self.texts.iter().any(|it| it.on)
    }

    /// Takes everything off but the scope.
    pub fn take_narrow(&mut self) -> Narrow {
        self.changed();
        Narrow { least: self.least.take(), texts: std::mem::take(&mut self.texts) }
    }

    /// Puts on what was taken off.
    pub fn put_narrow(&mut self, it: Narrow) {
        self.changed();
        self.least = it.least;
        self.texts = it.texts;
    }

    fn changed(&mut self) -> bool {
        self.asked += 1;
        true
    }

    /// Learns of new origins.
    pub fn meet(&mut self, origins: &[Origin]) {
        for origin in origins.iter().skip(self.mask.len()) {
            self.mask.push(self.scope.takes(origin));
        }
    }

    /// Whether lines of the origin with this index are in scope.
    pub fn in_scope(&self, origin: u32) -> bool {
        self.mask.get(origin as usize).copied().unwrap_or(false)
    }

    /// Whether everything is shown, so that nothing need be sifted.
    pub fn is_open(&self) -> bool {
        self.scope == LogScope::default() && self.least.is_none() && !self.texts.iter().any(|it| it.on)
    }

    /// Whether `line` is shown: the same answer as sifting gives, one line at a time.
    pub fn takes(&self, line: &Line<'_>) -> bool {
        self.scope.takes(line.origin)
            && self.least.is_none_or(|least| line.level >= least)
            && self.texts.iter().filter(|it| it.on).all(|it| it.matcher.is_match(&line.text) != it.out)
    }

    /// The same wish for a platform: lets through at least what this filter does.
    pub fn wish(&self) -> LogFilter {
        let one = self.scope.services.as_ref().filter(|all| all.len() == 1).and_then(BTreeSet::first);
        let text = self.texts.iter().find(|it| it.on && !it.out && it.matcher.literal().is_some());
        LogFilter {
            project: self.scope.project.clone(),
            service: one.cloned(),
            deployment: self.scope.deployment.clone(),
            kind: (self.scope.kinds.len() == 1).then(|| self.scope.kinds.first().cloned()).flatten(),
            level: self.least,
            text: text.and_then(|it| it.matcher.literal()).map(str::to_owned),
            query: None,
        }
    }

    /// Sifts the lines of `block` that were not looked at yet.
    pub fn sift(&self, block: &mut Block) {
        let mut sieve = std::mem::take(&mut block.kept);
        sieve.begin(self.asked, 1 + self.texts.len());
        let lines = sieve.done..block.len();
        let mut kept: Vec<u16> = Vec::new();
        for (index, record) in lines.clone().zip(block.lines.records.get(lines.clone()).unwrap_or(&[])) {
            if record.is_note() {
                kept.push(index as u16);
            } else if self.in_scope(record.origin) {
                if self.least.is_some_and(|least| record.rank() < least as usize) {
                    sieve.hidden[0] += 1;
                } else {
                    kept.push(index as u16);
                }
            }
        }
        for (place, text) in self.texts.iter().enumerate().filter(|(_, it)| it.on) {
            let before = kept.len();
            text.sift(block, lines.clone(), &mut kept);
            sieve.hidden[1 + place] += (before - kept.len()) as u32;
        }
        sieve.picked.append(&mut kept);
        sieve.done = block.len();
        block.kept = sieve;
    }
}

impl TextFilter {
    /// Drops from `kept` what this filter turns away. Notes stay.
    fn sift(&self, block: &Block, lines: Range<usize>, kept: &mut Vec<u16>) {
        let note = |line: u16| block.sort(usize::from(line)).is_some_and(|it| it.is_note());
        // Few candidates are looked at one by one, many by one run over the text.
        if kept.len() * 8 < lines.len() {
            kept.retain(|line| note(*line) || self.matcher.is_match(block.lines.line_text(usize::from(*line))) != self.out);
            return;
        }
        let mut hits = Vec::new();
        self.matcher.lines_in(block, lines, &mut hits);
        let mut hits = hits.into_iter().peekable();
        kept.retain(|line| {
            while hits.next_if(|hit| hit < line).is_some() {}
            note(*line) || (hits.peek() == Some(line)) != self.out
        });
    }
}
