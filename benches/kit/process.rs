//! What a process and all it started have used, as the system counts it. Linux only; elsewhere everything is nothing.

use std::fs::read_to_string;
use std::time::Duration;

/// What was used up to now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    pub cpu: Duration,
    /// Times a thread has gone to wait.
    pub waits: u64,
    /// Most memory there ever was, in bytes.
    pub peak: u64,
}

impl Used {
    /// Of process `pid` and its descendants.
    pub fn of(pid: u32) -> Self {
        let mut all = Self::default();
        for pid in tree(pid) {
            let stat = read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // The name before the last bracket may have spaces in it. Behind it, from the twelfth: own ticks, and those of children that ended.
            let ticks: u64 =
                stat.rsplit(')').next().unwrap_or_default().split(' ').skip(12).take(4).filter_map(|it| it.parse::<u64>().ok()).sum();
            all.cpu += Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64);
            all.peak += word(&format!("/proc/{pid}/status"), "VmHWM:") * 1024;
            let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            all.waits += tasks.map(|it| word(&it.path().join("status").display().to_string(), "voluntary_ctxt_switches:")).sum::<u64>();
        }
        all
    }

    /// What was used since `before`; the peak stays what it is.
    pub fn since(self, before: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(before.cpu), waits: self.waits.saturating_sub(before.waits), peak: self.peak }
    }
}

fn tree(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    for task in tasks {
        let children = read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|it| it.parse().ok()).flat_map(tree));
    }
    all
}

/// The number that a line of `file` that begins with `name` says.
fn word(file: &str, name: &str) -> u64 {
    let text = read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|it| it.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or(0)
}
