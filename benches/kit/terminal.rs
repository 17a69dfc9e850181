//! A program in a pseudo-terminal, for measuring: what it wrote, in how many bursts, and when what was to be seen.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::process::Used;

pub const WIDTH: u16 = 120;
pub const HEIGHT: u16 = 40;
/// Output after a silence of this length is another frame.
const GAP: Duration = Duration::from_millis(4);

pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A program, its terminal and what that shows.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    pid: u32,
    _master: Box<dyn MasterPty + Send>,
}

struct Seen {
    parser: vt100::Parser,
    wrote: Wrote,
    last: Instant,
    /// When the last output came, by the clock that other processes have too.
    at: SystemTime,
}

/// What was written up to now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wrote {
    pub bytes: u64,
    /// Runs of output with silence between them: frames, as a person sees them.
    pub bursts: u64,
}

/// What a stretch of time took.
pub struct Took {
    pub used: Used,
    pub wrote: Wrote,
    pub seconds: f64,
}

/// The beginning of a stretch that is measured.
pub struct Mark(Used, Wrote, Instant);

impl Terminal {
    /// Starts `program` in an environment of nothing but `home`.
    pub fn start(program: &Path, args: &[&str], home: &Path) -> Outcome<Self> {
        let size = PtySize { rows: HEIGHT, cols: WIDTH, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(home);
        command.env_clear();
        command.env("HOME", home);
        for (name, value) in [("PATH", "/usr/bin:/bin"), ("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")] {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command)?;
        let pid = child.process_id().ok_or("the program has ended at once")?;
        let parser = vt100::Parser::new(HEIGHT.try_into()?, WIDTH.try_into()?, 0);
        let seen = Seen { parser, wrote: Wrote::default(), last: Instant::now(), at: SystemTime::now() };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let (mut reader, shared) = (pair.master.try_clone_reader()?, Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                let (now, at) = (Instant::now(), SystemTime::now());
                let mut it = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
                it.wrote.bursts += u64::from(it.wrote.bytes == 0 || now - it.last >= GAP);
                it.wrote.bytes += n as u64;
                (it.last, it.at) = (now, at);
                it.parser.process(&bytes[..n]);
                shared.1.notify_all();
            }
        });
        let keys = pair.master.take_writer()?;
        Ok(Self { child, keys, seen, pid, _master: pair.master })
    }

    pub fn press(&mut self, keys: &str) -> Outcome<()> {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    /// Waits until `what` finds something on the screen: that, and when the output came that shows it.
    pub fn find<T>(&self, why: &str, what: impl Fn(&str) -> Option<T>) -> Outcome<(T, SystemTime)> {
        let end = Instant::now() + Duration::from_mins(1);
        let mut it = self.lock();
        loop {
            let text = it.parser.screen().contents();
            if let Some(found) = what(&text) {
                return Ok((found, it.at));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("never seen: {why}\n{text}").into());
            }
            it = self.seen.1.wait_timeout(it, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until `text` is on the screen; when that came.
    pub fn sees(&self, text: &str) -> Outcome<SystemTime> {
        Ok(self.find(text, |it| it.contains(text).then_some(()))?.1)
    }

    /// Waits until `text` is gone from the screen; when that came.
    pub fn misses(&self, text: &str) -> Outcome<SystemTime> {
        Ok(self.find(text, |it| (!it.contains(text)).then_some(()))?.1)
    }

    /// Presses `key` and waits for the frame that answers it: how long until its first byte, and its bytes.
    pub fn answer(&mut self, key: &str) -> Outcome<(Duration, u64)> {
        let before = self.quiet();
        let pressed = Instant::now();
        self.press(key)?;
        let end = pressed + Duration::from_secs(2);
        let mut it = self.lock();
        while it.wrote.bytes == before && Instant::now() < end {
            it = self.seen.1.wait_timeout(it, end.saturating_duration_since(Instant::now())).unwrap_or_else(PoisonError::into_inner).0;
        }
        let first = it.last.saturating_duration_since(pressed);
        drop(it);
        Ok((first, self.quiet() - before))
    }

    /// Waits for fifteen milliseconds of silence; the bytes written until then.
    fn quiet(&self) -> u64 {
        let silence = Duration::from_millis(15);
        loop {
            let last = self.lock().last.elapsed();
            if last >= silence {
                return self.lock().wrote.bytes;
            }
            std::thread::sleep(silence.saturating_sub(last));
        }
    }

    pub fn mark(&self) -> Mark {
        Mark(Used::of(self.pid), self.lock().wrote, Instant::now())
    }

    pub fn since(&self, mark: &Mark) -> Took {
        let wrote = self.lock().wrote;
        Took {
            used: Used::of(self.pid).since(mark.0),
            wrote: Wrote { bytes: wrote.bytes - mark.1.bytes, bursts: wrote.bursts - mark.1.bursts },
            seconds: mark.2.elapsed().as_secs_f64(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
