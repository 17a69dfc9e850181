//! Before or after a deployment: on which side of it a line is, and what that says of a pattern.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::logs::line::Origin;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::time::Time;

/// Lines there must be before a deployment for "did not occur before it" to say anything.
pub const ENOUGH: u64 = 100;

/// A deployment as a border in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub deployment: DeploymentId,
    /// From when it could have written.
    pub at: Time,
    /// What people call it: its short commit.
    pub name: String,
    /// No earlier one of its service is known: there is nothing to be new against.
    pub first: bool,
}

/// Since when a pattern would be new, service by service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    pub releases: BTreeMap<ServiceId, Release>,
    /// Deployments after those (one that is being built): their lines say nothing of either side.
    pub later: BTreeSet<DeploymentId>,
}

/// On which side of its service's release a line is; the number is the service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Neither,
    Before(usize),
    After(usize),
    /// It does not say of which deployment it is: its time decides.
    At(usize, Time),
}

/// What was looked at before a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    pub lines: u64,
    /// Time of the oldest of them; without meaning if there are none.
    pub from: Time,
}

/// How old a pattern is, measured by the release of the service that writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// It occurred before the release, or was not written since, or nothing is held from before it to compare with.
    Known,
    /// It did not occur before it.
    New,
    /// It did not occur in what was looked at before it, but that was too little to say.
    Unsure,
}

impl Since {
    /// On which side lines of `origin` are.
    pub fn side(&self, origin: &Origin) -> Side {
        let Some(service) = &origin.service else { return Side::Neither };
        let Some((index, (_, release))) = self.releases.iter().enumerate().find(|(_, (id, _))| *id == service) else {
            return Side::Neither;
        };
        match &origin.deployment {
            Some(it) if *it == release.deployment => Side::After(index),
            Some(it) if self.later.contains(it) => Side::Neither,
            Some(_) => Side::Before(index),
            None => Side::At(index, release.at),
        }
    }
}
