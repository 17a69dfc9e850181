//! The records of a block packed column by column: two or three bytes a line instead of 24, and still read without unpacking them all.

use std::collections::HashMap;

use memchr::memchr_iter;

use super::record::{Record, Sort};

/// Which sort each line is of.
#[derive(Debug)]
enum Column {
    Narrow(Box<[u8]>),
    /// For a block with more than 256 sorts.
    Wide(Box<[u16]>),
}

/// The records of a block, but for where texts begin: the text's line feeds say that.
#[derive(Debug)]
pub struct Columns {
    sorts: Box<[Sort]>,
    column: Column,
    /// Runs of equal steps from one offset to the next: step, how often.
    offs: Box<[u8]>,
    /// Steps from one time to the next.
    ats: Box<[u8]>,
}

impl Columns {
    /// Packs `records`.
    pub fn pack(records: &[Record]) -> Self {
        let mut index: HashMap<Sort, u16> = HashMap::new();
        let mut sorts = Vec::new();
        let mut column = Vec::with_capacity(records.len());
        for record in records {
            let sort = record.sort();
            let at = *index.entry(sort).or_insert_with(|| {
                sorts.push(sort);
                (sorts.len() - 1) as u16
            });
            column.push(at);
        }
        let column = if sorts.len() <= 256 {
            Column::Narrow(column.into_iter().map(|it| it as u8).collect())
        } else {
            Column::Wide(column.into_boxed_slice())
        };
        Self { sorts: sorts.into_boxed_slice(), column, offs: offs(records), ats: ats(records) }
    }

    /// Bytes it takes.
    pub fn cost(&self) -> usize {
        let column = match &self.column {
            Column::Narrow(it) => it.len(),
            Column::Wide(it) => it.len() * 2,
        };
        column + self.offs.len() + self.ats.len() + size_of_val(&*self.sorts)
    }

    /// What its parts take, one by one.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        let Self { sorts, column, offs, ats } = self;
        let column = match column {
            Column::Narrow(it) => size_of_val(&**it),
            Column::Wide(it) => size_of_val(&**it),
        };
        column + offs.len() + ats.len() + sorts.len() * size_of::<Sort>()
    }

    /// How many records there are.
    pub const fn len(&self) -> usize {
        match &self.column {
            Column::Narrow(it) => it.len(),
            Column::Wide(it) => it.len(),
        }
    }

    /// What sort line `index` is of.
    pub fn sort(&self, index: usize) -> Option<Sort> {
        let at = match &self.column {
            Column::Narrow(it) => usize::from(*it.get(index)?),
            Column::Wide(it) => usize::from(*it.get(index)?),
        };
        self.sorts.get(at).copied()
    }

    /// Offset of line `index`.
    pub fn off(&self, index: usize) -> Option<u64> {
        let mut left = index as u64;
        for run in Runs::new(&self.offs) {
            if left < run.n {
                return Some(run.before.wrapping_add(run.step.wrapping_mul(left + 1)));
            }
            left -= run.n;
        }
        None
    }

    /// How many lines have an offset less than `off`. Offsets rise.
    pub fn seek(&self, off: u64) -> usize {
        let mut lines = 0;
        for run in Runs::new(&self.offs) {
            if run.last() >= off {
                let fewer = off.saturating_sub(run.before).saturating_sub(1).checked_div(run.step).unwrap_or(0);
                return lines + fewer.min(run.n) as usize;
            }
            lines += run.n as usize;
        }
        lines
    }

    /// Calls `each` with time and sort of all lines, in order.
    pub fn each(&self, mut each: impl FnMut(i64, Sort)) {
        let mut ats = &*self.ats;
        let mut at = 0_i64;
        for index in 0..self.len() {
            at = at.wrapping_add(unfold(take(&mut ats)));
            if let Some(sort) = self.sort(index) {
                each(at, sort);
            }
        }
    }

    /// Makes the records again, for lines with this text.
    pub fn unpack(&self, text: &str, into: &mut Vec<Record>) {
        into.clear();
        into.reserve(self.len());
        let mut starts = std::iter::once(0).chain(memchr_iter(b'\n', text.as_bytes()).map(|it| it + 1));
        self.each(|at, sort| into.push(Record::of(sort, 0, at, starts.next().unwrap_or(text.len()))));
        let mut records = into.iter_mut();
        for run in Runs::new(&self.offs) {
            for nth in 1..=run.n {
                let Some(record) = records.next() else { return };
                record.off = run.before.wrapping_add(run.step.wrapping_mul(nth));
            }
        }
    }
}

