//! The data folder is this user's alone: made so, mended where it was not, refused where somebody else could be in it.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file each platform's folder has, and by which an old one is known.
const SIGN: &str = "lock";
/// Folders whose files are the platform's own. Releases and homes are left as their programs made them: nobody gets past the data folder.
const OWN: [&str; 4] = [".", "logs", "series", "run"];
/// Folders in the data folder that are the platform's; another, such as a disk's `lost+found`, is none of its business.
const FOLDERS: [&str; 6] = ["logs", "series", "run", "tmp", "homes", "releases"];

/// Makes the data folder, for this user alone, and gives its full path.
pub fn folder(data: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(data)?;
    let data = data.canonicalize()?;
    let meta = fs::metadata(&data)?;
    ours(&data, &meta)?;
    if meta.mode() & 0o077 != 0 {
        let strange = fs::read_dir(&data)?.next().is_some() && fs::symlink_metadata(data.join(SIGN)).is_err();
        if strange {
            return Err(io::Error::other("it holds other things, and others may look into it: give a new or an empty folder"));
        }
        fs::set_permissions(&data, Permissions::from_mode(0o700))?;
    }
    Ok(data)
}

/// Takes the files of the platform away from other users, and refuses what leads out of the folder.
pub fn mend(data: &Path) -> io::Result<()> {
    for name in OWN {
        let folder = data.join(name);
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // Gone since it was listed: another platform, which holds the lock, is at work.
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() && !FOLDERS.iter().any(|it| entry.file_name() == *it) {
                continue;
            }
            if meta.is_symlink() {
                let to = fs::read_link(&path).unwrap_or_default();
                return Err(io::Error::other(format!(
                    "{} is a link to {}: put what it leads to in its place",
                    path.display(),
                    to.display()
                )));
            }
            ours(&path, &meta)?;
            let mode = if meta.is_dir() { 0o700 } else { 0o600 };
            if meta.mode() & 0o077 != 0 {
                fs::set_permissions(&path, Permissions::from_mode(mode))?;
            }
        }
    }
    Ok(())
}

fn ours(path: &Path, meta: &fs::Metadata) -> io::Result<()> {
    let own = rustix::process::geteuid().as_raw();
    if meta.uid() == own {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{} belongs to another user (uid {}, this is {own}): use a folder of your own, or `chown` it",
        path.display(),
        meta.uid()
    )))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_folder_of_an_older_platform_is_closed_and_one_of_other_things_is_left_alone() {
        let top = tempfile::tempdir().unwrap();
        let old = top.path().join("old");
        fs::create_dir_all(old.join("logs")).unwrap();
        for name in ["lock", "logs/1.tslog"] {
            fs::write(old.join(name), "").unwrap();
            fs::set_permissions(old.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(&old, Permissions::from_mode(0o755)).unwrap();
        mend(&folder(&old).unwrap()).unwrap();
        assert_eq!(
            [&old, &old.join("logs"), &old.join("lock"), &old.join("logs/1.tslog")].map(|it| mode(it)),
            [0o700, 0o700, 0o600, 0o600]
        );
        let shared = top.path().join("shared");
        fs::create_dir(&shared).unwrap();
        fs::write(shared.join("letter"), "").unwrap();
        fs::set_permissions(&shared, Permissions::from_mode(0o755)).unwrap();
        assert!(folder(&shared).unwrap_err().to_string().contains("holds other things"));
        assert_eq!(mode(&shared), 0o755);
        assert_eq!(mode(&folder(&top.path().join("new")).unwrap()), 0o700);
    }

    #[test]
    fn a_link_in_the_folder_is_refused_and_says_where_it_leads() {
        let data = tempfile::tempdir().unwrap();
        symlink("/etc", data.path().join("logs")).unwrap();
        assert!(mend(data.path()).unwrap_err().to_string().contains("is a link to /etc"));
    }
}
