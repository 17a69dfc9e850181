//! How many of the lines that the filters keep there were when, by level. Counted in the reducer as they come, not once a frame.

use std::ops::Range;

use super::block::Block;
use super::counted::Counted;
use super::histogram::Volume;
use super::intake::Logs;
use super::line::Seq;
use crate::model::time::Time;

impl Logs {
    /// Counts the lines kept in `cells` equal cells from `from` to before `to`; where that was counted just now, only those that came since:
    /// an axis of hours stands still for minutes.
    pub fn count_volume(&mut self, from: Time, to: Time, cells: usize) {
        let second = |at: Time| at.0.div_euclid(1000);
        let of = Some((self.filter.asked, second(from), second(to), self.is_sifted(), self.floor()));
        let end = self.ceiling();
        let mut counted = std::mem::take(&mut self.counted);
        if counted.of != of || counted.volumes.len() != cells || counted.until > end {
            counted = Counted { of, until: self.floor(), volumes: vec![[0; 6]; cells] };
        }
        if counted.until < end {
            self.add_kept((from, to), counted.until..end, &mut counted.volumes);
            counted.until = end;
        }
        self.counted = counted;
    }

    /// What was counted last, cell by cell.
    pub fn volume(&self) -> &[Volume] {
        &self.counted.volumes
    }

    /// Adds the kept ones of these lines.
    fn add_kept(&self, (from, to): (Time, Time), lines: Range<Seq>, volumes: &mut [Volume]) {
        let (span, cells) = (i128::from(to.since(from).0), volumes.len() as i128);
        if span <= 0 {
            return;
        }
        let inside = |block: &&Block| block.to >= from && block.from < to && block.end() > lines.start && block.first < lines.end;
        for block in self.store.blocks.iter().filter(inside) {
            let kept = self.kept(block);
            let mut next = kept.unwrap_or(&[]).iter().peekable();
            let mut index = 0;
            block.each(|at, sort| {
                let line = index;
                index += 1;
                let is_kept = kept.is_none() || next.next_if(|it| usize::from(**it) == line).is_some();
                if !is_kept || sort.is_note() || !lines.contains(&block.first.plus(line)) || at < from.0 || at >= to.0 {
                    return;
                }
                let cell = i128::from(at.saturating_sub(from.0)) * cells / span;
                if let Some(count) = volumes.get_mut(cell as usize).and_then(|it| it.get_mut(sort.rank())) {
                    *count += 1;
                }
            });
        }
    }
}
