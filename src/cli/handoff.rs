//! `trackside handoff` and `trackside incident`: reports as Markdown, to stdout, a file or the clipboard.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use super::clock::now;
use super::exit::{FAILED, Failure, OK, Outcome};
use super::incident_args::{Handoff, Incident, To};
use super::names;
use super::reach::Reach;
use crate::app::handoff::handoff;
use crate::app::handoff_facts::Facts;
use crate::app::handoff_found::{Found, questions};
use crate::app::handoff_review::review;
use crate::model::event::{Answer, Snapshot};
use crate::model::ids::{ProjectId, ServiceId};
use crate::model::incident::Severity;
use crate::model::request::{NewIncident, Request};
use crate::model::response::Response;
use crate::model::time::Millis;
use crate::runtime::clipboard::{Around, LIMIT, tmux};

/// The hand-off report.
pub async fn run(reach: &Reach, times: &Response, it: Handoff) -> Outcome {
    let all = reach.all().await?;
    let facts = Facts::of(&all, times, now());
    let span = Millis(i64::try_from(it.since.as_millis()).unwrap_or(i64::MAX));
    give(reach, "hand-off", &handoff(&facts, facts.now - span), &it.to)
}

/// Declares an incident, or drafts the review of one.
pub async fn incident(reach: &Reach, times: &Response, it: Incident) -> Outcome {
    match it {
        Incident::Declare { severity, place, title } => declare(reach, severity, &place, title).await,
        Incident::Export { incident, to } => export(reach, times, &incident, &to).await,
    }
}

async fn declare(reach: &Reach, severity: Severity, place: &str, title: String) -> Outcome {
    let all = reach.all().await?;
    let (project, service) = about(&all, place)?;
    reach.write_and_say(&Request::Declare(NewIncident { project, service, severity, title })).await
}

/// A service, or else a project of that name.
fn about(all: &Snapshot, place: &str) -> Result<(ProjectId, Option<ServiceId>), Failure> {
    match (names::service(all, place), names::project(all, place)) {
        (Ok(it), _) => Ok((it.project.clone(), Some(it.id.clone()))),
        (Err(_), Ok(it)) => Ok((it.id.clone(), None)),
        (Err(why), Err(_)) => Err(why),
    }
}

async fn export(reach: &Reach, times: &Response, id: &str, to: &To) -> Outcome {
    let all = reach.all().await?;
    let (now, it) = (now(), names::incident(&all, id)?);
    let mut found = Found::nothing(it);
    for (what, question) in questions(it, now) {
        let answer = reach.in_turn(async || reach.client.ask(&question, "cli", None).await).await;
        let answer = answer.unwrap_or_else(Answer::Failed);
        // A draft without its charts is better than none; that they are missing, and why, is said in it and here.
        if let Answer::Failed(fault) = &answer {
            reach.out.note(&format!("{}: {fault}", question.name()));
        }
        found.take(what, answer);
    }
    give(reach, "review", &review(&Facts::of(&all, times, now), it, &found), to)
}

fn give(reach: &Reach, what: &str, text: &str, to: &To) -> Outcome {
    let failed = |why: String| Failure::new(FAILED, why);
    if let Some(file) = &to.output {
        // Whoever may read it is who wrote it: it holds what an on-call screen holds.
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        opened.and_then(|mut it| it.write_all(text.as_bytes())).map_err(|err| {
            let why = match err.kind() {
                ErrorKind::AlreadyExists => "there is such a file already, and it is left as it is; name another one".to_owned(),
                _ => err.to_string(),
            };
            failed(format!("{} was not written: {why}", file.display()))
        })?;
        reach.out.note(&format!("{what} written to {}", file.display()));
    } else if to.copy {
        copy(text).map_err(failed)?;
        reach.out.note(&format!("{what} copied"));
    } else if reach.out.is_json() {
        reach.out.json(&serde_json::json!({ "markdown": text }))?;
    } else {
        reach.out.line(text.trim_end())?;
    }
    Ok(OK)
}

fn copy(text: &str) -> Result<(), String> {
    if text.len() > LIMIT {
        return Err(format!("it is too long for a terminal's clipboard ({} bytes): write it to a file with --output", text.len()));
    }
    let around = Around::detect();
    if around == Around::Tmux && tmux(text).is_ok() {
        return Ok(());
    }
    let tty = OpenOptions::new().write(true).open("/dev/tty");
    tty.and_then(|mut it| it.write_all(&around.sequence(text))).map_err(|err| format!("there is no terminal to copy through: {err}"))
}
