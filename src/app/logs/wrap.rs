//! Where a text is cut into screen rows, and which part of it a window of columns shows. Clusters stay whole; none is wider than two columns.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns of one cluster, as the screen will draw it.
fn columns(cluster: &str) -> usize {
    cluster.width().min(2)
}

/// Byte places at which the rows of `text` begin; the first is 0. A row is never empty, but of an empty text.
pub fn breaks(text: &str, width: usize) -> Vec<usize> {
    let width = width.max(1);
    if text.is_ascii() {
        return (0..text.len().max(1)).step_by(width).collect();
    }
    let mut all = vec![0];
    let mut column = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let wide = columns(cluster);
        if column + wide > width && column > 0 {
            all.push(at);
            column = 0;
        }
        column += wide;
    }
    all
}

/// How many rows `text` takes.
pub fn rows(text: &str, width: usize) -> usize {
    if text.is_ascii() { text.len().div_ceil(width.max(1)).max(1) } else { breaks(text, width).len() }
}

/// The part of `text` that columns `left..left + width` show, and how many columns of it are blank at its left because a wide cluster is cut.
pub fn window(text: &str, left: usize, width: usize) -> (Range<usize>, usize) {
    if text.is_ascii() {
        let from = left.min(text.len());
        return (from..(from + width).min(text.len()), 0);
    }
    let mut column = 0;
    let mut start = None;
    for (at, cluster) in text.grapheme_indices(true) {
        let wide = columns(cluster);
        if start.is_none() && column >= left {
            start = Some((at, column - left));
        }
        if let Some((from, blank)) = start
            && column + wide > left + width
        {
            return (from..at, blank);
        }
        column += wide;
    }
    match start {
        Some((from, blank)) => (from..text.len(), blank),
        None => (text.len()..text.len(), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_clusters_are_never_cut() {
        assert_eq!(breaks("日本語", 5), [0, 6]);
        assert_eq!(breaks("日", 1), [0]);
        assert_eq!(window("日本語", 1, 4), (3..6, 1));
        assert_eq!(window("日本語", 0, 3), (0..3, 0));
    }

    #[test]
    fn an_empty_line_takes_one_row() {
        assert_eq!(rows("", 10), 1);
        assert_eq!(breaks("", 10), [0]);
        assert_eq!(rows("0123456789", 10), 1);
        assert_eq!(rows("0123456789a", 10), 2);
    }
}
