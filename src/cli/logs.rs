//! `trackside logs`: lines of the past, then new ones as they come.

use std::collections::BTreeMap;

use super::args::Logs;
use super::exit::{OK, Outcome};
use super::names;
use super::out::Out;
use super::reach::Reach;
use super::watch::Watch;
use crate::app::logs::clean;
use crate::model::event::{Change, Event, Snapshot};
use crate::model::ids::ServiceId;
use crate::model::log::{LogFilter, LogGap, LogKind, LogLine, LogQuery};
use crate::wire::rest::MAX_PAGE;

/// Runs it.
pub async fn run(reach: &Reach, it: Logs) -> Outcome {
    let all = reach.all().await?;
    let filter = filter(&all, &it)?;
    let mut printer = Printer { out: reach.out, names: service_names(&all), last: None };
    // Listening first, asking then: what comes in between is in both, and told apart by its offset.
    let mut watch = if it.follow { Some(Watch::following(reach, filter.clone()).await?) } else { None };
    for line in past(reach, &filter, it.lines).await? {
        printer.line(&line)?;
    }
    let Some(watch) = &mut watch else { return Ok(OK) };
    loop {
        match watch.next().await? {
            Event::Logs(lines) => lines.iter().try_for_each(|line| printer.line(line))?,
            Event::LogGap(gap) => printer.gap(&gap)?,
            Event::LogRestart { .. } => printer.last = None,
            Event::Changed(changes) => printer.learn(changes),
            _ => {}
        }
    }
}

fn filter(all: &Snapshot, it: &Logs) -> Result<LogFilter, super::exit::Failure> {
    let mut filter = names::log_scope(all, it.service.as_deref())?;
    if let Some(text) = &it.deployment {
        filter.deployment = Some(names::deployment(all, None, text)?.id.clone());
    }
    filter.kind = it.build.then_some(LogKind::Build);
    filter.level = it.level;
    filter.text.clone_from(&it.grep);
    Ok(filter)
}

/// The newest `wanted` lines that fit, oldest first.
async fn past(reach: &Reach, filter: &LogFilter, wanted: usize) -> Result<Vec<LogLine>, super::exit::Failure> {
    let mut pages: Vec<Vec<LogLine>> = Vec::new();
    let mut left = wanted;
    let mut before = None;
    while left > 0 {
        let query = LogQuery { filter: filter.clone(), before, limit: Some(left.min(MAX_PAGE)), ..LogQuery::default() };
        let page = reach.in_turn(async || reach.client.logs(&query).await).await?;
        let Some(first) = page.lines.first() else { break };
        before = Some(first.off);
        left = left.saturating_sub(page.lines.len());
        let beginning = page.beginning;
        pages.push(page.lines);
        if beginning {
            break;
        }
    }
    Ok(pages.into_iter().rev().flatten().collect())
}

fn service_names(all: &Snapshot) -> BTreeMap<ServiceId, String> {
    all.services.iter().map(|it| (it.id.clone(), it.name.to_string())).collect()
}

struct Printer {
    out: Out,
    names: BTreeMap<ServiceId, String>,
    /// Offset of the last line printed.
    last: Option<u64>,
}

impl Printer {
    fn line(&mut self, it: &LogLine) -> std::io::Result<()> {
        if self.last.is_some_and(|last| it.off <= last) {
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
        // Without the colours that programs write: they are for a screen, and this may go into a file.
        self.out.line(&format!("{} {place} {:5} {}", it.at, it.level.word().to_ascii_uppercase(), clean(&it.text).text))
    }

    fn gap(&self, it: &LogGap) -> std::io::Result<()> {
        self.out.answer(&serde_json::json!({ "gap": it }), &format!("-- {} lines lost ({}) --", it.count, it.reason))
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
