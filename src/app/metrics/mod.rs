//! The metrics pane's own: how its charts are drawn, what lies behind them, and the history they need.

mod ask;
mod behind;
mod look;
mod worry;

pub use ask::Asked;
pub use behind::Shift;
pub use look::{Behind, Charts, Dots, Thresholds};
pub use worry::{Worry, limit, worry};
