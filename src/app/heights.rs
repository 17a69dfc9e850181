//! A value as one of eight heights: the one drawing of a sparkline, on the screen and in a report.

/// From the lowest to the full block.
pub const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The sign for `value` against `top`. `highest`: the place of the highest sign that is used, 0 to 7.
pub fn height(value: f64, top: f64, highest: u8) -> char {
    let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
    let place = (share * f64::from(highest)).round() as usize;
    HEIGHTS[place.min(HEIGHTS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_as_high_as_its_share_of_the_top() {
        let signs = |highest| [0.0, 3.5, 7.0, 9.0, -1.0, f64::NAN].map(|it| height(it, 7.0, highest)).iter().collect::<String>();
        assert_eq!(signs(7), "▁▅██▁▁");
        assert_eq!(signs(6), "▁▄▇▇▁▁", "the full block is left to who draws rows apart");
        assert_eq!(height(1.0, 0.0, 7), '▁');
    }
}
