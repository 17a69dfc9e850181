//! Running a program that gives or takes a secret: for a limited time, in a process group of its own, little of its output kept.

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::{ExposeSecret as _, SecretString};

/// Bytes of output that are kept of each of its two streams: a token has a few hundred.
const KEPT: u64 = 8 * 1024;

/// How it ended.
pub struct Ended {
    /// Exit code; `None`: a signal ended it.
    pub code: Option<i32>,
    pub said: SecretString,
    /// The first line of what it complained of.
    pub complained: String,
}

/// Why it did not end.
pub enum Failed {
    Start(io::Error),
    Late,
}

/// Runs `argv`, with `input` on its standard input, for at most `longest`.
pub fn run(argv: &[String], input: Option<&SecretString>, longest: Duration) -> Result<Ended, Failed> {
    let (program, args) = argv.split_first().ok_or_else(|| Failed::Start(io::Error::other("there is no program")))?;
    let mut command = Command::new(program);
    // In a group of its own it can be ended with all that it has started; the terminal is not its.
    command.args(args).process_group(0).env_remove("TRACKSIDE_TOKEN");
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(Failed::Start)?;
    let group = Pid::from_child(&child);
    if let (Some(mut stdin), Some(secret)) = (child.stdin.take(), input) {
        // A program that reads nothing fails by itself.
        let _ = stdin.write_all(secret.expose_secret().as_bytes());
    }
    let (tell, told) = channel();
    thread::spawn(move || drop(tell.send(wait(child))));
    if let Ok(ended) = told.recv_timeout(longest) {
        return ended.map_err(Failed::Start);
    }
    let _ = kill_process_group(group, Signal::KILL);
    Err(Failed::Late)
}

fn wait(mut child: Child) -> io::Result<Ended> {
    let complaints = child.stderr.take().map(|it| thread::spawn(move || kept(it)));
    let said = child.stdout.take().map(kept).unwrap_or_default();
    let complained = complaints.and_then(|it| it.join().ok()).unwrap_or_default();
    let status = child.wait()?;
    let complained = complained.lines().find(|it| !it.trim().is_empty()).unwrap_or_default().trim().to_owned();
    Ok(Ended { code: status.code(), said: SecretString::from(said), complained })
}

/// The beginning of what comes; the rest is read, too, so that nobody waits to get rid of it.
fn kept(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = (&mut from).take(KEPT).read_to_end(&mut bytes);
    let _ = io::copy(&mut from, &mut io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> Vec<String> {
        words.iter().map(|&it| it.to_owned()).collect()
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_all_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", pid.display());
        assert!(matches!(run(&argv(&["sh", "-c", &script]), None, Duration::from_secs(2)), Err(Failed::Late)));
        let pid: i32 = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        let end = std::time::Instant::now() + Duration::from_mins(1);
        // Gone, or dead and waiting for whoever inherits it.
        let gone = || std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |it| it.contains(") Z "));
        while !gone() {
            assert!(std::time::Instant::now() < end, "{pid} still runs");
            thread::yield_now();
        }
    }

    #[test]
    fn what_goes_in_comes_out_and_a_flood_is_cut() {
        let secret = SecretString::from("c4nary");
        let ended = run(&argv(&["cat"]), Some(&secret), Duration::from_mins(1)).ok().unwrap();
        assert_eq!((ended.code, ended.said.expose_secret()), (Some(0), "c4nary"));
        let ended =
            run(&argv(&["sh", "-c", "head -c 1000000 /dev/zero; echo why >&2; exit 3"]), None, Duration::from_mins(1)).ok().unwrap();
        assert_eq!((ended.code, ended.said.expose_secret().len(), ended.complained.as_str()), (Some(3), KEPT as usize, "why"));
    }
}
