//! The binary: hidden commands first, because a replica's supervisor needs nothing of the rest.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let first = args.next().unwrap_or_default();
    match trackside::local::hidden(&first, args) {
        Some(status) => ExitCode::from(u8::try_from(status).unwrap_or(1)),
        None => trackside::cli::main(),
    }
}
