//! Control groups: limits the kernel itself holds a whole tree to, root's included, where this machine lets us make groups.
//! Files of `/sys/fs/cgroup` only, version 2 and 1; who belongs into a group, and why, is known elsewhere.
//!
//! Nothing above our own group is ever changed, and no process of anybody else's is moved.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::wire::hex::hex;

use super::bounds::Bounds;

/// Microseconds in which a share of the processors is counted: the kernel's own default.
const PERIOD: u64 = 100_000;
/// The smallest share the kernel takes, in microseconds.
const SMALLEST: u64 = 1000;
/// Tasks (processes and threads) the kernel allows for each process that is allowed: threads are cheap, and some runtimes have many. What
/// says "too many processes" is the supervisor's count; this is the wall behind it, which nobody can outrun.
const TASKS_EACH: usize = 4;
/// How long an ended group may take to become empty.
const EMPTY_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Where a platform sits that had to make room in its own group (version 2: a group with limits below it holds no process itself).
const SEAT: &str = "trackside.platform";

/// What a group can limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Controller {
    Pids,
    Memory,
    Cpu,
}

const ALL: [(Controller, &str); 3] = [(Controller::Pids, "pids"), (Controller::Memory, "memory"), (Controller::Cpu, "cpu")];

/// Where groups can be made on this machine.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// 2, 1, or 0 for nowhere.
    version: u8,
    /// The group we are in, for each controller that works below it.
    homes: BTreeMap<Controller, PathBuf>,
    /// Where a process that left a group goes: back to where the platform is.
    seat: Option<PathBuf>,
    /// Begins the name of each group of this data folder.
    prefix: String,
}

/// A group's folder in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub folder: PathBuf,
    /// The group to be in when not in this one.
    pub back: PathBuf,
    pub holds: Vec<Controller>,
}

/// A group made for one tree. It is removed once it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Group {
    pub places: Vec<Place>,
}

impl Groups {
    /// Finds out where groups for the platform on `data` can be made, by making one.
    pub fn find(data: &Path) -> Self {
        let prefix = format!("trackside-{}-", hex(&Sha256::digest(data.as_os_str().as_encoded_bytes())[..8]));
        let (Ok(mounts), Ok(own)) = (fs::read_to_string("/proc/self/mountinfo"), fs::read_to_string("/proc/self/cgroup")) else {
            return Self::default();
        };
        let unified = unified(&mounts, &own).map(|home| version_2(&home, prefix.clone())).unwrap_or_default();
        let mut found = if unified.homes.is_empty() {
            let homes = ALL.iter().filter_map(|(it, name)| Some((*it, version_1(&mounts, &own, name)?))).collect();
            Self { version: 1, homes, seat: None, prefix }
        } else {
            unified
        };
        found.homes = found.homes.clone().into_iter().filter(|(it, home)| found.works(*it, home)).collect();
        found
    }

    /// Whether a group with a limit can be made, and removed again.
    fn works(&self, controller: Controller, home: &Path) -> bool {
        let folder = home.join(format!("{}try", self.prefix));
        let _ = fs::remove_dir(&folder);
        let most = Bounds { processes: Some(100), memory: Some(1 << 30), cpu: Some(1.0), ..Bounds::default() };
        let made = fs::create_dir(&folder).and_then(|()| self.set(controller, &folder, &most)).is_ok_and(|it| it);
        let _ = fs::remove_dir(&folder);
        made
    }

    /// Makes the group `name` with what of `bounds` the kernel can hold; without such a place, an empty one.
    pub fn make(&self, name: &str, bounds: &Bounds) -> Group {
        let mut group = Group::default();
        for (controller, home) in &self.homes {
            let folder = home.join(format!("{}{name}", self.prefix));
            if fs::create_dir(&folder).is_err() && !folder.is_dir() {
                continue;
            }
            let held = self.set(*controller, &folder, bounds).unwrap_or(false);
            if let Some(there) = group.places.iter_mut().find(|it| it.folder == folder) {
                there.holds.extend(held.then_some(*controller));
            } else if held || self.version == 2 {
                let back = self.seat.clone().unwrap_or_else(|| home.clone());
                group.places.push(Place { folder, back, holds: held.then_some(*controller).into_iter().collect() });
            } else {
                let _ = fs::remove_dir(&folder);
            }
        }
        group
    }

