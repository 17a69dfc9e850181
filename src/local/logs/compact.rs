//! Makes room fairly: a quiet service keeps its newest lines however much the others write. Of a segment that has to go, what the
//! quiet ones wrote is written anew, and what the others wrote becomes gaps in its place. Bytes in, bytes out; no clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::format::{self, Record, Source, Tag};
use super::segment::Segment;
use crate::model::ids::ServiceId;
use crate::model::log::{GapReason, Level, LogGap};
use crate::model::time::{Millis, Time};

/// Whose lines: a service's, or the platform's own.
type Writer = Option<ServiceId>;

/// Those who have written so little that nothing of it is taken away.
#[derive(Debug)]
pub struct Quiet(BTreeSet<Writer>);

/// How room is made next.
#[derive(Debug, PartialEq, Eq)]
pub enum Plan {
    /// The oldest segment goes as it is.
    Drop,
    /// These neighbours become one segment, without what loud ones wrote.
    Compact(std::ops::RangeInclusive<usize>),
}

/// A segment is worth compacting when more than one byte in so many goes.
pub const WORTH: u64 = 8;

impl Quiet {
    /// Who stays under half of an equal share of `most` bytes: all of them together then never fill more than half of it.
    pub fn of<'a>(segments: impl Iterator<Item = &'a Segment>, most: u64) -> Self {
        let mut shares: BTreeMap<&Writer, u64> = BTreeMap::new();
        for segment in segments {
            for (writer, bytes) in weights(segment) {
                *shares.entry(writer).or_default() += bytes;
            }
        }
        let half = most / (2 * shares.len().max(1) as u64);
        Self(shares.into_iter().filter(|(_, bytes)| *bytes <= half).map(|(writer, _)| writer.clone()).collect())
    }

    fn has(&self, source: &Source) -> bool {
        self.0.contains(&source.service)
    }

    /// Bytes of lines in `segment`: those of the quiet ones, and the others'.
    fn split(&self, segment: &Segment) -> (u64, u64) {
        let sum = |quiet: bool| weights(segment).filter(|(it, _)| self.0.contains(*it) == quiet).map(|(_, bytes)| bytes).sum();
        (sum(true), sum(false))
    }

    /// How to make room in `closed`, oldest first. Segments that were made by compacting are joined as long as they stay within
    /// `bytes` and `span`, so that they do not become many.
    pub fn plan(&self, closed: &VecDeque<Arc<Segment>>, bytes: u64, span: Millis) -> Plan {
        // One that is nearly all of the quiet is left as it is: a younger one with more of the loud pays first.
        let worth = |it: &Arc<Segment>| it.is_stored() && self.split(it).1.saturating_mul(WORTH) > it.bytes;
        let Some(at) = closed.iter().position(worth) else { return Plan::Drop };
        let (kept, _) = self.split(&closed[at]);
        let Some(before) = at.checked_sub(1) else { return if kept == 0 { Plan::Drop } else { Plan::Compact(at..=at) } };
        let (old, new) = (&closed[before], &closed[at]);
        let near = new.to().zip(old.from()).is_some_and(|(to, from)| to.since(from) <= span);
        // A segment that spans too long a time would keep its oldest lines past their age.
        let fits = near && (kept == 0 || old.bytes + kept <= bytes);
        Plan::Compact(if fits && old.is_stored() { before } else { at }..=at)
    }
}

/// Bytes of lines in a segment, by who wrote them.
fn weights(segment: &Segment) -> impl Iterator<Item = (&Writer, u64)> {
    let all = segment.blocks.iter().flat_map(|it| it.summary.sources.iter().zip(&it.summary.weights));
    all.filter_map(|(source, bytes)| Some((&segment.sources.get(*source as usize)?.service, *bytes)))
}

/// What `segments` become when only the lines of the quiet stay. `None`: they cannot be read, or are too motley for one file.
pub fn compact(segments: &[Arc<Segment>], quiet: &Quiet, block_bytes: usize) -> Option<Vec<u8>> {
    let mut new = New { block_bytes, ..New::default() };
    format::begin(&mut new.frame);
    for segment in segments {
        for block in &segment.blocks {
            for record in format::records(&segment.read(block)?) {
                if record.tag == Tag::Source {
                    continue;
                }
                let source = segment.sources.get(record.source as usize).cloned().unwrap_or_else(Source::unknown);
                if quiet.has(&source) {
                    new.end_run()?;
                    new.push(&source, record)?;
                } else {
                    new.run.add(source, &record);
                }
            }
        }
    }
    new.end_run()?;
    new.seal();
    Some(new.out)
}

/// A segment in the making.
#[derive(Default)]
struct New {
    out: Vec<u8>,
    frame: Vec<u8>,
    filled: bool,
    numbers: HashMap<Source, u16>,
    run: Run,
    block_bytes: usize,
}

/// Neighbouring offsets that are taken out, and how many of them were whose.
#[derive(Default)]
struct Run {
    first: u64,
    last: u64,
    parts: Vec<(Source, u64, Time, Time)>,
}

impl Run {
    fn add(&mut self, source: Source, record: &Record) {
        let old = record.gap();
        let (last, count, to) = old.map_or((record.off, 1, record.at), |it| (*it.offs.end(), it.count, it.to));
        if self.parts.is_empty() {
            self.first = record.off;
        }
        self.last = last;
        match self.parts.iter_mut().find(|it| it.0 == source) {
            Some((_, sum, from, until)) => (*sum, *from, *until) = (*sum + count, record.at.min(*from), to.max(*until)),
            None => self.parts.push((source, count, record.at, to)),
        }
    }
}

impl New {
    fn push(&mut self, source: &Source, record: Record) -> Option<()> {
        let number = self.number(source)?;
        format::push(&mut self.frame, &Record { source: number, ..record });
        self.filled = true;
        if self.frame.len() >= self.block_bytes {
            self.seal();
        }
        Some(())
    }

    fn number(&mut self, source: &Source) -> Option<u16> {
        if let Some(known) = self.numbers.get(source) {
            return Some(*known);
        }
        let number = u16::try_from(self.numbers.len()).ok()?;
        let text = serde_json::to_string(source).ok()?;
        let (tag, level) = (Tag::Source, Level::Info);
        format::push(&mut self.frame, &Record { tag, level, cont: false, source: number, off: 0, at: Time(0), text: &text });
        self.numbers.insert(source.clone(), number);
        Some(number)
    }

    /// Says what was taken out since the last line that stays. The offsets of a run are dealt out to those who wrote in it, one after
    /// the other: none of them can be read any more, counts stay exact, and no gap reaches into another.
    fn end_run(&mut self) -> Option<()> {
        let Run { first, last, parts } = std::mem::take(&mut self.run);
        let (mut at, many) = (first, parts.len());
        for (index, (source, count, from, to)) in parts.into_iter().enumerate() {
            let end = if index + 1 == many { last } else { (at + count.max(1) - 1).min(last) };
            let gap = LogGap { offs: at.min(end)..=end, count, from, to, reason: GapReason::Evicted };
            let text = serde_json::to_string(&gap).ok()?;
            let off = *gap.offs.start();
            self.push(&source, Record { tag: Tag::Gap, level: Level::Warn, cont: false, source: 0, off, at: from, text: &text })?;
            at = end + 1;
        }
        Some(())
    }

    fn seal(&mut self) {
        if std::mem::take(&mut self.filled) {
            format::finish(&mut self.frame);
            self.out.extend_from_slice(&self.frame);
            format::begin(&mut self.frame);
        }
    }
}
