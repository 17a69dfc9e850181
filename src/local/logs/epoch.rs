//! The proof that offsets go on where they stopped: a small file beside the segments.
//!
//! What the file system took survives the platform's death, so after a kill the epoch stays if the machine did not restart meanwhile.
//! After a clean end everything was synced, and it stays anyway. Else lines that were seen may be gone, and a new epoch says so.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::local::clock::now;

const FILE: &str = "epoch.json";

/// What is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    pub name: String,
    /// The kernel's name of this run of the machine.
    boot: String,
    /// Ended in order, everything synced.
    clean: bool,
    /// At least this offset was given away.
    pub head: u64,
}

impl Epoch {
    /// Goes on with the epoch of `folder` if that can be proved, else begins one. `stored`: newest offset found in the segments.
    pub fn resume(folder: &Path, stored: u64) -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned();
        let old: Option<Self> = fs::read(folder.join(FILE)).ok().and_then(|it| serde_json::from_slice(&it).ok());
        let head = old.as_ref().map_or(0, |it| it.head).max(stored);
        let same = old.filter(|it| (it.clean && stored <= it.head) || (!boot.is_empty() && it.boot == boot));
        Self { name: same.map_or_else(fresh, |it| it.name), boot, clean: false, head }
    }

    /// Writes it down; a reader sees the old or the new one, never half of one.
    pub fn write(&mut self, folder: &Path, head: u64, clean: bool) -> io::Result<()> {
        (self.head, self.clean) = (head, clean);
        let new = folder.join("epoch.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        if clean {
            file.sync_all()?;
        }
        fs::rename(new, folder.join(FILE))
    }

    /// Takes it away: what is visible from now on is not on disk, so continuity could not be proved.
    pub fn forget(folder: &Path) {
        // Nothing is left to try when even this fails; the next start then finds a head that is too low only if it was killed as well.
        let _ = fs::remove_file(folder.join(FILE));
    }
}

fn fresh() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = i128::from(now().0).to_le_bytes();
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}
