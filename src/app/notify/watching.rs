//! Watches at work: made, changed and dropped; lines counted as they come; looked at once a second.

use super::judge::Verdict;
use super::kind::Way;
use super::news::Watched;
use super::read::read;
use super::watch::Measure;
use crate::app::effect::Fx;
use crate::app::state::{App, NoticeKind};
use crate::model::ids::{DeploymentId, ServiceId, SourceId};
use crate::model::log::{LogGap, LogLine};
use crate::model::query::{Mistake, Query, Record, Whose};
use crate::model::text::plain_line;
use crate::model::time::{Millis, Time};

/// Most watches at once: each costs something with every line or second.
pub const MOST: usize = 50;

/// A row of the list of watches.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchRow {
    pub typed: String,
    pub verdict: Verdict,
    /// Its condition holds, and not for long enough yet.
    pub turns: bool,
    /// `42/min`; empty: it cannot be told.
    pub value: String,
    /// For how long it stands so, since when it has been otherwise, or why it is not known.
    pub note: String,
    pub of_config: bool,
}

impl App {
    /// Begins with the watches of the config, which was checked when it was read.
    pub fn begin_watches(&mut self) {
        let texts = std::mem::take(&mut self.settings.notify.watch);
        for watch in texts.iter().filter_map(|it| read(it).ok()).take(MOST) {
            if self.news.watches.iter().all(|it| it.watch.typed != watch.typed) {
                self.news.watches.push(Watched::new(watch, true));
            }
        }
        self.settings.notify.watch = texts;
        let rules = &self.settings.notify;
        let idle = rules.hook.is_none().then(|| rules.to.iter().find(|(_, ways)| ways.contains(&Way::Hook))).flatten();
        if let Some((kind, _)) = idle {
            let text = format!("`notify.to.{}` goes to a hook, and `notify.hook` names no command", kind.word());
            self.notify(NoticeKind::Warn, text);
        }
    }

    /// Adds a watch, or puts another in the place of number `index`.
    pub fn set_watch(&mut self, index: Option<usize>, typed: &str) -> Result<(), Mistake> {
        let watch = read(typed)?;
        let twin = self.news.watches.iter().position(|it| it.watch.typed == watch.typed);
        if twin.is_some() && twin == index {
            return Ok(());
        }
        if twin.is_some() {
            return Err(Mistake::new(0, "this is watched already; :watches lists it"));
        }
        let said = watch.typed.clone();
        let new = Watched::new(watch, false);
        let place = if let Some((place, old)) = index.and_then(|it| Some((it, self.news.watches.get_mut(it)?))) {
            *old = new;
            place
        } else if self.news.watches.len() >= MOST {
            return Err(Mistake::new(0, format!("{MOST} watches are the most; :watches drops some")));
        } else {
            self.news.watches.push(new);
            self.news.watches.len() - 1
        };
        self.aim_watches();
        // Only what it reads: it is judged with all others, when the second is over.
        if let Some(reading) = self.news.watches.get(place).map(|it| self.watch_reading(it))
            && let Some(it) = self.news.watches.get_mut(place)
        {
            it.reading = reading;
        }
        let row = self.watch_rows().into_iter().nth(place);
        let now = row.map(|it| if it.value.is_empty() { it.note } else { format!("now {}", it.value) });
        self.notify(NoticeKind::Good, format!("watching {said} ({}); :watches lists all", now.unwrap_or_default()));
        Ok(())
    }

    /// Drops watch number `index`.
    pub fn drop_watch(&mut self, index: usize) {
        if index < self.news.watches.len() {
            let it = self.news.watches.remove(index);
            let more = if it.of_config { "; the config brings it back with the next start" } else { "" };
            self.notify(NoticeKind::Info, format!("dropped {}{more}", it.watch.typed));
        }
    }

    /// The list of watches.
    pub fn watch_rows(&self) -> Vec<WatchRow> {
        let row = |it: &Watched| {
            let verdict = it.judge.verdict();
            let value = it.reading.value.map_or_else(String::new, |value| it.watch.measure.said(value));
            let since = self.now.since(it.judge.since()).short();
            // It seems to have turned: not for long enough to be told, but who looks at the value must not think that it is overlooked.
            let span = |it: Millis| if it <= Millis::mins(2) { format!("{}s", it.0 / 1000) } else { it.long() };
            let turning =
                it.judge.leans().map(|(way, since)| format!("{way} for {} of {}", span(self.now.since(since)), span(it.watch.lasts)));
            let turns = it.judge.leans().is_some_and(|(way, _)| way);
            let note = match verdict {
                _ if turning.is_some() => turning.unwrap_or_default(),
                Verdict::Unknown if it.reading.why.is_empty() => format!("not for {} yet", it.watch.lasts.short()),
                Verdict::Unknown => it.reading.why.clone(),
                Verdict::True | Verdict::False => format!("for {since}"),
            };
            WatchRow { typed: it.watch.typed.clone(), verdict, turns, value, note, of_config: it.of_config }
        };
        self.news.watches.iter().map(row).collect()
    }

