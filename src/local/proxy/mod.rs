//! The platform's own HTTP proxy: a stable loopback address for each service, spread over its replicas.
//!
//! HTTP/1.1 on both sides, bodies streamed, upgrades passed through. Routing changes at once and whole: requests that began on an old
//! replica end there. What it counts and logs is what really happened, a caller who left or a replica that died included.

mod answer;
mod body;
mod counts;
mod error;
mod forward;
mod headers;
mod listen;
mod sent;
mod site;
mod ticket;
mod tunnel;
mod upstream;

pub use counts::Histogram;
pub use error::ProxyError;
pub use listen::Proxy;
pub use upstream::Backend;
