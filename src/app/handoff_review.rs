//! The draft of a review after an incident, and the text that tells others how one stands, as Markdown. Pure; all times in UTC.

use std::fmt::Write as _;

use super::changes::BEFORE;
use super::handoff::section;
use super::handoff_charts::{charts, log};
use super::handoff_facts::{Facts, Happened, deployed};
use super::handoff_found::Found;
use super::handoff_markdown::{date, day, line, moment, quote};
use crate::model::incident::{Deed, Incident, IncidentStatus, Severity};
use crate::model::time::{Millis, Time};

/// The draft: what is known is filled in, what only people know has its heading.
pub fn review(facts: &Facts<'_>, it: &Incident, found: &Found) -> String {
    let mut out = String::new();
    head(facts, it, &mut out);
    let end = it.resolved.as_ref().map_or(facts.now, |deed| deed.at);
    timeline(facts, it, end, &mut out);
    let before = facts.happened(it.opened - BEFORE, it.opened);
    let own = |one: &Happened| one.service == it.service;
    let (mut near, far): (Vec<_>, Vec<_>) = before.into_iter().partition(own);
    near.reverse();
    let said = |one: &Happened| format!("{} before: {}", it.opened.since(one.at).long(), one.text);
    let known = facts.changes_known_from(it.opened - BEFORE);
    let empty = if known.is_some() { "nothing that is kept" } else { "nothing on this service" };
    section(&mut out, "What changed in the hour before", empty, near.iter().map(said).collect());
    if let Some(since) = known {
        let _ = writeln!(out, "What is kept of changes begins at {} UTC: there may have been more before that.\n", day(since));
    }
    if let Some(id) = it.deployment.as_ref().filter(|id| !facts.deployments.iter().any(|it| it.id == **id)) {
        let _ = writeln!(out, "It began with the deployment {}, which is not kept any more.\n", line(id.as_str()));
    }
    if !far.is_empty() {
        section(&mut out, "What changed elsewhere in that hour", "nothing", far.iter().rev().map(said).collect());
    }
    charts(facts, it, found, &mut out);
    log(it, found, &mut out);
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
    let _ = writeln!(out, "- times are in UTC; those without a date are of {}", date(it.opened));
    for closed in &it.closed {
        let meanwhile = closed.to.since(closed.from).long();
        let _ = writeln!(
            out,
            "- was closed: {} to {} ({meanwhile}), then reopened",
            moment(closed.from, it.opened),
            moment(closed.to, it.opened)
        );
    }
    if let Some(due) = it.due.or_else(|| facts.times.due(&it.severity, it.clock_from())) {
        let _ = writeln!(out, "- to be acknowledged by: {} UTC", day(due));
    }
    if let Some(one) = it.deployment.as_ref().and_then(|id| facts.deployments.iter().find(|one| one.id == *id))
        && let Some((at, text)) = deployed(one)
    {
        let before = it.opened.since(at).long();
        let _ = writeln!(out, "- began with: {}: {text}, {before} before", facts.service(&one.service));
    }
    for twin in facts.twins(it) {
        let _ = writeln!(out, "- also open, and began with the same release: {twin}");
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
    section(out, "Timeline", "nothing is known", all.into_iter().map(|(at, text)| format!("{} {text}", moment(at, it.opened))).collect());
}

fn steps(it: &Incident, out: &mut String) {
    let _ = writeln!(out, "## Steps\n");
    for step in &it.steps {
        let (sign, who) = match &step.done {
            Some(deed) => {
                ("x", format!(": {} after {}, by {}", moment(deed.at, it.opened), deed.at.since(it.opened).long(), line(&deed.by)))
            }
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
        let _ = writeln!(out, "{} {}:\n\n{}", moment(note.at, it.opened), line(&note.by), quote(&note.text));
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
    let steps = it.steps.iter().filter_map(|step| Some(format!("{} ({})", step.step.label(), moment(step.done.as_ref()?.at, now))));
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
