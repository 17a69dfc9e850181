//! What is looked at, and the signs of trouble in it.

use std::collections::{BTreeMap, VecDeque};

use super::ratio::Ratio;
use crate::local::port::{Rules, Traffic};
use crate::model::ids::{DeploymentId, ProjectId, ServiceId};
use crate::model::incident::Severity;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

/// A single replica that restarts is gone for a moment; only what lasts longer leaves callers alone.
const DOWN_FOR: Millis = Millis::secs(5);
/// Trouble that begins this soon after a deployment went live is told together with it.
pub const FRESH: Millis = Millis::secs(30);

/// How one service stands, looked at each second.
#[derive(Clone, Debug)]
pub struct Observation {
    pub service: ServiceId,
    pub project: ProjectId,
    pub name: Clean,
    /// Customers are here.
    pub production: bool,
    /// The deployment that serves.
    pub live: Option<DeploymentId>,
    /// What the proxy counted since the last look.
    pub traffic: Traffic,
    /// Replicas that serve, and replicas wanted.
    pub up: u16,
    pub desired: u16,
    /// Replicas that ended by themselves since the last look, each as often as it did.
    pub exits: Vec<u16>,
    /// Why the health check of what serves fails, while it does.
    pub unhealthy: Option<Clean>,
    /// A deployment that failed since the last look, and why.
    pub failed: Option<(DeploymentId, Clean)>,
    /// A deployment went live since the last look.
    pub deployed: bool,
}

/// A deployment that went live.
#[derive(Clone, Debug)]
pub struct Live {
    pub at: Time,
    pub project: ProjectId,
    pub service: ServiceId,
    pub name: Clean,
    pub deployment: DeploymentId,
}

/// What an incident can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    ErrorRatio,
    NoReplica,
    CrashLoop,
    HealthCheck,
    FailedDeploy,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::ErrorRatio, Self::NoReplica, Self::CrashLoop, Self::HealthCheck, Self::FailedDeploy];

    pub const fn word(self) -> &'static str {
        match self {
            Self::ErrorRatio => "error_ratio",
            Self::NoReplica => "no_replica",
            Self::CrashLoop => "crash_loop",
            Self::HealthCheck => "health_check",
            Self::FailedDeploy => "failed_deploy",
        }
    }

    /// How bad it is: one step worse where customers are.
    pub const fn severity(self, production: bool) -> Severity {
        match (self, production) {
            (Self::ErrorRatio | Self::NoReplica, true) => Severity::P1,
            (Self::ErrorRatio | Self::NoReplica, false) | (Self::CrashLoop, true) => Severity::P2,
            _ => Severity::P3,
        }
    }

    /// What is the same outage seen from another side: replicas that end again and again, and none being left. One incident tells of both.
    pub const fn other_side(self) -> Option<Self> {
        match self {
            Self::CrashLoop => Some(Self::NoReplica),
            Self::NoReplica => Some(Self::CrashLoop),
            _ => None,
        }
    }

    /// The cause an incident carries: `error_ratio:svc_x`.
    pub fn cause(self, service: &ServiceId) -> Clean {
        Clean::new(&format!("{}:{service}", self.word()))
    }

    /// Reads a cause back.
    pub fn read(cause: &str) -> Option<(Self, ServiceId)> {
        let (word, service) = cause.split_once(':')?;
        Some((Self::ALL.into_iter().find(|it| it.word() == word)?, ServiceId::new(service)))
    }
}

/// What one look says of one kind of trouble.
#[derive(Clone, Debug)]
pub struct Sign {
    pub kind: Kind,
    /// The trouble is there now.
    pub there: bool,
    /// It is bad enough to call somebody: what to say.
    pub title: Option<String>,
    pub deployment: Option<DeploymentId>,
}

/// What is remembered of one service between looks.
#[derive(Clone, Debug, Default)]
pub struct Signs {
    pub ratio: Ratio,
    exits: BTreeMap<u16, VecDeque<Time>>,
    down: Option<Time>,
    failed: Option<(DeploymentId, Clean)>,
}

impl Signs {
    /// Takes in an observation and reads all signs.
    ///
    /// `lives`: the deployments that went live last, for what began with one of them.
    pub fn look(&mut self, now: Time, seen: &Observation, lives: &[Live], rules: &Rules) -> [Sign; 5] {
        // With no replica up the proxy itself answers: that is another trouble, or none if somebody stopped the service.
        let nobody = Traffic::default();
        self.ratio.step(now, if seen.live.is_some() && seen.up > 0 { &seen.traffic } else { &nobody }, rules);
        let crashes = self.crashes(now, seen, rules);
        [
            self.errors(now, seen, lives, rules),
            self.replicas(now, seen, crashes.title.as_deref()),
            crashes,
            Self::health(seen),
            self.deploys(seen),
        ]
    }

