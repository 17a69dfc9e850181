//! History that is shown and not held is asked for: once, and again after the link was away. (Of metrics: `metrics::ask`.)

use super::effect::Fx;
use super::state::{App, NoticeKind};
use crate::model::ids::ServiceId;
use crate::model::metric::MetricQuery;
use crate::model::request::Request;
use crate::model::time::{Millis, Time};

/// Failed questions that are remembered: as many as a screen asks at once.
const MISSED: usize = 64;
/// A platform that asks to be left in peace is believed within these.
const SHORTEST: Millis = Millis::secs(1);
const LONGEST: Millis = Millis::mins(15);

impl App {
    /// Asks for all history that the screen wants and that was not asked for.
    pub fn fetch(&mut self, fx: &mut Fx) {
        if !self.fresh() || self.rests() {
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
        let stretch = (query.step, slot);
        if !self.covered.holds(&query.services, &stretch) {
            self.covered.write(&query.services, stretch, |_| false);
            self.ask(fx, Request::Volume(query));
        }
    }

    /// The platform was asked too often: nothing more is asked until it said that it may be, and then what was refused is asked again.
    pub fn rest(&mut self, refused: &Request, after: Millis) {
        match refused {
            Request::Metrics(query) => query.services.iter().for_each(|it| self.charts.asked.forget(it)),
            Request::Volume(query) => self.covered.forget(&query.services),
            _ => {}
        }
        let until = self.now + Millis(after.0.clamp(SHORTEST.0, LONGEST.0));
        if self.resting.is_none() {
            let text = format!("history is asked for again in {}: the platform was asked too often", until.since(self.now).long());
            self.notify(NoticeKind::Info, text);
        }
        self.resting = self.resting.max(Some(until));
    }

    /// Whether the platform is left in peace; when that is over, what it refused is wanted again.
    fn rests(&mut self) -> bool {
        let Some(until) = self.resting else { return false };
        if self.now < until {
            return true;
        }
        self.resting = None;
        self.logs.retry_history();
        self.deploys.retry();
        false
    }

    /// What is said where something is missing that may not be asked for yet: `waiting (rate limit, 12s)`.
    pub fn resting_words(&self) -> Option<String> {
        let until = self.resting.filter(|it| *it > self.now)?;
        Some(format!("waiting (rate limit, {})", until.since(self.now).short()))
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
        self.resting = None;
        self.logs.retry_history();
    }

    /// What of the numbers on the screen is on its way, or could not be had; `true`: that.
    pub fn metrics_words(&self) -> Option<(String, bool)> {
        let axis = self.axis();
        if let Some(words) = self.resting_words().filter(|_| self.metrics_wanting()) {
            return Some((words, true));
        }
        let of_scope = |it: &MetricQuery| it.services.iter().any(|it| self.service_in_scope(it));
        let here = |it: &MetricQuery| it.from < axis.to && it.to > axis.from && of_scope(it);
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
