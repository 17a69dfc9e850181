//! A user for each service, where the platform runs as root: a number that nobody else has, read off the owner of the service's HOME.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The numbers that are nobody's for good: systemd gives them to services of a moment, and notes those it has given.
const FREE: RangeInclusive<u32> = 61_184..=65_519;
/// The one that is chosen last: for trying.
pub const LAST: u32 = *FREE.end();
const TAKEN: &str = "/run/systemd/dynamic-uid";
/// Where the machine's users and groups are said.
const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";

/// Two first starts at once must not choose the same.
static CHOOSING: Mutex<()> = Mutex::new(());

/// The user of the service whose HOME is `home`, chosen now if it has none; and `folders` made its own. `older`: folders of nobody but the
/// service, with what it made before it had a user.
pub fn own(home: &Path, folders: &[&Path], older: &[&Path]) -> io::Result<u32> {
    let _alone = CHOOSING.lock().unwrap_or_else(PoisonError::into_inner);
    let owner = fs::metadata(home)?.uid();
    let user = if FREE.contains(&owner) {
        owner
    } else {
        let user = choose(home)?;
        // Only now: nothing of this user runs yet, so that nobody changes what is counted.
        give_linked([&[home], older].concat(), user)?;
        user
    };
    give(home, user)?;
    // One at a time too: where a second replica still goes through a folder, a program of the first could put a link in the way.
    folders.iter().try_for_each(|it| give(it, user))?;
    Ok(user)
}

/// The name by which this process's user is known on this machine, if it is.
pub fn me() -> Option<String> {
    let id = rustix::process::geteuid().as_raw().to_string();
    let known = lines_of(USERS).ok()?;
    let mine = known.lines().find(|it| it.split(':').nth(2) == Some(&id))?;
    mine.split(':').next().map(str::to_owned)
}

/// The machine's own lists, each in its own place: for trying.
pub fn lists() -> Vec<(PathBuf, &'static str)> {
    [USERS, GROUPS].into_iter().filter(|it| plain(it)).map(|it| (PathBuf::from(it), it)).collect()
}

fn plain(list: &str) -> bool {
    fs::symlink_metadata(list).is_ok_and(|it| it.is_file())
}

