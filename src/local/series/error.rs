//! What can go wrong with the folder of metrics.

use std::io;
use std::path::PathBuf;

/// Why the history of metrics cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("the metrics folder {path} cannot be used: {why}; check its permissions and the free space there")]
pub struct SeriesError {
    pub path: PathBuf,
    pub why: io::Error,
}
