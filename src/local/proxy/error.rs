//! What can go wrong when a service's address is opened. What goes wrong with a request is answered to its caller.

use std::io;

/// Why a service cannot be reached through the proxy.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// Somebody else has the port, or it may not be had.
    #[error("the service's address 127.0.0.1:{port} cannot be opened: {why}")]
    Port { port: u16, why: io::Error },
}
