//! Following the log: a reader pulls at its own pace, so a slow one costs nobody anything, and what was evicted meanwhile is counted.

use std::sync::Arc;

use tokio::sync::watch;

use super::query::{self, Kept, Read};
use super::shared::Shared;
use super::wants::{Names, Wants};
use crate::model::log::{GapReason, LogFilter, LogGap, LogLine};
use crate::model::time::Time;

/// Most blocks one pull looks through, so that a filter which finds nothing never holds an async thread for long.
const BLOCKS: usize = 16;

/// A line, or the place of lines that are lost.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Line(LogLine),
    Gap(LogGap),
}

impl Item {
    fn off(&self) -> u64 {
        match self {
            Self::Line(line) => line.off,
            Self::Gap(gap) => *gap.offs.start(),
        }
    }
}

/// What one pull gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// In the order of their offsets.
    pub items: Vec<Item>,
    /// All that is wanted up to this offset has been given: what to pull after next.
    pub reached: u64,
    /// More is there already.
    pub more: bool,
}

/// One reader that follows.
#[derive(Clone)]
pub struct Subscription {
    shared: Arc<Shared>,
    wants: Wants,
    head: watch::Receiver<u64>,
}

impl Subscription {
    pub(super) const fn new(shared: Arc<Shared>, wants: Wants, head: watch::Receiver<u64>) -> Self {
        Self { shared, wants, head }
    }

    /// What it follows.
    pub const fn filter(&self) -> &LogFilter {
        self.wants.filter()
    }

    /// Looks up anew what the things are called that it follows.
    pub fn aim(&mut self, names: &dyn Names) {
        self.wants.aim(names);
    }

    /// What follows `off`, at most `max` lines. Never waits.
    pub fn next_after(&self, off: u64, max: usize) -> Batch {
        let kept = self.shared.kept(off);
        if kept.head <= off {
            return Batch { items: Vec::new(), reached: off, more: false };
        }
        let span = off + 1..=budget(&kept, off);
        let read = query::oldest(&kept, &self.wants, &span, max.max(1));
        let reached = read.stopped.map_or(*span.end(), |it| it - 1);
        let mut items = Vec::with_capacity(read.lines.len() + read.gaps.len() + 1);
        items.extend(evicted(off, &kept, &read).map(Item::Gap));
        items.extend(read.lines.into_iter().map(Item::Line));
        items.extend(read.gaps.into_iter().map(Item::Gap));
        items.sort_by_key(Item::off);
        Batch { items, reached, more: reached < kept.head }
    }

    /// Waits until there is something after `off`.
    pub async fn wait_after(&mut self, off: u64) {
        // The sender lives in what this subscription shares with the store, so it cannot be gone.
        let _ = self.head.wait_for(|head| *head > off).await;
    }
}

/// The last offset this pull may look at.
fn budget(kept: &Kept, off: u64) -> u64 {
    let blocks = kept.segments.iter().flat_map(|it| &it.blocks).filter(|it| it.summary.last > off);
    let mut ends = blocks.map(|it| it.summary.last).skip(BLOCKS - 1);
    ends.next().unwrap_or(kept.head)
}

/// Lines after `off` that were evicted before they were pulled: counted without the filter, which nobody can apply to them any more.
fn evicted(off: u64, kept: &Kept, read: &Read) -> Option<LogGap> {
    let count = kept.floor.checked_sub(off + 1).filter(|it| *it > 0)?;
    let at = read.lines.first().map_or(Time(0), |it| it.at);
    Some(LogGap { offs: off + 1..=kept.floor - 1, count, from: at, to: at, reason: GapReason::Evicted })
}
