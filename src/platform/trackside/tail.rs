//! Class B on the client's side: log lines in the order of their offsets; what is lost is said in its place.

use super::turn::{Counters, Now, Turn};
use crate::model::event::Event;
use crate::model::log::{GapReason, LogFilter, LogGap, LogLine};
use crate::model::time::Time;
use crate::seeded::bug;
use crate::wire::stream::{ClientFrame, Hello, Position, SubPosition, Topic};

/// Lines of the past to begin with: a screenful at any size, one frame on the wire.
const BEGINNING: usize = 500;

/// The subscription to log lines.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    sub: Option<u32>,
    n: u64,
    filter: LogFilter,
    /// The last offset that was taken in or is known to hold nothing for us.
    position: Option<Position>,
    epoch: String,
    floor: u64,
    /// When the last line was written.
    last: Time,
    mended: bool,
    /// Heartbeats one after the other that did not name our subscription.
    unnamed: u32,
}

impl Tail {
    /// The number of its subscription.
    pub const fn sub(&self) -> Option<u32> {
        self.sub
    }

    /// How far the lines have come.
    pub const fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Which lines are wanted.
    pub const fn filter(&self) -> &LogFilter {
        &self.filter
    }

    /// Lines up to `position` came by another way (a poll).
    pub fn adopt(&mut self, position: Option<Position>) {
        self.position = position;
    }

    /// A new connection.
    pub fn begin(&mut self, hello: &Hello, turn: &mut Turn) {
        self.epoch.clone_from(&hello.log_epoch);
        self.floor = hello.log_floor;
        self.mended = false;
        let restarted = self.position.as_ref().is_some_and(|it| it.epoch != hello.log_epoch || it.rev > hello.log_head);
        if restarted {
            self.position = None;
            turn.emit(Event::LogRestart { epoch: hello.log_epoch.clone() });
        }
        self.subscribe(turn);
    }

    fn subscribe(&mut self, turn: &mut Turn) {
        if let Some(sub) = self.sub.take() {
            turn.send(ClientFrame::Unsub { sub });
        }
        let sub = turn.number();
        (self.sub, self.n, self.unnamed) = (Some(sub), 0, 0);
        let topic = Topic::Logs { filter: self.filter.clone(), tail: BEGINNING };
        turn.send(ClientFrame::Sub { sub, topic, since: self.position.clone() });
    }

    /// Other lines are wanted from now on: from where we are, so that nothing between the two is lost.
    pub fn follow(&mut self, filter: LogFilter, connected: bool, turn: &mut Turn) {
        if filter == self.filter {
            return;
        }
        self.filter = filter;
        self.mended = false;
        if connected {
            self.subscribe(turn);
        }
    }

    /// The connection is gone; the place stays.
    pub fn cut(&mut self) {
        self.sub = None;
    }

    /// What lies between us and `floor` is no longer kept: say so, and go on from there.
    pub fn gone(&mut self, floor: Option<u64>, now: Now, turn: &mut Turn) {
        if self.position.is_none() {
            // We asked for nothing of the past: asking again would be answered the same, for ever.
            self.sub = None;
            return turn.notice("no live log lines: the platform cannot say where its log begins");
        }
        let floor = floor.unwrap_or(self.floor);
        match &mut self.position {
            Some(position) if position.rev.saturating_add(1) < floor => {
                let gap = gap(position.rev + 1, floor - 1, self.last, now.wall, GapReason::Evicted);
                position.rev = floor - 1;
                turn.emit(Event::LogGap(gap));
            }
            position => *position = None,
        }
        self.subscribe(turn);
    }

