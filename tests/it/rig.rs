//! A program in a pseudo-terminal of its own: its keys, its screen, its signals, and the terminal it leaves behind.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::LocalModes;

/// A machine that tests on all its cores is slow; a condition that holds is seen at once all the same.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// "Within a second", with room for a busy machine.
pub const SOON: Duration = Duration::from_millis(2500);

pub struct Rig {
    pub master: Box<dyn MasterPty + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    pub keys: Box<dyn Write + Send>,
    pub screen: Arc<(Mutex<Screen>, Condvar)>,
    tty: std::path::PathBuf,
    /// From the next bytes on nobody takes what the program writes.
    deaf: Arc<AtomicBool>,
    /// Its home, and the folder it is started in.
    pub home: tempfile::TempDir,
}

pub struct Screen {
    pub parser: vt100::Parser,
    pub raw: Vec<u8>,
}

impl Rig {
    /// The dashboard on a platform that is not there.
    pub fn dashboard(width: u16, height: u16) -> Self {
        Self::start(width, height, env!("CARGO_BIN_EXE_trackside"), &["--url", "http://127.0.0.1:1", "--utc"], true)
    }

    pub fn start(width: u16, height: u16, program: &str, args: &[&str], read: bool) -> Self {
        Self::start_with(width, height, program, args, &[], read)
    }

    /// With variables over the usual ones; one without a value is not set.
    pub fn start_with(width: u16, height: u16, program: &str, args: &[&str], variables: &[(&str, &str)], read: bool) -> Self {
        let size = PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let home = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
            command.env(name, home.path());
        }
        command.env("PATH", "/usr/bin:/bin");
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        // Its bugs, in a build that has any.
        if let Some(bug) = std::env::var_os("TRACKSIDE_SEEDED_BUG") {
            command.env("TRACKSIDE_SEEDED_BUG", bug);
        }
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let tty = pair.master.tty_name().unwrap();
        let parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
        let screen = Arc::new((Mutex::new(Screen { parser, raw: Vec::new() }), Condvar::new()));
        let keys = pair.master.take_writer().unwrap();
        let it = Self { master: pair.master, child, keys, screen, tty, deaf: Arc::default(), home };
        if read {
            it.read();
        }
        it
    }

    /// Takes what the program writes, as a terminal does.
    pub fn read(&self) {
        let mut reader = self.master.try_clone_reader().unwrap();
        let (screen, deaf) = (Arc::clone(&self.screen), Arc::clone(&self.deaf));
        deaf.store(false, Ordering::SeqCst);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                let mut it = screen.0.lock().unwrap();
                it.parser.process(&bytes[..n]);
                it.raw.extend_from_slice(&bytes[..n]);
                screen.1.notify_all();
                if deaf.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
    }

    /// Takes nothing more, as a terminal that hangs.
    fn stop_reading(&self) {
        self.deaf.store(true, Ordering::SeqCst);
    }

    /// Is left alone until the terminal's buffer is full and stays so: each size is painted whole, and the buffer holds few of them.
    /// Ends at `size`, of which no frame came through.
    pub fn hang(&self, size: PtySize) {
        self.stop_reading();
        let tty = OpenOptions::new().write(true).custom_flags(libc::O_NOCTTY | libc::O_NONBLOCK).open(&self.tty).unwrap();
        let (end, mut full, mut wide) = (Instant::now() + PATIENCE, 0, false);
        // A tenth of a second in which it took no byte.
        while full < 20 {
            assert!(Instant::now() < end, "the terminal takes all that is written");
            wide = !wide;
            self.master.resize(PtySize { rows: 100 + u16::from(wide), cols: 300, ..size }).unwrap();
            std::thread::sleep(Duration::from_millis(5));
            let mut asked = [PollFd::new(&tty, PollFlags::OUT)];
            let room = poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() > 0;
            full = if room { 0 } else { full + 1 };
        }
        self.master.resize(size).unwrap();
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap()).unwrap()
    }

    /// Waits until `what` holds of the screen.
    pub fn until(&self, why: &str, what: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut it = self.screen.0.lock().unwrap();
        while !what(it.parser.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{why}:\n{}", it.parser.screen().contents());
            it = self.screen.1.wait_timeout(it, left).unwrap().0;
        }
    }

    pub fn sees(&self, text: &str) {
        self.until(&format!("never saw {text:?}"), |it| it.contents().contains(text));
    }

    pub fn mode(&self) -> LocalModes {
        let tty = std::fs::File::open(&self.tty).unwrap();
        rustix::termios::tcgetattr(tty).unwrap().local_modes
    }

    pub fn ended(&mut self, within: Duration) -> ExitStatus {
        let end = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it did not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn wait_for_state(&self, wanted: char) {
        let end = Instant::now() + PATIENCE;
        let path = format!("/proc/{}/stat", self.pid().as_raw_nonzero());
        let state = || std::fs::read_to_string(&path).unwrap().rsplit_once(')').unwrap().1.trim_start().chars().next();
        while state() != Some(wanted) {
            assert!(Instant::now() < end, "it never came to state {wanted}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The terminal is as a shell wants it.
    pub fn is_clean(&self) {
        self.until("the terminal was not given back", |it| {
            !it.alternate_screen()
                && !it.hide_cursor()
                && !it.bracketed_paste()
                && it.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        assert!(self.mode().contains(LocalModes::ICANON | LocalModes::ECHO), "still single keys: {:?}", self.mode());
        let it = self.screen.0.lock().unwrap();
        let count = |needle: &[u8]| it.raw.windows(needle.len()).filter(|part| *part == needle).count();
        assert!(count(b"\x1b[?2026l") >= count(b"\x1b[?2026h"), "a frame was left open");
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
