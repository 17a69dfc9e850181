//! `trackside logs`: lines of the past, then new ones as they come. Lines go to stdout; what happens to the connection, and what is lost, to stderr.

use std::collections::BTreeMap;

use super::args::Logs;
use super::clock::now;
use super::exit::{Failure, OK, Outcome, USAGE};
use super::log_pages::{Entry, Past};
use super::names;
use super::out::Out;
use super::reach::Reach;
use super::watch::Watch;
use crate::app::logs::{clean, gap_words};
use crate::model::event::{Change, Event, Snapshot};
use crate::model::ids::ServiceId;
use crate::model::link::Link;
use crate::model::log::{LogFilter, LogGap, LogKind, LogLine};
use crate::model::query::{Clock, Query, TIMES, instant, span};
use crate::model::time::Time;

/// Lines of the past when nobody says how many, nor since when.
const USUAL: usize = 100;

/// Runs it.
pub async fn run(reach: &Reach, it: Logs) -> Outcome {
    // What is typed wrong is said before anybody is asked.
    let typed = Typed::read(&it, clock())?;
    let all = reach.all().await?;
    let filter = typed.filter(&all, &it)?;
    let mut printer = Printer { out: reach.out, names: service_names(&all), last: None, since: typed.since };
    // Listening first, asking then: what comes in between is in both, and told apart by its offset.
    let mut watch = if it.follow { Some(Watch::following(reach, filter.clone()).await?) } else { None };
    let wanted = it.lines.or(typed.since.is_none().then_some(USUAL));
    let past = Past { reach, filter, since: typed.since, until: typed.until };
    if it.follow {
        printer.last = past.newest().await?.filter(|_| wanted == Some(0));
    }
    past.each(wanted, &mut |entry| printer.entry(&entry)).await?;
    let Some(watch) = &mut watch else { return Ok(OK) };
    let mut lost = false;
    loop {
        match watch.next().await? {
            Event::Logs(lines) => lines.iter().try_for_each(|line| printer.line(line))?,
            Event::LogGap(gap) => printer.gap(&gap)?,
            Event::LogRestart { .. } => {
                printer.last = None;
                reach.out.note("trackside: the platform's log began anew; what was written meanwhile may be missing");
            }
            Event::Changed(changes) => printer.learn(changes),
            Event::Link(link) => lost = said(reach.out, &link, lost),
            _ => {}
        }
    }
}

/// Says how the connection stands, where that is news; whether it is lost.
fn said(out: Out, link: &Link, lost: bool) -> bool {
    match link {
        Link::Retrying { why, .. } if !lost => {
            out.note(&format!("trackside: the connection is lost ({why}); trying again"));
            true
        }
        Link::Stale { .. } if !lost => {
            out.note("trackside: nothing has been heard for too long; trying again");
            true
        }
        Link::Live if lost => {
            out.note("trackside: connected again");
            false
        }
        Link::Polling { why, .. } if lost => {
            out.note(&format!("trackside: connected again, without a stream ({why})"));
            false
        }
        _ => lost,
    }
}

/// What was typed, read.
struct Typed<'a> {
    service: Option<&'a str>,
    query: Query,
    since: Option<Time>,
    until: Option<Time>,
}

impl<'a> Typed<'a> {
    fn read(it: &'a Logs, clock: Clock) -> Result<Self, Failure> {
        let (service, words) = match (it.service.as_deref(), it.query.as_deref()) {
            // A lonely argument that cannot be a name is a query.
            (Some(words), None) if !is_name(words) => (None, words),
            (service, words) => (service, words.unwrap_or_default()),
        };
        let query = Query::parse(words, clock)
            .map_err(|mistake| Failure::new(USAGE, format!("the query cannot be read\n{}", mistake.drawn(words))))?;
        let time = |flag: &str, typed: &Option<String>| {
            typed.as_deref().map(|typed| {
                let at = instant(typed, clock).or_else(|| span(typed).map(|it| clock.now - it));
                at.ok_or_else(|| Failure::new(USAGE, format!("{flag} is `{typed}`; expected {TIMES}, or 15m")))
            })
        };
        let (since, until) = (time("--since", &it.since).transpose()?, time("--until", &it.until).transpose()?);
        Ok(Self { service: service.filter(|it| !it.is_empty()), query, since, until })
    }

