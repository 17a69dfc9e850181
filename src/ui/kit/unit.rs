//! Numbers as people read them: few digits, always with a unit.

use crate::model::size::Size;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Cores; 1.0 is one whole core.
    Cores,
    Bytes,
    BytesPerSecond,
    PerSecond,
    /// 0 to 1, shown as percent.
    Share,
    Millis,
    Count,
}

impl Unit {
    /// `value` with its unit: `61 %`, `212 MiB`, `1.2 k/s`, `840 ms`, `0.26 cores`.
    pub fn show(self, value: f64) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        match self {
            Self::Cores if value < 9.995 => format!("{value:.2} cores"),
            Self::Cores => format!("{} cores", count(value)),
            Self::Bytes => bytes(value, Size::Held),
            Self::BytesPerSecond => format!("{}/s", bytes(value, Size::Moved)),
            Self::PerSecond => format!("{}/s", count(value)),
            Self::Share => percent(value),
            Self::Millis if value >= 9_950.0 => format!("{:.0} s", value / 1000.0),
            Self::Millis if value >= 1_000.0 => format!("{:.1} s", value / 1000.0),
            Self::Millis => format!("{value:.0} ms"),
            Self::Count => count(value.round()),
        }
    }

    /// An axis from 0 to at least `value`, with `parts` steps at most: 1, 2 or 5 of a power of ten, of bytes that are held a power of two.
    pub fn scale(self, value: f64, parts: u16) -> Scale {
        let parts = f64::from(parts.max(1));
        let least = match self {
            Self::Bytes | Self::BytesPerSecond | Self::Millis | Self::Count => 1.0,
            Self::PerSecond => 0.1,
            Self::Share => 0.001,
            Self::Cores => 0.01,
        };
        let value = if value.is_finite() && value > 0.0 { value.min(1e300) } else { 0.0 };
        let wanted = (value / parts).max(least);
        let step = if self == Self::Bytes {
            2_f64.powf((wanted.log2() - 1e-9).ceil())
        } else {
            let ten = 10_f64.powf((wanted.log10() + 1e-9).floor());
            [1.0, 2.0, 5.0, 10.0].into_iter().map(|it| it * ten).find(|it| *it >= wanted * (1.0 - 1e-9)).unwrap_or(10.0 * ten)
        };
        let steps = (value / step - 1e-9).ceil().max(1.0);
        Scale { unit: self, step, steps: steps as u16, top: step * steps }
    }

    /// `value`, a multiple of `step`, as it stands on an axis: as many digits as the step has.
    fn tick(self, value: f64, step: f64) -> String {
        let (scale, name) = match self {
            Self::Bytes => return exact_bytes(value, Size::Held),
            Self::BytesPerSecond => return format!("{}/s", exact_bytes(value, Size::Moved)),
            Self::Millis if value >= 1000.0 => (1000.0, " s"),
            Self::Millis => (1.0, " ms"),
            // Of more than a thousandfold, nobody thinks in per cent.
            Self::Share if value < 1e3 => (0.01, " %"),
            _ if value >= 1e9 => (1e9, " G"),
            _ if value >= 1e6 => (1e6, " M"),
            _ if value >= 1e4 => (1e3, " k"),
            _ => (1.0, ""),
        };
        let digits = (0..4).find(|n| is_whole(step / scale * 10_f64.powi(*n)));
        let digits = usize::try_from(digits.unwrap_or(4)).unwrap_or(4);
        let rate = if self == Self::PerSecond { "/s" } else { "" };
        format!("{:.digits$}{name}{rate}", value / scale)
    }
}

/// The steps of an axis that begins at 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    unit: Unit,
    /// From one number to the next.
    pub step: f64,
    pub steps: u16,
    /// Value of the upper edge.
    pub top: f64,
}

impl Scale {
    /// Each step's value and words, from the bottom.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let it = *self;
        (0..=it.steps).map(move |n| {
            let value = it.step * f64::from(n);
            (value, it.unit.tick(value, it.step))
        })
    }
}

