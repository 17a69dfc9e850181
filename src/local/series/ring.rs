//! One file for each service and replica: a ring of cells for each metric and resolution, at fixed places. Sparse, so what was never
//! measured takes no room; at most 8.6 MB where everything is.
//!
//! Head (4096 bytes): `TSM1`, which metrics are in use (u32, a bit each), the last cell written of each resolution (3 × i64), all
//! little-endian. Then for each metric the three rings, 8 bytes a cell: mean and peak as f32 with all bits turned, so zero is a hole. After
//! the room for all 32 metrics the same rings once more, 4 bytes a cell: the least value. Files from before there were least values have
//! nothing there, which reads as not known.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::cell::{Cell, TIERS};
use crate::model::metric::Metric;

const MAGIC: [u8; 4] = *b"TSM1";
const HEAD: u64 = 4096;
/// Bytes of a cell's mean and peak, and of its least value.
const CELL: usize = 8;
const LOW: usize = 4;
/// Metrics there is room for in a file.
const ROOM: usize = 32;
/// Which place in the file belongs to which metric. Only ever added to: files outlive versions. At most `ROOM`.
const PLACES: [Metric; 20] = [
    Metric::Cpu,
    Metric::Memory,
    Metric::Threads,
    Metric::Files,
    Metric::DiskRead,
    Metric::DiskWrite,
    Metric::NetIn,
    Metric::NetOut,
    Metric::Requests,
    Metric::Requests2xx,
    Metric::Requests3xx,
    Metric::Requests4xx,
    Metric::Requests5xx,
    Metric::ErrorRatio,
    Metric::P50,
    Metric::P90,
    Metric::P95,
    Metric::P99,
    Metric::Replicas,
    Metric::LogLines,
];

/// The place of a metric; `None` for one this version does not know, which is not kept.
pub fn place_of(metric: &Metric) -> Option<usize> {
    PLACES.iter().position(|it| it == metric)
}

/// The metric at a place.
pub fn metric_at(place: usize) -> Option<Metric> {
    PLACES.get(place).cloned()
}

/// How many places there are.
pub const fn places() -> usize {
    PLACES.len()
}

/// An open file.
#[derive(Debug)]
pub struct Ring {
    file: File,
    in_use: u32,
    /// Last cell written, by resolution; `i64::MIN`: none.
    last: [i64; TIERS.len()],
}

