//! One connection of the stream as a state machine: what came in, what goes out next. No socket, no clock, no lock.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::local::db::Outbox;
use crate::local::logs::Batch;
use crate::model::log::LogLine;
use crate::model::metric::MetricPoint;
use crate::model::text::Clean;
use crate::model::time::Time;
use crate::seeded::bug;
use crate::wire::stream::{ClientFrame, Position, ServerFrame, StreamCode, Topic, close};

use super::frame;
use super::step::{Need, Reach, Step};
use super::topics::{LogSub, MetricSub, StateSub, Sub, gone};
use super::view::Object;

/// Most subscriptions of one connection at once.
const MAX_SUBS: usize = 64;
/// Most numbers a connection may use up; a client that needs more than this is not one of ours.
const MAX_NUMBERS: usize = 4096;
/// Most answers queued for a client that asks without reading.
const MAX_ANSWERS: usize = 256;
/// Most lines of the past a subscription begins with.
const MAX_TAIL: usize = 5000;

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    Client(ClientFrame, Time),
    /// A subscription whose position is no position.
    BadSince(u32),
    /// A subscription to log lines whose query cannot be read, and why.
    BadQuery(u32, Clean),
    /// What came is no frame, and why.
    Bad(Clean),
    TooLarge,
    /// Nothing was asked for in good time.
    Late,
    Moved(Reach),
    /// A heartbeat is due.
    Beat(Time),
    /// What happens cannot be written any more, or can again.
    Degraded(Option<Clean>, Time),
    /// The token that let the client in ends in so many milliseconds.
    Expiring {
        in_ms: u64,
    },
    /// It has ended, and why.
    Ended(Clean),
    Stop {
        retry_after_ms: u64,
    },
    /// The platform itself could not read what was needed.
    Failed,
    Objects {
        sub: u32,
        rev: u64,
        digest: String,
        objects: Vec<Arc<Object>>,
    },
    Changes {
        sub: u32,
        found: Option<Vec<Outbox>>,
    },
    Tail {
        sub: u32,
        lines: Vec<LogLine>,
        reached: u64,
    },
    Logs {
        sub: u32,
        batch: Batch,
    },
    Points {
        sub: u32,
        points: Vec<Arc<MetricPoint>>,
        reached: u64,
    },
}

/// What goes out next.
#[derive(Debug)]
pub enum Output {
    Send(String),
    /// To be answered with the matching input.
    Ask(u32, Need),
    /// Nothing more will come; the connection closes with this code.
    Close(u16, Clean),
    Idle,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Session {
    epoch: String,
    log_epoch: String,
    reach: Reach,
    subs: Vec<Sub>,
    used: BTreeSet<u32>,
    /// Whose turn it is after state, so that a chatty subscription starves no other.
    turn: usize,
    answers: VecDeque<ServerFrame>,
    /// Questions whether we are there, with the revision that was newest then: answered behind it, so that the answer tells its
    /// client how old what it holds may be at most.
    pings: VecDeque<(u64, Time, u64)>,
    beat: Option<Time>,
    degraded: Option<Clean>,
    /// It can be written again, with the revision that was newest then. Said only behind everything that could not be, so that nobody takes
    /// the old state for the new; it waits for no log lines, which may never end.
    healed: Option<(Time, u64)>,
    end: Option<End>,
}

#[derive(Clone, Debug)]
struct End {
    code: u16,
    retry_after_ms: Option<u64>,
    reason: Clean,
    said: bool,
}

impl Session {
    /// A connection that begins with `hello`.
    pub fn new(hello: ServerFrame, epoch: String, log_epoch: String, reach: Reach) -> Self {
        Self {
            epoch,
            log_epoch,
            reach,
            subs: Vec::new(),
            used: BTreeSet::new(),
            turn: 0,
            answers: VecDeque::from([hello]),
            pings: VecDeque::new(),
            beat: None,
            degraded: None,
            healed: None,
            end: None,
        }
    }

