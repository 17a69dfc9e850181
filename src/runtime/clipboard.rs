//! Text to the person's clipboard: the terminal's own way (OSC 52), tmux's buffer inside tmux, a file when it is too long.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest text sent through the terminal, in bytes: as base64 it stays under the 64 KiB that xterm takes in one string; others take more.
pub const LIMIT: usize = 48_000;
/// Longest string GNU screen passes on in one piece.
const SCREEN_PIECE: usize = 240;

/// What lies between us and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    Nothing,
    Tmux,
    Screen,
}

impl Around {
    /// As the environment says.
    pub fn detect() -> Self {
        if std::env::var_os("TMUX").is_some() {
            Self::Tmux
        } else if std::env::var_os("STY").is_some() {
            Self::Screen
        } else {
            Self::Nothing
        }
    }

    /// The sequence that puts `text` on the clipboard.
    pub fn sequence(self, text: &str) -> Vec<u8> {
        self.wrap(&format!("\x1b]52;c;{}\x07", STANDARD.encode(text)))
    }

    /// `plain`, a sequence for the terminal, past what lies in between.
    pub fn wrap(self, plain: &str) -> Vec<u8> {
        match self {
            Self::Nothing => plain.as_bytes().to_vec(),
            Self::Tmux => format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes(),
            Self::Screen => {
                let mut out = Vec::with_capacity(plain.len() * 2);
                for piece in plain.as_bytes().chunks(SCREEN_PIECE) {
                    out.extend_from_slice(b"\x1bP");
                    out.extend_from_slice(piece);
                    out.extend_from_slice(b"\x1b\\");
                }
                out
            }
        }
    }
}

/// Puts `text` into tmux's buffer, and through it on the terminal's clipboard where tmux may do that. Waits for tmux.
pub fn tmux(text: &str) -> io::Result<()> {
    let mut child =
        Command::new("tmux").args(["load-buffer", "-w", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("tmux did not take it")) }
}
