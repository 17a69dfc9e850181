//! Figures that a run of the tests comes to: cargo hides what passing tests print, so they are kept in files, which `.ci/run` shows.

use std::fs;
use std::path::PathBuf;

/// Keeps one line for the end of the run. `goal` is what the figure should come to at least, as people say it (`7000`, `0 leaks`).
pub fn keep(name: &str, reached: impl std::fmt::Display, goal: impl std::fmt::Display) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("figures");
    let line = format!("figure: {name} = {reached} (goal {goal})\n");
    print!("{line}");
    fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(name.replace(|c: char| !c.is_alphanumeric(), "-")), line)).unwrap();
}
