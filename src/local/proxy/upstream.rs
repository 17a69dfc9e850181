//! One replica as the proxy knows it: where it is, how many requests it has, and the connections to it that are kept open.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::sent::Sent;
use crate::model::ids::DeploymentId;

/// A replica on this machine either takes a connection at once or its backlog is full.
const CONNECT: Duration = Duration::from_secs(3);
/// Idle connections kept to one replica.
const IDLE: usize = 128;
/// How long a replica that refused is passed over while others are there.
const REST: Duration = Duration::from_millis(500);

/// Where a replica listens, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    pub addr: SocketAddr,
    /// From 1.
    pub replica: u16,
    pub deployment: Option<DeploymentId>,
}

/// A connection to a replica.
pub type Line = SendRequest<Sent>;

/// A replica.
#[derive(Debug)]
pub struct Upstream {
    pub backend: Backend,
    flying: AtomicUsize,
    landed: Notify,
    idle: Mutex<Vec<Line>>,
    retired: AtomicBool,
    born: Instant,
    /// Ms after `born` until which it is passed over.
    rest_until: AtomicU64,
}

impl Upstream {
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            flying: AtomicUsize::new(0),
            landed: Notify::new(),
            idle: Mutex::default(),
            retired: AtomicBool::new(false),
            born: Instant::now(),
            rest_until: AtomicU64::new(0),
        }
    }

    /// Requests that are under way.
    pub fn flying(&self) -> usize {
        self.flying.load(Ordering::Acquire)
    }

    /// Whether it refused a moment ago.
    pub fn rests(&self) -> bool {
        (self.born.elapsed().as_millis() as u64) < self.rest_until.load(Ordering::Relaxed)
    }

    /// It refused: others are asked first for a while.
    pub fn rest(&self) {
        self.rest_until.store((self.born.elapsed() + REST).as_millis() as u64, Ordering::Relaxed);
    }

    /// No new requests will come: connections nobody uses are closed.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.lines().clear();
    }

    /// Until no request is under way.
    pub async fn empty(&self) {
        loop {
            let landed = self.landed.notified();
            tokio::pin!(landed);
            landed.as_mut().enable();
            if self.flying() == 0 {
                return;
            }
            landed.await;
        }
    }

    /// A kept connection that can take a request now.
    pub fn kept(&self) -> Option<Line> {
        let mut idle = self.lines();
        idle.retain(|it| !it.is_closed());
        let place = idle.iter().rposition(Line::is_ready)?;
        Some(idle.swap_remove(place))
    }

    /// Gives a connection back once its answer has been read to the end.
    pub fn keep(&self, line: Line) {
        let mut idle = self.lines();
        if !self.retired.load(Ordering::Acquire) && idle.len() < IDLE && !line.is_closed() {
            idle.push(line);
        }
    }

    /// Opens a connection.
    pub async fn connect(&self) -> Result<Line, String> {
        let addr = self.backend.addr;
        let stream = match tokio::time::timeout(CONNECT, TcpStream::connect(addr)).await {
            Err(_) => return Err(format!("{addr} did not take the connection within {} s", CONNECT.as_secs())),
            Ok(Err(why)) => return Err(format!("{addr}: {why}")),
            Ok(Ok(stream)) => stream,
        };
        // Without it a small answer can wait 40 ms for an acknowledgement; on failure it only waits.
        let _ = stream.set_nodelay(true);
        let (line, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|why| format!("{addr}: {why}"))?;
        // Ends with the connection; what went wrong is told to whoever waits for the answer.
        tokio::spawn(connection.with_upgrades());
        Ok(line)
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<Line>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way on a replica; it has landed when this is dropped.
#[derive(Debug)]
pub struct Flight(pub Arc<Upstream>);

impl Flight {
    pub fn new(upstream: &Arc<Upstream>) -> Self {
        upstream.flying.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(upstream))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.0.flying.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.landed.notify_waiters();
        }
    }
}
