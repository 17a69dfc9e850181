//! Completions: the script a shell loads (`trackside completions SHELL`), and the answers it then asks for while somebody types.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Command, CommandFactory as _};
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

use super::args::{Cli, Shell};
use super::exit::{FAILED, Failure, OK, Outcome};
use super::help::TOPICS;
use super::live::words as words_of;

/// The environment variable by which a shell's script asks; its value is the shell's name.
const VAR: &str = "_TRACKSIDE_COMPLETE";

/// Answers a shell that asks what could come next; `None`: this is an ordinary start.
pub fn asked() -> Option<ExitCode> {
    std::env::var_os(VAR).filter(|it| !it.is_empty())?;
    let here = std::env::current_dir().ok();
    // Whatever goes wrong: nothing is offered, and nothing is written into somebody's prompt.
    let done = CompleteEnv::with_factory(command).var(VAR).try_complete(std::env::args_os(), here.as_deref());
    Some(if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The command line, with what can stand behind `help`: its commands, and the texts.
fn command() -> Command {
    let all = Cli::command();
    let about = |it: &Command| (it.get_name().to_owned(), it.get_about().map(ToString::to_string).unwrap_or_default());
    let texts = TOPICS.iter().map(|(name, about, _)| ((*name).to_owned(), (*about).to_owned()));
    let words = texts.chain(all.get_subcommands().filter(|it| !it.is_hide_set()).map(about)).collect();
    all.mut_subcommand("help", |it| it.mut_arg("words", |arg| arg.add(words_of(words))))
}

/// Prints the script for `shell`.
pub fn script(shell: Shell) -> Outcome {
    let shells = Shells::builtins();
    let known = shells.completer(shell.word()).ok_or_else(|| Failure::new(FAILED, format!("nothing is known of {}", shell.word())))?;
    let mut out = Vec::new();
    known.write_registration(VAR, "trackside", "trackside", "trackside", &mut out)?;
    std::io::stdout().lock().write_all(&out)?;
    Ok(OK)
}
