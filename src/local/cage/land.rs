//! Landlock: the files, and the processes outside, that the calling thread and all it starts can no longer reach.

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
    path_beneath_rules,
};

use super::rules::Files;

/// The newest there is; a kernel that is older does what it can.
const NEWEST: ABI = ABI::V10;
/// The last one whose writes are all about files: git connects to an agent or a control socket as its user may.
const WRITES: ABI = ABI::V8;

/// Devices that any program may need. The others are the machine's.
const DEVICES: [&str; 8] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts"];
/// Where programs share memory by name; a program cannot be told of another place.
const SHARED: &str = "/dev/shm";

/// Holds the calling thread to `files`; fails where the kernel cannot.
pub fn hold(files: &Files) -> Result<(), String> {
    let status = held(files).map_err(|error| format!("landlock: {error}"))?;
    if status == RulesetStatus::NotEnforced { Err("landlock: this kernel does not have it".to_owned()) } else { Ok(()) }
}

fn held(files: &Files) -> Result<RulesetStatus, landlock::RulesetError> {
    let (all, read) = match files.reads {
        Some(_) => (AccessFs::from_all(NEWEST), AccessFs::from_read(NEWEST)),
        None => (AccessFs::from_write(WRITES), AccessFs::from_write(WRITES)),
    };
    // Before Linux 5.19 no file could be moved from one folder to another, which no build would bear.
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement).handle_access(AccessFs::Refer)?;
    let mut ruleset = ruleset.set_compatibility(CompatLevel::BestEffort).handle_access(all)?;
    if files.reads.is_some() {
        ruleset = ruleset.scope(Scope::from_all(NEWEST))?;
    }
    let shared = files.writes.iter().map(std::path::PathBuf::as_path).chain([std::path::Path::new(SHARED)]);
    let device =
        if files.reads.is_some() { read | AccessFs::WriteFile | AccessFs::IoctlDev } else { AccessFs::WriteFile | AccessFs::IoctlDev };
    let created: RulesetCreated = ruleset.create()?;
    let created = created.add_rules(path_beneath_rules(shared, all))?.add_rules(path_beneath_rules(DEVICES, device))?;
    let created = match &files.reads {
        Some(reads) => created.add_rules(path_beneath_rules(reads, read))?,
        None => created,
    };
    Ok(created.restrict_self()?.ruleset)
}

/// Closes the ways to processes outside that no namespace closes. Where the kernel is too old for it, nothing changes.
pub fn scope() -> Result<(), String> {
    let closed = || Ruleset::default().set_compatibility(CompatLevel::BestEffort).scope(Scope::from_all(NEWEST))?.create()?.restrict_self();
    closed().map(drop).map_err(|error| format!("landlock: {error}"))
}
