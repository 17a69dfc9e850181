//! Where a connection comes from, and the place it takes among the connections that may be open.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::TaskTracker;

/// Where a connection comes from; it counts as open as long as any copy of this exists.
#[derive(Clone)]
pub struct Peer {
    pub ip: IpAddr,
    _permit: Arc<OwnedSemaphorePermit>,
    pub tasks: TaskTracker,
}

impl Peer {
    /// A connection from `ip`, in the place that `permit` is; `tasks` outlive the request.
    pub fn new(ip: IpAddr, permit: OwnedSemaphorePermit, tasks: TaskTracker) -> Self {
        Self { ip, _permit: Arc::new(permit), tasks }
    }
}
