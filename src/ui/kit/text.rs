//! How wide text is, and how it is cut when there is no room.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::glyph;
pub use crate::app::wrap::{head, width, wrap};

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
