//! Built releases: what is told of one that goes out, and which are kept.

use crate::local::detect::Start;
use crate::model::deploy::Release as Shown;
use crate::model::event::ObjectRef;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::text::Clean;

use super::deploys::SLACK;
use super::state::{What, number};
use super::turn::Turn;
use super::types::Job;

impl Turn<'_> {
    /// Writes down what goes out, for those who compare deployments later: no value of a variable, only whether it is the same.
    pub fn put_out(&mut self, id: &DeploymentId, service: &ServiceId) {
        let Some(release) = self.s.releases.get(id) else { return };
        let command = match &release.plan.start {
            Start::Command(line) => line.clone(),
            Start::Files(folders) => format!("files in {}", folders.join(", ")),
        };
        let fingerprint = |(name, value): (&String, &String)| (Clean::new(name), self.s.set.fingerprints.of(service, name, value));
        let shown = Shown {
            replicas: self.s.services.get(service).map_or(0, |it| it.desired),
            variables: release.variables.iter().map(fingerprint).collect(),
            size: release.size,
            command: Some(Clean::new(&command)),
        };
        if let Some(it) = self.s.deployments.get_mut(id) {
            it.release = Some(shown);
        }
    }

    /// Forgets the oldest releases beyond what is kept, and old ended deployments.
    pub fn prune(&mut self, service: &ServiceId) {
        let live = self.s.services.get(service).and_then(|it| it.live.clone());
        let mut ids: Vec<DeploymentId> =
            self.s.releases.keys().filter(|it| self.s.deployments.get(*it).is_some_and(|it| it.service == *service)).cloned().collect();
        ids.sort_by_key(|it| std::cmp::Reverse(number(it.as_str())));
        let mut kept: Vec<String> = Vec::new();
        let used = |turn: &Self, folder: &str| {
            turn.s.releases.iter().any(|(id, it)| {
                let needed = live.as_ref() == Some(id)
                    || turn.s.runs.values().any(|run| run.deployment == *id)
                    || turn.s.deployments.values().any(|it| it.rollback_of.as_ref() == Some(id) && it.status.running());
                it.folder == folder && needed
            })
        };
        for id in ids {
            let Some(folder) = self.s.releases.get(&id).map(|it| it.folder.clone()) else { continue };
            if kept.contains(&folder) || used(self, &folder) || kept.len() < self.s.set.keep_releases.max(1) {
                if !kept.contains(&folder) {
                    kept.push(folder);
                }
                continue;
            }
            self.s.releases.remove(&id);
            self.keep_release(&id);
            if let Some(it) = self.s.deployments.get_mut(&id) {
                it.kept = false;
                self.dirty.insert(ObjectRef::Deployment(id.clone()));
            }
            if !self.s.releases.values().any(|it| it.folder == folder) {
                let job = self.job(What::Remove, service, None, SLACK);
                self.do_job(Job::Remove { job, folder });
            }
        }
    }
}