    fn filter(&self, all: &Snapshot, it: &Logs) -> Result<LogFilter, Failure> {
        let mut filter = names::log_scope(all, self.service)?;
        if let Some(text) = &it.deploy {
            filter.deployment = Some(names::deployment(all, None, text)?.id.clone());
        }
        filter.kind = it.build.then_some(LogKind::Build);
        filter.level = it.level;
        filter.text.clone_from(&it.grep);
        filter.query = (self.query != Query::All).then(|| self.query.to_string());
        Ok(filter)
    }
}

/// Whether this can be the name of a service or a project.
fn is_name(word: &str) -> bool {
    word.starts_with(char::is_alphanumeric) && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}

fn clock() -> Clock {
    Clock { now: now(), offset_minutes: chrono::Local::now().offset().local_minus_utc() / 60 }
}

fn service_names(all: &Snapshot) -> BTreeMap<ServiceId, String> {
    all.services.iter().map(|it| (it.id.clone(), it.name.to_string())).collect()
}

struct Printer {
    out: Out,
    names: BTreeMap<ServiceId, String>,
    /// Offset of the last line printed.
    last: Option<u64>,
    since: Option<Time>,
}

impl Printer {
    fn entry(&mut self, it: &Entry) -> std::io::Result<()> {
        match it {
            Entry::Line(it) => self.line(it),
            Entry::Gap(it) => self.gap(it),
        }
    }

    fn line(&mut self, it: &LogLine) -> std::io::Result<()> {
        // A stream begins with some lines of the past, which may be older than what was asked for.
        if self.last.is_some_and(|last| it.off <= last) || self.since.is_some_and(|since| it.at < since) {
            return Ok(());
        }
        self.last = Some(it.off);
        if self.out.is_json() {
            return self.out.json(it);
        }
        let name = it.service.as_ref().map_or("platform", |id| self.names.get(id).map_or(id.as_str(), String::as_str));
        let place = match (&it.kind, it.replica) {
            (LogKind::Runtime, 1..) => format!("{name}.{}", it.replica),
            (LogKind::Runtime | LogKind::Platform, _) => name.to_owned(),
            (kind, _) => format!("{name}/{kind}"),
        };
        // As the dashboard marks it: it goes on where the line before it was cut.
        let rest = if it.cont { "…" } else { "" };
        // Without the colours that programs write: they are for a screen, and this may go into a file.
        self.out.line(&format!("{} {place} {:5} {rest}{}", it.at, it.level.word().to_ascii_uppercase(), clean(&it.text).text))
    }

    /// Said on stderr; programs that read JSON find it in its place too.
    fn gap(&self, it: &LogGap) -> std::io::Result<()> {
        self.out.note(&format!("trackside: {}", gap_words(it)));
        if self.out.is_json() { self.out.json(&serde_json::json!({ "gap": it })) } else { Ok(()) }
    }

    /// A service that was made meanwhile has a name too.
    fn learn(&mut self, changes: Vec<Change>) {
        for change in changes {
            if let Change::Service(it) = change {
                self.names.insert(it.id, it.name.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lonely_argument_that_cannot_be_a_name_is_a_query() {
        for name in ["api", "shop/web", "my-shop_2.x"] {
            assert!(is_name(name), "{name}");
        }
        for query in ["level:error", "@status:500", "/5\\d\\d/", "a b", "-healthz", "\"x\"", ""] {
            assert!(!is_name(query), "{query}");
        }
    }
}
