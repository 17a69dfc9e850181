//! A file beside a service's ring: of each cell of time how long its answers took, as counts in buckets, so that the percentiles of any
//! stretch are those of its answers. Percentiles cannot be had from those of its seconds. There is none until something was answered.
//!
//! Head (16 bytes): `TSL1`. Then the rings of the three resolutions, 448 bytes a cell, all little-endian: the cell's number (i64; what
//! holds another number is a hole, so nothing needs to be wiped), its first and its last bucket in use (a byte each), six bytes not used,
//! and 216 counts. A count is two bytes: its upper twelve bits (all of them, below 4096), and above them by how many bits they are moved.
//! Sparse; 10 MB where something was answered in each second of an hour, each ten of a day and each minute of a week.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::cell::TIERS;
use crate::local::durations::{BUCKETS, Durations};

const MAGIC: [u8; 4] = *b"TSL1";
const HEAD: u64 = 16;
/// Where the counts of a cell begin, and how long it is.
const COUNTS: usize = 16;
const CELL: usize = COUNTS + BUCKETS * 2;
/// Of a count so many upper bits are kept: it is wrong by less than 1/4096, which moves no percentile by a rank that anybody sees. The
/// largest, 134 million in one cell, is more than a proxy can serve in a minute.
const BITS: u32 = 12;
const LARGEST: u64 = ((1 << BITS) - 1) << 15;
/// Cells read at once: 448 kB of memory, however long the stretch.
const PIECE: i64 = 1000;

/// An open file.
#[derive(Debug)]
pub struct Latency {
    file: File,
}

impl Latency {
    /// Opens or makes the file; one that is none of ours begins anew.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut head = [0; MAGIC.len()];
        if file.read_exact_at(&mut head, 0).is_err() || head != MAGIC {
            file.set_len(0)?;
            file.write_all_at(&MAGIC, 0)?;
        }
        Ok(Self { file })
    }

    /// Adds to a cell what came of its time.
    pub fn add(&self, tier: usize, number: i64, new: &Durations) -> io::Result<()> {
        let mut whole = new.clone();
        self.each(tier, number, number, |_, there| whole.join(&there));
        self.file.write_all_at(&bytes(number, &whole), offset(tier, number))
    }

    /// Tells every cell of `from..=until` that is no hole: its number, and what is in it.
    pub fn each(&self, tier: usize, from: i64, until: i64, mut tell: impl FnMut(i64, Durations)) {
        let round = TIERS[tier].cells as i64;
        let mut number = from.max(until.saturating_sub(round - 1));
        while number <= until {
            let count = (until - number + 1).min(round - number.rem_euclid(round)).min(PIECE);
            let mut piece = vec![0; count as usize * CELL];
            // What lies past the end of a sparse file was never written: a hole.
            let got = super::ring::read_some(&self.file, &mut piece, offset(tier, number));
            for (i, cell) in (number..).zip(piece[..got].chunks_exact(CELL)) {
                if let Some(it) = durations(i, cell) {
                    tell(i, it);
                }
            }
            number += count;
        }
    }
}

fn offset(tier: usize, number: i64) -> u64 {
    let before: usize = TIERS[..tier].iter().map(|it| it.cells).sum();
    HEAD + ((before as u64) + number.rem_euclid(TIERS[tier].cells as i64) as u64) * CELL as u64
}

fn bytes(number: i64, it: &Durations) -> Vec<u8> {
    let mut bytes = vec![0; CELL];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    let (mut first, mut last) = (u8::MAX, 0);
    for (bucket, count) in it.counts() {
        (first, last) = (first.min(bucket), last.max(bucket));
        let at = COUNTS + usize::from(bucket) * 2;
        bytes[at..at + 2].copy_from_slice(&packed(count).to_le_bytes());
    }
    (bytes[8], bytes[9]) = (first, last);
    bytes
}

fn durations(number: i64, cell: &[u8]) -> Option<Durations> {
    let is = i64::from_le_bytes(*cell.first_chunk()?);
    if is != number {
        return None;
    }
    let mut all = Durations::default();
    for bucket in cell[8]..=cell[9].min(BUCKETS as u8 - 1) {
        let at = COUNTS + usize::from(bucket) * 2;
        all.count(bucket, opened(u16::from_le_bytes([cell[at], cell[at + 1]])));
    }
    (!all.is_empty()).then_some(all)
}

/// A count in two bytes.
const fn packed(count: u64) -> u16 {
    let count = if count > LARGEST { LARGEST } else { count };
    let moved = (count | 1).ilog2().saturating_sub(BITS - 1);
    ((moved as u16) << BITS) | (count >> moved) as u16
}

const fn opened(it: u16) -> u64 {
    let moved = it >> BITS;
    // The middle of what it may have been.
    let middle = if moved > 0 { 1 << (moved - 1) } else { 0 };
    ((it as u64 & ((1 << BITS) - 1)) << moved) + middle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_kept_in_two_bytes_as_well_as_two_bytes_can() {
        for count in (0..200_000).chain([1 << 20, LARGEST - 1, LARGEST]) {
            let back = opened(packed(count));
            assert!(if count < 4096 { back == count } else { back.abs_diff(count) * 4096 <= count }, "{count} came back as {back}");
        }
        assert_eq!(packed(u64::MAX), packed(LARGEST));
    }

    #[test]
    fn a_cell_of_another_round_is_a_hole_and_one_of_this_is_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let it = Latency::open(&folder.path().join("a.tsl")).unwrap();
        let mut one = Durations::default();
        one.record(1500.0, 3);
        let round = TIERS[0].cells as i64;
        it.add(0, 7, &one).unwrap();
        it.add(0, 7, &one).unwrap();
        let read = |from, until| {
            let mut all = Vec::new();
            it.each(0, from, until, |number, found| all.push((number, found.counts().map(|it| it.1).sum::<u64>())));
            all
        };
        assert_eq!(read(0, 100), [(7, 6)]);
        it.add(0, 7 + round, &one).unwrap();
        assert_eq!((read(0, 100), read(round, round + 100)), (vec![], vec![(7 + round, 3)]));
        assert_eq!(read(i64::MIN, 7 + round), [(7 + round, 3)], "however far back is asked");
    }
}
