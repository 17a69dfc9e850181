//! The high-water mark beside the database: the newest revision ever written, so that a database put back from a backup is noticed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::wire::stream::Position;

/// One line of fixed width, written over in place: epoch, a space, 20 digits.
#[derive(Debug)]
pub(super) struct Mark(File);

impl Mark {
    /// Opens (or makes) the mark and reads it; an unreadable one counts as none, which only costs a new epoch.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<Position>)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let text = std::fs::read(path)?;
        let read = std::str::from_utf8(&text).ok().and_then(|line| {
            let (epoch, rev) = line.trim_end().split_once(' ')?;
            Some(Position { epoch: epoch.to_owned(), rev: rev.parse().ok()? })
        });
        Ok((Self(file), read))
    }

    /// Moves the mark. Without fsync: losing it can only put it behind the database, which is harmless.
    pub(super) fn set(&self, epoch: &str, rev: u64) -> io::Result<()> {
        self.0.write_all_at(format!("{epoch} {rev:020}\n").as_bytes(), 0)
    }
}
