//! The rows of each list pane. Made only when something they depend on has changed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::deploys::taken_back;
use super::pane::{PaneId, RowKey, Scope};
use super::series::GAUGES;
use super::state::{App, Dirty};
use crate::model::deploy::Deployment;
use crate::model::ids::{ProjectId, ServiceId};
use crate::model::incident::{Incident, IncidentStatus, Severity};
use crate::model::service::Service;

/// Ranks of health under this are of services that do not work.
const DOWN: u8 = 2;

impl App {
    /// Makes the rows of all lists that are marked as dirty.
    pub fn make_rows(&mut self) {
        let dirty = std::mem::take(&mut self.dirty);
        if dirty.projects {
            self.settle_hues();
            self.sort_tree();
            let rows = self.tree_rows();
            let total = self.tree.iter().map(|(_, services)| services.len() + 1).sum();
            self.put_rows(PaneId::Projects, rows, total);
        }
        if dirty.deployments {
            self.taken_back = taken_back(&self.store.deployments);
            self.running = self.store.deployments.values().filter(|it| it.status.running()).count();
            let (rows, total) = self.deployment_rows();
            self.put_rows(PaneId::Deployments, rows, total);
        }
        if dirty.incidents {
            let (rows, total) = self.incident_rows();
            self.put_rows(PaneId::Incidents, rows, total);
        }
        if dirty.metrics {
            let rows: Vec<RowKey> = (0..GAUGES.len()).filter_map(|n| u8::try_from(n).ok()).map(RowKey::Gauge).collect();
            self.put_rows(PaneId::Metrics, rows, GAUGES.len());
        }
    }

    fn put_rows(&mut self, pane: PaneId, rows: Vec<RowKey>, total: usize) {
        let view = &mut self.views[pane.index()];
        view.rows = rows;
        view.total = total;
    }

    /// Brings the tree up to date. While its pane has the focus the known rows keep their order; else worst first.
    fn sort_tree(&mut self) {
        let mut by_project: BTreeMap<&ProjectId, Vec<&Service>> = self.store.projects.keys().map(|id| (id, Vec::new())).collect();
        for it in self.store.services.values() {
            // A service whose project is not known (yet) is shown all the same, under its project's id.
            by_project.entry(&it.project).or_default().push(it);
        }
        let old = if self.focus == PaneId::Projects { std::mem::take(&mut self.tree) } else { Vec::new() };
        let old_projects: HashMap<&ProjectId, usize> = old.iter().enumerate().map(|(i, (id, _))| (id, i)).collect();
        let old_services: HashMap<&ServiceId, usize> = old.iter().flat_map(|(_, list)| list).enumerate().map(|(i, id)| (id, i)).collect();
        // Next to what is down is what customers feel, though all of it runs.
        let mut felt: BTreeMap<&ServiceId, u8> = BTreeMap::new();
        for it in self.store.incidents.values().filter(|it| it.is_open()) {
            let rank = match it.severity {
                Severity::P1 => 0,
                Severity::P2 => 1,
                _ => continue,
            };
            if let Some(id) = &it.service {
                let held = felt.entry(id).or_insert(rank);
                *held = rank.min(*held);
            }
        }
        let rank = |it: &Service| match (it.health.rank(), felt.get(&it.id)) {
            (down @ ..DOWN, _) => (down, 0),
            (health, Some(felt)) => (DOWN, felt.saturating_mul(16).saturating_add(health)),
            (health, None) => (health, u8::MAX),
        };
        let within = |services: Vec<&Service>| {
            let key = |it: &&Service| (rank(it), it.name.to_lowercase(), it.id.clone());
            let list = placed(services, |it| old_services.get(&it.id).copied(), key);
            let worst = list.iter().map(|it| rank(it)).min().unwrap_or((u8::MAX, u8::MAX));
            (worst, list.into_iter().map(|it| it.id.clone()).collect::<Vec<_>>())
        };
        let projects: Vec<_> = by_project.into_iter().map(|(id, services)| (id, within(services))).collect();
        let key =
            |(id, (worst, _)): &(&ProjectId, ((u8, u8), Vec<ServiceId>))| (*worst, self.project_name(id).to_lowercase(), (*id).clone());
        let projects = placed(projects, |(id, _)| old_projects.get(id).copied(), key);
        let tree = projects.into_iter().map(|(id, (_, list))| (id.clone(), list)).collect();
        self.tree = tree;
    }

