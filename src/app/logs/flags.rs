//! What is known of a line's form, as bits.

/// What is known of a line's form, found once as it arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    /// The rest of a line that was longer than a line may be.
    pub const CONT: Self = Self(1);
    /// Its time is well before that of lines which came earlier.
    pub const LATE: Self = Self(1 << 1);
    /// The program coloured it.
    pub const ANSI: Self = Self(1 << 2);
    /// A JSON object.
    pub const JSON: Self = Self(1 << 3);
    /// `key=value` pairs.
    pub const LOGFMT: Self = Self(1 << 4);
    /// Not a line: a note in the place of lines (a gap, a restart).
    pub const NOTE: Self = Self(1 << 5);

    /// Whether all of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// With `other` set too.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