/// Offsets that rise by the same step each.
struct Run {
    /// The offset before the first of them.
    before: u64,
    step: u64,
    n: u64,
}

impl Run {
    const fn last(&self) -> u64 {
        self.before.wrapping_add(self.step.wrapping_mul(self.n))
    }
}

struct Runs<'a> {
    bytes: &'a [u8],
    before: u64,
}

impl<'a> Runs<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, before: 0 }
    }
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        if self.bytes.is_empty() {
            return None;
        }
        let run = Run { before: self.before, step: take(&mut self.bytes), n: take(&mut self.bytes) };
        self.before = run.last();
        Some(run)
    }
}

fn offs(records: &[Record]) -> Box<[u8]> {
    let mut bytes = Vec::new();
    let mut before = 0_u64;
    let mut run = (0, 0);
    for record in records {
        let step = record.off.wrapping_sub(before);
        before = record.off;
        if run == (step, run.1) && run.1 > 0 {
            run.1 += 1;
            continue;
        }
        put_run(run, &mut bytes);
        run = (step, 1);
    }
    put_run(run, &mut bytes);
    bytes.into_boxed_slice()
}

fn put_run((step, n): (u64, u64), into: &mut Vec<u8>) {
    if n > 0 {
        put(step, into);
        put(n, into);
    }
}

fn ats(records: &[Record]) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(records.len() * 2);
    let mut before = 0_i64;
    for record in records {
        put(fold(record.at.wrapping_sub(before)), &mut bytes);
        before = record.at;
    }
    bytes.into_boxed_slice()
}

/// A number of either sign as one that is small when the number is near zero.
const fn fold(n: i64) -> u64 {
    (n << 1 ^ n >> 63) as u64
}

const fn unfold(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

/// Writes a number in as few bytes as it needs: seven bits a byte, lowest first.
pub(super) fn put(mut n: u64, into: &mut Vec<u8>) {
    while n >= 0x80 {
        into.push(n as u8 | 0x80);
        n >>= 7;
    }
    into.push(n as u8);
}

/// Reads a number that `put` wrote; 0 where there is none.
pub(super) fn take(from: &mut &[u8]) -> u64 {
    let mut n = 0;
    let mut shift = 0;
    while let Some((byte, rest)) = from.split_first() {
        *from = rest;
        n |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            break;
        }
        shift = (shift + 7).min(63);
    }
    n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::line::Flags;
    use super::super::record::Head;
    use super::*;
    use crate::model::log::Level;
    use crate::model::time::Time;

    fn any_head() -> impl Strategy<Value = Head> {
        let off = prop_oneof![4 => 0_u64..50, 1 => any::<u64>()];
        let at = prop_oneof![4 => 0_i64..1000, 1 => any::<i64>()];
        let origin = prop_oneof![4 => 0_u32..3, 1 => any::<u32>()];
        (off, at, 0_usize..6, 0_u16..64, origin).prop_map(|(off, at, level, flags, origin)| Head {
            off,
            at: Time(at),
            level: Level::ALL[level],
            flags: Flags(flags),
            origin,
        })
    }

    proptest! {
        #[test]
        fn records_come_back_as_they_were(mut heads in prop::collection::vec((any_head(), 0_usize..5), 0..700)) {
            heads.sort_by_key(|it| it.0.off);
            let mut text = String::new();
            let mut records = Vec::new();
            for (head, len) in &heads {
                records.push(Record::new(head, text.len()));
                text.push_str(&"x".repeat(*len));
                text.push('\n');
            }
            let packed = Columns::pack(&records);
            let mut back = Vec::new();
            packed.unpack(&text, &mut back);
            prop_assert_eq!(format!("{records:?}"), format!("{back:?}"));
            for (index, record) in records.iter().enumerate() {
                prop_assert_eq!(packed.off(index), Some(record.off));
                prop_assert_eq!(packed.sort(index), Some(record.sort()));
                for off in [record.off.saturating_sub(1), record.off, record.off.saturating_add(1)] {
                    prop_assert_eq!(packed.seek(off), records.partition_point(|it| it.off < off));
                }
            }
        }
    }

    #[test]
    fn a_block_of_very_many_sorts_keeps_them_apart() {
        let head = |origin| Head { off: 1, at: Time(0), level: Level::Info, flags: Flags(0), origin };
        let records: Vec<Record> = (0..1000).map(|it| Record::new(&head(it), it as usize)).collect();
        let packed = Columns::pack(&records);
        assert!((0..1000).all(|it| packed.sort(it).unwrap().origin == it as u32));
    }
}
