//! A time that was asked for and is older than what is held: pages of history are waited for until it is there, or the reader moves on.

use super::history::Edge;
use super::intake::Logs;
use super::line::Seq;
use super::view::Awaited;
use crate::model::time::Time;

/// Pages that are fetched for one jump, at most: beyond that it is the reader's to scroll on.
const PAGES: u16 = 60;

impl Logs {
    /// Goes to the first line from `at` on, though it is still to come: the reader waits at the top, which asks for what is older.
    pub fn go_to_time_to_come(&mut self, at: Time) {
        self.wait_for(at, PAGES);
    }

    fn wait_for(&mut self, at: Time, pages: u16) {
        self.top();
        self.view.awaited = Some(Awaited { at, from: self.view.cursor, pages });
    }

    /// After older lines came: on to the time that was asked for, or to the next page before it.
    pub(super) fn arrive(&mut self) {
        let Some(it) = self.view.awaited.take() else { return };
        if self.view.follow || self.view.cursor != it.from {
            return;
        }
        let time = |seq: Seq| self.store.line(seq).map(|line| line.at);
        let reaches = |seq: Option<Seq>| seq.and_then(time).is_some_and(|oldest| oldest <= it.at);
        let there = reaches(Some(self.floor())) || reaches(self.first_shown());
        if !there && it.pages > 0 && self.edge() == Edge::Older {
            return self.wait_for(it.at, it.pages - 1);
        }
        self.view.short = (!there && self.edge() == Edge::Older).then_some(it.at);
        // Nothing from then on: the oldest line is as near as it gets, and there the reader is.
        self.go_to_time(it.at);
    }

    /// The time that a jump did not get to, though there are older lines still. Said once.
    pub const fn take_short(&mut self) -> Option<Time> {
        self.view.short.take()
    }
}
