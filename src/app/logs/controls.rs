//! What the reader asks for: scope, filters, search, older lines; and the counts that say what that leaves.

use super::filter::{Hidden, LogScope};
use super::history::Edge;
use super::intake::Logs;
use super::search::Search;
use super::store::LEAST;
use crate::model::ids::DeploymentId;
use crate::model::log::{Level, LogQuery};
use crate::model::query::{Clock, Mistake};

/// Lines of one page of history.
const PAGE: usize = 500;
/// The same on the way to a time that may be far back: as many as a platform gives at once.
const FAR: usize = 5000;

impl Logs {
    /// Shows the lines of `scope` only.
    pub fn set_scope(&mut self, scope: LogScope) {
        if self.filter.set_scope(scope) {
            self.forget_rate();
            self.refiltered();
        }
    }

    /// Shows `least` and louder only; `None`: everything.
    pub fn set_level(&mut self, least: Option<Level>) {
        self.come_back();
        if self.filter.set_least(least) {
            self.refiltered();
        }
    }

    /// One level louder (or quieter) as the least that is shown.
    pub fn step_level(&mut self, louder: bool) {
        self.come_back();
        let now = self.filter.least().unwrap_or(Level::Trace) as usize;
        let next = if louder { now + 1 } else { now.saturating_sub(1) };
        self.set_level(Level::ALL.get(next).copied().or(Some(Level::Fatal)));
    }

    /// Adds a filter, in the query language; `!` in front leaves out what it finds. Times in it are taken by `clock`, once.
    pub fn add_filter(&mut self, typed: &str, clock: Clock) -> Result<(), Mistake> {
        self.come_back();
        self.filter.add(typed, clock)?;
        self.refiltered();
        Ok(())
    }

    /// Changes filter `index`.
    pub fn edit_filter(&mut self, index: usize, typed: &str, clock: Clock) -> Result<(), Mistake> {
        self.come_back();
        self.filter.edit(index, typed, clock)?;
        self.refiltered();
        Ok(())
    }

    /// Drops filter `index`.
    pub fn drop_filter(&mut self, index: usize) {
        self.come_back();
        if self.filter.remove(index) {
            self.refiltered();
        }
    }

    /// Switches filter `index` on or off.
    pub fn toggle_filter(&mut self, index: usize) {
        self.come_back();
        if self.filter.toggle(index) {
            self.refiltered();
        }
    }

    /// Switches all filters off; or on, if none is on.
    pub fn toggle_filters(&mut self) {
        self.come_back();
        let on = !self.filter.stack().iter().any(|it| it.on);
        for index in 0..self.filter.stack().len() {
            if self.filter.stack().get(index).is_some_and(|it| it.on != on) {
                self.filter.toggle(index);
            }
        }
        self.refiltered();
    }

    /// Lines of these deployments are of these commits (whole hashes).
    pub fn label_commits<'a>(&mut self, all: impl IntoIterator<Item = (&'a DeploymentId, &'a str)>) {
        let mut changed = false;
        for (deployment, hash) in all {
            changed |= self.filter.name_commit(deployment, hash);
        }
        self.filter.meet(self.store.origins.all());
        if changed {
            self.refiltered();
        }
    }

    /// Drops all filters but the scope.
    pub fn clear_filters(&mut self) {
        self.come_back();
        while self.filter.remove(0) {}
        self.filter.set_least(None);
        self.refiltered();
    }

    pub(super) fn refiltered(&mut self) {
        self.filter.meet(self.store.origins.all());
        let asked = self.question();
        if let Some(search) = &mut self.search {
            search.asked = asked;
        }
        self.failed = None;
        self.refloor();
        self.settle();
    }

    /// Looks for `typed`: literal with smart case, or a regex between slashes. Hits are counted by `work`; the reader does not move.
    pub fn set_search(&mut self, typed: &str) -> Result<(), Mistake> {
        let asked = self.question();
        self.search = Some(Search::new(typed, asked)?);
        self.seeking = None;
        self.settle();
        Ok(())
    }

    /// No search any more.
    pub fn clear_search(&mut self) {
        self.search = None;
        self.seeking = None;
    }

    /// What is searched for, as it was typed.
    pub fn searched(&self) -> Option<&str> {
        self.search.as_ref().map(|it| it.typed.as_str())
    }

    /// How many lines each filter hides, so far.
    pub fn hidden(&self) -> Hidden {
        let mut it = Hidden { by_level: 0, by_filter: vec![0; self.filter.stack().len()], complete: true };
        if self.filter.is_open() {
            return it;
        }
        for block in &self.store.blocks {
            it.complete &= block.kept.asked == self.filter.asked && block.kept.done == block.len();
            if block.kept.asked != self.filter.asked {
                continue;
            }
            let mut counts = block.kept.hidden.iter().map(|n| *n as usize);
            it.by_level += counts.next().unwrap_or(0);
            for (sum, n) in it.by_filter.iter_mut().zip(counts) {
                *sum += n;
            }
        }
        it
    }

    /// Lines shown, of those sifted so far.
    pub fn count(&self) -> usize {
        self.count_shown(self.floor(), self.ceiling())
    }

    /// What stands above the first line shown.
    pub fn edge(&self) -> Edge {
        if self.asked.is_some() {
            return Edge::Asking;
        }
        if let Some(why) = &self.failed {
            return Edge::Failed(why.clone());
        }
        match self.coverage.of(&self.wish()) {
            Some(it) if it.beginning => Edge::Beginning,
            _ if !self.has_room() => Edge::Full,
            _ => Edge::Older,
        }
    }

    /// Room for a page that will not be evicted by the next few lines.
    fn has_room(&self) -> bool {
        self.store.bytes() + 2 * self.store.block_size() + LEAST / 8 < self.store.budget()
    }

    /// The page of history to ask for now, if the reader has come to the top of what is held, or it takes more to say what is new. Asked once: the answer goes to `page`, a failure to `page_failed`.
    pub fn wants_history(&mut self) -> Option<LogQuery> {
        if self.edge() != Edge::Older || !(self.is_near_top() || self.looks_back()) {
            return None;
        }
        let query = self.older();
        self.asked = Some(query.clone());
        Some(query)
    }

    /// The page of history that was asked for cannot be had.
    pub fn page_failed(&mut self, why: String) {
        self.asked = None;
        self.failed = Some(why);
    }

    /// Asks again after a failure.
    pub fn retry_history(&mut self) {
        self.failed = None;
    }

    /// The query for the lines before those held that fit what is shown.
    fn older(&self) -> LogQuery {
        let filter = self.wish();
        let before = self.coverage.of(&filter).map(|it| it.low);
        let limit = Some(if self.view.awaited.is_some() { FAR } else { PAGE });
        LogQuery { filter, before, limit, ..LogQuery::default() }
    }

    /// Whether the reader is within a screen of the first line shown.
    fn is_near_top(&self) -> bool {
        let Some(top) = self.top_spot() else { return true };
        self.count_shown(self.floor(), top.seq) < self.view.height.max(1)
    }

    /// Switches wrapping; the sideways offset is kept.
    pub fn toggle_wrap(&mut self) {
        self.view.wrap = !self.view.wrap;
    }

    /// The next way of saying when.
    pub fn next_stamps(&mut self) {
        self.view.stamps = self.view.stamps.next();
    }

    /// Structured lines as one readable line, or as they came.
    pub fn toggle_parsed(&mut self) {
        self.view.parsed = !self.view.parsed;
    }
}
