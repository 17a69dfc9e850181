//! The history of metrics: a second for an hour, ten for a day, a minute for a week. Bounded, and on disk.

mod cell;
mod error;
mod latency;
mod ring;
mod store;
mod track;

pub use error::SeriesError;
pub use store::SeriesStore;
