//! Incidents: opened and closed by rules, worked on by people.

use crate::local::port::{Command, Refusal};
use crate::local::rules::Deed;
use crate::model::event::ObjectRef;
use crate::model::ids::{DeploymentId, IncidentId, ProjectId, ServiceId};
use crate::model::incident::{Deed as Done, Incident, IncidentStatus, Note, Severity, Step, StepDone};
use crate::model::request::Request;
use crate::model::response::Response;
use crate::model::text::Clean;

use super::checks::{conflict, invalid, missing};
use super::reopened::reopen;
use super::turn::{PLATFORM, Turn};
use super::writes::Written;

/// Longest note or reason, in bytes.
const NOTE: usize = 2 * 1024;
/// Most notes. With the timeline they bound an incident, which must fit into one frame of the stream.
const NOTES: usize = 100;
/// Of the timeline the beginning stays, and of the rest what is newest.
const FIRST: usize = 5;
const TIMELINE: usize = 100;

impl Turn<'_> {
    /// What a rule wants. One cause has at most one open incident.
    pub fn deed(&mut self, deed: Deed) {
        match deed {
            Deed::Touch { cause, note } => self.note(&cause, note),
            Deed::Raise { cause, severity, title } => self.raise(&cause, severity, title),
            Deed::Open { cause, service, deployment, severity, title } => {
                if self.s.incidents.values().any(|it| it.cause == cause && it.is_open()) {
                    return;
                }
                let Some(project) = self.s.services.get(&service).map(|it| it.project.clone()) else { return };
                let by = Clean::new(PLATFORM);
                let place = (project.clone(), Some(service.clone()), deployment);
                let id = self.open_incident(place, severity, title.clone(), |_| cause, &by);
                self.audit(&by, "incident.open", Some(project), Some(service), format!("{id}: {title}"), "ok");
            }
            Deed::Close { cause, reason } => {
                let open = self.s.incidents.values().find(|it| it.cause == cause && it.is_open()).map(|it| it.id.clone());
                if let Some(id) = open {
                    self.resolve(&id, &Clean::new(PLATFORM), Some(reason));
                }
            }
        }
    }

    pub(super) fn open_incident(
        &mut self,
        (project, service, deployment): (ProjectId, Option<ServiceId>, Option<DeploymentId>),
        severity: Severity,
        title: Clean,
        cause: impl FnOnce(&IncidentId) -> Clean,
        by: &Clean,
    ) -> IncidentId {
        let id = IncidentId::new(self.id('i'));
        let incident = Incident {
            id: id.clone(),
            project,
            service,
            deployment,
            clock_from: None,
            due: self.s.set.response.due(&severity, self.now),
            severity,
            status: IncidentStatus::Triggered,
            cause: cause(&id),
            opened: self.now,
            acknowledged: None,
            mitigated: None,
            resolved: None,
            closed: Vec::new(),
            steps: Step::KNOWN.iter().map(|it| StepDone { step: it.clone(), done: None }).collect(),
            notes: Vec::new(),
            timeline: vec![Note { at: self.now, by: by.clone(), text: Clean::from(format!("opened: {title}")) }],
            title,
            rev: 0,
        };
        self.s.incidents.insert(id.clone(), incident);
        self.dirty.insert(ObjectRef::Incident(id.clone()));
        id
    }

    /// An open incident is worse than it was: in its place, so that one trouble calls nobody twice. Its time to answer begins to run
    /// now, but never later than the one it had.
    fn raise(&mut self, cause: &Clean, severity: Severity, title: Clean) {
        let now = self.now;
        let Some(it) = self.s.incidents.values_mut().find(|it| it.cause == *cause && it.is_open()) else { return };
        if severity >= it.severity {
            return self.note(cause, title);
        }
        let by = Clean::new(PLATFORM);
        let said = format!("raised to {}: {title}", severity.label());
        let due = self.s.set.response.due(&severity, now);
        if let Some(due) = due.filter(|due| it.due.is_none_or(|held| *due < held)) {
            (it.due, it.clock_from) = (Some(due), Some(now));
        }
        (it.severity, it.title) = (severity, title);
        record(it, Note { at: now, by: by.clone(), text: Clean::from(said.clone()) });
        let (id, project, service) = (it.id.clone(), it.project.clone(), it.service.clone());
        self.audit(&by, "incident.raise", Some(project), service, format!("{id}: {said}"), "ok");
        self.dirty.insert(ObjectRef::Incident(id));
    }

    fn note(&mut self, cause: &Clean, text: Clean) {
        let now = self.now;
        let Some(it) = self.s.incidents.values_mut().find(|it| it.cause == *cause && it.is_open()) else { return };
        record(it, Note { at: now, by: Clean::new(PLATFORM), text });
        let id = it.id.clone();
        self.dirty.insert(ObjectRef::Incident(id));
    }

    /// Closes what is open about a service that is no more.
    pub fn close_incidents(&mut self, service: &ServiceId, by: &Clean) {
        let open: Vec<IncidentId> =
            self.s.incidents.values().filter(|it| it.service.as_ref() == Some(service) && it.is_open()).map(|it| it.id.clone()).collect();
        for id in open {
            self.resolve(&id, by, Some(Clean::new("the service was removed")));
        }
    }

    fn resolve(&mut self, id: &IncidentId, by: &Clean, reason: Option<Clean>) {
        let done = Done { by: by.clone(), at: self.now, reason: reason.clone() };
        let said = reason.map_or_else(|| "resolved".to_owned(), |it| format!("resolved: {it}"));
        let now = self.now;
        let Some(it) = self.s.incidents.get_mut(id) else { return };
        it.status = IncidentStatus::Resolved;
        it.resolved = Some(done);
        record(it, Note { at: now, by: by.clone(), text: Clean::from(said.clone()) });
        let (project, service) = (it.project.clone(), it.service.clone());
        self.dirty.insert(ObjectRef::Incident(id.clone()));
        if **by == *PLATFORM {
            self.audit(by, "incident.close", Some(project), service, format!("{id}: {said}"), "ok");
        }
    }

    /// What people do with an incident.
    pub fn incident_write(&mut self, command: &Command) -> Written {
        let id = match &command.request {
            Request::Acknowledge { incident }
            | Request::Mitigate { incident }
            | Request::Resolve { incident, .. }
            | Request::Reopen { incident }
            | Request::SetSeverity { incident, .. }
            | Request::Tick { incident, .. }
            | Request::Note { incident, .. } => incident.clone(),
            _ => return Err(invalid("this is no write")),
        };
        let mut it = self.s.incidents.get(&id).cloned().ok_or_else(|| missing(format!("no incident `{id}`")))?;
        let by = &command.actor.name;
        let done = Done { by: by.clone(), at: self.now, reason: None };
        if let Request::Resolve { reason, .. } = &command.request {
            open(&it)?;
            let reason = reason.as_deref().map(str::trim).filter(|it| !it.is_empty());
            reason.map_or(Ok(()), |it| fits(it, "reason"))?;
            self.resolve(&id, by, reason.map(Clean::paragraph));
            if let Some(it) = self.s.incidents.get_mut(&id) {
                // Who resolves it says that it is fixed.
                it.tick(&Step::Verify, Some(&done));
            }
            return Ok((format!("{id} resolved"), Some(ObjectRef::Incident(id))));
        }
        let twin = self.s.incidents.values().find(|other| other.cause == it.cause && other.is_open() && other.id != id);
        if let (Request::Reopen { .. }, Some(twin)) = (&command.request, twin) {
            return Err(conflict(format!("{} is open about the same cause: work on that one", twin.id)));
        }
        let said = act(&mut it, &command.request, &done, &self.s.set.response)?;
        record(&mut it, Note { at: self.now, by: by.clone(), text: Clean::new(&said) });
        self.s.incidents.insert(id.clone(), it);
        self.dirty.insert(ObjectRef::Incident(id.clone()));
        Ok((format!("{id} {said}"), Some(ObjectRef::Incident(id))))
    }
}

