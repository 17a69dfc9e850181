//! One connection of the stream in the world: socket, clock and waiting around a session that knows none of them.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::sync::CancellationToken;

use crate::local::auth::Pass;
use crate::local::clock::now;
use crate::local::db::Db;
use crate::local::logs::{LogStore, Subscription};
use crate::model::log::LogQuery;
use crate::model::query::{Clock, Mistake, Query};
use crate::model::text::Clean;
use crate::model::time::Millis;
use crate::wire::rest::SUBPROTOCOL;
use crate::wire::stream::{ClientFrame, Hello, IDLE, MAX_CLIENT_FRAME, MAX_QUEUE_BYTES, MAX_SERVER_FRAME, ServerFrame, Topic};

use super::at_hand::at_hand;
use super::hub::{Heads, Hub};
use super::session::{Input, Output, Session};
use super::step::{Need, Reach};

/// How long a connection may stay without asking for anything.
const LATE: Duration = Duration::from_secs(10);
/// How long a client has to take the farewell.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long before its token ends a client is told so.
const WARN: Millis = Millis::mins(1);
/// Milliseconds of the time in which all come back, for each of them: 25 a second on average, so that a busy second has under 40.
const EACH: u64 = 40;
/// Heartbeats a client may leave lying before it is taken for dead.
const STUCK: u32 = 3;
/// Frames between session and socket: one under way, one ready.
const SLOT: usize = 1;
/// Messages of any kind between two heartbeats: hundreds of times what our client has to say.
const MOST_HEARD: u32 = 5000;
/// Longest reason a close frame can carry (RFC 6455: 125 bytes with its code).
const REASON: usize = 120;

/// What the stream is fed from. Cheap to clone.
#[derive(Clone)]
pub struct Feeds {
    pub hub: Hub,
    pub db: Db,
    pub logs: LogStore,
    /// Cancelled when the platform stops.
    pub stop: CancellationToken,
    pub heartbeat: Duration,
    /// The platform's name and version, as `hello` says it.
    pub server: Clean,
}

impl Feeds {
    fn reach(&self, heads: Heads) -> Reach {
        Reach { heads, floor: self.db.floor(), log_head: self.logs.head() }
    }
}

/// The limits of every socket.
pub fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .write_buffer_size(64 * 1024)
        .max_write_buffer_size(MAX_QUEUE_BYTES)
        .max_message_size(Some(MAX_CLIENT_FRAME))
        .max_frame_size(Some(MAX_CLIENT_FRAME))
}

/// Serves one connection until either side ends it, or the token ends that it was let in with.
pub async fn serve<S>(socket: WebSocketStream<S>, feeds: Feeds, pass: Pass)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sink, mut source) = socket.split();
    let (slot, frames) = mpsc::channel(SLOT);
    let writer = tokio::spawn(write(sink, frames));
    let mut link = Link::new(feeds, pass);
    link.run(&slot, &mut source).await;
    drop(slot);
    let stop = writer.abort_handle();
    if tokio::time::timeout(FAREWELL, writer).await.is_err() {
        stop.abort();
    }
}

/// Sends frames as fast as the client takes them, flushing when there is nothing more to add.
async fn write<S>(mut sink: SplitSink<WebSocketStream<S>, Message>, mut frames: mpsc::Receiver<Message>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(frame) = frames.recv().await {
        if sink.feed(frame).await.is_err() || (frames.is_empty() && sink.flush().await.is_err()) {
            return;
        }
    }
    let _ = sink.flush().await;
}

type Incoming = Option<Result<Message, tungstenite::Error>>;

struct Link {
    feeds: Feeds,
    pass: Pass,
    /// The client was told that its token ends soon.
    warned: bool,
    session: Session,
    heads: watch::Receiver<Heads>,
    degraded: watch::Receiver<Option<Clean>>,
    reach: Reach,
    /// Wakes when the log grows.
    grown: Subscription,
    logs: HashMap<u32, Subscription>,
    ready: Option<Message>,
    /// When the connection ends, whatever the client does.
    deadline: Option<Instant>,
    said_all: bool,
    reading: bool,
    /// Messages since the last heartbeat was due.
    heard: u32,
}

