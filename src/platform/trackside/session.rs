//! The client's half of the stream as a pure state machine: frames and time go in, wishes come out. No socket, no clock.
//!
//! It outlives its connections: what the program holds and how far it has come stay, so that the next connection goes on from there.

use std::collections::VecDeque;

use super::objects::Objects;
use super::read::{Frame, Whole, frame};
use super::skew::Skew;
use super::tail::Tail;
use super::turn::{Counters, Ending, Now, Output, Turn, degraded_words};
use crate::model::event::Event;
use crate::model::link::Link;
use crate::model::log::LogFilter;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};
use crate::platform::patience::Patience;
use crate::wire::digest::Digest;
use crate::wire::rest::SUBPROTOCOL;
use crate::wire::stream::{ClientFrame, Hello, Position, ServerFrame, StreamCode, SubPosition, Topic};

/// A server may ask for more patience than usual, up to this.
const MOST_IDLE: Millis = Millis::mins(5);
/// Questions on their way at once: one each 20 s, so this many fill the longest silence there may be.
const MOST_ASKED: usize = 16;

/// What a session is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<'a> {
    /// A connection stands; nothing has been said on it.
    Opened,
    /// A text message came.
    Text(&'a str),
    /// Something else came. It proves nothing: pings come from whatever stands in between too.
    Noise,
    /// The peer closed, with its code and words if it gave any.
    Closed { code: Option<u16>, why: &'a str },
    /// Time went by.
    Tick,
    /// Other log lines are wanted.
    Follow(LogFilter),
    /// The program was given all this by another way (a poll).
    Adopt(&'a Whole),
    /// …and log lines up to here.
    LogsAt(Position),
    /// The log began anew, as was found by another way.
    LogsBegan,
    /// What the platform holds, to be compared.
    Check(&'a Whole),
}

/// A stream, over all its connections.
#[derive(Clone, Debug)]
pub struct Session {
    patience: Patience,
    objects: Objects,
    tail: Tail,
    metrics: Option<u32>,
    /// Frames taken in on the metrics' subscription.
    metrics_n: u64,
    counters: Counters,
    line: Line,
    /// The platform's clock against ours.
    skew: Skew,
}

/// How one connection stands.
#[derive(Clone, Debug, Default)]
struct Line {
    open: bool,
    /// The server has introduced itself.
    greeted: bool,
    heard: Millis,
    /// When anything was last heard, for showing.
    heard_at: Time,
    pings: u64,
    /// Questions on their way, oldest first, with when they were asked.
    asked: VecDeque<(u64, Now)>,
    /// What we hold is what the peer had to say at this time, or later.
    known: Now,
    /// Why the platform cannot write what happens, and since when we know.
    degraded: Option<(Clean, Time)>,
    /// Silence after which the peer is dead, if it asked for more than usual.
    idle: Millis,
    /// The last subscription's number.
    subs: u32,
    /// What was last said about the link.
    said: Option<Link>,
    told_unknown: bool,
}

impl Session {
    /// A stream that has never been connected.
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            objects: Objects::default(),
            tail: Tail::default(),
            metrics: None,
            metrics_n: 0,
            counters: Counters::default(),
            line: Line::default(),
            skew: Skew::default(),
        }
    }

    /// What went not as promised so far.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The place in history of what the program holds.
    pub const fn position(&self) -> Option<&Position> {
        self.objects.position()
    }

    /// How far the log lines have come.
    pub const fn log_position(&self) -> Option<&Position> {
        self.tail.position()
    }

    /// Which log lines are wanted.
    pub const fn filter(&self) -> &LogFilter {
        self.tail.filter()
    }

    /// The digest of what the program holds, without the audit trail.
    pub const fn digest(&self) -> Digest {
        self.objects.digest()
    }

    /// The platform's clock minus ours, as far as it is known.
    pub fn skew(&self) -> Millis {
        self.skew.ahead()
    }

    /// Whether the server has introduced itself on this connection.
    pub const fn greeted(&self) -> bool {
        self.line.greeted
    }

    /// One step. What comes out is to be done in its order; after an `End` the connection is not used again.
    pub fn step(&mut self, now: Now, input: Input<'_>) -> Vec<Output> {
        let mut turn = Turn::after(self.line.subs);
        match input {
            Input::Opened => self.opened(now),
            Input::Text(text) => self.text(now, text, &mut turn),
            Input::Noise => {}
            Input::Closed { code, why } => turn.end(Ending::of(code, why, None)),
            Input::Tick => self.tick(now, &mut turn),
            Input::Follow(filter) => self.tail.follow(filter, self.line.greeted, &mut turn),
            Input::Adopt(whole) => self.objects.adopt(whole),
            Input::LogsAt(position) => self.tail.adopt(Some(position)),
            Input::LogsBegan => self.tail.adopt(None),
            Input::Check(whole) => self.objects.check(whole, &mut turn, &mut self.counters),
        }
        self.line.subs = turn.last_number();
        self.finish(now, &mut turn);
        turn.out
    }

    /// Cuts what follows an end, and says how the link stands if that changed.
    fn finish(&mut self, now: Now, turn: &mut Turn) {
        if let Some(end) = turn.out.iter().position(|it| matches!(it, Output::End(_))) {
            turn.out.truncate(end + 1);
            self.line.open = false;
            self.line.greeted = false;
            self.objects.cut();
            self.tail.cut();
            return;
        }
        if self.line.greeted {
            let link = self.link(now);
            if self.line.said.as_ref() != Some(&link) {
                self.line.said = Some(link.clone());
                turn.emit(Event::Link(link));
            }
        }
    }

    fn link(&self, now: Now) -> Link {
        let line = &self.line;
        let silent = now.boot.0 - line.heard.0 >= self.patience.stale.max(Millis(line.idle.0 * 2 / 3)).0;
        // Frames that come late tell no more of now than silence does.
        let late = now.boot.0 - line.known.boot.0 >= self.patience.dead.max(line.idle).0 * 9 / 10;
        match &line.degraded {
            None if silent => Link::Stale { since: line.heard_at },
            _ if !self.objects.complete() => Link::Snapshot,
            Some((_, since)) => Link::Stale { since: *since },
            None if late => Link::Stale { since: line.known.wall },
            None => Link::Live,
        }
    }

    fn opened(&mut self, now: Now) {
        self.line = Line { open: true, heard: now.boot, heard_at: now.wall, known: now, ..Line::default() };
        self.objects.cut();
        self.tail.cut();
        (self.metrics, self.metrics_n) = (None, 0);
    }

    const fn hear(&mut self, now: Now) {
        self.line.heard = now.boot;
        self.line.heard_at = now.wall;
    }

    fn tick(&mut self, now: Now, turn: &mut Turn) {
        if !self.line.open {
            return;
        }
        let silence = Millis(now.boot.0 - self.line.heard.0);
        if !self.line.greeted {
            // Since the connection stands: what is no greeting puts nothing off.
            if now.boot.0 - self.line.known.boot.0 > self.patience.hello.0 {
                turn.end(Ending::Mute(Clean::from("the stream opens, but nothing comes through it")));
            }
            return;
        }
        if silence >= self.patience.dead.max(self.line.idle) {
            return turn.end(Ending::lost(&format!("nothing was heard for {}", silence.long())));
        }
        // Asked whether it says anything or not: what was asked before a backlog is answered behind it.
        let asked = self.line.asked.back().map_or(self.line.known.boot, |it| it.1.boot);
        if now.boot.0 - asked.0 >= self.patience.ping.0 {
            self.ask(now, turn);
        }
    }

    fn ask(&mut self, now: Now, turn: &mut Turn) {
        if self.line.asked.len() < MOST_ASKED {
            self.line.pings += 1;
            self.line.asked.push_back((self.line.pings, now));
            turn.send(ClientFrame::Ping { id: self.line.pings });
        }
    }

    /// `pong`: all that was said before question `id` was heard is here. When it was asked.
    fn pong(&mut self, id: u64) -> Option<Now> {
        let mut asked = None;
        while let Some((_, at)) = self.line.asked.pop_front_if(|it| it.0 <= id) {
            self.line.known = at;
            asked = Some(at);
        }
        asked
    }

    fn text(&mut self, now: Now, text: &str, turn: &mut Turn) {
        self.hear(now);
        let Ok(frame) = frame(text) else {
            // If it was one of those that count, the next frame or heartbeat shows its loss.
            self.counters.unreadable += 1;
            return;
        };
        match frame {
            Frame::Plain(ServerFrame::Hello(hello)) => self.hello(now, &hello, turn),
            Frame::Plain(ServerFrame::Bye { code, resumable, retry_after_ms, reason }) => {
                if !resumable {
                    self.objects.forget();
                }
                turn.end(Ending::of(Some(code), &reason, retry_after_ms));
            }
            _ if !self.line.greeted => self.counters.unreadable += 1,
            Frame::Plain(it) => self.plain(now, it, turn),
            Frame::Ev { sub, n, rev, changes } if self.is_objects(sub) => self.objects.ev(n, rev, changes, turn, &mut self.counters),
            Frame::Item { sub, obj, bytes } if self.is_objects(sub) => self.objects.item(*obj, bytes, turn, &mut self.counters),
            Frame::Log { sub, n, lines, unread } if self.is_tail(sub) => {
                self.tail.log(n, lines, unread, now, turn, &mut self.counters);
            }
            Frame::Met { sub, n, points } if self.metrics == Some(sub) && n > self.metrics_n => {
                self.metrics_n = n;
                turn.emit(Event::Metrics(points));
            }
            // Still on its way when its subscription was left.
            Frame::Ev { .. } | Frame::Item { .. } | Frame::Log { .. } | Frame::Met { .. } => {}
        }
    }

    fn is_objects(&self, sub: u32) -> bool {
        self.objects.sub() == Some(sub)
    }

    fn is_tail(&self, sub: u32) -> bool {
        self.tail.sub() == Some(sub)
    }

    fn hello(&mut self, now: Now, hello: &Hello, turn: &mut Turn) {
        if hello.protocol != SUBPROTOCOL {
            let why = format!("the platform speaks {}, this version {SUBPROTOCOL}", hello.protocol);
            return turn.end(Ending::Refused(Clean::from(why)));
        }
        if self.line.greeted {
            self.counters.unreadable += 1;
            return;
        }
        self.line.greeted = true;
        self.line.idle = Millis(i64::try_from(hello.idle_ms).unwrap_or(i64::MAX)).min(MOST_IDLE);
        if self.line.idle < self.patience.dead {
            self.line.idle = Millis(0);
        }
        self.objects.begin(hello, turn);
        let metrics = turn.number();
        self.metrics = Some(metrics);
        turn.send(ClientFrame::Sub { sub: metrics, topic: Topic::Metrics { replicas: true }, since: None });
        self.tail.begin(hello, turn);
        self.clock(now, hello.now, turn);
    }

    fn plain(&mut self, now: Now, frame: ServerFrame, turn: &mut Turn) {
        let counters = &mut self.counters;
        match frame {
            ServerFrame::SnapBegin { sub, rev } if self.objects.sub() == Some(sub) => self.objects.snap_begin(rev),
            ServerFrame::SnapEnd { sub, rev, count, digest } if self.objects.sub() == Some(sub) => {
                self.objects.snap_end(rev, count, &digest, turn, counters);
            }
            ServerFrame::Bm { sub, n, rev } if self.objects.sub() == Some(sub) => self.objects.bm(n, rev, turn, counters),
            ServerFrame::Bm { sub, n, rev } if self.tail.sub() == Some(sub) => self.tail.bm(n, rev),
            ServerFrame::Gap { sub, n, gap } if self.tail.sub() == Some(sub) => self.tail.gap(n, gap, now, turn, counters),
            ServerFrame::Hb { now: theirs, subs, degraded } => {
                self.clock(now, theirs, turn);
                self.degraded(now, degraded, turn);
                self.unnamed(&subs, turn);
                for it in subs {
                    self.beat(it, turn);
                }
            }
            ServerFrame::Pong { id, now: theirs } => {
                if let Some(asked) = self.pong(id) {
                    self.skew.answered(asked, now, theirs);
                    turn.emit(Event::Heard { skew: self.skew.ahead() });
                }
            }
            ServerFrame::AuthExpiring { in_ms } => {
                turn.notice(format!("our token for the platform ends in {}", Millis(i64::try_from(in_ms).unwrap_or(i64::MAX)).long()));
                turn.renew();
            }
            ServerFrame::Err { sub, code, message, floor, .. } => self.refused(now, sub, code, &message, floor, turn),
            ServerFrame::Unknown => {
                counters.unknown += 1;
                if !std::mem::replace(&mut self.line.told_unknown, true) {
                    turn.notice("the platform says things this version does not know; it may be newer");
                }
            }
            // Of a subscription that was left, or read as lists above.
            _ => {}
        }
    }

    /// The platform's clock says `theirs`: it was heard from. What seems late is asked about, if no question is on its way.
    fn clock(&mut self, now: Now, theirs: Time, turn: &mut Turn) {
        if self.skew.heard(now, theirs) && self.line.asked.is_empty() {
            self.ask(now, turn);
        }
        turn.emit(Event::Heard { skew: self.skew.ahead() });
    }

    /// What is shown is the last that could be written: not the truth, until it can be written again.
    fn degraded(&mut self, now: Now, why: Option<Clean>, turn: &mut Turn) {
        let known = self.line.degraded.take();
        let Some(why) = why else { return };
        if known.as_ref().is_none_or(|it| it.0 != why) {
            turn.notice(degraded_words(&why));
        }
        self.line.degraded = Some((why, known.map_or(now.wall, |it| it.1)));
    }

    /// A heartbeat names every subscription that is served.
    fn unnamed(&mut self, subs: &[SubPosition], turn: &mut Turn) {
        let named = |sub: Option<u32>| subs.iter().any(|it| Some(it.sub) == sub);
        if !named(self.objects.sub()) {
            self.objects.unnamed(turn, &mut self.counters);
        }
        if !named(self.tail.sub()) {
            self.tail.unnamed(turn, &mut self.counters);
        }
    }

    fn beat(&mut self, beat: SubPosition, turn: &mut Turn) {
        if self.objects.sub() == Some(beat.sub) {
            self.objects.beat(beat, turn, &mut self.counters);
        } else if self.tail.sub() == Some(beat.sub) {
            self.tail.beat(beat, turn, &mut self.counters);
        }
    }

    fn refused(&mut self, now: Now, sub: Option<u32>, code: StreamCode, why: &Clean, floor: Option<u64>, turn: &mut Turn) {
        let about = |what: &str| format!("{what}: {why}");
        match (sub, code) {
            (Some(sub), StreamCode::Gone) if self.is_objects(sub) => self.objects.refused(turn),
            (Some(sub), StreamCode::Gone) if self.is_tail(sub) => self.tail.gone(floor, now, turn),
            (Some(sub), StreamCode::Forbidden) if self.is_objects(sub) => {
                turn.end(Ending::Refused(Clean::from(about("the state is not for us"))));
            }
            (Some(sub), _) if self.is_objects(sub) => turn.end(Ending::lost(&about("the state was refused"))),
            (Some(sub), _) if self.is_tail(sub) => self.tail.refused(&about("no live log lines"), turn),
            (Some(sub), _) if self.metrics == Some(sub) => turn.notice(about("no live metrics")),
            (None, _) => turn.notice(about("the platform complains")),
            _ => {}
        }
    }
}
