//! The program without the world: one state, one message type, one reducer that returns wishes as data.

pub mod effect;
pub mod layout;
pub mod logs;
pub mod msg;
pub mod pane;
pub mod state;
