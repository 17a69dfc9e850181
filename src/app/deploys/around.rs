//! The log lines around a failure: of its last lines the one that most likely says why, with what stands before and after it.

use std::ops::Range;

use crate::model::log::{Level, LogLine};

/// Lines after the one that says why.
const AFTER: usize = 3;

/// Which of `lines` to show in `room` rows, and which of them says why: the first of the last lines in error that stand together (those after
/// it mostly say that it failed), or else the very last.
pub fn around(lines: &[LogLine], room: usize) -> (Range<usize>, usize) {
    let last = lines.len().saturating_sub(1);
    let bad = |it: &LogLine| it.level >= Level::Error;
    let end = lines.iter().rposition(bad);
    let at = end.map_or(last, |end| lines[..end].iter().rposition(|it| !bad(it)).map_or(0, |calm| calm + 1));
    // A program that only complains: what it said last is nearer to its end than what it said first.
    let at = end.map_or(at, |end| at.max(end.saturating_sub(room / 2)));
    let end = at.saturating_add(1 + AFTER.min(room.saturating_sub(1))).min(lines.len());
    let start = end.saturating_sub(room);
    // What has no room after it has it before.
    (start..start.saturating_add(room).min(lines.len()), at)
}
