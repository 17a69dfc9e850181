//! The patterns and what is counted of each: how many, how loud, when first and last, and whether before a deployment too.

use std::cmp::Reverse;

use super::drain::Tree;
use super::like;
use super::sides::{Age, Before, ENOUGH, Release, Side, Since};
use super::strip::{CELLS, Scale, Strip, fold};
use super::words::Words;
use crate::app::logs::line::{About, Line, Origin, Seq};
use crate::model::log::Level;
use crate::model::time::{Millis, Time};

/// Pages of history fetched for lines from before the releases, at most: some ten thousand lines, a second or two.
const PAGES: u16 = 30;

/// What the patterns are sorted by; the first is the one one begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Most lines first.
    #[default]
    Count,
    /// New ones first.
    New,
    /// Loudest first.
    Level,
    /// The one seen last first.
    Last,
}

impl Order {
    /// The next one, round and round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Count => Self::New,
            Self::New => Self::Level,
            Self::Level => Self::Last,
            Self::Last => Self::Count,
        }
    }

    /// What it puts first.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Count => "most",
            Self::New => "new",
            Self::Level => "loudest",
            Self::Last => "latest",
        }
    }
}

/// Lines that are alike.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Lines of it that were looked at.
    pub count: u64,
    /// The loudest of them.
    pub level: Level,
    /// How many are of each level.
    levels: [u64; Level::ALL.len()],
    pub first: Time,
    pub last: Time,
    /// The newest of them.
    pub newest: Seq,
    strip: Strip,
    before: u64,
    after: u64,
    /// The service whose release its first line after one was counted against.
    home: usize,
    structured: bool,
    /// How many of its words are the message, at least and at most.
    said: Option<(usize, usize)>,
}

/// All patterns of the lines looked at.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// The question the lines were the answer to.
    pub(super) asked: u64,
    /// Lines from `low` to before `high` were looked at; `None`: none yet.
    pub(super) span: Option<(Seq, Seq)>,
    /// Nothing that is shown is left to look at.
    pub(super) complete: bool,
    /// Pages of history that may still be fetched for lines from before the releases.
    pub(super) back: u16,
    since: Since,
    tree: Tree,
    all: Vec<Pattern>,
    /// Lines for which there was no room for one more pattern.
    other: u64,
    looked: u64,
    from: Option<Time>,
    to: Option<Time>,
    scale: Scale,
    sides: Vec<Side>,
    befores: Vec<Before>,
    words: Words,
}

impl Patterns {
    /// None yet; measured by `since`.
    pub fn new(since: Since) -> Self {
        let befores = vec![Before { lines: 0, from: Time(i64::MAX) }; since.releases.len()];
        Self { since, befores, back: PAGES, ..Self::default() }
    }

    /// Whether there is too little from before a release to say what is new since, and older lines may still be fetched for it.
    pub fn looks_back(&self) -> bool {
        let little = |(release, before): (&Release, &Before)| !release.first && before.lines < ENOUGH;
        self.complete && self.back > 0 && self.since.releases.values().zip(&self.befores).any(little)
    }

    /// Takes a line in. `origin_index` is the place of its origin among all.
    pub(super) fn take(&mut self, line: &Line<'_>) {
        self.looked += 1;
        self.from = Some(self.from.map_or(line.at, |it| it.min(line.at)));
        self.to = Some(self.to.map_or(line.at, |it| it.max(line.at)));
        let side = self.count_side(line);
        self.words.read(&line.text, line.flags);
        for ends in self.scale.reach(line.at) {
            self.all.iter_mut().for_each(|it| fold(&mut it.strip, ends));
        }
        let Some(index) = self.tree.take(&self.words) else {
            self.other += 1;
            return;
        };
        if index == self.all.len() {
            self.all.push(Pattern::new(line));
        }
        let slot = self.scale.slot(line.at);
        let Some(it) = self.all.get_mut(index) else { return };
        it.count += 1;
        it.level = it.level.max(line.level);
        it.levels[line.level as usize] += 1;
        it.first = it.first.min(line.at);
        it.last = it.last.max(line.at);
        it.newest = it.newest.max(line.seq);
        it.meet(&self.words);
        if let Some(cell) = it.strip.get_mut(slot) {
            *cell = cell.saturating_add(1);
        }
        match side {
            Side::Before(_) => it.before += 1,
            Side::After(home) => {
                if it.after == 0 {
                    it.home = home;
                }
                it.after += 1;
            }
            Side::Neither | Side::At(..) => {}
        }
    }

