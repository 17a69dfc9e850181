//! Numbers as people read them: few digits, always with a unit.

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
    /// As on an axis, where the name of the chart says what is counted and room is short.
    pub fn tick(self, value: f64) -> String {
        self.show(value).trim_end_matches(" cores").to_owned()
    }

    /// `value` with its unit: `61 %`, `212 MiB`, `1.2 k/s`, `840 ms`, `0.26 cores`.
    pub fn show(self, value: f64) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        match self {
            Self::Cores if value < 9.995 => format!("{value:.2} cores"),
            Self::Cores => format!("{} cores", count(value)),
            Self::Bytes => bytes(value),
            Self::BytesPerSecond => format!("{}/s", bytes(value)),
            Self::PerSecond => format!("{}/s", count(value)),
            Self::Share => percent(value),
            Self::Millis if value >= 9_950.0 => format!("{:.0} s", value / 1000.0),
            Self::Millis if value >= 1_000.0 => format!("{:.1} s", value / 1000.0),
            Self::Millis => format!("{value:.0} ms"),
            Self::Count => count(value.round()),
        }
    }

    /// The round number at or above `value` that an axis may end at.
    pub fn ceiling(self, value: f64) -> f64 {
        if !value.is_finite() || value <= 0.0 {
            return match self {
                Self::Bytes | Self::BytesPerSecond => 1024.0,
                Self::Share => 0.01,
                Self::Cores => 0.1,
                _ => 1.0,
            };
        }
        let base: f64 = if matches!(self, Self::Bytes | Self::BytesPerSecond) { 1024.0 } else { 1000.0 };
        let scale = base.powf(value.ln().div_euclid(base.ln()));
        let within = value / scale;
        let ten = 10_f64.powf(within.log10().floor());
        let step = [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
            .into_iter()
            .map(|it| it * ten)
            .find(|it| *it >= within - 1e-9)
            .unwrap_or(within);
        scale * step.min(base)
    }
}

fn bytes(value: f64) -> String {
    const NAMES: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = value.max(0.0);
    let mut at = 0;
    while value >= 999.5 && at + 1 < NAMES.len() {
        value /= 1024.0;
        at += 1;
    }
    format!("{} {}", digits(value, at == 0), NAMES[at])
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
