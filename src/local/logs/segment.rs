//! A stretch of the log that is written, read and thrown away as one, and the summaries that let a search pass it by.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::format::{self, Found, Source, Tag};
use crate::model::log::{GapReason, Level};
use crate::model::time::Time;

/// Blocks count their lines by the minute, in ms.
pub const MINUTE: i64 = 60_000;

/// What is known of a block without reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// First and last offset, gaps included.
    pub first: u64,
    pub last: u64,
    pub from: Time,
    pub to: Time,
    pub loudest: Level,
    /// Numbers of the sources in it, ascending.
    pub sources: Vec<u16>,
    /// Bytes of the lines of each of them; gaps weigh nothing.
    pub weights: Vec<u64>,
    /// It says that lines are lost, whatever their level was.
    pub gaps: bool,
    /// Lines by minute, source and level, in this order.
    pub counts: Vec<Count>,
    /// Stretches of time of which a source's lines were taken away.
    pub gone: Vec<(u16, Time, Time)>,
}

/// Lines of one source and level in one minute. Small, because there is one for each while they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Minutes since 1970.
    pub minute: i32,
    pub source: u16,
    /// Place in [`Level::ALL`].
    pub level: u8,
    pub lines: u32,
}

impl Count {
    const fn key(&self) -> (i32, u16, u8) {
        (self.minute, self.source, self.level)
    }
}

impl Summary {
    /// Takes in a record; the first one makes the summary.
    pub fn add(this: &mut Option<Self>, record: &format::Record) {
        if record.tag == Tag::Source {
            return;
        }
        let gap = record.gap();
        let last = gap.as_ref().map_or(record.off, |it| *it.offs.end());
        let to = gap.as_ref().map_or(record.at, |it| it.to);
        let it = this.get_or_insert_with(|| Self {
            first: record.off,
            last,
            from: record.at,
            to,
            loudest: Level::Trace,
            sources: Vec::new(),
            weights: Vec::new(),
            gaps: false,
            counts: Vec::new(),
            gone: Vec::new(),
        });
        it.last = it.last.max(last);
        it.from = it.from.min(record.at);
        it.to = it.to.max(to);
        it.gaps |= gap.is_some();
        match &gap {
            None => {
                it.loudest = it.loudest.max(record.level);
                if !record.cont {
                    let minute = i32::try_from(record.at.0.div_euclid(MINUTE)).unwrap_or(i32::MAX);
                    it.count(Count { minute, source: record.source, level: record.level as u8, lines: 1 });
                }
            }
            // Of a flood that was held back what was kept is counted; of what was taken away nothing is known.
            Some(gap) if gap.reason != GapReason::Rate => it.gone.push((record.source, gap.from, gap.to)),
            Some(_) => {}
        }
        it.weigh(record.source, if gap.is_none() { record.size() } else { 0 });
    }

    fn count(&mut self, new: Count) {
        match self.counts.binary_search_by_key(&new.key(), Count::key) {
            Ok(at) => self.counts[at].lines = self.counts[at].lines.saturating_add(new.lines),
            Err(at) => self.counts.insert(at, new),
        }
    }

    fn weigh(&mut self, source: u16, bytes: u64) {
        let place = self.sources.binary_search(&source).unwrap_or_else(|place| {
            self.sources.insert(place, source);
            self.weights.insert(place, 0);
            place
        });
        self.weights[place] += bytes;
    }

    /// Takes in the summary of what follows.
    pub fn join(this: &mut Option<Self>, next: Self) {
        let Some(it) = this else {
            *this = Some(next);
            return;
        };
        it.last = it.last.max(next.last);
        it.from = it.from.min(next.from);
        it.to = it.to.max(next.to);
        it.loudest = it.loudest.max(next.loudest);
        it.gaps |= next.gaps;
        next.counts.into_iter().for_each(|count| it.count(count));
        it.gone.extend(next.gone);
        for (source, bytes) in next.sources.into_iter().zip(next.weights) {
            it.weigh(source, bytes);
        }
    }
}

/// A few frames that are read as one.
#[derive(Debug)]
pub struct Block {
    pub summary: Summary,
    /// Where it begins in its segment.
    pub place: u64,
    pub len: usize,
    /// Its bytes, while it is recent or could not be written.
    hot: Mutex<Option<Arc<[u8]>>>,
}

