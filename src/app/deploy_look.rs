//! Asks for what is looked at and not held: the data of a card, the last lines of a failure, the commits of a diff. And takes the answers in.

use super::deploys::{Card, Diff, Held, METRICS, Part, Range, STEP, Sample, Study, Verdict, Want, Why};
use super::deploys::{base, card, diff, hashes, window};
use super::effect::Fx;
use super::state::{App, Overlay};
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::event::Answer;
use crate::model::ids::{AskId, DeploymentId};
use crate::model::log::{LogFilter, LogKind, LogQuery};
use crate::model::metric::MetricQuery;
use crate::model::request::Request;
use crate::model::time::Time;

/// Lines of each side that are compared: enough to know what a program says, and some milliseconds' work.
const SAMPLE: usize = 1_000;
/// Last lines of a failure that are looked through for the one that says why.
const TAIL: usize = 200;
/// Said where a source keeps no history of its own.
const NO_HISTORY: &str = "this platform keeps no history of it";

/// What is looked at.
#[derive(Debug, Default)]
struct Looked {
    cards: Vec<DeploymentId>,
    tails: Vec<DeploymentId>,
    ranges: Vec<Range>,
}

impl App {
    /// Asks for all that is looked at and not held.
    pub fn fetch_deploys(&mut self, fx: &mut Fx) {
        let looked = self.looked_at();
        let now = self.now;
        for id in looked.cards {
            self.study(fx, &id);
        }
        for id in looked.tails {
            if self.deploys.wants_tail(&id, now) {
                self.ask_tail(fx, id);
            }
        }
        for range in looked.ranges {
            if self.deploys.wants_range(&range, now) {
                let (service, from, to) = range.clone();
                self.deploys.ranges.insert(range.clone(), Held { asked: now, it: Part::Asking });
                self.want(fx, Request::Commits { service, from, to }, Want::Commits(range));
            }
        }
        self.deploys.bound();
    }

    /// Takes the answer to a question of this room in; gives back one that is not.
    pub fn take_deploy_answer(&mut self, id: AskId, answer: Answer) -> Option<Answer> {
        let Some(want) = self.deploys.asked.remove(&id) else { return Some(answer) };
        match want {
            Want::Series(id) => self.study_gets(&id, |it| match answer {
                Answer::Metrics(series) => it.series = Part::Here(series),
                other => fail(&mut it.series, &other),
            }),
            Want::Before(id) => self.study_gets(&id, |it| take_lines(&mut it.before, answer)),
            Want::After(id) => self.study_gets(&id, |it| take_lines(&mut it.after, answer)),
            Want::Tail(id) => {
                if let Some(held) = self.deploys.tails.get_mut(&id) {
                    match answer {
                        Answer::Logs(page) => held.it = Part::Here(page.lines),
                        other => fail(&mut held.it, &other),
                    }
                }
            }
            Want::Commits(range) => {
                if let Some(held) = self.deploys.ranges.get_mut(&range) {
                    match answer {
                        Answer::Commits(range) => held.it = Part::Here(range),
                        other => fail(&mut held.it, &other),
                    }
                }
            }
        }
        None
    }

    /// What differs in `to` from `from`, as far as it is known now.
    pub fn diff_of(&self, from: &DeploymentId, to: &DeploymentId) -> Option<Diff> {
        let (from, to) = (self.deployment(from)?, self.deployment(to)?);
        let range = range_of(from, to).and_then(|it| self.deploys.range(&it));
        Some(diff(from, to, range, self.now))
    }

    /// What a deployment is compared with if nothing else is chosen: what served before it, else the one before it that is known.
    pub fn diff_base(&self, it: &Deployment) -> Option<&Deployment> {
        let all = || self.store.deployments.values();
        let before = |one: &&Deployment| one.service == it.service && (one.created, &one.id) < (it.created, &it.id);
        base(all(), it)
            .or_else(|| all().filter(before).max_by_key(|one| (one.created, &one.id)))
            .or_else(|| all().find(|one| one.service == it.service && one.id != it.id))
    }

    fn looked_at(&self) -> Looked {
        let mut out = Looked::default();
        if let Some(it) = self.open_deployment() {
            out.cards.push(it.id.clone());
            if matches!(it.status, DeployStatus::Failed | DeployStatus::Crashed) {
                out.tails.push(it.id.clone());
            }
        }
        let mut pair = |from: Option<&Deployment>, to: Option<&Deployment>| {
            out.ranges.extend(from.zip(to).and_then(|(from, to)| range_of(from, to)));
        };
        match self.overlays.last() {
            Some(Overlay::Diff(it)) => pair(self.deployment(&it.from), self.deployment(&it.to)),
            Some(Overlay::Confirm(it)) => {
                let (live, target) = self.question_about(&it.request);
                pair(live, target);
                out.cards.extend(live.into_iter().chain(target).map(|it| it.id.clone()));
            }
            _ => {}
        }
        out
    }

