//! From signs to deeds: never two incidents open for one cause or for two sides of one outage, none closed before its cause was gone for a while, no storm of them.
//!
//! An incident somebody closes by hand while its cause is still there stays closed: that person knows. Its cause must have been gone
//! for as long as it takes to close one before it can open another.

use std::collections::BTreeMap;

use super::sign::{FRESH, Kind, Live, Observation, Sign, Signs};
use crate::local::port::Rules;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::incident::Severity;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

/// A cause that was gone this long and comes back is worth a line on the timeline of its incident…
const AWAY: Millis = Millis::secs(10);
/// …but not more often than this.
const NOTES: Millis = Millis::mins(1);

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Open {
        cause: Clean,
        service: ServiceId,
        severity: Severity,
        title: Clean,
        deployment: Option<DeploymentId>,
    },
    /// Resolve the incident with this cause.
    Close {
        cause: Clean,
        reason: Clean,
    },
    /// The open incident with this cause is worse than it was thought to be.
    Raise {
        cause: Clean,
        severity: Severity,
        title: Clean,
    },
    /// A line for the timeline of the open incident with this cause.
    Touch {
        cause: Clean,
        note: Clean,
    },
}

/// How one cause stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// An incident is open. When its cause was there last, and when something was noted last.
    Open { seen: Time, noted: Time },
    /// Closed by hand while the cause was there: nothing opens until it was gone for a while.
    Silenced { seen: Time },
    /// The incident about its other side tells of it too, and stays open as long as it is there.
    Folded,
}

/// The rules, and what they remember.
#[derive(Clone, Debug)]
pub struct Watch {
    rules: Rules,
    services: BTreeMap<ServiceId, Signs>,
    phases: BTreeMap<(ServiceId, Kind), Phase>,
    /// The deployments that went live last, as far back as a trouble that is about to be told may have begun with.
    lives: Vec<Live>,
}

impl Watch {
    pub const fn new(rules: Rules) -> Self {
        Self { rules, services: BTreeMap::new(), phases: BTreeMap::new(), lives: Vec::new() }
    }

    /// An incident with this cause is open from before the platform started, or because somebody reopened it.
    pub fn resume(&mut self, now: Time, cause: &str) {
        let Some((kind, service)) = Kind::read(cause) else { return };
        if matches!(self.phases.get(&(service.clone(), kind)), Some(Phase::Open { .. })) {
            return;
        }
        self.services.entry(service.clone()).or_default().remember(kind);
        self.phases.insert((service, kind), Phase::Open { seen: now, noted: now });
    }

    /// Somebody closed the incident with this cause.
    pub fn closed(&mut self, now: Time, cause: &str) {
        let Some((kind, service)) = Kind::read(cause) else { return };
        if let Some(signs) = self.services.get_mut(&service) {
            signs.forgive(kind);
        }
        if kind == Kind::FailedDeploy {
            // Something that happened once, not something that lasts: the next one is another cause.
            self.phases.remove(&(service, kind));
            return;
        }
        self.phases.insert((service, kind), Phase::Silenced { seen: now });
    }

    /// The service was removed: nothing about it is open any more.
    pub fn forget(&mut self, service: &ServiceId) -> Vec<Deed> {
        self.services.remove(service);
        let mut deeds = Vec::new();
        self.phases.retain(|(its, kind), phase| {
            if its == service && matches!(phase, Phase::Open { .. }) {
                deeds.push(Deed::Close { cause: kind.cause(service), reason: Clean::new("the service was removed") });
            }
            its != service
        });
        deeds
    }

    /// One look at one service.
    pub fn step(&mut self, now: Time, seen: &Observation) -> Vec<Deed> {
        if let Some(deployment) = seen.live.clone().filter(|_| seen.deployed) {
            let (project, service, name) = (seen.project.clone(), seen.service.clone(), seen.name.clone());
            self.lives.push(Live { at: now, project, service, name, deployment });
        }
        self.lives.retain(|it| now.since(it.at).0 <= 2 * self.rules.error_for.0 + FRESH.0);
        let mut signs = self.services.entry(seen.service.clone()).or_default().look(now, seen, &self.lives, &self.rules);
        let folded: Vec<Kind> =
            signs.iter().filter(|it| it.there && self.phase(&seen.service, it.kind) == Some(Phase::Folded)).map(|it| it.kind).collect();
        for sign in &mut signs {
            sign.there |= sign.kind.other_side().is_some_and(|it| folded.contains(&it));
        }
        signs.into_iter().filter_map(|sign| self.judge(now, seen, sign)).collect()
    }

