//! How wide text is, and how it is cut when there is no room.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::glyph;

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

/// The longest end of `text` that fits into `max` columns.
pub fn tail(text: &str, max: u16) -> &str {
    let mut used = 0;
    let mut from = text.len();
    for (at, cluster) in text.grapheme_indices(true).rev() {
        used += width(cluster);
        if used > max {
            break;
        }
        from = at;
    }
    &text[from..]
}

/// `text` in at most `max` columns; what is cut off the end is said with `…`.
pub fn cut(text: &str, max: u16) -> Cow<'_, str> {
    // Only the first line of a paragraph.
    let (text, more) = text.split_once('\n').map_or((text, false), |(first, _)| (first, true));
    if width(text) <= max && !more {
        return Cow::Borrowed(text);
    }
    match max {
        0 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("{}{}", head(text, max - 1).trim_end(), glyph::MORE)),
    }
}

/// `text` in at most `max` columns; the middle is left out, since both ends of an id matter.
pub fn middle(text: &str, max: u16) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    match max {
        0 => Cow::Borrowed(""),
        1..=4 => cut(text, max),
        _ => {
            let left = max / 2;
            Cow::Owned(format!("{}{}{}", head(text, left), glyph::MORE, tail(text, max - left - 1)))
        }
    }
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
