//! The volume of what is shown, as it was last counted.

/// What was counted last.
#[derive(Debug, Default)]
pub struct Counted {
    /// The question, the second both ends were in, and whether everything was sifted.
    pub of: Option<(u64, i64, i64, bool)>,
    /// Lines of a cell by level, quietest first.
    pub volumes: Vec<[u32; 6]>,
}