impl Link {
    fn new(feeds: Feeds, pass: Pass) -> Self {
        let mut heads = feeds.hub.heads();
        let reach = feeds.reach(*heads.borrow_and_update());
        let epoch = feeds.hub.view().at.epoch.clone();
        let log_epoch = feeds.logs.epoch();
        let hello = ServerFrame::Hello(Box::new(Hello {
            protocol: SUBPROTOCOL.to_owned(),
            epoch: epoch.clone(),
            head: reach.heads.rev,
            floor: reach.floor,
            log_epoch: log_epoch.clone(),
            log_head: reach.log_head,
            log_floor: feeds.logs.floor(),
            heartbeat_ms: feeds.heartbeat.as_millis() as u64,
            idle_ms: IDLE.0.unsigned_abs(),
            max_frame: MAX_SERVER_FRAME,
            now: now(),
            server: feeds.server.clone(),
        }));
        let grown = feeds.logs.head_only();
        let mut session = Session::new(hello, epoch, log_epoch, reach);
        let mut degraded = feeds.hub.degraded();
        let why = degraded.borrow_and_update().clone();
        if why.is_some() {
            session.take(Input::Degraded(why, now()));
        }
        Self {
            feeds,
            pass,
            warned: false,
            session,
            heads,
            degraded,
            reach,
            grown,
            logs: HashMap::new(),
            ready: None,
            deadline: None,
            said_all: false,
            reading: true,
            heard: 0,
        }
    }

