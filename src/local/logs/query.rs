//! Reading a stretch: walks the segments in either direction, passes by what its summary rules out, and proves both ends.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::format::{self, Tag};
use super::segment::{Block, Segment};
use super::wants::Wants;
use crate::model::log::{GapReason, LogGap, LogLine, LogPage, LogQuery};
use crate::model::time::Time;
use crate::wire::rest::MAX_LINES;

/// Lines answered when a query names no limit.
const USUAL: usize = 500;
/// Most bytes of text in one answer, however few its lines: as JSON it is at worst six times as much, and what asks takes 32 MiB.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What was read of a stretch.
#[derive(Debug, Default)]
pub struct Read {
    pub lines: Vec<LogLine>,
    /// Bytes of their text.
    bytes: usize,
    pub gaps: Vec<LogGap>,
    /// The offset at which a full answer stopped: the next line that would have been in it.
    pub stopped: Option<u64>,
}

/// What is kept, and between which offsets.
pub struct Kept {
    pub segments: Vec<Arc<Segment>>,
    pub floor: u64,
    pub head: u64,
}

/// Answers `query`. `wants` is its filter, made ready.
pub fn page(kept: &Kept, query: &LogQuery, wants: &Wants, epoch: String) -> LogPage {
    let limit = query.limit.unwrap_or(USUAL).clamp(1, MAX_LINES);
    let span = query.after.map_or(0, |it| it.saturating_add(1))..=query.before.map_or(u64::MAX, |it| it.saturating_sub(1));
    let empty = query.before == Some(0);
    let forward = query.after.is_some();
    let mut read = match (empty, forward) {
        (true, _) => Read::default(),
        (_, true) => oldest(kept, wants, &span, limit),
        (_, false) => newest(kept, wants, &span, limit),
    };
    if forward && *span.start() < kept.floor {
        read.gaps.insert(0, evicted(*span.start(), kept.floor - 1, &read));
    }
    read.gaps.sort_by_key(|it| *it.offs.start());
    let none_older = *span.start() <= kept.floor;
    let none_newer = *span.end() >= kept.head;
    let whole = read.stopped.is_none() && !empty;
    LogPage {
        epoch,
        beginning: none_older && (forward || whole),
        end: none_newer && (!forward || whole),
        lines: read.lines,
        gaps: read.gaps,
    }
}

fn evicted(first: u64, last: u64, read: &Read) -> LogGap {
    let at = read.lines.first().map_or(Time(0), |it| it.at);
    LogGap { offs: first..=last, count: last - first + 1, from: at, to: at, reason: GapReason::Evicted }
}

/// The oldest lines of a span that are wanted.
pub fn oldest(kept: &Kept, wants: &Wants, span: &RangeInclusive<u64>, limit: usize) -> Read {
    let mut read = Read::default();
    let mut seen = span.start().max(&kept.floor).saturating_sub(1);
    for segment in &kept.segments {
        let sources: Vec<bool> = segment.sources.iter().map(|it| wants.source(it)).collect();
        for block in &segment.blocks {
            if block.summary.last < *span.start() {
                continue;
            }
            if block.summary.first > *span.end() {
                return read;
            }
            hole(&mut read.gaps, seen, block, wants);
            seen = block.summary.last;
            if wants.block(&block.summary, &sources) {
                block_forward(segment, block, &sources, wants, span, limit, &mut read);
            }
            if let Some(stopped) = read.stopped {
                read.gaps.retain(|it| *it.offs.start() < stopped);
                return read;
            }
        }
    }
    read
}

fn block_forward(
    segment: &Segment,
    block: &Block,
    sources: &[bool],
    wants: &Wants,
    span: &RangeInclusive<u64>,
    limit: usize,
    read: &mut Read,
) {
    let Some(bytes) = segment.read(block) else {
        read.gaps.push(unreadable(block));
        return;
    };
    for record in format::records(&bytes) {
        let index = record.source as usize;
        if record.tag == Tag::Source || record.off > *span.end() || !sources.get(index).copied().unwrap_or(false) {
            continue;
        }
        if let Some(gap) = record.gap() {
            if gap.offs.end() >= span.start() && wants.gap(&gap) {
                read.gaps.push(gap);
            }
            continue;
        }
        if record.off < *span.start() || !wants.line(&record, &segment.sources[index]) {
            continue;
        }
        if read.lines.len() == limit || read.bytes > MOST_BYTES {
            read.stopped = Some(record.off);
            return;
        }
        let line = record.line(&segment.sources[index]);
        read.bytes += line.text.len();
        read.lines.push(line);
    }
}

/// The newest lines of a span that are wanted, oldest first.
fn newest(kept: &Kept, wants: &Wants, span: &RangeInclusive<u64>, limit: usize) -> Read {
    let mut read = Read::default();
    let mut parts: Vec<Vec<LogLine>> = Vec::new();
    let (mut count, mut bytes) = (0, 0);
    let mut seen = None;
    'all: for segment in kept.segments.iter().rev() {
        let sources: Vec<bool> = segment.sources.iter().map(|it| wants.source(it)).collect();
        for block in segment.blocks.iter().rev().filter(|it| it.summary.first <= *span.end()) {
            if let Some(newer) = seen {
                hole(&mut read.gaps, block.summary.last, newer, wants);
            }
            seen = Some(block);
            if !wants.block(&block.summary, &sources) {
                continue;
            }
            let mut part = Read::default();
            block_forward(segment, block, &sources, wants, span, usize::MAX, &mut part);
            read.gaps.append(&mut part.gaps);
            let over = (count + part.lines.len()).saturating_sub(limit);
            if over > 0 {
                read.stopped = Some(part.lines[over - 1].off);
                part.lines.drain(..over);
            }
            count += part.lines.len();
            bytes += part.bytes;
            // After a whole block, which is small: no line is too long to be reached.
            if read.stopped.is_none() && bytes > MOST_BYTES {
                read.stopped = part.lines.first().map(|it| it.off.saturating_sub(1));
            }
            parts.push(part.lines);
            if read.stopped.is_some() {
                break 'all;
            }
        }
    }
    read.lines = parts.into_iter().rev().flatten().collect();
    if let Some(stopped) = read.stopped {
        read.gaps.retain(|it| *it.offs.end() > stopped);
    }
    read
}

/// Offsets between two blocks that are nowhere: damage on disk, or lines the disk never took.
fn hole(gaps: &mut Vec<LogGap>, before: u64, block: &Block, wants: &Wants) {
    let next = &block.summary;
    if next.first <= before + 1 {
        return;
    }
    let gap = LogGap {
        offs: before + 1..=next.first - 1,
        count: next.first - before - 1,
        from: next.from,
        to: next.from,
        reason: GapReason::Unstored,
    };
    if wants.gap(&gap) {
        gaps.push(gap);
    }
}

fn unreadable(block: &Block) -> LogGap {
    let it = &block.summary;
    LogGap { offs: it.first..=it.last, count: it.last - it.first + 1, from: it.from, to: it.to, reason: GapReason::Evicted }
}
