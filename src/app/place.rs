//! Where one is and was: the present view as a place, going to one, and the way back and forward through them.

use super::logs::Stacked;
use super::pane::{PaneId, RowKey, Scope};
use super::state::{App, Dirty, NoticeKind};
use super::stops::{LISTS, Memory, Opened, Place, Spot, Stop};
use super::target;
use crate::model::query::Clock;

/// Keys of a query that may be about the time of its typing.
const TIMED: [&str; 4] = ["after:", "since:", "before:", "until:"];

impl App {
    /// The present view.
    pub fn here(&self) -> Place {
        let open = match (&self.view(PaneId::Deployments).open, &self.view(PaneId::Incidents).open) {
            (Some(RowKey::Deployment(id)), other) if self.focus != PaneId::Incidents || other.is_none() => {
                Some(Opened::Deployment(id.clone()))
            }
            (_, Some(RowKey::Incident(id))) => Some(Opened::Incident(id.clone())),
            _ => None,
        };
        Place {
            context: self.settings.context.clone(),
            spot: self.spot(),
            pane: self.focus,
            zoom: self.zoom,
            open,
            window: Some(self.timeline.window),
            at: self.timeline.cursor,
            end: self.timeline.end,
            level: self.logs.filter().least(),
            logs: self.logs.filter().stack().iter().map(|it| (said(it), it.on)).collect(),
            search: self.logs.searched().map(str::to_owned),
            pin: self.pin.clone(),
            lists: LISTS.map(|(_, pane)| self.view(pane).filter.clone()),
            apart: self.charts.apart,
            behind: self.charts.behind,
        }
    }

    /// The scope by names; by ids where the names would lead elsewhere.
    fn spot(&self) -> Spot {
        let project = |id| {
            let name = self.project_name(id);
            if target::project(self, name).is_some_and(|it| it.id == *id) { name.to_owned() } else { id.to_string() }
        };
        match &self.scope {
            Scope::All => Spot::All,
            Scope::Project(id) => Spot::Project(project(id)),
            Scope::Service(id) => {
                let Some(it) = self.store.services.get(id) else { return Spot::All };
                let (project, name) = (project(&it.project), it.name.to_string());
                let found = target::service_of(self, &project, &name).is_some_and(|found| found.id == *id);
                Spot::Service(project, if found { name } else { id.to_string() })
            }
        }
    }

    /// Goes to `place`, as far as what it names is there; what is not is said.
    pub fn go(&mut self, place: &Place) {
        self.overlays.clear();
        self.prompt = None;
        self.pending.clear();
        // Whatever is looked at for a moment in the log is no part of a view.
        self.logs.unselect();
        self.logs.come_back();
        self.leave_trail();
        self.unpin_logs();
        for view in &mut self.views {
            view.open = None;
        }
        let scope = self.scope_of(&place.spot);
        self.set_scope(scope);
        if let Some(row) = self.scope_row() {
            self.views[PaneId::Projects.index()].at = Some(row);
        }
        self.set_focus(place.pane);
        for ((_, pane), text) in LISTS.iter().zip(&place.lists) {
            self.views[pane.index()].filter.clone_from(text);
        }
        self.charts.apart = place.apart;
        self.charts.behind = place.behind;
        self.open_again(place);
        self.zoom = place.zoom;
        self.filter_again(place);
        self.look_again(place);
        self.dirty = Dirty::ALL;
    }

    /// Goes where a locator from somebody says; to another context only where that is the one here.
    pub fn go_from_elsewhere(&mut self, place: &Place) {
        let here = &self.settings.context;
        if !place.context.is_empty() && place.context != *here {
            let text = format!("that is in the context `{}`, and this is `{here}`: trackside open '{place}' goes there", place.context);
            return self.notify(NoticeKind::Warn, text);
        }
        self.go(place);
    }

    fn scope_of(&mut self, spot: &Spot) -> Scope {
        let (scope, lost) = match spot {
            Spot::All => return Scope::All,
            Spot::Project(name) => (target::project(self, name).map(|it| Scope::Project(it.id.clone())), format!("project `{name}`")),
            Spot::Service(project, name) => {
                let found = target::service_of(self, project, name).map(|it| Scope::Service(it.id.clone()));
                (found, format!("service `{project}/{name}`"))
            }
        };
        scope.unwrap_or_else(|| {
            self.notify(NoticeKind::Warn, format!("there is no {lost} here; this is everything"));
            Scope::All
        })
    }

    fn open_again(&mut self, place: &Place) {
        let lost = match &place.open {
            Some(Opened::Deployment(id)) if self.store.deployments.contains_key(id) => {
                let key = RowKey::Deployment(id.clone());
                let view = &mut self.views[PaneId::Deployments.index()];
                (view.at, view.open, view.open_top) = (Some(key.clone()), Some(key), 0);
                return;
            }
            Some(Opened::Incident(id)) if self.store.incidents.contains_key(id) => {
                let key = RowKey::Incident(id.clone());
                let view = &mut self.views[PaneId::Incidents.index()];
                (view.at, view.open, view.open_top) = (Some(key.clone()), Some(key), 0);
                return;
            }
            Some(Opened::Deployment(id)) => format!("deployment `{id}`"),
            Some(Opened::Incident(id)) => format!("incident `{id}`"),
            None => return,
        };
        self.notify(NoticeKind::Warn, format!("there is no {lost} here (any more)"));
    }