/// A line for the timeline, which stays within its bound.
pub(super) fn record(it: &mut Incident, note: Note) {
    it.timeline.push(note);
    while it.timeline.len() > TIMELINE {
        it.timeline.remove(FIRST);
    }
}

fn fits(text: &str, what: &str) -> Result<(), Refusal> {
    let long = text.len();
    if long <= NOTE { Ok(()) } else { Err(invalid(format!("the {what} is {long} bytes long; the most are {NOTE}: shorten it"))) }
}

fn open(it: &Incident) -> Result<(), Refusal> {
    if it.is_open() { Ok(()) } else { Err(conflict(format!("{} is resolved: reopen it first", it.id))) }
}

fn acknowledge(it: &mut Incident, done: &Done) {
    if it.acknowledged.is_none() {
        it.acknowledged = Some(done.clone());
        it.tick(&Step::Acknowledge, Some(done));
    }
    if it.status == IncidentStatus::Triggered {
        it.status = IncidentStatus::Acknowledged;
    }
}

/// Changes the incident and says what was done.
fn act(it: &mut Incident, request: &Request, done: &Done, times: &Response) -> Result<String, Refusal> {
    match request {
        Request::Acknowledge { .. } => {
            open(it)?;
            if let Some(by) = &it.acknowledged {
                return Err(conflict(format!("{} was acknowledged by {} already", it.id, by.by)));
            }
            acknowledge(it, done);
            Ok("acknowledged".to_owned())
        }
        Request::Mitigate { .. } => {
            open(it)?;
            if it.mitigated.is_some() {
                return Err(conflict(format!("{} is mitigated already", it.id)));
            }
            acknowledge(it, done);
            it.mitigated = Some(done.clone());
            it.status = IncidentStatus::Mitigated;
            it.tick(&Step::Mitigate, Some(done));
            Ok("mitigated".to_owned())
        }
        Request::Reopen { .. } => {
            if it.is_open() {
                return Err(conflict(format!("{} is open", it.id)));
            }
            reopen(it, done, times);
            Ok("reopened".to_owned())
        }
        Request::SetSeverity { severity, .. } => {
            open(it)?;
            if let Severity::Other(word) = severity {
                return Err(invalid(format!("the severity `{word}` is none of P1, P2, P3, P4")));
            }
            it.severity = severity.clone();
            // Whoever says how bad it is says how bad it has been: nobody gets more time by it than there was.
            it.due = times.due(severity, it.clock_from());
            Ok(format!("set to {}", severity.label()))
        }
        Request::Tick { step, done: ticked, .. } => {
            if let Step::Other(word) = step {
                return Err(invalid(format!("the runbook has no step `{word}`")));
            }
            if *ticked && *step == Step::Acknowledge {
                open(it)?;
                acknowledge(it, done);
            }
            it.tick(step, ticked.then_some(done));
            Ok(format!("step \"{}\" {}", step.label(), if *ticked { "done" } else { "not done after all" }))
        }
        Request::Note { text, .. } => write_note(it, text.trim(), done),
        _ => Err(invalid("this is no write")),
    }
}

