//! Lines packed away: text squeezed, records column by column. What packs and what unpacks are given by the caller, so that reading changes nothing.

use std::collections::HashMap;
use std::fmt;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::compress_bound;

use super::columns::{self, Columns};
use super::record::Lines;
use super::sgr::{InkSpan, Sgr};
use super::trigrams::Trigrams;

/// The quickest level that still finds matches by hashing: usual lines come to a fifth. Levels up to 3 gain nothing, 5 costs four times as much.
const EFFORT: i32 = 1;

/// Lines packed away.
#[derive(Debug)]
pub struct Cold {
    /// Tells it from all others of its store.
    id: u64,
    text: Box<[u8]>,
    /// Bytes of the text as it was.
    raw: usize,
    pub columns: Columns,
    /// Colours: steps from line to line, start, length, look.
    inks: Box<[u8]>,
    looks: Box<[Sgr]>,
    /// What a search need not unpack it for.
    pub trigrams: Trigrams,
}

/// What packing needs. About a MiB, made when it is first used.
#[derive(Default)]
pub struct Press {
    tool: Option<Compressor<'static>>,
    room: Vec<u8>,
    packed: u64,
}

/// Room for lines that were packed away, kept by whoever reads many. Holds the last block read.
#[derive(Default)]
pub struct Scratch {
    /// Whose lines these are; 0: nobody's.
    of: u64,
    pub lines: Lines,
    tool: Option<Decompressor<'static>>,
}

impl fmt::Debug for Press {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Press").field("packed", &self.packed).finish_non_exhaustive()
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("of", &self.of).finish_non_exhaustive()
    }
}

impl Press {
    /// Packs `lines`; `None` if that cannot be done.
    pub fn pack(&mut self, lines: &Lines) -> Option<Cold> {
        if self.tool.is_none() {
            self.tool = Compressor::new(EFFORT).ok();
        }
        let tool = self.tool.as_mut()?;
        self.room.resize(compress_bound(lines.text.len()).max(self.room.len()), 0);
        let n = tool.compress_to_buffer(lines.text.as_bytes(), &mut self.room[..]).ok()?;
        self.packed += 1;
        let (inks, looks) = pack_inks(&lines.inks);
        Some(Cold {
            id: self.packed,
            text: self.room.get(..n)?.into(),
            raw: lines.text.len(),
            columns: Columns::pack(&lines.records),
            inks,
            looks,
            trigrams: Trigrams::of(&lines.text),
        })
    }
}

impl Cold {
    /// Bytes it takes.
    pub fn cost(&self) -> usize {
        self.text.len() + self.columns.cost() + self.inks.len() + size_of_val(&*self.looks) + self.trigrams.cost() + size_of::<Self>()
    }

    /// What its parts take, one by one.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        let Self { id: _, text, raw: _, columns, inks, looks, trigrams } = self;
        size_of::<Self>() + text.len() + columns.weight() + inks.len() + looks.len() * size_of::<Sgr>() + trigrams.cost()
    }

    /// Bytes of the text as it was.
    pub const fn raw(&self) -> usize {
        self.raw
    }

    /// Unpacks into `scratch`, unless that is what it holds.
    pub fn thaw(&self, scratch: &mut Scratch) {
        if scratch.of == self.id {
            return;
        }
        scratch.of = self.id;
        let lines = &mut scratch.lines;
        lines.text = self.thaw_text(std::mem::take(&mut lines.text), &mut scratch.tool);
        self.columns.unpack(&lines.text, &mut lines.records);
        unpack_inks(&self.inks, &self.looks, &mut lines.inks);
    }

    fn thaw_text(&self, room: String, tool: &mut Option<Decompressor<'static>>) -> String {
        let mut bytes = room.into_bytes();
        bytes.clear();
        bytes.reserve(self.raw);
        if tool.is_none() {
            *tool = Decompressor::new().ok();
        }
        let done = tool.as_mut().is_some_and(|it| it.decompress_to_buffer(&self.text, &mut bytes).is_ok());
        match String::from_utf8(bytes) {
            Ok(text) if done => text,
            // The memory that was packed is the memory that is unpacked; were it damaged, there would be lines without text.
            _ => "\n".repeat(self.columns.len()),
        }
    }
}

fn pack_inks(inks: &[InkSpan]) -> (Box<[u8]>, Box<[Sgr]>) {
    let mut bytes = Vec::new();
    let mut looks: Vec<Sgr> = Vec::new();
    let mut index: HashMap<Sgr, usize> = HashMap::new();
    let mut before = 0;
    for ink in inks {
        let look = *index.entry(ink.sgr).or_insert_with(|| {
            looks.push(ink.sgr);
            looks.len() - 1
        });
        for word in [ink.line.wrapping_sub(before), ink.start, ink.end.wrapping_sub(ink.start)] {
            columns::put(u64::from(word), &mut bytes);
        }
        columns::put(look as u64, &mut bytes);
        before = ink.line;
    }
    (bytes.into_boxed_slice(), looks.into_boxed_slice())
}

fn unpack_inks(mut bytes: &[u8], looks: &[Sgr], into: &mut Vec<InkSpan>) {
    into.clear();
    let mut line = 0_u16;
    while !bytes.is_empty() {
        line = line.wrapping_add(columns::take(&mut bytes) as u16);
        let start = columns::take(&mut bytes) as u16;
        let end = start.wrapping_add(columns::take(&mut bytes) as u16);
        let sgr = looks.get(columns::take(&mut bytes) as usize).copied().unwrap_or_default();
        into.push(InkSpan { line, start, end, sgr });
    }
}
