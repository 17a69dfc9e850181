//! The gate in front of the keyboard: while it is closed, another program may read what is typed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

/// Shared by the thread that reads keys and whoever lends the terminal out.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// The reader stands before it, and reads nothing.
    resting: bool,
}

impl Gate {
    /// For the reader, before each read: comes back when the gate is open.
    pub fn pass(&self) {
        let mut state = self.state();
        while state.closed {
            state.resting = true;
            self.0.1.notify_all();
            state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.resting = false;
    }

    /// Closes it. `false`: the reader did not come to rest in time, and the gate is open as before.
    pub fn close(&self, within: Duration) -> bool {
        let mut state = self.state();
        state.closed = true;
        // The reader blocks in a read; a change of the window's size, though there is none, is what wakes it.
        let _ = kill_process(getpid(), Signal::WINCH);
        let waited = self.0.1.wait_timeout_while(state, within, |it| !it.resting);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.closed = state.resting;
        state.resting
    }

    /// Opens it.
    pub fn open(&self) {
        self.state().closed = false;
        self.0.1.notify_all();
    }

    /// Whether another program has the keyboard.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
