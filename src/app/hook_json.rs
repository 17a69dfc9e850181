//! What a command of the config gets on its input: one shape, whether it passes news on, escalates an incident or opens a channel.
//! `event`, `at`, `context`, `title`, `text`, and what it is about under its own name. The README documents it.

use serde_json::{Value, json};

use super::state::App;
use crate::model::incident::Incident;
use crate::model::response::{Clock, escalation};
use crate::model::text::clean_line;

impl App {
    /// The JSON of `event`. Title and text are made fit for a terminal; they may hold anything a platform said.
    pub fn hook_json(&self, event: &str, title: &str, text: &str, (name, about): (&str, Value)) -> String {
        json!({
            "event": event,
            "at": self.now,
            "context": self.settings.context,
            "title": clean_line(title),
            "text": clean_line(text),
            (name): about,
        })
        .to_string()
    }

    /// An incident as every hook gets it: where it is by name, its clock and what is to be done now (`null`: no clock runs, or nothing
    /// beyond answering), and the whole object.
    pub fn hook_incident(&self, it: &Incident, clock: Option<&Clock>) -> Value {
        json!({
            "project": self.project_name(&it.project),
            "service": it.service.as_ref().map(|id| self.service_name(id)),
            "clock": clock,
            "then": clock.and_then(|clock| escalation(&it.severity, clock.heat)),
            "object": it,
        })
    }
}
