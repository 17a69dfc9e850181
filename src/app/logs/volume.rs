//! How many of the lines that the filters keep there were when, by level. Counted in the reducer, once a second and not once a frame.

use super::counted::Counted;
use super::histogram::Volume;
use super::intake::Logs;
use crate::model::time::Time;

impl Logs {
    /// Counts the lines kept in `cells` equal cells from `from` to before `to`, unless they were counted just now.
    pub fn count_volume(&mut self, from: Time, to: Time, cells: usize) {
        let second = |at: Time| at.0.div_euclid(1000);
        let of = Some((self.filter.asked, second(from), second(to), self.is_sifted()));
        if self.counted.of == of && self.counted.volumes.len() == cells {
            return;
        }
        let volumes = self.kept_volumes(from, to, cells);
        self.counted = Counted { of, volumes };
    }

    /// What was counted last, cell by cell.
    pub fn volume(&self) -> &[Volume] {
        &self.counted.volumes
    }

    fn kept_volumes(&self, from: Time, to: Time, cells: usize) -> Vec<Volume> {
        let mut volumes: Vec<Volume> = vec![[0; 6]; cells];
        let span = i128::from(to.since(from).0);
        if span <= 0 {
            return volumes;
        }
        let (floor, ceiling) = (self.floor(), self.ceiling());
        let inside = |block: &&super::block::Block| block.to >= from && block.from < to && block.end() > floor && block.first < ceiling;
        for block in self.store.blocks.iter().filter(inside) {
            let kept = self.kept(block);
            let mut next = kept.unwrap_or(&[]).iter().peekable();
            let mut index = 0;
            block.each(|at, sort| {
                let line = index;
                index += 1;
                let is_kept = kept.is_none() || next.next_if(|it| usize::from(**it) == line).is_some();
                let seq = block.first.plus(line);
                if !is_kept || sort.is_note() || seq < floor || seq >= ceiling || at < from.0 || at >= to.0 {
                    return;
                }
                let cell = i128::from(at.saturating_sub(from.0)) * cells as i128 / span;
                if let Some(count) = volumes.get_mut(cell as usize).and_then(|it| it.get_mut(sort.rank())) {
                    *count += 1;
                }
            });
        }
        volumes
    }
}