    /// The incident about it is closed: what led to it does not count again.
    pub fn forgive(&mut self, kind: Kind) {
        match kind {
            Kind::CrashLoop => self.exits.clear(),
            Kind::FailedDeploy => self.failed = None,
            Kind::ErrorRatio | Kind::NoReplica | Kind::HealthCheck => {}
        }
    }

    /// An incident about it is open from before: what cannot be seen anew is taken as still there.
    pub fn remember(&mut self, kind: Kind) {
        if kind == Kind::FailedDeploy {
            self.failed = Some((DeploymentId::new(""), Clean::default()));
        }
    }

    fn errors(&self, now: Time, seen: &Observation, lives: &[Live], rules: &Rules) -> Sign {
        let over = self.ratio.over().filter(|_| seen.live.is_some());
        let cause = self.began_with(seen, lives);
        let title = over.filter(|_| seen.up > 0 && self.ratio.lasts(now, rules)).map(|(requests, failed)| {
            let percent = failed as f64 * 100.0 / requests.max(1) as f64;
            let since = cause.map_or_else(String::new, |it| {
                let whose = if it.service == seen.service { String::new() } else { format!(" of {}", it.name) };
                format!(" since {}{whose} went live", it.deployment)
            });
            format!("{}: {percent:.0}% of requests fail{since} ({failed} of {requests} in {})", seen.name, rules.error_for.short())
        });
        let deployment = cause.map(|it| it.deployment.clone()).or_else(|| seen.live.clone());
        Sign { kind: Kind::ErrorRatio, there: over.is_some(), title, deployment }
    }

    /// The deployment that had just gone live as the failing began: of the service itself, or else of one it may call.
    fn began_with<'a>(&self, seen: &Observation, lives: &'a [Live]) -> Option<&'a Live> {
        let began = self.ratio.since()?;
        let fresh = |it: &&Live| it.project == seen.project && (Millis(0)..=FRESH).contains(&began.since(it.at));
        lives.iter().filter(fresh).max_by_key(|it| (it.service == seen.service, it.at))
    }

    /// `crashes`: what is said of replicas that end again and again, which is then why none is up.
    fn replicas(&mut self, now: Time, seen: &Observation, crashes: Option<&str>) -> Sign {
        let there = seen.live.is_some() && seen.desired > 0 && seen.up == 0;
        self.down = if there { self.down.or(Some(now)) } else { None };
        let long = self.down.is_some_and(|it| now.since(it) >= DOWN_FOR);
        let why = crashes.and_then(|it| it.split_once(": ")).map_or_else(String::new, |it| format!("; {}", it.1));
        let title = long.then(|| format!("{}: no replica is up, {} wanted{why}", seen.name, seen.desired));
        Sign { kind: Kind::NoReplica, there, title, deployment: seen.live.clone() }
    }

    fn crashes(&mut self, now: Time, seen: &Observation, rules: &Rules) -> Sign {
        for replica in &seen.exits {
            self.exits.entry(*replica).or_default().push_back(now);
        }
        self.exits.retain(|_, all| {
            while all.front().is_some_and(|it| now.since(*it) > rules.crash_window) {
                all.pop_front();
            }
            !all.is_empty()
        });
        let worst = self.exits.iter().max_by_key(|it| it.1.len()).map(|it| (*it.0, it.1.len()));
        let loops = worst.filter(|it| it.1 >= rules.crash_exits.max(1) as usize && seen.desired > 0);
        let title =
            loops.map(|(replica, times)| format!("{}: replica {replica} ended {times} times in {}", seen.name, rules.crash_window.short()));
        let there = seen.live.is_some() && seen.desired > 0 && (!seen.exits.is_empty() || seen.up < seen.desired);
        Sign { kind: Kind::CrashLoop, there, title: title.filter(|_| there), deployment: seen.live.clone() }
    }

    fn health(seen: &Observation) -> Sign {
        let why = seen.unhealthy.as_ref().filter(|_| seen.live.is_some() && seen.desired > 0);
        let title = why.map(|why| format!("{}: health check fails: {why}", seen.name));
        Sign { kind: Kind::HealthCheck, there: why.is_some(), title, deployment: seen.live.clone() }
    }

    fn deploys(&mut self, seen: &Observation) -> Sign {
        if seen.deployed {
            self.failed = None;
        }
        if let Some(failed) = &seen.failed
            && seen.production
        {
            self.failed = Some(failed.clone());
        }
        let title = self.failed.as_ref().map(|(_, why)| format!("{}: a production deploy failed: {why}", seen.name));
        let deployment = self.failed.as_ref().map(|it| it.0.clone());
        Sign { kind: Kind::FailedDeploy, there: self.failed.is_some(), title, deployment }
    }
}
