//! The way out to the terminal: a file of its own that never blocks, so that a stopped terminal cannot hold the program.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};

/// How often a stuck write looks whether it should give up. Only while the terminal takes nothing.
const LOOK: Duration = Duration::from_millis(20);

/// The terminal, for writing.
///
/// It is opened anew, because "does not block" belongs to an open file, and the one of stdout is shared with the shell.
#[derive(Debug)]
pub struct Tty {
    file: OwnedFd,
}

impl Tty {
    /// Opens the terminal that stdout is.
    pub fn open() -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let by_name = rustix::termios::ttyname(rustix::stdio::stdout(), Vec::new())
            .and_then(|name| rustix::fs::open(name.as_c_str(), flags, Mode::empty()))
            .or_else(|_| rustix::fs::open("/dev/tty", flags, Mode::empty()));
        match by_name {
            Ok(file) => Ok(Self { file }),
            // A terminal of another mount namespace has no name here. It may block then; its writer has its own thread.
            Err(_) => Ok(Self { file: rustix::io::dup(rustix::stdio::stdout())? }),
        }
    }

    /// Writes all of `bytes`, or what can be until `give_up` says so; whether all was written.
    pub fn write(&self, mut bytes: &[u8], mut give_up: impl FnMut() -> bool) -> io::Result<bool> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.file, bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => {
                    if give_up() {
                        return Ok(false);
                    }
                    wait(&self.file, PollFlags::OUT, Some(LOOK))?;
                }
                Err(err) => return Err(err.into()),
            }
        }
        Ok(true)
    }

    /// Writes `bytes` if the terminal takes them within `limit`.
    pub fn write_within(&self, bytes: &[u8], limit: Duration) -> io::Result<bool> {
        let end = Instant::now() + limit;
        self.write(bytes, || Instant::now() >= end)
    }
}

/// Waits until the terminal that keys come from has gone; only returns then.
pub fn wait_for_hang_up() {
    let keys: OwnedFd = if rustix::termios::isatty(rustix::stdio::stdin()) {
        let Ok(fd) = rustix::io::dup(rustix::stdio::stdin()) else { return };
        fd
    } else {
        let Ok(file) = File::open("/dev/tty") else { return };
        file.into()
    };
    // Asked for nothing, poll tells of nothing but errors and the hang-up: no wake-up before that.
    loop {
        match wait(&keys, PollFlags::empty(), None) {
            Ok(flags) if flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => return,
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

fn wait(fd: &OwnedFd, flags: PollFlags, limit: Option<Duration>) -> io::Result<PollFlags> {
    let limit = limit.and_then(|it| Timespec::try_from(it).ok());
    let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), flags)];
    match poll(&mut fds, limit.as_ref()) {
        Ok(_) => Ok(fds[0].revents()),
        Err(rustix::io::Errno::INTR) => Ok(PollFlags::empty()),
        Err(err) => Err(err.into()),
    }
}
