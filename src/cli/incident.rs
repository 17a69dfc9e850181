//! `trackside incidents`, `ack`, `resolve`, `note`.

use serde::Serialize;

use super::clock::now;
use super::exit::{OK, Outcome};
use super::names;
use super::reach::Reach;
use crate::model::event::Snapshot;
use crate::model::incident::Incident;
use crate::model::request::Request;
use crate::model::response::{Clock, Response};
use crate::model::time::Time;

/// An incident for programs, with its response clock; `null`: none runs.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    it: &'a Incident,
    clock: Option<Clock>,
}

/// Lists incidents, worst first.
pub async fn list(reach: &Reach, times: &Response, closed_too: bool) -> Outcome {
    let all = reach.all().await?;
    if reach.out.is_json() {
        let now = now();
        let said: Vec<Said<'_>> = sorted(&all, closed_too).into_iter().map(|it| Said { it, clock: times.clock(it, now) }).collect();
        reach.out.json(&said)?;
        return Ok(OK);
    }
    let rows = rows(&all, times, now(), closed_too);
    if rows.is_empty() {
        reach.out.line("no open incidents")?;
    }
    reach.out.table(&rows)?;
    Ok(OK)
}

/// Asks for something about the incident `id`.
pub async fn write(reach: &Reach, id: &str, request: impl FnOnce(crate::model::ids::IncidentId) -> Request) -> Outcome {
    let all = reach.all().await?;
    let id = names::incident(&all, id)?.id.clone();
    reach.write_and_say(&request(id)).await
}

/// Incidents in columns: id, severity, status, clock, where, what.
pub fn rows(all: &Snapshot, times: &Response, now: Time, closed_too: bool) -> Vec<Vec<String>> {
    let row = |it: &&Incident| {
        let service = it.service.as_ref().and_then(|id| all.services.iter().find(|it| it.id == *id));
        let clock = match times.clock(it, now) {
            Some(clock) => times.words(&clock),
            None => now.since(it.opened).short(),
        };
        let place = service.map_or_else(String::new, |it| names::path(all, it));
        vec![it.id.to_string(), it.severity.label(), it.status.to_string(), clock, place, it.title.to_string()]
    };
    sorted(all, closed_too).iter().map(row).collect()
}

fn sorted(all: &Snapshot, closed_too: bool) -> Vec<&Incident> {
    let mut list: Vec<&Incident> = all.incidents.iter().filter(|it| closed_too || it.is_open()).collect();
    list.sort_by(|a, b| (!a.is_open(), &a.severity, a.opened).cmp(&(!b.is_open(), &b.severity, b.opened)));
    list
}
