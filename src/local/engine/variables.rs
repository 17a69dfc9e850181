//! Variables of a service: set, unset, and what of that is remembered. Values stay with the service and are told to nobody.

use crate::model::audit::{VariableChange, VariableDeed};
use crate::model::event::ObjectRef;
use crate::model::ids::ServiceId;
use crate::model::text::Clean;

use super::checks;
use super::state::HISTORY;
use super::turn::Turn;
use super::writes::Written;

/// Changes remembered of one service: years of a service that is cared for by hand.
const CHANGES: usize = 500;

impl Turn<'_> {
    /// Sets and unsets variables; they count with the next deployment.
    pub fn set_variables(&mut self, id: &ServiceId, variables: &[(String, Option<String>)], by: &Clean) -> Written {
        let service = self.service(id)?.name.clone();
        variables.iter().try_for_each(|(name, value)| checks::variable(name, value.as_deref()))?;
        let mut all = self.s.secrets.get(id).cloned().unwrap_or_default();
        let mut deeds = Vec::new();
        for (name, value) in variables {
            let (old, deed) = match value {
                Some(value) => (all.variables.insert(name.clone(), value.clone()), VariableDeed::Set),
                None => (all.variables.remove(name), VariableDeed::Unset),
            };
            // The same value again, or nothing taken away, changes nothing.
            match (old, deed) {
                (None, VariableDeed::Set) => deeds.push((name.as_str(), VariableDeed::Set)),
                (Some(old), VariableDeed::Set) if Some(&old) != value.as_ref() => deeds.push((name.as_str(), VariableDeed::Changed)),
                (Some(_), VariableDeed::Unset) => deeds.push((name.as_str(), VariableDeed::Unset)),
                _ => {}
            }
        }
        checks::variables(all.variables.len())?;
        self.s.secrets.insert(id.clone(), all);
        self.keep_secret(id);
        self.remember(id, deeds, by);
        self.touch_service(id);
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        let gone: Vec<&str> = variables.iter().filter(|it| it.1.is_none()).map(|(name, _)| name.as_str()).collect();
        let deed = if gone.len() == names.len() { "unset" } else { "set" };
        let text = format!("{}: variables {} {deed}; they take effect with the next deployment", self.target(id), names.join(", "));
        self.trail = Some(format!("{service}: {}", names.join(", ")));
        Ok((text, Some(ObjectRef::Service(id.clone()))))
    }

    /// Writes down what was done to which variable.
    pub fn remember(&mut self, id: &ServiceId, deeds: Vec<(&str, VariableDeed)>, by: &Clean) {
        if deeds.is_empty() {
            return;
        }
        let now = self.now;
        let history = self.s.histories.entry(id.clone()).or_default();
        history.extend(deeds.into_iter().map(|(name, deed)| VariableChange { at: now, by: by.clone(), name: Clean::new(name), deed }));
        history.drain(..history.len().saturating_sub(CHANGES));
        let json = serde_json::to_string(history).ok();
        self.keep(HISTORY, id.as_str(), json);
    }

    /// The service is no more.
    pub fn forget_variables(&mut self, id: &ServiceId) {
        if self.s.histories.remove(id).is_some() {
            self.keep(HISTORY, id.as_str(), None);
        }
    }
}
