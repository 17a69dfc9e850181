//! Writing files for the person: whole or not at all, readable by nobody else, and never over something they already have.

use std::fs::OpenOptions;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::app::effect::There;

/// A file that is being written, beside the place where it will be. Nothing of it is left unless it is kept.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    there: There,
    file: NamedTempFile,
}

impl Draft {
    /// Begins a file (`~/` is the home folder).
    pub fn new(path: &Path, there: There) -> io::Result<Self> {
        let path = match path.strip_prefix("~") {
            Ok(rest) => etcetera::home_dir().map_err(io::Error::other)?.join(rest),
            Err(_) => path.to_path_buf(),
        };
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "that is a folder"));
        }
        // Said before a long text is written, and made sure of when it is kept.
        if there == There::Keep && path.symlink_metadata().is_ok() {
            return Err(taken());
        }
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        // A folder that is not there is a name typed wrong.
        if !folder.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no folder {}", folder.display())));
        }
        // tempfile makes it 0600: what is on the screen of an on-call tool is nobody else's business.
        let file = NamedTempFile::new_in(folder)?;
        Ok(Self { path, there, file })
    }

    /// Begins a file that is the program's own: it takes the place of what is there, and its folder is made.
    pub fn own(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Self::new(path, There::Replace)
    }

    /// Adds to it.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    /// Puts it in its place; the path it really has.
    pub fn keep(mut self) -> io::Result<PathBuf> {
        match self.there {
            There::Append => {
                append(&mut self.file, &self.path)?;
                return Ok(self.path);
            }
            There::Replace => {
                self.file.as_file().sync_all()?;
                self.file.persist(&self.path).map_err(|err| err.error)?;
                return Ok(self.path);
            }
            There::Keep => self.file.as_file().sync_all()?,
        }
        match self.file.persist_noclobber(&self.path) {
            Ok(_) => Ok(self.path),
            Err(err) if err.error.kind() == io::ErrorKind::AlreadyExists => Err(taken()),
            Err(err) => Err(err.error),
        }
    }
}

/// Adds all of `draft` to the end of `path`; where that fails half way, `path` is as long as it was.
fn append(draft: &mut NamedTempFile, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let before = file.metadata()?;
    draft.as_file_mut().seek(SeekFrom::Start(0))?;
    let added = io::copy(draft.as_file_mut(), &mut file).and_then(|_| file.sync_all());
    // A pipe or a device has no length to go back to.
    if added.is_err() && before.is_file() {
        file.set_len(before.len())?;
    }
    added
}

fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "there is such a file already")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let typed = folder.path().join("no").join("such").join("file");
        let why = Draft::new(&typed, There::Keep).unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::NotFound);
        assert!(why.to_string().starts_with("there is no folder "), "{why}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