    /// Sets one limit. `Ok(false)`: none is asked for.
    fn set(&self, controller: Controller, folder: &Path, bounds: &Bounds) -> std::io::Result<bool> {
        let put = |name: &str, value: String| fs::write(folder.join(name), value);
        match controller {
            Controller::Pids => {
                let Some(most) = bounds.processes else { return Ok(false) };
                put("pids.max", (most * TASKS_EACH).to_string())?;
            }
            Controller::Memory => {
                let Some(bytes) = bounds.memory else { return Ok(false) };
                let [limit, with_swap, swap] = match self.version {
                    2 => ["memory.max", "memory.swap.max", "0"],
                    _ => ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", ""],
                };
                put(limit, bytes.to_string())?;
                // A kernel that does not count swap has no such file; then what is swapped out comes on top.
                let _ = put(with_swap, if swap.is_empty() { bytes.to_string() } else { swap.to_owned() });
            }
            Controller::Cpu => {
                let Some(cores) = bounds.cpu else { return Ok(false) };
                let quota = ((cores * PERIOD as f64) as u64).max(SMALLEST);
                if self.version == 2 {
                    put("cpu.max", format!("{quota} {PERIOD}"))?;
                } else {
                    put("cpu.cfs_period_us", PERIOD.to_string())?;
                    put("cpu.cfs_quota_us", quota.to_string())?;
                }
            }
        }
        Ok(true)
    }

    /// As it is said beside limits: `cgroup v2`.
    pub fn words(&self) -> String {
        format!("cgroup v{}", self.version)
    }

    /// Ends what an earlier platform on the same folder left in its groups, and removes them. Gives how many processes that were.
    pub fn clear(&self) -> usize {
        let mut ended = 0;
        for (controller, home) in &self.homes {
            for entry in fs::read_dir(home).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(&self.prefix) {
                    let place = Place { folder: entry.path(), back: home.clone(), holds: vec![*controller] };
                    ended += place.members().len();
                    Group { places: vec![place] }.end();
                }
            }
        }
        ended
    }
}

impl Place {
    /// Puts the calling process in.
    pub fn join(&self) -> std::io::Result<()> {
        // 0 is the kernel's word for the writer itself.
        fs::write(self.folder.join("cgroup.procs"), "0")
    }

    /// Takes the calling process out again. What it started meanwhile stays in.
    pub fn leave(&self) -> std::io::Result<()> {
        fs::write(self.back.join("cgroup.procs"), "0")
    }

    /// Processes in it, the calling one not included.
    fn members(&self) -> Vec<Pid> {
        let text = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        let own = rustix::process::getpid();
        text.lines().filter_map(|it| Pid::from_raw(it.parse().ok()?)).filter(|it| *it != own).collect()
    }

    /// A number out of one of its files: the only one, or the one behind `field`.
    fn number(&self, file: &str, field: &str) -> Option<u64> {
        let text = fs::read_to_string(self.folder.join(file)).ok()?;
        text.lines().find_map(|it| it.strip_prefix(field)?.trim().parse().ok())
    }
}

impl Group {
    pub fn holds(&self, controller: Controller) -> bool {
        self.places.iter().any(|it| it.holds.contains(&controller))
    }

