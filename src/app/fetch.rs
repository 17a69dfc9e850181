//! History that is shown and not held is asked for: once, and again after the link was away. (Of metrics: `metrics::ask`.)

use super::counts::Covered;
use super::effect::Fx;
use super::state::App;
use crate::model::ids::ServiceId;
use crate::model::metric::MetricQuery;
use crate::model::request::Request;
use crate::model::time::Time;

/// Failed questions that are remembered: as many as a screen asks at once.
const MISSED: usize = 64;

impl App {
    /// Asks for all history that the screen wants and that was not asked for.
    pub fn fetch(&mut self, fx: &mut Fx) {
        if !self.fresh() {
            return;
        }
        let Some(caps) = self.platform().map(|it| (it.caps.log_history, it.caps.metric_history)) else { return };
        if caps.0 {
            self.fetch_logs(fx);
            self.fetch_volume(fx);
        }
        if caps.1 {
            self.fetch_metrics(fx);
        }
        self.fetch_deploys(fx);
    }

    fn fetch_logs(&mut self, fx: &mut Fx) {
        if let Some(query) = self.logs.wants_history() {
            self.ask_lines(fx, query);
        }
    }

    fn fetch_volume(&mut self, fx: &mut Fx) {
        if self.areas().timeline.is_empty() {
            return;
        }
        let n = self.cells();
        let axis = self.axis_of(n);
        let Some(query) = self.wants_volume(axis, n) else { return };
        // A moving axis leaves what it began with; the lines that came meanwhile may have made room.
        let slots = if self.timeline.end.is_some() { 2 } else { 8 };
        let slot = axis.to.0 / (self.timeline.window.0 / slots).max(1);
        if self.covered.insert(Covered::Volume(query.services.clone(), query.step, slot)) {
            self.ask(fx, Request::Volume(query));
        }
    }

    /// Why something that was asked for is not there.
    pub fn missed(&self, of: impl Fn(&Request) -> bool) -> Option<&str> {
        self.missed.iter().rev().find(|(it, _)| of(it)).map(|(_, why)| why.as_str())
    }

    /// A question for history came to nothing: said in its place until it is asked again.
    pub fn miss(&mut self, request: Request, why: String) {
        self.missed.retain(|(it, _)| *it != request);
        if self.missed.len() >= MISSED {
            self.missed.remove(0);
        }
        self.missed.push((request, why));
    }

    /// Whatever was asked for is asked for again, by whoever wants it still.
    pub fn ask_anew(&mut self) {
        self.covered.clear();
        self.charts.asked.clear();
        self.missed.clear();
        self.logs.retry_history();
    }

    /// What of the numbers on the screen is on its way, or could not be had; `true`: that.
    pub fn metrics_words(&self) -> Option<(String, bool)> {
        let axis = self.axis();
        let here = |it: &MetricQuery| it.from < axis.to && it.to > axis.from && self.service_in_scope(&it.service);
        let span = |it: &MetricQuery| span_words(self, it.from.max(axis.from), it.to.min(axis.to));
        let asked = self.asked.values().find_map(|it| match it {
            Request::Metrics(query) if here(query) => Some((format!("loading {}…", span(query)), false)),
            _ => None,
        });
        asked.or_else(|| {
            self.missed.iter().rev().find_map(|(it, why)| match it {
                Request::Metrics(query) if here(query) => Some((format!("{} not loaded: {why}", span(query)), true)),
                _ => None,
            })
        })
    }

    /// Whether a service belongs to the scope.
    pub fn service_in_scope(&self, id: &ServiceId) -> bool {
        self.store.services.get(id).is_some_and(|it| self.in_scope(&it.project, Some(id)))
    }
}

/// `13:00–14:00`
pub fn span_words(app: &App, from: Time, to: Time) -> String {
    format!("{}–{}", app.hour(from), app.hour(to))
}
