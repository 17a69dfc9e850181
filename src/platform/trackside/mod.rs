//! The adapter for our own protocol, `trackside.v1`: an embedded platform, or one elsewhere.

pub mod client;
mod read;
