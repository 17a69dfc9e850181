//! What /proc tells of a tree of processes: who belongs to it, when each began, and where it listens. Reads only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// One process in `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub pid: u32,
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// Clock ticks after boot; with the pid and the boot id it names a process for good.
    pub started: u64,
    /// `Z`: ended, not yet reaped.
    pub state: char,
}

/// The process `pid`, if there is one.
pub fn stat(pid: u32) -> Option<Stat> {
    parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name in brackets may hold spaces and brackets itself, so reading starts after the last one.
fn parse(pid: u32, text: &str) -> Option<Stat> {
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let started = fields.nth(16)?.parse().ok()?;
    Some(Stat { pid, parent, group, started, state })
}

/// All processes there are.
pub fn all() -> Vec<Stat> {
    let Ok(dir) = fs::read_dir("/proc") else { return Vec::new() };
    dir.filter_map(|it| stat(it.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

/// The living descendants of `root`, itself not included.
pub fn descendants(root: u32) -> Vec<u32> {
    children_files(root).unwrap_or_else(|| scan(root))
}

/// The cheap way: the kernel's own lists of children, where it keeps them.
fn children_files(root: u32) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    let mut next = vec![root];
    let mut first = true;
    while let Some(pid) = next.pop() {
        let tasks = match fs::read_dir(format!("/proc/{pid}/task")) {
            Ok(it) => it,
            Err(_) if first => return None,
            Err(_) => continue,
        };
        for task in tasks.flatten() {
            match fs::read_to_string(task.path().join("children")) {
                Ok(text) => next.extend(text.split_ascii_whitespace().filter_map(|it| it.parse::<u32>().ok())),
                // A kernel without the list: no task of any process has one.
                Err(_) if first => return None,
                Err(_) => {}
            }
        }
        if !first && stat(pid).is_some_and(|it| it.state != 'Z') {
            found.push(pid);
        }
        first = false;
    }
    Some(found)
}

fn scan(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut dead = BTreeSet::new();
    for it in all() {
        children.entry(it.parent).or_default().push(it.pid);
        if it.state == 'Z' {
            dead.insert(it.pid);
        }
    }
    let mut found = Vec::new();
    let mut next = children.remove(&root).unwrap_or_default();
    while let Some(pid) = next.pop() {
        next.extend(children.remove(&pid).unwrap_or_default());
        if !dead.contains(&pid) {
            found.push(pid);
        }
    }
    found
}

/// Names this run of the machine, so that a pid of before a reboot is never taken for one of today.
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Processes with an entry (`NAME=value`) of their environment that `fits`.
pub fn with_environment(fits: impl Fn(&[u8]) -> bool) -> Vec<u32> {
    let own = std::process::id();
    let holds = |pid: u32| fs::read(format!("/proc/{pid}/environ")).is_ok_and(|all| all.split(|b| *b == 0).any(&fits));
    all().into_iter().filter(|it| it.pid != own && it.state != 'Z' && holds(it.pid)).map(|it| it.pid).collect()
}

/// TCP addresses on which `pids` listen.
pub fn listening(pids: &[u32]) -> BTreeSet<SocketAddr> {
    let mut sockets: BTreeMap<String, SocketAddr> = BTreeMap::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = fs::read_to_string(table).unwrap_or_default();
        sockets.extend(text.lines().skip(1).filter_map(listener));
    }
    let mut found = BTreeSet::new();
    for pid in pids {
        let Ok(fds) = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("fd")) else { continue };
        for fd in fds.flatten() {
            let Ok(target) = fs::read_link(fd.path()) else { continue };
            let target = target.to_string_lossy();
            let inode = target.strip_prefix("socket:[").and_then(|it| it.strip_suffix(']'));
            found.extend(inode.and_then(|it| sockets.get(it)));
        }
    }
    found
}

/// Inode and address of a line of `/proc/net/tcp` or `tcp6`, if it listens (state 0A).
fn listener(line: &str) -> Option<(String, SocketAddr)> {
    let mut fields = line.split_ascii_whitespace();
    let (ip, port) = fields.nth(1)?.rsplit_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    // Words of 32 bits, each as this machine holds it in memory.
    let words = ip.as_bytes().chunks(8).map(|it| u32::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok().map(u32::to_ne_bytes));
    let bytes = words.collect::<Option<Vec<_>>>()?.concat();
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(four),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    (state == "0A").then_some((inode.to_owned(), SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let line = "7 (a) b (c) R 3 9 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0";
        assert_eq!(parse(7, line), Some(Stat { pid: 7, parent: 3, group: 9, started: 4242, state: 'R' }));
    }

    #[test]
    fn a_listener_of_this_process_is_found_by_its_address() {
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0"] {
            let Ok(socket) = std::net::TcpListener::bind(address) else {
                println!("skipped: this machine has no {address}");
                continue;
            };
            let address = socket.local_addr().unwrap();
            assert!(listening(&[std::process::id()]).contains(&address), "{address}");
            drop(socket);
            assert!(!listening(&[std::process::id()]).contains(&address), "{address}");
        }
    }

    #[test]
    fn both_ways_of_finding_descendants_agree() {
        let mut child = std::process::Command::new("sh").args(["-c", "sleep 30 & wait"]).spawn().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while descendants(child.id()).is_empty() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        let slow = scan(child.id());
        assert_eq!(slow.len(), 1);
        assert_eq!(descendants(child.id()), slow);
        for pid in slow {
            let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
