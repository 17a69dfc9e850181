//! The log lines around a failure: of its last lines the one that most likely says why, with what stands before and after it.

use std::ops::Range;

use crate::model::log::{Level, LogLine};

/// Lines after the one that says why.
const AFTER: usize = 3;

/// Which of `lines` to show in `room` rows, and which of them says why: the last one in error, or else the very last.
pub fn around(lines: &[LogLine], room: usize) -> (Range<usize>, usize) {
    let last = lines.len().saturating_sub(1);
    let at = lines.iter().rposition(|it| it.level >= Level::Error).unwrap_or(last);
    let end = at.saturating_add(1 + AFTER.min(room.saturating_sub(1))).min(lines.len());
    let start = end.saturating_sub(room);
    // What has no room after it has it before.
    (start..start.saturating_add(room).min(lines.len()), at)
}
