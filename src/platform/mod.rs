//! Where wires become events. A source owns its connection for ever and says how it stands; an adapter is a kind of source.

pub mod endpoint;
pub mod port;
pub mod retry;
pub mod sink;
