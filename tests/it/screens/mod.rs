//! The screens as text and as one letter per role, and the laws of drawing.

mod laws;
mod pictures;
pub mod render;
mod states;
mod themes;