    fn filter_again(&mut self, place: &Place) {
        let now: Vec<(String, bool)> = self.logs.filter().stack().iter().map(|it| (said(it), it.on)).collect();
        if (&now, self.logs.filter().least()) != (&place.logs, place.level) {
            self.logs.clear_filters();
            self.logs.set_level(place.level);
            let clock = self.query_clock();
            for (typed, on) in &place.logs {
                match self.logs.add_filter(typed, clock) {
                    Ok(()) if !on => self.logs.toggle_filter(self.logs.filter().stack().len() - 1),
                    Ok(()) => {}
                    Err(why) => self.notify(NoticeKind::Warn, format!("`{typed}` is no filter: {why}")),
                }
            }
        }
        match &place.search {
            None => self.logs.clear_search(),
            Some(text) if self.logs.searched() == Some(text) => {}
            // What was searched for once can be searched for.
            Some(text) => drop(self.logs.set_search(text)),
        }
        if let Some((id, kinds)) = &place.pin {
            self.pin_logs(id.clone(), kinds.clone());
        }
    }

    fn look_again(&mut self, it: &Place) {
        self.timeline.live();
        if let Some(window) = it.window {
            self.set_window(window);
        }
        match (it.at.filter(|at| *at < self.now), it.end) {
            (None, _) => {}
            (Some(at), None) => return self.look_at(at),
            (Some(at), Some(end)) => {
                self.timeline.cursor = Some(at);
                self.timeline.end = Some(end.clamp(at, at + self.timeline.window));
            }
        }
        self.follow_cursor();
    }

    /// The first view.
    pub(super) fn begin_stops(&mut self) {
        self.stops.here = Some(self.stop());
    }

    /// Begins with what was kept, at `place` or else where one was: as soon as the platform has said what there is.
    pub fn recall(&mut self, it: Memory, place: Option<Place>) {
        self.split = it.split;
        self.history = it.history.into();
        self.left = it.left;
        self.marked = it.marks;
        self.mark_again();
        self.heading = place.or_else(|| self.last_here());
    }

    /// Puts the marks on that were kept for this context.
    pub(super) fn mark_again(&mut self) {
        if let Some(kept) = self.marked.get(&self.settings.context) {
            self.logs.restore_marks(kept);
        }
    }

    /// Where one was in this context the last time, if one is to go on there.
    pub fn last_here(&self) -> Option<Place> {
        self.left.get(&self.settings.context).filter(|_| self.settings.restore).map(|it| it.0.clone())
    }

    /// What is kept for the next start. The time cursor is not: nobody may take yesterday for now.
    pub fn remember(&self) -> Memory {
        let mut left = self.left.clone();
        // Who leaves before anything was known goes on to where they wanted to.
        let here = || Place { at: None, end: None, ..self.here() };
        if let Some(place) = self.heading.clone().or_else(|| self.store.complete.then(here)) {
            left.insert(self.settings.context.clone(), (place, self.now));
        }
        let mut marks = self.marked.clone();
        marks.insert(self.settings.context.clone(), self.logs.kept_marks());
        Memory { left, split: self.split, history: self.history.iter().cloned().collect(), marks }
    }

    /// At the end of each turn: goes where one wanted to be from the start, and, after a deed of a person, notes where one is now.
    pub(super) fn settle_place(&mut self, person: bool) {
        if self.store.complete
            && let Some(place) = self.heading.take()
        {
            self.go(&place);
            self.settle();
            self.stops.here = Some(self.stop());
            return;
        }
        // What is begun is no place yet.
        if !person || !self.overlays.is_empty() || self.prompt.is_some() {
            return;
        }
        let now = self.stop();
        let Some(here) = self.stops.here.replace(now.clone()) else { return };
        if here.place == now.place {
            return;
        }
        // Whoever moves on by themselves does not want to be taken elsewhere later.
        self.heading = None;
        let Place { window, at, end, .. } = now.place;
        let moving = Place { window, at, end, ..here.place.clone() } == now.place;
        if !(moving && self.stops.moving) {
            self.stops.back.keep(here);
            self.stops.forward.clear();
        }
        self.stops.moving = moving;
    }

    /// One view back. `false`: this is the first one.
    pub fn view_back(&mut self) -> bool {
        let Some(stop) = self.stops.back.pop() else { return false };
        let here = self.stop();
        self.stops.forward.keep(here);
        self.arrive(stop);
        true
    }

    /// Forward again after going back. `false`: this is the last one.
    pub fn view_forward(&mut self) -> bool {
        let Some(stop) = self.stops.forward.pop() else { return false };
        let here = self.stop();
        self.stops.back.keep(here);
        self.arrive(stop);
        true
    }

    fn arrive(&mut self, stop: Stop) {
        self.go(&stop.place);
        if let Some(row) = stop.row {
            self.views[self.focus.index()].at = Some(row);
        }
        self.settle();
        self.stops.here = Some(self.stop());
        self.stops.moving = false;
    }

    fn stop(&self) -> Stop {
        Stop { place: self.here(), row: self.row(self.focus).cloned() }
    }
}

/// A filter as it is typed, unless that means another time tomorrow.
fn said(it: &Stacked) -> String {
    let typed = it.typed();
    let lower = typed.to_ascii_lowercase();
    let fixed = || Stacked::read(&typed, Clock::default()).is_ok_and(|read| read.query() == it.query());
    if !TIMED.iter().any(|key| lower.contains(key)) || fixed() {
        return typed;
    }
    format!("{}{}", if it.out { "!" } else { "" }, it.query())
}
