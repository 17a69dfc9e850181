//! What to do with a repository: how it is built, what is started, and why that was thought.

mod declared;
mod find;
mod plan;
mod schedule;

pub use find::detect;
pub use plan::{Plan, Start};
pub use schedule::Schedule;
