//! One subscription each: what it still has to send, and what it needs for that. Pure.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::local::db::Outbox;
use crate::local::logs::{Batch, Item};
use crate::model::log::{GapReason, LogGap, LogLine};
use crate::model::metric::MetricPoint;
use crate::seeded::bug;
use crate::wire::stream::{MAX_BATCH, ServerFrame, StreamCode, SubPosition};

use super::frame;
use super::step::{Need, Reach, Step};
use super::view::Object;

/// Log lines a live reader may be behind before the oldest are left out.
const LAG: u64 = 50_000;
/// Log lines a reader is given after some were left out: enough context, and room to breathe.
const REST: u64 = 10_000;
/// Bytes of log lines in one frame, but for a single line that is longer. What comes next waits for this much: 0.4 s at 80 KB/s.
const LOG_FRAME: usize = 32 * 1024;
/// Transactions asked for at once.
const REPLAY: usize = 64;

/// Class A: all objects.
#[derive(Clone, Debug)]
pub struct StateSub {
    sub: u32,
    n: u64,
    phase: Phase,
}

#[derive(Clone, Debug)]
enum Phase {
    Wanted,
    Asked,
    Snapshot { rev: u64, digest: String, left: std::vec::IntoIter<Arc<Object>>, count: u64, begun: bool },
    Tail { sent: u64, pending: VecDeque<Outbox>, asked: bool, live: bool },
}

impl StateSub {
    /// From `since` on, or from a snapshot.
    pub fn new(sub: u32, since: Option<u64>) -> Self {
        let since = if bug("dup_on_resume") { since.map(|it| it.saturating_sub(1)) } else { since };
        Self { sub, n: 0, phase: since.map_or(Phase::Wanted, tail) }
    }

    /// The snapshot it asked for.
    pub fn objects(&mut self, rev: u64, digest: String, objects: Vec<Arc<Object>>) {
        let count = objects.len() as u64;
        self.phase = Phase::Snapshot { rev, digest, left: objects.into_iter(), count, begun: false };
    }

    /// The transactions it asked for; `None`: they are no longer kept.
    pub fn changes(&mut self, found: Option<Vec<Outbox>>, reach: &Reach) -> Option<ServerFrame> {
        let Phase::Tail { pending, asked, .. } = &mut self.phase else { return None };
        *asked = false;
        match found {
            Some(found) => {
                pending.extend(found);
                None
            }
            None => Some(gone(self.sub, "this revision is no longer kept; take a snapshot", reach.floor, reach.heads.rev)),
        }
    }

    fn next(&mut self, reach: &Reach) -> Step {
        match &mut self.phase {
            Phase::Wanted => {
                self.phase = Phase::Asked;
                Step::Ask(Need::Objects)
            }
            Phase::Asked => Step::Idle,
            Phase::Snapshot { rev, begun: begun @ false, .. } => {
                *begun = true;
                Step::Send(frame::plain(&ServerFrame::SnapBegin { sub: self.sub, rev: *rev }))
            }
            Phase::Snapshot { rev, digest, left, count, .. } => {
                if let Some(object) = left.next() {
                    return Step::Send(frame::item(self.sub, object.json()));
                }
                let end = ServerFrame::SnapEnd { sub: self.sub, rev: *rev, count: *count, digest: std::mem::take(digest) };
                self.phase = tail(*rev);
                Step::Send(frame::plain(&end))
            }
            Phase::Tail { .. } => self.tail(reach),
        }
    }

    fn tail(&mut self, reach: &Reach) -> Step {
        let Phase::Tail { sent, pending, asked, live } = &mut self.phase else { return Step::Idle };
        if *live && *sent < reach.heads.ring {
            if !bug("slow_consumer_drop") {
                return Step::Slow;
            }
            *sent = reach.heads.ring;
        }
        if !*live && bug("bookmark_early") {
            (*live, self.n) = (true, self.n + 1);
            return Step::Send(frame::plain(&ServerFrame::Bm { sub: self.sub, n: self.n, rev: reach.heads.rev }));
        }
        if pending.len() == 1 && bug("drop_last_event") {
            *sent = pending.pop_front().map_or(*sent, |it| it.rev);
        }
        if let Some(next) = pending.pop_front() {
            let Some(text) = frame::ev(self.sub, self.n + 1, next.rev, &next.json) else {
                let why = "a transaction is too large for one frame; take a snapshot";
                return Step::End(gone(self.sub, why, reach.floor, reach.heads.rev));
            };
            self.n += 1;
            *sent = next.rev;
            return Step::Send(text);
        }
        if *sent < reach.heads.rev {
            if *asked {
                return Step::Idle;
            }
            *asked = true;
            return Step::Ask(Need::Changes { after: *sent, limit: REPLAY });
        }
        if *live {
            return Step::Idle;
        }
        *live = true;
        self.n += 1;
        Step::Send(frame::plain(&ServerFrame::Bm { sub: self.sub, n: self.n, rev: *sent }))
    }
}

