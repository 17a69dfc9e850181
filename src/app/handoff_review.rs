//! The draft of a review after an incident, and the text that tells others how one stands, as Markdown. Pure; all times in UTC.

use std::fmt::Write as _;

use super::changes::BEFORE;
use super::handoff::section;
use super::handoff_facts::{Facts, Happened};
use super::handoff_markdown::{block, clock, day, line, quote};
use crate::model::incident::{Deed, Incident, IncidentStatus, Severity};
use crate::model::log::{Level, LogFilter, LogLine, LogQuery};
use crate::model::metric::{Metric, MetricQuery, Series};
use crate::model::request::Request;
use crate::model::time::{Millis, Time};

/// How much of the time around an incident the charts show, and its longest part.
const AROUND: Millis = Millis::mins(30);
const CHARTED: Millis = Millis::hours(12);
/// Columns of a chart.
const COLUMNS: usize = 60;
/// The heights of a chart.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Errors that are quoted, and how long after its start one of them may be.
const LINES: usize = 20;
const ERRORS: Millis = Millis::mins(10);

/// What the platform is asked for, so that a review has its charts and its log.
pub fn questions(it: &Incident, now: Time) -> Vec<Request> {
    let Some(service) = it.service.clone() else { return Vec::new() };
    let (from, to) = around(it, now);
    let step = Millis((to.since(from).0 / COLUMNS as i64).max(5_000));
    let metrics = vec![Metric::Requests, Metric::ErrorRatio, Metric::P95];
    let filter = LogFilter { service: Some(service.clone()), level: Some(Level::Error), ..LogFilter::default() };
    let (since, until) = (Some(it.opened - Millis::mins(5)), Some(it.opened + ERRORS));
    vec![
        Request::Metrics(MetricQuery { service, metrics, from, to, step, replicas: false }),
        // After the first offset: of these lines the oldest, which are the ones at its start.
        Request::Logs(LogQuery { filter, since, until, after: Some(0), limit: Some(LINES), ..LogQuery::default() }),
    ]
}

fn around(it: &Incident, now: Time) -> (Time, Time) {
    let end = it.resolved.as_ref().map_or(now, |deed| deed.at + AROUND).min(now);
    let from = it.opened - AROUND;
    (from, end.min(from + CHARTED).max(from + Millis::mins(1)))
}

/// The draft: what is known is filled in, what only people know has its heading.
pub fn review(facts: &Facts<'_>, it: &Incident, series: &[Series], lines: &[LogLine]) -> String {
    let mut out = String::new();
    head(facts, it, &mut out);
    let end = it.resolved.as_ref().map_or(facts.now, |deed| deed.at);
    timeline(facts, it, end, &mut out);
    let before = facts.happened(it.opened - BEFORE, it.opened);
    let own = |one: &Happened| one.service == it.service;
    let (mut near, far): (Vec<_>, Vec<_>) = before.into_iter().partition(own);
    near.reverse();
    let said = |one: &Happened| format!("{} before: {}", it.opened.since(one.at).long(), one.text);
    section(&mut out, "What changed in the hour before", "nothing on this service", near.iter().map(said).collect());
    if !far.is_empty() {
        section(&mut out, "What changed elsewhere in that hour", "nothing", far.iter().rev().map(said).collect());
    }
    charts(it, facts.now, series, &mut out);
    log(it, lines, &mut out);
    steps(it, &mut out);
    notes(it, &mut out);
    for (title, asks) in [
        ("Causes", "Why did it happen, and why did nothing catch it earlier?"),
        ("What went well", ""),
        ("Actions", "- [ ] what, who, until when"),
    ] {
        let _ = writeln!(out, "## {title}\n\n{asks}\n");
    }
    out.trim_end().to_owned() + "\n"
}

