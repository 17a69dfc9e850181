//! The person's settings: read in layers, complained about in full, never a reason not to start.

mod complaint;
mod keys;
mod layers;
mod notify;
mod settings;

pub use complaint::{Complaint, Origin, nearest};
pub use keys::{KEYS, Key, Kind};
pub use layers::{load, usual_file};
pub use notify::Notify;
pub use settings::{Config, Context, Limits, Rules, Thresholds};