    /// Takes in what happened.
    pub fn take(&mut self, input: Input) {
        match input {
            Input::Client(frame, now) => self.client(frame, now),
            Input::BadSince(sub) => {
                let gone = gone(sub, "this is no position; take a snapshot", self.reach.floor, self.reach.heads.rev);
                self.answer(gone);
            }
            Input::BadQuery(sub, message) => {
                self.answer(ServerFrame::Err { sub: Some(sub), code: StreamCode::BadQuery, message, floor: None, head: None });
            }
            Input::Bad(why) => self.end(close::BAD_FRAME, why),
            Input::TooLarge => self.end(close::TOO_LARGE, "this frame is too large".into()),
            Input::Late => self.end(close::HELLO_LATE, "nothing was asked for".into()),
            Input::Moved(reach) => self.moved(reach),
            Input::Beat(now) => self.beat = Some(now),
            Input::Degraded(None, now) => self.healed = self.degraded.is_some().then_some((now, self.reach.heads.rev)),
            Input::Degraded(why, now) => (self.degraded, self.healed, self.beat) = (why, None, Some(now)),
            // Before whatever is queued: this is not the client's to ask for, so no bound on answers holds for it.
            Input::Expiring { in_ms } => self.answers.push_back(ServerFrame::AuthExpiring { in_ms }),
            Input::Ended(why) => self.end(close::UNAUTHORIZED, why),
            Input::Stop { retry_after_ms } => {
                self.end(close::RESTART, "the platform stops".into());
                if let Some(end) = &mut self.end {
                    end.retry_after_ms = Some(retry_after_ms);
                }
            }
            Input::Failed => self.end(close::RESTART, "the platform could not read its history".into()),
            Input::Objects { sub, rev, digest, objects } => {
                if let Some(Sub::State(it)) = self.sub(sub) {
                    it.objects(rev, digest, objects);
                }
            }
            Input::Changes { sub, found } => {
                let reach = self.reach;
                if let Some(Sub::State(it)) = self.sub(sub)
                    && let Some(refusal) = it.changes(found, &reach)
                {
                    self.drop_sub(sub, refusal);
                }
            }
            Input::Tail { sub, lines, reached } => {
                if let Some(Sub::Logs(it)) = self.sub(sub) {
                    it.tail(lines, reached);
                }
            }
            Input::Logs { sub, batch } => {
                if let Some(Sub::Logs(it)) = self.sub(sub) {
                    it.lines(batch);
                }
            }
            Input::Points { sub, points, reached } => {
                if let Some(Sub::Metrics(it)) = self.sub(sub) {
                    it.points(points, reached);
                }
            }
        }
    }

    /// What goes out next. To be asked only when there is room for it: nothing is queued here for a client that does not read.
    pub fn poll(&mut self) -> Output {
        if let Some(end) = &mut self.end {
            if end.said {
                return Output::Close(end.code, end.reason.clone());
            }
            end.said = true;
            let (code, retry_after_ms, reason) = (end.code, end.retry_after_ms, end.reason.clone());
            return Output::Send(frame::plain(&ServerFrame::Bye { code, resumable: !close::is_final(code), retry_after_ms, reason }));
        }
        if let Some(answer) = self.answers.pop_front() {
            return Output::Send(frame::plain(&answer));
        }
        // After the answers and before new data: its positions are those of the frames already on their way.
        if let Some(now) = self.beat.take() {
            return self.heartbeat(now);
        }
        if let Some((now, _)) = self.healed.take_if(|it| self.subs.iter().all(|sub| sub.has_sent(it.1))) {
            self.degraded = None;
            return self.heartbeat(now);
        }
        if let Some((id, now, _)) = self.pings.pop_front_if(|it| self.subs.iter().all(|sub| sub.has_sent(it.2))) {
            return Output::Send(frame::plain(&ServerFrame::Pong { id, now }));
        }
        // State first: it is little, and on a slow line it would else stand behind one frame of log lines at each of its own.
        for at in 0..self.subs.len() {
            if self.subs[at].is_state()
                && let Some(output) = self.next_of(at)
            {
                return output;
            }
        }
        for _ in 0..self.subs.len() {
            self.turn = (self.turn + 1) % self.subs.len();
            if let Some(output) = self.next_of(self.turn) {
                return output;
            }
        }
        Output::Idle
    }

