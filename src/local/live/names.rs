//! What things are called, for queries about log lines: looked up in the state as the stream sees it.

use std::collections::HashMap;

use super::socket::Feeds;
use crate::local::logs::Names;
use crate::model::event::Change;
use crate::model::ids::{DeploymentId, ProjectId, ServiceId};

impl Names for Feeds {
    fn services(&self, project: &ProjectId) -> Vec<ServiceId> {
        let view = self.hub.view();
        let services = view.objects().filter_map(|it| match &it.change {
            Change::Service(service) if service.project == *project => Some(service.id.clone()),
            _ => None,
        });
        services.collect()
    }

    fn names(&self) -> HashMap<ServiceId, String> {
        let view = self.hub.view();
        let names = view.objects().filter_map(|it| match &it.change {
            Change::Service(service) => Some((service.id.clone(), service.name.to_string())),
            _ => None,
        });
        names.collect()
    }

    fn commits(&self) -> HashMap<DeploymentId, String> {
        let view = self.hub.view();
        let commits = view.objects().filter_map(|it| match &it.change {
            Change::Deployment(it) => Some((it.id.clone(), it.commit.as_ref()?.id.to_string())),
            _ => None,
        });
        commits.collect()
    }
}
