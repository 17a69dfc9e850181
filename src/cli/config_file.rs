//! Changing the config file: one writer at a time, whole or not at all, with the mode it had.

use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::exit::{FAILED, Failure, USAGE};
use crate::config::edit::NoEdit;
use crate::seeded::point;

/// How a secret's file is named until it is whole.
const HALF: &str = ".half-";

/// Changes the text of the config file at `path`; one that is not there is empty.
pub fn change(path: &Path, change: impl FnOnce(&str) -> Result<String, NoEdit>) -> Result<(), Failure> {
    // Through a link: who keeps the file elsewhere wants it changed there.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let no = |why: std::io::Error| Failure::new(FAILED, format!("{} cannot be changed: {why}", path.display()));
    let folder = folder(&path).map_err(no)?;
    // The folder's lock: the file itself is another one afterwards.
    let lock = File::open(&folder).map_err(no)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|err| no(err.into()))?;
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => None,
        Err(err) => return Err(no(err)),
    };
    let new = change(old.as_deref().unwrap_or_default()).map_err(|why| Failure::new(USAGE, format!("{}: {why}", path.display())))?;
    if old.as_ref() == Some(&new) {
        return Ok(());
    }
    let mode = std::fs::metadata(&path).map_or(0o600, |it| it.permissions().mode() & 0o777);
    put(&path, &folder, &new, mode).map_err(no)
}

/// Writes a secret where only this user can read it, in a folder of which the same is true.
pub fn keep_secret(path: &Path, secret: &str) -> Result<(), Failure> {
    let no = |why: std::io::Error| Failure::new(FAILED, format!("{} cannot be written: {why}", path.display()));
    let folder = folder(path).map_err(no)?;
    std::fs::set_permissions(&folder, Permissions::from_mode(0o700)).map_err(no)?;
    let _lock = swept(&folder).map_err(no)?;
    put(path, &folder, secret, 0o600).map_err(no)
}

/// Removes the secret at `path`. `false`: there was none.
pub fn drop_secret(path: &Path) -> std::io::Result<bool> {
    let Some(folder) = path.parent().filter(|it| it.is_dir()) else { return Ok(false) };
    let _lock = swept(folder)?;
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(err) => Err(err),
    }
}

/// Locks the folder, and removes what one who was killed in the middle left there: nobody would ever look for a secret in it.
fn swept(folder: &Path) -> std::io::Result<File> {
    let lock = File::open(folder)?;
    flock(&lock, FlockOperation::LockExclusive)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(HALF) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(lock)
}

fn folder(path: &Path) -> std::io::Result<PathBuf> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")).to_owned();
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn put(path: &Path, folder: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(HALF).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    point("file.written");
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    point("file.whole");
    file.persist(path).map_err(|err| err.error)?;
    point("file.named");
    // The new name is on the disk, too, when the folder is.
    File::open(folder)?.sync_all()
}
