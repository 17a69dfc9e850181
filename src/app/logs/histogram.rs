//! How many lines of each level there were, cell by cell of a time axis. Blocks that lie within one cell are added whole.

use super::block::Block;
use super::intake::Logs;
use crate::model::log::LogFilter;
use crate::model::time::Time;

/// Lines of a cell by level, quietest first.
pub type Volume = [u32; 6];

impl Logs {
    /// The volume of the lines in scope, for `cells` equal cells from `from` to before `to`. Filters other than the scope do not count.
    pub fn histogram(&self, from: Time, to: Time, cells: usize) -> Vec<Volume> {
        let mut volumes = vec![[0; 6]; cells];
        let span = i128::from(to.0) - i128::from(from.0);
        if span <= 0 || cells == 0 {
            return volumes;
        }
        let cell = |at: i64| ((i128::from(at) - i128::from(from.0)) * cells as i128).div_euclid(span);
        // The first instant of a cell: the least whose cell is not an earlier one.
        let begin =
            |cell: i128| (i128::from(from.0) - (-cell * span).div_euclid(cells as i128)).clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let inside = 0..cells as i128;
        for block in self.store.blocks.iter().filter(|it| it.from <= it.to && it.to >= from && it.from < to) {
            let (first, last) = (cell(block.from.0), cell(block.to.0));
            if first == last {
                if let Some(volume) = volumes.get_mut(first as usize) {
                    self.add_block(block, volume);
                }
                continue;
            }
            // Lines are nearly in the order of time: the cell of the last line is mostly that of the next, which spares a division.
            let mut here = (0, i64::MAX, i64::MIN);
            block.each(|when, sort| {
                if sort.is_note() || !self.filter.in_scope(sort.origin) {
                    return;
                }
                if when < here.1 || when >= here.2 {
                    let at = cell(when);
                    here = (at, begin(at), begin(at + 1));
                }
                if inside.contains(&here.0)
                    && let Some(count) = volumes.get_mut(here.0 as usize).and_then(|it| it.get_mut(sort.rank()))
                {
                    *count += 1;
                }
            });
        }
        volumes
    }

    /// From when on all lines in scope are held; `None`: of no time.
    pub fn held_since(&self) -> Option<Time> {
        let wish = LogFilter { level: self.base.level, query: self.base.query.clone(), text: self.base.text.clone(), ..self.wish() };
        let reach = self.coverage.of(&wish)?;
        if reach.beginning {
            return Some(Time(i64::MIN));
        }
        let first = self.store.seek(reach.low);
        let block = self.store.blocks.get(self.store.block_of(first)?)?;
        let mut since = None;
        let mut seq = block.first;
        block.each(|at, sort| {
            if seq >= first && !sort.is_note() {
                since = Some(since.map_or(at, |it: i64| it.min(at)));
            }
            seq = seq.plus(1);
        });
        since.map(Time)
    }

    /// Adds all lines of `block` that are in scope.
    fn add_block(&self, block: &Block, volume: &mut Volume) {
        for (_, counts) in block.origins.iter().zip(&block.counts).filter(|(origin, _)| self.filter.in_scope(**origin)) {
            for (sum, n) in volume.iter_mut().zip(counts) {
                *sum += n;
            }
        }
    }
}
