//! The platform's half of a run: the real hub and the real session of every connection, real WebSocket frames, a disk in memory.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocket};
use tokio_tungstenite::tungstenite::{Error, Message};
use trackside::local::live::{Hub, Input, Need, Output, Reach, Session, at_hand, limits};
use trackside::model::time::Time;
use trackside::wire::rest::SUBPROTOCOL;
use trackside::wire::stream::{ClientFrame, HEARTBEAT, Hello, IDLE, MAX_SERVER_FRAME, Position, ServerFrame, StreamCode, Topic};

use super::disk::{Disk, number};
use super::history::{Fact, On, Place, Said};
use super::net::{End, Shared};

/// As `socket` has it: heartbeats a client may leave lying, and how long it has to take the farewell.
const STUCK: u32 = 3;
const FAREWELL: i64 = 2_000;

/// The platform, up or down.
pub struct Platform {
    pub disk: Disk,
    hub: Option<Hub>,
    links: BTreeMap<u64, Link>,
    last: u64,
}

struct Link {
    wire: Shared,
    socket: WebSocket<End>,
    session: Session,
    /// What was given to the socket is not all on its way.
    blocked: bool,
    stuck: u32,
    next_beat: i64,
    deadline: Option<i64>,
    said_all: bool,
}

impl Platform {
    pub fn new(history: &mut Vec<Fact>) -> Self {
        let mut it = Self { disk: Disk::new(), hub: None, links: BTreeMap::new(), last: 0 };
        it.begin(0, history);
        it
    }

    pub const fn is_up(&self) -> bool {
        self.hub.is_some()
    }

    /// Starts with what the disk holds.
    pub fn begin(&mut self, at: i64, history: &mut Vec<Fact>) {
        self.hub = Some(Hub::new(&self.disk.load()));
        history.push(Fact::Began { at, place: self.disk.place, objects: self.disk.objects.clone() });
    }

    /// One transaction: written, told, acknowledged. `told`: it dies before anybody hears of it.
    pub fn commit(&mut self, at: i64, names: &[u8], removed: &[u8], told: bool, history: &mut Vec<Fact>) {
        let (committed, touched) = self.disk.commit(names, removed);
        let place = self.disk.place;
        history.push(Fact::Committed { at, place, objects: self.disk.objects.clone(), touched });
        if let Some(hub) = self.hub.as_ref().filter(|_| told) {
            hub.publish(&committed);
            history.push(Fact::Acked { place });
        }
    }

    /// The process is gone; with its machine (nobody says so), or alone (the kernel says so).
    pub fn crash(&mut self, machine: bool) {
        self.hub = None;
        for link in std::mem::take(&mut self.links).into_values() {
            let mut wire = link.wire.borrow_mut();
            if machine {
                wire.vanish();
            } else {
                wire.reset();
            }
            drop(wire);
        }
    }

    /// It was asked to end.
    pub fn stop(&mut self, retry_after_ms: u64) {
        for link in self.links.values_mut() {
            link.session.take(Input::Stop { retry_after_ms });
        }
    }

    /// How many connections it serves.
    pub fn load(&self) -> usize {
        self.links.len()
    }

    fn reach(&self) -> Option<Reach> {
        let heads = *self.hub.as_ref()?.heads().borrow();
        Some(Reach { heads, floor: self.disk.floor, log_head: self.disk.log_head })
    }

    pub fn accept(&mut self, now: i64, wire: &Shared, end: End) {
        let Some(reach) = self.reach() else { return };
        let (epoch, log_epoch) = (format!("e{}", self.disk.place.epoch), format!("l{}", self.disk.log_epoch));
        let hello = ServerFrame::Hello(Box::new(Hello {
            protocol: SUBPROTOCOL.to_owned(),
            epoch: epoch.clone(),
            head: reach.heads.rev,
            floor: reach.floor,
            log_epoch: log_epoch.clone(),
            log_head: reach.log_head,
            log_floor: self.disk.log_floor,
            heartbeat_ms: HEARTBEAT.0 as u64,
            idle_ms: IDLE.0 as u64,
            max_frame: MAX_SERVER_FRAME,
            now: Time(now),
            server: "simulated".into(),
        }));
        self.last += 1;
        let link = Link {
            wire: Shared::clone(wire),
            socket: WebSocket::from_raw_socket(end, Role::Server, Some(limits())),
            session: Session::new(hello, epoch, log_epoch, reach),
            blocked: false,
            stuck: 0,
            next_beat: now + HEARTBEAT.0,
            deadline: None,
            said_all: false,
        };
        self.links.insert(self.last, link);
    }

    pub fn step(&mut self, now: i64, history: &mut Vec<Fact>) {
        let (Some(reach), Some(hub)) = (self.reach(), self.hub.clone()) else { return };
        let feeds = Feeds { hub: &hub, disk: &self.disk, reach, now };
        self.links.retain(|conn, link| link.step(*conn, &feeds, history).is_some());
    }
}

struct Feeds<'a> {
    hub: &'a Hub,
    disk: &'a Disk,
    reach: Reach,
    now: i64,
}

