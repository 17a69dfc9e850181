//! The platform's REST API and the door to its stream.

mod answer;
mod gate;
mod lists;
mod peer;
mod query;
mod read;
mod routes;
mod server;
mod state;
mod upgrade;
mod write;

pub use routes::{Listed, Op, Route, routes};
pub use server::serve;
pub use state::{Api, Commits, Metrics};
