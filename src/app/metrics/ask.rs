//! The history that charts need is asked for: what is in sight first, many services in a question and few questions at a time; once for
//! each stretch, again after the link was away, and regularly of a source that sends nothing by itself.

use std::collections::BTreeSet;

use crate::app::effect::Fx;
use crate::app::ledger::Ledger;
use crate::app::pane::{PaneId, RowKey, Scope};
use crate::app::series::{poll_of, step_of};
use crate::app::state::App;
use crate::model::ids::ServiceId;
use crate::model::link::Link;
use crate::model::metric::{Metric, MetricQuery};
use crate::model::request::Request;
use crate::model::time::{Millis, Time};

/// Services whose metrics are asked for.
const SERVICES: usize = 200;
/// Stretches of a service that are remembered as asked for: fewer than a track holds answers. One more is the tail of a polled source.
const ASKED: usize = 4;
/// Values that are asked for in one question, of all its services and metrics together: some MiB as JSON, some milliseconds to take in.
const VALUES: i64 = 120_000;
/// Services in one question, however little is asked of each: their names must fit into an address of 8 KiB.
const TOGETHER: usize = 100;
/// Questions that are out at a time. Who zooms on meanwhile does not wait for windows that are no longer looked at.
const OUT: usize = 4;

/// A stretch of history, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    window: Millis,
    /// Its end in steps of half a window; for ever: it ends now, and live points go on with it.
    slot: i64,
    /// How far back it is moved to lie behind the present.
    shift: Millis,
    /// Of a source that is polled: the beat.
    beat: i64,
}

/// What was asked for, by service.
pub type Asks = Ledger<ServiceId, Asked, { SERVICES * 2 }, ASKED>;

/// A stretch that the screen wants.
struct Want {
    key: Asked,
    from: Time,
    to: Time,
}

impl Want {
    /// How many services fit into one question for it.
    fn together(&self) -> usize {
        let steps = (self.to.since(self.from).0 / step_of(self.key.window).0).max(1);
        let each = steps.saturating_mul(Metric::KNOWN.len() as i64);
        usize::try_from(VALUES / each).unwrap_or(TOGETHER).clamp(1, TOGETHER)
    }
}

impl App {
    /// Asks for the metrics that the screen wants and that were not asked for.
    pub fn fetch_metrics(&mut self, fx: &mut Fx) {
        let mut out = self.asked.values().filter(|it| matches!(it, Request::Metrics(_))).count();
        if out >= OUT {
            return;
        }
        let services = self.services_on_screen();
        for want in self.wants() {
            let lacking: Vec<&ServiceId> = services.iter().filter(|it| !self.charts.asked.holds(it, &want.key)).collect();
            for part in lacking.chunks(want.together()) {
                if out >= OUT {
                    return;
                }
                for service in part {
                    // Of a beat only the last one counts.
                    let worn = |old: &Asked| want.key.beat > 0 && old.beat > 0;
                    self.charts.asked.write(service, want.key, worn);
                }
                let query = MetricQuery {
                    services: part.iter().copied().cloned().collect(),
                    metrics: Vec::new(),
                    from: want.from,
                    to: want.to,
                    step: step_of(want.key.window),
                    replicas: false,
                };
                out += usize::from(self.ask(fx, Request::Metrics(query)));
            }
        }
    }

    fn wants(&self) -> Vec<Want> {
        let (axis, window) = (self.axis(), self.timeline.window);
        let half = (window.0 / 2).max(1);
        let mut wants = Vec::new();
        // While the axis stands still, each half window is asked for by itself; a moving one is fed by live points.
        let slot = axis.to.0.div_euclid(half);
        let stretch = |shift: Millis| {
            let from = Time(slot.saturating_sub(2).saturating_mul(half)) - shift;
            let to = Time(slot.saturating_add(1).saturating_mul(half)) - shift;
            (from, Time(to.0.min(self.now.0)))
        };
        let nothing = Asked { window, slot: i64::MAX, shift: Millis(0), beat: 0 };
        if self.timeline.end.is_some() {
            let (from, to) = stretch(Millis(0));
            wants.push(Want { key: Asked { slot, ..nothing }, from, to });
        } else {
            wants.push(Want { key: nothing, from: axis.from - Millis(half), to: axis.to });
            if matches!(self.platform().map(|it| &it.link), Some(Link::Polling { .. })) {
                let every = poll_of(window);
                let beat = self.now.0.div_euclid(every.0).max(1);
                let tail = Millis(every.0.max(step_of(window).0) * 2);
                wants.push(Want { key: Asked { beat, ..nothing }, from: axis.to - tail, to: axis.to });
            }
        }
        if let Ok(Some(it)) = self.behind()
            && it.by.0 != 0
        {
            let (from, to) = stretch(it.by);
            wants.push(Want { key: Asked { slot, shift: it.by, ..nothing }, from, to });
        }
        wants
    }

    /// Whether anything that was asked for the charts of the scope is not answered yet, or is still to be asked for.
    pub fn metrics_on_their_way(&self) -> bool {
        let here = |it: &MetricQuery| it.services.iter().any(|it| self.service_in_scope(it));
        self.asked.values().any(|it| matches!(it, Request::Metrics(it) if here(it))) || self.metrics_wanting()
    }

    /// Whether something that the charts of the scope want has not been asked for: it waits for its turn.
    pub fn metrics_wanting(&self) -> bool {
        let can = self.fresh() && self.platform().is_some_and(|it| it.caps.metric_history);
        can && {
            let wants = self.wants();
            let services = self.services_on_screen();
            let mut here = services.iter().filter(|it| self.service_in_scope(it));
            here.any(|it| wants.iter().any(|want| !self.charts.asked.holds(it, &want.key)))
        }
    }

    /// The services that the screen shows numbers of, those that are seen first: of the scope, in sight and then the rest; then whoever
    /// else is in sight in the tree.
    fn services_on_screen(&self) -> Vec<ServiceId> {
        let view = self.view(PaneId::Projects);
        let height = usize::from(self.areas().list(PaneId::Projects).height);
        let in_sight = || {
            view.rows.iter().skip(view.top).take(height).filter_map(|row| match row {
                RowKey::Service(id) => Some(id),
                _ => None,
            })
        };
        let scope: Vec<&ServiceId> = if let Scope::Service(id) = &self.scope {
            vec![id]
        } else {
            let all = self.tree.iter().flat_map(|(_, list)| list).filter(|id| self.service_in_scope(id));
            let seen: Vec<&ServiceId> = in_sight().filter(|id| self.service_in_scope(id)).collect();
            seen.into_iter().chain(all).collect()
        };
        let mut told = BTreeSet::new();
        scope.into_iter().chain(in_sight()).filter(|id| told.insert(*id)).take(SERVICES).cloned().collect()
    }
}
