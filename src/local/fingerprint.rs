//! Fingerprints of values that must not be shown: equal for equal values of one variable of one service, and telling nothing else to whoever lacks
//! the key, which is a file in the data folder that only this user can read.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::model::ids::ServiceId;
use crate::model::text::Clean;
use crate::wire::hex::hex;

/// Name of the key's file in the data folder.
const FILE: &str = "fingerprint-key";
/// Bytes of the key: as many as the hash gives, which is what RFC 2104 asks for.
const KEY: usize = 32;
/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;
/// Digits of a fingerprint: 48 bits. Two values of a service that differ look the same once in 2⁴⁸ times.
const DIGITS: usize = 12;

/// The key, and what is made with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprints([u8; KEY]);

impl Fingerprints {
    /// With a key of one's own.
    pub const fn new(key: [u8; KEY]) -> Self {
        Self(key)
    }

    /// The key of the platform in `folder`: read from its file, or made with it at the first start. Without the file all fingerprints
    /// are new, and every variable looks changed once; nothing else is lost.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let mut key = [0; KEY];
        match OpenOptions::new().read(true).open(&path) {
            Ok(mut file) => {
                let whole = file.read_exact(&mut key).is_ok();
                return if whole { Ok(Self(key)) } else { Err(io::Error::other(format!("{} is cut short: delete it", path.display()))) };
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) => {}
        }
        getrandom::fill(&mut key).map_err(|error| io::Error::other(format!("no random numbers: {error}")))?;
        let new = path.with_extension("new");
        let _ = std::fs::remove_file(&new);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&key)?;
        file.sync_all()?;
        std::fs::rename(new, path)?;
        Ok(Self(key))
    }

    /// The fingerprint of what the variable `name` of `service` holds: the first 12 hexadecimal digits of its HMAC-SHA256. The same
    /// value of another service, or under another name, has another one: nobody can try values out under a name of their own.
    pub fn of(&self, service: &ServiceId, name: &str, value: &str) -> Clean {
        let mut text = hex(&hmac(&self.0, &[service.as_str().as_bytes(), &[0], name.as_bytes(), &[0], value.as_bytes()]));
        text.truncate(DIGITS);
        Clean::from(text)
    }
}

impl fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprints(..)")
    }
}

/// HMAC (RFC 2104) with SHA-256, for keys no longer than a block.
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let pad = |with: u8| {
        let mut block = [with; BLOCK];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let mut inner = Sha256::new();
    inner.update(pad(0x36));
    for part in parts {
        inner.update(part);
    }
    let mut outer = Sha256::new();
    outer.update(pad(0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standards_own_examples() {
        // RFC 4231, test cases 1 and 2.
        let first = hex(&hmac(&[0x0b; 20], &[b"Hi There"]));
        assert_eq!(first, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        let second = hex(&hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]));
        assert_eq!(second, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn equal_values_of_one_variable_look_equal_and_nothing_else_does() {
        let (ours, theirs) = (Fingerprints::new([1; KEY]), Fingerprints::new([2; KEY]));
        let (api, web) = (ServiceId::new("s1"), ServiceId::new("s2"));
        assert_eq!(ours.of(&api, "TOKEN", "secret"), ours.of(&api, "TOKEN", "secret"));
        assert_eq!(ours.of(&api, "TOKEN", "secret").len(), DIGITS);
        assert_ne!(ours.of(&api, "TOKEN", "secret"), ours.of(&api, "TOKEN", "Secret"));
        assert_ne!(ours.of(&api, "TOKEN", "secret"), ours.of(&web, "TOKEN", "secret"));
        assert_ne!(ours.of(&api, "TOKEN", "secret"), theirs.of(&api, "TOKEN", "secret"), "who lacks the key cannot try values");
        assert_eq!(format!("{ours:?}"), "Fingerprints(..)");
    }

    #[test]
    fn the_key_is_made_once_and_is_this_users_alone() {
        let folder = tempfile::tempdir().unwrap();
        let made = Fingerprints::open(folder.path()).unwrap();
        assert_eq!(Fingerprints::open(folder.path()).unwrap(), made);
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(folder.path().join(FILE), "short").unwrap();
        assert!(Fingerprints::open(folder.path()).unwrap_err().to_string().contains("is cut short"));
    }
}