    /// `log`
    pub fn log(&mut self, n: u64, lines: Vec<LogLine>, unread: u64, now: Now, turn: &mut Turn, counters: &mut Counters) {
        let first = lines.first().map(|it| it.off);
        if !self.next(n, first, now, turn, counters) {
            return;
        }
        let before = self.off();
        let (sent, mut last) = (lines.len(), before);
        let mut fresh: Vec<LogLine> =
            lines.into_iter().filter(|it| last.is_none_or(|seen| it.off > seen) && last.replace(it.off) != Some(it.off)).collect();
        if bug("timestamp_dedupe") {
            fresh.retain(|it| it.at > self.last);
        }
        counters.duplicates += (sent - fresh.len()) as u64;
        if let Some(line) = fresh.last() {
            self.last = line.at;
            self.reach(line.off);
        }
        if unread > 0 {
            let from = before.map_or(0, |it| it.saturating_add(1));
            let mut gap = gap(from, self.off().unwrap_or(from).max(from), self.last, now.wall, GapReason::read("unreadable"));
            gap.count = unread;
            turn.emit(Event::LogGap(gap));
        }
        if !fresh.is_empty() {
            turn.emit(Event::Logs(fresh));
        }
    }

    /// `bm`: what was kept has all been sent, up to `rev`. It counts as a frame; taken for none, the line after it would look like a loss.
    pub fn bm(&mut self, n: u64, rev: u64) {
        if n == self.n.saturating_add(1) {
            self.n = n;
            self.reach(rev);
        }
    }

    /// `gap`
    pub fn gap(&mut self, n: u64, mut gap: LogGap, now: Now, turn: &mut Turn, counters: &mut Counters) {
        if !self.next(n, Some(*gap.offs.start()), now, turn, counters) {
            return;
        }
        let seen = self.off();
        let (start, end) = (*gap.offs.start(), *gap.offs.end());
        if seen.is_some_and(|seen| seen >= end) {
            counters.duplicates += 1;
            return;
        }
        if let Some(seen) = seen.filter(|it| *it >= start) {
            gap.offs = seen + 1..=end;
            gap.count = gap.count.min(end - seen);
        }
        self.reach(end);
        turn.emit(Event::LogGap(gap));
    }

    /// Whether frame `n` is the next one. If some are missing: asks for them once, and marks their loss when that did not help.
    fn next(&mut self, n: u64, first: Option<u64>, now: Now, turn: &mut Turn, counters: &mut Counters) -> bool {
        if n <= self.n {
            counters.duplicates += 1;
            return false;
        }
        if n == self.n.saturating_add(1) {
            self.n = n;
            return true;
        }
        counters.gaps += 1;
        if !self.mended {
            self.mend(turn, counters);
            return false;
        }
        self.n = n;
        if let (Some(seen), Some(first)) = (self.off(), first)
            && seen.saturating_add(1) < first
        {
            turn.emit(Event::LogGap(gap(seen + 1, first - 1, self.last, now.wall, GapReason::Rate)));
            self.reach(first - 1);
        }
        true
    }

    fn mend(&mut self, turn: &mut Turn, counters: &mut Counters) {
        self.mended = true;
        counters.resumes += 1;
        self.subscribe(turn);
    }

    /// The platform will not send these lines: asking again would be answered the same, for ever.
    pub fn refused(&mut self, why: &str, turn: &mut Turn) {
        self.sub = None;
        turn.notice(why);
    }

    /// Our line of a heartbeat.
    pub fn beat(&mut self, beat: SubPosition, turn: &mut Turn, counters: &mut Counters) {
        self.unnamed = 0;
        if beat.n > self.n {
            counters.gaps += 1;
            return self.mend(turn, counters);
        }
        if beat.n == self.n {
            self.reach(beat.rev);
            self.mended = false;
        }
    }

    /// A heartbeat without our line: as for the state, the second one means that nobody serves us.
    pub fn unnamed(&mut self, turn: &mut Turn, counters: &mut Counters) {
        self.unnamed += 1;
        if self.sub.is_some() && self.unnamed > 1 {
            counters.gaps += 1;
            self.mend(turn, counters);
        }
    }

    fn off(&self) -> Option<u64> {
        self.position.as_ref().map(|it| it.rev)
    }

    fn reach(&mut self, off: u64) {
        match &mut self.position {
            Some(position) => position.rev = position.rev.max(off),
            None => self.position = Some(Position { epoch: self.epoch.clone(), rev: off }),
        }
    }
}

/// Lines lost between two offsets. How many of them the filter would have let through is not known: all of them, at most.
const fn gap(first: u64, last: u64, from: Time, to: Time, reason: GapReason) -> LogGap {
    LogGap { offs: first..=last, count: (last - first).saturating_add(1), from, to, reason }
}
