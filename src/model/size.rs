//! Amounts of bytes as people say them. What is held is counted by 1024, what moves by 1000: as operating systems say memory, and
//! networks their rates. How many digits are said is the caller's.

/// By what an amount of bytes is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Memory, files: `MiB`.
    Held,
    /// In a second, over a wire or to a disk: `kB`.
    Moved,
}

impl Size {
    /// What a unit is of the one before it.
    pub const fn base(self) -> f64 {
        match self {
            Self::Held => 1024.0,
            Self::Moved => 1000.0,
        }
    }

    /// The names of the units, the smallest first.
    pub const fn names(self) -> [&'static str; 5] {
        match self {
            Self::Held => ["B", "KiB", "MiB", "GiB", "TiB"],
            Self::Moved => ["B", "kB", "MB", "GB", "TB"],
        }
    }

    /// `value` bytes in the unit that leaves three digits before the point at most, and its name.
    pub fn scaled(self, mut value: f64) -> (f64, &'static str) {
        let names = self.names();
        let mut at = 0;
        while value.abs() >= 999.5 && at + 1 < names.len() {
            value /= self.base();
            at += 1;
        }
        (value, names[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_counts_by_1024_and_what_moves_by_1000() {
        assert_eq!(Size::Held.scaled(512.0 * 1_048_576.0), (512.0, "MiB"));
        assert_eq!(Size::Moved.scaled(512_000.0), (512.0, "kB"));
        assert_eq!(Size::Held.scaled(999.0), (999.0, "B"));
        assert_eq!(Size::Moved.scaled(1e18), (1e6, "TB"), "the largest name there is");
    }
}