const fn tail(from: u64) -> Phase {
    Phase::Tail { sent: from, pending: VecDeque::new(), asked: false, live: false }
}

/// Class B: log lines.
#[derive(Clone, Debug)]
pub struct LogSub {
    sub: u32,
    n: u64,
    /// Lines of the past to begin with.
    tail: Option<usize>,
    /// All up to this offset has been fetched.
    fetched: u64,
    pending: VecDeque<Item>,
    asked: bool,
    live: bool,
    /// Nothing came although something was there: asked again only once there is more.
    stalled: bool,
    skip: Option<Skip>,
}

/// Lines that are being left out.
#[derive(Clone, Debug)]
struct Skip {
    from: u64,
    until: u64,
    count: u64,
    /// Times of the first and the last line left out.
    times: Option<(crate::model::time::Time, crate::model::time::Time)>,
}

impl LogSub {
    /// After the offset `since`, or with the newest `tail` lines first.
    pub const fn new(sub: u32, since: Option<u64>, tail: usize) -> Self {
        let (tail, fetched) = match since {
            Some(off) => (None, off),
            None => (Some(tail), 0),
        };
        Self { sub, n: 0, tail, fetched, pending: VecDeque::new(), asked: false, live: false, stalled: false, skip: None }
    }

    /// The lines of the past it asked for, reaching up to `reached`.
    pub fn tail(&mut self, lines: Vec<LogLine>, reached: u64) {
        self.asked = false;
        self.tail = None;
        self.fetched = reached;
        self.pending.extend(lines.into_iter().map(Item::Line));
    }

    /// The lines it asked for.
    pub fn lines(&mut self, batch: Batch) {
        self.asked = false;
        self.stalled = batch.reached <= self.fetched;
        self.fetched = self.fetched.max(batch.reached);
        let Some(skip) = &mut self.skip else {
            self.pending.extend(batch.items);
            return;
        };
        for item in batch.items {
            let (count, from, to) = match item {
                Item::Line(line) => (1, line.at, line.at),
                Item::Gap(gap) => (gap.count, gap.from, gap.to),
            };
            skip.count += count;
            skip.times = Some(skip.times.map_or((from, to), |(first, _)| (first, to)));
        }
    }

    /// Something moved: a live reader far behind is brought forward.
    fn moved(&mut self, reach: &Reach) {
        self.stalled = false;
        if self.live && self.skip.is_none() && reach.log_head.saturating_sub(self.fetched) > LAG {
            self.skip = Some(Skip { from: self.fetched + 1, until: reach.log_head - REST, count: 0, times: None });
        }
    }

    fn next(&mut self, reach: &Reach) -> Step {
        if let Some(item) = self.pending.pop_front() {
            return Step::Send(self.send(item));
        }
        if self.asked {
            return Step::Idle;
        }
        if let Some(count) = self.tail {
            self.asked = true;
            return Step::Ask(Need::Tail { count });
        }
        if self.skip.as_ref().is_some_and(|skip| self.fetched >= skip.until)
            && let Some(step) = self.end_skip()
        {
            return step;
        }
        if self.fetched < reach.log_head {
            if self.stalled {
                return Step::Idle;
            }
            self.asked = true;
            return Step::Ask(Need::Logs { after: self.fetched, max: MAX_BATCH });
        }
        if self.live {
            return Step::Idle;
        }
        self.live = true;
        self.n += 1;
        Step::Send(frame::plain(&ServerFrame::Bm { sub: self.sub, n: self.n, rev: self.fetched }))
    }

    /// One frame from `first` on.
    fn send(&mut self, first: Item) -> String {
        self.n += 1;
        let line = match first {
            Item::Gap(gap) => return frame::plain(&ServerFrame::Gap { sub: self.sub, n: self.n, gap }),
            Item::Line(line) => line,
        };
        let mut list = frame::List::up_to(LOG_FRAME);
        list.add(&line);
        while let Some(Item::Line(line)) = self.pending.front() {
            if !list.add(line) {
                break;
            }
            self.pending.pop_front();
        }
        frame::log(self.sub, self.n, &list)
    }

