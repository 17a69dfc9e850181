//! What changed before something went wrong: deployments and deeds of the hour before that can have done it, nearest first.

use super::facts::Mood;
use super::state::App;
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::incident::Incident;
use crate::model::time::{Millis, Time};

/// How far back a cause is looked for.
const BEFORE: Millis = Millis::mins(60);
/// Deeds of the audit trail that change nothing that runs: reading, taking care of incidents, and making what is empty yet.
/// What is not known here may matter, and is shown.
const HARMLESS: [&str; 6] = ["incident.", "logs", "metrics", "refresh", "project.create", "service.create"];

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
}

impl App {
    /// What changed in the project of `it` in the hour before it began and can have to do with it, nearest first.
    pub fn changes_before(&self, it: &Incident) -> Vec<Suspect> {
        let near = |at: Time| at <= it.opened && at >= it.opened - BEFORE;
        // What never served cannot have hurt another service.
        let can = |one: &Deployment| one.live_from.is_some() || Some(&one.service) == it.service.as_ref();
        let deployed = self.store.deployments.values().filter(|one| one.project == it.project && near(when(one)) && can(one));
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
        });
        let done = self.store.audit.values().filter(|one| {
            let here = one.project.as_ref().is_none_or(|id| *id == it.project);
            // A deployment speaks for itself above; what was refused changed nothing.
            let done = &*one.result == "ok" && !one.action.starts_with("deploy.");
            done && here && near(one.at) && !HARMLESS.iter().any(|word| one.action.starts_with(word))
        });
        let done = done.map(|one| Suspect {
            at: one.at,
            service: one.service.clone(),
            text: format!("{} {}", one.action, one.target),
            by: one.by.to_string(),
            mood: Mood::Good,
            deployment: None,
            same: one.service.is_some() && one.service == it.service,
        });
        let mut all: Vec<Suspect> = deployed.chain(done).collect();
        all.sort_by(|a, b| (b.at, &b.text).cmp(&(a.at, &a.text)));
        all
    }
}

/// When a deployment changed what runs.
fn when(it: &Deployment) -> Time {
    it.live_from.or(it.finished).unwrap_or(it.created)
}
