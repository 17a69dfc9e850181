//! Takes what a source says into the state. A failure never empties a list: only a complete snapshot replaces what is known.

use std::collections::BTreeMap;

use super::effect::{Effect, Fx};
use super::state::{ActivityState, App, Dirty, NoticeKind, Store};
use crate::model::deploy::Deployment;
use crate::model::event::{Answer, Change, Event, ObjectRef, Snapshot};
use crate::model::ids::{AskId, SourceId};
use crate::model::incident::Incident;
use crate::model::link::Link;
use crate::model::request::{Fault, Request};
use crate::model::text::Clean;

/// Entries of the audit trail held; a window of an hour is all that is ever looked back.
const AUDIT: usize = 2_000;

impl App {
    /// Takes `event` in. `true`: something that may be on the screen has changed.
    pub fn absorb(&mut self, fx: &mut Fx, from: SourceId, event: Event) -> bool {
        let now = self.now;
        let Some(source) = self.sources.iter_mut().find(|it| it.id == from) else { return false };
        if !matches!(event, Event::Link(_) | Event::Answer(..)) {
            source.heard = Some(now);
            if source.link.is_fresh() {
                source.fresh = Some(now);
            }
        }
        match event {
            Event::Link(link) => self.link(from, link),
            Event::Caps(caps) => source.caps = *caps,
            Event::Snapshot(snapshot) => {
                // A complete answer is not a fresh one: a platform that cannot write, or a link that died since, sent an old
                // one. The link says so, before or right after it.
                source.unreadable.clone_from(&snapshot.unreadable);
                self.replace(fx, *snapshot);
                self.stirs_with_all();
            }
            Event::Changed(changes) => {
                self.stirs();
                for change in changes {
                    self.change(fx, change, true);
                }
            }
            Event::Heard { skew } => {
                source.skew = skew;
                return self.take_skew(skew);
            }
            Event::Logs(lines) => {
                self.stirs_with(&lines);
                self.count_lines(from, &lines);
                return self.absorb_logs(lines);
            }
            Event::LogGap(gap) => {
                self.miss_lines(&gap);
                self.logs.gap(gap);
            }
            Event::LogRestart { epoch } => {
                self.recount_lines(&epoch);
                self.logs.restart(epoch);
            }
            Event::Metrics(points) => {
                for it in points {
                    self.metrics.push(it);
                }
                return self.feeds();
            }
            Event::Answer(id, answer) => self.answer(fx, id, *answer),
            Event::Notice(text) => self.notify(NoticeKind::Info, text),
        }
        true
    }

    fn link(&mut self, from: SourceId, link: Link) {
        let now = self.now;
        let Some(source) = self.sources.iter_mut().find(|it| it.id == from) else { return };
        if source.link == link {
            return;
        }
        let (was, is) = (source.link.is_fresh(), link.is_fresh());
        if is {
            source.heard = Some(now);
            source.fresh = Some(now);
        }
        let other = std::mem::discriminant(&source.link) != std::mem::discriminant(&link);
        if was != is || other {
            source.since = now;
        }
        source.link = link;
        // The header has no room for the reason on a small screen, and what is polled looks like what is live.
        let polled = if let Link::Polling { every, why } = &source.link { Some((every.short(), why.clone())) } else { None };
        if let Some((every, why)) = polled.filter(|_| other) {
            self.notify(NoticeKind::Warn, format!("{why}: asked every {every} instead, until it can be had"));
        }
        if !was && is {
            // Whatever was missed while it was away is asked for again.
            self.ask_anew();
            self.deploys.retry();
        }
    }

