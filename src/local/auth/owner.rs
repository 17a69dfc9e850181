//! The owner's own token: a file that only this user can read, made at the first start.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::secret;

/// A token file is one line; anything much longer is not one.
const MAX_FILE: u64 = 4096;

/// Why the owner's token could not be had.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("{0} can be read by others; `chmod 600` it, or delete it to get a new token")]
    Open(PathBuf),
    #[error("{0} holds no token; delete it to get a new one")]
    Empty(PathBuf),
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

/// The owner's token of the platform in `folder`: read from its file, or made (256 bits) with the file at the first start.
pub fn owner_token(folder: &Path) -> Result<SecretString, TokenError> {
    let path = folder.join("token");
    let failed = |error| TokenError::Io(path.clone(), error);
    match OpenOptions::new().read(true).open(&path) {
        Ok(file) => {
            if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
                return Err(TokenError::Open(path));
            }
            let mut text = String::new();
            file.take(MAX_FILE).read_to_string(&mut text).map_err(failed)?;
            let token = text.trim();
            if token.is_empty() { Err(TokenError::Empty(path)) } else { Ok(SecretString::from(token)) }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

fn make(path: &Path) -> io::Result<SecretString> {
    let token = secret::random().map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("{token}\n").as_bytes())?;
    file.sync_all()?;
    Ok(SecretString::from(token))
}
