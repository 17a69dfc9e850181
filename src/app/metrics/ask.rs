//! The history that charts need is asked for: once for each stretch, again after the link was away, and regularly of a source
//! that sends nothing by itself.

use crate::app::effect::Fx;
use crate::app::pane::{PaneId, RowKey, Scope};
use crate::app::series::{poll_of, step_of};
use crate::app::state::App;
use crate::model::ids::ServiceId;
use crate::model::link::Link;
use crate::model::metric::MetricQuery;
use crate::model::request::Request;
use crate::model::time::{Millis, Time};

/// Services whose metrics are asked for.
const SERVICES: usize = 200;
/// Stretches of a service that are remembered as asked for; what was forgotten is asked for again when it is looked at again.
/// Fewer than a track holds answers.
const ASKED: usize = 3;

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

/// A stretch that the screen wants.
struct Want {
    key: Asked,
    from: Time,
    to: Time,
}

impl App {
    /// Asks for all metrics that the screen wants and that were not asked for.
    pub fn fetch_metrics(&mut self, fx: &mut Fx) {
        let wants = self.wants();
        for service in self.services_on_screen() {
            for want in &wants {
                let asked = self.charts.asked.entry(service.clone()).or_default();
                if asked.contains(&want.key) {
                    continue;
                }
                // Of a beat only the last one counts.
                asked.retain(|it| Asked { beat: want.key.beat, ..*it } != want.key || it.beat == 0);
                asked.push_back(want.key);
                if asked.len() > ASKED + usize::from(want.key.beat > 0) {
                    asked.pop_front();
                }
                let query = MetricQuery {
                    service: service.clone(),
                    metrics: Vec::new(),
                    from: want.from,
                    to: want.to,
                    step: step_of(want.key.window),
                    replicas: false,
                };
                self.ask(fx, Request::Metrics(query));
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

    /// Whether anything that was asked for the charts of the scope is not answered yet.
    pub fn metrics_on_their_way(&self) -> bool {
        self.asked.values().any(|it| matches!(it, Request::Metrics(it) if self.service_in_scope(&it.service)))
    }

    /// The services that the screen shows numbers of: those of the scope first, then those in sight in the tree.
    fn services_on_screen(&self) -> Vec<ServiceId> {
        let view = self.view(PaneId::Projects);
        let height = usize::from(self.areas().list(PaneId::Projects).height);
        let in_sight = view.rows.iter().skip(view.top).take(height).filter_map(|row| match row {
            RowKey::Service(id) => Some(id.clone()),
            _ => None,
        });
        let mut all: Vec<ServiceId> = match &self.scope {
            Scope::Service(id) => vec![id.clone()],
            _ => self.tree.iter().flat_map(|(_, list)| list).filter(|id| self.service_in_scope(id)).take(SERVICES).cloned().collect(),
        };
        for id in in_sight {
            if all.len() >= SERVICES {
                break;
            }
            if !all.contains(&id) {
                all.push(id);
            }
        }
        all
    }
}
