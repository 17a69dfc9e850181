//! Editing one line: the caret moves by whole characters as people see them, never into the middle of one.

use crokey::KeyCombination;
use crokey::crossterm::event::{KeyCode, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

use super::chord;
use crate::model::text::clean_line;

/// Longest text that can be typed, in bytes: a filter is never longer in earnest, and a paste may be huge.
const LONGEST: usize = 1024;

/// What a key did to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The text is another one.
    Changed,
    /// Only the caret moved, or nothing happened.
    Moved,
    /// The key is not for editing.
    Ignored,
}

/// Applies `key` to `text` with the caret at byte `caret`.
pub fn edit(text: &mut String, caret: &mut usize, key: KeyCombination) -> Edit {
    let key = chord::normal(key);
    *caret = floor(text, *caret);
    if let Some(c) = chord::typed(key) {
        return insert(text, caret, c.encode_utf8(&mut [0; 4]));
    }
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match (*key.codes.first(), ctrl, alt) {
        (KeyCode::Left, false, false) | (KeyCode::Char('b'), true, false) => moved(caret, before(text, *caret)),
        (KeyCode::Right, false, false) | (KeyCode::Char('f'), true, false) => moved(caret, after(text, *caret)),
        (KeyCode::Home, ..) | (KeyCode::Char('a'), true, false) => moved(caret, 0),
        (KeyCode::End, ..) | (KeyCode::Char('e'), true, false) => moved(caret, text.len()),
        (KeyCode::Left, ..) | (KeyCode::Char('b'), false, true) => moved(caret, word_before(text, *caret)),
        (KeyCode::Right, ..) | (KeyCode::Char('f'), false, true) => moved(caret, word_after(text, *caret)),
        (KeyCode::Char('w'), true, _) | (KeyCode::Backspace, _, true) => {
            let from = word_before(text, *caret);
            cut(text, caret, from, *caret)
        }
        (KeyCode::Backspace, ..) | (KeyCode::Char('h'), true, false) => {
            let from = before(text, *caret);
            cut(text, caret, from, *caret)
        }
        (KeyCode::Delete, ..) => {
            let (from, to) = (*caret, after(text, *caret));
            cut(text, caret, from, to)
        }
        (KeyCode::Char('u'), true, _) => cut(text, caret, 0, *caret),
        (KeyCode::Char('k'), true, _) => {
            let (from, to) = (*caret, text.len());
            cut(text, caret, from, to)
        }
        _ => Edit::Ignored,
    }
}

/// Puts pasted text in: one line, cleaned.
pub fn paste(text: &mut String, caret: &mut usize, pasted: &str) -> Edit {
    *caret = floor(text, *caret);
    let line = pasted.lines().next().unwrap_or_default();
    insert(text, caret, &clean_line(line))
}

fn insert(text: &mut String, caret: &mut usize, what: &str) -> Edit {
    if what.is_empty() || text.len() + what.len() > LONGEST {
        return Edit::Moved;
    }
    text.insert_str(*caret, what);
    *caret += what.len();
    Edit::Changed
}

fn moved(caret: &mut usize, to: usize) -> Edit {
    *caret = to;
    Edit::Moved
}

fn cut(text: &mut String, caret: &mut usize, from: usize, to: usize) -> Edit {
    if from == to {
        return Edit::Moved;
    }
    text.replace_range(from..to, "");
    *caret = from;
    Edit::Changed
}

/// The nearest place at or before `caret` that is no inside of a character.
fn floor(text: &str, caret: usize) -> usize {
    (0..=caret.min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0)
}

fn before(text: &str, caret: usize) -> usize {
    text[..caret].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
}

fn after(text: &str, caret: usize) -> usize {
    text[caret..].graphemes(true).next().map_or(caret, |it| caret + it.len())
}

fn word_before(text: &str, caret: usize) -> usize {
    text[..caret].unicode_word_indices().next_back().map_or(0, |(at, _)| at)
}

fn word_after(text: &str, caret: usize) -> usize {
    text[caret..].unicode_word_indices().next().map_or(text.len(), |(at, word)| caret + at + word.len())
}