    fn tree_rows(&self) -> Vec<RowKey> {
        let words = words(&self.view(PaneId::Projects).filter);
        let mut rows = Vec::new();
        for (project, services) in &self.tree {
            let name = self.project_name(project).to_lowercase();
            let whole = fits(&words, &name);
            let kept: Vec<&ServiceId> = services.iter().filter(|id| whole || self.service_fits(&words, &name, id)).collect();
            if !whole && kept.is_empty() {
                continue;
            }
            rows.push(RowKey::Project(project.clone()));
            // What the filter found is shown, folded or not.
            if !self.folded.contains(project) || !words.is_empty() {
                rows.extend(kept.into_iter().cloned().map(RowKey::Service));
            }
        }
        rows
    }

    fn service_fits(&self, words: &[String], project: &str, id: &ServiceId) -> bool {
        self.store
            .services
            .get(id)
            .is_some_and(|it| fits(words, &format!("{project} {} {} {}", it.name, it.health.said(), it.kind).to_lowercase()))
    }

    fn deployment_rows(&self) -> (Vec<RowKey>, usize) {
        let words = words(&self.view(PaneId::Deployments).filter);
        let all: Vec<&Deployment> = self.deployments_in_scope().collect();
        let total = all.len();
        let mut kept: Vec<&Deployment> = all.into_iter().filter(|it| words.is_empty() || self.deployment_fits(&words, it)).collect();
        kept.sort_unstable_by(|a, b| {
            let key = |it: &Deployment| (Reverse(it.status.running()), Reverse(it.created));
            key(a).cmp(&key(b)).then_with(|| b.id.cmp(&a.id))
        });
        (kept.into_iter().map(|it| RowKey::Deployment(it.id.clone())).collect(), total)
    }

    fn deployment_fits(&self, words: &[String], it: &Deployment) -> bool {
        let (commit, message) = it.commit.as_ref().map_or(("", ""), |commit| (commit.id.as_str(), commit.message.as_str()));
        let branch = it.branch.as_deref().unwrap_or_default();
        let text =
            format!("{} {} {commit} {message} {branch} {} {} {}", self.service_name(&it.service), it.word(), it.by, it.trigger, it.id);
        fits(words, &text.to_lowercase())
    }

    fn incident_rows(&self) -> (Vec<RowKey>, usize) {
        let words = words(&self.view(PaneId::Incidents).filter);
        let all: Vec<&Incident> = self.incidents_in_scope().collect();
        let total = all.len();
        let text = |it: &Incident| format!("{} {} {}", it.severity, it.status, it.title).to_lowercase();
        let mut kept: Vec<&Incident> = all.into_iter().filter(|it| words.is_empty() || fits(&words, &text(it))).collect();
        // Open ones by severity and clock, then the resolved ones, newest first.
        kept.sort_by(|a, b| {
            let key = |it: &Incident| {
                let closed = it.status == IncidentStatus::Resolved;
                let clock = if closed { it.opened.0.saturating_neg() } else { it.due.unwrap_or(it.opened).0 };
                (closed, if closed { None } else { Some(it.severity.clone()) }, it.acknowledged.is_some() && !closed, clock)
            };
            key(a).cmp(&key(b)).then_with(|| b.id.cmp(&a.id))
        });
        (kept.into_iter().map(|it| RowKey::Incident(it.id.clone())).collect(), total)
    }

    /// Puts the cursor of the tree on the scope, if the scope's row is shown.
    pub fn scope_row(&self) -> Option<RowKey> {
        match &self.scope {
            Scope::All => None,
            Scope::Project(id) => Some(RowKey::Project(id.clone())),
            Scope::Service(id) => Some(RowKey::Service(id.clone())),
        }
    }
}

impl App {
    /// Marks what depends on the store's objects.
    pub fn all_dirty(&mut self) {
        self.dirty = Dirty::ALL;
    }
}

/// What was there keeps its order; what is new comes before the first that it would stand before if all were sorted by `key`.
fn placed<T, K: Ord>(all: Vec<T>, old: impl Fn(&T) -> Option<usize>, key: impl Fn(&T) -> K) -> Vec<T> {
    let (mut known, mut new): (Vec<T>, Vec<T>) = all.into_iter().partition(|it| old(it).is_some());
    new.sort_by_cached_key(&key);
    if known.is_empty() {
        return new;
    }
    known.sort_by_key(&old);
    for it in new {
        let wanted = key(&it);
        let at = known.iter().position(|have| key(have) > wanted).unwrap_or(known.len());
        known.insert(at, it);
    }
    known
}

fn words(filter: &str) -> Vec<String> {
    filter.split_whitespace().map(str::to_lowercase).collect()
}

fn fits(words: &[String], text: &str) -> bool {
    words.iter().all(|word| text.contains(word.as_str()))
}
