//! A value with stars in it: each stands for any characters, also for none. Smart case, as everywhere.

use super::matcher::has_upper;

/// A whole value to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    /// What stands between the stars. One part: no star.
    parts: Vec<String>,
    any_case: bool,
}

impl Glob {
    /// `parts` with a star between each two.
    pub fn new(parts: Vec<String>) -> Self {
        let any_case = !parts.iter().any(|it| has_upper(it));
        let parts = if any_case { parts.iter().map(|it| it.to_lowercase()).collect() } else { parts };
        Self { parts: if parts.is_empty() { vec![String::new()] } else { parts }, any_case }
    }

    /// The text itself, stars and all.
    pub fn exactly(text: &str) -> Self {
        Self::new(vec![text.to_owned()])
    }

    /// What stands between the stars.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// Whether it fits every value: only stars.
    pub fn is_open(&self) -> bool {
        self.parts.len() > 1 && self.parts.iter().all(String::is_empty)
    }

    /// Whether `value` is it.
    pub fn fits(&self, value: &str) -> bool {
        if self.any_case {
            return if value.is_ascii() && !value.bytes().any(|b| b.is_ascii_uppercase()) {
                self.fits_exactly(value)
            } else {
                self.fits_exactly(&value.to_lowercase())
            };
        }
        self.fits_exactly(value)
    }

    fn fits_exactly(&self, value: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else { return self.parts.first().is_some_and(|it| it == value) };
        let Some(mut rest) = value.strip_prefix(first.as_str()) else { return false };
        // The first place of each part is as good as any other: it leaves the most to the parts after it.
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.len() >= last.len() && rest.ends_with(last.as_str())
    }
}
