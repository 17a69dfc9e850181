//! The volume of what is shown, as it was last counted.

use super::line::Seq;

/// What was counted last.
#[derive(Debug, Default)]
pub struct Counted {
    /// The question, the second both ends were in, whether everything was sifted, and the first line that may be shown. `None`: it is to be
    /// counted anew.
    pub of: Option<(u64, i64, i64, bool, Seq)>,
    /// Lines before this one are counted.
    pub until: Seq,
    /// Lines of a cell by level, quietest first.
    pub volumes: Vec<[u32; 6]>,
}
