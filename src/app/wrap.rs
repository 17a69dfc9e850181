//! How wide text is, and how it goes into lines: what is drawn and what is scrolled through must agree on it.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes.
pub fn width(text: &str) -> u16 {
    let n = if text.is_ascii() { text.len() } else { text.width() };
    n.min(usize::from(u16::MAX)) as u16
}

/// The longest beginning of `text` that fits into `max` columns.
pub fn head(text: &str, max: u16) -> &str {
    if text.is_ascii() {
        return text.get(..usize::from(max)).unwrap_or(text);
    }
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += width(cluster);
        if used > max {
            return &text[..at];
        }
    }
    text
}

/// `text` in lines of at most `max` columns, broken between words where that can be.
pub fn wrap(text: &str, max: u16) -> Vec<&str> {
    let max = max.max(1);
    let mut out = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        loop {
            let fits = head(rest, max);
            if fits.len() == rest.len() {
                out.push(rest);
                break;
            }
            // A single cluster wider than the line still has to go somewhere.
            let fits = if fits.is_empty() { rest.graphemes(true).next().unwrap_or(rest) } else { fits };
            let at = fits.rfind(' ').filter(|at| *at > fits.len() / 3).map_or(fits.len(), |at| at + 1);
            out.push(rest[..at].trim_end());
            rest = &rest[at..];
            if rest.is_empty() {
                break;
            }
        }
    }
    out
}
