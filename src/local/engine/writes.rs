//! Commands: what people ask for, checked and done.

use crate::local::git::{Source, reference};
use crate::local::port::{Command, Refusal};
use crate::model::audit::VariableDeed;
use crate::model::deploy::{Commit, DeployStatus, Trigger};
use crate::model::event::ObjectRef;
use crate::model::ids::{DeploymentId, EnvironmentId, ProjectId, ServiceId};
use crate::model::project::{Environment, Project, ProjectState};
use crate::model::request::{NewProject, NewService, Request};
use crate::model::service::{Health, Limits, Repo, Service, ServiceKind};
use crate::model::text::Clean;

use super::checks::{self, conflict, invalid, missing};
use super::deploys::Wanted;
use super::state::{Secret, stopped_by};
use super::turn::Turn;
use super::types::Job;

/// What was done, and to which object.
pub type Written = Result<(String, Option<ObjectRef>), Refusal>;

impl Turn<'_> {
    /// Does what `command` asks, or says why not. Refused writes change nothing.
    pub fn command(&mut self, command: &Command) {
        let checked = checks::allowed(command).and_then(|()| checks::fresh(self.s, command));
        let written = checked.and_then(|()| self.write(command));
        if let Ok((text, object)) = &written {
            let (project, service) = self.place(object.as_ref());
            let target = self.trail.take().unwrap_or_else(|| text.clone());
            self.audit(&command.actor.name, command.request.name(), project, service, target, "ok");
        }
        self.out.reply = Some(written);
    }

    fn place(&self, object: Option<&ObjectRef>) -> (Option<ProjectId>, Option<ServiceId>) {
        let of_service = |id: &ServiceId| (self.s.services.get(id).map(|it| it.project.clone()), Some(id.clone()));
        match object {
            Some(ObjectRef::Project(id)) => (Some(id.clone()), None),
            Some(ObjectRef::Service(id)) => of_service(id),
            Some(ObjectRef::Deployment(id)) => self.s.deployments.get(id).map_or((None, None), |it| of_service(&it.service)),
            Some(ObjectRef::Incident(id)) => {
                self.s.incidents.get(id).map_or((None, None), |it| (Some(it.project.clone()), it.service.clone()))
            }
            _ => (None, None),
        }
    }

    fn write(&mut self, command: &Command) -> Written {
        match &command.request {
            Request::CreateProject(it) => self.create_project(it),
            Request::RemoveProject(id) => self.remove_project(id),
            Request::CreateService(it) => self.create_service(it, &command.actor.name),
            Request::RemoveService(id) => self.remove_service(id, command),
            Request::ChangeService { service, change } => self.change_service(service, change),
            Request::SetVariables { service, variables } => self.set_variables(service, variables, &command.actor.name),
            Request::Scale { service, replicas } => self.scale(service, *replicas),
            Request::Deploy { service, branch, commit } => self.deploy(service, branch.as_deref(), commit.as_deref(), command),
            Request::Redeploy { deployment } => self.redeploy(deployment, command),
            Request::Restart { service } => self.restart(service, command),
            Request::Rollback { service, to } => self.rollback(service, to, command),
            Request::Cancel { deployment } => self.cancel_asked(deployment, command),
            Request::Stop { service } => self.stop(service, command),
            Request::CreateToken(it) => self.create_token(it, command),
            Request::RevokeToken(name) => self.revoke_token(name, command),
            Request::Declare(it) => self.declare(it, &command.actor.name),
            request if !request.writes() => Err(invalid("this only reads")),
            _ => self.incident_write(command),
        }
    }

    pub fn service(&self, id: &ServiceId) -> Result<&Service, Refusal> {
        self.s.services.get(id).ok_or_else(|| missing(format!("no service `{id}`")))
    }

    fn create_project(&mut self, it: &NewProject) -> Written {
        checks::name(&it.name, "project")?;
        if self.s.projects.values().any(|old| *old.name == *it.name) {
            return Err(conflict(format!("there is a project `{}` already", it.name)));
        }
        let environment = it.environment.as_deref().unwrap_or("production");
        checks::name(environment, "environment")?;
        let team = self.s.teams.keys().next().cloned().ok_or_else(|| conflict("there is no team yet"))?;
        let id = ProjectId::new(self.id('p'));
        let environment = Environment { id: EnvironmentId::new(self.id('e')), name: Clean::new(environment), production: it.production };
        let project = Project {
            id: id.clone(),
            team,
            name: Clean::new(&it.name),
            state: ProjectState::Active,
            environments: vec![environment],
            created: self.now,
            rev: 0,
        };
        self.s.projects.insert(id.clone(), project);
        self.dirty.insert(ObjectRef::Project(id.clone()));
        Ok((format!("project {} created", it.name), Some(ObjectRef::Project(id))))
    }

    fn remove_project(&mut self, id: &ProjectId) -> Written {
        let name = self.s.projects.get(id).map(|it| it.name.clone()).ok_or_else(|| missing(format!("no project `{id}`")))?;
        let left: Vec<&str> = self.s.services.values().filter(|it| it.project == *id).map(|it| it.name.as_str()).collect();
        if !left.is_empty() {
            return Err(conflict(format!("{name} still has services ({}): remove them first", left.join(", "))));
        }
        self.s.projects.remove(id);
        self.dirty.insert(ObjectRef::Project(id.clone()));
        Ok((format!("project {name} removed"), Some(ObjectRef::Project(id.clone()))))
    }

    fn create_service(&mut self, it: &NewService, by: &Clean) -> Written {
        let project = self.s.projects.get(&it.project).ok_or_else(|| missing(format!("no project `{}`", it.project)))?;
        let environment = project.environments.first().cloned().ok_or_else(|| conflict(format!("{} has no environment", project.name)))?;
        let full = format!("{}/{}", project.name, it.name);
        checks::name(&it.name, "service")?;
        if self.s.services.values().any(|old| old.project == it.project && *old.name == *it.name) {
            return Err(conflict(format!("there is a service `{full}` already")));
        }
        let source = Source::parse(&it.repo).map_err(invalid)?;
        it.branch.as_deref().map_or(Ok(()), reference).map_err(invalid)?;
        it.root.as_deref().map_or(Ok(()), checks::root)?;
        it.health_path.as_deref().map_or(Ok(()), checks::health_path)?;
        checks::replicas(it.replicas.unwrap_or(1))?;
        checks::variables(it.variables.len())?;
        it.variables.iter().try_for_each(|(name, value)| checks::variable(name, Some(value)))?;
        if let Some(ServiceKind::Other(word)) = &it.kind {
            return Err(invalid(format!("the kind `{word}` is none of web, worker, cron, static")));
        }
        checks::limits(it.cpu, it.memory)?;
        let id = ServiceId::new(self.id('s'));
        let service = Service {
            id: id.clone(),
            project: it.project.clone(),
            environment: environment.id,
            name: Clean::new(&it.name),
            kind: it.kind.clone().unwrap_or(ServiceKind::Web),
            repo: Repo {
                url: Clean::new(source.as_str()),
                branch: it.branch.as_deref().map(Clean::new),
                root: it.root.as_deref().filter(|it| !it.is_empty()).map(Clean::new),
            },
            health: Health::Stopped,
            reason: None,
            desired: it.replicas.unwrap_or(1),
            replicas: Vec::new(),
            health_path: it.health_path.as_deref().map(Clean::new),
            url: None,
            live: None,
            variables: Vec::new(),
            limits: Limits { cpu: it.cpu, memory: it.memory, files: None },
            production: environment.production,
            created: self.now,
            rev: 0,
        };
        let variables = it.variables.iter().cloned().collect();
        let secret = Secret { variables, detect_kind: it.kind.is_none(), ..Secret::default() };
        self.s.services.insert(id.clone(), service);
        self.s.secrets.insert(id.clone(), secret);
        self.keep_secret(&id);
        let names = it.variables.iter().map(|(name, _)| (name.as_str(), VariableDeed::Set)).collect();
        self.remember(&id, names, by);
        self.open(&id);
        self.touch_service(&id);
        Ok((format!("service {full} created"), Some(ObjectRef::Service(id))))
    }

    fn remove_service(&mut self, id: &ServiceId, command: &Command) -> Written {
        self.service(id)?;
        let target = self.target(id);
        self.halt(id, &format!("cancelled: {} removed the service", command.actor.name));
        let runs: Vec<_> = self.s.runs_of(id).map(|(run, _)| run).collect();
        for run in runs {
            self.retire(run);
        }
        let own: Vec<DeploymentId> = self.s.deployments.values().filter(|it| it.service == *id).map(|it| it.id.clone()).collect();
        for it in own {
            self.s.deployments.remove(&it);
            if self.s.releases.remove(&it).is_some() {
                self.keep_release(&it);
            }
            self.touch_deployment(&it);
        }
        self.close_incidents(id, &command.actor.name);
        self.s.services.remove(id);
        let port = self.s.secrets.remove(id).and_then(|it| it.port);
        self.s.cron.remove(id);
        self.s.notes.remove(id);
        self.keep_secret(id);
        self.forget_variables(id);
        self.s.gone.insert(id.clone());
        self.dirty.insert(ObjectRef::Service(id.clone()));
        self.do_job(Job::Close { service: id.clone(), port });
        Ok((format!("service {target} removed"), Some(ObjectRef::Service(id.clone()))))
    }

    pub fn scale(&mut self, id: &ServiceId, replicas: u16) -> Written {
        checks::replicas(replicas)?;
        let target = self.target(id);
        if self.service(id)?.kind == ServiceKind::Cron {
            return Err(conflict(format!("{target} runs on a schedule, one run at a time")));
        }
        if let Some(it) = self.s.underway(id) {
            return Err(conflict(format!("{} of {target} is {}: wait for it, or cancel it", it.id, it.status)));
        }
        self.roll_off(id);
        if let Some(it) = self.s.services.get_mut(id) {
            self.trail = Some(format!("{} {} → {replicas}", it.name, it.desired));
            it.desired = replicas;
        }
        self.tend(id);
        self.touch_service(id);
        Ok((format!("{target} scaled to {replicas}"), Some(ObjectRef::Service(id.clone()))))
    }

    fn deploy(&mut self, id: &ServiceId, branch: Option<&str>, commit: Option<&str>, command: &Command) -> Written {
        self.service(id)?;
        branch.map_or(Ok(()), reference).map_err(invalid)?;
        commit.map_or(Ok(()), checks::commit)?;
        let commit = commit.map(|it| Commit { id: Clean::new(it), message: Clean::default(), author: Clean::default(), at: None });
        let trigger = match &*command.via {
            "cli" => Trigger::Cli,
            "git" => Trigger::Git,
            "dashboard" => Trigger::Dashboard,
            _ => Trigger::Api,
        };
        let wanted = Wanted {
            service: id.clone(),
            branch: branch.map(Clean::new),
            commit,
            trigger,
            by: command.actor.name.clone(),
            rollback_of: None,
        };
        let dep = self.enqueue(wanted);
        Ok((format!("{} deploys as {dep}", self.target(id)), Some(ObjectRef::Deployment(dep))))
    }

    fn redeploy(&mut self, id: &DeploymentId, command: &Command) -> Written {
        let it = self.s.deployments.get(id).cloned().ok_or_else(|| missing(format!("no deployment `{id}`")))?;
        let commit = it.commit.ok_or_else(|| conflict(format!("{id} never came as far as a commit: deploy instead")))?;
        let wanted = Wanted {
            service: it.service.clone(),
            branch: it.branch,
            commit: Some(commit),
            trigger: Trigger::Redeploy,
            by: command.actor.name.clone(),
            rollback_of: None,
        };
        let dep = self.enqueue(wanted);
        Ok((format!("{}: {id} is deployed again as {dep}", self.target(&it.service)), Some(ObjectRef::Deployment(dep))))
    }

    fn rollback(&mut self, id: &ServiceId, to: &DeploymentId, command: &Command) -> Written {
        let live = self.service(id)?.live.clone();
        let target = self.target(id);
        let it = self
            .s
            .deployments
            .get(to)
            .filter(|it| it.service == *id)
            .ok_or_else(|| missing(format!("{target} has no deployment `{to}`")))?;
        if it.status.running() {
            return Err(conflict(format!("{to} has not ended: it is {}", it.status)));
        }
        if !it.kept || !self.s.releases.contains_key(to) {
            return Err(conflict(format!("the release of {to} is no longer kept: redeploy it instead")));
        }
        if live.as_ref() == Some(to) {
            return Err(conflict(format!("{to} is what serves now: restart it instead")));
        }
        let (branch, commit) = (it.branch.clone(), it.commit.clone());
        self.roll_off(id);
        let wanted = Wanted {
            service: id.clone(),
            branch,
            commit,
            trigger: Trigger::Rollback,
            by: command.actor.name.clone(),
            rollback_of: Some(to.clone()),
        };
        let dep = self.enqueue(wanted);
        Ok((format!("{target} rolls back to {to} as {dep}"), Some(ObjectRef::Deployment(dep))))
    }

    fn restart(&mut self, id: &ServiceId, command: &Command) -> Written {
        let (live, kind) = self.service(id).map(|it| (it.live.clone(), it.kind.clone()))?;
        let target = self.target(id);
        if let Some(it) = self.s.deployments.values().find(|it| it.service == *id && it.status.running()) {
            return Err(conflict(format!("{} of {target} is {}: wait for it, or cancel it", it.id, it.status)));
        }
        if self.s.rolling.contains_key(id) {
            return Err(conflict(format!("{target} is being restarted already")));
        }
        if live.is_some() {
            if kind == ServiceKind::Cron {
                return Err(conflict(format!("{target} runs on a schedule; there is nothing to restart")));
            }
            self.roll(id);
            self.trail = self.service(id).ok().map(|it| it.name.to_string());
            return Ok((format!("{target} restarts"), Some(ObjectRef::Service(id.clone()))));
        }
        // It was stopped: its last good release starts again.
        let last =
            self.s.deployments.values().filter(|it| it.service == *id && it.kept && it.live_from.is_some()).max_by_key(|it| it.live_from);
        let Some(last) = last.cloned() else {
            return Err(conflict(format!("{target} has never been live: deploy it first")));
        };
        let wanted = Wanted {
            service: id.clone(),
            branch: last.branch,
            commit: last.commit,
            trigger: Trigger::Redeploy,
            by: command.actor.name.clone(),
            rollback_of: Some(last.id.clone()),
        };
        let dep = self.enqueue(wanted);
        self.trail = self.service(id).ok().map(|it| format!("{} as {dep}", it.name));
        Ok((format!("{target} starts {} again as {dep}", last.id), Some(ObjectRef::Deployment(dep))))
    }

    fn cancel_asked(&mut self, id: &DeploymentId, command: &Command) -> Written {
        let it = self.s.deployments.get(id).ok_or_else(|| missing(format!("no deployment `{id}`")))?;
        if it.status.ended() {
            return Err(conflict(format!("{id} has ended: it is {}", it.status)));
        }
        let service = it.service.clone();
        self.cancel(id, &format!("cancelled by {}", command.actor.name));
        Ok((format!("{}: {id} cancelled", self.target(&service)), Some(ObjectRef::Deployment(id.clone()))))
    }

    fn stop(&mut self, id: &ServiceId, command: &Command) -> Written {
        let live = self.service(id)?.live.clone();
        let target = self.target(id);
        let running = self.s.deployments.values().any(|it| it.service == *id && it.status.running());
        if live.is_none() && !running {
            return Err(conflict(format!("{target} does not run")));
        }
        self.halt(id, &format!("cancelled: {} stopped the service", command.actor.name));
        self.s.notes.insert(id.clone(), stopped_by(&command.actor.name));
        self.s.secrets.entry(id.clone()).or_default().stopped = Some(command.actor.name.to_string());
        self.keep_secret(id);
        self.trail = self.service(id).ok().map(|it| it.name.to_string());
        Ok((format!("{target} stopped"), Some(ObjectRef::Service(id.clone()))))
    }

    /// Ends everything a service has under way or live.
    fn halt(&mut self, id: &ServiceId, why: &str) {
        self.roll_off(id);
        let running: Vec<DeploymentId> =
            self.s.deployments.values().filter(|it| it.service == *id && it.status.running()).map(|it| it.id.clone()).collect();
        for it in running {
            self.cancel(&it, why);
        }
        let live = self.s.services.get_mut(id).and_then(|it| it.live.take());
        if let Some(live) = live {
            if let Some(it) = self.s.deployments.get_mut(&live).filter(|it| it.status == DeployStatus::Crashed) {
                it.status = DeployStatus::Success;
            }
            self.end_live(&live);
        }
        self.s.cron.remove(id);
        let runs: Vec<_> = self.s.runs_of(id).map(|(run, _)| run).collect();
        for run in runs {
            self.retire(run);
        }
        self.touch_service(id);
    }
}
