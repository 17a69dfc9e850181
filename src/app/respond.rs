//! Doing a step of the runbook ticks it; and the commands that open a channel or escalate.

use super::effect::Fx;
use super::state::{App, NoticeKind};
use crate::model::event::ObjectRef;
use crate::model::ids::IncidentId;
use crate::model::incident::{Incident, Step};
use crate::model::request::Request;
use crate::model::response::{Clock, escalation};

impl App {
    /// What a step asks for was done: it is ticked, unless it is already.
    pub fn did(&mut self, fx: &mut Fx, it: &Incident, step: &Step) {
        let open = it.steps.iter().any(|one| one.step == *step && one.done.is_none());
        let may = self.platform().is_some_and(|source| source.caps.incidents.check().is_ok()) && self.settings.read_only.is_none();
        if !open || !may {
            return;
        }
        let what = format!("tick \"{}\" of {}", step.label(), it.id);
        let request = Request::Tick { incident: it.id.clone(), step: step.clone(), done: true };
        self.send(fx, request, what, Some(ObjectRef::Incident(it.id.clone())), Some("untick it with x".to_owned()));
    }

    /// Runs the command that opens a channel; the first line it prints is where that is, and is noted.
    pub fn open_channel(&mut self, fx: &mut Fx, it: &Incident, command: String) {
        let what = format!("open a channel for {} {}", it.severity.label(), it.id);
        let json =
            self.hook_json("incident.channel", &named(it), &it.cause, ("incident", self.hook_incident(it, self.response(it).as_ref())));
        self.channels.insert(what.clone(), it.id.clone());
        self.hook(fx, command, json, &what);
        self.notify(NoticeKind::Info, "opening a channel");
    }

    /// A hook has ended. If it was one that opens a channel, where that is becomes a note, and the step is done.
    pub fn channel_opened(&mut self, fx: &mut Fx, what: &str, failed: bool, said: &[String]) {
        let Some(id) = self.channels.remove(what) else { return };
        let Some(it) = self.store.incidents.get(&id).cloned() else { return };
        if failed {
            return;
        }
        if let Some(place) = said.iter().map(|it| it.trim()).find(|it| !it.is_empty()) {
            let request = Request::Note { incident: id.clone(), text: format!("channel: {place}") };
            self.send(fx, request, format!("note the channel of {id}"), Some(ObjectRef::Incident(id)), None);
        }
        self.did(fx, &it, &Step::Channel);
    }

    /// Tells the command of the config that a clock has come a step further.
    pub fn escalate(&mut self, fx: &mut Fx, it: &Incident, clock: &Clock) {
        let Some(command) = self.settings.escalate.clone() else { return };
        let then = escalation(&it.severity, clock.heat).unwrap_or_default();
        let title = format!("{}: {}", named(it), self.clock_words(clock));
        let json = self.hook_json("incident.escalate", &title, then, ("incident", self.hook_incident(it, Some(clock))));
        self.hook(fx, command, json, &format!("escalate {} {}: {}", it.severity.label(), it.id, clock.words()));
    }

    /// Text that a person wrote and the platform did not take stands there again the next time.
    pub fn keep_note(&mut self, incident: &IncidentId, text: &str) {
        self.drafts.entry(incident.clone()).or_insert_with(|| text.to_owned());
    }
}

/// `P1 api: 5xx above 5 %`
fn named(it: &Incident) -> String {
    format!("{} {}", it.severity.label(), it.title.lines().next().unwrap_or_default())
}
