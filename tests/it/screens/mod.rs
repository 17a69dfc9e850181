//! The screens as text and as one letter per role, and the laws of drawing.

mod laws;
mod pictures;
mod render;
mod states;
mod themes;
