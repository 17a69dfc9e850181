//! What every job needs to know of the platform it is done for, and where things are on its disk.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::model::ids::ServiceId;

use super::cage::{Sandbox, hint};
use super::cgroup::Groups;
use super::output::LogSink;
use super::port::Setup;
use super::ports::Ports;

/// Bytes in a block of `stat`, whatever the file system's own are.
const BLOCK: u64 = 512;

/// The platform as its jobs see it.
pub struct Place {
    pub setup: Setup,
    pub ports: Ports,
    pub groups: Groups,
    pub sandbox: Sandbox,
    pub sink: LogSink,
}

impl Place {
    /// All releases.
    pub fn releases(data: &Path) -> PathBuf {
        data.join("releases")
    }

    /// The folder of a release, or of all releases of a service.
    pub fn release(&self, folder: &str) -> PathBuf {
        Self::releases(&self.setup.data).join(folder)
    }

    /// HOME of everything a service runs; caches of its package managers stay there from build to build.
    pub fn home(&self, service: &ServiceId) -> PathBuf {
        self.setup.data.join("homes").join(service.as_str())
    }

    /// The folder inside a release to build and run in: `root`, which must stay inside even after links.
    pub fn workdir(&self, folder: &str, root: Option<&str>) -> Result<PathBuf, String> {
        let release = self.release(folder);
        let whole = release.canonicalize().map_err(|error| format!("the release folder {} cannot be read: {error}", release.display()))?;
        let Some(root) = root else { return Ok(whole) };
        let inner = whole.join(root).canonicalize().map_err(|_| format!("the repository has no folder `{root}`"))?;
        if !inner.starts_with(&whole) {
            return Err(format!("the folder `{root}` leads out of the repository"));
        }
        if !inner.is_dir() {
            return Err(format!("`{root}` is no folder"));
        }
        Ok(inner)
    }

    /// What the sandbox had to do with a program that ended as `status` (code, signal) says and last said `said`: `; …`, often nothing.
    pub fn explain(&self, status: (Option<i32>, Option<i32>), said: &str) -> String {
        hint(self.sandbox.level(), status, said, &self.setup.data).map(|it| format!("; {it}")).unwrap_or_default()
    }

    /// `PATH` with the folders of the plan in front.
    pub fn path(workdir: &Path, first: &[String]) -> String {
        let own = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned());
        let own_parts = first.iter().map(|it| workdir.join(it)).filter(|it| it.is_dir()).map(|it| it.to_string_lossy().into_owned());
        own_parts.chain([own]).collect::<Vec<_>>().join(":")
    }
}

/// Bytes folders take on disk, links not followed, and a file of several names counted once.
pub fn size(folders: &[PathBuf]) -> u64 {
    let mut bytes = 0;
    let mut met = HashSet::new();
    let mut next = folders.to_vec();
    while let Some(it) = next.pop() {
        for entry in std::fs::read_dir(it).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                next.push(entry.path());
            } else if meta.nlink() > 1 && !met.insert((meta.dev(), meta.ino())) {
                continue;
            }
            // What it really takes: a file may be mostly holes, and an empty one has its entry at least.
            bytes += (meta.blocks() * BLOCK).max(BLOCK);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_take_nothing_names_of_one_file_count_once_and_empty_files_are_not_free() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::File::create(at("holes")).unwrap().set_len(1 << 40).unwrap();
        let weigh = || size(&[folder.path().to_owned()]);
        assert!(weigh() < 1 << 20);
        std::fs::write(at("full"), getrandom::u64().unwrap().to_le_bytes().repeat(1 << 18)).unwrap();
        let once = weigh();
        assert!(once >= 2 << 20, "{once}");
        std::fs::hard_link(at("full"), at("again")).unwrap();
        assert_eq!(weigh(), once);
        for i in 0..100 {
            std::fs::write(at(&i.to_string()), "").unwrap();
        }
        assert!(weigh() >= once + 100 * BLOCK);
    }
}
