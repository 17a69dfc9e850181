//! bubblewrap's arguments: a view of the machine in which only a tree's own folders can be written. Pure, but for asking who we are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::view::View;

/// Bytes of the memory that a tree shares by name, which nothing else counts: as much as containers usually have.
const SHARED: &str = "67108864";

/// The program, and what it knows.
#[derive(Clone, Debug, Default)]
pub struct Bwrap {
    pub path: PathBuf,
    /// Whether it can bound what lies in memory, which it can from 0.7 on.
    pub sized: bool,
}

/// One tree's folders.
pub struct Places<'a> {
    pub writes: &'a [PathBuf],
    /// Its `/tmp` too; none is a `/tmp` that nothing can be written to.
    pub temporary: Option<&'a Path>,
    /// Files that stand in the place of others: what it is, and where.
    pub instead: &'a [(PathBuf, &'static str)],
}

/// The command line up to and with the `--` before the program. `root`: who calls is root, and the program becomes another user inside.
pub fn line(bwrap: &Bwrap, view: &View, places: &Places<'_>, root: bool) -> Vec<String> {
    let mut all = vec![said(&bwrap.path)];
    let mut add = |words: &[&str]| all.extend(words.iter().map(|it| (*it).to_owned()));
    // With the supervisor it ends, and with it, its process namespace: all that is inside.
    add(&["--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]);
    if root {
        // To become the user, and to get to where it begins. With the user they end.
        add(&["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_DAC_READ_SEARCH"]);
    }
    let size: &[&str] = if bwrap.sized { &["--size", SHARED] } else { &[] };
    add(&["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]);
    match places.temporary {
        // Without a bound it lies on the disk, which is one.
        Some(own) if !bwrap.sized => add(&["--bind", &said(own), "/dev/shm"]),
        _ => {
            add(size);
            add(&["--perms", "1777", "--tmpfs", "/dev/shm"]);
        }
    }
    add(&["--remount-ro", "/dev"]);
    for (file, place) in places.instead {
        add(&["--ro-bind", &said(file), place]);
    }
    let mut closed = Vec::new();
    for it in &view.hidden {
        let name = said(it);
        match (name.as_str(), places.temporary) {
            ("/dev/shm", _) => {}
            ("/tmp" | "/var/tmp", Some(own)) => add(&["--bind", &said(own), &name]),
            _ => {
                // Nothing is ever in it: it is closed below.
                add(&["--tmpfs", &name]);
                closed.push(name);
            }
        }
    }
    let own = || places.writes.iter().map(PathBuf::as_path).chain(places.temporary);
    // Otherwise the folders on the way would be as closed as what they lead to.
    let ways: BTreeSet<&Path> = view.shown.iter().map(PathBuf::as_path).chain(own()).filter_map(Path::parent).collect();
    for it in ways {
        add(&["--perms", "0755", "--dir", &said(it)]);
    }
    for it in &view.shown {
        add(&["--ro-bind-try", &said(it), &said(it)]);
    }
    for it in own() {
        add(&["--bind", &said(it), &said(it)]);
    }
    for name in &closed {
        add(&["--remount-ro", name]);
    }
    // The folder to begin in may be open only to the user that the program becomes.
    add(&["--chdir", "/", "--"]);
    all
}

/// A path that is no text cannot be passed on as text; the platform's own are.
fn said(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
