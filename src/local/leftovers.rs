//! Processes of an earlier run of the platform on the same data folder: found and ended before anything new starts.
//!
//! The supervisors end by themselves when the platform dies; this is for what killed the supervisors too.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde::Deserialize;

use super::cgroup::Groups;
use super::tree;

/// Variable that marks everything this platform starts: its data folder, `:`, and a number for each tree. Leftovers are found by it.
pub const MARK: &str = "TRACKSIDE_RUN";
/// How long they get after TERM, and how long KILL may take.
const GRACE: Duration = Duration::from_secs(5);
/// Most lists that are taken: two do, unless something forks faster than it is killed.
const ROUNDS: usize = 10;
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[derive(Deserialize)]
struct Record {
    pid: u32,
    started: Option<u64>,
    boot: String,
}

/// Ends everything an earlier platform on `data` left behind and gives how many processes that were.
pub async fn clear(data: &Path, groups: &Groups) -> usize {
    // The groups first: the kernel's own list of who belongs to us, which nobody can leave or outrun.
    let kernel = groups.clone();
    let mut ended = tokio::task::spawn_blocking(move || kernel.clear()).await.unwrap_or_default();
    // Then again until there is nothing more: one that was forking had children after the list was made.
    for _ in 0..ROUNDS {
        let found = find(data);
        if found.is_empty() {
            break;
        }
        ended += found.len();
        kill(&found).await;
    }
    for folder in ["run", "tmp"] {
        // What cannot be removed now is tried again at the next start.
        let _ = tokio::fs::remove_dir_all(data.join(folder)).await;
    }
    ended
}

/// Who carries our mark, or is in our records, or descends from those.
fn find(data: &Path) -> Vec<u32> {
    let marked = format!("{MARK}={}:", data.display()).into_bytes();
    let mut found = tree::with_environment(|it| it.starts_with(&marked));
    let boot = tree::boot_id();
    for file in std::fs::read_dir(data.join("run")).into_iter().flatten().flatten() {
        let record = std::fs::read(file.path()).ok().and_then(|it| serde_json::from_slice::<Record>(&it).ok());
        if let Some(it) = record
            && it.boot == boot
            && it.started.is_some()
            && tree::stat(it.pid).is_some_and(|now| Some(now.started) == it.started && now.state != 'Z')
        {
            found.push(it.pid);
            found.extend(tree::descendants(it.pid));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// TERM, then KILL, until none of `pids` is left.
pub async fn kill(pids: &[u32]) {
    let names: Vec<_> = pids.iter().filter_map(|it| tree::stat(*it)).collect();
    let began = Instant::now();
    let mut signal = Signal::TERM;
    let mut again = true;
    while began.elapsed() < GRACE * 2 {
        let left: Vec<_> =
            names.iter().filter(|it| tree::stat(it.pid).is_some_and(|now| now.started == it.started && now.state != 'Z')).collect();
        if left.is_empty() {
            // Those that had become our children are ours to reap.
            for it in names.iter().filter_map(|it| i32::try_from(it.pid).ok().and_then(Pid::from_raw)) {
                let _ = rustix::process::waitpid(Some(it), rustix::process::WaitOptions::NOHANG);
            }
            return;
        }
        if began.elapsed() >= GRACE {
            (signal, again) = (Signal::KILL, true);
        }
        for it in left.iter().filter(|_| again) {
            if let Some(pid) = i32::try_from(it.pid).ok().and_then(Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
        again = false;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
