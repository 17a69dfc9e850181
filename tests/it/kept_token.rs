//! The file a token is kept in: whoever writes at the same time, with whatever mask, on whatever disk, it is whole and its owner's alone.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::contexts::Home;
use crate::credentials::{mode, signed_out};

/// Who keep a token at once.
const MANY: usize = 50;

/// `login` in a shell that has done `before`, given `token`.
fn login(home: &Path, before: &str, token: &str, variables: &[(&str, &Path)]) -> Output {
    let script = format!("{before}; exec '{}' login --context prod", env!("CARGO_BIN_EXE_trackside"));
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env_clear().env("HOME", home).env("XDG_CONFIG_HOME", home.join("config"));
    command.env("XDG_STATE_HOME", home.join("state")).env("PATH", "/usr/bin:/bin").envs(variables.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(token.as_bytes());
    child.wait_with_output().unwrap()
}

/// The file and its folder, as they always are; its first line.
fn kept(home: &Home) -> String {
    let kept = home.path("config/trackside/tokens/prod");
    assert_eq!((mode(&kept), mode(kept.parent().unwrap())), (0o600, 0o700));
    let text = std::fs::read_to_string(&kept).unwrap();
    assert!(text.ends_with('\n') && text.lines().count() == 2, "cut off: {} lines", text.lines().count());
    text.lines().next().unwrap().to_owned()
}

fn beside(home: &Home) -> Vec<std::path::PathBuf> {
    let folder = std::fs::read_dir(home.path("config/trackside/tokens")).unwrap();
    folder.map(|it| it.unwrap().path()).filter(|it| it.file_name().unwrap() != "prod").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_keep_a_token_at_once_leave_a_whole_one_that_is_theirs_alone() {
    let (site, home, token) = signed_out("").await;
    let folder = home.folder.path().to_owned();
    let mut logins = Vec::new();
    for mask in ["000", "022", "077"].into_iter().cycle().take(MANY) {
        let (folder, token) = (folder.clone(), token.clone());
        logins.push(tokio::task::spawn_blocking(move || login(&folder, &format!("umask {mask}"), &token, &[])));
    }
    for it in logins {
        let done = it.await.unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    }
    assert_eq!(kept(&home), token);
    assert!(beside(&home).is_empty(), "something half written lies beside it");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_no_longer_fits_on_the_disk_is_said_and_the_one_there_is_stays() {
    let (site, home, token) = signed_out("").await;
    let first = login(home.folder.path(), ":", &token, &[]);
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    // The kernel refuses every byte into any file, as a disk does that has none left; standard error is a pipe and goes on.
    let full = login(home.folder.path(), "trap '' XFSZ; ulimit -f 0", &token, &[]);
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!((full.status.code(), said.contains("tokens/prod cannot be written")), (Some(1), true), "{:?} {said}", full.status);
    assert!(!said.contains(&token));
    assert_eq!(kept(&home), token);
    assert!(beside(&home).is_empty(), "something half written lies beside it");
    site.stop().await;
}

/// In the build with points to die at: see `src/seeded.rs`.
#[cfg(feature = "seeded-bugs")]
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_dies_in_the_middle_leaves_the_token_before_or_the_new_one_and_nothing_that_stays() {
    use std::os::unix::process::ExitStatusExt as _;

    let (site, home, token) = signed_out("").await;
    let kill_at = home.path("kill-at");
    for mask in ["000", "022", "077"] {
        for point in ["file.written", "file.whole", "file.named"] {
            assert_eq!(login(home.folder.path(), &format!("umask {mask}"), &token, &[]).status.code(), Some(0));
            assert!(beside(&home).is_empty(), "what a dead one left is swept away");
            std::fs::write(&kill_at, point).unwrap();
            let dead = login(home.folder.path(), &format!("umask {mask}"), &token, &[("TRACKSIDE_KILL_AT", &kill_at)]);
            assert_eq!(dead.status.signal(), Some(9), "{point}: {}", String::from_utf8_lossy(&dead.stderr));
            assert_eq!(kept(&home), token, "{point}");
            assert!(beside(&home).iter().all(|it| mode(it) == 0o600), "{point}");
            std::fs::remove_file(&kill_at).unwrap();
        }
    }
    std::fs::write(&kill_at, "file.whole").unwrap();
    login(home.folder.path(), ":", &token, &[("TRACKSIDE_KILL_AT", &kill_at)]);
    assert_eq!(beside(&home).len(), 1);
    let out = home.run(&["logout", "--context", "prod"]);
    assert_eq!((out.code, beside(&home).len()), (0, 0), "no token stays after it is said to be gone: {out:?}");
    site.stop().await;
}
