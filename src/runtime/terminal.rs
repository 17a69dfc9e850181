//! The terminal's modes: entered once, left whatever happens, asked for nothing but its background.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::tty::Tty;
use super::writer::{Tell, Writer};
use crate::model::text::clean_line;

/// Alternate screen, no cursor, pastes in brackets.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h";
/// Every mode that we or a library could have set, back to a shell's: frame, colours, mouse, focus, paste, cursor, screen.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[m\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l\x1b[m";
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// Ends a sequence that was cut off in the middle.
const CANCEL: &[u8] = b"\x18\x1b\\";
/// How long a terminal that takes nothing is waited for, each time.
const PATIENCE: Duration = Duration::from_millis(100);

/// The one terminal, shared by whoever may have to give it back: the loop, the signals, a panic.
pub struct Terminal {
    tty: Arc<Tty>,
    writer: Writer,
    /// Held while modes change.
    inside: Mutex<bool>,
    mouse: AtomicBool,
    titled: AtomicBool,
    aside: Option<Aside>,
}

/// Where stderr leads while the screen is ours: what a library or a child complains of would stand in the middle of it.
struct Aside {
    /// Where it led before.
    own: OwnedFd,
    file: File,
}

impl Aside {
    /// `None` where stderr is no terminal: then it is somebody's file, and stays that.
    fn new(file: Option<File>) -> Option<Self> {
        let file = file.filter(|_| rustix::termios::isatty(rustix::stdio::stderr()))?;
        Some(Self { own: rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3).ok()?, file })
    }
}

impl Terminal {
    /// Opens the terminal; changes nothing yet. `complaints`: where stderr leads while the screen is ours.
    pub fn open(mouse: bool, tell: Tell, complaints: Option<File>) -> io::Result<Self> {
        // Our bytes are our own, but a widget's use of crossterm's styles must not depend on NO_COLOR: the theme decides.
        crossterm::style::force_color_output(true);
        let tty = Arc::new(Tty::open()?);
        let tinted = std::env::var_os("STY").is_none();
        let writer = Writer::start(Arc::clone(&tty), tinted, tell)?;
        Ok(Self {
            tty,
            writer,
            inside: Mutex::new(false),
            mouse: AtomicBool::new(mouse),
            titled: AtomicBool::new(false),
            aside: Aside::new(complaints),
        })
    }

    /// The writer of frames.
    pub const fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Columns and rows as they are now.
    pub fn size() -> (u16, u16) {
        crossterm::terminal::size().unwrap_or((80, 24))
    }

    /// Takes the terminal. Also right when it was taken already and somebody else changed its modes since.
    pub fn enter(&self) -> io::Result<()> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if *inside {
            // Stopped from outside: the shell has set its own modes, so ours must be set anew.
            let _ = crossterm::terminal::disable_raw_mode();
        }
        *inside = true;
        crossterm::terminal::enable_raw_mode()?;
        if let Some(it) = &self.aside {
            let _ = rustix::stdio::dup2_stderr(&it.file);
        }
        let mut bytes = ENTER.to_vec();
        if self.mouse.load(Ordering::SeqCst) {
            bytes.extend_from_slice(MOUSE_ON);
        }
        self.writer.resume();
        self.writer.say(&bytes);
        drop(inside);
        Ok(())
    }

    /// Gives the terminal back: every mode, whatever fails on the way, within half a second. Does nothing the second time.
    pub fn leave(&self) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if !*inside {
            return;
        }
        *inside = false;
        if let Some(it) = &self.aside {
            let _ = rustix::stdio::dup2_stderr(&it.own);
        }
        let mut bytes = Vec::with_capacity(128);
        if self.writer.hold(PATIENCE) {
            bytes.extend_from_slice(CANCEL);
        }
        bytes.extend_from_slice(LEAVE);
        if self.titled.swap(false, Ordering::SeqCst) {
            bytes.extend_from_slice(b"\x1b[23;2t");
        }
        let _ = self.tty.write_within(&bytes, PATIENCE * 2);
        // In the background the line settings are the shell's own, and touching them would stop us.
        if foreground() {
            let _ = crossterm::terminal::disable_raw_mode();
        }
    }

    /// Switches mouse reports.
    pub fn mouse(&self, on: bool) {
        if self.mouse.swap(on, Ordering::SeqCst) != on {
            self.writer.say(if on { MOUSE_ON } else { MOUSE_OFF });
        }
    }

    /// Sets the title; the old one is kept by the terminal and put back by `leave`.
    pub fn title(&self, text: &str) {
        let mut bytes = Vec::with_capacity(text.len() + 16);
        if !self.titled.swap(true, Ordering::SeqCst) {
            bytes.extend_from_slice(b"\x1b[22;2t");
        }
        bytes.extend_from_slice(b"\x1b]2;");
        bytes.extend_from_slice(clean_line(text).as_bytes());
        bytes.push(b'\x07');
        self.writer.say(&bytes);
    }
}

fn foreground() -> bool {
    rustix::termios::tcgetpgrp(rustix::stdio::stdin()).map_or(true, |group| group == rustix::process::getpgrp())
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}
