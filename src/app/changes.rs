//! What changed before something went wrong: deployments and deeds of the hour before that can have done it. Those of the same service
//! first, then those of its project, then all others; of equals the last one before it.

use super::deeds::deed;
use super::facts::Mood;
use super::pane::PaneId;
use super::state::{App, NoticeKind};
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::ids::{DeploymentId, ProjectId, ServiceId};
use crate::model::incident::Incident;
use crate::model::time::{Millis, Time};

/// How far back a cause is looked for.
pub const BEFORE: Millis = Millis::mins(60);
/// Deeds of the audit trail that change nothing that runs: reading, taking care of incidents, and making what is empty yet.
/// What is not known here may matter, and is shown.
/// That a replica ended is no change but what came of one.
const HARMLESS: [&str; 8] = ["incident.", "logs", "metrics", "refresh", "project.create", "service.create", "token.", "replica.exited"];

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    pub at: Time,
    pub service: Option<ServiceId>,
    /// `a1b9f3c Fix cart rounding`, or the deed and its target.
    pub text: String,
    pub by: String,
    pub mood: Mood,
    /// It is a deployment, and can be opened.
    pub deployment: Option<DeploymentId>,
    /// It changed the very service that is in trouble.
    pub same: bool,
    pub near: Near,
}

/// How near to what is in trouble something was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Near {
    /// It is the deployment that the incident itself names.
    Named,
    Service,
    Project,
    Elsewhere,
}

impl App {
    /// What changed in the hour before `it` began and can have to do with it, nearest first.
    pub fn changes_before(&self, it: &Incident) -> Vec<Suspect> {
        let near = |at: Time| at <= it.opened && at >= it.opened - BEFORE;
        // What never served cannot have hurt another service.
        let can = |one: &Deployment| one.live_from.is_some() || Some(&one.service) == it.service.as_ref();
        let how = |project: Option<&ProjectId>, service: Option<&ServiceId>| match (project, service) {
            (_, Some(id)) if Some(id) == it.service.as_ref() => Near::Service,
            (Some(id), _) if *id == it.project => Near::Project,
            _ => Near::Elsewhere,
        };
        let deployed = self.store.deployments.values().filter(|one| near(when(one)) && can(one));
        let deployed = deployed.map(|one| Suspect {
            at: when(one),
            service: Some(one.service.clone()),
            text: super::question::commit_words(self, &one.id),
            by: one.by.to_string(),
            mood: match one.status {
                DeployStatus::Success => Mood::Good,
                DeployStatus::Failed | DeployStatus::Crashed => Mood::Bad,
                _ => Mood::Busy,
            },
            deployment: Some(one.id.clone()),
            same: Some(&one.service) == it.service.as_ref(),
            near: if it.deployment.as_ref() == Some(&one.id) { Near::Named } else { how(Some(&one.project), Some(&one.service)) },
        });
        let done = self.store.audit.values().filter(|one| {
            // A deployment speaks for itself above; what was refused changed nothing.
            let done = &*one.result == "ok" && !one.action.starts_with("deploy.");
            done && near(one.at) && !HARMLESS.iter().any(|word| one.action.starts_with(word))
        });
        let done = done.map(|one| Suspect {
            at: one.at,
            service: one.service.clone(),
            text: deed(one, one.service.as_ref().map(|id| self.service_name(id))),
            by: one.by.to_string(),
            mood: Mood::Good,
            deployment: None,
            same: one.service.is_some() && one.service == it.service,
            near: how(one.project.as_ref(), one.service.as_ref()),
        });
        let mut all: Vec<Suspect> = deployed.chain(done).collect();
        all.sort_by(|a, b| (a.near, b.at, &b.text).cmp(&(b.near, a.at, &a.text)));
        all
    }

    /// Since when what changed is known, where that is later than the hour before `it`: what is not told of that hour may have been.
    pub fn changes_known_from(&self, it: &Incident) -> Option<Time> {
        let born = self.store.projects.get(&it.project).map(|it| it.created);
        kept_since(self.store.audit.values().map(|it| it.at).min(), born).filter(|since| *since > it.opened - BEFORE)
    }

    /// Other open incidents that began with the same release, worst first: one bug that shows in two places is taken care of once, and
    /// acknowledged in each.
    pub fn twins(&self, it: &Incident) -> Vec<&Incident> {
        let mut all: Vec<&Incident> = self.store.incidents.values().filter(|other| it.is_twin_of(other)).collect();
        all.sort_by(|a, b| (&a.severity, a.opened, &a.id).cmp(&(&b.severity, b.opened, &b.id)));
        all
    }

    /// The suspect under the cursor of the opened incident: the cursor goes on from the steps of the runbook to them.
    pub fn suspect_here(&self) -> Option<Suspect> {
        let it = self.open_incident()?;
        let at = self.view(PaneId::Incidents).step.checked_sub(it.steps.len())?;
        self.changes_before(it).into_iter().nth(at)
    }

    /// To the suspect under the cursor: its deployment is opened, or else the time it was done is looked at. `false`: there is none.
    pub fn open_suspect(&mut self) -> bool {
        let Some(it) = self.suspect_here() else { return false };
        if let Some(id) = it.deployment {
            self.show_deployment(id);
        } else {
            self.look_at(it.at);
            let at = self.second(it.at);
            self.notify(NoticeKind::Info, format!("the time is {at}: {}", it.text));
        }
        true
    }
}

/// Since when changes are told, where what is kept of them does not reach back to `born`, the beginning of what they are of.
pub fn kept_since(oldest: Option<Time>, born: Option<Time>) -> Option<Time> {
    // A project and the entry that says so are of one moment.
    let (oldest, born) = (oldest?, born?);
    (born + Millis::secs(1) < oldest).then_some(oldest)
}

/// When a deployment changed what runs.
fn when(it: &Deployment) -> Time {
    it.live_from.or(it.finished).unwrap_or(it.created)
}
