//! What was measured: a history for each service, fine where it is near and coarse where it is far. A gap stays a gap.

mod cell;
mod gauge;
mod ratio;
mod store;
mod strip;
mod track;

pub use cell::{Cell, Grid};
pub use gauge::{GAUGES, Gauge, Together, Unit, together};
pub use store::{Metrics, Summary, poll_of, step_of};
