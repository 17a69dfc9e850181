//! The demo's folder, and the process that takes it away however the demo ends, even by `kill -9`.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use color_eyre::eyre::{Context, Result};

use crate::local::samples::DEMO_FOLDER;

/// The file in it that its demo holds locked.
const LOCK: &str = "demo.lock";

/// A folder that is gone when this is, or when this process is.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    sweeper: Child,
    /// The sweeper begins when this closes.
    lifeline: Option<ChildStdin>,
    _lock: File,
}

impl Folder {
    /// Makes it, with `trackside` as the sweeper's binary.
    pub fn make(trackside: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(DEMO_FOLDER).tempdir().wrap_err("no temporary folder can be made")?;
        // While this process lives the lock is held, whatever becomes of the sweeper.
        let lock = OpenOptions::new().write(true).create_new(true).open(folder.path().join(LOCK)).wrap_err("its lock cannot be made")?;
        lock.try_lock().wrap_err("its lock cannot be taken")?;
        if let Some(above) = folder.path().parent() {
            sweep_left(above);
        }
        let spawned = Command::new(trackside)
            .args(["sample", "sweep"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut sweeper = spawned.wrap_err("the demo's sweeper cannot be started")?;
        let lifeline = sweeper.stdin.take();
        Ok(Self { path: folder.keep(), sweeper, lifeline, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes what demos left in `above` whose process and whose sweeper were both killed. A folder without our lock file, or of another
/// user, is not ours to judge; one that cannot be removed is left.
fn sweep_left(above: &Path) {
    let me = rustix::process::geteuid().as_raw();
    for entry in std::fs::read_dir(above).into_iter().flatten().flatten() {
        let ours =
            entry.file_name().to_string_lossy().starts_with(DEMO_FOLDER) && entry.metadata().is_ok_and(|it| it.is_dir() && it.uid() == me);
        let lock = || OpenOptions::new().write(true).open(entry.path().join(LOCK)).ok();
        if let Some(lock) = ours.then(lock).flatten()
            && lock.try_lock().is_ok()
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Swept before the prompt is back; should the wait fail, the sweeper goes on by itself.
        let _ = self.sweeper.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_whose_demo_and_sweeper_were_killed_goes_and_any_other_stays() {
        let above = tempfile::tempdir().unwrap();
        let make = |name: &str, locked: bool| {
            let folder = above.path().join(name);
            std::fs::create_dir_all(folder.join("data")).unwrap();
            locked.then(|| File::create(folder.join(LOCK)).unwrap())
        };
        drop(make("trackside-demo-dead", true));
        let alive = make("trackside-demo-alive", true).unwrap();
        alive.try_lock().unwrap();
        make("trackside-demo-strange", false);
        drop(make("letters", true));
        std::os::unix::fs::symlink(above.path().join("letters"), above.path().join("trackside-demo-link")).unwrap();
        sweep_left(above.path());
        let mut left: Vec<_> = std::fs::read_dir(above.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["letters", "trackside-demo-alive", "trackside-demo-link", "trackside-demo-strange"]);
    }
}
