//! Bugs put in on purpose, so that the tests prove that they can fail. No ordinary build has them: without the feature
//! `seeded-bugs` every question here is a constant `false`.

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
