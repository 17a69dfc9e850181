//! Marking lines, and going to marked ones.

use std::ops::RangeInclusive;

use super::intake::Logs;
use super::line::{Flags, Seq};
use super::marks::{KEPT, KeptMark, MOST, Mark, NO_LOG, Reach};

impl Logs {
    /// Marks the line the reader stands on, or takes the mark away. `false`: there are too many marks for one more.
    pub fn mark(&mut self) -> bool {
        let Some(at) = self.cursor() else { return true };
        if self.view.marks.0.remove(&at).is_some() {
            return true;
        }
        if self.view.marks.0.len() >= MOST {
            return false;
        }
        let id = self.view.marks.new_id();
        let mark = self.store.line(at).map(|it| Mark::of(id, &it, &self.shape(&it).text, self.store.epoch()));
        if let Some(mark) = mark {
            self.view.marks.0.insert(at, mark);
        }
        true
    }

    /// Takes a mark away.
    pub fn unmark(&mut self, seq: Seq) {
        self.view.marks.0.remove(&seq);
    }

    /// Marked lines that are held, oldest first.
    pub fn marks(&self) -> impl Iterator<Item = Seq> + '_ {
        self.view.marks.0.range(self.store.first()..).map(|(seq, _)| *seq)
    }

    /// All marks, oldest first, with how their lines can be reached.
    pub fn marked(&self) -> impl Iterator<Item = (Seq, &Mark, Reach)> {
        self.view.marks.0.iter().map(|(seq, mark)| (*seq, mark, self.reach(*seq)))
    }

    fn reach(&self, seq: Seq) -> Reach {
        if seq < self.store.first() {
            Reach::Gone
        } else if self.shown_from(seq) == Some(seq) {
            Reach::Shown
        } else {
            Reach::Hidden
        }
    }

    /// To the next (`newer`) or previous marked line that is held; whether there is one.
    pub fn go_to_mark(&mut self, newer: bool) -> bool {
        let Some(at) = self.cursor() else { return false };
        let to = if newer { self.marks().find(|it| *it > at) } else { self.marks().filter(|it| *it < at).last() };
        let Some(to) = to else { return false };
        self.go_to(to);
        true
    }

    /// To a marked line: where it is, where it is hidden by a filter without that, and where it is gone to the line that was nearest in time.
    pub fn go_to_marked(&mut self, seq: Seq) -> Option<Reach> {
        let mark = self.view.marks.0.get(&seq)?;
        let (at, reach) = (mark.at, self.reach(seq));
        match reach {
            Reach::Shown => self.go_to(seq),
            Reach::Hidden => self.look_aside(seq),
            Reach::Gone if !self.go_to_time(at) => self.top(),
            Reach::Gone => {}
        }
        Some(reach)
    }

    /// All marks, oldest first, for another start. One whose log has no name cannot be found again.
    pub fn kept_marks(&self) -> Vec<KeptMark> {
        let running = self.epoch.as_deref();
        let mut all: Vec<KeptMark> = self.view.marks.0.values().filter_map(|it| Some(it.kept(it.log.as_deref().or(running)?))).collect();
        all.sort_by_key(|it| it.at);
        all
    }

    /// Takes marks of an earlier start in: they are not held until their lines come.
    pub fn restore_marks(&mut self, kept: &[KeptMark]) {
        for (n, it) in kept.iter().take(MOST).enumerate() {
            let mark = Mark::again(self.view.marks.new_id(), it);
            self.view.marks.0.insert(KEPT.plus(n), mark);
        }
        self.name_marks();
    }

    /// The running log is called otherwise from now on: what is marked up to here is in the one that was called `old`.
    pub(super) fn unname_marks(&mut self, old: Option<&str>) {
        let running = self.store.epoch();
        for it in self.view.marks.0.values_mut().filter(|it| it.log.is_none() && it.epoch == running) {
            it.log = old.map(str::to_owned);
        }
    }

    /// Marks that are in the log which runs, by its name, are looked for in it.
    pub(super) fn name_marks(&mut self) {
        let (running, name) = (self.store.epoch(), self.epoch.clone());
        for it in self.view.marks.0.values_mut().filter(|it| it.log.is_some()) {
            if it.log == name {
                (it.epoch, it.log) = (running, None);
            } else if it.epoch == running {
                it.epoch = NO_LOG;
            }
        }
    }

    /// Marks whose lines came (again), from the platform's history or live, with one of these offsets are on them again.
    pub(super) fn rejoin_marks(&mut self, came: RangeInclusive<u64>) {
        let (first, epoch) = (self.store.first(), self.store.epoch());
        let absent = self.view.marks.0.range(..first).filter(|(_, it)| it.epoch == epoch && came.contains(&it.off));
        let gone: Vec<(Seq, u64)> = absent.map(|(seq, it)| (*seq, it.off)).collect();
        for (old, off) in gone {
            let mut seq = self.store.seek(off);
            // What was lost before a line is noted at its offset too.
            while self.store.note(seq).is_some() {
                seq = seq.plus(1);
            }
            if self.store.line(seq).is_some_and(|it| it.off == off && !it.flags.has(Flags::CONT))
                && let Some(mark) = self.view.marks.0.remove(&old)
            {
                self.view.marks.0.insert(seq, mark);
            }
        }
    }
}
