//! A query asked of many lines of a block at once: each test takes the lines that are still in question, cheap ones first, and a text
//! runs over the whole block where that is quicker. The answer is the one that asking line by line gives.

use std::ops::Range;

use super::matcher::lines_in;
use super::record::{Lines, Record};
use super::whose::Known;
use crate::model::log::Level;
use crate::model::query::{Matcher, Query, Test};
use crate::model::time::Time;

/// With fewer candidates than one line in so many, each is looked at by itself.
const FEW: usize = 8;

/// Lines of a block that are asked about.
pub struct Pick<'a> {
    pub block: &'a Lines,
    /// The origins that occur in it.
    pub origins: &'a [u32],
    pub lines: Range<usize>,
    /// What is known of each origin, by its index.
    pub known: &'a [Known],
}

impl Pick<'_> {
    /// Those of `from` (rising, no notes among them) that `query` is about, rising.
    pub fn run(&self, query: &Query, from: Vec<u16>) -> Vec<u16> {
        if from.is_empty() {
            return from;
        }
        match query {
            Query::All => from,
            Query::And(all) => all.iter().fold(from, |left, it| self.run(it, left)),
            Query::Or(all) => {
                let mut found = Vec::new();
                let mut left = from;
                for it in all {
                    let mut hits = self.run(it, left.clone());
                    left = without(left, &hits);
                    found.append(&mut hits);
                }
                found.sort_unstable();
                found
            }
            Query::Not(it) => self.run_out(it, from),
            Query::Test(it) => self.test(it, from),
        }
    }

    /// Those of `from` that `query` is not about.
    pub fn run_out(&self, query: &Query, from: Vec<u16>) -> Vec<u16> {
        let hits = self.run(query, from.clone());
        without(from, &hits)
    }

    fn test(&self, test: &Test, mut from: Vec<u16>) -> Vec<u16> {
        let record = |line: u16| self.block.records.get(usize::from(line));
        match test {
            Test::Text(it) => return self.text(it, from),
            Test::Field(it) => {
                let mut near = if let Some(hint) = it.hint() { self.text(hint, from) } else { from };
                near.retain(|line| it.fits(self.block.line_text(usize::from(*line))));
                return near;
            }
            Test::Level(it) => from.retain(|line| record(*line).is_some_and(|record| it.takes(&level(record)))),
            Test::After(at) => from.retain(|line| record(*line).is_some_and(|it| Time(it.at) >= *at)),
            Test::Before(at) => from.retain(|line| record(*line).is_some_and(|it| Time(it.at) < *at)),
            Test::Service(_) | Test::Replica(_) | Test::Deploy(_) | Test::Kind(_) => {
                let fits = |it: &u32| self.known.get(*it as usize).is_some_and(|it| test.of(&it.whose()) == Some(true));
                let fitting: Vec<u32> = self.origins.iter().copied().filter(fits).collect();
                from.retain(|line| record(*line).is_some_and(|it| fitting.contains(&it.origin)));
            }
        }
        from
    }

    fn text(&self, matcher: &Matcher, mut from: Vec<u16>) -> Vec<u16> {
        if from.len() * FEW < self.lines.len() {
            from.retain(|line| matcher.is_match(self.block.line_text(usize::from(*line))));
            return from;
        }
        let mut hits = Vec::new();
        lines_in(matcher, self.block, self.lines.clone(), &mut hits);
        let mut hits = hits.into_iter().peekable();
        from.retain(|line| {
            while hits.next_if(|hit| hit < line).is_some() {}
            hits.peek() == Some(line)
        });
        from
    }
}

fn level(record: &Record) -> Level {
    Level::ALL.get(record.rank()).copied().unwrap_or(Level::Fatal)
}

/// `all` without `gone`, both rising.
fn without(mut all: Vec<u16>, gone: &[u16]) -> Vec<u16> {
    let mut gone = gone.iter().peekable();
    all.retain(|line| {
        while gone.next_if(|it| *it < line).is_some() {}
        gone.peek() != Some(&line)
    });
    all
}
