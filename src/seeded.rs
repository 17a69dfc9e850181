//! Bugs, deaths and wrong clocks put in on purpose, so that the tests prove that they can fail and that what they claim of a crash or of a
//! clock is so. No ordinary build has them: without the feature `seeded-bugs` every question here is a constant.

/// Whether the bug of this name is in. Never, in this build.
#[cfg(not(feature = "seeded-bugs"))]
pub const fn bug(_name: &str) -> bool {
    false
}

/// Whether the bug of this name is in: the one that `TRACKSIDE_SEEDED_BUG` named when the process began.
#[cfg(feature = "seeded-bugs")]
pub fn bug(name: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    CHOSEN.get_or_init(|| std::env::var("TRACKSIDE_SEEDED_BUG").ok()).as_deref() == Some(name)
}

/// A point at which a test may let the process die. Nothing, in this build.
#[cfg(not(feature = "seeded-bugs"))]
pub const fn point(_name: &str) {}

/// Dies here as by `kill -9`, if the file that `TRACKSIDE_KILL_AT` names holds the name of this point.
#[cfg(feature = "seeded-bugs")]
pub fn point(name: &str) {
    if said("TRACKSIDE_KILL_AT").is_some_and(|it| it == name) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// By how many milliseconds the machine's clock is wrong. It is never, in this build.
#[cfg(not(feature = "seeded-bugs"))]
pub const fn clock_error() -> i64 {
    0
}

/// By how many milliseconds the machine's clock is wrong: what the file that `TRACKSIDE_CLOCK_ERROR` names says now.
#[cfg(feature = "seeded-bugs")]
pub fn clock_error() -> i64 {
    said("TRACKSIDE_CLOCK_ERROR").and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// What the file that `variable` names holds, looked at each time: a test changes it while the process runs.
#[cfg(feature = "seeded-bugs")]
fn said(variable: &str) -> Option<String> {
    let text = std::fs::read_to_string(std::env::var_os(variable)?).ok()?;
    Some(text.trim().to_owned())
}
