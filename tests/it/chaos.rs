//! The real source and the real platform with a hostile stretch of wire between them: real sockets, cut, held and slowed.
//!
//! Names begin with the case of the project's table of faults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use trackside::model::event::{Answer, Change, Event, Snapshot};
use trackside::model::ids::{AskId, SourceId};
use trackside::model::link::Link;
use trackside::model::request::{NewProject, Request};
use trackside::model::time::Millis;
use trackside::platform::endpoint::Endpoint;
use trackside::platform::patience::Patience;
use trackside::platform::port::{Ask, Source as _};
use trackside::platform::sink::Sink;
use trackside::platform::trackside::client::Client;
use trackside::platform::trackside::source::Trackside;

use crate::contract::desk::{Desk, TOKEN};
use crate::contract::samples;

const DEADLINE: Duration = Duration::from_mins(1);
/// No fuse is lit.
const WHOLE: i64 = i64::MAX;

/// What the wire does; shared by all connections over it.
#[derive(Debug)]
pub struct Wire {
    /// Bytes the way down still lets through before the connection breaks.
    fuse: AtomicI64,
    /// It breaks with a reset, or with an ordinary end.
    reset: AtomicBool,
    /// Connections with a number below this are held, up and down.
    held_up: AtomicU64,
    held_down: AtomicU64,
    /// Bytes each 10 ms on the way down; 0: no limit.
    pub rate: AtomicU64,
    opened: AtomicU64,
}

/// A proxy in front of a platform.
pub struct Proxy {
    pub url: String,
    pub wire: Arc<Wire>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// A platform, and a proxy in front of it.
    pub async fn and_desk() -> (Self, Desk) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let desk = Desk::behind(vec![host.clone()]).await;
        (Self::before(desk.port, listener, &host), desk)
    }

    pub fn before(port: u16, listener: TcpListener, host: &str) -> Self {
        let url = format!("http://{host}");
        let wire = Arc::new(Wire {
            fuse: AtomicI64::new(WHOLE),
            reset: AtomicBool::new(true),
            held_up: AtomicU64::new(0),
            held_down: AtomicU64::new(0),
            rate: AtomicU64::new(0),
            opened: AtomicU64::new(0),
        });
        let shared = Arc::clone(&wire);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let number = shared.opened.fetch_add(1, Ordering::SeqCst);
                connections.spawn(carry(near, port, number, Arc::clone(&shared)));
            }
        });
        Self { url, wire, task }
    }

    pub fn break_after(&self, bytes: i64, reset: bool) {
        self.wire.reset.store(reset, Ordering::SeqCst);
        self.wire.fuse.store(bytes, Ordering::SeqCst);
    }

    /// Holds all connections that there are now.
    pub fn hold(&self, up: bool, down: bool) {
        let all = self.wire.opened.load(Ordering::SeqCst);
        self.wire.held_up.store(if up { all } else { 0 }, Ordering::SeqCst);
        self.wire.held_down.store(if down { all } else { 0 }, Ordering::SeqCst);
    }

    /// The wire is whole from now on.
    pub fn mend(&self) {
        self.hold(false, false);
        self.wire.fuse.store(WHOLE, Ordering::SeqCst);
        self.wire.rate.store(0, Ordering::SeqCst);
    }

    pub fn opened(&self) -> u64 {
        self.wire.opened.load(Ordering::SeqCst)
    }
}

async fn carry(near: TcpStream, port: u16, number: u64, wire: Arc<Wire>) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (from_near, to_near) = near.into_split();
    let (from_far, to_far) = far.into_split();
    let to_near = {
        let up = up(from_near, to_far, number, &wire);
        let down = down(from_far, to_near, number, &wire);
        tokio::pin!(up, down);
        tokio::select! {
            () = &mut up => return,
            to_near = &mut down => to_near,
        }
    };
    if wire.reset.load(Ordering::SeqCst) {
        // The kernel then says RST where it would have said FIN.
        let _ = to_near.as_ref().set_zero_linger();
    }
}

