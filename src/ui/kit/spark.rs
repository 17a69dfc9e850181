//! A sparkline: values as heights, a row high. A hole in the data stays a hole.

use ratatui::style::Style;

use super::glyph::HEIGHTS;
use super::pen::Pen;

/// The highest of the heights that is used, from 0.
const HIGHEST: f64 = 6.0;

/// Draws `values`, one a column, against `top`.
pub fn spark(pen: &mut Pen<'_>, values: &[Option<f64>], top: f64, style: impl Fn(f64) -> Style) {
    for value in values {
        match value {
            Some(value) => {
                let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
                // Never the full block: the sparkline of the row above would stand on it.
                let height = (share * HIGHEST).round() as usize;
                pen.sign(HEIGHTS[height.min(6)], style(*value));
            }
            None => {
                pen.skip(1);
            }
        }
    }
}
