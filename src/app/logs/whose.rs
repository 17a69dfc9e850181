//! What the origins of lines are called: an origin holds ids, people write names and commits.

use std::collections::HashMap;

use super::line::Origin;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::query::Whose;

/// Names of services and commits of deployments, as far as they are known.
#[derive(Debug, Default)]
pub struct Names {
    services: HashMap<ServiceId, String>,
    commits: HashMap<DeploymentId, String>,
}

impl Names {
    /// The service is called so; whether that is news.
    pub fn service(&mut self, id: &ServiceId, name: &str) -> bool {
        let news = self.services.get(id).is_none_or(|it| it != name);
        if news {
            self.services.insert(id.clone(), name.to_owned());
        }
        news
    }

    /// The deployment is of this commit (its whole hash); whether that is news.
    pub fn commit(&mut self, id: &DeploymentId, hash: &str) -> bool {
        let news = self.commits.get(id).is_none_or(|it| it != hash);
        if news {
            self.commits.insert(id.clone(), hash.to_owned());
        }
        news
    }

    /// All that is known of an origin.
    pub fn of(&self, origin: &Origin) -> Known {
        let name = origin.service.as_ref().and_then(|it| self.services.get(it));
        let commit = origin.deployment.as_ref().and_then(|it| self.commits.get(it));
        Known { origin: origin.clone(), name: name.cloned().unwrap_or_default(), commit: commit.cloned().unwrap_or_default() }
    }
}

/// An origin, with what it is called.
#[derive(Debug)]
pub struct Known {
    origin: Origin,
    name: String,
    commit: String,
}

impl Known {
    /// As a query sees it.
    pub fn whose(&self) -> Whose<'_> {
        Whose {
            kind: &self.origin.kind,
            service: self.origin.service.as_ref().map_or("", ServiceId::as_str),
            name: &self.name,
            deployment: self.origin.deployment.as_ref().map_or("", DeploymentId::as_str),
            commit: &self.commit,
            replica: self.origin.replica,
        }
    }
}