    /// On which side of its service's release `line` is, counted there.
    fn count_side(&mut self, line: &Line<'_>) -> Side {
        let index = line.origin_index as usize;
        if self.sides.len() <= index {
            self.sides.resize(index + 1, Side::Neither);
            self.sides[index] = self.since.side(line.origin);
        }
        let side = match self.sides[index] {
            Side::At(home, at) if line.at < at => Side::Before(home),
            Side::At(home, _) => Side::After(home),
            side => side,
        };
        if let Side::Before(home) = side
            && let Some(it) = self.befores.get_mut(home)
        {
            it.lines += 1;
            it.from = it.from.min(line.at);
        }
        side
    }

    /// Learns of origins before lines of theirs come.
    pub(super) fn meet(&mut self, origins: &[Origin]) {
        for origin in origins.iter().skip(self.sides.len()) {
            self.sides.push(self.since.side(origin));
        }
    }

    /// What new patterns are measured by.
    pub const fn since(&self) -> &Since {
        &self.since
    }

    /// What was looked at before the release of each service, in their order.
    pub fn befores(&self) -> &[Before] {
        &self.befores
    }

    /// How many patterns there are.
    pub const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Pattern `id`. An id stays good while the patterns are not made anew.
    pub fn get(&self, id: usize) -> Option<&Pattern> {
        self.all.get(id)
    }

    /// Its words, masked: what `pieces` takes apart.
    pub fn text(&self, id: usize) -> String {
        self.tree.group(id).join(" ")
    }

    /// The filter that keeps lines of it; `None`: there is no such pattern, or nothing in it is fixed.
    pub fn filter(&self, id: usize) -> Option<String> {
        let it = self.all.get(id)?;
        like::filter(self.tree.group(id), it.said.filter(|_| it.structured))
    }

    /// Lines looked at.
    pub const fn looked(&self) -> u64 {
        self.looked
    }

    /// Lines looked at that are of no pattern, because there were too many patterns.
    pub const fn other(&self) -> u64 {
        self.other
    }

    /// Times of the first and the last line looked at.
    pub fn span(&self) -> Option<(Time, Time)> {
        self.from.zip(self.to)
    }

    /// Everything shown was looked at.
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// How many lines of pattern `id` when: equal cells from the first line of any pattern to the last.
    pub fn strip(&self, id: usize) -> Vec<u32> {
        self.all.get(id).map_or_else(Vec::new, |it| self.scale.read(&it.strip))
    }

    /// How much time a cell of a strip stands for.
    pub const fn cell(&self) -> Millis {
        self.scale.cell()
    }

    /// How old pattern `id` is. Before everything was looked at nothing is called new.
    pub fn age(&self, id: usize) -> Age {
        let Some(it) = self.all.get(id) else { return Age::Known };
        if it.after == 0 || it.before > 0 || !self.complete {
            return Age::Known;
        }
        match self.befores.get(it.home).map_or(0, |before| before.lines) {
            ENOUGH.. => Age::New,
            1.. => Age::Unsure,
            0 => Age::Known,
        }
    }

    /// All ids, sorted. Equal ones in the order they were met.
    pub fn sorted(&self, order: Order) -> Vec<usize> {
        let mut ids: Vec<usize> = (0..self.all.len()).collect();
        let by = |id: &usize| {
            let it = &self.all[*id];
            let first = match order {
                Order::Count => 0,
                Order::New => i64::from(self.age(*id) == Age::New),
                Order::Level => it.level as i64,
                Order::Last => it.last.0,
            };
            (Reverse(first), Reverse(it.count))
        };
        ids.sort_by_key(by);
        ids
    }
}

impl Pattern {
    const fn new(line: &Line<'_>) -> Self {
        let About { at, level, seq, .. } = line.about;
        Self {
            count: 0,
            level,
            levels: [0; Level::ALL.len()],
            first: at,
            last: at,
            newest: seq,
            strip: [0; CELLS],
            before: 0,
            after: 0,
            home: 0,
            structured: false,
            said: None,
        }
    }

    /// The level that most of them have; of two the louder one.
    pub fn usual(&self) -> Level {
        Level::ALL.into_iter().max_by_key(|it| self.levels[*it as usize]).unwrap_or(self.level)
    }

    /// Learns of the form of one more of its lines.
    fn meet(&mut self, words: &Words) {
        let (least, most) = self.said.unwrap_or((words.said, words.said));
        self.said = Some((least.min(words.said), most.max(words.said)));
        self.structured |= words.structured;
    }
}
