//! The platform's log: every line of every build, replica, request and of the platform itself, kept by bytes and age, served by
//! offset, searched and followed. What programs write is stored as it is; making it fit for a screen is the reader's affair.
//!
//! Lines are numbered in the order they are stored, across all services, and become visible only once the file system has them, so
//! no offset a reader has seen is ever given to another line. One thread writes; a reader never waits for it longer than a copy.

mod compact;
mod encode;
mod epoch;
mod error;
mod follow;
mod format;
mod query;
mod rate;
mod segment;
mod shared;
mod shelf;
mod store;
mod volume;
mod wants;
mod writer;

pub use error::LogError;
pub use follow::{Batch, Item, Subscription};
pub use rate::Rate;
pub use shared::Keep;
pub use store::LogStore;
pub use wants::Names;
