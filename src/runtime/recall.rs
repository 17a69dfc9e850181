//! Answers a replay's questions for history out of what was recorded. What was never asked then cannot be answered now, and that is said.

use super::recording::{Asked, Entry, Recording};
use crate::app::state::App;
use crate::model::event::{Answer, Event};
use crate::model::log::{LogFilter, LogLine, LogPage, LogQuery};
use crate::model::metric::MetricQuery;
use crate::model::query::{Clock, Query, Record, Whose};
use crate::model::request::{Fault, Request};
use crate::model::text::{Clean, clean_line};
use crate::model::time::Time;

/// Lines of a page where nobody says how many.
const PAGE: usize = 500;

/// The answer to `request`, which the dashboard as it stands in `app` asks.
pub fn answer(tape: &Recording, app: &App, request: &Request) -> Answer {
    let found = match request {
        Request::Logs(query) => exact(tape, request).or_else(|| lines(tape, app, query)),
        Request::Metrics(query) => best(tape, |it| overlap(it, query)).map(|it| narrow(it, query)),
        Request::Volume(query) => best(tape, |it| match it {
            Request::Volume(other) if other.services == query.services => shared((other.from, other.to), (query.from, query.to)),
            _ => None,
        }),
        Request::Commits { .. } => exact(tape, request),
        _ => return Answer::Failed(Fault::Unsupported(Clean::new("this is a recording: nothing can be asked or changed"))),
    };
    found.unwrap_or_else(|| Answer::Failed(Fault::Unsupported(Clean::new("not in the recording"))))
}

fn recorded(tape: &Recording, it: &Asked) -> Option<Answer> {
    match tape.entry(it.line)? {
        Entry::Fact(_, Event::Answer(_, answer)) => Some(*answer),
        _ => None,
    }
}

fn exact(tape: &Recording, request: &Request) -> Option<Answer> {
    tape.asked.iter().rev().find(|it| it.request == *request).and_then(|it| recorded(tape, it))
}

/// The recorded answer whose question is nearest by `score`.
fn best(tape: &Recording, score: impl Fn(&Request) -> Option<i64>) -> Option<Answer> {
    let scored = tape.asked.iter().filter_map(|it| Some((score(&it.request)?, it)));
    scored.max_by_key(|it| it.0).and_then(|(_, it)| recorded(tape, it))
}

/// Milliseconds that two stretches have in common.
fn shared(a: (Time, Time), b: (Time, Time)) -> Option<i64> {
    let both = a.1.min(b.1).since(a.0.max(b.0)).0;
    (both > 0).then_some(both)
}

fn overlap(it: &Request, query: &MetricQuery) -> Option<i64> {
    let Request::Metrics(other) = it else { return None };
    let has = other.metrics.is_empty() || (!query.metrics.is_empty() && query.metrics.iter().all(|it| other.metrics.contains(it)));
    let known = query.services.iter().filter(|it| other.services.contains(it)).count();
    if known == 0 || !has {
        return None;
    }
    let time = shared((other.from, other.to), (query.from, query.to))?;
    Some(time.saturating_mul(i64::try_from(known).unwrap_or(i64::MAX)))
}

fn narrow(answer: Answer, query: &MetricQuery) -> Answer {
    match answer {
        Answer::Metrics(mut all) => {
            all.retain(|it| query.services.contains(&it.service) && (query.metrics.is_empty() || query.metrics.contains(&it.metric)));
            Answer::Metrics(all)
        }
        other => other,
    }
}

/// Lines of the whole recording that fit, as a platform would have answered.
fn lines(tape: &Recording, app: &App, query: &LogQuery) -> Option<Answer> {
    let clock = Clock { now: app.now, offset_minutes: app.settings.offset_minutes };
    let words = query.filter.query.as_deref().map(|text| Query::parse(text, clock)).transpose().ok()?;
    let want = Want { app, filter: &query.filter, words, query };
    let limit = query.limit.unwrap_or(PAGE);
    let mut found = std::collections::BTreeMap::new();
    let mut epoch = String::new();
    for (index, mark) in tape.marks.iter().enumerate() {
        let Some((first, last)) = mark.lines else { continue };
        if query.before.is_some_and(|before| first >= before) || query.after.is_some_and(|after| last <= after) {
            continue;
        }
        let lines = match tape.entry(index) {
            Some(Entry::Fact(_, Event::Logs(lines))) => lines,
            Some(Entry::Fact(_, Event::Answer(_, answer))) => match *answer {
                Answer::Logs(page) => {
                    epoch = page.epoch;
                    page.lines
                }
                _ => continue,
            },
            _ => continue,
        };
        found.extend(lines.into_iter().filter(|it| want.takes(it)).map(|it| (it.off, it)));
        // The newest are wanted, or else the oldest: no more of them are held than that.
        while found.len() > limit {
            if query.after.is_some() {
                found.pop_last()
            } else {
                found.pop_first()
            };
        }
    }
    let all = found.len() < limit;
    let lines: Vec<LogLine> = found.into_values().collect();
    Some(Answer::Logs(LogPage { epoch, lines, beginning: all, end: true, gaps: Vec::new() }))
}

struct Want<'a> {
    app: &'a App,
    filter: &'a LogFilter,
    words: Option<Query>,
    query: &'a LogQuery,
}

impl Want<'_> {
    fn takes(&self, it: &LogLine) -> bool {
        let (filter, store) = (self.filter, &self.app.store);
        let service = it.service.as_ref().and_then(|id| store.services.get(id));
        let deployment = it.deployment.as_ref().and_then(|id| store.deployments.get(id));
        let text = clean_line(&it.text);
        let plain = self.query.before.is_none_or(|before| it.off < before)
            && self.query.after.is_none_or(|after| it.off > after)
            && self.query.since.is_none_or(|since| it.at >= since)
            && self.query.until.is_none_or(|until| it.at <= until)
            && filter.project.as_ref().is_none_or(|id| service.is_some_and(|it| it.project == *id))
            && filter.service.as_ref().is_none_or(|id| it.service.as_ref() == Some(id))
            && filter.deployment.as_ref().is_none_or(|id| it.deployment.as_ref() == Some(id))
            && filter.kind.as_ref().is_none_or(|kind| it.kind == *kind)
            && filter.level.is_none_or(|level| it.level >= level)
            && filter.text.as_ref().is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()));
        let whose = Whose {
            kind: &it.kind,
            service: it.service.as_ref().map_or("", |it| it.as_str()),
            name: service.map_or("", |it| it.name.as_str()),
            deployment: it.deployment.as_ref().map_or("", |it| it.as_str()),
            commit: deployment.and_then(|it| it.commit.as_ref()).map_or("", |it| it.id.as_str()),
            replica: it.replica,
        };
        plain && self.words.as_ref().is_none_or(|query| query.fits(&Record { whose, level: it.level, at: it.at, text: &text }))
    }
}
