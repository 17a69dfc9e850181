//! What can go wrong with the log's folder. After opening nothing fails: a full disk is said in the log itself.

use std::io;
use std::path::PathBuf;

/// Why the log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder or a file in it cannot be made, read or written.
    #[error("the log folder {path} cannot be used: {why}; check its permissions and the free space there")]
    Folder { path: PathBuf, why: io::Error },
    /// The thread that writes could not be started.
    #[error("the log's writer could not be started: {0}")]
    Thread(io::Error),
}
