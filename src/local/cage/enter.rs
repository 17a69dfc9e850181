//! The hidden `cage` command: applies its rules to itself, then becomes the program. It starts nothing, so nothing is outside.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::thread::{CapabilitySet, CapabilitySets};

use super::rules::Rules;
use super::{calls, land};

/// Shells' words for "there, but cannot be run" and "not there".
const CANNOT: i32 = 126;
const MISSING: i32 = 127;

/// What is left of root's rights where no other user can be taken: those over files, which installers expect, within what landlock leaves.
const KEPT: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SETUID);

/// Runs `cage JSON -- COMMAND…`; comes back only with the exit status of a failure, said on stderr.
pub fn run(args: impl IntoIterator<Item = OsString>) -> i32 {
    let mut args = args.into_iter();
    let told = args.next().and_then(|it| serde_json::from_str::<Rules>(it.to_str()?).ok());
    let (Some(rules), Some(_), Some(program)) = (told, args.next().filter(|it| it == "--"), args.next()) else {
        return says(CANNOT, "the sandbox was not told what to do");
    };
    if let Err(why) = close(&rules) {
        return says(CANNOT, &format!("the sandbox could not be closed, so nothing was run: {why}"));
    }
    let mut command = Command::new(&program);
    command.args(args);
    if let Some(user) = rules.user {
        command.uid(user).gid(user);
    }
    if let Some(folder) = &rules.folder {
        command.current_dir(folder);
    }
    let error = command.exec();
    let status = if error.kind() == std::io::ErrorKind::NotFound { MISSING } else { CANNOT };
    says(status, &format!("`{}` could not be started: {error}", program.to_string_lossy()))
}

fn close(rules: &Rules) -> Result<(), String> {
    match &rules.files {
        Some(files) => land::hold(files)?,
        None => land::scope()?,
    }
    if rustix::process::geteuid().is_root() {
        let sets = rustix::thread::capabilities(None).map_err(|error| format!("capabilities: {error}"))?;
        // With another user all of them end, but for what could be inherited.
        let rest = if rules.user.is_some() { CapabilitySet::all() } else { KEPT };
        let kept =
            CapabilitySets { effective: sets.effective & rest, permitted: sets.permitted & rest, inheritable: CapabilitySet::empty() };
        rustix::thread::set_capabilities(None, kept).map_err(|error| format!("capabilities: {error}"))?;
    }
    calls::close()
}

fn says(status: i32, what: &str) -> i32 {
    // Without stderr there is nobody to tell; the status says it too.
    let _ = writeln!(std::io::stderr(), "{what}");
    status
}
