//! A user for each service, where the platform runs as root: a number that nobody else has, read off the owner of the service's HOME.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The numbers that are nobody's for good: systemd gives them to services of a moment, and notes those it has given.
const FREE: RangeInclusive<u32> = 61_184..=65_519;
const TAKEN: &str = "/run/systemd/dynamic-uid";

/// Two first starts at once must not choose the same.
static CHOOSING: Mutex<()> = Mutex::new(());

/// The user of the service whose HOME is `home`, chosen now if it has none; and `folders` made its own.
pub fn own(home: &Path, folders: &[&Path]) -> io::Result<u32> {
    let _alone = CHOOSING.lock().unwrap_or_else(PoisonError::into_inner);
    let owner = fs::metadata(home)?.uid();
    let user = if FREE.contains(&owner) { owner } else { choose(home)? };
    give(home, user)?;
    // One at a time too: where a second replica still goes through a folder, a program of the first could put a link in the way.
    folders.iter().try_for_each(|it| give(it, user))?;
    Ok(user)
}

/// Whether a program can be run as another user: in a container with one user alone it cannot.
pub fn work() -> bool {
    use std::os::unix::process::CommandExt;
    let other = *FREE.end();
    rustix::process::geteuid().is_root()
        && std::process::Command::new("/bin/sh")
            .args(["-c", "exit 0"])
            .env_clear()
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .uid(other)
            .gid(other)
            .status()
            .is_ok_and(|it| it.success())
}

fn choose(home: &Path) -> io::Result<u32> {
    let homes = fs::read_dir(home.parent().unwrap_or(home))?;
    let mut taken: BTreeSet<u32> = homes.flatten().filter_map(|it| Some(it.metadata().ok()?.uid())).collect();
    taken.extend(fs::read_dir(TAKEN).into_iter().flatten().flatten().filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok()));
    let known = fs::read_to_string("/etc/passwd").unwrap_or_default();
    taken.extend(known.lines().filter_map(|it| it.split(':').nth(2)?.parse::<u32>().ok()));
    FREE.into_iter().find(|it| !taken.contains(it)).ok_or_else(|| io::Error::other("no user number is free for the service"))
}

/// Makes `top` and what is below the property of `user`, unless it is already. It is done before the first program of `user` runs there, so
/// nobody can put a link in the way; the top comes last, so that a platform that was killed in the middle begins anew.
fn give(top: &Path, user: u32) -> io::Result<()> {
    if fs::symlink_metadata(top)?.uid() == user {
        return Ok(());
    }
    let mut next = vec![top.to_owned()];
    while let Some(folder) = next.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            if meta.is_dir() {
                next.push(entry.path());
            } else if meta.is_file() && meta.nlink() > 1 {
                // A second name may be a file of the machine, linked while things ran without a sandbox.
                continue;
            }
            lchown(entry.path(), Some(user), Some(user))?;
        }
    }
    lchown(top, Some(user), Some(user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_home_has_a_user_of_its_own_and_keeps_it_and_links_are_not_followed() {
        if !work() {
            println!("skipped: only root gives files away");
            return;
        }
        let homes = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|it| homes.path().join(it));
        let release = homes.path().parent().unwrap().join(outside.path()).join("release");
        for it in [&one, &two, &release.join("src")] {
            fs::create_dir_all(it).unwrap();
        }
        let kept = outside.path().join("kept");
        fs::write(&kept, "").unwrap();
        std::os::unix::fs::symlink(&kept, release.join("link")).unwrap();
        fs::hard_link(&kept, release.join("again")).unwrap();
        let first = own(&one, &[&release]).unwrap();
        assert!(FREE.contains(&first) && own(&two, &[]).unwrap() != first);
        assert_eq!(own(&one, &[]).unwrap(), first);
        assert_eq!(fs::metadata(release.join("src")).unwrap().uid(), first);
        assert_ne!(fs::metadata(&kept).unwrap().uid(), first);
    }
}
