//! Turns what a program writes into log entries: lines out of bytes, capped, with bytes that are no text shown as `\xNN`.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::local::clock::now;
use crate::local::level;
use crate::local::port::Entry;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::log::{Level, LogKind};
use crate::model::text::LINE_LIMIT;
use crate::model::time::Time;

/// Longest stretch without a line end that is held in memory: four lines as the log keeps them, each of which may be cut before a
/// character of up to four bytes, so that no cut leaves a crumb.
const LONGEST: usize = 4 * (LINE_LIMIT - 3);
/// Read at once.
const CHUNK: usize = 32 * 1024;
/// Last lines kept for an error's text.
const TAIL_LINES: usize = 20;
/// What a shell writes of a command that was ended by TERM.
const SHELLS_WORD: &str = "Terminated";
/// Of each of them, this much: an error's text is for people.
const TAIL_WIDTH: usize = 400;

/// Where log entries go. Never waits long.
pub type LogSink = Arc<dyn Fn(Vec<Entry>) + Send + Sync>;

/// Who writes, and where to.
#[derive(Clone)]
pub struct Writer {
    pub kind: LogKind,
    pub service: ServiceId,
    pub deployment: Option<DeploymentId>,
    pub replica: u16,
    pub sink: LogSink,
    tail: Arc<Mutex<VecDeque<String>>>,
    ending: Arc<AtomicBool>,
}

impl Writer {
    pub fn new(sink: LogSink, kind: LogKind, service: ServiceId, deployment: Option<DeploymentId>, replica: u16) -> Self {
        Self { kind, service, deployment, replica, sink, tail: Arc::default(), ending: Arc::default() }
    }

    /// The same writer for lines of another kind.
    pub fn of(&self, kind: LogKind) -> Self {
        Self { kind, ..self.clone() }
    }

    /// From now on the program is being ended: that its shell says so is no news and no word of the program's.
    pub fn ends(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// The same, for what the platform says itself.
    pub fn says(&self, level: Level, text: impl Into<String>) {
        self.put(vec![self.entry(now(), Some(level), text.into())]);
    }

    /// The last lines written, for an error's text.
    pub fn tail(&self, lines: usize) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = tail.len().saturating_sub(lines);
        tail.iter().skip(skip).map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn entry(&self, at: Time, level: Option<Level>, text: String) -> Entry {
        Entry {
            at,
            kind: self.kind.clone(),
            level,
            service: Some(self.service.clone()),
            deployment: self.deployment.clone(),
            replica: self.replica,
            cont: false,
            text,
        }
    }

    fn put(&self, entries: Vec<Entry>) {
        if !entries.is_empty() {
            (self.sink)(entries);
        }
    }

    /// Reads `from` to its end. A line without an end is written when the stream ends.
    pub async fn pump(self, mut from: impl AsyncRead + Unpin) {
        let mut splitter = Splitter::default();
        let mut chunk = vec![0; CHUNK];
        loop {
            let n = match from.read(&mut chunk).await {
                Ok(0) | Err(_) => break,
                Ok(n) => n,
            };
            self.lines(splitter.push(&chunk[..n]));
            // A pipe that is always full never waits, and the platform has other work on this thread.
            tokio::task::yield_now().await;
        }
        self.lines(splitter.rest().into_iter().collect());
    }

    fn lines(&self, mut lines: Vec<Cut>) {
        if self.ending.load(Ordering::Relaxed) {
            lines.retain(|it| it.text != SHELLS_WORD);
        }
        {
            let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
            // Of a flood, only the end can stay: the rest of it is not even looked at.
            let last = lines.iter().rev().map(|it| &it.text).filter(|it| !it.trim().is_empty()).take(TAIL_LINES).collect::<Vec<_>>();
            for line in last.into_iter().rev() {
                tail.push_back(line.chars().take(TAIL_WIDTH).collect());
                if tail.len() > TAIL_LINES {
                    tail.pop_front();
                }
            }
        }
        // Read at once, so of one moment.
        let at = now();
        let entry = |it: Cut| Entry { cont: it.rest_of.is_some(), ..self.entry(at, it.rest_of, it.text) };
        self.put(lines.into_iter().map(entry).collect());
    }
}

/// A line, or a piece of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub text: String,
    /// It goes on where the one before it was cut: how loud that line is, which only its begin says.
    pub rest_of: Option<Level>,
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
pub struct Splitter {
    held: Vec<u8>,
    /// What is held is the rest of a line, as loud as this.
    rest_of: Option<Level>,
}

impl Splitter {
    /// Takes `bytes` in and gives the lines they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Cut> {
        let mut lines = Vec::new();
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            self.take(&rest[..at], &mut lines);
            let text = shown(self.held.strip_suffix(b"\r").unwrap_or(&self.held));
            lines.push(Cut { text, rest_of: self.rest_of.take() });
            self.held.clear();
            rest = &rest[at + 1..];
        }
        self.take(rest, &mut lines);
        lines
    }

    /// What is left when the stream has ended.
    pub fn rest(&mut self) -> Option<Cut> {
        (!self.held.is_empty()).then(|| Cut { text: shown(&std::mem::take(&mut self.held)), rest_of: self.rest_of.take() })
    }

    fn take(&mut self, mut bytes: &[u8], lines: &mut Vec<Cut>) {
        while self.held.len() + bytes.len() > LONGEST {
            let (now, later) = bytes.split_at(LONGEST - self.held.len());
            self.held.extend_from_slice(now);
            // A character that the cut would tear goes with what follows.
            let rest = self.held.split_off(self.held.len() - torn(&self.held));
            let text = shown(&self.held);
            let level = self.rest_of.unwrap_or_else(|| level::of(&text));
            lines.push(Cut { text, rest_of: self.rest_of.replace(level) });
            self.held = rest;
            bytes = later;
        }
        self.held.extend_from_slice(bytes);
    }
}

