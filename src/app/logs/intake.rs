//! The logs of one view: the store and what is looked at of it. Facts come in here; the reader's motions are in `motion`, the picture in `rows`.

use std::collections::HashMap;

use super::aside::Aside;
use super::block::Block;
use super::choice::Choices;
use super::counted::Counted;
use super::export::Export;
use super::filter::Filter;
use super::history::Coverage;
use super::ingest::{fits, form, known, note_of};
use super::line::{Flags, Origin, Seq};
use super::patterns::Patterns;
use super::record::{Head, Ready};
use super::search::Search;
use super::sgr;
use super::shift::Shift;
use super::slot::Slot;
use super::store::Store;
use super::trail::Trail;
use super::view::{UNFILLED, View};
use crate::model::ids::ServiceId;
use crate::model::log::{Level, LogFilter, LogGap, LogLine, LogPage, LogQuery};
use crate::model::text::pieces;
use crate::model::time::{Millis, Time};

/// A line this much older than one that came before it is marked as late. Less is the usual jitter between replicas.
const LATE: Millis = Millis::secs(2);
/// Seconds the rate is taken over.
const RATE_SPAN: usize = 5;
/// Lines this much older than the moment they come in are history. Clocks of machines that work together differ by less.
const PAST: Millis = Millis::mins(1);
/// Lines that come this much fresher than those before them end a run of old ones, which the rate was not of.
const CAUGHT_UP: Millis = Millis::secs(5);

/// Log lines held, and what is looked at of them.
#[derive(Debug)]
pub struct Logs {
    /// Only lines that fit this are held: everything in the main view, one deployment in its own.
    pub(super) base: LogFilter,
    pub(super) store: Store,
    pub(super) filter: Filter,
    pub(super) search: Option<Search>,
    pub view: View,
    pub(super) coverage: Coverage,
    /// The page of history that was asked for and is not there yet.
    pub(super) asked: Option<LogQuery>,
    pub(super) failed: Option<String>,
    /// A jump that waits for the search to get there: towards newer lines or older ones.
    pub(super) seeking: Option<bool>,
    /// Filters that are off for a look around.
    pub(super) aside: Option<Aside>,
    /// A request that is followed.
    pub(super) trail: Option<Trail>,
    /// Lines that are alike, while somebody looks at them.
    pub(super) patterns: Option<Box<Patterns>>,
    /// Lines on their way out.
    pub(super) export: Option<Export>,
    /// The volume of what is shown, as it was last counted.
    pub(super) counted: Counted,
    /// What is done with fields.
    pub(super) choices: Choices,
    /// Fields in columns, as wide as they are now.
    pub(super) slots: Vec<Slot>,
    pub(super) labels: HashMap<ServiceId, String>,
    /// The first line that may be shown: older ones are not complete for what is asked.
    pub(super) floor: Seq,
    /// Name of the platform's log the offsets belong to, once it is known.
    pub(super) epoch: Option<String>,
    /// Offset of the newest record of the running epoch.
    tail: Option<u64>,
    newest: Time,
    /// When the first live line came: those that are older were there before anybody looked.
    began: Option<Time>,
    questions: u64,
    rate: [(i64, u32); RATE_SPAN + 1],
    /// How old lines were when they came, of late.
    behind: Millis,
}

impl Default for Logs {
    /// As small as a store can be: the settings say how much it may really hold.
    fn default() -> Self {
        Self::new(0)
    }
}

impl Logs {
    /// Holds at most `budget` bytes of all lines.
    pub fn new(budget: usize) -> Self {
        Self::of(budget, LogFilter::default())
    }

    /// Holds at most `budget` bytes of the lines that fit `base`; others are not taken in.
    pub fn of(budget: usize, base: LogFilter) -> Self {
        Self {
            base,
            store: Store::new(budget),
            filter: Filter::default(),
            search: None,
            view: View::default(),
            coverage: Coverage::default(),
            asked: None,
            failed: None,
            seeking: None,
            aside: None,
            trail: None,
            patterns: None,
            export: None,
            counted: Counted::default(),
            choices: Choices::default(),
            slots: Vec::new(),
            labels: HashMap::new(),
            floor: Seq::FIRST,
            epoch: None,
            tail: None,
            newest: Time(i64::MIN),
            began: None,
            questions: 0,
            rate: [(0, 0); RATE_SPAN + 1],
            behind: Millis::default(),
        }
    }

    /// What is held, for reading.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What is shown of it.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Calls the lines of `service` by this name.
    pub fn label(&mut self, service: &ServiceId, name: &str) {
        if self.labels.get(service).is_none_or(|it| it != name) {
            self.labels.insert(service.clone(), name.to_owned());
            if self.filter.name_service(service, name) {
                self.refiltered();
            }
            self.filter.meet(self.store.origins.all());
        }
    }

