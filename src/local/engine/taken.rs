//! A rollback that takes back the release an incident began with is a step of that incident's runbook, whoever asked for it, and
//! wherever. It is done once the older release serves: before that it may still fail.

use crate::model::deploy::Trigger;
use crate::model::event::ObjectRef;
use crate::model::ids::DeploymentId;
use crate::model::incident::{Deed, Incident, Note, Step};
use crate::model::text::Clean;
use crate::model::time::Time;

use super::incidents::record;
use super::turn::Turn;

impl Turn<'_> {
    /// `id` serves now. If it is a rollback, open incidents that began with a release newer than the one it put back get their step.
    pub fn taken_back(&mut self, id: &DeploymentId) {
        let Some(it) = self.s.deployments.get(id).filter(|it| it.trigger == Trigger::Rollback) else { return };
        let Some((target, to)) = it.rollback_of.clone().and_then(|target| Some((target.clone(), self.release_age(&target)?))) else {
            return;
        };
        let (service, by, now) = (it.service.clone(), it.by.clone(), self.now);
        let taken = |incident: &Incident| match &incident.deployment {
            // With what it began nobody knows; of its own service this is the way back all the same.
            None => incident.service.as_ref() == Some(&service),
            Some(began) => {
                let began = self.s.deployments.get(began).filter(|one| one.service == service && one.live_from.is_some());
                began.and_then(|one| self.release_age(&one.id)).is_some_and(|built| built > to)
            }
        };
        let ids: Vec<_> = self.s.incidents.values().filter(|it| it.is_open() && taken(it)).map(|it| it.id.clone()).collect();
        for incident in ids {
            let Some(it) = self.s.incidents.get_mut(&incident) else { continue };
            it.tick(&Step::Mitigate, Some(&Deed { by: by.clone(), at: now, reason: None }));
            record(it, Note { at: now, by: by.clone(), text: Clean::from(format!("rolled back: {id} put {target} back")) });
            self.dirty.insert(ObjectRef::Incident(incident));
        }
    }

    /// When the release of a deployment was asked for: a rollback's is as old as the one it put back.
    fn release_age(&self, id: &DeploymentId) -> Option<Time> {
        let mut it = self.s.deployments.get(id)?;
        // Each puts back an older one, so that this ends; one that is kept no more ends it, too.
        while let Some(older) = it.rollback_of.as_ref().and_then(|id| self.s.deployments.get(id)).filter(|one| one.created < it.created) {
            it = older;
        }
        Some(it.created)
    }
}

#[cfg(test)]
mod tests {
    use super::super::incidents::tests::state;
    use super::*;
    use crate::local::engine::State;
    use crate::model::deploy::{DeployStatus, Deployment};
    use crate::model::incident::{IncidentStatus, Severity, StepDone};

    fn deployment(state: &mut State, id: &str, at: i64, service: &str, puts_back: Option<&str>) {
        let it = Deployment {
            id: id.into(),
            project: "p1".into(),
            service: service.into(),
            status: DeployStatus::Success,
            progress: 100,
            commit: None,
            branch: None,
            trigger: if puts_back.is_some() { Trigger::Rollback } else { Trigger::Git },
            by: "maya".into(),
            created: Time(at),
            stages: Vec::new(),
            finished: Some(Time(at + 1)),
            live_from: Some(Time(at + 1)),
            live_to: None,
            error: None,
            url: None,
            rollback_of: puts_back.map(Into::into),
            kept: true,
            isolation: None,
            release: None,
            rev: 0,
        };
        state.deployments.insert(it.id.clone(), it);
    }

    fn incident(state: &mut State, id: &str, service: &str, began: Option<&str>) {
        let it = Incident {
            id: id.into(),
            project: "p1".into(),
            service: Some(service.into()),
            deployment: began.map(Into::into),
            severity: Severity::P1,
            status: IncidentStatus::Triggered,
            title: "5xx".into(),
            cause: id.into(),
            opened: Time(40),
            clock_from: None,
            due: None,
            acknowledged: None,
            mitigated: None,
            resolved: None,
            closed: Vec::new(),
            steps: Step::KNOWN.iter().map(|it| StepDone { step: it.clone(), done: None }).collect(),
            notes: Vec::new(),
            timeline: Vec::new(),
            rev: 0,
        };
        state.incidents.insert(it.id.clone(), it);
    }

    #[test]
    fn a_rollback_ticks_the_step_of_what_began_with_the_release_it_takes_back_and_of_nothing_else() {
        let mut state = state();
        for (id, at, service, back) in [
            ("d1", 10, "api", None),
            ("d2", 20, "api", None),
            ("d3", 30, "api", None),
            ("w1", 31, "web", None),
            ("d4", 50, "api", Some("d2")),
            ("d5", 60, "api", Some("d4")),
        ] {
            deployment(&mut state, id, at, service, back);
        }
        incident(&mut state, "began-with-it", "api", Some("d3"));
        incident(&mut state, "felt-elsewhere", "web", Some("d3"));
        incident(&mut state, "before", "api", Some("d1"));
        incident(&mut state, "the-one-put-back", "api", Some("d2"));
        incident(&mut state, "of-another", "web", Some("w1"));
        incident(&mut state, "by-hand", "api", None);
        incident(&mut state, "closed", "api", Some("d3"));
        state.incidents.get_mut(&"closed".into()).unwrap().status = IncidentStatus::Resolved;
        let ticked = |state: &State| -> Vec<String> {
            let done = state.incidents.values().filter(|it| it.steps.iter().any(|step| step.step == Step::Mitigate && step.done.is_some()));
            done.map(|it| it.id.to_string()).collect()
        };

        Turn::new(&mut state, Time(51)).taken_back(&"d3".into());
        assert!(ticked(&state).is_empty(), "a deployment is no rollback");
        Turn::new(&mut state, Time(51)).taken_back(&"d4".into());
        assert_eq!(ticked(&state), ["began-with-it", "by-hand", "felt-elsewhere"]);
        let it = &state.incidents[&"began-with-it".into()];
        assert_eq!(it.timeline.last().unwrap().text.as_str(), "rolled back: d4 put d2 back");
        assert_eq!(it.steps[3].done.as_ref().unwrap().by.as_str(), "maya");

        incident(&mut state, "after", "api", Some("d4"));
        Turn::new(&mut state, Time(61)).taken_back(&"d5".into());
        assert!(!ticked(&state).contains(&"after".to_owned()), "putting the same release back takes nothing back");
    }
}
