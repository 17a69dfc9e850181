//! What a tree of processes is held to: the words in which the platform tells its supervisor.

use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;

/// The least memory a limit may leave, in bytes: below it not even a shell starts reliably, and what fails says nothing useful.
pub const LEAST_MEMORY: u64 = 32 * MIB;
/// The smallest share of a core: less, the kernel does not count.
pub const LEAST_CPU: f64 = 0.01;

/// Open files of each process of a replica, where the machine allows so many.
const OPEN_FILES: u64 = 65_536;

/// How many files each process of a replica may open: what the platform itself may is the most it can hand on.
pub fn open_files() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.map_or(OPEN_FILES, |it| it.min(OPEN_FILES))
}

/// What a supervisor holds its tree to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bounds {
    /// Open files of each process.
    pub files: Option<u64>,
    /// Bytes of the largest file.
    pub file_size: Option<u64>,
    /// Bytes of memory of the tree; where the kernel cannot count that, of writable memory of each process.
    pub memory: Option<u64>,
    /// Processes of the tree.
    pub processes: Option<usize>,
    /// Cores of the tree, where the kernel can share them out.
    pub cpu: Option<f64>,
}

/// Bytes in words: `512 MiB`, `1.5 GiB`.
pub fn bytes(n: u64) -> String {
    let mib = n as f64 / MIB as f64;
    if mib >= 1024.0 {
        let gib = format!("{:.1}", mib / 1024.0);
        format!("{} GiB", gib.strip_suffix(".0").unwrap_or(&gib))
    } else {
        format!("{} MiB", n.div_ceil(MIB))
    }
}

/// Cores in words: `1 core`, `0.5 cores`.
pub fn cores(n: f64) -> String {
    if (n - 1.0).abs() < f64::EPSILON { "1 core".to_owned() } else { format!("{n} cores") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        let said = [MIB, 512 * MIB, 1536 * MIB, 4096 * MIB, MIB + 1].map(bytes);
        assert_eq!(said, ["1 MiB", "512 MiB", "1.5 GiB", "4 GiB", "2 MiB"]);
        assert_eq!((cores(1.0), cores(0.5), cores(2.0)), ("1 core".to_owned(), "0.5 cores".to_owned(), "2 cores".to_owned()));
    }
}
