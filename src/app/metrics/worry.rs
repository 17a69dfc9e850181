//! How worrying what is measured is: against its limit, and by the thresholds of the config. How that looks is the painter's.

use super::look::Thresholds;
use crate::app::series::GAUGES;
use crate::app::state::App;
use crate::model::ids::ServiceId;
use crate::model::metric::Metric;
use crate::model::service::Service;
use crate::model::time::Millis;

/// How worrying a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worry {
    None,
    Warn,
    Bad,
}

impl Worry {
    /// What stands before the value, for whoever sees no colours.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Warn => "! ",
            Self::Bad => "!! ",
        }
    }
}

/// What all `services` together may use of it, or should have; `None` where one of them has no limit, and of what no platform limits
/// (what goes over the network and to the disk in a second).
pub fn limit(services: &[&Service], metric: &Metric) -> Option<f64> {
    if services.is_empty() {
        return None;
    }
    services.iter().try_fold(0.0, |sum, it| {
        let replicas = f64::from(it.desired);
        let one = match metric {
            Metric::Cpu => it.limits.cpu?,
            Metric::Memory => it.limits.memory? as f64,
            Metric::Files => it.limits.files? as f64,
            Metric::Replicas => return Some(sum + f64::from(it.wanted())),
            _ => return None,
        };
        Some(sum + one * replicas)
    })
}

/// How worrying `value` of `metric` is, with `limit` if it has one.
pub fn worry(thresholds: &Thresholds, metric: &Metric, value: f64, limit: Option<f64>) -> Worry {
    let (value, [warn, bad]) = match (metric, limit.filter(|it| *it > 0.0)) {
        (Metric::ErrorRatio, _) => (value, thresholds.errors),
        // Of replicas, too few are the worry.
        (Metric::Replicas, Some(wanted)) => {
            return match value {
                it if it + 0.5 >= wanted => Worry::None,
                it if it < 0.5 => Worry::Bad,
                _ => Worry::Warn,
            };
        }
        (_, Some(limit)) => (value / limit, thresholds.limit),
        _ => return Worry::None,
    };
    match value {
        it if it >= bad => Worry::Bad,
        it if it >= warn => Worry::Warn,
        _ => Worry::None,
    }
}

impl App {
    /// What `metric` of `ids` together reads: under the time cursor, or now. Never an average: what is said to be now is one measurement.
    pub fn reads<'a>(&self, ids: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric) -> Option<f64> {
        match self.timeline.cursor {
            Some(at) => self.metrics.then(ids, metric, at),
            None => self.metrics.now(ids, metric, self.now),
        }
    }

    /// The time that the ratio which [`App::reads`] says is of, where it is of more than one measurement.
    pub fn ratio_span<'a>(&self, ids: impl IntoIterator<Item = &'a ServiceId>, metric: &Metric) -> Option<Millis> {
        self.metrics.ratio_span(ids, metric, self.timeline.cursor.unwrap_or(self.now))
    }

    /// The row of the metrics pane that is most worth a look: what is red before what is amber, and of those what fails before what is
    /// merely full. `None`: nothing is.
    pub fn worst_gauge(&self) -> Option<usize> {
        let services = self.services_in_scope();
        let worries = GAUGES.iter().enumerate().filter_map(|(place, it)| {
            let metric = it.metrics.first()?;
            let value = self.reads(services.iter().map(|it| &it.id), metric)?;
            let how = worry(&self.settings.thresholds, metric, value, limit(&services, metric));
            (how > Worry::None).then_some((place, how, *metric == Metric::ErrorRatio))
        });
        // Of those alike the first one in the list.
        worries.max_by_key(|(place, how, fails)| (*how, *fails, std::cmp::Reverse(*place))).map(|it| it.0)
    }
}
