//! What a report is made of: everything a platform said, borrowed, whoever holds it. Pure.

use super::changes::kept_since;
use super::deeds::deed;
use super::handoff_markdown::line;
use super::state::App;
use crate::model::audit::AuditEntry;
use crate::model::deploy::{DeployStatus, Deployment, Trigger};
use crate::model::event::Snapshot;
use crate::model::ids::{ProjectId, ServiceId};
use crate::model::incident::Incident;
use crate::model::project::Project;
use crate::model::response::Response;
use crate::model::service::Service;
use crate::model::time::Time;

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub now: Time,
    pub times: &'a Response,
    pub projects: Vec<&'a Project>,
    pub services: Vec<&'a Service>,
    pub deployments: Vec<&'a Deployment>,
    pub incidents: Vec<&'a Incident>,
    pub audit: Vec<&'a AuditEntry>,
}

/// One thing that happened on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    pub at: Time,
    pub service: Option<ServiceId>,
    /// Markdown.
    pub text: String,
}

impl<'a> Facts<'a> {
    /// Of what was just asked for.
    pub fn of(all: &'a Snapshot, times: &'a Response, now: Time) -> Self {
        Self {
            now,
            times,
            projects: all.projects.iter().collect(),
            services: all.services.iter().collect(),
            deployments: all.deployments.iter().collect(),
            incidents: all.incidents.iter().collect(),
            audit: all.audit.iter().collect(),
        }
    }

    /// Of what the dashboard knows.
    pub fn of_app(app: &'a App) -> Self {
        let store = &app.store;
        Self {
            now: app.now,
            times: &app.settings.response,
            projects: store.projects.values().collect(),
            services: store.services.values().collect(),
            deployments: store.deployments.values().collect(),
            incidents: store.incidents.values().collect(),
            audit: store.audit.values().collect(),
        }
    }

    /// Since when what people and the platform changed is known, where that does not reach back to `from`.
    pub fn changes_known_from(&self, from: Time) -> Option<Time> {
        let (oldest, born) = (self.audit.iter().map(|it| it.at).min(), self.projects.iter().map(|it| it.created).min());
        kept_since(oldest, born).filter(|since| *since > from)
    }

    /// Other open incidents that began with the same release as `it`, as they are told: `P1 checkout: 5xx (i12)`.
    pub fn twins(&self, it: &Incident) -> Vec<String> {
        let twins = self.incidents.iter().filter(|other| it.is_twin_of(other));
        twins.map(|it| format!("{} {} ({})", line(&it.severity.label()), line(&it.title), line(it.id.as_str()))).collect()
    }

    /// `shop/api`, or the id of what is not known any more.
    pub fn service(&self, id: &ServiceId) -> String {
        let Some(it) = self.services.iter().find(|it| it.id == *id) else { return line(id.as_str()) };
        format!("{}/{}", self.project(&it.project), line(&it.name))
    }

    /// `shop`
    pub fn project(&self, id: &ProjectId) -> String {
        self.projects.iter().find(|it| it.id == *id).map_or_else(|| line(id.as_str()), |it| line(&it.name))
    }

    /// What an incident is about: a service, or else a whole project.
    pub fn place(&self, it: &Incident) -> String {
        it.service.as_ref().map_or_else(|| self.project(&it.project), |id| self.service(id))
    }

    /// Deployments that went out, or failed to, from `from` to `to`, and all else that changed: oldest first.
    pub fn happened(&self, from: Time, to: Time) -> Vec<Happened> {
        let deployed = self.deployments.iter().filter_map(|it| {
            let (at, text) = deployed(it)?;
            let text = format!("{}: {text}", self.service(&it.service));
            (at >= from && at <= to).then(|| Happened { at, service: Some(it.service.clone()), text })
        });
        let mut all: Vec<Happened> = deployed.chain(self.changed(from, to, true)).collect();
        all.sort_by(|a, b| (a.at, &a.text).cmp(&(b.at, &b.text)));
        all
    }

    /// What people and the platform changed beside deploying; `exits`: replicas that ended by themselves too. What happened to
    /// incidents is theirs to tell.
    pub fn changed(&self, from: Time, to: Time, exits: bool) -> Vec<Happened> {
        let done = self.audit.iter().filter(|it| {
            let said = ["deploy.", "incident.", "token.", "logs", "metrics"].iter().any(|word| it.action.starts_with(word));
            // Of a replica that ended, the result says when it starts again.
            let done = if &*it.action == "replica.exited" { exits } else { &*it.result == "ok" };
            it.at >= from && it.at <= to && !said && done
        });
        let mut all: Vec<Happened> = done
            .map(|it| {
                let place = it.service.as_ref().map(|id| format!("{}: ", self.service(id))).unwrap_or_default();
                let name = it.service.as_ref().and_then(|id| self.services.iter().find(|it| it.id == *id)).map(|it| &*it.name);
                let text = format!("{place}{} by {}", line(&deed(it, name)), line(&it.by));
                Happened { at: it.at, service: it.service.clone(), text }
            })
            .collect();
        all.sort_by(|a, b| (a.at, &a.text).cmp(&(b.at, &b.text)));
        all
    }
}

/// When a deployment changed what runs, or could not, and what is said of it. `None` while it is on its way.
pub fn deployed(it: &Deployment) -> Option<(Time, String)> {
    let commit =
        it.commit.as_ref().map_or_else(|| line(it.id.as_str()), |commit| format!("`{}` {}", line(commit.short()), line(&commit.message)));
    let who = line(&it.by);
    let why = it.error.as_ref().and_then(|text| text.lines().next()).map(|text| format!(": {}", line(text))).unwrap_or_default();
    match (it.live_from, &it.status) {
        (Some(at), _) if it.trigger == Trigger::Rollback => Some((at, format!("rolled back to {commit} by {who}"))),
        (Some(at), _) => Some((at, format!("{commit} live, by {who}"))),
        (None, DeployStatus::Failed | DeployStatus::Crashed) => Some((it.finished?, format!("{commit} failed{why}, by {who}"))),
        (None, DeployStatus::Cancelled) => Some((it.finished?, format!("{commit} cancelled, by {who}"))),
        (None, _) => None,
    }
}