    /// KILL to all that is in it, in a way that nobody can fork out of; the calling process is spared.
    pub fn kill(&self) {
        for place in &self.places {
            let own = rustix::process::getpid();
            let inside = fs::read_to_string(place.folder.join("cgroup.procs")).is_ok_and(|it| it.lines().any(|it| it == own.to_string()));
            if !inside && fs::write(place.folder.join("cgroup.kill"), "1").is_ok() {
                continue;
            }
            // Without that file: nobody in it may fork from now on, so the list below is complete.
            let _ = fs::write(place.folder.join("pids.max"), "0");
            for pid in place.members() {
                // It is in our group, and a pid in a list read just now is not reused before its parent, which is in there or ours, waited for it.
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Ends what is in it and removes it. Waits a moment for the kernel.
    pub fn end(&self) {
        let began = Instant::now();
        while !self.remove() && began.elapsed() < EMPTY_WITHIN {
            self.kill();
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Removes it, if nobody is in it any more. `true`: it is gone.
    pub fn remove(&self) -> bool {
        // Counted, so that one that stays keeps none of the others.
        self.places.iter().filter(|it| fs::remove_dir(&it.folder).is_err() && it.folder.exists()).count() == 0
    }

    /// Processes the kernel killed because all of it took more memory than it may.
    pub fn out_of_memory(&self) -> u64 {
        let killed = |it: &Place| it.number("memory.events", "oom_kill ").or_else(|| it.number("memory.oom_control", "oom_kill "));
        self.places.iter().filter(|it| it.holds.contains(&Controller::Memory)).filter_map(killed).sum()
    }

    /// How often a process or thread could not begin because there were too many.
    pub fn forks_refused(&self) -> u64 {
        self.places.iter().filter(|it| it.holds.contains(&Controller::Pids)).filter_map(|it| it.number("pids.events", "max ")).sum()
    }
}

/// Our own group in the hierarchy of version 2, if that one is in use for limits.
fn unified(mounts: &str, own: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|it| it.strip_prefix("0::"))?;
    let home = mounted(mounts, path, |kind, _| kind == "cgroup2")?;
    // A platform that moved to its seat in an earlier life of this very process.
    Some(if home.ends_with(SEAT) { home.parent()?.to_owned() } else { home })
}

fn version_1(mounts: &str, own: &str, name: &str) -> Option<PathBuf> {
    let of = |line: &str| {
        let (names, path) = line.split_once(':')?.1.split_once(':')?;
        names.split(',').any(|it| it == name).then(|| path.to_owned())
    };
    let path = own.lines().find_map(of)?;
    mounted(mounts, &path, |kind, options| kind == "cgroup" && options.split(',').any(|it| it == name))
}

/// Where the group `path` is on this machine, in the first mount that `fits` by type and options.
fn mounted(mounts: &str, path: &str, fits: impl Fn(&str, &str) -> bool) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let (kind, options) = (right.next()?, right.nth(1)?);
        let mut left = left.split(' ');
        let (root, point) = (left.nth(3)?, left.next()?);
        // In a container the mount may begin at our own group, which the other file names in full.
        let below = path.strip_prefix(root.trim_end_matches('/')).unwrap_or(path);
        let home = Path::new(point).join(below.trim_start_matches('/'));
        (fits(kind, options) && home.is_dir()).then_some(home)
    })
}

/// Makes the controllers of `home` work for groups below it, moving nobody but ourselves.
fn version_2(home: &Path, prefix: String) -> Groups {
    let words = |file: &str| -> Vec<String> {
        fs::read_to_string(home.join(file)).unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
    };
    let can = words("cgroup.controllers");
    let wanted: Vec<_> = ALL.iter().filter(|(_, name)| can.iter().any(|it| it == name)).collect();
    let mut seat = home.join(SEAT);
    if wanted.iter().any(|(_, name)| !words("cgroup.subtree_control").iter().any(|it| it == name)) {
        // The top of the whole hierarchy alone may hold processes besides groups with limits.
        let alone = words("cgroup.procs") == [std::process::id().to_string()];
        if alone && home.join("cgroup.type").exists() {
            let _ = fs::create_dir(&seat);
            let _ = fs::write(seat.join("cgroup.procs"), "0");
        }
        for (_, name) in &wanted {
            let _ = fs::write(home.join("cgroup.subtree_control"), format!("+{name}"));
        }
    }
    if !seat.is_dir() {
        home.clone_into(&mut seat);
    }
    let on = words("cgroup.subtree_control");
    let homes = wanted.into_iter().filter(|(_, name)| on.iter().any(|it| it == name)).map(|(it, _)| (*it, home.to_owned())).collect();
    Groups { version: 2, homes, seat: Some(seat), prefix }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home of version 2 that is only folders and files: what is written can be read back.
    fn paper(version: u8) -> (tempfile::TempDir, Groups) {
        let folder = tempfile::tempdir().unwrap();
        let homes = ALL.iter().map(|(it, _)| (*it, folder.path().to_owned())).collect();
        (folder, Groups { version, homes, seat: None, prefix: "trackside-x-".to_owned() })
    }

    #[test]
    fn limits_are_written_in_the_words_of_each_version() {
        let bounds = Bounds { processes: Some(10), memory: Some(64 << 20), cpu: Some(0.5), ..Bounds::default() };
        let read = |group: &Group, name: &str| fs::read_to_string(group.places[0].folder.join(name)).unwrap();
        let (_two, groups) = paper(2);
        let group = groups.make("a", &bounds);
        assert_eq!(group.places.len(), 1, "one hierarchy, one folder");
        assert_eq!(read(&group, "pids.max"), "40");
        assert_eq!((read(&group, "memory.max"), read(&group, "memory.swap.max")), ("67108864".to_owned(), "0".to_owned()));
        assert_eq!(read(&group, "cpu.max"), "50000 100000");
        let (_one, groups) = paper(1);
        let group = groups.make("a", &bounds);
        assert_eq!((read(&group, "memory.limit_in_bytes"), read(&group, "cpu.cfs_quota_us")), ("67108864".to_owned(), "50000".to_owned()));
        assert!(group.holds(Controller::Cpu) && !groups.make("b", &Bounds::default()).holds(Controller::Pids));
    }

    #[test]
    fn our_own_group_is_found_in_a_usual_machine_a_container_and_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        fs::create_dir_all(folder.path().join("user.slice/a.scope")).unwrap();
        let mounts = format!("30 23 0:26 / {at} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
        assert_eq!(unified(&mounts, "0::/user.slice/a.scope\n"), Some(folder.path().join("user.slice/a.scope")));
        let inside = format!("30 23 0:26 /docker/abc {at} rw - cgroup cgroup rw,cpu,cpuacct\n");
        assert_eq!(version_1(&inside, "4:cpu,cpuacct:/docker/abc\n0::/\n", "cpu"), Some(folder.path().to_owned()));
        assert_eq!(version_1(&inside, "4:cpu,cpuacct:/docker/abc\n", "pids"), None);
        assert_eq!(unified(&inside, "4:cpu:/docker/abc\n"), None);
    }
}
