//! How lines lie on disk: frames of records. Pure: bytes in, records out.
//!
//! A segment file is a row of frames, each written with one `write`: `TSL1`, payload length (u32), checksum of the payload (u64), payload;
//! numbers are little-endian. A payload is a row of records with a head of 24 bytes: tag (u8), flags (u8), source (u16), text length (u32),
//! offset (u64), instant (i64, ms since 1970), then the text. Tag 0 is a line (flags: level in the low three bits, bit 3: `cont`), tag 1 defines
//! the numbered source of the lines after it (text: JSON), tag 2 is a gap (text: JSON). Sources are numbered anew in each file, so a
//! file can be read, kept or removed by itself, and `grep -a` finds what programs wrote.

use serde::{Deserialize, Serialize};

use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::log::{Level, LogGap, LogKind, LogLine};
use crate::model::time::Time;

const MAGIC: [u8; 4] = *b"TSL1";
/// Bytes before a frame's payload.
const FRAME_HEAD: usize = 16;
/// Bytes before a record's text.
const RECORD_HEAD: usize = 24;
const CONT: u8 = 1 << 3;

/// Who wrote a line: written once, then named by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    pub kind: LogKind,
    pub service: Option<ServiceId>,
    pub deployment: Option<DeploymentId>,
    pub replica: u16,
}

impl Source {
    /// Stands in where the definition was lost.
    pub fn unknown() -> Self {
        Self { kind: LogKind::read("unknown"), service: None, deployment: None, replica: 0 }
    }
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    Line = 0,
    Source = 1,
    Gap = 2,
}

/// One record, borrowed from the bytes it lies in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record<'a> {
    pub tag: Tag,
    pub level: Level,
    pub cont: bool,
    pub source: u16,
    pub off: u64,
    pub at: Time,
    pub text: &'a str,
}

impl Record<'_> {
    /// The line this record is, as it travels.
    pub fn line(&self, source: &Source) -> LogLine {
        LogLine {
            off: self.off,
            at: self.at,
            kind: source.kind.clone(),
            level: self.level,
            service: source.service.clone(),
            deployment: source.deployment.clone(),
            replica: source.replica,
            cont: self.cont,
            text: self.text.to_owned(),
        }
    }

    /// Bytes it takes.
    pub const fn size(&self) -> u64 {
        (RECORD_HEAD + self.text.len()) as u64
    }

    /// The gap this record is.
    pub fn gap(&self) -> Option<LogGap> {
        if self.tag == Tag::Gap { serde_json::from_str(self.text).ok() } else { None }
    }
}

/// Begins a frame in an empty buffer.
pub fn begin(out: &mut Vec<u8>) {
    out.clear();
    out.resize(FRAME_HEAD, 0);
}

/// Adds a record to a begun frame.
pub fn push(out: &mut Vec<u8>, record: &Record) {
    out.push(record.tag as u8);
    out.push(record.level as u8 | if record.cont { CONT } else { 0 });
    out.extend_from_slice(&record.source.to_le_bytes());
    out.extend_from_slice(&u32::try_from(record.text.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&record.off.to_le_bytes());
    out.extend_from_slice(&record.at.0.to_le_bytes());
    out.extend_from_slice(record.text.as_bytes());
}

/// Fills in the head of a frame, now that its payload is complete.
pub fn finish(out: &mut [u8]) {
    let Some((head, payload)) = out.split_at_mut_checked(FRAME_HEAD) else { return };
    let sum = checksum(payload);
    head[..4].copy_from_slice(&MAGIC);
    head[4..8].copy_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    head[8..].copy_from_slice(&sum.to_le_bytes());
}

/// A place in a file where frames were looked for.
#[derive(Debug, PartialEq)]
pub enum Found {
    /// A whole frame: where it begins and ends.
    Frame(usize, usize),
    /// Bytes that are no frame, before the next one.
    Damage,
    /// Bytes that are no frame, to the end: a write that was cut short.
    Torn,
}

/// Looks for the frame at `from`; `None` at the end of the bytes. The second value is where to look next.
pub fn frame_at(bytes: &[u8], from: usize) -> Option<(Found, usize)> {
    if from >= bytes.len() {
        return None;
    }
    if let Some(end) = whole_frame(bytes, from) {
        return Some((Found::Frame(from, end), end));
    }
    let next = memchr::memmem::find_iter(&bytes[from + 1..], &MAGIC).map(|at| from + 1 + at).find(|at| whole_frame(bytes, *at).is_some());
    Some(next.map_or((Found::Torn, bytes.len()), |at| (Found::Damage, at)))
}

fn whole_frame(bytes: &[u8], from: usize) -> Option<usize> {
    let head = bytes.get(from..from + FRAME_HEAD)?;
    if head[..4] != MAGIC {
        return None;
    }
    let len = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
    let sum = u64::from_le_bytes(head[8..16].try_into().ok()?);
    let start = from + FRAME_HEAD;
    let payload = bytes.get(start..start.checked_add(len)?)?;
    (checksum(payload) == sum).then_some(start + len)
}

/// The records of whole frames, in order. Stops at the first byte that is none.
pub const fn records(frames: &[u8]) -> Records<'_> {
    Records { rest: frames, left: 0 }
}

/// See [`records`].
pub struct Records<'a> {
    rest: &'a [u8],
    /// Payload bytes left in this frame.
    left: usize,
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while self.left == 0 {
            let (head, rest) = self.rest.split_at_checked(FRAME_HEAD)?;
            self.left = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
            self.rest = rest;
        }
        let (head, rest) = self.rest.split_at_checked(RECORD_HEAD)?;
        let len = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
        let (text, rest) = rest.split_at_checked(len)?;
        self.rest = rest;
        self.left = self.left.checked_sub(RECORD_HEAD + len)?;
        Some(Record {
            tag: [Tag::Line, Tag::Source, Tag::Gap].get(head[0] as usize).copied()?,
            level: Level::ALL.get((head[1] & 7) as usize).copied()?,
            cont: head[1] & CONT != 0,
            source: u16::from_le_bytes(head[2..4].try_into().ok()?),
            off: u64::from_le_bytes(head[8..16].try_into().ok()?),
            at: Time(i64::from_le_bytes(head[16..24].try_into().ok()?)),
            text: std::str::from_utf8(text).ok()?,
        })
    }
}

/// Tells a whole payload from a torn or rotten one, eight bytes at a time. No defence against an enemy: the folder is ours.
fn checksum(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, tail) = bytes.as_chunks::<8>();
    let mut sum = K ^ bytes.len() as u64;
    for word in words {
        sum = (sum.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(K);
    }
    for byte in tail {
        sum = (sum.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(K);
    }
    sum ^ (sum >> 29)
}
