//! Keys as people write them: `q`, `R`, `ctrl-d`, `space`, `S-Tab`, and sequences such as `g g`.
//!
//! crokey's own parser lowers every letter and refuses `é`, so an upper-case letter would lose its meaning there.

use std::fmt::Write as _;

use crokey::crossterm::event::{KeyCode, KeyModifiers};
use crokey::{KeyCombination, OneToThree};
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Names of keys that are no single character; the first name of a code is the one that is shown.
const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("S-Tab", KeyCode::BackTab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("minus", KeyCode::Char('-')),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("delete", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("insert", KeyCode::Insert),
];

/// Prefixes of the modifiers, in the order in which they are written.
const MODIFIERS: [(&str, KeyModifiers); 4] =
    [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("cmd-", KeyModifiers::SUPER), ("shift-", KeyModifiers::SHIFT)];

/// One key with its modifiers, in the one form in which equal keys are equal: a letter's case says its shift.
pub fn normal(key: KeyCombination) -> KeyCombination {
    let mut code = *key.codes.first();
    let mut modifiers = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::SHIFT);
    match code {
        KeyCode::Char('\r' | '\n') => code = KeyCode::Enter,
        KeyCode::Char(c) => {
            if modifiers.contains(KeyModifiers::SHIFT) {
                code = KeyCode::Char(c.to_ascii_uppercase());
            }
            // Terminals differ in whether they report the shift that a sign such as `?` needs.
            modifiers.remove(KeyModifiers::SHIFT);
        }
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => code = KeyCode::BackTab,
        _ => {}
    }
    if code == KeyCode::BackTab {
        modifiers.remove(KeyModifiers::SHIFT);
    }
    KeyCombination::one_key(code, modifiers)
}

/// The character that `key` types, if it types one.
pub fn typed(key: KeyCombination) -> Option<char> {
    let key = normal(key);
    match *key.codes.first() {
        KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER) => Some(c),
        _ => None,
    }
}

/// Reads one key.
pub fn parse(text: &str) -> Result<KeyCombination, String> {
    let mut rest = text;
    let mut modifiers = KeyModifiers::NONE;
    // `-` alone is a key, and so is what follows a prefix: `ctrl--`.
    'prefixes: loop {
        for (prefix, modifier) in MODIFIERS {
            if let Some(head) = rest.get(..prefix.len())
                && head.eq_ignore_ascii_case(prefix)
                && rest.len() > prefix.len()
            {
                modifiers |= modifier;
                rest = &rest[prefix.len()..];
                continue 'prefixes;
            }
        }
        break;
    }
    let mut chars = rest.chars();
    let code = match (chars.next(), chars.next()) {
        (None, _) => return Err(format!("`{text}` names no key")),
        (Some(c), None) => KeyCode::Char(c),
        _ => named(rest).ok_or_else(|| format!("`{text}` is not a key; keys are written as q, R, ctrl-d, space, Enter, F5, g g"))?,
    };
    Ok(normal(KeyCombination::one_key(code, modifiers)))
}

fn named(text: &str) -> Option<KeyCode> {
    let known = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, code)| *code);
    known.or_else(|| {
        let n: u8 = text.strip_prefix(['F', 'f'])?.parse().ok()?;
        (1..=24).contains(&n).then_some(KeyCode::F(n))
    })
}

/// Reads a sequence: keys with blanks between them.
pub fn parse_sequence(text: &str) -> Result<Vec<KeyCombination>, String> {
    let keys = text.split_whitespace().map(parse).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err("an empty key binds nothing".to_owned()) } else { Ok(keys) }
}

/// Writes one key, so that [`parse`] reads it again.
pub fn format(key: KeyCombination) -> String {
    let key = normal(key);
    let mut out = String::new();
    for (prefix, modifier) in MODIFIERS {
        if key.modifiers.contains(modifier) {
            out.push_str(prefix);
        }
    }
    let code = *key.codes.first();
    if let Some((name, _)) = NAMED.iter().find(|(_, it)| *it == code && *it != KeyCode::Char('-')) {
        out.push_str(name);
        return out;
    }
    // Writing to a `String` cannot fail.
    let _ = match code {
        KeyCode::Char(c) => write!(out, "{c}"),
        KeyCode::F(n) => write!(out, "F{n}"),
        other => write!(out, "{other:?}"),
    };
    out
}

/// Writes a sequence.
pub fn format_sequence(keys: &[KeyCombination]) -> String {
    keys.iter().map(|key| format(*key)).collect::<Vec<_>>().join(" ")
}

/// Writes a key into a recording.
pub fn serialize<S: Serializer>(key: &KeyCombination, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format(*key))
}

/// Reads a key from a recording.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<KeyCombination, D::Error> {
    let text = String::deserialize(from)?;
    // A key that no table names (a media key) was written by its debug name; it does nothing when replayed.
    parse(&text).or_else(|why| if text.len() > 1 { Ok(dead()) } else { Err(D::Error::custom(why)) })
}

/// A key that is bound to nothing.
const fn dead() -> KeyCombination {
    KeyCombination { codes: OneToThree::One(KeyCode::Null), modifiers: KeyModifiers::NONE }
}