fn head(facts: &Facts<'_>, it: &Incident, out: &mut String) {
    let _ = writeln!(out, "# Review: {} {}\n", line(&it.severity.label()), line(&it.title));
    let end = it.resolved.as_ref().map_or_else(|| "not resolved yet".to_owned(), |deed| format!("{} UTC", day(deed.at)));
    let _ = writeln!(out, "- incident: {} ({})", line(it.id.as_str()), line(&it.cause));
    let _ = writeln!(out, "- where: {}", facts.place(it));
    let _ = writeln!(out, "- from: {} UTC\n- to: {end}", day(it.opened));
    if let Some(due) = it.due.or_else(|| facts.times.due(&it.severity, it.opened)) {
        let _ = writeln!(out, "- to be acknowledged by: {} UTC", day(due));
    }
    for (name, deed) in [("acknowledged", &it.acknowledged), ("mitigated", &it.mitigated), ("resolved", &it.resolved)] {
        let said = deed.as_ref().map_or_else(|| "not yet".to_owned(), |deed| after(it, deed));
        let _ = writeln!(out, "- time to be {name}: {said}");
    }
    out.push('\n');
}

fn after(it: &Incident, deed: &Deed) -> String {
    let why = deed.reason.as_ref().map(|why| format!(": {}", line(why))).unwrap_or_default();
    format!("{}, by {}{why}", deed.at.since(it.opened).long(), line(&deed.by))
}

/// Its own story and what was changed meanwhile, in one order.
fn timeline(facts: &Facts<'_>, it: &Incident, end: Time, out: &mut String) {
    let own = it.timeline.iter().map(|note| (note.at, format!("**{}** by {}", line(&note.text), line(&note.by))));
    let changed = facts.happened(it.opened - BEFORE, end);
    // The same service's are told; of the others only what was changed meanwhile would explain anything.
    let project = |one: &Happened| {
        let of = one.service.as_ref().and_then(|id| facts.services.iter().find(|it| it.id == *id));
        of.is_none_or(|of| of.project == it.project)
    };
    let changed = changed.into_iter().filter(project).map(|one| (one.at, one.text));
    let mut all: Vec<(Time, String)> = own.chain(changed).collect();
    all.sort();
    section(out, "Timeline", "nothing is known", all.into_iter().map(|(at, text)| format!("{} {text}", clock(at))).collect());
}

fn charts(it: &Incident, now: Time, series: &[Series], out: &mut String) {
    let (from, to) = around(it, now);
    let _ = writeln!(out, "## Charts\n\n{} to {} UTC; it began at `^`\n", day(from), day(to));
    let mut rows = Vec::new();
    for (metric, name, unit) in [(Metric::Requests, "requests/s", ""), (Metric::ErrorRatio, "errors", " %"), (Metric::P95, "p95", " ms")] {
        let Some(found) = series.iter().find(|it| it.metric == metric && it.replica == 0) else { continue };
        rows.push(format!("{name:<11} {}", chart(found, from, to, unit)));
    }
    if rows.is_empty() {
        let _ = writeln!(out, "nothing was measured\n");
        return;
    }
    let column = (it.opened.since(from).0 * COLUMNS as i64 / to.since(from).0.max(1)).clamp(0, COLUMNS as i64 - 1);
    rows.push(format!("{:<11} {}^", "", " ".repeat(column as usize)));
    let _ = writeln!(out, "{}", block(&rows));
}

/// A row of heights, the largest value of each column, and between what they move.
fn chart(it: &Series, from: Time, to: Time, unit: &str) -> String {
    let scale = if it.metric == Metric::ErrorRatio { 100.0 } else { 1.0 };
    let mut cells = [None::<f64>; COLUMNS];
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (i, value) in it.values.iter().enumerate() {
        let peak = it.peaks.get(i).copied().flatten().or(*value);
        let at = it.from + Millis(it.step.0.saturating_mul(i as i64));
        let (Some(value), Some(peak), true) = (*value, peak, at >= from && at < to) else { continue };
        (least, most) = (least.min(value), most.max(peak));
        let cell = (i128::from(at.since(from).0) * COLUMNS as i128 / i128::from(to.since(from).0.max(1))) as usize;
        let held = &mut cells[cell.min(COLUMNS - 1)];
        *held = Some(held.map_or(peak, |it| it.max(peak)));
    }
    if most < least {
        return "nothing was measured".to_owned();
    }
    let height = |it: f64| HEIGHTS[((it / most.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) * 7.0).round() as usize];
    let row: String = cells.iter().map(|it| it.map_or(' ', height)).collect();
    format!("{row}  min {}{unit}, max {}{unit}", number(least * scale), number(most * scale))
}