/// A whole number of bytes in the largest unit in which it has two digits behind the point at most; of those by 1000, one.
fn exact_bytes(value: f64, by: Size) -> String {
    let (base, names) = (by.base(), by.names());
    let parts = if by == Size::Held { 4.0 } else { 10.0 };
    let (mut value, mut at) = (value, 0);
    while at + 1 < names.len() && value >= base && is_whole(value / base * parts) {
        value /= base;
        at += 1;
    }
    let digits = (0..2).find(|n| is_whole(value * 10_f64.powi(*n)));
    let digits = usize::try_from(digits.unwrap_or(2)).unwrap_or(2);
    format!("{value:.digits$} {}", names[at])
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6
}

fn bytes(value: f64, by: Size) -> String {
    let (value, unit) = by.scaled(value.max(0.0));
    format!("{} {unit}", digits(value, unit == "B"))
}

/// `184`, `1.2 k`, `41 k`, `3.4 M`.
pub fn count(value: f64) -> String {
    const NAMES: [&str; 4] = ["", " k", " M", " G"];
    let mut value = value.max(0.0);
    let mut at = 0;
    while value >= 999.5 && at + 1 < NAMES.len() {
        value /= 1000.0;
        at += 1;
    }
    format!("{}{}", digits(value, false), NAMES[at])
}

fn percent(value: f64) -> String {
    format!("{} %", digits(value * 100.0, false))
}

/// Three digits at most; none behind the point from 10 on.
fn digits(value: f64, whole: bool) -> String {
    if whole || value >= 9.95 || value.fract().abs() < 0.05 { format!("{value:.0}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Unit; 7] = [Unit::Cores, Unit::Bytes, Unit::BytesPerSecond, Unit::PerSecond, Unit::Share, Unit::Millis, Unit::Count];

    fn words(unit: Unit, value: f64, parts: u16) -> Vec<String> {
        unit.scale(value, parts).ticks().map(|it| it.1).collect()
    }

    #[test]
    fn an_axis_is_labelled_with_round_numbers_and_their_unit() {
        assert_eq!(words(Unit::Cores, 2.2, 5), ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
        assert_eq!(words(Unit::Bytes, 678.0 * 1_048_576.0, 4), ["0 B", "256 MiB", "512 MiB", "768 MiB"]);
        assert_eq!(words(Unit::Bytes, 1.2 * 1_073_741_824.0, 5), ["0 B", "256 MiB", "512 MiB", "768 MiB", "1 GiB", "1.25 GiB"]);
        assert_eq!(words(Unit::BytesPerSecond, 900_000.0, 2), ["0 B/s", "500 kB/s", "1 MB/s"]);
        assert_eq!(words(Unit::BytesPerSecond, 1_400_000.0, 3), ["0 B/s", "500 kB/s", "1 MB/s", "1.5 MB/s"]);
        assert_eq!((Unit::Bytes.show(5e8), Unit::BytesPerSecond.show(5e5)), ("477 MiB".to_owned(), "500 kB/s".to_owned()));
        assert_eq!(words(Unit::Millis, 1_400.0, 3), ["0 ms", "500 ms", "1.0 s", "1.5 s"]);
        assert_eq!(words(Unit::Share, 0.061, 4), ["0 %", "2 %", "4 %", "6 %", "8 %"]);
        assert_eq!(words(Unit::PerSecond, 370.0, 4), ["0/s", "100/s", "200/s", "300/s", "400/s"]);
        assert_eq!(words(Unit::Count, 0.0, 4), ["0", "1"]);
    }

    proptest! {
        #[test]
        fn an_axis_holds_its_value_in_no_more_steps_than_asked(value in 0.0..1e9_f64, parts in 1u16..12, unit in 0usize..7) {
            let scale = ALL[unit].scale(value, parts);
            prop_assert!(scale.top >= value * (1.0 - 1e-9), "{scale:?}");
            prop_assert!(scale.steps <= parts, "{scale:?}");
            for (_, words) in scale.ticks() {
                prop_assert!(words.len() <= 10, "{words:?} does not fit beside the axis");
            }
        }
    }
}
