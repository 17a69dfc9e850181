//! The stream: what changed, told to every watcher, with the promises of the protocol.

mod at_hand;
mod frame;
mod hub;
mod names;
mod session;
mod socket;
mod step;
mod topics;
mod view;

pub use at_hand::at_hand;
pub use hub::{Heads, Hub};
pub use session::{Input, Output, Session};
pub use socket::{Feeds, limits, serve};
pub use step::{Need, Reach};
pub use view::{Object, View, to_json};
