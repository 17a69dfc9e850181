//! Opening an incident by hand.

use crate::model::event::ObjectRef;
use crate::model::ids::IncidentId;
use crate::model::incident::Severity;
use crate::model::request::NewIncident;
use crate::model::text::Clean;

use super::checks::{conflict, invalid, missing};
use super::turn::Turn;
use super::writes::Written;

/// Longest title of an incident that is declared by hand, in bytes: it is read in a line.
const TITLE: usize = 200;
/// How the cause of such an incident begins; its own id follows.
const BY_HAND: &str = "by_hand:";

impl Turn<'_> {
    /// Opens an incident because somebody says so. It is a cause of its own: no rule closes it, and none is kept from opening another.
    pub fn declare(&mut self, it: &NewIncident, by: &Clean) -> Written {
        let title = it.title.trim();
        if title.is_empty() {
            return Err(invalid("the incident needs a title: what is wrong, in a line"));
        }
        if title.len() > TITLE {
            return Err(invalid(format!(
                "the title is {} bytes long; the most are {TITLE}: shorten it, and write the rest as a note",
                title.len()
            )));
        }
        if let Severity::Other(word) = &it.severity {
            return Err(invalid(format!("the severity `{word}` is none of P1, P2, P3, P4")));
        }
        if !self.s.projects.contains_key(&it.project) {
            return Err(missing(format!("no project `{}`", it.project)));
        }
        let service = it.service.as_ref().map(|id| self.service(id)).transpose()?;
        if let Some(other) = service.filter(|other| other.project != it.project) {
            return Err(invalid(format!("the service `{}` is not of the project `{}`", other.id, it.project)));
        }
        let (deployment, title) = (service.and_then(|it| it.live.clone()), Clean::new(title));
        let twin = self.s.incidents.values().find(|old| {
            old.is_open()
                && old.cause.starts_with(BY_HAND)
                && (&old.project, &old.service, &old.title) == (&it.project, &it.service, &title)
        });
        if let Some(twin) = twin {
            return Err(conflict(format!("{} is open and says the same: work on that one", twin.id)));
        }
        let place = (it.project.clone(), it.service.clone(), deployment);
        let cause = |id: &IncidentId| Clean::from(format!("{BY_HAND}{id}"));
        let id = self.open_incident(place, it.severity.clone(), title.clone(), cause, by);
        self.trail = Some(format!("{id}: {title}"));
        Ok((format!("{id} declared as {}: {title}", it.severity.label()), Some(ObjectRef::Incident(id))))
    }
}
