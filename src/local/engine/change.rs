//! Other settings for a service that exists.

use crate::local::git::{Source, reference};
use crate::model::event::ObjectRef;
use crate::model::ids::ServiceId;
use crate::model::request::ServiceChange;
use crate::model::text::Clean;

use super::checks::{self, invalid};
use super::turn::Turn;
use super::writes::Written;

impl Turn<'_> {
    /// Changes what is given. All of it is right, or nothing is changed.
    pub fn change_service(&mut self, id: &ServiceId, change: &ServiceChange) -> Written {
        self.service(id)?;
        let given = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
        let source = change.repo.as_deref().map(Source::parse).transpose().map_err(invalid)?;
        given(&change.branch).map_or(Ok(()), |it| reference(&it)).map_err(invalid)?;
        given(&change.root).map_or(Ok(()), |it| checks::root(&it))?;
        given(&change.health_path).map_or(Ok(()), |it| checks::health_path(&it))?;
        // Nothing at all is no bound.
        checks::limits(change.cpu.filter(|it| *it != 0.0), change.memory.filter(|it| *it > 0))?;
        let names = names(change);
        if names.is_empty() {
            return Err(invalid("nothing to change was given"));
        }
        if let Some(replicas) = change.replicas {
            self.scale(id, replicas)?;
        }
        let scaled = self.trail.take();
        if let Some(it) = self.s.services.get_mut(id) {
            if let Some(source) = source {
                it.repo.url = Clean::new(source.as_str());
            }
            if change.branch.is_some() {
                it.repo.branch = given(&change.branch).map(|it| Clean::new(&it));
            }
            if change.root.is_some() {
                it.repo.root = given(&change.root).map(|it| Clean::new(&it));
            }
            if let Some(cpu) = change.cpu {
                it.limits.cpu = Some(cpu).filter(|it| *it > 0.0);
            }
            if let Some(memory) = change.memory {
                it.limits.memory = Some(memory).filter(|it| *it > 0);
            }
        }
        if change.health_path.is_some() {
            self.change_health_path(id, given(&change.health_path));
        }
        self.touch_service(id);
        let name = self.service(id)?.name.clone();
        let others: Vec<&str> = names.iter().copied().filter(|it| *it != "replicas").collect();
        let others = (!others.is_empty()).then(|| format!("{name}: {}", others.join(", ")));
        self.trail = Some([scaled, others].into_iter().flatten().collect::<Vec<_>>().join("; "));
        let later = change.repo.is_some() || change.branch.is_some() || change.root.is_some();
        let when = if later { "; what it is built from counts with the next deployment" } else { "" };
        Ok((format!("{}: {} changed{when}", self.target(id), names.join(", ")), Some(ObjectRef::Service(id.clone()))))
    }

    /// Without a path of its own, the service has the one of the release that serves.
    fn change_health_path(&mut self, id: &ServiceId, path: Option<String>) {
        let live = self.s.services.get(id).and_then(|it| it.live.clone());
        if let Some(it) = self.s.services.get_mut(id) {
            it.health_path = path.as_deref().map(Clean::new);
        }
        if let Some(secret) = self.s.secrets.get_mut(id) {
            secret.found_health = false;
            self.keep_secret(id);
        }
        if let (None, Some(live)) = (path, live) {
            self.show_health_path(id, &live);
        }
    }
}

/// What of a service is changed, in words.
fn names(change: &ServiceChange) -> Vec<&'static str> {
    let ServiceChange { repo, branch, root, health_path, replicas, cpu, memory } = change;
    let all = [
        (repo.is_some(), "repository"),
        (branch.is_some(), "branch"),
        (root.is_some(), "root"),
        (health_path.is_some(), "health path"),
        (replicas.is_some(), "replicas"),
        (cpu.is_some(), "cpu"),
        (memory.is_some(), "memory"),
    ];
    all.into_iter().filter_map(|(given, name)| given.then_some(name)).collect()
}
