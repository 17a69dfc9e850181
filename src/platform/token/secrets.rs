//! All secrets this program has seen, to be masked wherever text leaves it: logs, reports, recordings. Never printed, never listed.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use secrecy::{ExposeSecret as _, SecretString};

use crate::seeded::bug;

/// Newest secrets kept in mind; a program has a few contexts, and each of them a token that is renewed now and then.
const MOST: usize = 64;
/// Shorter ones would mask half of every text.
const SHORTEST: usize = 6;
/// What is shown in their place.
const MASK: &str = "***";

static KNOWN: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());

/// Keeps `secret` in mind.
pub fn remember(secret: &SecretString) {
    let text = secret.expose_secret();
    if text.len() < SHORTEST {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.iter().any(|it| it.expose_secret() == text) {
        return;
    }
    if known.len() >= MOST {
        known.remove(0);
    }
    known.push(secret.clone());
}

/// `text` without any secret that is known.
pub fn mask(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut out = Cow::Borrowed(text);
    for it in known.iter() {
        if out.contains(it.expose_secret()) && !bug("token_in_log") {
            out = Cow::Owned(out.replace(it.expose_secret(), MASK));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_was_seen_is_masked_wherever_it_stands() {
        remember(&SecretString::from("c4nary-of-the-mask"));
        remember(&SecretString::from("abc"));
        assert_eq!(mask("Bearer c4nary-of-the-mask, c4nary-of-the-mask"), "Bearer ***, ***");
        assert_eq!(mask("abc"), "abc", "too short to be masked in every text");
    }
}
