//! What a review asks a platform for, and what came of each question: what was asked for, or why there is none of it. Pure.

use crate::model::event::Answer;
use crate::model::incident::Incident;
use crate::model::log::{Level, LogFilter, LogPage, LogQuery};
use crate::model::metric::{Metric, MetricQuery, Series};
use crate::model::request::Request;
use crate::model::time::{Millis, Time};

/// How much of the time around an incident the charts show, and its longest part.
const AROUND: Millis = Millis::mins(30);
const CHARTED: Millis = Millis::hours(12);
/// Columns of a chart.
pub const COLUMNS: usize = 60;
/// Errors that are quoted from before its start, and from then on; and how far from it they may be. A rule opens an incident after it
/// was broken for a while, so that what broke it stands before.
pub const QUOTED: usize = 10;
pub const BEFORE_START: Millis = Millis::mins(5);
pub const AFTER_START: Millis = Millis::mins(10);
/// A metric, its name, and how its numbers are said.
pub type Chart = (Metric, &'static str, fn(f64) -> String);
/// What is charted.
pub const CHARTS: [Chart; 6] = [
    (Metric::Requests, "requests/s", number),
    (Metric::ErrorRatio, "errors", |it| format!("{} %", number(it * 100.0))),
    (Metric::P95, "p95", |it| format!("{} ms", number(it))),
    (Metric::Cpu, "cpu", |it| format!("{it:.2} cores")),
    (Metric::Memory, "memory", |it| super::deploys::bytes(it.max(0.0) as u64)),
    (Metric::Replicas, "replicas", number),
];

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Charts,
    /// The last errors before its start.
    Before,
    /// The first errors from its start on.
    After,
}

/// What came of the questions: each answer, or in words why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub series: Result<Vec<Series>, String>,
    pub before: Result<LogPage, String>,
    pub after: Result<LogPage, String>,
}

impl Found {
    /// Before anything is answered.
    pub fn nothing(it: &Incident) -> Self {
        let why = if it.service.is_some() { "it was not answered" } else { "it is about a whole project, not about one service" };
        Self { series: Err(why.to_owned()), before: Err(why.to_owned()), after: Err(why.to_owned()) }
    }

    /// Takes what was answered to the question about `what`.
    pub fn take(&mut self, what: What, answer: Answer) {
        match (what, answer) {
            (What::Charts, Answer::Metrics(series)) => self.series = Ok(series),
            (What::Before, Answer::Logs(page)) => self.before = Ok(page),
            (What::After, Answer::Logs(page)) => self.after = Ok(page),
            (what, Answer::Failed(fault)) => self.fail(what, fault.to_string()),
            (what, _) => self.fail(what, "the platform answered something else".to_owned()),
        }
    }

    /// There will be no answer about `what`.
    pub fn fail(&mut self, what: What, why: String) {
        match what {
            What::Charts => self.series = Err(why),
            What::Before => self.before = Err(why),
            What::After => self.after = Err(why),
        }
    }
}

/// What the platform is asked for, so that a review has its charts and its log.
pub fn questions(it: &Incident, now: Time) -> Vec<(What, Request)> {
    let Some(service) = it.service.clone() else { return Vec::new() };
    let (from, to) = around(it, now);
    let step = Millis((to.since(from).0 / COLUMNS as i64).max(5_000));
    let metrics = CHARTS.iter().map(|it| it.0.clone()).collect();
    let lines = |since, until, after| {
        let filter = LogFilter { service: Some(service.clone()), level: Some(Level::Error), ..LogFilter::default() };
        Request::Logs(LogQuery { filter, since: Some(since), until: Some(until), after, limit: Some(QUOTED), before: None })
    };
    vec![
        (What::Before, lines(it.opened - BEFORE_START, it.opened, None)),
        // After the first offset: of these lines the oldest.
        (What::After, lines(it.opened, it.opened + AFTER_START, Some(0))),
        (What::Charts, Request::Metrics(MetricQuery { services: vec![service], metrics, from, to, step, replicas: false })),
    ]
}

/// The time that is charted.
pub fn around(it: &Incident, now: Time) -> (Time, Time) {
    let end = it.resolved.as_ref().map_or(now, |deed| deed.at + AROUND).min(now);
    let from = it.opened - AROUND;
    (from, end.min(from + CHARTED).max(from + Millis::mins(1)))
}

fn number(it: f64) -> String {
    let tenths = (it * 10.0).round() / 10.0;
    if tenths >= 100.0 || tenths.fract().abs() < f64::EPSILON { format!("{tenths:.0}") } else { format!("{tenths:.1}") }
}
