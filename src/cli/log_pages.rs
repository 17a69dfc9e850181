//! Kept lines, page by page: the newest so many, or all since a time. No more of them in memory than must be.

use super::exit::Failure;
use super::reach::Reach;
use crate::model::log::{GapReason, LogFilter, LogGap, LogLine, LogPage, LogQuery};
use crate::model::time::Time;
use crate::wire::rest::MAX_LINES;

/// A line, or the place of lines that are lost.
#[derive(Debug)]
pub enum Entry {
    Line(LogLine),
    Gap(LogGap),
}

impl Entry {
    fn off(&self) -> u64 {
        match self {
            Self::Line(it) => it.off,
            Self::Gap(it) => *it.offs.start(),
        }
    }
}

/// What is asked for of the past.
pub struct Past<'a> {
    pub reach: &'a Reach,
    pub filter: LogFilter,
    pub since: Option<Time>,
    pub until: Option<Time>,
}

impl Past<'_> {
    /// Gives the newest `wanted` lines to `put`, oldest first; `None`: all there are.
    pub async fn each(&self, wanted: Option<usize>, put: &mut dyn FnMut(Entry) -> std::io::Result<()>) -> Result<(), Failure> {
        match wanted {
            Some(wanted) => self.newest_first(wanted, put).await,
            None => self.oldest_first(put).await,
        }
    }

    /// Offset of the newest line.
    pub async fn newest(&self) -> Result<Option<u64>, Failure> {
        Ok(self.page(LogQuery { limit: Some(1), ..LogQuery::default() }).await?.lines.last().map(|it| it.off))
    }

    async fn oldest_first(&self, put: &mut dyn FnMut(Entry) -> std::io::Result<()>) -> Result<(), Failure> {
        let mut after = 0;
        loop {
            let mut page = self.page(LogQuery { after: Some(after), ..LogQuery::default() }).await?;
            // That the platform does not keep lines for ever is no loss on the way.
            page.gaps.retain(|it| after > 0 || it.reason != GapReason::Evicted);
            let (last, end) = (page.lines.last().map(|it| it.off), page.end);
            entries(page).into_iter().try_for_each(&mut *put)?;
            match last.filter(|_| !end) {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }

    async fn newest_first(&self, wanted: usize, put: &mut dyn FnMut(Entry) -> std::io::Result<()>) -> Result<(), Failure> {
        let mut pages: Vec<Vec<Entry>> = Vec::new();
        let mut left = wanted;
        let mut before = None;
        while left > 0 {
            let page = self.page(LogQuery { before, limit: Some(left.min(MAX_LINES)), ..LogQuery::default() }).await?;
            let Some(first) = page.lines.first().map(|it| it.off) else {
                // No line fits any more, but some that did may be lost.
                pages.push(entries(page));
                break;
            };
            before = Some(first);
            left = left.saturating_sub(page.lines.len());
            let beginning = page.beginning;
            pages.push(entries(page));
            if beginning {
                break;
            }
        }
        Ok(pages.into_iter().rev().flatten().try_for_each(put)?)
    }

    async fn page(&self, query: LogQuery) -> Result<LogPage, Failure> {
        let query =
            LogQuery { filter: self.filter.clone(), since: self.since, until: self.until, limit: query.limit.or(Some(MAX_LINES)), ..query };
        Ok(self.reach.in_turn(async || self.reach.client.logs(&query).await).await?)
    }
}

/// Lines and gaps of a page, in their order.
fn entries(page: LogPage) -> Vec<Entry> {
    let mut all: Vec<Entry> = page.gaps.into_iter().map(Entry::Gap).chain(page.lines.into_iter().map(Entry::Line)).collect();
    all.sort_by_key(Entry::off);
    all
}
