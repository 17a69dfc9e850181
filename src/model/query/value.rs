//! Numbers with units, and the ways to compare: durations and sizes are compared by what they are worth.

use std::cmp::Ordering;

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Time,
    Size,
    Share,
}

/// A unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// As it is written.
    pub word: &'static str,
    dimension: Dimension,
    /// How many of the least unit of its dimension it is worth.
    worth: f64,
}

impl Unit {
    /// Milliseconds it is worth, if it is a unit of time.
    pub fn in_millis(self) -> Option<f64> {
        (self.dimension == Dimension::Time).then_some(self.worth / 1e6)
    }

    /// Bytes it is worth, if it is a unit of size.
    pub fn in_bytes(self) -> Option<f64> {
        (self.dimension == Dimension::Size).then_some(self.worth)
    }
}

const fn unit(word: &'static str, dimension: Dimension, worth: f64) -> Unit {
    Unit { word, dimension, worth }
}

/// All units, the ones that are written first among those of the same worth. Times are worth nanoseconds, sizes bytes.
const UNITS: &[Unit] = &[
    unit("ns", Dimension::Time, 1.0),
    unit("us", Dimension::Time, 1e3),
    unit("µs", Dimension::Time, 1e3),
    unit("μs", Dimension::Time, 1e3),
    unit("ms", Dimension::Time, 1e6),
    unit("s", Dimension::Time, 1e9),
    unit("m", Dimension::Time, 60e9),
    unit("min", Dimension::Time, 60e9),
    unit("h", Dimension::Time, 3600e9),
    unit("d", Dimension::Time, 86_400e9),
    unit("B", Dimension::Size, 1.0),
    unit("kB", Dimension::Size, 1e3),
    unit("MB", Dimension::Size, 1e6),
    unit("GB", Dimension::Size, 1e9),
    unit("TB", Dimension::Size, 1e12),
    unit("KiB", Dimension::Size, 1024.0),
    unit("MiB", Dimension::Size, 1_048_576.0),
    unit("GiB", Dimension::Size, 1_073_741_824.0),
    unit("TiB", Dimension::Size, 1_099_511_627_776.0),
    unit("%", Dimension::Share, 1.0),
];

/// Ends of field names that say the unit of their values: `duration_ms`, `latencyMs`, `size_bytes`.
const NAMES: &[(&str, &str)] = &[
    ("ns", "ns"),
    ("nanos", "ns"),
    ("us", "us"),
    ("micros", "us"),
    ("ms", "ms"),
    ("millis", "ms"),
    ("milliseconds", "ms"),
    ("s", "s"),
    ("sec", "s"),
    ("secs", "s"),
    ("seconds", "s"),
    ("bytes", "B"),
    ("kb", "kB"),
    ("mb", "MB"),
    ("kib", "KiB"),
    ("mib", "MiB"),
];

/// A number, perhaps with a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    pub number: f64,
    pub unit: Option<Unit>,
}

impl Quantity {
    /// Reads `250`, `-1.5`, `250ms`, `1m30s`, `10MiB`, `99.5%`. `None`: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, rest) = number(text)?;
        if rest.is_empty() {
            return Some(Self { number, unit: None });
        }
        if let Some(unit) = unit_of(rest) {
            return Some(Self { number, unit: Some(unit) });
        }
        parts(text)
    }

    /// How it compares with `value`, a field's. A side without a unit has that of the field's name, or else that of the other side;
    /// what cannot be compared (a size with a time) is `None`.
    pub fn compare(&self, value: &Self, of_name: Option<Unit>) -> Option<Ordering> {
        let of_value = value.unit.or(of_name);
        let (mine, other) = match (self.unit, of_value) {
            (Some(a), Some(b)) if a.dimension != b.dimension => return None,
            (Some(a), Some(b)) => (self.number * a.worth, value.number * b.worth),
            _ => (self.number, value.number),
        };
        // `1.1s` and `1100ms` are the same, whatever the last bit says.
        if (mine - other).abs() <= f64::EPSILON * 4.0 * mine.abs().max(other.abs()) {
            return Some(Ordering::Equal);
        }
        mine.partial_cmp(&other)
    }
}

/// The unit that a field's name says.
pub fn unit_of_name(name: &str) -> Option<Unit> {
    let last = name.rsplit('.').next().unwrap_or(name);
    // `latencyMs`, `latencyMS`: upper case letters belong to the unit; an underscore or a digit before it does not.
    let upper = last.bytes().rev().take_while(u8::is_ascii_uppercase).count();
    let lower = last.bytes().rev().take_while(u8::is_ascii_lowercase).count();
    let start = match last.len() - upper.max(lower) {
        start if upper == 0 && last[..start].ends_with(|c: char| c.is_ascii_uppercase()) => start - 1,
        start => start,
    };
    // A name that is nothing but a unit (`s`, `mb`) is more likely to be something else.
    let tail = last.get(start..).filter(|_| start > 0)?.to_ascii_lowercase();
    let (_, word) = NAMES.iter().find(|it| it.0 == tail)?;
    unit_of(word)
}

fn unit_of(word: &str) -> Option<Unit> {
    let same = |it: &&Unit| it.word == word || (it.dimension == Dimension::Size && it.word.eq_ignore_ascii_case(word));
    UNITS.iter().find(same).copied()
}

/// The number that `text` begins with, and what follows it.
fn number(text: &str) -> Option<(f64, &str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(bytes.first().is_some_and(|b| matches!(b, b'-' | b'+')));
    let whole = digits(sign);
    let mut end = sign + whole;
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    } else if whole == 0 {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + signed);
        if exponent > 0 {
            end += 1 + signed + exponent;
        }
    }
    let value: f64 = text.get(..end)?.parse().ok()?;
    value.is_finite().then_some((value, &text[end..]))
}

/// `1m30s`: several times, one after the other, each with its unit; said in the last one's.
fn parts(text: &str) -> Option<Quantity> {
    let mut rest = text;
    let mut sum = 0.0;
    let mut last = None;
    while !rest.is_empty() {
        let (value, more) = number(rest).filter(|it| last.is_none() || it.0 >= 0.0)?;
        let end = more.find(|c: char| c.is_ascii_digit()).unwrap_or(more.len());
        let unit = unit_of(&more[..end]).filter(|it| it.dimension == Dimension::Time)?;
        sum += if text.starts_with('-') { -value.abs() } else { value } * unit.worth;
        last = Some(unit);
        rest = &more[end..];
    }
    last.map(|unit| Quantity { number: sum / unit.worth, unit: Some(unit) })
}

/// A way to compare with one or two values of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare<T> {
    Is(T),
    Over(T),
    From(T),
    Under(T),
    UpTo(T),
    /// Both ends belong to it.
    Between(T, T),
}

impl<T> Compare<T> {
    /// Whether a value fits of which `order` says how it stands to another.
    pub fn fits(&self, order: impl Fn(&T) -> Option<Ordering>) -> bool {
        match self {
            Self::Is(it) => order(it) == Some(Ordering::Equal),
            Self::Over(it) => order(it) == Some(Ordering::Greater),
            Self::From(it) => order(it).is_some_and(Ordering::is_ge),
            Self::Under(it) => order(it) == Some(Ordering::Less),
            Self::UpTo(it) => order(it).is_some_and(Ordering::is_le),
            Self::Between(from, to) => order(from).is_some_and(Ordering::is_ge) && order(to).is_some_and(Ordering::is_le),
        }
    }
}

impl<T: Ord> Compare<T> {
    /// Whether `value` fits.
    pub fn takes(&self, value: &T) -> bool {
        self.fits(|it| Some(value.cmp(it)))
    }
}
