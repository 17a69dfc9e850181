//! The one task that owns the platform's state, and the handle by which the rest of the platform asks it.

mod backlog;
mod handle;
mod probe;
mod pulse;
mod seen;
mod task;
mod vital;

pub use handle::{Asked, Handle, World};
pub use probe::Probe;
pub use pulse::Pulse;
pub use seen::{Counts, Seen};
pub use task::{Core, Parts};
pub use vital::Vital;
