//! The platform's pulse: once a second what replicas use and what the proxy counted becomes metrics, and the rules have a look.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::local::clock::{Steady, now};
use crate::local::engine::{Happening, PLATFORM};
use crate::local::live::Hub;
use crate::local::port::Traffic;
use crate::local::proxy::Proxy;
use crate::local::rules::{Deed, Observation, Watch};
use crate::local::series::SeriesStore;
use crate::local::stats::{Sampler, Target};
use crate::model::event::Snapshot;
use crate::model::ids::ServiceId;
use crate::model::metric::{Metric, MetricPoint};
use crate::model::service::{ReplicaState, Service, ServiceKind};
use crate::model::text::Clean;
use crate::model::time::Time;

use super::handle::Handle;
use super::probe::Probe;
use super::seen::{Counts, Seen};

const EVERY: Duration = Duration::from_secs(1);

/// What the pulse looks at and whom it tells.
pub struct Pulse {
    pub handle: Handle,
    pub proxy: Proxy,
    pub series: SeriesStore,
    pub hub: Hub,
    pub seen: Seen,
    pub sampler: Sampler,
    pub probe: Probe,
    pub watch: Watch,
    pub tell: mpsc::UnboundedSender<Happening>,
    /// Causes of the incidents that were open at the last look.
    pub open: BTreeSet<Clean>,
    /// Services that were there at the last look.
    pub there: BTreeSet<ServiceId>,
}

impl Pulse {
    /// Beats until stopped.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut beat = tokio::time::interval(EVERY);
        // After a suspended machine, one look is enough.
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // Rates and rules are about spans, which a clock that is set must neither lengthen nor turn around.
        let mut steady = Steady::begin();
        let mut last = steady.time();
        self.open = open(&self.handle.world().snapshot);
        for cause in &self.open {
            self.watch.resume(last, cause);
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = beat.tick() => {}
            }
            steady.set();
            let spent = steady.time();
            self.beat(now(), spent, spent.since(last).0 as f64 / 1000.0);
            last = spent;
        }
    }

    /// `at` of the calendar, and at `spent` of the time that goes by, `elapsed` seconds after the last.
    fn beat(&mut self, at: Time, spent: Time, elapsed: f64) {
        let (services, open, by_rules) = {
            let world = self.handle.world();
            (world.snapshot.services.clone(), open(&world.snapshot), closed_by_rules(&world.snapshot))
        };
        let mut deeds = self.compare(spent, &services, open, &by_rules);
        let points = self.sampler.sample(at, &targets(&services));
        let mut by: BTreeMap<(ServiceId, u16), MetricPoint> = points.into_iter().map(|it| ((it.service.clone(), it.replica), it)).collect();
        for service in &services {
            let (traffic, counts) = (self.proxy.take(&service.id), self.seen.take(&service.id));
            let whole = by.entry((service.id.clone(), 0)).or_insert_with(|| MetricPoint {
                service: service.id.clone(),
                replica: 0,
                at,
                values: Vec::new(),
            });
            if elapsed > 0.0 {
                whole.values.extend(measured(service, &traffic, &counts, elapsed));
            }
            self.series.took(&service.id, at, &traffic.took);
            deeds.extend(self.watch.step(spent, &observed(service, traffic, counts, &self.probe)));
        }
        // Services and replicas that are gone: their last values are not news to who begins to watch.
        self.hub.retain_metrics(|service, replica| by.contains_key(&(service.clone(), replica)));
        let points: Vec<MetricPoint> = by.into_values().collect();
        self.series.push(&points);
        self.hub.publish_metrics(points);
        for deed in deeds {
            // Nobody listens when the platform stops.
            let _ = self.tell.send(Happening::Deed(deed));
        }
    }

    /// Tells the rules what people did since the last look: incidents they closed or reopened, services they removed.
    fn compare(&mut self, at: Time, services: &[Service], open: BTreeSet<Clean>, by_rules: &BTreeSet<Clean>) -> Vec<Deed> {
        for cause in self.open.difference(&open).filter(|it| !by_rules.contains(*it)) {
            self.watch.closed(at, cause);
        }
        for cause in open.difference(&self.open) {
            // Opened by the rules, who know it, or reopened by somebody.
            self.watch.resume(at, cause);
        }
        self.open = open;
        let there: BTreeSet<ServiceId> = services.iter().map(|it| it.id.clone()).collect();
        let mut deeds = Vec::new();
        for gone in self.there.difference(&there) {
            self.series.forget(gone);
            deeds.extend(self.watch.forget(gone));
        }
        self.there = there;
        deeds
    }
}

