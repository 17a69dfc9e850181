//! The hidden `supervise` command: one small process above each build and each replica, so that none of them can outlive
//! the platform or escape from it. Prints nothing; what it has to say goes into the file named by `--report`.
//!
//! Its stdin is the lifeline: when it ends (the platform died, even by `kill -9`) or a line `stop <ms>` comes, the whole
//! tree gets TERM, then KILL. As subreaper it also inherits children that called `setsid`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{BufRead, stdin};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, WaitOptions};
use serde::{Deserialize, Serialize};

use super::bounds::{Bounds, bytes};
use super::cgroup::{Controller, Group};
use super::tree;

/// Grace for the tree when the platform is gone and cannot say one.
const ORPHAN_GRACE: Duration = Duration::from_secs(3);
/// Grace for what the command leaves behind when it ends by itself.
const LEFT_BEHIND_GRACE: Duration = Duration::from_millis(500);
/// Between two counts of the tree: short enough that a fork bomb is caught while the machine still answers.
const COUNT_EVERY: Duration = Duration::from_millis(300);
/// Between two rounds of KILL.
const KILL_EVERY: Duration = Duration::from_millis(20);
/// A process that KILL does not end sits in the kernel; waiting longer would hide that.
const KILL_FOR: Duration = Duration::from_secs(10);
/// Shells' word for "could not be started".
const NOT_STARTED: i32 = 127;
/// How much sooner than the platform its builds and replicas are chosen when the whole machine is out of memory (-1000 to 1000).
const CHOOSE_ME: &str = "500";
const CHOSEN: &str = "/proc/self/oom_score_adj";

/// How a tree ended, as the supervisor reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// Why the supervisor ended it, or could not begin.
    pub reason: Option<String>,
}

enum News {
    Reaped(Pid, Option<i32>, Option<i32>),
    /// Nobody is left.
    Childless,
    Stop(Duration),
}

/// Runs `supervise --report FILE --temporary FOLDER --bounds JSON --group JSON --outside -- COMMAND…`: the folder is removed in the end, all
/// options may be left out. With `--outside` the command is a sandbox that only waits for its program and would take it along at once: a
/// request to end goes past it. Gives the exit status: the command's own, or 128+n for a signal.
pub fn run(args: impl IntoIterator<Item = OsString>) -> i32 {
    let mut args = args.into_iter();
    let (mut report, mut bounds, mut group, mut temporary) = (None, Bounds::default(), Group::default(), None);
    let mut outside = false;
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--report") => report = args.next(),
            Some("--temporary") => temporary = args.next(),
            Some("--bounds") => bounds = args.next().and_then(|it| serde_json::from_str(it.to_str()?).ok()).unwrap_or_default(),
            Some("--group") => group = args.next().and_then(|it| serde_json::from_str(it.to_str()?).ok()).unwrap_or_default(),
            Some("--outside") => outside = true,
            Some("--") => break,
            _ => return NOT_STARTED,
        }
    }
    let outcome = supervise(&bounds, &group, outside, &args.collect::<Vec<_>>());
    group.remove();
    if let Some(folder) = temporary {
        // What of it stays is removed at the platform's next start.
        let _ = std::fs::remove_dir_all(folder);
    }
    if let Some(file) = report {
        // Nothing can be done about a full disk here; the exit status still tells how it ended.
        let _ = std::fs::write(file, serde_json::to_string(&outcome).unwrap_or_default());
    }
    outcome.code.or(outcome.signal.map(|it| 128 + it)).unwrap_or(NOT_STARTED)
}

fn supervise(bounds: &Bounds, group: &Group, outside: bool, command: &[OsString]) -> Report {
    let failed = |reason: String| Report { code: Some(NOT_STARTED), signal: None, reason: Some(reason) };
    let Some((program, args)) = command.split_first() else { return failed("no command was given".to_owned()) };
    // Fails only if this process leads a session already, which serves as well.
    let _ = rustix::process::setsid();
    if let Err(error) = rustix::process::set_child_subreaper(Some(rustix::process::getpid())) {
        return failed(format!("cannot watch over children: {error}"));
    }
    limit(bounds, group);
    // A group of its own, so that one call can kill all of it, this process not included.
    let mut line = Command::new(program);
    line.args(args).stdin(Stdio::null()).process_group(0);
    let child = match inside(group, || line.spawn()) {
        Ok(Ok(it)) => it,
        Ok(Err(error)) => return failed(format!("`{}` could not be started: {error}", program.to_string_lossy())),
        Err(error) => return failed(format!("could not be put under its limits: {error}")),
    };
    let (tx, rx) = channel();
    listen(&tx);
    reap(tx);
    let main = Main { pid: child.id(), outside };
    let mut outcome = watch(main, bounds, group, &rx);
    explain(bounds, group, &mut outcome);
    outcome
}

