//! The defaults of an embedded platform, each with its reason.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::model::response::Response;
use crate::model::time::Millis;

use super::bounds::{LEAST_MEMORY, open_files};
use super::cage::Wish;
use super::port::{Rules, Setup};

const MIB: u64 = 1024 * 1024;

impl Setup {
    /// The usual setup for the data folder `data`, with `supervisor` as the trackside binary.
    pub fn new(data: impl Into<PathBuf>, supervisor: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allowed_hosts: Vec::new(),
            // Below the kernel's usual ephemeral range (32768 and up), so outgoing connections never take one.
            ports: 20_000..=20_999,
            supervisor: supervisor.into(),
            // Builds saturate cores by themselves; two keep a small machine usable.
            builds: 2,
            build_timeout: Millis::mins(20),
            health_timeout: Millis::secs(60),
            // As long as nginx waits; a page that takes longer has lost its reader.
            answer_timeout: Millis::secs(60),
            drain: Millis::secs(10),
            keep_releases: 5,
            disk_quota: 4 * 1024 * MIB,
            open_files: open_files(),
            // A compiler may take most of the machine, but what runs on it must go on: a quarter is left to that.
            build_memory: (machine_memory() / 4 * 3).max(LEAST_MEMORY),
            // Who sets up a platform in a program of theirs knows what they deploy; `trackside serve` asks for a flag.
            sandbox: Wish { level: None, unsandboxed: true },
            log_bytes: 512 * MIB,
            log_age: Millis::hours(24 * 7),
            // One dashboard lives on the stream and asks little; a script that polls every second still fits.
            rate_limit: 1200,
            rules: Rules::default(),
            response: Response::default(),
        }
    }
}

/// Bytes of memory of this machine; where it does not say, those of a small one.
fn machine_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let told = text.lines().find_map(|it| it.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    told.map_or(2048 * MIB, |it| it * 1024)
}
