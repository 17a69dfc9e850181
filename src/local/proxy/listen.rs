//! The proxy as the engine holds it: addresses, routes, counts. One listener and one task for each service.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::ProxyError;
use super::forward;
use super::site::Site;
use super::upstream::Backend;
use crate::local::logs::LogStore;
use crate::local::port::Traffic;
use crate::model::ids::ServiceId;

/// How long a caller may take for a request's head, and how long a connection may idle between two.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Connections of one service; more wait in the kernel's queue.
const CONNECTIONS: usize = 2048;
/// Pause when no connection can be taken (no file descriptor left): the next ones may end meanwhile.
const BREATH: Duration = Duration::from_millis(50);

/// The proxy. Cheap to clone.
#[derive(Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
}

struct Inner {
    logs: LogStore,
    patience: Duration,
    sites: Mutex<BTreeMap<ServiceId, Arc<Site>>>,
    open: Mutex<BTreeMap<ServiceId, CancellationToken>>,
    /// The tasks that hold the listeners.
    accepting: TaskTracker,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for stop in self.open.get_mut().unwrap_or_else(PoisonError::into_inner).values() {
            stop.cancel();
        }
    }
}

impl Proxy {
    /// A proxy that writes its request log to `logs`. A replica that has a request and lets its caller wait for longer than `patience`
    /// is answered for with 504; an answer that has begun, and a tunnel, may take as long as they like.
    pub fn new(logs: LogStore, patience: Duration) -> Self {
        Self { inner: Arc::new(Inner { logs, patience, sites: Mutex::default(), open: Mutex::default(), accepting: TaskTracker::new() }) }
    }

    /// Opens a service's address on `port` (0: any free one) and answers there from now on, if only to say that nobody serves.
    /// Answers the port. `name` is what callers are told the service is called. An address open already is closed first.
    pub async fn listen(&self, service: &ServiceId, name: &str, port: u16) -> Result<u16, ProxyError> {
        self.unlisten(service);
        let failed = |why: io::Error| ProxyError::Port { port, why };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let site = self.site(service);
        site.call(name);
        let stop = CancellationToken::new();
        self.open().insert(service.clone(), stop.clone());
        self.inner.accepting.spawn(accept(listener, site, stop));
        Ok(port)
    }

    /// Closes a service's address. Requests under way end; tunnels and idle connections are cut.
    pub fn unlisten(&self, service: &ServiceId) {
        if let Some(stop) = self.open().remove(service) {
            stop.cancel();
        }
    }

    /// Closes every address. Once it returns another program can have them.
    pub async fn close(&self) {
        for (_, stop) in std::mem::take(&mut *self.open()) {
            stop.cancel();
        }
        self.inner.accepting.close();
        self.inner.accepting.wait().await;
    }

    /// Sends new requests to these replicas from now on; those under way end where they are.
    pub fn route(&self, service: &ServiceId, backends: Vec<Backend>) {
        self.site(service).route(backends);
    }

    /// Why nobody serves, for those who ask meanwhile.
    pub fn explain(&self, service: &ServiceId, why: Option<String>) {
        self.site(service).explain(why);
    }

    /// Waits until the replica at `addr` has no request left. False: it still has some after `most`.
    pub async fn drained(&self, service: &ServiceId, addr: SocketAddr, most: Duration) -> bool {
        self.site(service).drained(addr, most).await
    }

    /// What was counted for a service since the last call.
    pub fn take(&self, service: &ServiceId) -> Traffic {
        self.site(service).counts.take()
    }

    /// Forgets a service that was removed.
    pub fn forget(&self, service: &ServiceId) {
        self.unlisten(service);
        if let Some(site) = self.sites().remove(service) {
            site.route(Vec::new());
        }
    }

    fn site(&self, service: &ServiceId) -> Arc<Site> {
        let mut sites = self.sites();
        let site = sites
            .entry(service.clone())
            .or_insert_with(|| Arc::new(Site::new(service.clone(), self.inner.logs.clone(), self.inner.patience)));
        Arc::clone(site)
    }

    fn sites(&self) -> std::sync::MutexGuard<'_, BTreeMap<ServiceId, Arc<Site>>> {
        self.inner.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> std::sync::MutexGuard<'_, BTreeMap<ServiceId, CancellationToken>> {
        self.inner.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, site: Arc<Site>, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // Closed only by dropping it, which this task never does.
        let next = async { (Arc::clone(&room).acquire_owned().await, listener.accept().await) };
        let (permit, taken) = tokio::select! {
            it = next => it,
            () = stop.cancelled() => return,
        };
        let Ok(permit) = permit else { return };
        let Ok((stream, peer)) = taken else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let (site, stop) = (Arc::clone(&site), stop.clone());
        tokio::spawn(async move {
            converse(stream, peer, site, stop).await;
            drop(permit);
        });
    }
}

/// One caller's connection, until either side ends it.
async fn converse(stream: TcpStream, peer: SocketAddr, site: Arc<Site>, stop: CancellationToken) {
    // Without it a small answer can wait 40 ms for an acknowledgement; on failure it only waits.
    let _ = stream.set_nodelay(true);
    let token = stop.clone();
    let service = service_fn(move |request| forward::serve(Arc::clone(&site), peer, token.clone(), request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(forward::HEAD);
    let connection = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stop.cancelled() => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        // Whatever it ends with, the caller has it already.
        let _ = connection.await;
    }
}
