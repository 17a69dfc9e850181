//! Writing files for the person: whole or not at all, readable by nobody else, and never over something they already have.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Writes a file that must not exist yet; the path it really has (`~/` is the home folder).
pub fn write_new(path: &Path, text: &str) -> io::Result<PathBuf> {
    let (path, file) = prepare(path, text)?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(path),
        Err(err) if err.error.kind() == io::ErrorKind::AlreadyExists => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is such a file already; choose another name, or `write!` puts this in its place",
        )),
        Err(err) => Err(err.error),
    }
}

/// Writes a file of our own, in place of an older one.
pub fn write_over(path: &Path, text: &str) -> io::Result<PathBuf> {
    let (path, file) = prepare(path, text)?;
    file.persist(&path).map_err(|err| err.error)?;
    Ok(path)
}

fn prepare(path: &Path, text: &str) -> io::Result<(PathBuf, tempfile::NamedTempFile)> {
    let path = match path.strip_prefix("~") {
        Ok(rest) => etcetera::home_dir().map_err(io::Error::other)?.join(rest),
        Err(_) => path.to_path_buf(),
    };
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    // tempfile makes it 0600: what is on the screen of an on-call tool is nobody else's business.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok((path, file))
}