fn write_note(it: &mut Incident, text: &str, done: &Done) -> Result<String, Refusal> {
    if text.is_empty() {
        return Err(invalid("the note is empty"));
    }
    fits(text, "note")?;
    if it.notes.len() >= NOTES {
        return Err(conflict(format!("an incident keeps at most {NOTES} notes, and {} has as many: write it down elsewhere", it.id)));
    }
    it.notes.push(Note { at: done.at, by: done.by.clone(), text: Clean::paragraph(text) });
    Ok("noted".to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::local::engine::{Happening, Settings, State, step};
    use crate::local::fingerprint::Fingerprints;
    use crate::local::port::{Actor, Loaded};
    use crate::model::project::Role;
    use crate::model::request::{NewIncident, NewProject, NewService};
    use crate::model::time::{Millis, Time};

    pub fn state() -> State {
        let minute = Millis::mins(1);
        let set = Settings {
            builds: 1,
            build_timeout: minute,
            health_timeout: minute,
            drain: minute,
            keep_releases: 1,
            crash_exits: 3,
            crash_window: minute,
            response: Response::default(),
            fingerprints: Fingerprints::new([0; 32]),
            open_files: 1024,
            isolation: Clean::new("none"),
        };
        let mut state = State::new(set, &Loaded::default());
        step(&mut state, Time(1), Happening::Boot);
        state
    }

    fn ask(state: &mut State, request: Request) -> Written {
        ask_at(state, Time(2), request)
    }

    pub fn ask_at(state: &mut State, at: Time, request: Request) -> Written {
        let actor = Actor { name: Clean::new("ada"), role: Role::Owner };
        let command = Command { actor, request, via: Clean::new("cli"), if_match: None, idempotency: None, secret: None };
        step(state, at, Happening::Command(Box::new(command))).reply.unwrap()
    }

    /// A platform with an incident that somebody declared.
    pub fn declared() -> (State, IncidentId) {
        let mut state = state();
        ask(&mut state, Request::CreateProject(NewProject { name: "shop".to_owned(), ..NewProject::default() })).unwrap();
        let project = state.projects.keys().next().unwrap().clone();
        let new = NewIncident { project, service: None, severity: Severity::P2, title: "slow".to_owned() };
        ask(&mut state, Request::Declare(new)).unwrap();
        let id = state.incidents.keys().next().unwrap().clone();
        (state, id)
    }

    #[test]
    fn a_clock_starts_anew_when_an_incident_is_reopened_and_not_when_somebody_calls_it_worse() {
        let times = Response::default();
        let (mut state, id) = declared();
        let mut does = |at: i64, request: Request| {
            ask_at(&mut state, Time(at * 60_000), request).unwrap();
            times.clock(&state.incidents[&id], Time(at * 60_000)).map(|it| (it.due.0 / 60_000, it.percent))
        };
        let worse = Request::SetSeverity { incident: id.clone(), severity: Severity::P1 };
        assert_eq!(does(9, worse.clone()), Some((15, 59)), "of its quarter of an hour nine minutes are gone");
        assert_eq!(does(10, Request::Resolve { incident: id.clone(), reason: None }), None);
        assert_eq!(does(600, Request::Reopen { incident: id.clone() }), Some((615, 0)), "nobody could answer while it was closed");
        assert_eq!(does(603, worse), Some((615, 20)));
    }

    #[test]
    fn an_incident_stays_within_bounds_however_much_happens() {
        let mut state = state();
        ask(&mut state, Request::CreateProject(NewProject { name: "shop".to_owned(), ..NewProject::default() })).unwrap();
        let project = state.projects.keys().next().unwrap().clone();
        let new = NewService::new(project, "api", "/srv/repo");
        ask(&mut state, Request::CreateService(Box::new(new))).unwrap();
        let (cause, service) = (Clean::new("no_replica:x"), state.services.keys().next().unwrap().clone());
        let open = Deed::Open { cause: cause.clone(), service, severity: Severity::P1, title: "down".into(), deployment: None };
        step(&mut state, Time(3), Happening::Deed(open));
        let incident = state.incidents.keys().next().unwrap().clone();
        for i in 0..300 {
            let note = Clean::from(format!("touch {i}"));
            step(&mut state, Time(4), Happening::Deed(Deed::Touch { cause: cause.clone(), note }));
        }
        let timeline = &state.incidents[&incident].timeline;
        let ends = (timeline[0].text.as_str(), timeline[4].text.as_str(), timeline[5].text.as_str(), timeline[99].text.as_str());
        assert_eq!((timeline.len(), ends), (100, ("opened: down", "touch 3", "touch 205", "touch 299")));

        let note = |text: String| Request::Note { incident: incident.clone(), text };
        assert!(ask(&mut state, note("x".repeat(NOTE + 1))).is_err());
        for _ in 0..NOTES {
            ask(&mut state, note("x".repeat(NOTE))).unwrap();
        }
        let Err(Refusal::Fault(fault)) = ask(&mut state, note("one more".to_owned())) else { panic!("it is refused") };
        assert!(format!("{fault:?}").contains("at most 100 notes"), "{fault:?}");
        assert_eq!(state.incidents[&incident].notes.len(), NOTES);
    }
}
