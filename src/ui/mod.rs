//! Cells out of state. Borrows, and nothing else: no clock, no I/O, no change to what is drawn.

mod cx;
mod footer;
mod header;
mod kit;
mod lanes;
mod overlays;
mod panes;
mod then;
mod timeline;
mod tiny;
mod toast;
mod view;
mod words;
mod worst;

pub use view::view;
