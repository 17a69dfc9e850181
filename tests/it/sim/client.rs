//! A client's half of a run: the real session and the real backoff, real WebSocket frames, and what a person would see.

use std::io::ErrorKind;

use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use trackside::model::event::{Event, Snapshot};
use trackside::model::link::Link;
use trackside::model::log::LogFilter;
use trackside::model::time::{Millis, Time};
use trackside::platform::patience::Patience;
use trackside::platform::retry::Backoff;
use trackside::platform::trackside::read::Whole;
use trackside::platform::trackside::session::{Input, Session};
use trackside::platform::trackside::turn::{Counters, Ending, Now, Output};
use trackside::wire::stream::MAX_SERVER_FRAME;

use super::disk::number;
use super::history::{Fact, INCIDENT, Objects, Place};
use super::net::{End, FAIR, ROOMY, Rng, Shared, Weather, Wire};
use super::platform::{Platform, place};

/// As `line` has it: until a connection stands, and how often the clocks are looked at.
const CONNECT: i64 = 5_000;
const TICK: i64 = 2_000;
/// After so long asleep the program knows that it slept.
const SLEPT: i64 = 5_000;

/// Where the client stands between its connections.
enum Phase {
    Waiting {
        until: i64,
    },
    /// The handshake is under way; `stands`: whether it will come to anything.
    Connecting {
        until: i64,
        stands: bool,
    },
    Open(Box<WebSocket<End>>, Shared),
}

pub struct Client {
    index: usize,
    session: Session,
    backoff: Backoff,
    phase: Phase,
    /// What the ways up and down do, and until when.
    pub weather: [Weather; 2],
    pub weather_until: i64,
    pub window: usize,
    pub asleep_until: i64,
    last_step: i64,
    next_tick: i64,
    store: Snapshot,
    pub link: Link,
    /// Since when its connection stands.
    pub stands: i64,
    /// When the platform was heard last, and the longest silence in which the link still counted as live.
    heard: i64,
    pub silence: i64,
    /// The newest line that was shown or said to be lost, in the log as it is now.
    pub read: Option<u64>,
    /// Connections tried in the current minute.
    tries: (i64, u64),
    rng: Rng,
}

impl Client {
    pub fn new(index: usize, rng: Rng) -> Self {
        Self {
            index,
            session: Session::new(Patience::default()),
            backoff: Backoff::default(),
            phase: Phase::Waiting { until: 0 },
            weather: [FAIR; 2],
            weather_until: 0,
            window: ROOMY,
            asleep_until: 0,
            last_step: 0,
            next_tick: 0,
            store: Snapshot::default(),
            link: Link::Idle,
            stands: 0,
            heard: 0,
            silence: 0,
            read: None,
            tries: (0, 0),
            rng,
        }
    }

    pub const fn counters(&self) -> &Counters {
        self.session.counters()
    }

    pub const fn wire(&self) -> Option<&Shared> {
        match &self.phase {
            Phase::Open(_, wire) => Some(wire),
            _ => None,
        }
    }

    pub fn objects(&self) -> Objects {
        let teams = self.store.teams.iter().map(|it| (number(it.id.as_str()), it.rev));
        teams.chain(self.store.incidents.iter().map(|it| (number(it.id.as_str()), it.rev))).collect()
    }

    pub fn place(&self) -> Option<Place> {
        self.session.position().map(place)
    }

    /// What a person sees who looks now.
    pub fn look(&mut self, at: i64, history: &mut Vec<Fact>) {
        if self.link.is_fresh() {
            self.silence = self.silence.max(at - self.heard);
        }
        let incidents = self.objects().keys().filter(|it| **it >= INCIDENT).count();
        history.push(Fact::Looked { client: self.index, at, fresh: self.link.is_fresh(), place: self.place(), incidents });
    }

    pub fn step(&mut self, now: i64, platform: &mut Platform, history: &mut Vec<Fact>) {
        if now < self.asleep_until {
            return;
        }
        let slept = now - self.last_step > SLEPT;
        self.last_step = now;
        if slept {
            // As `live` and `pause` do: the socket is dropped, and a connection tried at once.
            self.backoff.forget();
            self.lost(now, history);
            self.phase = Phase::Waiting { until: now };
        }
        match &mut self.phase {
            Phase::Waiting { until } if now >= *until => self.connect(now, platform, history),
            Phase::Connecting { until, stands } if now >= *until => {
                let stands = *stands;
                self.connected(now, stands, platform, history);
            }
            Phase::Open(..) => self.read(now, history),
            _ => {}
        }
        if now >= self.next_tick {
            self.next_tick = now + TICK;
            self.take(now, Input::Tick, history);
        }
    }

    fn connect(&mut self, now: i64, platform: &Platform, history: &mut Vec<Fact>) {
        if now - self.tries.0 > 60_000 {
            self.tries = (now, 0);
        }
        self.tries.1 += 1;
        // With backoff and jitter; one that sleeps and wakes all the time may try a little more.
        history.push(Fact::Load { what: "connections tried in a minute", value: self.tries.1, most: 40 });
        self.link = Link::Connecting { attempt: self.backoff.attempt() };
        let free = self.weather.iter().all(|it| !it.held);
        let trip = self.weather[0].delay + self.weather[1].delay;
        let until = now + if free { trip } else { CONNECT };
        self.phase = Phase::Connecting { until, stands: free && platform.is_up() };
    }

