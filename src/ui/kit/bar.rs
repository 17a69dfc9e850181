//! Bars: how far something has come, how full something is.

use ratatui::style::Style;

use super::pen::Pen;

/// A bar `width` wide, of which `share` (0 to 1) is full.
pub fn bar(pen: &mut Pen<'_>, share: f64, width: u16, full: Style, hollow: Style) {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let n = (share * f64::from(width)).round() as u16;
    pen.fill('▓', n, full).fill('░', width.saturating_sub(n), hollow);
}
