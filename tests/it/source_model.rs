//! A reference server of the stream, small enough to be read at one sitting: what any real one has to do, without sockets or clocks.

use std::collections::{BTreeMap, VecDeque};

use trackside::model::event::{Change, ObjectRef};
use trackside::model::ids::TeamId;
use trackside::model::log::{GapReason, Level, LogGap, LogKind, LogLine};
use trackside::model::project::Team;
use trackside::model::text::Clean;
use trackside::model::time::Time;
use trackside::wire::digest::Digest;
use trackside::wire::rest::SUBPROTOCOL;
use trackside::wire::stream::{ClientFrame, Hello, Position, ServerFrame, StreamCode, SubPosition, Topic};

/// Objects by name, with the revision of their last change.
pub type Objects = BTreeMap<String, u64>;

/// A subscription of the one connection.
struct Sub {
    n: u64,
    /// Revision or offset sent so far.
    at: u64,
    logs: bool,
    /// The end of what was kept has been said.
    marked: bool,
}

/// The server, and the wire towards its one client.
pub struct Model {
    pub epoch: u64,
    pub rev: u64,
    pub objects: Objects,
    /// Every state there ever was.
    pub history: BTreeMap<(String, u64), Objects>,
    /// What changed at which revision of this epoch.
    outbox: BTreeMap<u64, Vec<Change>>,
    floor: u64,
    pub log_epoch: u64,
    pub log: Vec<u64>,
    /// Lines that the log itself has lost, said to who asks for a page.
    pub lost: Vec<LogGap>,
    pub log_head: u64,
    pub log_floor: u64,
    /// Answers a position that is not kept with an error, or with a gap and what is left.
    pub strict_logs: bool,
    /// What its hello says of the longest silence.
    pub idle_ms: u64,
    /// Why it cannot write what happens.
    pub degraded: Option<Clean>,
    subs: BTreeMap<u32, Sub>,
    pub wire: VecDeque<String>,
}

impl Model {
    pub fn new() -> Self {
        let mut it = Self {
            epoch: 1,
            rev: 0,
            objects: Objects::new(),
            history: BTreeMap::new(),
            outbox: BTreeMap::new(),
            floor: 1,
            log_epoch: 1,
            log: Vec::new(),
            lost: Vec::new(),
            log_head: 0,
            log_floor: 1,
            strict_logs: false,
            idle_ms: 45_000,
            degraded: None,
            subs: BTreeMap::new(),
            wire: VecDeque::new(),
        };
        it.remember();
        it
    }

    pub fn epoch_name(&self) -> String {
        format!("e{}", self.epoch)
    }

    fn remember(&mut self) {
        self.history.insert((self.epoch_name(), self.rev), self.objects.clone());
    }

    /// One transaction over some objects; the odd ones of `names` that exist are removed.
    pub fn change(&mut self, names: &[u8]) {
        self.rev += 1;
        let mut changes = Vec::new();
        for name in names {
            let id = format!("t{}", name % 8);
            if name % 2 == 1 && self.objects.remove(&id).is_some() {
                changes.push(Change::Removed(ObjectRef::Team(TeamId::new(&id))));
            } else {
                self.objects.insert(id.clone(), self.rev);
                changes.push(team(&id, self.rev));
            }
        }
        self.remember();
        self.outbox.insert(self.rev, changes);
        self.flush();
    }

    /// Log lines, `count` of them.
    pub fn write(&mut self, count: u64) {
        for _ in 0..count {
            self.log_head += 1;
            self.log.push(self.log_head);
        }
        self.flush();
    }

    /// Forgets what is old: outbox and log keep only the newest half.
    pub fn compact(&mut self) {
        self.floor = self.floor.max(self.rev.saturating_sub(2));
        self.outbox.retain(|rev, _| *rev >= self.floor);
        self.log_floor = self.log_floor.max(self.log_head.saturating_sub(2));
        self.log.retain(|off| *off >= self.log_floor);
    }

    /// Goes back to an older state, as a database from a backup does: a new epoch.
    pub fn restore(&mut self) {
        let back = self.rev.saturating_sub(3);
        let old = self.history.get(&(self.epoch_name(), back)).cloned().unwrap_or_default();
        self.epoch += 1;
        (self.rev, self.objects, self.floor) = (back, old, back + 1);
        self.outbox.clear();
        self.remember();
        self.log_epoch += 1;
        (self.log_head, self.log_floor) = (0, 1);
        self.log.clear();
        self.drop_connection();
    }

    pub fn drop_connection(&mut self) {
        self.subs.clear();
        self.wire.clear();
    }

    pub fn hello(&mut self) {
        self.drop_connection();
        let hello = Hello {
            protocol: SUBPROTOCOL.to_owned(),
            epoch: self.epoch_name(),
            head: self.rev,
            // The oldest revision that one can resume from.
            floor: self.floor - 1,
            log_epoch: format!("l{}", self.log_epoch),
            log_head: self.log_head,
            log_floor: self.log_floor,
            heartbeat_ms: 15_000,
            idle_ms: self.idle_ms,
            max_frame: 262_144,
            now: Time(0),
            server: "model".into(),
        };
        self.say(&ServerFrame::Hello(Box::new(hello)));
    }

    fn say(&mut self, frame: &ServerFrame) {
        self.wire.push_back(serde_json::to_string(frame).unwrap());
    }