/// Replicas that run, with their supervisors.
fn targets(services: &[Service]) -> Vec<Target> {
    let of = |service: &Service| -> Vec<Target> {
        let up = service.replicas.iter().filter(|it| it.state == ReplicaState::Up);
        up.filter_map(|it| Some(Target { service: service.id.clone(), replica: it.index, pid: it.pid? })).collect()
    };
    services.iter().flat_map(of).collect()
}

/// What was counted in the last `elapsed` seconds, as rates.
fn measured(service: &Service, traffic: &Traffic, counts: &Counts, elapsed: f64) -> Vec<(Metric, f64)> {
    let rate = |n: u64| n as f64 / elapsed;
    let mut all = vec![(Metric::Replicas, service.up() as f64), (Metric::LogLines, rate(counts.lines))];
    if !matches!(service.kind, ServiceKind::Web | ServiceKind::Static) {
        return all;
    }
    let requests: u64 = traffic.classes.iter().sum();
    all.extend([
        (Metric::Requests, rate(requests)),
        (Metric::Requests2xx, rate(traffic.classes[1])),
        (Metric::Requests3xx, rate(traffic.classes[2])),
        (Metric::Requests4xx, rate(traffic.classes[3])),
        (Metric::Requests5xx, rate(traffic.classes[4])),
        (Metric::NetIn, rate(traffic.bytes_in)),
        (Metric::NetOut, rate(traffic.bytes_out)),
    ]);
    // Without requests there is no ratio and no latency: a hole, not a zero.
    all.extend((requests > 0).then(|| (Metric::ErrorRatio, traffic.classes[4] as f64 / requests as f64)));
    let percentiles = [(Metric::P50, traffic.p50), (Metric::P90, traffic.p90), (Metric::P95, traffic.p95), (Metric::P99, traffic.p99)];
    all.extend(percentiles.into_iter().filter_map(|(metric, value)| Some((metric, value?))));
    all
}

fn open(snapshot: &Snapshot) -> BTreeSet<Clean> {
    snapshot.incidents.iter().filter(|it| it.is_open()).map(|it| it.cause.clone()).collect()
}

/// Causes whose newest incident the rules closed: nobody is to be taken to have closed it.
fn closed_by_rules(snapshot: &Snapshot) -> BTreeSet<Clean> {
    let mut last: BTreeMap<&Clean, (Time, &Clean)> = BTreeMap::new();
    for it in &snapshot.incidents {
        let Some(done) = &it.resolved else { continue };
        let newest = last.entry(&it.cause).or_insert((done.at, &done.by));
        if done.at >= newest.0 {
            *newest = (done.at, &done.by);
        }
    }
    last.into_iter().filter(|(_, (_, by))| ***by == *PLATFORM).map(|(cause, _)| cause.clone()).collect()
}

/// How a service stands, as the rules look at it.
fn observed(service: &Service, traffic: Traffic, counts: Counts, probe: &Probe) -> Observation {
    Observation {
        service: service.id.clone(),
        project: service.project.clone(),
        name: service.name.clone(),
        production: service.production,
        live: service.live.clone(),
        traffic,
        up: u16::try_from(service.up()).unwrap_or(u16::MAX),
        // A cron service has no replicas between its runs, and none is missing.
        desired: if service.kind == ServiceKind::Cron { 0 } else { service.desired },
        exits: counts.exits,
        unhealthy: probe.unhealthy(&service.id),
        failed: counts.failed,
        deployed: counts.deployed,
    }
}
