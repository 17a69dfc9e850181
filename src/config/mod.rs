//! The person's settings: read in layers, complained about in full, never a reason not to start.

mod bindings;
mod complaint;
pub mod edit;
mod file;
mod keys;
mod layers;
mod notify;
mod sample;
mod schema;
mod settings;
mod shown;

pub use bindings::Keys;
pub use complaint::{Complaint, Origin, nearest};
pub use keys::{KEYS, Key, Kind, check_name};
pub use layers::{Layers, NoContext, load, usual_file};
pub use notify::Notify;
pub use sample::sample;
pub use schema::schema;
pub use settings::{Config, Context, LOCAL, Limits, Rules, Thresholds};
pub use shown::{Shown, quoted, shown};
