//! One text looked for in a whole block at once: a match never crosses a line, so a hit's place says which line it is in.

use std::ops::Range;

use super::record::Lines;
use crate::model::query::Matcher;

/// Adds the lines of `block` in `lines` that `matcher` is in, rising.
pub fn lines_in(matcher: &Matcher, block: &Lines, lines: Range<usize>, into: &mut Vec<u16>) {
    let end = block.start(lines.end);
    let Some(text) = block.text.get(..end) else { return };
    let mut line = lines.start;
    while line < lines.end {
        let Some(at) = matcher.find(text, block.start(line)) else { return };
        // The empty end of the text, after the last line feed, is no line.
        if at >= end {
            return;
        }
        line = block.line_at(at, line);
        into.push(line as u16);
        line += 1;
    }
}