fn number(it: f64) -> String {
    if it >= 100.0 || it.fract().abs() < f64::EPSILON { format!("{it:.0}") } else { format!("{it:.1}") }
}

fn log(it: &Incident, lines: &[LogLine], out: &mut String) {
    let _ = writeln!(out, "## Errors at its start\n");
    if lines.is_empty() {
        let _ = writeln!(out, "no errors are kept from 5 minutes before {} to 10 after\n", clock(it.opened));
        return;
    }
    let said = |it: &LogLine| {
        let replica = if it.replica > 0 { format!(" [{}]", it.replica) } else { String::new() };
        format!("{}{replica} {} {}", clock(it.at), it.level.word().to_uppercase(), it.text)
    };
    let _ = writeln!(out, "{}", block(&lines.iter().map(said).collect::<Vec<_>>()));
}

fn steps(it: &Incident, out: &mut String) {
    let _ = writeln!(out, "## Steps\n");
    for step in &it.steps {
        let (sign, who) = match &step.done {
            Some(deed) => ("x", format!(": {} after {}, by {}", clock(deed.at), deed.at.since(it.opened).long(), line(&deed.by))),
            None => (" ", String::new()),
        };
        let _ = writeln!(out, "- [{sign}] {}{who}", line(step.step.label()));
    }
    out.push('\n');
}

fn notes(it: &Incident, out: &mut String) {
    let _ = writeln!(out, "## Notes\n");
    if it.notes.is_empty() {
        let _ = writeln!(out, "none\n");
    }
    for note in &it.notes {
        let _ = writeln!(out, "{} {}:\n\n{}", clock(note.at), line(&note.by), quote(&note.text));
    }
}

/// How an incident stands, for people who do not look at the dashboard. `impact`: what customers feel, as measured now.
pub fn status(facts: &Facts<'_>, it: &Incident, impact: &[String]) -> String {
    let now = facts.now;
    let word = match it.status {
        IncidentStatus::Triggered => "nobody has it yet",
        IncidentStatus::Acknowledged => "being investigated",
        IncidentStatus::Mitigated => "mitigated, being watched",
        IncidentStatus::Resolved => "resolved",
        IncidentStatus::Other(_) => it.status.word(),
    };
    let mut out = format!("**{} {}: {word}**\n\n", line(&it.severity.label()), line(&it.title));
    let _ = writeln!(out, "- where: {}", facts.place(it));
    let _ = writeln!(out, "- since: {} UTC ({})", day(it.opened), now.since(it.opened).long());
    let felt = if impact.is_empty() { "not measured".to_owned() } else { impact.join(", ") };
    let _ = writeln!(out, "- impact now: {felt}");
    let steps = it.steps.iter().filter_map(|step| Some(format!("{} ({})", step.step.label(), clock(step.done.as_ref()?.at))));
    let done: Vec<String> = steps.collect();
    let _ = writeln!(out, "- done: {}", if done.is_empty() { "nothing yet".to_owned() } else { done.join(", ") });
    if let Some(every) = cadence(&it.severity).filter(|_| it.is_open()) {
        let _ = writeln!(out, "- next update: {} UTC, or when something changes", day(now + every));
    }
    out
}

/// How often others are told how it stands.
const fn cadence(severity: &Severity) -> Option<Millis> {
    match severity {
        Severity::P1 => Some(Millis::mins(30)),
        Severity::P2 => Some(Millis::hours(1)),
        Severity::P3 => Some(Millis::hours(4)),
        Severity::P4 => Some(Millis::hours(24)),
        Severity::Other(_) => None,
    }
}
