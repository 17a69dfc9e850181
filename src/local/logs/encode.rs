//! From entries to frames: splits long lines, recognises levels, numbers sources and offsets. Pure.

use std::collections::HashMap;

use super::format::{self, Record, Source, Tag};
use super::rate::{Lost, source_of};
use super::segment::Summary;
use crate::local::level;
use crate::local::port::Entry;
use crate::model::log::{GapReason, Level, LogGap};
use crate::model::text::LINE_LIMIT;

/// Something to store.
#[derive(Clone, Debug)]
pub enum Piece {
    Line { entry: Entry, level: Level, cont: bool },
    Gap(Lost),
}

/// Makes an entry ready: its level known, in pieces no longer than a line may be.
pub fn pieces(mut entry: Entry, out: &mut Vec<Piece>) {
    let level = entry.level.unwrap_or_else(|| level::of(&entry.text));
    let mut cont = entry.cont;
    while entry.text.len() > LINE_LIMIT {
        let cut = entry.text.floor_char_boundary(LINE_LIMIT);
        let rest = entry.text.split_off(cut);
        let next = Entry { text: rest, ..entry.clone() };
        out.push(Piece::Line { entry: std::mem::replace(&mut entry, next), level, cont });
        cont = true;
    }
    out.push(Piece::Line { entry, level, cont });
}

/// Builds the frames of one segment.
#[derive(Debug, Default)]
pub struct Encoder {
    numbers: HashMap<Source, u16>,
    last: Option<(Source, u16)>,
    /// The frame last built.
    pub frame: Vec<u8>,
    /// Sources it defines.
    pub fresh: Vec<Source>,
}

impl Encoder {
    /// Builds a frame from the first of `pieces`, at most `most` bytes of text. Answers how many went in and what the frame holds;
    /// none go in when the segment has no number left for another source.
    pub fn frame(&mut self, pieces: &[Piece], mut off: u64, most: usize) -> (usize, Option<Summary>) {
        format::begin(&mut self.frame);
        self.fresh.clear();
        let (mut taken, mut summary) = (0, None);
        for piece in pieces {
            if taken > 0 && self.frame.len() >= most {
                break;
            }
            match piece {
                Piece::Line { entry, level, cont } => {
                    let Some(source) = self.number_of_entry(entry) else { break };
                    let record = Record { tag: Tag::Line, level: *level, cont: *cont, source, off, at: entry.at, text: &entry.text };
                    self.push(&record, &mut summary);
                    off += 1;
                }
                Piece::Gap(lost) => {
                    let Some(source) = self.number(&lost.source) else { break };
                    let offs = off..=off + lost.count.max(1) - 1;
                    off = offs.end() + 1;
                    self.gap(
                        &LogGap { offs, count: lost.count, from: lost.from, to: lost.to, reason: GapReason::Rate },
                        source,
                        &mut summary,
                    );
                }
            }
            taken += 1;
        }
        format::finish(&mut self.frame);
        (taken, summary)
    }

    fn push(&mut self, record: &Record, summary: &mut Option<Summary>) {
        format::push(&mut self.frame, record);
        Summary::add(summary, record);
    }

    fn gap(&mut self, gap: &LogGap, source: u16, summary: &mut Option<Summary>) {
        let text = serde_json::to_string(gap).unwrap_or_default();
        let level = Level::Warn;
        self.push(&Record { tag: Tag::Gap, level, cont: false, source, off: *gap.offs.start(), at: gap.from, text: &text }, summary);
    }

    fn number_of_entry(&mut self, entry: &Entry) -> Option<u16> {
        if let Some((last, number)) = &self.last
            && last.service == entry.service
            && last.deployment == entry.deployment
            && last.replica == entry.replica
            && last.kind == entry.kind
        {
            return Some(*number);
        }
        self.number(&source_of(entry))
    }

    fn number(&mut self, source: &Source) -> Option<u16> {
        let number = if let Some(known) = self.numbers.get(source) { *known } else { self.define(source)? };
        self.last = Some((source.clone(), number));
        Some(number)
    }

    fn define(&mut self, source: &Source) -> Option<u16> {
        let number = u16::try_from(self.numbers.len()).ok()?;
        let text = serde_json::to_string(source).unwrap_or_default();
        let at = crate::model::time::Time(0);
        format::push(
            &mut self.frame,
            &Record { tag: Tag::Source, level: Level::Info, cont: false, source: number, off: 0, at, text: &text },
        );
        self.numbers.insert(source.clone(), number);
        self.fresh.push(source.clone());
        Some(number)
    }
}
