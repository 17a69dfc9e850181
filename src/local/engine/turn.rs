//! One turn of the engine: the state, the instant, and what is collected while the happening is worked through.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::audit::AuditEntry;
use crate::model::event::ObjectRef;
use crate::model::ids::{AuditId, DeploymentId, ProjectId, ServiceId};
use crate::model::log::Level;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

use super::state::{Pending, State, What};
use super::types::{Job, JobId, Output, RunId, Said};

/// Who does what the platform does by itself.
pub const PLATFORM: &str = "platform";
/// A replica ended although it should serve.
pub const EXITED: &str = "replica.exited";

/// The state with what a step collects.
pub struct Turn<'a> {
    pub s: &'a mut State,
    pub now: Time,
    pub out: Output,
    /// Objects that were touched; what they are at the end of the step is what is written.
    pub dirty: BTreeSet<ObjectRef>,
    /// Services whose replicas, health and routes are to be looked at again.
    pub look: BTreeSet<ServiceId>,
    /// What the audit trail says of the deed, where that is not what its doer is told.
    pub trail: Option<String>,
}

impl<'a> Turn<'a> {
    pub fn new(s: &'a mut State, now: Time) -> Self {
        Self { s, now, out: Output::default(), dirty: BTreeSet::new(), look: BTreeSet::new(), trail: None }
    }

    /// A new id: `d17`.
    pub fn id(&mut self, letter: char) -> String {
        self.s.counter += 1;
        format!("{letter}{}", self.s.counter)
    }

    pub fn volatile(&mut self) -> u64 {
        self.s.volatile += 1;
        self.s.volatile
    }

    /// Gives a job a number and remembers it until it is answered.
    pub fn job(&mut self, what: What, service: &ServiceId, deployment: Option<&DeploymentId>, within: Millis) -> JobId {
        let job = JobId(self.volatile());
        let deadline = self.now + within;
        let (service, deployment) = (service.clone(), deployment.cloned());
        self.s.jobs.insert(job, Pending { what, service, deployment, deadline, variables: BTreeMap::new(), aborted: false });
        job
    }

    pub fn do_job(&mut self, job: Job) {
        self.out.jobs.push(job);
    }

    pub fn run_id(&mut self) -> RunId {
        RunId(self.volatile())
    }

    pub fn touch_service(&mut self, id: &ServiceId) {
        self.look.insert(id.clone());
        self.dirty.insert(ObjectRef::Service(id.clone()));
    }

    pub fn touch_deployment(&mut self, id: &DeploymentId) {
        self.dirty.insert(ObjectRef::Deployment(id.clone()));
    }

    pub fn keep(&mut self, table: &str, key: &str, value: Option<String>) {
        self.out.private.push(((table.to_owned(), key.to_owned()), value));
    }

    pub fn keep_secret(&mut self, id: &ServiceId) {
        let json = self.s.secrets.get(id).and_then(|it| serde_json::to_string(it).ok());
        self.keep("service", id.as_str(), json);
    }

    pub fn keep_release(&mut self, id: &DeploymentId) {
        let json = self.s.releases.get(id).and_then(|it| serde_json::to_string(it).ok());
        self.keep("release", id.as_str(), json);
    }

    pub fn says(&mut self, level: Level, service: &ServiceId, deployment: Option<&DeploymentId>, text: impl Into<String>) {
        self.says_of(level, service, deployment, 0, text.into());
    }

    pub fn says_of(&mut self, level: Level, service: &ServiceId, deployment: Option<&DeploymentId>, replica: u16, text: String) {
        self.out.says.push(Said { level, service: service.clone(), deployment: deployment.cloned(), replica, text });
    }

    /// Writes the audit trail.
    pub fn audit(
        &mut self,
        by: &Clean,
        action: &str,
        project: Option<ProjectId>,
        service: Option<ServiceId>,
        target: String,
        result: &str,
    ) {
        let id = AuditId::new(self.id('a'));
        let entry = AuditEntry {
            id: id.clone(),
            at: self.now,
            by: by.clone(),
            action: Clean::new(action),
            project,
            service,
            target: Clean::from(target),
            result: Clean::new(result),
            rev: 0,
        };
        self.s.audit.insert(id.clone(), entry);
        self.dirty.insert(ObjectRef::Audit(id));
    }

    /// What is said of a service in the audit trail: `shop/api`.
    pub fn target(&self, id: &ServiceId) -> String {
        let Some(service) = self.s.services.get(id) else { return id.to_string() };
        let project = self.s.projects.get(&service.project).map_or("?", |it| it.name.as_str());
        format!("{project}/{}", service.name)
    }
}
