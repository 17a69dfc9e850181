//! How many lines there were when: counted from what blocks say of themselves, minute by minute; where a reader wants it finer, from
//! the heads of the lines. What is no longer kept is not known, which is not the same as none.

use super::format::{self, Tag};
use super::query::Kept;
use super::segment::{Block, Count, MINUTE, Segment};
use crate::model::ids::ServiceId;
use crate::model::log::{LogVolume, VolumeQuery};
use crate::model::time::{Millis, Time};

/// Most cells of one answer: more than any screen has columns.
const MOST: i64 = 2000;
/// Bytes of lines that are read to count finer than that: a few tens of milliseconds.
const READ: usize = 64 * 1024 * 1024;

/// The cells of one answer in the making.
struct Cells {
    from: i64,
    step: i64,
    all: Vec<Option<[u64; 6]>>,
}

/// Counts what `query` asks for, as seen at `now`.
pub fn volume(kept: &Kept, query: &VolumeQuery, now: Time) -> LogVolume {
    let span = query.to.since(query.from).0;
    if span <= 0 {
        return LogVolume { from: query.from, step: query.step, cells: Vec::new() };
    }
    // Cells begin at whole steps, so that they stay the same while a window moves; that may take one more than the span has.
    let wanted = query.step.0.max((span + MOST - 2) / (MOST - 1)).max(1);
    let fine = wanted < MINUTE && weight(kept, query) <= READ;
    let step = if fine { wanted } else { (wanted + MINUTE - 1) / MINUTE * MINUTE };
    let from = query.from.0.div_euclid(step) * step;
    let many = usize::try_from((query.to.0 - from + step - 1) / step).unwrap_or(0);
    let end = from + step * many as i64;
    let mut cells = Cells { from, step, all: vec![Some([0; 6]); many] };
    let mut before: Option<(u64, Time)> = None;
    for segment in &kept.segments {
        let wanted: Vec<bool> = segment.sources.iter().map(|it| is_wanted(query, it.service.as_ref())).collect();
        for block in &segment.blocks {
            let it = &block.summary;
            if before.is_some_and(|(last, _)| it.first > last + 1) {
                // Damage on disk, or lines the disk never took: whose they were is not known either.
                cells.forget(before.map_or(it.from, |(_, at)| at), it.from);
            }
            before = Some((it.last, it.to));
            // The cells at both ends reach beyond what was asked for, and are whole.
            if it.to.0 < from || it.from.0 >= end {
                continue;
            }
            if fine {
                cells.read(segment, block, &wanted);
            } else {
                it.counts.iter().filter(|it| has(&wanted, it.source)).for_each(|it| cells.add(it));
            }
            it.gone.iter().filter(|it| has(&wanted, it.0)).for_each(|(_, from, to)| cells.forget(*from, *to));
        }
    }
    if kept.floor > 1 {
        let oldest = kept.segments.iter().find_map(|it| it.from()).unwrap_or(now);
        cells.forget(Time(i64::MIN), Time(oldest.0 - 1));
    }
    cells.forget(Time(now.0 + step), Time(i64::MAX));
    LogVolume { from: Time(from), step: Millis(step), cells: cells.all }
}

fn is_wanted(query: &VolumeQuery, service: Option<&ServiceId>) -> bool {
    query.services.is_empty() || service.is_some_and(|it| query.services.contains(it))
}

fn has(wanted: &[bool], source: u16) -> bool {
    wanted.get(usize::from(source)).copied().unwrap_or(false)
}

/// Bytes of the blocks that touch the stretch.
fn weight(kept: &Kept, query: &VolumeQuery) -> usize {
    let blocks = kept.segments.iter().flat_map(|it| &it.blocks);
    blocks.filter(|it| it.summary.to >= query.from && it.summary.from <= query.to).map(|it| it.len).sum()
}

impl Cells {
    fn place(&self, at: i64) -> Option<usize> {
        usize::try_from((at - self.from).div_euclid(self.step)).ok().filter(|it| *it < self.all.len())
    }

    fn add(&mut self, count: &Count) {
        let Some(place) = self.place(i64::from(count.minute) * MINUTE) else { return };
        if let Some(cell) = &mut self.all[place] {
            cell[usize::from(count.level)] += u64::from(count.lines);
        }
    }

    fn read(&mut self, segment: &Segment, block: &Block, wanted: &[bool]) {
        let Some(bytes) = segment.read(block) else {
            return self.forget(block.summary.from, block.summary.to);
        };
        for record in format::records(&bytes).filter(|it| it.tag == Tag::Line && !it.cont && has(wanted, it.source)) {
            let Some(place) = self.place(record.at.0) else { continue };
            if let Some(cell) = &mut self.all[place] {
                cell[record.level as usize] += 1;
            }
        }
    }

    /// What was logged from `from` to `to`, both included, is not known.
    fn forget(&mut self, from: Time, to: Time) {
        let end = self.from + self.step * self.all.len() as i64;
        let (from, to) = (from.0.max(self.from), to.0.min(end - 1));
        if from > to {
            return;
        }
        if let (Some(first), Some(last)) = (self.place(from), self.place(to)) {
            self.all[first..=last].fill(None);
        }
    }
}
