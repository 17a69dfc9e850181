//! Giving text to a command the person typed: in a process group of its own, for a limited time, its output cleaned and bounded.

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::app::msg::Outcome;
use crate::model::text::clean_line;

/// Longest time a command may take after the last time that it read something: it is run to look at lines, not to stay.
const LONGEST: Duration = Duration::from_mins(1);
/// What a command that has ended left unread in its pipes is there within this time.
const LEFT: Duration = Duration::from_millis(500);
/// Bytes of output that are kept of each of its two streams.
const KEPT: usize = 256 * 1024;
/// Lines of output that are shown.
const SHOWN: usize = 5_000;

/// Longest time a hook may take: it passes a piece of news on.
const LONGEST_HOOK: Duration = Duration::from_secs(30);
/// Lines of a hook's output that are kept: a link, or what went wrong.
const SHOWN_OF_HOOK: usize = 20;

/// The commands that run now; they end with the program.
#[derive(Clone, Debug, Default)]
pub struct Pipes(Arc<Mutex<Running>>);

#[derive(Debug, Default)]
struct Running {
    /// Each with the number of its export; hooks have none.
    groups: Vec<(Option<u64>, Pid)>,
    /// The program ends: nothing is begun any more.
    over: bool,
}

/// How a command ended, when not well, and what it said.
type Told = (Option<String>, Vec<String>);

/// What a command reads from.
pub struct Input {
    stdin: ChildStdin,
    moved: Sender<Moved>,
}

/// What whoever waits for a slow command must know.
enum Moved {
    /// It has read something, so it is not stuck.
    On,
    Ended,
}

impl Input {
    /// Gives it some text.
    pub fn take(&mut self, text: &str) -> io::Result<()> {
        self.stdin.write_all(text.as_bytes())?;
        let _ = self.moved.send(Moved::On);
        Ok(())
    }
}

impl Pipes {
    /// Runs `command` with the person's shell language, lets `feed` give it text, and waits for it. `None`: nobody wants it any more.
    pub fn run(&self, id: u64, command: &str, feed: impl FnOnce(&mut Input) + Send + 'static) -> Option<Outcome> {
        match self.feed(Some(id), command, LONGEST, feed) {
            Ok(Some((failed, said))) => Some(Outcome::Piped { command: command.to_owned(), failed, said }),
            Ok(None) => None,
            Err(err) => Some(Outcome::Failed(format!("{command}: could not be started: {err}"))),
        }
    }

    /// Runs a hook: a command of the config, with `json` on its input and nowhere else, so that no text of a platform ever meets a shell.
    pub fn hook(&self, command: &str, json: String, what: String) -> Outcome {
        match self.feed(None, command, LONGEST_HOOK, move |it| drop(it.take(&json))) {
            Ok(None) => Outcome::Hooked { what, failed: Some("stopped".to_owned()), said: Vec::new() },
            Ok(Some((failed, mut said))) => {
                said.truncate(SHOWN_OF_HOOK);
                Outcome::Hooked { what, failed, said }
            }
            Err(err) => Outcome::Hooked { what, failed: Some(format!("could not be started: {err}")), said: Vec::new() },
        }
    }

    /// Ends the command of this export.
    pub fn end(&self, id: u64) {
        self.running().end(|it| it == Some(id));
    }

    /// Ends all that run, and begins no other.
    pub fn stop(&self) {
        let mut running = self.running();
        running.over = true;
        running.end(|_| true);
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, id: Option<u64>, command: &str) -> io::Result<(Child, Pid)> {
        let mut running = self.running();
        if running.over {
            return Err(io::Error::other("the program ends"));
        }
        let child = start(command)?;
        let group = Pid::from_child(&child);
        running.groups.push((id, group));
        Ok((child, group))
    }

    fn feed(
        &self,
        id: Option<u64>,
        command: &str,
        longest: Duration,
        feed: impl FnOnce(&mut Input) + Send + 'static,
    ) -> io::Result<Option<Told>> {
        let (mut child, group) = self.begin(id, command)?;
        let (moved, moves) = channel();
        let late = thread::spawn(move || {
            let late = loop {
                match moves.recv_timeout(longest) {
                    Ok(Moved::On) => {}
                    Ok(Moved::Ended) | Err(RecvTimeoutError::Disconnected) => break false,
                    Err(RecvTimeoutError::Timeout) => break true,
                }
            };
            if late {
                let _ = kill_process_group(group, Signal::KILL);
            }
            late
        });
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // A command may end before it has read everything (`head`): that is its business.
        let input = input.map(|stdin| Input { stdin, moved: moved.clone() });
        let feeder = thread::spawn(move || input.map(|mut it| feed(&mut it)));
        let (first, second) = (Said::of(output), Said::of(errors));
        let status = child.wait();
        // It has ended, so nobody is killed any more: what it left behind (a clipboard's owner, say) may stay and hold its output open.
        let _ = moved.send(Moved::Ended);
        let late = late.join().unwrap_or(false);
        let (first, second) = (first.within(LEFT), second.within(LEFT));
        drop(feeder);
        if !self.running().forget(group) {
            return Ok(None);
        }
        let mut said = lines(&first);
        said.extend(lines(&second));
        if said.len() > SHOWN {
            let more = said.len() - SHOWN;
            said.truncate(SHOWN);
            said.push(format!("… {more} lines more"));
        }
        let failed = if late { Some(format!("stopped, it neither read on nor ended for {} s", longest.as_secs())) } else { how(status?) };
        Ok(Some((failed, said)))
    }
}

