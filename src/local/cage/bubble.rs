//! bubblewrap's arguments: a view of the machine in which only a tree's own folders can be written. Pure, but for asking who we are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::view::View;

/// Bytes of the memory that a tree shares by name, which nothing else counts: as much as containers usually have.
const SHARED: &str = "67108864";

/// One tree's folders.
pub struct Places<'a> {
    pub writes: &'a [PathBuf],
    /// Its `/tmp` too; none is a `/tmp` that nothing can be written to.
    pub temporary: Option<&'a Path>,
}

/// The command line up to and with the `--` before the program. `root`: who calls is root, and the program becomes another user inside.
pub fn line(bwrap: &Path, view: &View, places: &Places<'_>, root: bool) -> Vec<String> {
    let mut all = vec![said(bwrap)];
    let mut add = |words: &[&str]| all.extend(words.iter().map(|it| (*it).to_owned()));
    // With the supervisor it ends, and with it, its process namespace: all that is inside.
    add(&["--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]);
    if root {
        // To become the user, and to get to where it begins. With the user they end.
        add(&["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_DAC_READ_SEARCH"]);
    }
    add(&["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--size", SHARED, "--perms", "1777", "--tmpfs", "/dev/shm"]);
    add(&["--remount-ro", "/dev"]);
    let mut closed = Vec::new();
    for it in &view.hidden {
        let name = said(it);
        match (name.as_str(), places.temporary) {
            ("/dev/shm", _) => {}
            ("/tmp" | "/var/tmp", Some(own)) => add(&["--bind", &said(own), &name]),
            _ => {
                add(&["--size", SHARED, "--tmpfs", &name]);
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