    /// The whole truth: what is not in it is gone.
    fn replace(&mut self, fx: &mut Fx, it: Snapshot) {
        let first = !self.store.complete;
        let old = std::mem::take(&mut self.store);
        self.store = Store {
            complete: true,
            teams: it.teams.into_iter().map(|it| (it.id.clone(), it)).collect(),
            projects: it.projects.into_iter().map(|it| (it.id.clone(), it)).collect(),
            services: it.services.into_iter().map(|it| (it.id.clone(), it)).collect(),
            deployments: it.deployments.into_iter().map(|it| (it.id.clone(), it)).collect(),
            incidents: it.incidents.into_iter().map(|it| (it.id.clone(), it)).collect(),
            audit: it.audit.into_iter().map(|it| (it.id.clone(), it)).collect(),
        };
        let services = &self.store.services;
        self.metrics.keep(|id| services.contains_key(id));
        self.dirty = Dirty::ALL;
        self.leave_lost_scope();
        self.name_log_sources();
        self.aim_watches();
        if first {
            self.begin_scope();
            self.rung = self.heats();
            return self.take_as_told();
        }
        let ended = |it: &Deployment| old.deployments.get(&it.id).is_some_and(|was| ends(was, it));
        let deployments: Vec<(Deployment, bool)> =
            self.store.deployments.values().filter(|it| it.status.ended()).map(|it| (it.clone(), ended(it))).collect();
        for (it, news) in &deployments {
            self.tell_end(fx, it, *news);
        }
        // Whether that is news is not said by what was held: that may have been an older answer than what was told since.
        let incidents: Vec<Incident> = self.store.incidents.values().cloned().collect();
        for it in &incidents {
            self.tell_incident(fx, it, true);
        }
    }

    /// One object as it now is. An older revision than the one held is a late message and says nothing.
    fn change(&mut self, fx: &mut Fx, change: Change, tell: bool) {
        match change {
            Change::Team(it) => {
                let _ = put(&mut self.store.teams, it.id.clone(), it, |it| it.rev);
            }
            Change::Project(it) => {
                let _ = put(&mut self.store.projects, it.id.clone(), it, |it| it.rev);
                self.dirty.projects = true;
                self.name_log_sources();
            }
            Change::Service(it) => {
                let _ = put(&mut self.store.services, it.id.clone(), it, |it| it.rev);
                self.dirty.projects = true;
                self.name_log_sources();
            }
            Change::Deployment(it) => {
                let new = it.clone();
                self.logs.label_commits(new.commit.as_ref().map(|commit| (&new.id, commit.id.as_str())));
                if let Ok(was) = put(&mut self.store.deployments, it.id.clone(), it, |it| it.rev) {
                    self.dirty.deployments = true;
                    if new.status.ended() {
                        self.tell_end(fx, &new, tell && was.is_some_and(|was| ends(&was, &new)));
                    }
                }
            }
            Change::Incident(it) => {
                let new = it.clone();
                if put(&mut self.store.incidents, it.id.clone(), it, |it| it.rev).is_ok() {
                    self.dirty.incidents = true;
                    // The tree is sorted by what is open, too.
                    self.dirty.projects = true;
                    self.tell_incident(fx, &new, tell);
                }
            }
            Change::Audit(it) => {
                self.store.audit.insert(it.id.clone(), it);
                while self.store.audit.len() > AUDIT {
                    let oldest = self.store.audit.values().min_by_key(|it| it.at).map(|it| it.id.clone());
                    let Some(id) = oldest else { break };
                    self.store.audit.remove(&id);
                }
            }
            Change::Removed(it) => self.remove(&it),
        }
    }

    fn remove(&mut self, it: &ObjectRef) {
        match it {
            ObjectRef::Team(id) => drop(self.store.teams.remove(id)),
            ObjectRef::Project(id) => drop(self.store.projects.remove(id)),
            ObjectRef::Service(id) => drop(self.store.services.remove(id)),
            ObjectRef::Deployment(id) => drop(self.store.deployments.remove(id)),
            ObjectRef::Incident(id) => drop(self.store.incidents.remove(id)),
            ObjectRef::Audit(id) => drop(self.store.audit.remove(id)),
        }
        self.dirty = Dirty::ALL;
        self.leave_lost_scope();
    }