impl Ring {
    /// Opens or makes the file; one that is none of ours, or damaged in its head, begins anew.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut head = [0; 32];
        let known = file.read_exact_at(&mut head, 0).is_ok() && head[..4] == MAGIC;
        if !known {
            file.set_len(0)?;
            let ring = Self { file, in_use: 0, last: [i64::MIN; TIERS.len()] };
            ring.write_head()?;
            return Ok(ring);
        }
        let number = |at: usize| i64::from_le_bytes(std::array::from_fn(|i| head[at + i]));
        let in_use = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        Ok(Self { file, in_use, last: [number(8), number(16), number(24)] })
    }

    /// The last cell written of a resolution.
    pub const fn last(&self, tier: usize) -> i64 {
        self.last[tier]
    }

    pub const fn uses(&self, place: usize) -> bool {
        self.in_use & (1 << place) != 0
    }

    /// Writes all cells of a resolution up to `until`: `cell(place, number)` is asked for each; a hole is written too, over what is a round older.
    pub fn write(&mut self, tier: usize, until: i64, used: u32, cell: impl Fn(usize, i64) -> Option<Cell>) -> io::Result<()> {
        let round = TIERS[tier].cells as i64;
        let from = self.last[tier].saturating_add(1).max(until - round + 1);
        self.in_use |= used;
        for place in (0..places()).filter(|it| self.uses(*it)) {
            let many = (until - from + 1).max(0) as usize;
            let (mut bytes, mut lows) = (Vec::with_capacity(many * CELL), Vec::with_capacity(many * LOW));
            for number in from..=until {
                let (both, low) = Cell::bytes(cell(place, number));
                bytes.extend_from_slice(&both);
                lows.extend_from_slice(&low);
            }
            self.put(tier, place, from, (&bytes, &lows))?;
        }
        // After the cells: a kill in between leaves cells that are written over with holes, never stale ones that look new.
        self.last[tier] = until.max(self.last[tier]);
        self.write_head()
    }

    /// Reads the cells `from..=until`; those not written are holes.
    pub fn read(&self, tier: usize, place: usize, from: i64, until: i64) -> Vec<Option<Cell>> {
        let round = TIERS[tier].cells as i64;
        let (first, last) = (from.max(self.last[tier].saturating_sub(round - 1)), until.min(self.last[tier]));
        let mut cells = vec![None; (until - from + 1).max(0) as usize];
        if first > last || !self.uses(place) {
            return cells;
        }
        let mut number = first;
        while number <= last {
            let turn = number.rem_euclid(round);
            let count = (last - number + 1).min(round - turn);
            let (mut bytes, mut lows) = (vec![0; count as usize * CELL], vec![0; count as usize * LOW]);
            // What lies past the end of a sparse file was never written: it stays a hole.
            let got = read_some(&self.file, &mut bytes, offset(tier, place, turn));
            read_some(&self.file, &mut lows, low_offset(tier, place, turn));
            for (i, (it, low)) in bytes[..got].as_chunks::<CELL>().0.iter().zip(lows.as_chunks::<LOW>().0).enumerate() {
                cells[(number - from) as usize + i] = Cell::read(*it, *low);
            }
            number += count;
        }
        cells
    }

    /// One cell that is written already, changed.
    pub fn change(&self, tier: usize, place: usize, number: i64, with: impl Fn(Option<Cell>) -> Option<Cell>) -> io::Result<()> {
        let old = self.read(tier, place, number, number).pop().flatten();
        let (both, low) = Cell::bytes(with(old));
        self.put(tier, place, number, (&both, &low))
    }

    fn put(&self, tier: usize, place: usize, from: i64, (bytes, lows): (&[u8], &[u8])) -> io::Result<()> {
        let round = TIERS[tier].cells as i64;
        let turn = from.rem_euclid(round);
        let first = (bytes.len() / CELL).min((round - turn) as usize);
        // The least values first: a kill in between leaves them to cells that are no more, or that are written over next time.
        self.file.write_all_at(&lows[..first * LOW], low_offset(tier, place, turn))?;
        self.file.write_all_at(&lows[first * LOW..], low_offset(tier, place, 0))?;
        self.file.write_all_at(&bytes[..first * CELL], offset(tier, place, turn))?;
        self.file.write_all_at(&bytes[first * CELL..], offset(tier, place, 0))
    }

    fn write_head(&self) -> io::Result<()> {
        let mut head = [0; 32];
        head[..4].copy_from_slice(&MAGIC);
        head[4..8].copy_from_slice(&self.in_use.to_le_bytes());
        for (tier, last) in self.last.iter().enumerate() {
            head[8 + tier * 8..16 + tier * 8].copy_from_slice(&last.to_le_bytes());
        }
        self.file.write_all_at(&head, 0)
    }
}

/// Cells of one metric, and those of them before the first of a resolution.
fn cells_before(tier: usize) -> (usize, usize) {
    (TIERS.iter().map(|it| it.cells).sum(), TIERS[..tier].iter().map(|it| it.cells).sum())
}

fn offset(tier: usize, place: usize, turn: i64) -> u64 {
    let (of_one, before) = cells_before(tier);
    HEAD + ((place * of_one + before) * CELL) as u64 + turn as u64 * CELL as u64
}

fn low_offset(tier: usize, place: usize, turn: i64) -> u64 {
    let (of_one, before) = cells_before(tier);
    let begin = HEAD + (ROOM * of_one * CELL) as u64;
    begin + ((place * of_one + before) * LOW) as u64 + turn as u64 * LOW as u64
}

/// Reads what there is; a file may end before.
pub fn read_some(file: &File, bytes: &mut [u8], at: u64) -> usize {
    let mut got = 0;
    while got < bytes.len() {
        match file.read_at(&mut bytes[got..], at + got as u64) {
            Ok(n) if n > 0 => got += n,
            _ => break,
        }
    }
    got
}
