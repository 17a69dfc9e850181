//! How often the time is told: every second while seconds are shown of something, else once a minute. On a screen where nothing happens
//! nothing moves, and whatever reads there is as true as it was.

use super::beat::Beat;
use super::state::{App, Store};
use crate::model::link::Link;
use crate::model::log::LogLine;
use crate::model::response::Clock;
use crate::model::time::{Millis, Time};

/// Between two bites of a filter or search that is not through yet: the shortest there is, in which keys and facts get their turn.
const SIFT: Millis = Millis(1);
/// A spinner's beat.
const SPIN: Millis = Millis(250);
/// Between two looks at the clock, in milliseconds: while seconds are shown, the same over a line that is slow, while none are.
const SECOND: i64 = 1_000;
const SLOW: i64 = 5_000;
const MINUTE: i64 = 60_000;
/// A silence longer than this is said. An idle platform's heart beats every 15 s; by now it is being asked whether it is there.
pub(super) const QUIET: Millis = Millis::secs(20);
/// What is older is said in minutes. A second more, so that the first minute is said in time.
const YOUNG: Millis = Millis::secs(61);
/// From here on a clock is read in hours and minutes.
const LONG: Millis = Millis::hours(1);

impl App {
    /// How soon the screen must be drawn again although nothing happens; `None`: never.
    pub fn pulse(&self) -> Option<Millis> {
        if self.logs.is_busy() {
            return Some(SIFT);
        }
        if self.spins() {
            return Some(SPIN);
        }
        if self.sources.is_empty() && self.notices.is_empty() && self.leaving.is_none() {
            return None;
        }
        let fine = self.counts_seconds() || self.beat.fine;
        let step = match (fine, self.slow) {
            (true, false) => SECOND,
            (true, true) => SLOW,
            (false, _) => MINUTE,
        };
        // With the clock's own seconds and minutes: a beat in the middle of one would have nothing to show.
        let next = Millis(step - self.now.0.rem_euclid(step));
        // A silence begins when it begins.
        let silent = self.platform().and_then(|it| it.heard).map(|it| (it + QUIET).since(self.now)).filter(|it| it.0 > 0);
        Some(silent.map_or(next, |it| it.min(next)))
    }

    /// Whether something on the screen really runs.
    pub fn spins(&self) -> bool {
        self.running > 0 && self.fresh() && !self.slow && !self.settings.still
    }

    /// Takes in that it is `now`. `true`: the screen may look different for it.
    pub(super) fn beats(&mut self, now: Time) -> bool {
        self.now = now;
        let fine = self.counts_seconds();
        let step = if fine || self.beat.fine { SECOND } else { MINUTE };
        let passed = now.0.div_euclid(step) != self.beat.told.0.div_euclid(step);
        self.beat = Beat { told: now, fine, ..self.beat };
        // Anything finer is no news but to a spinner.
        passed || self.spins() || self.logs.is_busy()
    }

    /// Something happened that an age is shown of.
    pub(super) fn stirs(&mut self) {
        self.beat.lively = self.now;
    }

    /// Lines came; those of long ago are history.
    pub(super) fn stirs_with(&mut self, lines: &[LogLine]) {
        let newest = lines.iter().map(|it| it.at.min(self.now)).max().unwrap_or_default();
        self.beat.lively = self.beat.lively.max(newest);
    }

    /// All that is known came anew: something of it may have happened just now.
    pub(super) fn stirs_with_all(&mut self) {
        self.beat.lively = self.beat.lively.max(youngest(&self.store, self.now));
    }

    /// Numbers came. They come every second: where a beat is near anyway they wait for it, else (`true`) they are drawn as they come, which
    /// wakes us once and not twice.
    pub(super) fn feeds(&mut self) -> bool {
        self.beat.fed = self.now;
        !(self.beat.fine || self.counts_seconds())
    }

    /// Whether anything is shown, or waited for, that is counted in seconds.
    fn counts_seconds(&self) -> bool {
        let passing = !self.notices.is_empty() || self.leaving.is_some() || self.resting.is_some() || !self.overlays.is_empty();
        // Over a line that is slow, numbers wait for the beat too: it is one in five of theirs.
        let fed = if self.slow { self.beat.fed } else { Time::default() };
        let young = self.now.since(self.beat.lively.max(fed)) < YOUNG;
        let watching = !self.news.watches.is_empty();
        passing || young || watching || self.header_counts_seconds() || self.is_silent() || self.clocks().any(|_| true)
    }

    /// Whether the clock in the header shows seconds: while something runs, a clock runs down, or the present is not what is shown.
    pub(super) fn header_counts_seconds(&self) -> bool {
        let elsewhere = self.timeline.cursor.is_some() || self.replay.is_some() || !self.fresh();
        elsewhere || self.running > 0 || self.clocks().any(|it| it.left < LONG)
    }

    /// The response clocks that run down.
    fn clocks(&self) -> impl Iterator<Item = Clock> {
        let all = self.store.incidents.values().filter_map(|it| self.response(it));
        all.filter(|it| it.paused.is_none() && it.left.0 > -MINUTE)
    }

    /// Whether the platform says less than it should, or is asked again and again because it says nothing by itself.
    fn is_silent(&self) -> bool {
        self.platform().is_some_and(|it| match it.link {
            Link::Live => it.heard.is_some_and(|heard| self.now.since(heard) >= QUIET),
            _ => true,
        })
    }

    /// How the clock in the header reads: `14:22:07Z`, or `14:22Z` while nothing counts in seconds.
    pub(super) fn clock_now(&self) -> String {
        if self.header_counts_seconds() { self.second(self.now) } else { self.minute(self.now) }
    }
}

/// When the last of what is shown with its age happened.
fn youngest(store: &Store, now: Time) -> Time {
    let deployments = store.deployments.values().flat_map(|it| [Some(it.created), it.finished, it.live_from, it.live_to]);
    let services = store.services.values().flat_map(|it| it.replicas.iter().map(|it| it.started));
    let incidents = store.incidents.values().map(|it| Some(it.opened));
    deployments.chain(services).chain(incidents).flatten().filter(|at| *at <= now).max().unwrap_or_default()
}
