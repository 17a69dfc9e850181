//! Widgets that know nothing of the program: they are given text, numbers and styles.

pub mod bar;
pub mod chart;
pub mod dialog;
pub mod flow;
pub mod frame;
pub mod glyph;
pub mod pen;
pub mod raster;
pub mod scroll;
pub mod spark;
pub mod table;
pub mod text;
pub mod unit;
