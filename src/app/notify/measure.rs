//! What a watch reads right now, from metrics and counted lines. Where data is missing it says so instead of a number.

use std::collections::BTreeSet;

use super::news::{Reading, Targets, Watched};
use super::watch::{Measure, Per};
use crate::app::state::App;
use crate::model::ids::ServiceId;
use crate::model::metric::Metric;
use crate::model::service::Service;
use crate::model::time::Time;

/// Pieces a stretch is looked at in; at least half of them must be known.
const PIECES: usize = 10;

impl App {
    /// The services that `on` names: a service, `project/service`, or all of a project.
    pub fn watch_targets(&self, on: Option<&str>) -> Targets {
        let all = &self.store.services;
        if !self.store.complete {
            return Err("nothing is known of the platform yet".to_owned());
        }
        let Some(name) = on else {
            return if all.is_empty() { Err("there is no service yet".to_owned()) } else { Ok(all.keys().cloned().collect()) };
        };
        let same = |it: &str, name: &str| it.eq_ignore_ascii_case(name);
        if let Some((project, service)) = name.split_once('/') {
            let found = all.values().filter(|it| same(&it.name, service) && same(self.project_name(&it.project), project));
            let found: BTreeSet<ServiceId> = found.map(|it| it.id.clone()).collect();
            return if found.is_empty() { Err(format!("there is no service {name}")) } else { Ok(found) };
        }
        let named: Vec<&Service> = all.values().filter(|it| same(&it.name, name) || it.id.as_str() == name).collect();
        match named.as_slice() {
            [one] => return Ok([one.id.clone()].into()),
            [] => {}
            [first, ..] => {
                let example = self.project_name(&first.project);
                return Err(format!("{} services are called {name}; write {example}/{name}", named.len()));
            }
        }
        let project = self.store.projects.values().find(|it| same(&it.name, name));
        let Some(project) = project else { return Err(format!("there is no service or project {name}")) };
        let found: BTreeSet<ServiceId> = all.values().filter(|it| it.project == project.id).map(|it| it.id.clone()).collect();
        if found.is_empty() { Err(format!("there is no service in {name}")) } else { Ok(found) }
    }

    /// What `it` reads now.
    pub fn watch_reading(&self, it: &Watched) -> Reading {
        let known = |value, holds| Reading { value: Some(value), holds: Some(holds), ..Reading::default() };
        let unknown = |why: String| Reading { why, ..Reading::default() };
        let targets = match &it.targets {
            Ok(targets) => targets,
            Err(why) => return unknown(why.clone()),
        };
        if !self.fresh() {
            return unknown("the platform is not heard".to_owned());
        }
        if let Some(tally) = &it.tally {
            let lines = tally.sum(self.now) as f64;
            let value =
                if let Measure::Lines(_, per) = &it.watch.measure { lines / per.window().0 as f64 * per.seconds() * 1000.0 } else { lines };
            let holds = it.watch.sign.holds(value, it.watch.amount);
            if tally.known_from().is_some_and(|from| from <= self.now) {
                return known(value, holds);
            }
            // Some lines are not counted: with them it could only be more.
            if holds == it.watch.sign.upwards() {
                return known(value, holds);
            }
            let left = tally.known_from().map_or_else(String::new, |from| format!(", {} to go", from.since(self.now).short()));
            let unlikely = tally.pace(self.now).is_some_and(|more| !it.watch.sign.holds(value * more, it.watch.amount));
            return Reading { value: Some(value), holds: None, why: format!("still counting{left}"), unlikely };
        }
        match self.metric_reading(&it.watch.measure, targets) {
            Ok(value) => known(value, it.watch.sign.holds(value, it.watch.amount)),
            Err(why) => unknown(why),
        }
    }

    fn metric_reading(&self, measure: &Measure, of: &BTreeSet<ServiceId>) -> Result<f64, String> {
        let no_data = || "no data".to_owned();
        let now = |metric: &Metric| self.metrics.now(of, metric, self.now);
        match measure {
            Measure::Value(metric, _) => now(metric).ok_or_else(|| self.why_no_data(metric, of)),
            Measure::Errors => match (now(&Metric::ErrorRatio), now(&Metric::Requests)) {
                (Some(ratio), _) => Ok(ratio * 100.0),
                (None, Some(_)) => Err("no requests".to_owned()),
                (None, None) => Err(no_data()),
            },
            Measure::Rate(metric, per) => self.metric_rate(metric, *per, of).ok_or_else(|| self.why_no_data(metric, of)),
            Measure::CpuShare => {
                let services = || of.iter().filter_map(|id| self.store.services.get(id));
                // Without a limit, a replica may use what one core gives: that is what most programs can.
                let allowed: f64 = services().map(|it| it.up() as f64 * it.limits.cpu.unwrap_or(1.0)).sum();
                if allowed <= 0.0 {
                    return Err("no replica runs".to_owned());
                }
                now(&Metric::Cpu).map(|it| it / allowed * 100.0).ok_or_else(no_data)
            }
            Measure::MemoryShare => {
                let mut allowed = 0.0;
                for it in of.iter().filter_map(|id| self.store.services.get(id)) {
                    let Some(limit) = it.limits.memory else {
                        return Err(format!("{} has no memory limit; write an amount, as 512MiB", it.name));
                    };
                    allowed += it.up() as f64 * limit as f64;
                }
                if allowed <= 0.0 {
                    return Err("no replica runs".to_owned());
                }
                now(&Metric::Memory).map(|it| it / allowed * 100.0).ok_or_else(no_data)
            }
            // Counted as they come.
            Measure::Lines(..) => Err(no_data()),
        }
    }

    /// A percentile has no value while nothing is asked for: that is no failure of the platform.
    fn why_no_data(&self, metric: &Metric, of: &BTreeSet<ServiceId>) -> String {
        let percentile = matches!(metric, Metric::P50 | Metric::P90 | Metric::P95 | Metric::P99);
        let idle = percentile && self.metrics.now(of, &Metric::Requests, self.now).is_some();
        if idle { "no requests" } else { "no data" }.to_owned()
    }

    /// The mean of a metric of the kind "a second" over the last stretch, per its unit. `None`: less than half of the stretch is known,
    /// or what is known is old.
    fn metric_rate(&self, metric: &Metric, per: Per, of: &BTreeSet<ServiceId>) -> Option<f64> {
        self.metrics.now(of, metric, self.now)?;
        let from: Time = self.now - per.window();
        let cells = self.metrics.cells(of, metric, from, self.now, PIECES);
        let known: Vec<f64> = cells.iter().flatten().map(|it| it.avg).collect();
        let enough = known.len() * 2 >= PIECES;
        enough.then(|| known.iter().sum::<f64>() / known.len() as f64 * per.seconds())
    }
}