impl Link {
    /// One turn of `socket`'s loop; `None` once the connection is over.
    fn step(&mut self, conn: u64, feeds: &Feeds<'_>, history: &mut Vec<Fact>) -> Option<()> {
        self.read(conn, feeds, history)?;
        self.session.take(Input::Moved(feeds.reach));
        if feeds.now >= self.next_beat {
            self.next_beat += HEARTBEAT.0;
            self.stuck += u32::from(self.blocked);
            if self.stuck >= STUCK {
                return None;
            }
            self.session.take(Input::Beat(Time(feeds.now)));
        }
        if self.session.is_ending() {
            let deadline = *self.deadline.get_or_insert(feeds.now + FAREWELL);
            if feeds.now >= deadline {
                return None;
            }
        }
        self.pump(conn, feeds, history)
    }

    fn read(&mut self, conn: u64, feeds: &Feeds<'_>, history: &mut Vec<Fact>) -> Option<()> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    let frame: ClientFrame = serde_json::from_str(&text).unwrap();
                    asked(conn, &frame, feeds, history);
                    self.session.take(Input::Client(frame, Time(feeds.now)));
                }
                Ok(Message::Close(_)) => return None,
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Some(()),
                Err(_) => return None,
            }
        }
    }

    fn pump(&mut self, conn: u64, feeds: &Feeds<'_>, history: &mut Vec<Fact>) -> Option<()> {
        loop {
            match self.socket.flush() {
                Ok(()) => (self.blocked, self.stuck) = (false, 0),
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return Some(());
                }
                Err(_) => return None,
            }
            if self.said_all {
                return None;
            }
            let message = match self.session.poll() {
                Output::Idle => return Some(()),
                Output::Ask(sub, need) => {
                    self.session.take(answer(feeds, sub, &need));
                    continue;
                }
                Output::Send(text) => {
                    sent(conn, &text, history);
                    Message::text(text)
                }
                Output::Close(code, reason) => {
                    self.said_all = true;
                    Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.as_str().into() }))
                }
            };
            // What does not fit is kept by the socket, and flushed above.
            match self.socket.write(message) {
                Ok(()) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return None,
            }
        }
    }
}

fn answer(feeds: &Feeds<'_>, sub: u32, need: &Need) -> Input {
    if let Some(input) = at_hand(feeds.hub, sub, need) {
        return input;
    }
    match *need {
        Need::Changes { after, limit } => Input::Changes { sub, found: feeds.disk.changes_after(after, limit) },
        Need::Logs { after, max } => Input::Logs { sub, batch: feeds.disk.lines_after(after, max) },
        Need::Tail { count } => Input::Tail { sub, lines: feeds.disk.tail(count), reached: feeds.disk.log_head },
        Need::Objects | Need::Points { .. } => Input::Failed,
    }
}

/// The number in a name such as `e3`; one that no platform here gave is 0.
fn epoch(name: &str) -> u64 {
    name[1..].parse().unwrap_or(0)
}

pub fn place(position: &Position) -> Place {
    Place { epoch: epoch(&position.epoch), rev: position.rev }
}

fn asked(conn: u64, frame: &ClientFrame, feeds: &Feeds<'_>, history: &mut Vec<Fact>) {
    let ClientFrame::Sub { sub, topic, since } = frame else { return };
    let on = (conn, *sub);
    match topic {
        Topic::State => history.push(Fact::Asked { on, since: since.as_ref().map(place), floor: feeds.disk.floor, head: feeds.disk.place }),
        Topic::Logs { .. } => {
            let ours = since.as_ref().filter(|it| epoch(&it.epoch) == feeds.disk.log_epoch && it.rev <= feeds.disk.log_head);
            history.push(Fact::AskedLines { on, since: ours.map(|it| it.rev) });
        }
        Topic::Metrics { .. } => {}
    }
}

fn sent(conn: u64, text: &str, history: &mut Vec<Fact>) {
    let mut note = |sub: u32, said: Said| {
        let on: On = (conn, sub);
        history.push(Fact::Sent { on, said });
    };
    match serde_json::from_str(text).unwrap() {
        ServerFrame::SnapBegin { sub, rev } => note(sub, Said::Snapshot { rev }),
        ServerFrame::Ev { sub, n, rev, changes } => {
            note(sub, Said::Ev { n, rev, touched: changes.iter().map(|it| number(it.object().parts().1)).collect() });
        }
        ServerFrame::Bm { sub, n, rev } => note(sub, Said::Bm { n, rev }),
        ServerFrame::Hb { subs, .. } => subs.iter().for_each(|it| note(it.sub, Said::Beat { n: it.n, rev: it.rev })),
        ServerFrame::Log { sub, n, lines } => note(sub, Said::Lines { n, offs: lines.iter().map(|it| it.off).collect() }),
        ServerFrame::Gap { sub, n, gap } => note(sub, Said::Gap { n, offs: gap.offs }),
        ServerFrame::Err { sub: Some(sub), code: StreamCode::Gone, .. } => note(sub, Said::Gone),
        _ => {}
    }
}