impl Running {
    fn end(&mut self, wanted: impl Fn(Option<u64>) -> bool) {
        for (_, pid) in self.groups.extract_if(.., |it| wanted(it.0)) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }

    /// A command has ended. `false`: because it was to.
    fn forget(&mut self, group: Pid) -> bool {
        let place = self.groups.iter().position(|it| it.1 == group);
        place.map(|at| self.groups.remove(at)).is_some()
    }
}

fn start(command: &str) -> io::Result<Child> {
    Command::new("sh")
        .arg("-c")
        .arg(command)
        // The terminal is ours: in another group, a command that reads from it or draws on it is held back by the system.
        .process_group(0)
        .env_remove("TRACKSIDE_TOKEN")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// What a stream says, read by a thread of its own.
struct Said {
    all: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

impl Said {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let all: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (ended, end) = channel();
        let into = Arc::clone(&all);
        thread::spawn(move || {
            keep(stream, &into);
            drop(ended);
        });
        Self { all, end }
    }

    /// All it said, or what it has said by the end of this time.
    fn within(self, time: Duration) -> Vec<u8> {
        let _ = self.end.recv_timeout(time);
        std::mem::take(&mut self.all.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps what a stream says, as much as is kept; the rest is read all the same, so that the command can go on.
fn keep(stream: Option<impl Read>, into: &Mutex<Vec<u8>>) {
    let Some(mut stream) = stream else { return };
    let mut piece = [0; 16 * 1024];
    while let Ok(n) = stream.read(&mut piece) {
        if n == 0 {
            break;
        }
        let mut all = into.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(all.len()).min(n);
        all.extend_from_slice(&piece[..room]);
    }
}

fn lines(said: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(said).lines().map(|it| clean_line(it).into_owned()).collect()
}

/// How it ended, when not well.
fn how(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(127), _) => Some("there is no such command (exit 127)".to_owned()),
        (Some(code), _) => Some(format!("exit {code}")),
        (None, Some(signal)) => Some(format!("ended by signal {signal}")),
        (None, None) => Some("ended somehow".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(command: &str, text: String) -> Told {
        Pipes::default().feed(Some(1), command, LONGEST, move |it| drop(it.take(&text))).unwrap().unwrap()
    }

    #[test]
    fn a_command_gets_all_lines_and_its_output_comes_back_clean() {
        let text = "b\na\n".repeat(50_000);
        let (failed, said) = told(r"sort | uniq -c; printf '\033[2Jx\n' >&2", text);
        assert_eq!(failed, None);
        assert_eq!(said.iter().map(|it| it.trim()).collect::<Vec<_>>(), ["50000 a", "50000 b", "␛[2Jx"]);
    }

    #[test]
    fn a_command_that_does_not_read_or_fails_is_no_trouble() {
        let (failed, said) = told("head -n 1", "a\n".repeat(200_000));
        assert_eq!((failed, said), (None, vec!["a".to_owned()]));
        let (failed, _) = told("exit 3", String::new());
        assert_eq!(failed.as_deref(), Some("exit 3"));
        let (failed, said) = told("no-such-command-here", String::new());
        assert!(failed.unwrap().contains("127") && !said.is_empty());
    }

    #[test]
    fn what_a_command_leaves_behind_is_not_waited_for() {
        let begin = std::time::Instant::now();
        let (failed, said) = told("sleep 30 & echo $!", String::new());
        assert_eq!(failed, None);
        let left = Pid::from_raw(said[0].parse().unwrap()).unwrap();
        rustix::process::kill_process(left, Signal::KILL).unwrap();
        assert!(begin.elapsed() < Duration::from_secs(30), "it was still there");
    }

    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let pipes = Pipes::default();
        let slow = pipes.feed(Some(1), "cat >/dev/null; sleep 600 & wait", Duration::from_millis(50), |it| drop(it.take("x")));
        let (failed, _) = slow.unwrap().unwrap();
        assert!(failed.unwrap().starts_with("stopped"));
        assert!(pipes.running().groups.is_empty());
    }

    #[test]
    fn a_hook_gets_its_news_on_its_input_alone_and_none_begins_once_the_program_ends() {
        let pipes = Pipes::default();
        let json = r#"{"title":"$(touch /tmp/x); `id`"}"#;
        let Outcome::Hooked { what, failed, said } = pipes.hook("cat; echo $#", json.to_owned(), "tell".to_owned()) else { unreachable!() };
        assert_eq!((what.as_str(), failed), ("tell", None));
        assert_eq!(said, [format!("{json}0")]);
        pipes.stop();
        let Outcome::Hooked { failed, .. } = pipes.hook("true", String::new(), "tell".to_owned()) else { unreachable!() };
        assert_eq!(failed.as_deref(), Some("could not be started: the program ends"));
    }

    #[test]
    fn a_command_that_nobody_wants_any_more_is_ended_and_says_nothing() {
        let pipes = Pipes::default();
        let all = pipes.clone();
        let begun = move |it: &mut Input| {
            it.take("x").unwrap();
            all.end(2);
            all.end(1);
        };
        assert_eq!(pipes.feed(Some(1), "cat; sleep 600", LONGEST, begun).unwrap(), None);
    }
}
