//! Secrets and their hashes. 256 random bits need no salt and no slow hash: there is nothing to guess.

use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::wire::hex::hex;

/// What a token for others begins with, so that people and scanners see what it is.
const PREFIX: &str = "tsk_";

/// A new secret for a token.
pub fn fresh() -> Result<SecretString, String> {
    Ok(SecretString::from(format!("{PREFIX}{}", random()?)))
}

/// 256 random bits, hexadecimal.
pub fn random() -> Result<String, String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers: {error}"))?;
    Ok(hex(&bytes))
}

/// SHA-256 of a secret: what is kept of it.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// The same, hexadecimal.
pub fn hash_hex(secret: &str) -> String {
    hex(&hash(secret))
}
