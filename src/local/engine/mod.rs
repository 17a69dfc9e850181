//! The platform's rules as a pure state machine: a happening goes in; changes, private records and jobs come out.
//! No clock, no I/O, no chance in here: `now` and every fact come with the happening, ids from a counter in the state.

mod change;
mod checks;
mod declare;
mod deploys;
mod incidents;
#[cfg(test)]
mod laws;
mod releases;
mod reopened;
mod replicas;
mod restart;
mod settle;
mod start;
mod state;
mod step;
mod taken;
mod tokens;
mod turn;
mod types;
mod variables;
mod writes;

pub use start::started_anew;
pub use state::{HISTORY, State};
pub use step::step;
pub use turn::PLATFORM;
pub use types::{Happening, Job, JobId, Output, RunId, Said, Settings, StartJob};
