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
    /// A write to it takes what there is room for, and never waits.
    pub ready: bool,
}

impl Tty {
    /// Opens the terminal that stdout is.
    pub fn open() -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let by_name = rustix::termios::ttyname(rustix::stdio::stdout(), Vec::new())
            .and_then(|name| rustix::fs::open(name.as_c_str(), flags, Mode::empty()))
            .or_else(|_| rustix::fs::open("/dev/tty", flags, Mode::empty()));
        match by_name {
            Ok(file) => Ok(Self { file, ready: true }),
            // A terminal of another mount namespace has no name here. It may block then; its writer has its own thread.
            Err(_) => Ok(Self { file: rustix::io::dup(rustix::stdio::stdout())?, ready: false }),
        }
    }

    /// Writes all of `bytes`, or what can be until `give_up` says so; whether all was written.
    pub fn write(&self, mut bytes: &[u8], mut give_up: impl FnMut() -> bool) -> io::Result<bool> {
        loop {
            bytes = &bytes[self.write_now(bytes)?..];
            if bytes.is_empty() {
                return Ok(true);
            }
            if give_up() {
                return Ok(false);
            }
            wait(&self.file, PollFlags::OUT, Some(LOOK))?;
        }
    }

    /// Writes what of `bytes` there is room for; how much that was. Waits only where [`Self::ready`] is not so.
    pub fn write_now(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < bytes.len() {
            match rustix::io::write(&self.file, &bytes[done..]) {
                Ok(n) => done += n,
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => break,
                Err(err) => return Err(err.into()),
            }
        }
        Ok(done)
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

#[cfg(test)]
#[cfg(target_os = "linux")]
pub(super) mod tests {
    use super::*;

    /// A way out that holds a page at most, and its other end.
    pub fn narrow() -> (Tty, OwnedFd) {
        let (from, file) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK | rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        rustix::pipe::fcntl_setpipe_size(&file, 4096).unwrap();
        (Tty { file, ready: true }, from)
    }

    #[test]
    fn what_a_terminal_takes_in_small_bites_arrives_whole_and_in_order() {
        let (tty, from) = narrow();
        let bytes: Vec<u8> = (0..40_000_u32).flat_map(u32::to_le_bytes).collect();
        let reader = std::thread::spawn(move || {
            let (mut all, mut bite) = (Vec::new(), 1);
            loop {
                // From one byte on, so that it is never a whole write that there is room for.
                bite = bite % 700 + 1;
                let mut buffer = vec![0; bite];
                match rustix::io::read(&from, &mut buffer[..]) {
                    Ok(0) => return all,
                    Ok(n) => all.extend_from_slice(&buffer[..n]),
                    Err(rustix::io::Errno::AGAIN) => drop(wait(&from, PollFlags::IN, None)),
                    Err(error) => panic!("{error}"),
                }
            }
        });
        assert!(tty.write(&bytes, || false).unwrap());
        drop(tty);
        assert!(reader.join().unwrap() == bytes, "bytes are lost or changed places");
    }

    #[test]
    fn a_terminal_that_takes_nothing_is_given_up_when_that_is_wanted_and_one_that_is_gone_is_an_error() {
        let (tty, from) = narrow();
        let mut looks = 0;
        let whole = tty.write(&vec![b'x'; 100_000], || {
            looks += 1;
            looks > 2
        });
        assert!(!whole.unwrap() && looks == 3);
        drop(from);
        assert!(tty.write(b"x", || true).is_err());
    }
}