    /// Takes in live lines, in the order they came. Lines that are held already are dropped, late ones put in their place.
    pub fn absorb(&mut self, lines: Vec<LogLine>, now: Time) {
        let mut late: Vec<Ready> = Vec::new();
        let mut size = 0;
        self.began.get_or_insert(now);
        let (mut lowest, mut highest) = (u64::MAX, 0);
        for line in lines {
            if !fits(&self.base, &line) {
                continue;
            }
            size += line.text.len();
            (lowest, highest) = (lowest.min(line.off), highest.max(line.off));
            if self.tail.is_some_and(|tail| line.off <= tail) {
                if !self.store.holds(line.off) && late.iter().all(|it| it.off != line.off) {
                    late.extend(self.ready(line, true));
                }
                continue;
            }
            self.tail = Some(line.off);
            self.append(line, now);
        }
        if lowest <= highest {
            self.begin(lowest);
        }
        if !late.is_empty() {
            late.sort_by_key(|it| it.off);
            let shift = self.store.merge(late);
            self.shifted(&shift);
        }
        self.rejoin_marks(lowest..=highest);
        self.made_room();
        // What is new is sifted at once: it is what a follower looks at.
        self.work(size + self.store.block_size());
    }

    /// Puts a line newer than all at the end.
    fn append(&mut self, line: LogLine, now: Time) {
        let LogLine { off, at, kind, level, service, deployment, replica, cont, text } = line;
        let origin = self.store.origins.intern(Origin { kind, service, deployment, replica });
        self.filter.meet(self.store.origins.all());
        if self.filter.in_scope(origin) {
            self.tally(at, now);
        }
        // What a stream begins with is no news to one who was elsewhere from the start.
        let known_before = !self.view.follow && self.began.is_some_and(|began| at < began) && self.view.seen.plus(1) == self.store.next();
        let late = at + LATE < self.newest;
        self.newest = self.newest.max(at);
        let mut head = Head { off, at, level, flags: known(cont, late), origin };
        for piece in pieces(&text) {
            let clean = sgr::clean(piece);
            let flags = head.flags;
            head.flags = form(flags, &clean.text, !clean.inks.is_empty());
            self.store.push(&head, &clean.text, &clean.inks, None);
            head.flags = flags.with(Flags::CONT);
        }
        if known_before {
            self.view.seen = self.store.next().minus(1);
        }
    }

    /// What comes by itself begins at `off`, unless it began before: what was asked for may have come earlier.
    fn begin(&mut self, off: u64) {
        if self.coverage.of(&self.base).is_none() {
            self.coverage.reach(&self.base, off, false);
        }
    }

    /// Makes a line ready to be put among others.
    fn ready(&mut self, line: LogLine, late: bool) -> Vec<Ready> {
        let LogLine { off, at, kind, level, service, deployment, replica, cont, text } = line;
        let origin = self.store.origins.intern(Origin { kind, service, deployment, replica });
        self.filter.meet(self.store.origins.all());
        let mut flags = known(cont, late);
        let mut all = Vec::new();
        for piece in pieces(&text) {
            let clean = sgr::clean(piece);
            let flagged = form(flags, &clean.text, !clean.inks.is_empty());
            all.push(Ready { off, at, level, flags: flagged, origin, text: clean.text.into_owned(), inks: clean.inks, note: None });
            flags = flags.with(Flags::CONT);
        }
        all
    }

    /// Takes in that lines are lost: said in their place.
    pub fn gap(&mut self, gap: LogGap) {
        if self.store.holds_gap(&gap) {
            return;
        }
        let ready = note_of(gap);
        self.begin(ready.off);
        if self.tail.is_some_and(|tail| ready.off <= tail) {
            let shift = self.store.merge(vec![ready]);
            self.shifted(&shift);
        } else {
            self.tail = Some(ready.off);
            self.store.push(&ready.head(), "", &[], ready.note);
        }
        self.made_room();
        self.work(self.store.block_size());
    }

    /// The platform's offsets begin anew, under this name. What is held stays readable.
    pub fn restart(&mut self, epoch: String) {
        if self.epoch.as_ref() == Some(&epoch) {
            return;
        }
        let old = self.epoch.replace(epoch);
        let known = old.is_some() || self.tail.is_some();
        if known {
            self.unname_marks(old.as_deref());
            self.store.restart(&Head { off: 0, at: self.newest, level: Level::Info, flags: Flags::NOTE, origin: 0 });
            self.coverage.restart();
            self.tail = None;
            self.asked = None;
            self.made_room();
        }
        self.name_marks();
    }