impl Block {
    pub fn new(summary: Summary, place: u64, len: usize, hot: Option<Arc<[u8]>>) -> Self {
        Self { summary, place, len, hot: Mutex::new(hot) }
    }

    /// The bytes, if they are in memory.
    pub fn hot(&self) -> Option<Arc<[u8]>> {
        self.hot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets go of the bytes; they are read from the file from now on.
    pub fn cool(&self) {
        *self.hot.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A stretch of the log: one file, or what one file would be while the disk takes nothing.
#[derive(Clone, Debug)]
pub struct Segment {
    pub path: PathBuf,
    pub sources: Arc<Vec<Source>>,
    pub blocks: Vec<Arc<Block>>,
    pub bytes: u64,
    /// Whether the file holds all of it.
    pub stored: Arc<AtomicBool>,
}

impl Segment {
    pub fn first(&self) -> Option<u64> {
        self.blocks.first().map(|it| it.summary.first)
    }

    pub fn last(&self) -> Option<u64> {
        self.blocks.last().map(|it| it.summary.last)
    }

    /// When its oldest line was written.
    pub fn from(&self) -> Option<Time> {
        self.blocks.iter().map(|it| it.summary.from).min()
    }

    /// When its newest line was written.
    pub fn to(&self) -> Option<Time> {
        self.blocks.iter().map(|it| it.summary.to).max()
    }

    pub fn is_stored(&self) -> bool {
        self.stored.load(Ordering::Acquire)
    }

    /// The bytes of one of its blocks; `None` when the file was evicted meanwhile or cannot be read.
    pub fn read(&self, block: &Block) -> Option<Arc<[u8]>> {
        if let Some(hot) = block.hot() {
            return Some(hot);
        }
        let mut bytes = vec![0; block.len];
        File::open(&self.path).and_then(|file| file.read_exact_at(&mut bytes, block.place)).ok()?;
        Some(bytes.into())
    }
}

/// Name of the segment whose first line has this offset; names sort as offsets do.
pub fn file_name(first: u64) -> String {
    format!("{first:020}.tsl")
}

/// Name of a segment made of others, the `n`th of its kind.
pub fn compacted_name(first: u64, n: u64) -> String {
    format!("{first:020}-{n:012}.tsl")
}

/// First offset of a segment by its name, and the how many-th compacted one it is; 0: none.
pub fn read_name(path: &Path) -> Option<(u64, u64)> {
    let name = path.file_stem()?.to_str()?;
    let (first, n) = name.split_once('-').unwrap_or((name, "0"));
    Some((first.parse().ok()?, n.parse().ok()?))
}

/// Reads a segment back from its file, and cuts off a write that was cut short. `None`: no line in it.
pub fn load(path: &Path, block_bytes: usize) -> io::Result<Option<Segment>> {
    let bytes = fs::read(path)?;
    let (mut sources, mut blocks) = (Vec::new(), Vec::new());
    let mut open: Option<Summary> = None;
    let (mut start, mut end, mut at) = (0, 0, 0);
    while let Some((found, next)) = format::frame_at(&bytes, at) {
        at = next;
        if let Found::Frame(from, to) = found {
            if open.is_none() {
                start = from;
            }
            read_frame(&bytes[from..to], &mut sources, &mut open);
            end = to;
        }
        if matches!(found, Found::Torn) {
            fs::OpenOptions::new().write(true).open(path)?.set_len(end as u64)?;
        }
        let full = end - start >= block_bytes || at >= bytes.len() || matches!(found, Found::Damage);
        if full && let Some(summary) = open.take() {
            blocks.push(Arc::new(Block::new(summary, start as u64, end - start, None)));
        }
    }
    if blocks.is_empty() {
        return Ok(None);
    }
    let (sources, stored) = (Arc::new(sources), Arc::new(AtomicBool::new(true)));
    Ok(Some(Segment { path: path.to_owned(), sources, blocks, bytes: end as u64, stored }))
}

fn read_frame(frame: &[u8], sources: &mut Vec<Source>, open: &mut Option<Summary>) {
    for record in format::records(frame) {
        if record.tag == Tag::Source {
            // A definition in a damaged stretch is lost: its lines stay readable, only whose they were is unknown.
            sources.resize_with((record.source as usize + 1).max(sources.len()), Source::unknown);
            sources[record.source as usize] = serde_json::from_str(record.text).unwrap_or_else(|_| Source::unknown());
        }
        Summary::add(open, &record);
    }
}