    /// Goes on behind what was left out, and marks it; `None`: nothing of it was wanted.
    fn end_skip(&mut self) -> Option<Step> {
        let skip = self.skip.take()?;
        let (from, to) = skip.times?;
        self.n += 1;
        let gap = LogGap { offs: skip.from..=self.fetched, count: skip.count, from, to, reason: GapReason::Slow };
        Some(Step::Send(frame::plain(&ServerFrame::Gap { sub: self.sub, n: self.n, gap })))
    }

    /// Up to which offset all has been sent.
    fn sent(&self) -> u64 {
        let waiting = self.pending.front().map(|item| match item {
            Item::Line(line) => line.off,
            Item::Gap(gap) => *gap.offs.start(),
        });
        let skipping = self.skip.as_ref().map(|skip| skip.from);
        waiting.or(skipping).map_or(self.fetched, |off| off.saturating_sub(1))
    }
}

/// Class C: newest values.
#[derive(Clone, Debug)]
pub struct MetricSub {
    sub: u32,
    n: u64,
    replicas: bool,
    seen: u64,
    pending: VecDeque<Arc<MetricPoint>>,
    asked: bool,
}

impl MetricSub {
    pub const fn new(sub: u32, replicas: bool) -> Self {
        Self { sub, n: 0, replicas, seen: 0, pending: VecDeque::new(), asked: false }
    }

    /// The points it asked for, all up to publication `reached`.
    pub fn points(&mut self, points: Vec<Arc<MetricPoint>>, reached: u64) {
        self.asked = false;
        self.seen = reached;
        self.pending.extend(points);
    }

    fn next(&mut self, reach: &Reach) -> Step {
        if !self.pending.is_empty() {
            let (list, taken) = frame::fill_points(self.pending.iter().map(AsRef::as_ref));
            self.pending.drain(..taken);
            self.n += 1;
            return Step::Send(frame::met(self.sub, self.n, &list));
        }
        if self.asked || self.seen >= reach.heads.metrics {
            return Step::Idle;
        }
        self.asked = true;
        Step::Ask(Need::Points { after: self.seen, replicas: self.replicas })
    }
}

/// Any subscription.
#[derive(Clone, Debug)]
pub enum Sub {
    State(StateSub),
    Logs(LogSub),
    Metrics(MetricSub),
}

impl Sub {
    /// Its number.
    pub const fn number(&self) -> u32 {
        match self {
            Self::State(it) => it.sub,
            Self::Logs(it) => it.sub,
            Self::Metrics(it) => it.sub,
        }
    }

    /// What it does next.
    pub fn next(&mut self, reach: &Reach) -> Step {
        match self {
            Self::State(it) => it.next(reach),
            Self::Logs(it) => it.next(reach),
            Self::Metrics(it) => it.next(reach),
        }
    }

    /// Whether it tells of objects, which go before what there is much of.
    pub const fn is_state(&self) -> bool {
        matches!(self, Self::State(_))
    }

    /// Something moved.
    pub fn moved(&mut self, reach: &Reach) {
        if let Self::Logs(it) = self {
            it.moved(reach);
        }
    }

    /// Whether it is behind although it once was not: a client that cannot take more must be let go.
    pub const fn is_slow(&self, reach: &Reach) -> bool {
        matches!(self, Self::State(StateSub { phase: Phase::Tail { live: true, sent, .. }, .. }) if *sent < reach.heads.ring)
    }

    /// Whether all state up to `rev` is on its way. What a snapshot is of is no newer than its beginning, so it counts when it is all sent.
    pub const fn has_sent(&self, rev: u64) -> bool {
        match self {
            Self::State(StateSub { phase: Phase::Tail { sent, .. }, .. }) => *sent >= rev,
            Self::State(_) => false,
            Self::Logs(_) | Self::Metrics(_) => true,
        }
    }

    /// How far it has come; `None` while its snapshot is under way.
    pub fn position(&self) -> Option<SubPosition> {
        let (n, rev) = match self {
            Self::State(StateSub { n, phase: Phase::Tail { sent, .. }, .. }) => (*n, *sent),
            Self::State(_) => return None,
            Self::Logs(it) if it.tail.is_some() => return None,
            Self::Logs(it) => (it.n, it.sent()),
            Self::Metrics(it) => (it.n, it.seen),
        };
        Some(SubPosition { sub: self.number(), n, rev })
    }
}

/// The refusal of a position.
pub fn gone(sub: u32, why: &str, floor: u64, head: u64) -> ServerFrame {
    ServerFrame::Err { sub: Some(sub), code: StreamCode::Gone, message: why.into(), floor: Some(floor), head: Some(head) }
}
