//! The hand-off report: what the next person on call must know, as Markdown. Pure; all times in UTC.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::handoff_facts::{Facts, deployed};
use super::handoff_markdown::{date, day, line, moment, quote};
use crate::model::deploy::{DeployStatus, Trigger};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::incident::Incident;
use crate::model::service::Health;
use crate::model::time::{Millis, Time};

/// How far back the report of the dashboard looks: a shift.
pub const SHIFT: Millis = Millis::hours(12);
/// Failures of one service from which on it flaps: it went wrong, came back, and went wrong again.
const FLAPS: usize = 3;
/// Lines of a list that grows with the time looked at.
const MOST: usize = 60;

/// What happened since `since`, for whoever takes over.
pub fn handoff(facts: &Facts<'_>, since: Time) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# Hand-off\n\n{} to {} UTC ({})", day(since), day(facts.now), facts.now.since(since).long());
    let _ = writeln!(out, "Times are in UTC; those without a date are of {}.\n", date(facts.now));
    if let Some(known) = facts.changes_known_from(since) {
        let _ = writeln!(
            out,
            "**What is kept of changes begins at {} UTC**: what was changed before that, and what ended by itself, is not told.\n",
            day(known)
        );
    }
    incidents(facts, since, &mut out);
    trouble(facts, since, &mut out);
    deployments(facts, since, &mut out);
    changes(facts, since, &mut out);
    notes(facts, since, &mut out);
    out
}

fn incidents(facts: &Facts<'_>, since: Time, out: &mut String) {
    let mut open: Vec<&Incident> = facts.incidents.iter().copied().filter(|it| it.is_open()).collect();
    open.sort_by(|a, b| (&a.severity, a.opened, &a.id).cmp(&(&b.severity, b.opened, &b.id)));
    let lines = open.iter().map(|it| {
        let owner = it.acknowledged.as_ref().map_or_else(|| "**nobody has it**".to_owned(), |deed| format!("{} has it", line(&deed.by)));
        let clock = facts.times.clock(it, facts.now).map(|clock| format!(", {}", facts.times.words(&clock))).unwrap_or_default();
        let steps = format!("{} of {} steps", it.ticked(), it.steps.len());
        let twins = facts.twins(it);
        let twins = if twins.is_empty() { String::new() } else { format!("; also {}, same release", twins.join(", ")) };
        format!(
            "{}, {}, since {} ({}): {owner}{clock}, {steps}{twins}",
            title(it),
            facts.place(it),
            moment(it.opened, facts.now),
            facts.now.since(it.opened).long()
        )
    });
    section(out, "Open incidents", "none", lines.collect());
    let mut closed: Vec<(Time, &Incident)> = facts
        .incidents
        .iter()
        .filter_map(|it| Some((it.resolved.as_ref()?.at, *it)))
        .filter(|(at, it)| *at >= since && !it.is_open())
        .collect();
    closed.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    let lines = closed.iter().map(|(at, it)| {
        let deed = it.resolved.as_ref();
        let why = deed.and_then(|deed| deed.reason.as_ref()).map(|why| format!(": {}", line(why))).unwrap_or_default();
        let by = deed.map(|deed| line(&deed.by)).unwrap_or_default();
        let (from, to) = (moment(it.opened, facts.now), moment(*at, facts.now));
        format!("{}, {}, {from} to {to} ({}), by {by}{why}", title(it), facts.place(it), at.since(it.opened).long())
    });
    section(out, "Incidents closed meanwhile", "none", lines.collect());
}

/// `**P1** api: 5xx above 5 % (inc_1)`
fn title(it: &Incident) -> String {
    format!("**{}** {} ({})", line(&it.severity.label()), line(&it.title), line(it.id.as_str()))
}

