//! The form of a recording, and reading one. The first line says what it is; each line after it is one thing that came in, with its time.
//!
//! JSON lines, packed with zstd where the file's name ends so. A recording is hostile until it was read: nothing of it is obeyed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::app::state::SourceState;
use crate::model::event::{Answer, Event};
use crate::model::ids::{AskId, SourceId};
use crate::model::request::Request;
use crate::model::text::Clean;
use crate::model::time::Time;

/// What the first line says it is.
pub const KIND: &str = "trackside recording";
/// The newest form this version knows.
pub const VERSION: u32 = 1;
/// Most bytes of a recording, unpacked: what a reader holds in memory. Hours of a busy platform.
pub const MOST: usize = 256 * 1024 * 1024;
/// The end of a name by which a recording is packed.
pub const PACKED: &str = "zst";
/// How packed files begin.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Most sources of a recording: as many as a context may ever have.
const SOURCES: usize = 64;
/// Most questions that wait for their answers at once; one whose answer was lost waits for ever.
const OPEN: usize = 4096;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`KIND`].
    pub recording: String,
    pub version: u32,
    /// Version of the program that made it.
    pub program: Clean,
    pub began: Time,
    /// Name of the context.
    pub context: Clean,
    pub production: bool,
    pub sources: Vec<Named>,
}

/// A source, as the recording's context called it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    pub name: Clean,
    pub adapter: Clean,
}

/// One thing that came in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A source said something.
    Fact(SourceId, Event),
    /// A source was asked something; the answer is a fact with the same id.
    Ask(SourceId, AskId, Request),
    /// So many things came in faster than they could be written.
    Lost(u64),
    /// The recording ends here, and why.
    End(Clean),
}

/// A line of the recording, written.
#[derive(Debug, Serialize)]
pub struct Written<'a> {
    pub at: Time,
    pub it: &'a serde_json::Value,
}

/// A line as it is read: its time at once, the rest when it is its turn.
#[derive(Deserialize)]
struct Stamped<'a> {
    at: Time,
    #[serde(borrow)]
    it: &'a RawValue,
}

/// Why a file is no recording that can be shown.
#[derive(Debug, thiserror::Error)]
pub enum BadRecording {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is no recording of trackside")]
    Other,
    #[error("it was made by a newer trackside (form {0}; this one reads up to {VERSION})")]
    Newer(u32),
    #[error("line {0} makes no sense: {1}")]
    Line(usize, String),
    #[error("it is larger than {} MiB, unpacked", MOST >> 20)]
    Large,
    #[error("nothing was recorded in it")]
    Empty,
}

/// Where one line is, and what it is about.
#[derive(Clone, Debug)]
pub struct Mark {
    pub at: Time,
    place: Range<usize>,
    /// It changes what is shown besides numbers and log lines: a step stops there.
    pub notable: bool,
    /// Log lines came: a smaller step stops there, too.
    pub logged: bool,
    /// Offsets of the log lines in it.
    pub lines: Option<(u64, u64)>,
}

/// A question for history, and the line of its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub request: Request,
    pub line: usize,
}

/// A recording, read and found to be one.
#[derive(Debug)]
pub struct Recording {
    pub header: Header,
    text: Vec<u8>,
    pub marks: Vec<Mark>,
    pub asked: Vec<Asked>,
    /// It ends in the middle: the program that wrote it was ended, or the file was cut.
    pub cut: bool,
}

impl Recording {
    /// Reads the recording at `path`, all of it.
    pub fn open(path: &Path) -> Result<Self, BadRecording> {
        let (text, cut) = unpacked(File::open(path)?)?;
        Self::read(text, cut)
    }

    /// Reads the recording `text`; `cut`: that its end is missing is known already.
    pub fn read(text: Vec<u8>, cut: bool) -> Result<Self, BadRecording> {
        let end = memchr::memchr(b'\n', &text).unwrap_or(text.len());
        let header: Header = match serde_json::from_slice::<serde_json::Value>(&text[..end]) {
            Ok(it) if it["recording"] == KIND => {
                let version = it["version"].as_u64().unwrap_or(0);
                if version != u64::from(VERSION) {
                    return Err(BadRecording::Newer(u32::try_from(version).unwrap_or(u32::MAX)));
                }
                serde_json::from_value(it).map_err(|err| BadRecording::Line(1, err.to_string()))?
            }
            _ => return Err(BadRecording::Other),
        };
        if header.sources.len() > SOURCES {
            return Err(BadRecording::Line(1, format!("{} sources", header.sources.len())));
        }
        let mut it = Self { header, text, marks: Vec::new(), asked: Vec::new(), cut };
        it.index(end + 1)?;
        if it.marks.is_empty() { Err(BadRecording::Empty) } else { Ok(it) }
    }

