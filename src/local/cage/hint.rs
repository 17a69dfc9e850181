//! What a cage has to do with a program that did not end well, as far as it can be read off what the program said. Pure; only words.

use std::path::Path;

use super::level::Level;

/// What shells add to a signal's number to make an exit code of it.
const BY_SIGNAL: i32 = 128;
/// Words, in lower case, with which programs say that they may not.
const REFUSED: [&str; 5] = ["permission denied", "eacces", "accessdenied", "not permitted", "java.io.tmpdir"];

/// The same, of a file system.
const READ_ONLY: [&str; 2] = ["read-only file system", "erofs"];

/// What to do, in words as after "it failed;". `code` and `signal`: how it ended; `said`: its last lines; `data`: the platform's folder.
pub fn hint(level: Level, (code, signal): (Option<i32>, Option<i32>), said: &str, data: &Path) -> Option<String> {
    let call = rustix::process::Signal::SYS.as_raw();
    if level == Level::None {
        None
    } else if level == Level::Bwrap && code == Some(1) && said.lines().last().is_some_and(|it| it.starts_with("bwrap: ")) {
        Some("the sandbox could not be made around it: `trackside doctor` says what this machine still has".to_owned())
    } else if signal == Some(call) || code == Some(BY_SIGNAL + call) {
        Some("it made a call that the sandbox ends programs for: those for another kind of processor, such as 32-bit ones".to_owned())
    } else if level == Level::Bwrap && said.lines().any(|it| READ_ONLY.iter().any(|word| it.to_lowercase().contains(word))) {
        Some("the machine is read-only in the sandbox: what it keeps belongs into the folder in HOME, what it drops into /tmp".to_owned())
    } else if level == Level::Landlock && said.lines().any(|it| wanted_tmp(it, data)) {
        let what = "in the sandbox `landlock` nobody writes /tmp: use the folder in TMPDIR";
        Some(format!("{what} (java: -Djava.io.tmpdir=$TMPDIR), or install bubblewrap, in which each has a /tmp of its own"))
    } else {
        None
    }
}

/// Whether a line says that something in `/tmp` was refused. The platform's own folder may be in there.
fn wanted_tmp(line: &str, data: &Path) -> bool {
    let line = line.replace(&*data.to_string_lossy(), "").to_lowercase();
    let begins = |(at, _)| !line[..at].ends_with(|it: char| it.is_alphanumeric() || matches!(it, '/' | '.' | '-' | '_'));
    REFUSED.iter().any(|it| line.contains(it)) && line.match_indices("/tmp").any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sandbox_did_is_told_from_what_the_program_did() {
        let data = Path::new("/tmp/demo/data");
        let of = |level, code: i32, said: &str| hint(level, (Some(code), None), said, data).unwrap_or_default();
        for said in [
            "sh: 1: cannot create /tmp/x: Permission denied",
            "PermissionError: [Errno 13] Permission denied: '/tmp/x'",
            "Error: EACCES: permission denied, open '/tmp/a.sock'\n    at Object.open",
            "java.nio.file.AccessDeniedException: /tmp/tomcat.80.1",
            "Unable to create tempDir. java.io.tmpdir is set to /tmp",
        ] {
            assert!(of(Level::Landlock, 1, said).contains("TMPDIR"), "{said}");
            assert_eq!(of(Level::Bwrap, 1, said), "", "it has a /tmp there");
            assert_eq!(of(Level::None, 1, said), "");
        }
        for said in [
            "cannot create /tmp/demo/data/releases/x: Permission denied",
            "cannot create /var/tmp2: Permission denied",
            "reads /tmp/x",
            "cannot create /srv/tmp/x: Permission denied",
            "",
        ] {
            assert_eq!(of(Level::Landlock, 1, said), "", "{said}");
        }
        for said in
            ["mkdir: cannot create directory '/srv/x': Read-only file system\nbye", "Error: EROFS: read-only file system, mkdir '/srv/x'"]
        {
            assert!(of(Level::Bwrap, 1, said).contains("HOME"), "{said}");
            assert_eq!(of(Level::None, 1, said), "", "so it is then");
        }
        assert!(of(Level::Bwrap, 159, "").contains("32-bit"));
        assert!(hint(Level::Landlock, (None, Some(31)), "", data).is_some_and(|it| it.contains("32-bit")));
        let gone = "building\nbwrap: No permissions to create new namespace";
        assert!(of(Level::Bwrap, 1, gone).contains("trackside doctor"));
        assert_eq!(of(Level::Bwrap, 2, gone), "");
        assert_eq!(of(Level::Bwrap, 1, "bwrap: is a tool\nmake: failed"), "");
    }
}