    async fn run(
        &mut self,
        slot: &mpsc::Sender<Message>,
        source: &mut (impl StreamExt<Item = Result<Message, tungstenite::Error>> + Unpin),
    ) {
        let stop = self.feeds.stop.clone();
        let mut beat = tokio::time::interval_at(Instant::now() + self.feeds.heartbeat, self.feeds.heartbeat);
        let late = tokio::time::sleep(LATE);
        tokio::pin!(late);
        let (mut stuck, mut stopping, mut heads_open) = (0, false, true);
        let pass = self.pass.clone();
        loop {
            let look = self.look_at_pass();
            self.pump().await;
            if self.session.is_ending() {
                self.deadline.get_or_insert_with(|| Instant::now() + FAREWELL);
            }
            let deadline = self.deadline.unwrap_or_else(|| Instant::now() + FAREWELL);
            tokio::select! {
                permit = slot.reserve(), if self.ready.is_some() => {
                    let (Ok(permit), Some(frame)) = (permit, self.ready.take()) else { return };
                    stuck = 0;
                    permit.send(frame);
                }
                message = source.next(), if self.reading => if !self.incoming(message) { return },
                moved = self.heads.changed(), if heads_open => {
                    heads_open = moved.is_ok();
                    self.moved();
                }
                // Its sender lives in the same hub as that of the heads.
                Ok(()) = self.degraded.changed() => self.degraded(),
                () = self.grown.wait_after(self.reach.log_head) => {
                    self.moved();
                }
                _ = beat.tick() => {
                    self.heard = 0;
                    stuck += u32::from(self.ready.is_some());
                    if stuck >= STUCK {
                        return;
                    }
                    self.session.take(Input::Beat(now()));
                }
                () = pass.revoked(), if !self.session.is_ending() => {
                    self.session.take(Input::Ended(format!("the token {} was revoked", pass.actor.name).into()));
                }
                () = tokio::time::sleep(look.unwrap_or_default()), if look.is_some() => {}
                () = &mut late, if self.session.is_silent() && !self.session.is_ending() => self.session.take(Input::Late),
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    self.session.take(Input::Stop { retry_after_ms: retry_after(self.feeds.hub.followers()) });
                }
                () = tokio::time::sleep_until(deadline), if self.deadline.is_some() => return,
            }
        }
    }

    /// Says in good time that the token ends, and ends with it. How long until it is to be looked at again: the calendar decides,
    /// which may jump, so never longer than a heartbeat.
    fn look_at_pass(&mut self) -> Option<Duration> {
        let left = self.pass.left(now()).filter(|_| !self.session.is_ending())?;
        if left.0 <= 0 {
            self.session.take(Input::Ended(format!("the token {} has ended", self.pass.actor.name).into()));
            return None;
        }
        if left <= WARN && !self.warned {
            self.warned = true;
            self.session.take(Input::Expiring { in_ms: left.0.unsigned_abs() });
        }
        let next = if self.warned { left.0 } else { left.0 - WARN.0 };
        Some(Duration::from_millis(next.unsigned_abs()).min(self.feeds.heartbeat))
    }

    fn moved(&mut self) {
        let heads = *self.heads.borrow_and_update();
        self.reach = self.feeds.reach(heads);
        self.session.take(Input::Moved(self.reach));
    }

    fn degraded(&mut self) {
        // What was published before this was said must be known to the session before it hears of it.
        self.moved();
        let why = self.degraded.borrow_and_update().clone();
        self.session.take(Input::Degraded(why, now()));
    }

    /// Takes what the client sent; false once it has gone.
    fn incoming(&mut self, message: Incoming) -> bool {
        self.heard += 1;
        match message {
            Some(Ok(_)) if self.heard > MOST_HEARD => self.bad("too many frames at once"),
            Some(Ok(Message::Text(text))) => self.client(&text),
            Some(Ok(Message::Binary(_))) => self.session.take(Input::Bad("frames are text".into())),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(tungstenite::Error::Capacity(_))) => {
                self.reading = false;
                self.session.take(Input::TooLarge);
            }
            // Cut off, which tungstenite counts among mistakes too.
            Some(Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => return false,
            Some(Err(tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_))) => self.bad("this is no frame of a WebSocket"),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
        }
        true
    }

    /// Reads no more of one who breaks the rules, and says so.
    fn bad(&mut self, why: &str) {
        self.reading = false;
        self.session.take(Input::Bad(why.into()));
    }

    fn client(&mut self, text: &str) {
        match serde_json::from_str::<ClientFrame>(text) {
            Ok(mut frame) => match self.aim(&mut frame) {
                Ok(()) => self.session.take(Input::Client(frame, now())),
                Err((sub, mistake)) => {
                    let why = format!("`q` cannot be read at byte {}: {mistake}", mistake.at);
                    self.session.take(Input::BadQuery(sub, Clean::new(&why)));
                }
            },
            Err(error) => self.session.take(bad_since(text).map_or_else(|| Input::Bad(Clean::new(&error.to_string())), Input::BadSince)),
        }
    }

    /// Keeps a reader of the log for each subscription to it. What its query says of times is taken by our clock, once.
    fn aim(&mut self, frame: &mut ClientFrame) -> Result<(), (u32, Mistake)> {
        match frame {
            ClientFrame::Sub { sub, topic: Topic::Logs { filter, .. }, .. } if self.logs.len() < 1024 => {
                if let Some(typed) = &mut filter.query {
                    *typed = Query::parse(typed, Clock { now: now(), offset_minutes: 0 }).map_err(|it| (*sub, it))?.to_string();
                }
                if !self.logs.contains_key(sub) {
                    self.logs.insert(*sub, self.feeds.logs.subscribe(filter, &self.feeds).map_err(|it| (*sub, it))?);
                }
            }
            ClientFrame::Unsub { sub } => drop(self.logs.remove(sub)),
            _ => {}
        }
        Ok(())
    }

    /// Asks the session for the next frame, answering what it needs for that.
    async fn pump(&mut self) {
        while self.ready.is_none() && !self.said_all {
            match self.session.poll() {
                Output::Send(text) => self.ready = Some(Message::text(text)),
                Output::Ask(sub, need) => {
                    let input = self.answer(sub, need).await;
                    self.session.take(input);
                }
                Output::Close(code, reason) => {
                    self.said_all = true;
                    let mut reason = reason.to_string();
                    reason.truncate(reason.floor_char_boundary(REASON));
                    self.ready = Some(Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() })));
                }
                Output::Idle => return,
            }
        }
    }

    async fn answer(&mut self, sub: u32, need: Need) -> Input {
        if let Some(input) = at_hand(&self.feeds.hub, sub, &need) {
            return input;
        }
        match need {
            Need::Changes { after, limit } => {
                let found = self.feeds.db.changes_after(after, limit).await;
                found.map_or_else(|_| Input::Failed, |found| Input::Changes { sub, found })
            }
            Need::Logs { after, max } => {
                let Some(reader) = self.logs.get_mut(&sub) else { return Input::Failed };
                reader.aim(&self.feeds);
                Input::Logs { sub, batch: reader.next_after(after, max) }
            }
            Need::Tail { count } => self.tail(sub, count).await,
            // Always at hand.
            Need::Objects | Need::Points { .. } => Input::Failed,
        }
    }

    /// The newest lines kept. What comes after them is followed from where the log stood before they were read.
    async fn tail(&self, sub: u32, count: usize) -> Input {
        let reached = self.feeds.logs.head();
        let Some(reader) = self.logs.get(&sub).filter(|_| count > 0) else {
            return Input::Tail { sub, lines: Vec::new(), reached };
        };
        let query = LogQuery { filter: reader.filter().clone(), before: Some(reached + 1), limit: Some(count), ..LogQuery::default() };
        let feeds = self.feeds.clone();
        let read = tokio::task::spawn_blocking(move || feeds.logs.query(&query, &feeds));
        // The query was read when the subscription began.
        read.await.ok().and_then(Result::ok).map_or_else(|| Input::Failed, |page| Input::Tail { sub, lines: page.lines, reached })
    }
}

/// A subscription that is right but for its position: it is told that the position is gone, as for any other it cannot resume from.
fn bad_since(text: &str) -> Option<u32> {
    let mut frame: serde_json::Value = serde_json::from_str(text).ok()?;
    frame.as_object_mut()?.remove("since")?;
    match serde_json::from_value(frame) {
        Ok(ClientFrame::Sub { sub, .. }) => Some(sub),
        _ => None,
    }
}

/// When to come back, in milliseconds: spread over a second and a half, and over longer where so many follow that
/// they would still come in a storm.
fn retry_after(followers: usize) -> u64 {
    let spread = (followers as u64 * EACH).clamp(1_500, 30_000);
    let mut bytes = [0u8; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => 500 + u64::from(u16::from_le_bytes(bytes)) * spread / u64::from(u16::MAX),
        Err(_) => 500 + spread / 2,
    }
}