    /// Looks at every line once, so that what is wrong is said now and not in the middle.
    fn index(&mut self, mut start: usize) -> Result<(), BadRecording> {
        let (mut open, mut number, mut last) = (HashMap::new(), 1, self.header.began);
        while start < self.text.len() {
            number += 1;
            let end = memchr::memchr(b'\n', &self.text[start..]).map(|it| start + it);
            let line = &self.text[start..end.unwrap_or(self.text.len())];
            let (at, place, entry) = match parse(line) {
                Ok((at, within, entry)) => (at, start + within.start..start + within.end, entry),
                // The last line may have been cut in the middle: what came before it counts.
                Err(_) if end.is_none() => {
                    self.cut = true;
                    return Ok(());
                }
                Err(why) => return Err(BadRecording::Line(number, why)),
            };
            // A clock that was set back is no reason to show things in another order.
            last = last.max(at);
            self.learn(&entry, &mut open);
            self.marks.push(Mark { at: last, place, notable: notable(&entry), logged: logged(&entry), lines: offsets(&entry) });
            start = end.map_or(self.text.len(), |it| it + 1);
        }
        Ok(())
    }

    /// Pairs questions with their answers.
    fn learn(&mut self, entry: &Entry, open: &mut HashMap<AskId, Request>) {
        match entry {
            // More than ever wait at once are no questions of ours.
            Entry::Ask(_, id, request) if open.len() < OPEN => drop(open.insert(*id, request.clone())),
            Entry::Fact(_, Event::Answer(id, answer)) => {
                let answered = open.remove(id).filter(|_| !matches!(**answer, Answer::Failed(_)));
                self.asked.extend(answered.map(|request| Asked { request, line: self.marks.len() }));
            }
            _ => {}
        }
    }

    /// The line `index`. It was read before, so it can be read again.
    pub fn entry(&self, index: usize) -> Option<Entry> {
        serde_json::from_slice(self.text.get(self.marks.get(index)?.place.clone())?).ok()
    }

    /// When it begins: with the first thing that came in.
    pub fn from(&self) -> Time {
        self.marks.first().map_or(self.header.began, |it| it.at)
    }

    /// When it ends.
    pub fn to(&self) -> Time {
        self.marks.last().map_or(self.header.began, |it| it.at)
    }

    /// Its sources before they said anything.
    pub fn states(&self) -> Vec<SourceState> {
        let state = |(index, it): (usize, &Named)| SourceState {
            id: SourceId(index as u16),
            name: it.name.to_string(),
            adapter: it.adapter.to_string(),
            since: self.from(),
            ..SourceState::default()
        };
        self.header.sources.iter().enumerate().map(state).collect()
    }
}

/// A line's time, the place of the rest in it, and the rest.
fn parse(line: &[u8]) -> Result<(Time, Range<usize>, Entry), String> {
    let text = std::str::from_utf8(line).map_err(|err| err.to_string())?;
    let it: Stamped<'_> = serde_json::from_str(text).map_err(|err| err.to_string())?;
    let entry = serde_json::from_str(it.it.get()).map_err(|err| err.to_string())?;
    let from = it.it.get().as_ptr() as usize - text.as_ptr() as usize;
    Ok((it.at, from..from + it.it.get().len(), entry))
}

const fn notable(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Fact(_, Event::Snapshot(_) | Event::Changed(_) | Event::Link(_) | Event::Notice(_)) | Entry::End(_) | Entry::Lost(_)
    )
}

fn logged(entry: &Entry) -> bool {
    match entry {
        Entry::Fact(_, Event::Logs(lines)) => !lines.is_empty(),
        Entry::Fact(_, Event::LogGap(_)) => true,
        _ => false,
    }
}

/// The offsets of the log lines in `entry`, first and last.
fn offsets(entry: &Entry) -> Option<(u64, u64)> {
    let Entry::Fact(_, event) = entry else { return None };
    let lines = match event {
        Event::Logs(lines) => lines,
        Event::Answer(_, answer) => match &**answer {
            Answer::Logs(page) => &page.lines,
            _ => return None,
        },
        _ => return None,
    };
    Some((lines.first()?.off, lines.last()?.off))
}

/// All of `file`, unpacked; whether its end is missing.
fn unpacked(mut file: File) -> Result<(Vec<u8>, bool), BadRecording> {
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(MAGIC.len() as u64).read_to_end(&mut start)?;
    let packed = start == MAGIC;
    let whole = io::Cursor::new(start).chain(file);
    let mut text = Vec::new();
    if !packed {
        whole.take(MOST as u64 + 1).read_to_end(&mut text)?;
        return if text.len() > MOST { Err(BadRecording::Large) } else { Ok((text, false)) };
    }
    let mut reader = zstd::stream::read::Decoder::new(whole)?;
    let mut piece = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok((text, false)),
            Ok(n) if text.len() + n > MOST => return Err(BadRecording::Large),
            Ok(n) => text.extend_from_slice(&piece[..n]),
            // Cut, or broken from here on: what came before it counts, if it is anything.
            Err(_) if !text.is_empty() => return Ok((text, true)),
            Err(err) => return Err(BadRecording::Io(err)),
        }
    }
}

/// Writes the first line.
pub fn write_header(header: &Header, to: &mut impl Write) -> io::Result<usize> {
    let line = serde_json::to_string(header)? + "\n";
    to.write_all(line.as_bytes())?;
    Ok(line.len())
}
