//! Writing files for the person: whole or not at all, readable by nobody else, and never over something they already have.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is being written, beside the place where it will be. Nothing of it is left unless it is kept.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    replace: bool,
    file: NamedTempFile,
}

impl Draft {
    /// Begins a file (`~/` is the home folder). `replace`: also where there is one already.
    pub fn new(path: &Path, replace: bool) -> io::Result<Self> {
        let path = match path.strip_prefix("~") {
            Ok(rest) => etcetera::home_dir().map_err(io::Error::other)?.join(rest),
            Err(_) => path.to_path_buf(),
        };
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "that is a folder"));
        }
        // Said before a long text is written, and made sure of when it is kept.
        if !replace && path.symlink_metadata().is_ok() {
            return Err(taken());
        }
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        std::fs::create_dir_all(folder)?;
        // tempfile makes it 0600: what is on the screen of an on-call tool is nobody else's business.
        let file = NamedTempFile::new_in(folder)?;
        Ok(Self { path, replace, file })
    }

    /// Adds to it.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    /// Puts it in its place; the path it really has.
    pub fn keep(self) -> io::Result<PathBuf> {
        self.file.as_file().sync_all()?;
        if self.replace {
            self.file.persist(&self.path).map_err(|err| err.error)?;
            return Ok(self.path);
        }
        match self.file.persist_noclobber(&self.path) {
            Ok(_) => Ok(self.path),
            Err(err) if err.error.kind() == io::ErrorKind::AlreadyExists => Err(taken()),
            Err(err) => Err(err.error),
        }
    }
}

fn taken() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "there is such a file already; choose another name, or `write!` puts this in its place")
}