/// Does `start` as a member of the control group, so that what it starts is one from its first instruction, and leaves the group again: who
/// watches must neither count nor be killed with it.
fn inside<T>(group: &Group, start: impl FnOnce() -> T) -> std::io::Result<T> {
    group.places.iter().try_for_each(super::cgroup::Place::join)?;
    let own = std::fs::read_to_string(CHOSEN).unwrap_or_default();
    // Without it, the kernel chooses by size alone.
    let _ = std::fs::write(CHOSEN, CHOOSE_ME);
    let done = start();
    let _ = std::fs::write(CHOSEN, own.trim());
    for place in &group.places {
        // One that cannot be left is killed process by process, this one spared.
        let _ = place.leave();
    }
    Ok(done)
}

/// Says what the kernel did to the tree, if it did not end well: a program that was killed cannot say why.
fn explain(bounds: &Bounds, group: &Group, outcome: &mut Report) {
    if outcome.code == Some(0) || outcome.reason.is_some() {
        return;
    }
    let killed = outcome.code.is_none_or(|it| it == 128 + Signal::KILL.as_raw());
    let how = if let Some(code) = outcome.code.filter(|_| !killed) {
        format!("exited with {code} after a process of it was ")
    } else {
        "was ".to_owned()
    };
    if let Some(memory) = bounds.memory.filter(|_| group.out_of_memory() > 0) {
        outcome.reason = Some(format!("{how}killed: it used more than the {} of memory it may", bytes(memory)));
    } else if let Some(most) = bounds.processes.filter(|_| !killed && group.forks_refused() > 0) {
        outcome.reason = Some(format!("{how}refused: it has more than the {most} processes, and threads of them, it may"));
    }
}

/// Each limit is the smaller of what is asked and what is allowed: a limit that cannot be set must not stop a service.
fn limit(bounds: &Bounds, group: &Group) {
    let cap = |resource: Resource, wanted: u64| {
        let maximum = rustix::process::getrlimit(resource).maximum;
        let wanted = maximum.map_or(wanted, |it| it.min(wanted));
        let _ = rustix::process::setrlimit(resource, Rlimit { current: Some(wanted), maximum: Some(wanted) });
    };
    cap(Resource::Core, 0);
    if let Some(files) = bounds.files {
        cap(Resource::Nofile, files);
    }
    if let Some(bytes) = bounds.file_size {
        cap(Resource::Fsize, bytes);
    }
    if let Some(bytes) = bounds.memory.filter(|_| !group.holds(Controller::Memory)) {
        // Not AS: runtimes reserve far more address space than they ever touch.
        cap(Resource::Data, bytes);
    }
    if let Some(more) = bounds.processes
        && !rustix::process::geteuid().is_root()
        && !group.holds(Controller::Pids)
    {
        // The kernel counts all processes and threads of the user, so those there are come on top. Root has no such limit.
        let threads = |pid: u32| std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
        let now: usize = tree::all().iter().map(|it| threads(it.pid)).sum();
        // Threads are cheap and many; the tree's own count is what binds.
        cap(Resource::Nproc, (now + more * 8) as u64);
    }
}

/// The lifeline and the signals.
fn listen(tx: &Sender<News>) {
    let line = tx.clone();
    thread::spawn(move || {
        let mut text = String::new();
        loop {
            text.clear();
            let grace = match stdin().lock().read_line(&mut text) {
                Ok(0) | Err(_) => ORPHAN_GRACE,
                Ok(_) => match text.trim().strip_prefix("stop ").and_then(|it| it.parse().ok()) {
                    Some(ms) => Duration::from_millis(ms),
                    None => continue,
                },
            };
            if line.send(News::Stop(grace)).is_err() || text.is_empty() {
                return;
            }
        }
    });
    let line = tx.clone();
    if let Ok(mut signals) =
        signal_hook::iterator::Signals::new([signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP])
    {
        thread::spawn(move || {
            for _ in signals.forever() {
                let _ = line.send(News::Stop(ORPHAN_GRACE));
            }
        });
    }
}

fn reap(tx: Sender<News>) {
    thread::spawn(move || {
        loop {
            let news = match rustix::process::wait(WaitOptions::empty()) {
                Ok(Some((pid, status))) => News::Reaped(pid, status.exit_status(), status.terminating_signal()),
                Ok(None) | Err(rustix::io::Errno::INTR) => continue,
                Err(_) => News::Childless,
            };
            let over = matches!(news, News::Childless);
            if tx.send(news).is_err() || over {
                return;
            }
        }
    });
}

