//! The one task that owns the platform's state, and the handle by which the rest of the platform asks it.

mod handle;

pub use handle::{Asked, Handle, World};
