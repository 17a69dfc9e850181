//! The way back: which release a rollback goes to when nobody says which, and which rollback took a release back. Pure.

use std::collections::BTreeMap;

use crate::model::deploy::{DeployStatus, Deployment, Trigger};
use crate::model::ids::{DeploymentId, ServiceId};

/// The release of `service` that served last before the one that serves now, and can be put back. What failed or crashed is no way
/// back, nor is what never served; that the newest deployment failed changes nothing.
pub fn way_back<'a>(all: impl IntoIterator<Item = &'a Deployment>, service: &ServiceId) -> Option<&'a Deployment> {
    let well = |it: &Deployment| !it.status.running() && !matches!(it.status, DeployStatus::Failed | DeployStatus::Crashed);
    let kept = all.into_iter().filter(|it| it.service == *service && it.kept && it.live_from.is_some() && !it.is_live() && well(it));
    kept.max_by(|a, b| (a.live_to, a.live_from, &a.id).cmp(&(b.live_to, b.live_from, &b.id)))
}

/// What rollbacks took back, each with the rollback: the release that served until an older one was put in its place.
pub fn taken_back(all: &BTreeMap<DeploymentId, Deployment>) -> BTreeMap<DeploymentId, DeploymentId> {
    let backs = all.values().filter(|it| it.trigger == Trigger::Rollback && it.live_from.is_some());
    let before = |back: &Deployment| {
        let earlier = all.values().filter(|it| it.live_to.is_some() && it.live_from < back.live_from && it.live_from.is_some());
        earlier.filter(|it| it.service == back.service).max_by(|a, b| (a.live_from, &a.id).cmp(&(b.live_from, &b.id)))
    };
    backs.filter_map(|back| Some((before(back)?.id.clone(), back.id.clone()))).collect()
}