    /// What the subscription at this place has to say, if anything.
    fn next_of(&mut self, at: usize) -> Option<Output> {
        let number = self.subs[at].number();
        match self.subs[at].next(&self.reach) {
            Step::Send(text) => Some(Output::Send(text)),
            Step::Ask(need) => Some(Output::Ask(number, need)),
            Step::Idle => None,
            Step::End(refusal) => {
                self.drop_sub(number, refusal);
                Some(self.poll())
            }
            Step::Slow => {
                self.slow();
                Some(self.poll())
            }
        }
    }

    fn heartbeat(&self, now: Time) -> Output {
        let subs = self.subs.iter().filter_map(Sub::position).collect();
        Output::Send(frame::plain(&ServerFrame::Hb { now, subs, degraded: self.degraded.clone() }))
    }

    /// Whether the connection is to be closed, however little of it the client still takes.
    pub const fn is_ending(&self) -> bool {
        self.end.is_some()
    }

    /// Whether anything was ever asked for.
    pub fn is_silent(&self) -> bool {
        self.used.is_empty()
    }

    fn client(&mut self, frame: ClientFrame, now: Time) {
        match frame {
            ClientFrame::Sub { sub, topic, since } => self.subscribe(sub, &topic, since.as_ref()),
            ClientFrame::Unsub { sub } => self.subs.retain(|it| it.number() != sub),
            ClientFrame::Ping { id } if self.pings.len() < MAX_ANSWERS => self.pings.push_back((id, now, self.reach.heads.rev)),
            ClientFrame::Ping { .. } => self.unread(),
        }
    }

    fn subscribe(&mut self, sub: u32, topic: &Topic, since: Option<&Position>) {
        let refuse = |code, message: &str| ServerFrame::Err { sub: Some(sub), code, message: message.into(), floor: None, head: None };
        if self.used.contains(&sub) {
            return self.answer(refuse(StreamCode::Duplicate, "this number is in use"));
        }
        if self.subs.len() >= MAX_SUBS || self.used.len() >= MAX_NUMBERS {
            return self.answer(refuse(StreamCode::TooMany, "too many subscriptions"));
        }
        self.used.insert(sub);
        let (epoch, head, floor) = match topic {
            Topic::State => (&self.epoch, self.reach.heads.rev, self.reach.floor),
            Topic::Logs { .. } => (&self.log_epoch, self.reach.log_head, 0),
            Topic::Metrics { .. } => {
                let Topic::Metrics { replicas } = topic else { return };
                return self.subs.push(Sub::Metrics(MetricSub::new(sub, *replicas)));
            }
        };
        if let Some(since) = since
            && (since.epoch != *epoch || (since.rev > head && !bug("serve_future_rev")) || since.rev < floor)
        {
            return self.answer(gone(sub, "this position cannot be served; take a snapshot", floor, head));
        }
        let since = since.map(|it| it.rev);
        self.subs.push(match topic {
            Topic::Logs { tail, .. } => Sub::Logs(LogSub::new(sub, since, (*tail).min(MAX_TAIL))),
            Topic::State | Topic::Metrics { .. } => Sub::State(StateSub::new(sub, since)),
        });
    }

    fn moved(&mut self, reach: Reach) {
        self.reach = reach;
        for sub in &mut self.subs {
            sub.moved(&reach);
        }
        if self.subs.iter().any(|sub| sub.is_slow(&reach)) && !bug("slow_consumer_drop") {
            self.slow();
        }
    }

    fn answer(&mut self, frame: ServerFrame) {
        if self.answers.len() >= MAX_ANSWERS {
            self.unread();
        } else {
            self.answers.push_back(frame);
        }
    }

    fn unread(&mut self) {
        self.end(close::BAD_FRAME, "too many questions without reading the answers".into());
    }

    fn slow(&mut self) {
        self.end(close::SLOW, "too slow: come back and resume".into());
    }

    /// The first reason to end is the one that is said.
    fn end(&mut self, code: u16, reason: Clean) {
        self.end.get_or_insert(End { code, retry_after_ms: None, reason, said: false });
    }

    fn sub(&mut self, number: u32) -> Option<&mut Sub> {
        self.subs.iter_mut().find(|it| it.number() == number)
    }

    fn drop_sub(&mut self, number: u32, refusal: ServerFrame) {
        self.subs.retain(|it| it.number() != number);
        self.answer(refusal);
    }
}
