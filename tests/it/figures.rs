//! Figures that a run of the tests comes to: cargo hides what passing tests print, so they are kept in files, which `.ci/run` shows.

use std::fs;
use std::path::PathBuf;

/// Keeps one line for the end of the run. `goal` is what the figure should come to at least, as people say it (`7000`, `0 leaks`).
pub fn keep(name: &str, reached: impl std::fmt::Display, goal: impl std::fmt::Display) {
    line(name, &format!("{reached} (goal {goal})"));
}

/// The same of what can be compared with its goal: a test allows for a busy machine, the line says where the goal itself was not `met`.
pub fn judge(name: &str, reached: impl std::fmt::Display, goal: impl std::fmt::Display, met: bool) {
    line(name, &format!("{reached} (goal {goal}){}", if met { "" } else { " SHORT OF ITS GOAL" }));
}

fn line(name: &str, text: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("figures");
    let line = format!("figure: {name} = {text}\n");
    print!("{line}");
    fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(name.replace(|c: char| !c.is_alphanumeric(), "-")), line)).unwrap();
}