fn watch(main: Main, bounds: &Bounds, group: &Group, rx: &Receiver<News>) -> Report {
    let mut outcome = Report::default();
    let mut ended = false;
    let mut count_at = Instant::now() + COUNT_EVERY;
    let grace = loop {
        // By the clock, not when nothing else happens: in a tree that forks without end, somebody ends all the time.
        if Instant::now() >= count_at {
            if let Some(most) = bounds.processes
                && tree::descendants(std::process::id()).len() > most
            {
                outcome.reason = Some(format!("had more than {most} processes and was killed"));
                break Duration::ZERO;
            }
            count_at = Instant::now() + COUNT_EVERY;
        }
        match rx.recv_timeout(count_at.saturating_duration_since(Instant::now())) {
            Ok(News::Reaped(pid, code, signal)) if main.is(pid) => {
                (outcome.code, outcome.signal, ended) = (code, signal, true);
                break LEFT_BEHIND_GRACE;
            }
            Ok(News::Reaped(..)) | Err(RecvTimeoutError::Timeout) => {}
            Ok(News::Childless) | Err(RecvTimeoutError::Disconnected) => return outcome,
            Ok(News::Stop(grace)) => break grace,
        }
    };
    end(main, grace, ended, group, rx, &mut outcome);
    outcome
}

/// TERM to all, then KILL until nobody is left.
fn end(main: Main, grace: Duration, mut ended: bool, group: &Group, rx: &Receiver<News>, outcome: &mut Report) {
    let mut asked = grace.is_zero() || main.ask() || ended;
    let mut kill_at = Instant::now() + grace;
    let give_up = kill_at + KILL_FOR;
    loop {
        let now = Instant::now();
        if now >= give_up {
            outcome.reason.get_or_insert_with(|| "left a process that could not be killed".to_owned());
            return;
        }
        if now >= kill_at {
            group.kill();
            kill_all();
            kill_at = Instant::now() + KILL_EVERY;
        }
        let patience = kill_at.saturating_duration_since(Instant::now());
        match rx.recv_timeout(if asked { patience } else { patience.min(KILL_EVERY) }) {
            Ok(News::Reaped(pid, code, signal)) if !ended && main.is(pid) => {
                (outcome.code, outcome.signal, ended) = (code, signal, true);
                // What a well-behaved main process leaves behind needs no long grace.
                kill_at = kill_at.min(Instant::now() + LEFT_BEHIND_GRACE);
            }
            Ok(News::Childless) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(News::Stop(sooner)) => kill_at = kill_at.min(Instant::now() + sooner),
            Ok(News::Reaped(..)) | Err(RecvTimeoutError::Timeout) => asked = asked || main.ask(),
        }
    }
}

/// The first process of the tree.
#[derive(Clone, Copy)]
struct Main {
    pid: u32,
    /// It is a sandbox around the program, see [`run`].
    outside: bool,
}

impl Main {
    fn is(self, pid: Pid) -> bool {
        pid.as_raw_nonzero().get() as u32 == self.pid
    }

    /// TERM to the tree. `false`: nobody to ask was there yet, because the sandbox is only being made.
    fn ask(self) -> bool {
        let all = tree::descendants(std::process::id());
        // Its own first process only reaps, and takes no TERM.
        let parts = |it: u32| it == self.pid || tree::stat(it).is_some_and(|it| it.parent == self.pid);
        let inside: Vec<u32> = all.into_iter().filter(|it| !self.outside || !parts(*it)).collect();
        signal(&inside, Signal::TERM);
        !inside.is_empty() || !self.outside
    }
}

/// Whole groups first: the kernel lets nobody fork out of a group while it is killed, so a tree that forks without end
/// cannot outrun it. Then those that are left, stopped before they are killed for the same reason.
fn kill_all() {
    let own = rustix::process::getpgrp().as_raw_nonzero().get() as u32;
    let all = tree::descendants(std::process::id());
    let groups: BTreeSet<u32> = all.iter().filter_map(|it| tree::stat(*it)).map(|it| it.group).filter(|it| *it != own).collect();
    for group in groups {
        if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
            // Groups are of one session, and each session down here was begun by a process of ours.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
    signal_all(Signal::STOP);
    signal_all(Signal::KILL);
}

fn signal_all(it: Signal) {
    signal(&tree::descendants(std::process::id()), it);
}

fn signal(pids: &[u32], signal: Signal) {
    for pid in pids.iter().filter_map(|it| i32::try_from(*it).ok().and_then(Pid::from_raw)) {
        // It may have ended since it was listed; as our child it is not reaped by anyone else, so the pid is not another's.
        let _ = rustix::process::kill_process(pid, signal);
    }
}