/// The lines of a list, in whatever letters somebody's name is written there.
fn lines_of(list: &str) -> io::Result<String> {
    let bytes = fs::read(list).map_err(|why| io::Error::new(why.kind(), format!("{list}: {why}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A program's user, as it finds itself named inside.
pub struct Named {
    pub name: String,
    /// Lists of users and groups, and in whose place they are shown.
    pub lists: Vec<(PathBuf, &'static str)>,
}

/// Names `user` (or this process's own), whose HOME is `home`, in lists that are written into `folder`. Without a name many a program does not
/// start, and some, such as Java's, take their HOME from nowhere else. A list that is not a plain file on this machine is left as it is.
pub fn named(user: Option<u32>, home: &Path, folder: &Path) -> io::Result<Named> {
    // Two replicas that start at once write the same files.
    let _alone = CHOOSING.lock().unwrap_or_else(PoisonError::into_inner);
    let (id, group) = user.map_or_else(|| (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()), |it| (it, it));
    let name = if user.is_some() { None } else { me() }.unwrap_or_else(|| format!("trackside-{id}"));
    let of = home.file_name().unwrap_or_default().to_string_lossy();
    // A colon or an end of line in a path would make other fields, or users, of it.
    let home = home.to_str().filter(|it| !it.contains([':', '\n'])).unwrap_or("/");
    let mut made = Vec::new();
    for (list, ending, number, own) in [
        (USERS, "passwd", id, format!("{name}:x:{id}:{group}:a service:{home}:/bin/sh\n")),
        (GROUPS, "group", group, format!("{name}:x:{group}:\n")),
    ] {
        if !plain(list) {
            continue;
        }
        let known = lines_of(list)?;
        let is_own = |line: &str| line.split(':').nth(2) == Some(&number.to_string());
        let text = if list == GROUPS && known.lines().any(is_own) {
            known
        } else {
            known.lines().filter(|it| !is_own(it)).flat_map(|it| [it, "\n"]).chain([own.as_str()]).collect()
        };
        // Put in place whole: a program that runs may be reading the one there is.
        let (file, new) = (folder.join(format!("{of}.{ending}")), folder.join(format!("{of}.{ending}.new")));
        fs::write(&new, text)?;
        fs::set_permissions(&new, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        fs::rename(&new, &file)?;
        made.push((file, list));
    }
    Ok(Named { name, lists: made })
}

/// Whether a program can be run as another user: in a container with one user alone it cannot.
pub fn work() -> bool {
    use std::os::unix::process::CommandExt;
    rustix::process::geteuid().is_root()
        && std::process::Command::new("/bin/sh")
            .args(["-c", "exit 0"])
            .env_clear()
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .uid(LAST)
            .gid(LAST)
            .status()
            .is_ok_and(|it| it.success())
}

fn choose(home: &Path) -> io::Result<u32> {
    let homes = fs::read_dir(home.parent().unwrap_or(home))?;
    let mut taken: BTreeSet<u32> = homes.flatten().filter_map(|it| Some(it.metadata().ok()?.uid())).collect();
    taken.extend(fs::read_dir(TAKEN).into_iter().flatten().flatten().filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok()));
    let known = lines_of(USERS).unwrap_or_default();
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
                // A second name may be a file of the machine, linked while things ran without a sandbox. `give_linked` knows.
                continue;
            }
            lchown(entry.path(), Some(user), Some(user))?;
        }
    }
    lchown(top, Some(user), Some(user))
}

/// Makes those files the property of `user` that have several names and all of them in `folders`, as package managers make them.
fn give_linked(folders: Vec<&Path>, user: u32) -> io::Result<()> {
    // A folder that is named twice, or stands in another, must not count its names twice: that would give away a file of the machine.
    let mut next: Vec<PathBuf> = folders.into_iter().map(Path::to_owned).collect();
    let mut seen = BTreeSet::new();
    // By disk and number there: names found, names there are, one of them.
    let mut found: BTreeMap<(u64, u64), (u64, u64, PathBuf)> = BTreeMap::new();
    while let Some(folder) = next.pop() {
        if !fs::metadata(&folder).is_ok_and(|it| seen.insert((it.dev(), it.ino()))) {
            continue;
        }
        // A release that is being removed is none of ours any more; what is not counted is not given away.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                next.push(entry.path());
            } else if meta.is_file() && meta.nlink() > 1 {
                let (count, all, _) = found.entry((meta.dev(), meta.ino())).or_insert_with(|| (0, 0, entry.path()));
                (*count, *all) = (*count + 1, meta.nlink().max(*all));
            }
        }
    }
    for (_, _, path) in found.into_values().filter(|(count, all, _)| count == all) {
        match lchown(path, Some(user), Some(user)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
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
        // A package manager's file: in its store in HOME, in this release and in an older one.
        let older = outside.path().join("older");
        fs::create_dir(&older).unwrap();
        fs::write(one.join("stored"), "").unwrap();
        for it in [&release, &older] {
            fs::hard_link(one.join("stored"), it.join("stored")).unwrap();
        }
        let first = own(&one, &[&release], &[&release, &release, &older]).unwrap();
        assert!(FREE.contains(&first) && own(&two, &[], &[]).unwrap() != first);
        assert_eq!(own(&one, &[], &[]).unwrap(), first);
        let owner = |it: &Path| fs::metadata(it).unwrap().uid();
        assert_eq!((owner(&release.join("src")), owner(&release.join("stored"))), (first, first));
        assert_ne!(owner(&kept), first, "one of its names is not the service's");
    }

    #[test]
    fn the_lists_of_users_name_the_one_there_is_with_its_home_besides_those_of_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        let home = Path::new("/data/homes/s1");
        let made = |user| {
            let it = named(user, home, folder.path()).unwrap();
            let text = |place: &str| it.lists.iter().find(|it| it.1 == place).map(|it| fs::read_to_string(&it.0).unwrap());
            text(USERS).zip(text(GROUPS)).map(|(users, groups)| (it.name.clone(), users, groups))
        };
        let Some((name, users, groups)) = made(Some(61_999)) else {
            println!("skipped: this machine keeps its users elsewhere");
            return;
        };
        assert_eq!(name, "trackside-61999");
        assert!(users.starts_with(fs::read_to_string(USERS).unwrap().trim_end()));
        assert!(users.ends_with("\ntrackside-61999:x:61999:61999:a service:/data/homes/s1:/bin/sh\n"), "{users}");
        assert!(groups.ends_with("\ntrackside-61999:x:61999:\n"), "{groups}");
        // Who stays who it is has another HOME all the same.
        let (name, users, _) = made(None).unwrap();
        let id = rustix::process::geteuid().as_raw().to_string();
        let own: Vec<&str> = users.lines().filter(|it| it.split(':').nth(2) == Some(&id)).collect();
        assert_eq!(own.len(), 1);
        assert!(own[0].starts_with(&format!("{name}:")) && own[0].ends_with(":/data/homes/s1:/bin/sh"), "{own:?}");
    }
}
