//! Names that can be taken for others, because their letters look like those of another script. Only told: such names are no mistake.

use std::fmt::Write as _;

use unicode_security::MixedScript as _;
use unicode_security::confusable_detection::skeleton;

/// What a person should know of `name` before acting on it: what it looks like and is not, or that it mixes scripts (UTS 39).
pub fn warning(name: &str) -> Option<String> {
    if name.is_ascii() {
        return None;
    }
    match ascii_twin(name) {
        Some(twin) => Some(format!("{name} only looks like {twin}: it is {}", spelled(name))),
        None if !name.is_single_script() => Some(format!("{name} mixes scripts: it is {}", spelled(name))),
        None => None,
    }
}

/// The name of ASCII characters alone that looks like `name`.
fn ascii_twin(name: &str) -> Option<String> {
    let mut twin = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii() {
            twin.push(c);
            continue;
        }
        let from = twin.len();
        twin.extend(skeleton(c.encode_utf8(&mut [0; 4])));
        if !twin[from..].is_ascii() {
            return None;
        }
    }
    Some(twin)
}

/// `name` with each letter that is not ASCII by its number.
fn spelled(name: &str) -> String {
    name.chars().fold(String::with_capacity(name.len()), |mut out, c| {
        if c.is_ascii() {
            out.push(c);
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_look_like_others_are_told_and_names_of_one_script_are_not() {
        for (name, told) in [
            ("\u{430}pi", Some("\u{430}pi only looks like api: it is \u{27e8}U+0430\u{27e9}pi")),
            ("\u{430}\u{440}\u{456}", Some("only looks like api")),
            ("c\u{3bf}re-1", Some("only looks like core-1")),
            ("w\u{435}b", Some("only looks like web")),
            ("caf\u{e9}-\u{43f}\u{440}\u{43e}\u{434}", Some("mixes scripts")),
            ("api", None),
            ("caf\u{e9}", None),
            ("\u{43f}\u{43b}\u{430}\u{442}\u{435}\u{436}\u{438}", None),
            ("\u{6c7a}\u{6e08}", None),
            ("stra\u{df}e", None),
        ] {
            let is = warning(name);
            assert!(told.map_or(is.is_none(), |told| is.as_ref().is_some_and(|it| it.contains(told))), "{name}: {is:?}");
        }
    }
}
