//! The hidden commands under which the platform runs what it starts. Light: nothing of the rest of the program is set up for them.

use std::ffi::{OsStr, OsString};

use super::{cage, samples, static_files, supervise};

/// Runs the hidden command `name` and gives its exit status; `None` if it is none.
pub fn hidden(name: &OsStr, args: impl Iterator<Item = OsString>) -> Option<i32> {
    match name.to_str()? {
        "supervise" => Some(supervise::run(args)),
        "cage" => Some(cage::run(args)),
        "static-files" => Some(static_files::run(args)),
        "sample" => Some(samples::run(&args.map(|it| it.to_string_lossy().into_owned()).collect::<Vec<_>>())),
        _ => None,
    }
}
