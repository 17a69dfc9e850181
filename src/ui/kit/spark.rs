//! A sparkline: values as heights, a row high. A hole in the data stays a hole.

use ratatui::style::Style;

use super::pen::Pen;
use crate::app::heights::height;

/// The highest of the heights that is used: never the full block, the sparkline of the row above would stand on it.
const HIGHEST: u8 = 6;

/// Draws `values`, one a column, against `top`.
pub fn spark(pen: &mut Pen<'_>, values: &[Option<f64>], top: f64, style: impl Fn(f64) -> Style) {
    for value in values {
        match value {
            Some(value) => {
                pen.sign(height(*value, top, HIGHEST), style(*value));
            }
            None => {
                pen.skip(1);
            }
        }
    }
}
