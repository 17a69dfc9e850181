//! Looks by meaning: a pane names a role, a theme file gives the role its colour.

pub mod role;