/// How many bytes at the end begin a character that is not all there.
fn torn(bytes: &[u8]) -> usize {
    let last = bytes.iter().rev().zip(1..4).find(|(byte, _)| !(0x80..0xc0).contains(*byte));
    last.map_or(0, |(byte, held)| {
        let wanted = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 0,
        };
        if wanted > held { held } else { 0 }
    })
}

/// Text as it is; each byte that is none as `\xNN`.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: Vec<Cut>) -> Vec<String> {
        lines.into_iter().map(|it| it.text).collect()
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let bytes = b"one\r\ntwo\n\nthree\xff\xfe!";
        let whole = |size: usize| {
            let mut splitter = Splitter::default();
            let mut lines: Vec<Cut> = bytes.chunks(size).flat_map(|it| splitter.push(it)).collect();
            lines.extend(splitter.rest());
            texts(lines)
        };
        for size in 1..=bytes.len() {
            assert_eq!(whole(size), ["one", "two", "", "three\\xFF\\xFE!"], "in pieces of {size}");
        }
    }

    #[test]
    fn no_cut_of_a_hostile_line_changes_what_is_read() {
        crate::model::text::samples::each(|hostile| {
            let bytes = [b"A", hostile, b"B\n"].concat();
            let whole = Splitter::default().push(&bytes);
            for at in 0..bytes.len() {
                let mut splitter = Splitter::default();
                let mut lines = splitter.push(&bytes[..at]);
                lines.extend(splitter.push(&bytes[at..]));
                assert_eq!(lines, whole, "cut at {at}: {bytes:?}");
            }
        });
    }

    #[test]
    fn a_line_without_end_is_cut_and_nothing_of_it_is_lost() {
        let mut splitter = Splitter::default();
        let mut lines = splitter.push(&vec![b'x'; LONGEST * 2 + 5]);
        lines.extend(splitter.rest());
        assert!(splitter.push(b"short\n").iter().all(|it| it.rest_of.is_none()), "the next line is one of its own");
        assert_eq!(lines.iter().map(|it| it.text.len()).collect::<Vec<_>>(), [LONGEST, LONGEST, 5]);
        assert_eq!(lines.iter().map(|it| it.rest_of).collect::<Vec<_>>(), [None, Some(Level::Info), Some(Level::Info)]);
    }

    #[test]
    fn no_character_is_torn_where_a_line_without_end_is_cut() {
        for sign in ["é", "漢", "🚀"] {
            for before in 0..4 {
                let text = "x".repeat(before) + &sign.repeat(LONGEST * 2 / sign.len() + 9);
                let mut splitter = Splitter::default();
                let mut lines: Vec<Cut> = text.as_bytes().chunks(CHUNK + 1).flat_map(|it| splitter.push(it)).collect();
                lines.extend(splitter.rest());
                let lines = texts(lines);
                assert!(lines.len() == 3 && lines.iter().all(|it| it.len() <= LONGEST));
                assert_eq!(lines.concat(), text);
            }
        }
        // What is no text is none wherever it is cut.
        let noise = vec![0xf0; LONGEST + 7];
        let mut splitter = Splitter::default();
        let mut lines = splitter.push(&noise);
        lines.extend(splitter.rest());
        assert_eq!(texts(lines).concat(), "\\xF0".repeat(noise.len()));
    }
}