    /// How many watches are true now.
    pub fn watches_true(&self) -> usize {
        self.news.watches.iter().filter(|it| it.judge.verdict() == Verdict::True).count()
    }

    /// Counts lines for the watches that are about them; each line of the platform's log once.
    pub fn count_lines(&mut self, from: SourceId, lines: &[LogLine]) {
        let high = self.news.counted;
        let newest = lines.iter().map(|it| it.off).max();
        self.news.counted = high.max(newest);
        if self.news.watches.iter().all(|it| it.tally.is_none()) {
            return;
        }
        let skew = self.sources.iter().find(|it| it.id == from).map_or(0, |it| it.skew.0.saturating_sub(self.ahead.0));
        let mut watches = std::mem::take(&mut self.news.watches);
        for line in lines.iter().filter(|it| high.is_none_or(|high| it.off > high)) {
            let whose = self.whose(line);
            // Cleaned at most once, whoever asks.
            let mut text = None;
            // What the platform stamps ahead of our clock is of now.
            let at = (line.at - Millis(skew)).min(self.now);
            for it in &mut watches {
                let (Some(tally), Measure::Lines(query, _)) = (&mut it.tally, &it.watch.measure) else { continue };
                let wanted = match (&it.targets, &it.watch.on) {
                    (Ok(_), None) => true,
                    (Ok(targets), Some(_)) => line.service.as_ref().is_some_and(|id| targets.contains(id)),
                    (Err(_), _) => false,
                };
                if wanted && !line.cont && fits(query, line, whose, at, &mut text) {
                    tally.add(at);
                }
            }
        }
        self.news.watches = watches;
    }

    fn whose<'a>(&'a self, line: &'a LogLine) -> Whose<'a> {
        let commit = line.deployment.as_ref().and_then(|id| self.store.deployments.get(id)).and_then(|it| it.commit.as_ref());
        Whose {
            kind: &line.kind,
            service: line.service.as_ref().map_or("", ServiceId::as_str),
            name: line.service.as_ref().and_then(|id| self.store.services.get(id)).map_or("", |it| it.name.as_str()),
            deployment: line.deployment.as_ref().map_or("", DeploymentId::as_str),
            commit: commit.map_or("", |it| it.id.as_str()),
            replica: line.replica,
        }
    }

    /// Lines are lost: what is counted is too little until the stretch is over.
    pub fn miss_lines(&mut self, gap: &LogGap) {
        let now = self.now;
        for tally in self.news.watches.iter_mut().filter_map(|it| it.tally.as_mut()) {
            tally.lost(gap.to.min(now));
        }
    }

    /// The platform's log begins anew.
    pub fn recount_lines(&mut self, epoch: &str) {
        if self.news.epoch.as_deref() == Some(epoch) {
            return;
        }
        let was = self.news.epoch.replace(epoch.to_owned());
        self.news.counted = None;
        if was.is_some() {
            // What the old one said may come again under other numbers: it must not count twice.
            let now = self.now;
            self.news.watches.iter_mut().filter_map(|it| it.tally.as_mut()).for_each(|it| it.restart(now));
        }
    }

    /// Finds anew whom the watches are about: services came or went.
    pub fn aim_watches(&mut self) {
        let mut watches = std::mem::take(&mut self.news.watches);
        for it in &mut watches {
            it.targets = self.watch_targets(it.watch.on.as_deref());
            if let (Ok(_), Some(tally)) = (&it.targets, &mut it.tally) {
                tally.begin(self.now);
            }
        }
        self.news.watches = watches;
    }

    /// Looks at all watches, once a second, and tells what turned.
    pub fn look_at_watches(&mut self, fx: &mut Fx) {
        let second = self.now.0.div_euclid(1000);
        if self.news.watches.is_empty() || self.news.looked == second {
            return;
        }
        self.news.looked = second;
        self.aim_watches();
        let mut watches = std::mem::take(&mut self.news.watches);
        let mut turned = Vec::new();
        for (n, it) in watches.iter_mut().enumerate() {
            it.reading = self.watch_reading(it);
            if it.reading.unlikely {
                it.judge.doubt();
            }
            if let Some(turn) = it.judge.weigh(it.reading.holds, it.watch.lasts, self.now) {
                turned.push((n, turn));
            }
        }
        for (n, turn) in turned {
            if let Some(it) = watches.get(n) {
                self.tell_watch(fx, it, turn);
            }
        }
        self.news.watches = watches;
    }
}

fn fits(query: &Query, line: &LogLine, whose: Whose<'_>, at: Time, text: &mut Option<String>) -> bool {
    // Most lines are of somebody else: that is known without their text.
    if let Some(known) = query.of(&whose) {
        return known;
    }
    let text = text.get_or_insert_with(|| plain_line(&line.text).into_owned());
    query.fits(&Record { whose, level: line.level, at, text })
}