/// Waits while connection `number` is held.
async fn held(until: &AtomicU64, number: u64) {
    while number < until.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn up(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, number: u64, wire: &Wire) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count) = from.read(&mut bytes).await {
        held(&wire.held_up, number).await;
        if count == 0 || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

async fn down(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, number: u64, wire: &Wire) -> OwnedWriteHalf {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let rate = wire.rate.load(Ordering::SeqCst);
        let most = if rate == 0 { bytes.len() } else { rate as usize };
        let Ok(count) = from.read(&mut bytes[..most]).await else { return to };
        held(&wire.held_down, number).await;
        if rate > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let left = wire.fuse.load(Ordering::SeqCst);
        let pass = if left == WHOLE { count } else { count.min(usize::try_from(left).unwrap_or(0)) };
        if count == 0 || to.write_all(&bytes[..pass]).await.is_err() {
            return to;
        }
        if left != WHOLE {
            wire.fuse.store(if pass < count || left == pass as i64 { WHOLE } else { left - pass as i64 }, Ordering::SeqCst);
            if pass < count || left == pass as i64 {
                return to;
            }
        }
    }
}

/// Short waits, but none so short that a busy machine is taken for a dead one.
pub fn patience() -> Patience {
    Patience { ping: Millis(400), stale: Millis(1_000), dead: Millis(2_000), tick: Duration::from_millis(50), ..Patience::default() }
}

/// A source behind the proxy, and everything it said.
pub struct Watch {
    asks: mpsc::Sender<Ask>,
    lane: mpsc::Receiver<(SourceId, Event)>,
    pub store: Snapshot,
    pub link: Link,
    pub snapshots: u32,
    /// How often each revision of an object came.
    pub came: BTreeMap<u64, u32>,
    stale: u32,
    pub retried: Vec<String>,
    asked: u64,
    /// The newest revision it holds, and each one that came when that was not the one before it.
    held: u64,
    pub holes: Vec<(u64, u64)>,
}

impl Watch {
    pub fn start(url: &str) -> Self {
        let (asks, questions) = mpsc::channel(64);
        let (lane, events) = mpsc::channel(256);
        let endpoint = Endpoint::new(url, Some(SecretString::from(TOKEN))).unwrap();
        tokio::spawn(Box::new(Trackside::patient(endpoint, patience())).run(questions, Sink::new(SourceId(0), lane)));
        let (store, came, retried) = (Snapshot::default(), BTreeMap::new(), Vec::new());
        Self { asks, lane: events, store, link: Link::Idle, snapshots: 0, came, stale: 0, retried, asked: 0, held: 0, holes: Vec::new() }
    }

    /// Takes events in until `enough`; a connection that was lost is tried again at once.
    pub async fn until(&mut self, what: &str, enough: impl FnMut(&Self) -> bool) {
        self.within(DEADLINE, what, enough).await;
    }