    /// A scope whose thing is gone shows nothing for ever; one level up is where the person still is.
    fn leave_lost_scope(&mut self) {
        use super::pane::Scope;
        let lost = match &self.scope {
            Scope::All => false,
            Scope::Project(id) => !self.store.projects.contains_key(id),
            Scope::Service(id) => !self.store.services.contains_key(id),
        };
        if lost {
            let name = match &self.scope {
                Scope::Project(id) => format!("project {id}"),
                Scope::Service(id) => format!("service {id}"),
                Scope::All => String::new(),
            };
            self.set_scope(Scope::All);
            self.notify(NoticeKind::Warn, format!("{name} is gone; showing everything"));
        }
    }

    fn answer(&mut self, fx: &mut Fx, id: AskId, answer: Answer) {
        if let Some(request) = self.asked.remove(&id) {
            if let Answer::Failed(Fault::RateLimited(after)) = &answer {
                self.rest(&request, *after);
            }
            let Some(answer) = self.take_deploy_answer(id, answer) else { return };
            let Some(answer) = self.answer_review(id, answer) else { return };
            return self.answer_to_question(id, &request, answer);
        }
        let Some(deed) = self.activity.iter_mut().find(|it| it.id == id) else { return };
        match answer {
            Answer::Done { text, object } => {
                let text = if text.is_empty() { Clean::new("done") } else { text };
                deed.state = ActivityState::Done(text.clone());
                fx.want(Effect::Note(deed.line()));
                let said = format!("{}: {text}", deed.what);
                if let Some(change) = object {
                    if let Change::Deployment(it) = &change {
                        self.mine.insert(it.id.clone());
                    }
                    // The row is right at once; the same change on the stream then says nothing new.
                    self.change(fx, change, false);
                }
                self.notify(NoticeKind::Good, said);
            }
            Answer::Failed(fault) => {
                deed.state = ActivityState::Failed(Clean::new(&fault.to_string()));
                fx.want(Effect::Note(deed.line()));
                let said = format!("{}: {fault}", deed.what);
                if let Some(Request::Note { incident, text }) = deed.request.clone() {
                    self.keep_note(&incident, &text);
                }
                self.notify(NoticeKind::Bad, said);
            }
            Answer::Logs(_) | Answer::Metrics(_) | Answer::Commits(_) | Answer::Volume(_) => {}
        }
    }

    fn answer_to_question(&mut self, id: AskId, request: &Request, answer: Answer) {
        match answer {
            Answer::Logs(page) => self.absorb_page(id, page),
            Answer::Metrics(series) => series.iter().for_each(|it| self.metrics.merge(it)),
            Answer::Failed(fault) => {
                self.log_question_failed(id, &fault);
                // An offline platform is said by the link, and what was missed is asked for again when it is back; so is what was asked
                // for too often, where it is missing.
                if !matches!(fault, Fault::Offline(_) | Fault::RateLimited(_)) {
                    if matches!(request, Request::Metrics(_) | Request::Volume(_)) {
                        self.miss(request.clone(), fault.to_string());
                    }
                    self.notify(NoticeKind::Warn, format!("{}: {fault}", request.name()));
                }
            }
            Answer::Volume(volume) => {
                if let Request::Volume(query) = request {
                    self.counts.take(query, volume);
                }
            }
            Answer::Done { .. } | Answer::Commits(_) => {}
        }
    }
}

/// A message with an older revision than the one held.
struct Late;

/// Puts an object in, and gives back the one it replaces.
fn put<K: Ord, T>(map: &mut BTreeMap<K, T>, id: K, it: T, rev: impl Fn(&T) -> u64) -> Result<Option<T>, Late> {
    if map.get(&id).is_some_and(|held| rev(held) > rev(&it)) {
        return Err(Late);
    }
    Ok(map.insert(id, it))
}

fn ends(was: &Deployment, is: &Deployment) -> bool {
    !was.status.ended() && is.status.ended()
}
