//! History that is shown and not held is asked for: once, and again after the link was away.

use super::effect::Fx;
use super::pane::{PaneId, RowKey, Scope};
use super::series::Metrics;
use super::state::{App, Covered};
use crate::model::ids::ServiceId;
use crate::model::metric::MetricQuery;
use crate::model::request::Request;
use crate::model::time::Time;

/// Services whose metrics are asked for: as many as a screen shows.
const SERVICES: usize = 40;

impl App {
    /// Asks for all history that the screen wants and that was not asked for.
    pub fn fetch(&mut self, fx: &mut Fx) {
        if !self.fresh() {
            return;
        }
        let Some(caps) = self.platform().map(|it| (it.caps.log_history, it.caps.metric_history)) else { return };
        if caps.0 {
            self.fetch_logs(fx);
        }
        if caps.1 {
            self.fetch_metrics(fx);
        }
    }

    fn fetch_logs(&mut self, fx: &mut Fx) {
        if let Some(query) = self.logs.wants_history() {
            self.ask_lines(fx, query);
        }
    }

    fn fetch_metrics(&mut self, fx: &mut Fx) {
        let (axis, window) = (self.axis(), self.timeline.window);
        // While the axis stands still, each half window is asked for by itself; a moving one is fed by live points.
        let slot = self.timeline.end.map_or(i64::MAX, |end| end.0 / (window.0 / 2).max(1));
        for service in self.services_on_screen() {
            if !self.covered.insert(Covered::Metrics(service.clone(), window, slot)) {
                continue;
            }
            let from = Time(axis.from.0 - window.0 / 2);
            let query = MetricQuery { service, metrics: Vec::new(), from, to: axis.to, step: Metrics::step_of(window), replicas: false };
            self.ask(fx, Request::Metrics(query));
        }
    }

    /// The services that the screen shows numbers of: those of the scope first, then those in sight in the tree.
    fn services_on_screen(&self) -> Vec<ServiceId> {
        let view = self.view(PaneId::Projects);
        let height = usize::from(self.areas().list(PaneId::Projects).height);
        let in_sight = view.rows.iter().skip(view.top).take(height).filter_map(|row| match row {
            RowKey::Service(id) => Some(id.clone()),
            _ => None,
        });
        let scoped: Vec<ServiceId> = match &self.scope {
            Scope::Service(id) => vec![id.clone()],
            _ => self.tree.iter().flat_map(|(_, list)| list).filter(|id| self.service_in_scope(id)).take(SERVICES).cloned().collect(),
        };
        let mut all = scoped;
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

    fn service_in_scope(&self, id: &ServiceId) -> bool {
        self.store.services.get(id).is_some_and(|it| self.in_scope(&it.project, Some(id)))
    }
}
