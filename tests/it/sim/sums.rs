//! What many runs came to, as the figures of the goal table. Whoever adds a run has judged it: the noughts of the promises are what the
//! validators let through, run by run. Only what no single run can tell (sums, a percentile) is judged here.

use std::collections::BTreeMap;

use super::history::Fact;
use super::world::{Run, SILENCE};
use crate::figures;

/// Sums over runs.
#[derive(Debug, Default)]
pub struct Sums {
    pub runs: u64,
    pub faults: u64,
    /// Transactions and snapshots that clients took in, and holes that they mended.
    pub took: u64,
    pub snapshots: u64,
    pub resumes: u64,
    pub facts: usize,
    /// Looks at what a client shows, and those of them in which it said that all is well and fresh.
    looks: u64,
    clear: u64,
    /// Lines shown, lines said to be lost, and how many there were from a client's first to its last in each log.
    shown: u64,
    lost: u64,
    produced: u64,
    /// Milliseconds from the end of the last fault until a client was as the platform.
    settled: Vec<i64>,
    silence: u64,
}

impl Sums {
    pub fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.faults += run.faults;
        self.took += run.took;
        self.snapshots += run.snapshots;
        self.resumes += run.resumes;
        self.facts += run.history.len();
        let mut spans = BTreeMap::<usize, (u64, u64)>::new();
        for fact in &run.history {
            match fact {
                Fact::Looked { fresh, incidents, .. } => {
                    self.looks += 1;
                    self.clear += u64::from(*fresh && *incidents == 0);
                }
                Fact::Lines { client, offs } => {
                    self.shown += offs.len() as u64;
                    if let (Some(first), Some(last)) = (offs.first(), offs.last()) {
                        spans.entry(*client).or_insert((*first, *last)).1 = *last;
                    }
                }
                Fact::Lost { client, offs } => {
                    self.lost += offs.end() - offs.start() + 1;
                    spans.entry(*client).or_insert((*offs.start(), *offs.end())).1 = *offs.end();
                }
                Fact::LogBegan { client } => self.produced += spans.remove(client).map_or(0, |(first, last)| last - first + 1),
                Fact::Settled { after, .. } => self.settled.push(*after),
                Fact::Load { what, value, .. } if *what == SILENCE => self.silence = self.silence.max(*value),
                _ => {}
            }
        }
        self.produced += spans.values().map(|(first, last)| last - first + 1).sum::<u64>();
    }

    pub fn and(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.faults += other.faults;
        self.took += other.took;
        self.snapshots += other.snapshots;
        self.resumes += other.resumes;
        self.facts += other.facts;
        self.looks += other.looks;
        self.clear += other.clear;
        self.shown += other.shown;
        self.lost += other.lost;
        self.produced += other.produced;
        self.settled.extend(other.settled);
        self.silence = self.silence.max(other.silence);
        self
    }

    /// Says them; `seconds`: of simulated trouble in each run.
    pub fn keep(mut self, seconds: u64) {
        let (minutes, hours) = (seconds / 60, self.runs * seconds / 3600);
        let soak = format!("{} runs of {minutes} min, {hours} h, {} faults", self.runs, self.faults);
        figures::keep("simulated soak", soak, "150 runs of 10 min, 25 h, 3000 faults");
        let state = format!("0 / 0 / 0 / 0 in {} transactions and {} snapshots", self.took, self.snapshots);
        figures::keep("class A: lost, doubled, reordered, torn", state, "0 / 0 / 0 / 0");
        assert_eq!(self.shown + self.lost, self.produced, "lines shown and lines said to be lost are all there were");
        let lines = format!("{} + {} = {}", self.shown, self.lost, self.produced);
        figures::keep("class B: lines shown + said to be lost = written", lines, "equal");
        self.settled.sort_unstable();
        let most = self.settled.last().copied().unwrap_or_default();
        let p99 = self.settled.get(self.settled.len() * 99 / 100).copied().unwrap_or(most);
        assert!(p99 <= 2000 && most <= 5000, "{p99} ms, {most} ms until all were alike");
        figures::keep("simulated ms from the last fault to the same state: p99, most", format!("{p99}, {most}"), "2000, 5000");
        let looks = format!("0 of {}, {} of them all clear", self.looks, self.clear);
        figures::keep("looks at a client that were a false all-clear", looks, "0");
        figures::keep("simulated ms a dead link was called live, at most", self.silence, "45000 at most");
    }
}
