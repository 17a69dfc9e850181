//! Tells when a file, or one in a folder, was saved, by whatever way editors do that. Asks the kernel, and sleeps until it answers.

use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};

/// An editor does several things to save a file; this long after the last of them it is read.
const QUIET: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// How the file of a theme ends.
const THEME: &[u8] = b".toml";

/// What a folder is watched for. Not for what is made in it: that is written next, and told then.
const SAVED: WatchFlags = WatchFlags::CLOSE_WRITE.union(WatchFlags::MOVED_TO).union(WatchFlags::DELETE).union(WatchFlags::MOVED_FROM);

/// Calls `saved` after each time that `file`, or a file of themes in the folder `themes`, was saved, until it says false. The folder
/// need not be there yet.
///
/// The folder of the file is watched, not the file: most editors put a new file in the place of the old one. Behind a link both ends are.
pub fn watch(file: &Path, themes: Option<&Path>, mut saved: impl FnMut() -> bool + Send + 'static) -> io::Result<()> {
    let fd = init(CreateFlags::CLOEXEC)?;
    let mut names = Vec::new();
    let mut all = vec![file.to_owned()];
    all.extend(file.canonicalize().ok().filter(|it| it != file));
    for path in all {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned);
        add_watch(&fd, &folder, SAVED)?;
        names.extend(path.file_name().map(OsStr::to_owned));
    }
    let themes = themes.map(Path::to_owned);
    let folder = themes.as_deref().and_then(Path::file_name).map(OsStr::to_owned);
    if let Some(parent) = themes.as_deref().and_then(Path::parent) {
        // It may be made later, and then its parent says so. Without either there are no themes.
        let _ = add_watch(&fd, parent, SAVED | WatchFlags::CREATE);
    }
    thread::Builder::new().name("config".to_owned()).spawn(move || {
        let is_folder = |name: &[u8]| folder.as_ref().is_some_and(|it| it.as_bytes() == name);
        let is_file = |name: &[u8]| names.iter().any(|it| it.as_bytes() == name) || name.ends_with(THEME);
        let is_ours = |name: &[u8], made: bool| is_folder(name) || (!made && is_file(name));
        // Again each time, and before anything in it is read: a folder that was taken away and made anew is another one.
        let look = || {
            if let Some(it) = &themes {
                let _ = add_watch(&fd, it, SAVED);
            }
        };
        look();
        while wait(&fd, is_ours).is_ok() {
            look();
            if !saved() {
                return;
            }
        }
    })?;
    Ok(())
}

/// Until one of our files was touched, and then was left alone for a moment.
fn wait(fd: &OwnedFd, is_ours: impl Fn(&[u8], bool) -> bool) -> rustix::io::Result<()> {
    let mut room = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(fd.as_fd(), &mut room);
    let mut touched = false;
    loop {
        if touched && reader.is_buffer_empty() {
            match poll(&mut [PollFd::new(fd, PollFlags::IN)], Some(&QUIET)) {
                Ok(0) => return Ok(()),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(err) => return Err(err),
            }
        }
        match reader.next() {
            Ok(event) => {
                let made = event.events().contains(ReadFlags::CREATE);
                touched |= event.file_name().is_some_and(|it| is_ours(it.to_bytes(), made));
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(err) => return Err(err),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_file_that_was_written_or_replaced_or_changed_behind_a_link_is_told_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        std::fs::create_dir(&real).unwrap();
        let (link, target) = (folder.path().join("config.toml"), real.join("mine.toml"));
        std::fs::write(&target, "a").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let (tell, told) = channel();
        watch(&link, None, move || tell.send(()).is_ok()).unwrap();
        std::fs::write(folder.path().join("other"), "x").unwrap();
        std::fs::write(&target, "b").unwrap();
        told.recv_timeout(Duration::from_mins(1)).expect("written");
        std::fs::write(real.join("new"), "c").unwrap();
        std::fs::rename(real.join("new"), &target).unwrap();
        told.recv_timeout(Duration::from_mins(1)).expect("replaced");
        std::fs::write(folder.path().join("new"), "d").unwrap();
        std::fs::rename(folder.path().join("new"), &link).unwrap();
        told.recv_timeout(Duration::from_mins(1)).expect("the link itself");
        assert!(told.try_recv().is_err(), "three times, and no more");
    }

    #[test]
    fn a_theme_is_told_of_in_a_folder_that_was_made_later() {
        let home = tempfile::tempdir().unwrap();
        let themes = home.path().join("themes");
        let (tell, told) = channel();
        watch(&home.path().join("config.toml"), Some(&themes), move || tell.send(()).is_ok()).unwrap();
        std::fs::create_dir(&themes).unwrap();
        told.recv_timeout(Duration::from_mins(1)).expect("the folder");
        std::fs::write(themes.join("mine.toml"), "a").unwrap();
        told.recv_timeout(Duration::from_mins(1)).expect("the theme");
    }
}