    fn study(&mut self, fx: &mut Fx, id: &DeploymentId) {
        let now = self.now;
        if self.deploys.studies.get(id).is_some_and(|it| !it.due(now)) {
            return;
        }
        let Some(it) = self.store.deployments.get(id) else { return };
        let Some(window) = window(self.store.deployments.values(), it, now) else { return };
        let (service, base) = (it.service.clone(), window.base.map(|it| it.id.clone()));
        let (live, from) = (window.after.from, window.before.from.min(window.after.from));
        let (until, closed) = (window.after.to, window.closed);
        let caps = self.platform().map(|it| (it.caps.metric_history, it.caps.log_history)).unwrap_or_default();
        let mut study = self.deploys.studies.remove(id).unwrap_or_default();
        (study.asked, study.closed) = (now, closed);
        let mut asks = Vec::new();
        if caps.0 {
            let query = MetricQuery { services: vec![service], metrics: METRICS.to_vec(), from, to: until, step: STEP, replicas: false };
            asks.push((Request::Metrics(query), Want::Series(id.clone())));
        } else {
            study.series = Part::Failed(NO_HISTORY.to_owned());
        }
        if caps.1 {
            // What served before does not change any more; it is asked for once.
            if let Some(base) = base.filter(|_| study.before.here().is_none()) {
                asks.push((lines_of(&base, live, SAMPLE), Want::Before(id.clone())));
            }
            asks.push((lines_of(id, until, SAMPLE), Want::After(id.clone())));
        } else {
            (study.before, study.after) = (Part::Failed(NO_HISTORY.to_owned()), Part::Failed(NO_HISTORY.to_owned()));
        }
        study.out = asks.len();
        self.deploys.studies.insert(id.clone(), study);
        for (request, want) in asks {
            self.want(fx, request, want);
        }
        self.make_card(id);
    }

    /// Gives an answer to a study that waits for it, and makes its card anew.
    fn study_gets(&mut self, id: &DeploymentId, put: impl FnOnce(&mut Study)) {
        let Some(study) = self.deploys.studies.get_mut(id) else { return };
        put(study);
        study.out = study.out.saturating_sub(1);
        self.make_card(id);
    }

    /// Once all answers are here; before, only the first card, which says what is still missing: one that was whole stays until the next is.
    fn make_card(&mut self, id: &DeploymentId) {
        let (Some(it), Some(study)) = (self.store.deployments.get(id), self.deploys.studies.get(id)) else { return };
        let whole = |it: &Card| it.lines.iter().all(|line| line.verdict != Verdict::Unknown(Why::Asking));
        if study.out > 0 && study.card.as_ref().is_some_and(whole) {
            return;
        }
        let Some(window) = window(self.store.deployments.values(), it, study.asked) else { return };
        let made = card(&window, &study.series, &study.before, &study.after);
        if let Some(study) = self.deploys.studies.get_mut(id) {
            study.card = Some(made);
        }
    }

    fn ask_tail(&mut self, fx: &mut Fx, id: DeploymentId) {
        let history = self.platform().is_some_and(|it| it.caps.log_history);
        let it = if history { Part::Asking } else { Part::Failed(NO_HISTORY.to_owned()) };
        self.deploys.tails.insert(id.clone(), Held { asked: self.now, it });
        if history {
            let filter = LogFilter { deployment: Some(id.clone()), ..LogFilter::default() };
            self.want(fx, Request::Logs(LogQuery { filter, limit: Some(TAIL), ..LogQuery::default() }), Want::Tail(id));
        }
    }

    fn want(&mut self, fx: &mut Fx, request: Request, want: Want) {
        if let Some(id) = self.ask_for(fx, request) {
            self.deploys.asked.insert(id, want);
        }
    }
}

/// The last lines that replicas of `id` wrote before `until`.
fn lines_of(id: &DeploymentId, until: Time, limit: usize) -> Request {
    let filter = LogFilter { deployment: Some(id.clone()), kind: Some(LogKind::Runtime), ..LogFilter::default() };
    Request::Logs(LogQuery { filter, until: Some(until), limit: Some(limit), ..LogQuery::default() })
}

fn range_of(from: &Deployment, to: &Deployment) -> Option<Range> {
    let (one, other) = hashes(from, to)?;
    Some((to.service.clone(), one, other))
}

fn take_lines(part: &mut Part<Sample>, answer: Answer) {
    match answer {
        Answer::Logs(page) => *part = Part::Here(Sample { lines: page.lines, more: !page.beginning }),
        other => fail(part, &other),
    }
}

fn fail<T>(part: &mut Part<T>, answer: &Answer) {
    *part = Part::Failed(match answer {
        Answer::Failed(fault) => fault.to_string(),
        _ => "the answer was about something else".to_owned(),
    });
}