    /// What the client says.
    pub fn hear(&mut self, frame: ClientFrame) {
        match frame {
            ClientFrame::Ping { id } => self.say(&ServerFrame::Pong { id, now: Time(0) }),
            ClientFrame::Unsub { sub } => {
                self.subs.remove(&sub);
            }
            ClientFrame::Sub { sub, topic: Topic::Metrics { .. }, .. } => {
                assert!(!self.subs.contains_key(&sub), "number {sub} was used before");
            }
            ClientFrame::Sub { sub, topic: Topic::State, since } => self.subscribe_state(sub, since),
            ClientFrame::Sub { sub, topic: Topic::Logs { tail, .. }, since } => self.subscribe_logs(sub, tail, since),
        }
        self.flush();
    }

    fn subscribe_state(&mut self, sub: u32, since: Option<Position>) {
        let served = since.as_ref().is_none_or(|it| it.epoch == self.epoch_name() && it.rev + 1 >= self.floor && it.rev <= self.rev);
        if !served {
            return self.gone(sub, self.floor - 1, self.rev);
        }
        let at = since.map_or_else(|| self.snapshot(sub), |it| it.rev);
        self.subs.insert(sub, Sub { n: 0, at, logs: false, marked: true });
    }

    fn snapshot(&mut self, sub: u32) -> u64 {
        let rev = self.rev;
        self.say(&ServerFrame::SnapBegin { sub, rev });
        let all: Vec<Change> = self.objects.iter().map(|(id, rev)| team(id, *rev)).collect();
        let mut digest = Digest::default();
        for it in &all {
            digest.add(&it.object(), it.rev().unwrap());
            self.say(&ServerFrame::Item { sub, obj: Box::new(it.clone()) });
        }
        self.say(&ServerFrame::SnapEnd { sub, rev, count: all.len() as u64, digest: digest.hex() });
        rev
    }

    fn subscribe_logs(&mut self, sub: u32, tail: usize, since: Option<Position>) {
        let epoch = format!("l{}", self.log_epoch);
        if since.as_ref().is_some_and(|it| it.epoch != epoch || it.rev > self.log_head) {
            return self.gone(sub, self.log_floor, self.log_head);
        }
        let tail = || self.log_head.saturating_sub(tail as u64).max(self.log_floor - 1);
        let at = since.map_or_else(tail, |it| it.rev);
        let mut made = Sub { n: 0, at, logs: true, marked: false };
        if at + 1 < self.log_floor {
            if self.strict_logs {
                return self.gone(sub, self.log_floor, self.log_head);
            }
            let (first, last) = (at + 1, self.log_floor - 1);
            let gap = LogGap { offs: first..=last, count: last - at, from: Time(0), to: Time(0), reason: GapReason::Evicted };
            (made.n, made.at) = (1, last);
            self.say(&ServerFrame::Gap { sub, n: 1, gap });
        }
        self.subs.insert(sub, made);
    }

    fn gone(&mut self, sub: u32, floor: u64, head: u64) {
        let (floor, head) = (Some(floor), Some(head));
        self.say(&ServerFrame::Err { sub: Some(sub), code: StreamCode::Gone, message: "gone".into(), floor, head });
    }

    /// Sends each subscription what it has not got yet.
    fn flush(&mut self) {
        let mut subs = std::mem::take(&mut self.subs);
        for (sub, it) in &mut subs {
            if it.logs {
                let lines: Vec<LogLine> = self.log.iter().filter(|off| **off > it.at).map(|off| line(*off)).collect();
                for batch in lines.chunks(3) {
                    it.n += 1;
                    it.at = batch.last().unwrap().off;
                    self.say(&ServerFrame::Log { sub: *sub, n: it.n, lines: batch.to_vec() });
                }
                // Where what is kept ends and what is new begins.
                if !std::mem::replace(&mut it.marked, true) {
                    it.n += 1;
                    self.say(&ServerFrame::Bm { sub: *sub, n: it.n, rev: it.at });
                }
                continue;
            }
            let news: Vec<(u64, Vec<Change>)> = self.outbox.range(it.at + 1..).map(|(rev, it)| (*rev, it.clone())).collect();
            for (rev, changes) in news {
                it.n += 1;
                it.at = rev;
                self.say(&ServerFrame::Ev { sub: *sub, n: it.n, rev, changes });
            }
        }
        self.subs = subs;
    }

    pub fn beat(&mut self) {
        let subs = self.subs.iter().map(|(sub, it)| SubPosition { sub: *sub, n: it.n, rev: it.at }).collect();
        self.say(&ServerFrame::Hb { now: Time(0), subs, degraded: self.degraded.clone() });
    }
}

fn team(id: &str, rev: u64) -> Change {
    Change::Team(Team { id: TeamId::new(id), name: "a team".into(), members: Vec::new(), rev })
}

/// The objects as a snapshot lists them.
pub fn teams(objects: &Objects) -> Vec<Team> {
    objects.iter().map(|(id, rev)| Team { id: TeamId::new(id), name: "a team".into(), members: Vec::new(), rev: *rev }).collect()
}

pub fn line(off: u64) -> LogLine {
    LogLine {
        off,
        at: Time(off as i64),
        kind: LogKind::Runtime,
        level: Level::Info,
        service: None,
        deployment: None,
        replica: 0,
        cont: false,
        text: format!("line {off}"),
    }
}
