//! What can go wrong with the database, by what the caller does about it.

use std::path::Path;

use rusqlite::ErrorCode;

/// Why the database could not be opened, read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Written by a newer version: update, or use another folder. The file is left as it is.
    #[error(
        "the database {file} has format {found}, this version knows up to {known}; nothing was changed. Use a newer trackside or another data folder"
    )]
    Newer { file: String, found: u32, known: u32 },
    /// Cannot be trusted. The file is left as it is.
    #[error("the database is damaged: {0}; nothing was changed. Move it aside (or put a backup in its place) and start again")]
    Corrupt(String),
    /// No room: reading still works.
    #[error("the disk is full: nothing more can be written until there is room")]
    Full,
    /// Somebody else has it.
    #[error("another trackside platform runs on {0}; stop it or use another data folder")]
    Busy(String),
    /// An object that would not fit into one frame of the stream.
    #[error("{0} is too large to be kept")]
    TooLarge(String),
    #[error("the database cannot be used: {0}")]
    Io(String),
    /// The writer has ended; the platform is stopping.
    #[error("the database is closed")]
    Closed,
}

impl DbError {
    /// Sorts an error of SQLite about the file at `path`.
    pub(super) fn of(error: &rusqlite::Error, path: &Path) -> Self {
        let shown = path.display();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(format!("{shown}: {error}")),
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(shown.to_string()),
            _ => Self::Io(format!("{shown}: {error}")),
        }
    }

    /// Sorts an error of the file system about `path`.
    pub(super) fn file(error: &std::io::Error, path: &Path) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull { Self::Full } else { Self::Io(format!("{}: {error}", path.display())) }
    }
}