    pub async fn within(&mut self, time: Duration, what: &str, mut enough: impl FnMut(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + time;
        while !enough(self) {
            let event = tokio::time::timeout_at(deadline, self.lane.recv()).await;
            let (_, event) = event
                .unwrap_or_else(|_| {
                    panic!("never came: {what}; {:?}, {:?}", self.link, self.retried.iter().rev().take(5).collect::<Vec<_>>())
                })
                .unwrap();
            match event {
                Event::Snapshot(all) => {
                    self.store = *all;
                    self.held = self.store.projects.iter().map(|it| it.rev).max().unwrap_or_default();
                    self.snapshots += 1;
                }
                Event::Changed(changes) => {
                    for it in changes {
                        let rev = it.rev().unwrap_or_default();
                        *self.came.entry(rev).or_default() += 1;
                        if rev != self.held + 1 {
                            self.holes.push((self.held, rev));
                        }
                        self.held = rev;
                        self.store.apply(it);
                    }
                }
                Event::Link(link) => {
                    self.stale += u32::from(matches!(link, Link::Stale { .. }));
                    if let Link::Retrying { why, .. } = &link {
                        self.retried.push(why.to_string());
                        self.asked += 1;
                        self.asks.send(Ask { id: AskId(self.asked), request: Request::Refresh }).await.unwrap();
                    }
                    self.link = link;
                }
                _ => {}
            }
        }
    }

    pub async fn has(&mut self, rev: u64) {
        self.until(&format!("revision {rev}"), |it| it.link == Link::Live && it.came.contains_key(&rev)).await;
    }

    /// Every revision of `all` came once, and nothing was read anew for it.
    fn came_once(&self, all: std::ops::RangeInclusive<u64>) {
        assert_eq!(self.snapshots, 1, "resumed, never begun anew");
        let wrong: Vec<(u64, u32)> = all.map(|rev| (rev, self.came.get(&rev).copied().unwrap_or(0))).filter(|it| it.1 != 1).collect();
        assert_eq!(wrong, [], "lost or twice");
    }
}

pub async fn change(desk: &Desk, name: u64) -> u64 {
    desk.write(vec![Change::Project(samples::project(&format!("prj_{name}")))]).await
}

/// A platform, a wire, and a source that follows over it.
async fn following() -> (Desk, Proxy, Watch) {
    let (proxy, desk) = Proxy::and_desk().await;
    let mut watch = Watch::start(&proxy.url);
    watch.until("live", |it| it.link == Link::Live).await;
    (desk, proxy, watch)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_reset_at_any_byte_of_a_frame_loses_nothing_and_doubles_nothing() {
    let (desk, proxy, mut watch) = following().await;
    for cut in 0..300 {
        proxy.break_after(cut, true);
        let rev = change(&desk, cut.unsigned_abs() % 7).await;
        watch.has(rev).await;
    }
    watch.came_once(1..=300);
    // Where the cut lies behind the frame's end, it falls into the next one.
    assert!(proxy.opened() >= 200, "{} connections", proxy.opened());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_d3_an_end_without_a_word_is_a_lost_connection_and_is_resumed() {
    let (desk, proxy, mut watch) = following().await;
    for cut in 0..40 {
        // Frames are longer than 300 bytes and shorter than 800: the end falls into the first, second or third after it.
        proxy.break_after(cut * 37, false);
        let mut rev = 0;
        for name in 0..4 {
            rev = change(&desk, name).await;
        }
        watch.has(rev).await;
    }
    watch.came_once(1..=160);
    assert!(!watch.retried.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_silence_of_a_half_open_connection_is_stale_then_given_up_and_made_anew() {
    let (desk, proxy, mut watch) = following().await;
    // The platform asks for 45 s of patience, and gets it.
    proxy.hold(true, true);
    watch.until("stale", |it| it.stale > 0).await;
    watch.until("given up", |it| !it.retried.is_empty()).await;
    let rev = change(&desk, 1).await;
    watch.has(rev).await;
    watch.came_once(1..=rev);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_what_an_old_connection_still_holds_is_never_taken_in_after_a_new_one_stands() {
    let (desk, proxy, mut watch) = following().await;
    proxy.hold(false, true);
    for name in 0..20 {
        change(&desk, name).await;
    }
    watch.until("a new connection", |it| !it.retried.is_empty()).await;
    watch.has(20).await;
    proxy.hold(false, false);
    let rev = change(&desk, 3).await;
    watch.has(rev).await;
    watch.came_once(1..=21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_one_who_reads_slowly_is_let_go_and_resumes_and_costs_the_others_nothing() {
    let (desk, proxy, mut slow) = following().await;
    let mut good = Watch::start(&format!("http://127.0.0.1:{}", desk.port));
    good.until("live", |it| it.link == Link::Live).await;
    proxy.wire.rate.store(10, Ordering::SeqCst);
    let mut project = samples::project("prj_big");
    let environment = project.environments[0].clone();
    project.environments = (0..300)
        .map(|n| trackside::model::project::Environment { name: format!("{n:0500}").as_str().into(), ..environment.clone() })
        .collect();
    let mut rev = 0;
    for _ in 0..120 {
        rev = desk.write(vec![Change::Project(project.clone())]).await;
        // In its turn, while the slow one is far behind.
        good.has(rev).await;
    }
    proxy.wire.rate.store(0, Ordering::SeqCst);
    slow.has(rev).await;
    slow.came_once(1..=rev);
    good.came_once(1..=rev);
    assert!(!slow.retried.is_empty(), "it was never let go");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d28_a_write_whose_answer_was_lost_is_sent_again_and_done_once() {
    let (proxy, _desk) = Proxy::and_desk().await;
    let endpoint = Endpoint::new(&proxy.url, Some(SecretString::from(TOKEN))).unwrap();
    for (deed, cut) in [0, 1, 40, 120].into_iter().enumerate() {
        proxy.break_after(cut, true);
        let client = Client::patient(endpoint.clone(), patience());
        let name = format!("shop-{deed}");
        let asked = client.ask(&Request::CreateProject(NewProject { name, environment: None, production: false }), "cli", None).await;
        assert!(matches!(asked, Ok(Answer::Done { .. })), "cut after {cut}: {asked:?}");
        let (position, all) = client.snapshot().await.unwrap();
        assert_eq!((position.rev, all.projects.len()), (deed as u64 + 1, deed + 1), "cut after {cut}");
    }
    assert!(proxy.opened() >= 8, "each answer was lost once");
}
