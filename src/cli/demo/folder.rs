//! The demo's folder, and the process that takes it away however the demo ends, even by `kill -9`.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use color_eyre::eyre::{Context, Result};

use crate::local::samples::DEMO_FOLDER;

/// A folder that is gone when this is, or when this process is.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    sweeper: Child,
    /// The sweeper begins when this closes.
    lifeline: Option<ChildStdin>,
}

impl Folder {
    /// Makes it, with `trackside` as the sweeper's binary.
    pub fn make(trackside: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(DEMO_FOLDER).tempdir().wrap_err("no temporary folder can be made")?;
        let spawned = Command::new(trackside)
            .args(["sample", "sweep"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut sweeper = spawned.wrap_err("the demo's sweeper cannot be started")?;
        let lifeline = sweeper.stdin.take();
        Ok(Self { path: folder.keep(), sweeper, lifeline })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Swept before the prompt is back; should the wait fail, the sweeper goes on by itself.
        let _ = self.sweeper.wait();
    }
}
