//! When the platform opens an incident by itself, and when it closes it again. Pure: observations in, deeds out.

mod ratio;
mod sign;
mod watch;

pub use sign::{Kind, Observation};
pub use watch::{Deed, Watch};