/// What still fails, and what went wrong again and again.
fn trouble(facts: &Facts<'_>, since: Time, out: &mut String) {
    let failing = facts.services.iter().filter_map(|it| {
        let last = facts.deployments.iter().filter(|one| one.service == it.id).max_by_key(|one| one.created);
        let last = last.filter(|one| matches!(one.status, DeployStatus::Failed | DeployStatus::Crashed)).and_then(|one| deployed(one));
        let why = it.reason.as_ref().map(|why| format!(": {}", line(why))).unwrap_or_default();
        match (&it.health, last) {
            (Health::Failed | Health::CrashLoop, _) => Some(format!("{} is in {}{why}", facts.service(&it.id), health(&it.health))),
            (_, Some((at, text))) => {
                Some(format!("{}: its last deployment failed at {}: {text}", facts.service(&it.id), moment(at, facts.now)))
            }
            _ => None,
        }
    });
    section(out, "Still failing", "nothing", failing.collect());
    let mut counts: BTreeMap<&ServiceId, (usize, usize, usize)> = BTreeMap::new();
    for it in facts.audit.iter().filter(|it| it.at >= since && &*it.action == "replica.exited") {
        it.service.iter().for_each(|id| counts.entry(id).or_default().0 += 1);
    }
    for it in facts.incidents.iter().filter(|it| it.opened >= since) {
        it.service.iter().for_each(|id| counts.entry(id).or_default().1 += 1);
    }
    let failed = |status: &DeployStatus| matches!(status, DeployStatus::Failed | DeployStatus::Crashed);
    for it in facts.deployments.iter().filter(|it| failed(&it.status) && it.finished.is_some_and(|at| at >= since)) {
        counts.entry(&it.service).or_default().2 += 1;
    }
    let flapping = counts.iter().filter(|(_, (exits, opened, failed))| exits + opened + failed >= FLAPS);
    let lines = flapping.map(|(id, (exits, opened, failed))| {
        // Of a loop only the first exits are in the trail, and of replicas their restarts since the platform's own start.
        let exits = ("at least ", restarts(facts, id, since).max(*exits), "exit");
        let parts = [exits, ("", *opened, "incident"), ("", *failed, "failed deployment")];
        let parts = parts.iter().filter(|it| it.1 > 0);
        let said: Vec<String> = parts.map(|(most, n, what)| format!("{most}{n} {what}{}", if *n == 1 { "" } else { "s" })).collect();
        format!("{}: {}", facts.service(id), said.join(", "))
    });
    section(out, "Flapping", "nothing", lines.collect());
}

/// How often replicas of a service were started again that first served after `since`; of older ones it is not known when.
fn restarts(facts: &Facts<'_>, id: &ServiceId, since: Time) -> usize {
    let young = |id: &DeploymentId| facts.deployments.iter().any(|it| it.id == *id && it.live_from.is_some_and(|at| at >= since));
    let all = facts.services.iter().filter(|it| it.id == *id).flat_map(|it| &it.replicas);
    all.filter(|it| young(&it.deployment)).fold(0, |sum, it| sum.saturating_add(it.restarts as usize))
}

fn health(it: &Health) -> &'static str {
    if *it == Health::CrashLoop { "a crash loop" } else { "failure" }
}

fn deployments(facts: &Facts<'_>, since: Time, out: &mut String) {
    let mut all: Vec<(Time, bool, String)> = facts
        .deployments
        .iter()
        .filter_map(|it| {
            let (at, text) = deployed(it)?;
            Some((at, it.trigger == Trigger::Rollback, format!("{} {}: {text}", moment(at, facts.now), facts.service(&it.service))))
        })
        .filter(|(at, ..)| *at >= since)
        .collect();
    all.sort();
    let of = |back: bool| all.iter().filter(|it| it.1 == back).map(|it| it.2.clone()).collect::<Vec<_>>();
    section(out, "Deployments", "none", of(false));
    section(out, "Rollbacks", "none", of(true));
    let running = facts.deployments.iter().filter(|it| it.status.running());
    let running: Vec<String> = running
        .map(|it| format!("{}: {} at {} %, asked for by {}", facts.service(&it.service), line(it.status.word()), it.progress, line(&it.by)))
        .collect();
    if !running.is_empty() {
        section(out, "On their way", "none", running);
    }
}

/// What else was changed: variables, replicas, restarts. Exits are counted above.
fn changes(facts: &Facts<'_>, since: Time, out: &mut String) {
    let all = facts.changed(since, facts.now, false);
    let empty = if facts.changes_known_from(since).is_some() { "none that is kept" } else { "none" };
    section(out, "Other changes", empty, all.iter().map(|it| format!("{} {}", moment(it.at, facts.now), it.text)).collect());
}

fn notes(facts: &Facts<'_>, since: Time, out: &mut String) {
    let _ = writeln!(out, "## Notes\n");
    let mut all: Vec<_> =
        facts.incidents.iter().flat_map(|it| it.notes.iter().map(move |note| (note, *it))).filter(|(note, _)| note.at >= since).collect();
    all.sort_by(|a, b| (a.0.at, &a.1.id).cmp(&(b.0.at, &b.1.id)));
    if all.is_empty() {
        let _ = writeln!(out, "none");
    }
    for (note, it) in all {
        let _ =
            writeln!(out, "- {} {} on {} {}:\n", moment(note.at, facts.now), line(&note.by), line(&it.severity.label()), line(&it.title));
        for row in quote(&note.text).lines() {
            let _ = writeln!(out, "  {row}");
        }
        out.push('\n');
    }
}

/// A heading and its list; of a long one the newest, and how many there were before.
pub fn section(out: &mut String, title: &str, empty: &str, lines: Vec<String>) {
    let _ = writeln!(out, "## {title}\n");
    if lines.is_empty() {
        let _ = writeln!(out, "{empty}");
    }
    let before = lines.len().saturating_sub(MOST);
    if before > 0 {
        let _ = writeln!(out, "- {before} before these");
    }
    for it in lines.into_iter().skip(before) {
        let _ = writeln!(out, "- {it}");
    }
    out.push('\n');
}
