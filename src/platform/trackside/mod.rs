//! The adapter for our own protocol, `trackside.v1`: an embedded platform, or one elsewhere.

mod asks;
pub mod client;
mod held;
mod line;
mod live;
mod objects;
mod polling;
pub mod read;
pub mod session;
mod skew;
pub mod source;
mod tail;
pub mod turn;
