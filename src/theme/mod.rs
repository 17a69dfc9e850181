//! Looks by meaning: a pane names a role, a theme file gives the role its colour.

pub mod builtin;
pub mod color;
pub mod role;
pub mod sheet;

pub use color::Depth;
pub use role::Role;
pub use sheet::{Complaint, Theme};
