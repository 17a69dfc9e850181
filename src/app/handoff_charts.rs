//! Charts as text and the log at its start, for a review. What is not there says why it is not. Pure.

use std::fmt::Write as _;

use super::handoff_facts::Facts;
use super::handoff_found::{AFTER_START, BEFORE_START, CHARTS, COLUMNS, Found, around};
use super::handoff_markdown::{block, day, line, moment};
use super::heights::height;
use super::series::{Cell, Metrics};
use crate::model::incident::Incident;
use crate::model::log::{LogLine, LogPage};
use crate::model::metric::Series;
use crate::model::secret::veiled;
use crate::model::service::ServiceKind;
use crate::model::time::Time;

/// Characters of a log line that are quoted: a line may be a megabyte.
const LINE: usize = 500;

/// What was measured around it.
pub fn charts(facts: &Facts<'_>, it: &Incident, found: &Found, out: &mut String) {
    let (from, to) = around(it, facts.now);
    let _ = writeln!(out, "## Charts\n\n{} to {} UTC; it began at `^`\n", day(from), day(to));
    let series = match &found.series {
        Ok(series) => series,
        Err(why) => {
            let _ = writeln!(out, "There are none: {}.\n", line(why));
            return;
        }
    };
    let (mut rows, mut missing) = (Vec::new(), Vec::new());
    for (metric, name, said) in CHARTS {
        let of: Vec<&Series> = series.iter().filter(|it| it.metric == metric && it.replica == 0).collect();
        match chart(it, &of, (from, to), said) {
            Some(row) => rows.push(format!("{name:<11} {row}")),
            None => missing.push(name),
        }
    }
    if !rows.is_empty() {
        let column = (it.opened.since(from).0 * COLUMNS as i64 / to.since(from).0.max(1)).clamp(0, COLUMNS as i64 - 1);
        rows.push(format!("{:<11} {}^", "", " ".repeat(column as usize)));
        let _ = writeln!(out, "{}", block(&rows));
    }
    if !missing.is_empty() {
        let what = if rows.is_empty() { "nothing".to_owned() } else { missing.join(", ") };
        let _ = writeln!(out, "Not measured in that time: {what}{}.\n", why_not(facts, it));
    }
}

/// Why a service may have no numbers, as far as that can be said.
fn why_not(facts: &Facts<'_>, it: &Incident) -> String {
    let Some(service) = it.service.as_ref() else { return String::new() };
    match facts.services.iter().find(|one| one.id == *service) {
        None => " (the service is no more)".to_owned(),
        Some(one) if matches!(one.kind, ServiceKind::Worker | ServiceKind::Cron) => {
            format!(" (a {} answers no requests)", line(one.kind.word()))
        }
        Some(one) if one.created > it.opened => format!(" (the service was created {})", day(one.created)),
        Some(_) => " (nothing ran, nobody asked, or it is older than what is kept)".to_owned(),
    }
}

/// A row of heights, the largest value of each column, and between what they move. `None`: nothing was measured.
fn chart(it: &Incident, series: &[&Series], (from, to): (Time, Time), said: fn(f64) -> String) -> Option<String> {
    let (service, metric) = (it.service.as_ref()?, &series.first()?.metric);
    let mut measured = Metrics::default();
    for it in series {
        measured.merge(it);
    }
    let cells = measured.cells([service], metric, from, to, COLUMNS);
    let known = || cells.iter().flatten();
    let least = known().map(|it| it.min).reduce(f64::min)?;
    let most = known().map(|it| it.max).reduce(f64::max)?;
    let sign = |it: &Option<Cell>| it.map_or(' ', |it| height(it.max, most, 7));
    let row: String = cells.iter().map(sign).collect();
    Some(format!("{row}  min {}, max {}", said(least), said(most)))
}

/// The last errors before it was opened and the first ones from then on.
pub fn log(it: &Incident, found: &Found, out: &mut String) {
    let _ = writeln!(out, "## Errors at its start\n");
    let opened = moment(it.opened, it.opened);
    let before = format!("in the {} before {opened}", BEFORE_START.short());
    part(it, &found.before, &before, |page| if page.beginning { "" } else { "; earlier ones are left out" }, out);
    let after = format!("in the {} from {opened} on", AFTER_START.short());
    part(it, &found.after, &after, |page| if page.end { "" } else { "; later ones are left out" }, out);
}

fn part(it: &Incident, page: &Result<LogPage, String>, place: &str, more: fn(&LogPage) -> &'static str, out: &mut String) {
    let page = match page {
        Ok(page) => page,
        Err(why) => {
            let _ = writeln!(out, "Errors {place} could not be had: {}.\n", line(why));
            return;
        }
    };
    let lost: u64 = page.gaps.iter().map(|it| it.count).sum();
    let lost = if lost > 0 { format!("; {lost} lines of that time are lost") } else { String::new() };
    if page.lines.is_empty() {
        let _ = writeln!(out, "No errors are kept {place}{lost}.\n");
        return;
    }
    let _ = writeln!(out, "Errors {place}{}{lost}:\n", more(page));
    let rows: Vec<String> = page.lines.iter().map(|one| quoted(it, one)).collect();
    let _ = writeln!(out, "{}", block(&rows));
}

fn quoted(it: &Incident, one: &LogLine) -> String {
    let replica = if one.replica > 0 { format!(" [{}]", one.replica) } else { String::new() };
    // A report goes to others.
    let line = veiled(&one.text);
    let text = match line.char_indices().nth(LINE) {
        Some((at, _)) => format!("{}… ({} bytes more)", &line[..at], line.len() - at),
        None => line.into_owned(),
    };
    format!("{}{replica} {} {text}", moment(one.at, it.opened), one.level.word().to_uppercase())
}
