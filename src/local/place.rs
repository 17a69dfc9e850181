//! What every job needs to know of the platform it is done for, and where things are on its disk.

use std::path::{Path, PathBuf};

use crate::model::ids::ServiceId;

use super::output::LogSink;
use super::port::Setup;
use super::ports::Ports;

/// The platform as its jobs see it.
pub struct Place {
    pub setup: Setup,
    pub ports: Ports,
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

    /// `PATH` with the folders of the plan in front.
    pub fn path(workdir: &Path, first: &[String]) -> String {
        let own = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned());
        let own_parts = first.iter().map(|it| workdir.join(it)).filter(|it| it.is_dir()).map(|it| it.to_string_lossy().into_owned());
        own_parts.chain([own]).collect::<Vec<_>>().join(":")
    }
}

/// Bytes a folder takes on disk, links not followed.
pub fn size(folder: &Path) -> u64 {
    let mut bytes = 0;
    let mut next = vec![folder.to_owned()];
    while let Some(it) = next.pop() {
        for entry in std::fs::read_dir(it).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => next.push(entry.path()),
                Ok(meta) => bytes += meta.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}