    fn phase(&self, service: &ServiceId, kind: Kind) -> Option<Phase> {
        self.phases.get(&(service.clone(), kind)).copied()
    }

    fn judge(&mut self, now: Time, seen: &Observation, sign: Sign) -> Option<Deed> {
        let key = (seen.service.clone(), sign.kind);
        match self.phases.get(&key).copied() {
            None => self.open(now, seen, sign),
            Some(Phase::Folded) => {
                match sign.kind.other_side().and_then(|it| self.phase(&seen.service, it)) {
                    Some(Phase::Open { .. }) => {}
                    // Who closed that one by hand knows of both sides.
                    Some(silenced) => drop(self.phases.insert(key, silenced)),
                    None => drop(self.phases.remove(&key)),
                }
                None
            }
            Some(Phase::Silenced { seen: last }) => {
                if sign.there {
                    self.phases.insert(key, Phase::Silenced { seen: now });
                } else if now.since(last) >= self.rules.calm {
                    self.phases.remove(&key);
                }
                None
            }
            Some(Phase::Open { seen: last, noted }) if sign.there => {
                let away = now.since(last);
                let tell = away >= AWAY && now.since(noted) >= NOTES;
                self.phases.insert(key, Phase::Open { seen: now, noted: if tell { now } else { noted } });
                let note = Clean::new(&format!("it came back after {}", away.long()));
                tell.then(|| Deed::Touch { cause: sign.kind.cause(&seen.service), note })
            }
            Some(Phase::Open { seen: last, .. }) => self.close(now, last, seen, sign.kind),
        }
    }

    fn open(&mut self, now: Time, seen: &Observation, sign: Sign) -> Option<Deed> {
        let title = Clean::new(&sign.title?);
        let (key, severity) = ((seen.service.clone(), sign.kind), sign.kind.severity(seen.production));
        let other = sign.kind.other_side().map(|it| (it, self.phase(&seen.service, it)));
        match other {
            Some((other, Some(Phase::Open { .. }))) => {
                self.phases.insert(key, Phase::Folded);
                let cause = other.cause(&seen.service);
                let worse = severity < other.severity(seen.production);
                return Some(if worse { Deed::Raise { cause, severity, title } } else { Deed::Touch { cause, note: title } });
            }
            // Who closed the worse side by hand knows; who closed the lesser one must still hear that it became worse.
            Some((other, Some(Phase::Silenced { .. }))) if other.severity(seen.production) < severity => return None,
            _ => {}
        }
        self.phases.insert(key, Phase::Open { seen: now, noted: now });
        Some(Deed::Open {
            cause: sign.kind.cause(&seen.service),
            service: seen.service.clone(),
            severity,
            title,
            deployment: sign.deployment,
        })
    }

    fn close(&mut self, now: Time, last: Time, seen: &Observation, kind: Kind) -> Option<Deed> {
        if now.since(last) < self.rules.calm {
            return None;
        }
        self.phases.remove(&(seen.service.clone(), kind));
        let signs = self.services.get_mut(&seen.service)?;
        signs.forgive(kind);
        let silent = signs.ratio.heard.is_none_or(|it| it <= last);
        let what = match kind {
            Kind::FailedDeploy => "a later deploy went live",
            _ if seen.live.is_none() || seen.desired == 0 => "the service is stopped",
            Kind::ErrorRatio if silent => "no request came",
            Kind::ErrorRatio => "requests succeed again",
            Kind::NoReplica => "a replica is up",
            Kind::CrashLoop => "no replica ended",
            Kind::HealthCheck => "the health check passes",
        };
        let reason = Clean::new(&format!("{what}, for {}", now.since(last).long()));
        Some(Deed::Close { cause: kind.cause(&seen.service), reason })
    }
}