    /// Takes in a page of kept lines: the answer to what `wants_history` asked for.
    pub fn page(&mut self, page: LogPage) {
        let query = self.asked.take().unwrap_or_else(|| LogQuery { filter: self.base.clone(), ..LogQuery::default() });
        self.failed = None;
        if self.epoch.get_or_insert_with(|| page.epoch.clone()) != &page.epoch {
            return;
        }
        let mut beginning = page.beginning || page.lines.is_empty();
        let mut lines = page.lines;
        lines.retain(|it| fits(&self.base, it));
        lines.sort_by_key(|it| it.off);
        lines.dedup_by_key(|it| it.off);
        let mut low = if beginning { 0 } else { lines.first().map_or(u64::MAX, |it| it.off) };
        lines.retain(|it| !self.store.holds(it.off));
        let mut room = self.store.budget().saturating_sub(self.store.bytes());
        let mut newest_first: Vec<Ready> = Vec::new();
        while let Some(line) = lines.pop() {
            let off = line.off;
            let parts = self.ready(line, false);
            let price: usize = parts.iter().map(|it| Block::price(it.text.len(), it.inks.len(), false)).sum();
            if price > room {
                // The rest finds no room: what is held reaches back to the line before it only.
                (low, beginning) = (off + 1, false);
                break;
            }
            room -= price;
            newest_first.extend(parts.into_iter().rev());
        }
        let mut ready: Vec<Ready> = newest_first.into_iter().rev().collect();
        let gaps = page.gaps.into_iter().filter(|it| !self.store.holds_gap(it)).map(note_of);
        ready.extend(gaps.filter(|it| it.off >= low));
        ready.sort_by_key(|it| (it.off, it.note.is_none()));
        self.tail = self.tail.max(ready.last().map(|it| it.off));
        let shift = self.store.merge(ready);
        self.coverage.reach(&query.filter, low, beginning);
        self.shifted(&shift);
        self.name_marks();
        self.rejoin_marks(0..=u64::MAX);
        self.made_room();
        self.settle();
        self.work(self.store.block_size());
        self.arrive();
        self.view.filled = UNFILLED;
    }

    fn shifted(&mut self, shift: &Shift) {
        if shift.is_empty() {
            return;
        }
        self.view.shift(shift);
        self.counted.of = None;
        self.aside.iter_mut().for_each(|it| it.shift(shift));
        if let Some(it) = &mut self.trail {
            it.back.shift(shift);
        }
        if let Some(it) = &mut self.export {
            it.shift(shift);
        }
        self.regroup(shift);
    }

    /// After lines may have made room: what pointed at them learns of it.
    fn made_room(&mut self) {
        if self.store.evicted() > 0
            && let Some(off) = self.store.oldest_off()
        {
            self.coverage.lose(off);
        }
        self.refloor();
    }

    /// What is shown, as a wish to the platform: within what this view holds at all.
    pub(super) fn wish(&self) -> LogFilter {
        let wish = self.filter.wish();
        let base = self.base.clone();
        LogFilter {
            project: wish.project.or(base.project),
            service: wish.service.or(base.service),
            deployment: wish.deployment.or(base.deployment),
            kind: wish.kind.or(base.kind),
            level: wish.level.max(base.level),
            text: wish.text.or(base.text),
            query: wish.query.or(base.query),
        }
    }

    /// Finds anew from where on lines may be shown.
    pub(super) fn refloor(&mut self) {
        let low = self.coverage.of(&self.wish()).map(|it| it.low);
        self.floor = match (low, self.store.oldest_off()) {
            (Some(low), Some(oldest)) if low > oldest => self.store.seek(low),
            _ => self.store.first(),
        };
    }

    /// The rate is counted anew.
    pub(super) const fn forget_rate(&mut self) {
        self.rate = [(0, 0); RATE_SPAN + 1];
    }

    /// A number no question had before.
    pub(super) const fn question(&mut self) -> u64 {
        self.questions += 1;
        self.questions
    }

    /// Counts a line that came now and is from `at`. What a stream begins with, and what it makes up for, is of the past: it is no rate.
    fn tally(&mut self, at: Time, now: Time) {
        let behind = now.since(at);
        if behind > PAST {
            return;
        }
        let fresher = self.behind.0.saturating_sub(behind.0);
        if fresher > CAUGHT_UP.0 {
            self.forget_rate();
        }
        if fresher.saturating_abs() > CAUGHT_UP.0 {
            self.behind = behind;
        }
        let second = now.0.div_euclid(1000);
        let slot = &mut self.rate[second.rem_euclid(RATE_SPAN as i64 + 1) as usize];
        if slot.0 != second {
            *slot = (second, 0);
        }
        slot.1 += 1;
    }

    /// Lines a second that came in scope, over the last whole seconds.
    pub fn rate(&self, now: Time) -> u32 {
        let second = now.0.div_euclid(1000);
        let span = second - RATE_SPAN as i64..second;
        self.rate.iter().filter(|it| span.contains(&it.0)).map(|it| it.1).sum::<u32>() / RATE_SPAN as u32
    }
}
