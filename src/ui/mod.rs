//! Cells out of state. Borrows, and nothing else: no clock, no I/O, no change to what is drawn.

mod cx;
mod view;

pub use view::view;
