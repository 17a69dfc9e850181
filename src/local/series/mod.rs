//! The history of metrics: a second for an hour, ten for a day, a minute for a week. Bounded, and on disk.

mod cell;
mod error;
mod ring;
mod store;

pub use error::SeriesError;
pub use store::SeriesStore;
