//! Ends and pauses that come from outside: signals, a terminal that is gone, a panic. Each ends the process within a second.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use tokio::sync::mpsc::Sender;

use super::gate::Gate;
use super::pipe::Pipes;
use super::terminal::Terminal;
use super::turn::Urgent;
use crate::app::msg::{Msg, Outcome};
use crate::seeded::bug;

/// How long the loop has to end in good order: longer than `Terminal::leave` may take, shorter than a second.
const GRACE: Duration = Duration::from_millis(800);
/// Exit code of a program whose terminal went away.
pub const HUNG_UP: i32 = 128 + SIGHUP;
/// Exit code after a panic, as Rust's own.
const PANICKED: i32 = 101;

thread_local! {
    /// Set on the thread the loop runs on: only its panic is the end of the program.
    static LOOP: Cell<bool> = const { Cell::new(false) };
}

/// Whoever holds it can end the program.
#[derive(Clone)]
pub struct Stop {
    terminal: Arc<Terminal>,
    lane: Sender<Urgent>,
    /// Commands of the person that run; none outlives the program, however it ends.
    pipes: Pipes,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The loop has ended; what follows is the caller's, for as long as it takes.
    done: AtomicBool,
    code: AtomicI32,
}

impl Stop {
    /// Ends what `terminal` and `lane` belong to, and `pipes` with it.
    pub fn new(terminal: Arc<Terminal>, lane: Sender<Urgent>, pipes: Pipes) -> Self {
        Self { terminal, lane, pipes, state: Arc::default() }
    }

    /// The code somebody outside wanted the program to end with, if anybody did.
    pub fn code(&self) -> Option<i32> {
        Some(self.state.code.load(Ordering::SeqCst)).filter(|it| *it != 0)
    }

    /// The loop has ended.
    pub fn done(&self) {
        self.state.done.store(true, Ordering::SeqCst);
        self.pipes.stop();
    }

    /// Gives the terminal back and ends the program: by way of the loop if it can still be reached, else at once.
    pub fn now(&self, code: i32) {
        self.pipes.stop();
        if self.state.code.swap(code, Ordering::SeqCst) != 0 || self.state.done.load(Ordering::SeqCst) {
            if code == HUNG_UP {
                // Nobody is there to be impatient: it is the one hang-up, told by signal, by read and by poll.
                return;
            }
            self.terminal.leave();
            signal_hook::low_level::exit(code);
        }
        let state = Arc::clone(&self.state);
        let watchdog = move || {
            thread::sleep(GRACE);
            if !state.done.load(Ordering::SeqCst) {
                signal_hook::low_level::exit(code);
            }
        };
        if thread::Builder::new().name("watchdog".to_owned()).spawn(watchdog).is_err() {
            self.terminal.leave();
            signal_hook::low_level::exit(code);
        }
        let _ = self.lane.try_send(Urgent::Stop(code));
        self.terminal.leave();
    }

    /// Starts the thread that waits for signals.
    pub fn watch_signals(&self, gate: Gate) -> std::io::Result<()> {
        // The last three mean nothing to us, but the kernel would end us for them with the terminal as it is.
        let ends = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM];
        let ends = ends.into_iter().filter(|it| !(*it == SIGTERM && bug("no_term_handler")));
        let mut signals = Signals::new(ends.chain([SIGTSTP, SIGCONT]))?;
        let stop = self.clone();
        let watch = move || {
            for signal in &mut signals {
                match signal {
                    SIGCONT => drop(stop.lane.try_send(Urgent::Resumed)),
                    SIGTSTP => drop(stop.lane.try_send(Urgent::Suspend)),
                    // Typed at an editor that has the terminal: meant for it.
                    SIGINT | SIGQUIT if gate.is_closed() => {}
                    fatal => stop.now(128 + fatal),
                }
            }
        };
        thread::Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
    }

    /// Takes panics over: one of the loop ends the program with the terminal restored and the message readable; one of a
    /// background task goes to the log, and the person is told on the screen.
    pub fn watch_panics(&self) {
        LOOP.with(|it| it.set(true));
        let stop = self.clone();
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if LOOP.with(Cell::get) || stop.state.done.load(Ordering::SeqCst) {
                stop.terminal.leave();
                usual(info);
                return;
            }
            let place = info.location().map_or_else(String::new, ToString::to_string);
            let what = info.payload_as_str().unwrap_or("no message");
            tracing::error!(%place, what, "a background task panicked");
            let told = format!("A part of trackside failed ({what}, at {place}). The log has more.");
            let _ = stop.lane.try_send(Urgent::Msg(Msg::Done(Outcome::Failed(told))));
        }));
    }

    /// The exit code of a loop that panicked.
    pub const fn panicked() -> i32 {
        PANICKED
    }
}

/// Stops this process until somebody continues it. The terminal must have been left.
pub fn suspend() {
    // Not SIGTSTP: in an orphaned process group the kernel throws that one away.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}
