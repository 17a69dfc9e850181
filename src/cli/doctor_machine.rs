//! What `trackside doctor` finds of this machine as a place for the embedded platform. Nothing here fails for whoever only looks at
//! platforms elsewhere.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::check::Check;
use super::reach::data_dir;
use crate::app::deploys::bytes;
use crate::config::Config;
use crate::local::bounds::Bounds;
use crate::local::cage::{Level, Sandbox, Wish};
use crate::local::cgroup::{Controller, Groups};

const AREA: &str = "platform";
/// Longest wait for git to say its version.
const PATIENCE: Duration = Duration::from_secs(5);
/// The oldest git whose protections against hostile repositories are relied on.
const GIT: (u32, u32) = (2, 30);
/// What makes a better sandbox of none.
const BETTER: &str =
    "install bubblewrap (0.5 or newer), or use Linux 5.19 or newer with landlock; `trackside serve` needs --allow-unsandboxed until then";
/// Room under which builds begin to fail.
const LITTLE: u64 = 2 << 30;

/// The findings.
pub async fn checks(config: &Config) -> Vec<Check> {
    let mut out = vec![git().await];
    match data_dir(config) {
        Ok(data) => {
            out.push(limits(&data));
            out.push(sandbox(&data).await);
            out.push(disk(&data));
        }
        Err(failure) => out.push(Check::warn(AREA, "data", failure.text, "set HOME, or name a folder with --data")),
    }
    out
}

async fn git() -> Check {
    let hint = "install git; `trackside serve` clones with it";
    let asked = timeout(PATIENCE, Command::new("git").arg("--version").kill_on_drop(true).output()).await;
    let Ok(Ok(said)) = asked else { return Check::warn(AREA, "git", "there is no git that answers", hint) };
    let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    match version(&said) {
        Some(it) if it >= GIT => Check::ok(AREA, "git", said),
        Some(_) => Check::warn(AREA, "git", said, format!("use git {}.{} or newer", GIT.0, GIT.1)),
        None => Check::warn(AREA, "git", format!("`git --version` said `{said}`"), hint),
    }
}

/// `git version 2.39.5` → (2, 39)
fn version(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.strip_prefix("git version ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// What the kernel would hold a build or a replica to: found out by making a group and taking it away again.
fn limits(data: &Path) -> Check {
    // A name of its own, so that nothing of a platform that runs is touched.
    let groups = Groups::find(&data.join("doctor"));
    let most = Bounds { processes: Some(64), memory: Some(1 << 30), cpu: Some(1.0), ..Bounds::default() };
    let group = groups.make("doctor", &most);
    let held: Vec<&str> = [(Controller::Memory, "memory"), (Controller::Pids, "processes"), (Controller::Cpu, "processor")]
        .into_iter()
        .filter_map(|(it, name)| group.holds(it).then_some(name))
        .collect();
    group.remove();
    if held.len() == 3 {
        return Check::ok(AREA, "limits", format!("{} for each tree ({})", held.join(", "), groups.words()));
    }
    let hint = "as root, or `systemd-run --user --scope -p Delegate=yes trackside serve`, the kernel holds each tree to them";
    let text = if held.is_empty() {
        "rlimits of each process; no control group can be made".to_owned()
    } else {
        format!("{} for each tree ({}), rlimits for the rest", held.join(", "), groups.words())
    };
    Check::warn(AREA, "limits", text, hint)
}

/// What code of repositories would be run in: found out by making one and taking it away again.
async fn sandbox(data: &Path) -> Check {
    let data = data.to_owned();
    let wish = Wish { level: None, unsandboxed: true };
    let find = move || Sandbox::find(&data, &std::env::current_exe().unwrap_or_default(), wish);
    match tokio::task::spawn_blocking(find).await {
        Ok(Ok(it)) => said(it.level(), it.why()),
        Ok(Err(why)) => Check::warn(AREA, "sandbox", why.to_string(), BETTER),
        Err(why) => Check::warn(AREA, "sandbox", format!("could not be tried: {why}"), BETTER),
    }
}

fn said(level: Level, why: Option<&str>) -> Check {
    let text = format!("{level}: {}", level.says());
    match (level, why) {
        (Level::Bwrap, _) | (_, None) => Check::ok(AREA, "sandbox", text),
        (Level::Landlock, Some(why)) => Check::ok(AREA, "sandbox", format!("{text} (no bwrap: {why})")),
        (Level::None, Some(why)) => Check::warn(AREA, "sandbox", format!("{text} ({why})"), BETTER),
    }
}

fn disk(data: &Path) -> Check {
    // The folder comes with the first start; its disk is that of what is there already.
    let there = data.ancestors().find(|it| it.exists()).unwrap_or(data);
    match rustix::fs::statvfs(there) {
        Ok(it) => {
            let free = it.f_bavail.saturating_mul(it.f_frsize);
            let text = format!("{} free for {}", bytes(free), data.display());
            if free < LITTLE {
                Check::warn(AREA, "disk", text, "make room, or name another folder with --data")
            } else {
                Check::ok(AREA, "disk", text)
            }
        }
        Err(err) => Check::warn(AREA, "disk", format!("{}: {err}", there.display()), "name another folder with --data"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::Verdict;

    #[test]
    fn a_sandbox_is_said_with_why_it_is_not_a_better_one_and_none_is_to_be_looked_at() {
        assert_eq!(said(Level::Bwrap, None).verdict, Verdict::Ok);
        let middle = said(Level::Landlock, Some("bubblewrap (bwrap) is not installed"));
        assert!(middle.text.starts_with("landlock: ") && middle.text.ends_with("(no bwrap: bubblewrap (bwrap) is not installed)"));
        let none = said(Level::None, Some("no this; no that"));
        assert!(none.verdict == Verdict::Warn && none.text.contains("no this; no that"));
    }

    #[test]
    fn versions_of_git_are_read_whoever_built_it() {
        assert_eq!(version("git version 2.39.5"), Some((2, 39)));
        assert_eq!(version("git version 2.50.1 (Apple Git-155)"), Some((2, 50)));
        assert_eq!(version("git version 3.0-rc1"), None);
        assert_eq!(version("hub version 2.14"), None);
    }
}