    fn connected(&mut self, now: i64, stands: bool, platform: &mut Platform, history: &mut Vec<Fact>) {
        if !stands || !platform.is_up() {
            return self.again(now, None);
        }
        let wire = Wire::open(now, self.window);
        let (ours, theirs) = End::both(&wire);
        platform.accept(now, &wire, theirs);
        let config = WebSocketConfig::default().max_message_size(Some(MAX_SERVER_FRAME)).max_frame_size(Some(MAX_SERVER_FRAME));
        self.phase = Phase::Open(Box::new(WebSocket::from_raw_socket(ours, Role::Client, Some(config))), wire);
        (self.stands, self.heard) = (now, now);
        self.take(now, Input::Opened, history);
        self.take(now, Input::Follow(LogFilter::default()), history);
    }

    fn read(&mut self, now: i64, history: &mut Vec<Fact>) {
        // Bounded: a peer that never stops talking must not stop time.
        for _ in 0..2_000 {
            let Phase::Open(socket, _) = &mut self.phase else { return };
            let message = socket.read();
            if message.is_ok() {
                self.heard = now;
            }
            match message {
                Ok(Message::Text(text)) => self.take(now, Input::Text(text.as_str()), history),
                Ok(Message::Close(frame)) => {
                    let code = frame.as_ref().map(|it| u16::from(it.code));
                    let why = frame.as_ref().map_or("", |it| it.reason.as_str()).to_owned();
                    self.take(now, Input::Closed { code, why: &why }, history);
                }
                Ok(_) => self.take(now, Input::Noise, history),
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.take(now, Input::Closed { code: None, why: "the connection was cut" }, history),
            }
        }
    }

    /// The connection is gone without the session's having ended it.
    fn lost(&mut self, now: i64, history: &mut Vec<Fact>) {
        if matches!(self.phase, Phase::Open(..)) {
            self.take(now, Input::Closed { code: None, why: "asleep" }, history);
        }
    }

    fn take(&mut self, now: i64, input: Input<'_>, history: &mut Vec<Fact>) {
        let mut cut = false;
        let outputs = self.session.step(Now { boot: Millis(now), wall: Time(now) }, input);
        for output in outputs {
            match output {
                Output::Send(_) if cut => {}
                Output::Send(frame) => {
                    let Phase::Open(socket, _) = &mut self.phase else { continue };
                    let sent = socket.send(Message::text(serde_json::to_string(&frame).unwrap()));
                    cut = sent.is_err_and(|it| !matches!(it, Error::Io(error) if error.kind() == ErrorKind::WouldBlock));
                }
                Output::Emit(event) => self.told(now, event, history),
                Output::Renew => {}
                Output::End(Ending::Again { after, .. }) => self.again(now, after),
                Output::End(_) => self.again(now, None),
            }
        }
        // As `live` does: what was taken in is told whole before the end of the connection is looked at.
        if cut && matches!(self.phase, Phase::Open(..)) {
            self.take(now, Input::Closed { code: None, why: "cut" }, history);
        }
    }

    fn again(&mut self, now: i64, after: Option<Millis>) {
        let attempt = self.backoff.attempt();
        let wait = self.backoff.failed(Millis(now), self.rng.next(), after);
        self.phase = Phase::Waiting { until: now + wait.0 };
        self.link = Link::Retrying { at: Time(now + wait.0), attempt, why: "lost".into() };
    }

    fn told(&mut self, now: i64, event: Event, history: &mut Vec<Fact>) {
        let client = self.index;
        match event {
            Event::Snapshot(all) => {
                self.store = *all;
                self.shown(true, history);
            }
            Event::Changed(changes) => {
                for it in changes {
                    self.store.apply(it);
                }
                self.shown(false, history);
            }
            Event::Link(link) => {
                if link == Link::Live {
                    self.backoff.held(Millis(now));
                }
                self.link = link;
            }
            Event::Logs(lines) => {
                self.read = lines.last().map(|it| it.off).or(self.read);
                history.push(Fact::Lines { client, offs: lines.iter().map(|it| it.off).collect() });
            }
            Event::LogGap(gap) => {
                self.read = Some(*gap.offs.end());
                history.push(Fact::Lost { client, offs: gap.offs });
            }
            Event::LogRestart { .. } => {
                self.read = None;
                history.push(Fact::LogBegan { client });
            }
            _ => {}
        }
    }

    fn shown(&self, whole: bool, history: &mut Vec<Fact>) {
        // Something shown that is at no place in history was never a state of the platform.
        let place = self.place().unwrap_or_default();
        history.push(Fact::Took { client: self.index, place, whole });
        history.push(Fact::Shown { client: self.index, place, objects: self.objects() });
    }

    /// The comparison of every ten minutes, with what REST would answer.
    pub fn check(&mut self, now: i64, whole: &Whole, history: &mut Vec<Fact>) {
        if matches!(self.phase, Phase::Open(..)) && now >= self.asleep_until {
            self.take(now, Input::Check(whole), history);
        }
    }
}
