//! A sparkline: values as heights, a row high. A hole in the data stays a hole.

use ratatui::style::Style;

use super::glyph::HEIGHTS;
use super::pen::Pen;

/// The largest value of each of `n` even stretches of `values`: no peak gets lost. A stretch without a value is a hole.
pub fn squeeze(values: &[Option<f64>], n: usize) -> Vec<Option<f64>> {
    let len = values.len();
    if len == 0 || n == 0 {
        return vec![None; n];
    }
    (0..n)
        .map(|i| {
            let from = i * len / n;
            let to = ((i + 1) * len / n).max(from + 1).min(len);
            values[from..to].iter().flatten().copied().filter(|it| it.is_finite()).reduce(f64::max)
        })
        .collect()
}

/// Draws `values`, one a column, against `top`.
pub fn spark(pen: &mut Pen<'_>, values: &[Option<f64>], top: f64, style: impl Fn(f64) -> Style) {
    for value in values {
        match value {
            Some(value) => {
                let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
                let height = (share * 7.0).round() as usize;
                pen.sign(HEIGHTS[height.min(7)], style(*value));
            }
            None => {
                pen.skip(1);
            }
        }
    }
}
