//! Changing what is shown: scope, focus, zoom, what is opened. One way in for keys, mouse and palette.

use super::pane::{PaneId, RowKey, Scope};
use super::state::{App, Dirty};
use crate::model::ids::{DeploymentId, IncidentId};

impl App {
    /// Shows `scope` in every pane.
    pub fn set_scope(&mut self, scope: Scope) {
        if self.scope == scope {
            return;
        }
        self.scope = scope;
        self.dirty = Dirty::ALL;
        for pane in [PaneId::Deployments, PaneId::Incidents, PaneId::Metrics] {
            let view = &mut self.views[pane.index()];
            (view.at, view.cursor, view.top) = (None, 0, 0);
            // What is opened was chosen in the old scope; the new one would show something else beside it.
            view.open = None;
        }
        self.logs.turn_back();
        self.pin = None;
        self.scope_logs();
    }

    /// One level up: service, project, everything.
    pub fn scope_up(&mut self) -> bool {
        let up = match &self.scope {
            Scope::All => return false,
            Scope::Project(_) => Scope::All,
            Scope::Service(id) => self.store.services.get(id).map_or(Scope::All, |it| Scope::Project(it.project.clone())),
        };
        self.set_scope(up);
        true
    }

    /// Gives the keys to `pane`. The tree may be sorted anew when it loses them.
    pub fn set_focus(&mut self, pane: PaneId) {
        if self.focus == pane {
            return;
        }
        self.dirty.projects |= self.focus == PaneId::Projects;
        self.focus = pane;
        self.pending.clear();
    }

    /// Opens a deployment in its pane.
    pub fn show_deployment(&mut self, id: DeploymentId) {
        if let Some(it) = self.store.deployments.get(&id)
            && !self.in_scope(&it.project, Some(&it.service))
        {
            self.set_scope(Scope::Service(it.service.clone()));
        }
        self.pin_logs(id.clone(), Vec::new());
        self.open(PaneId::Deployments, RowKey::Deployment(id));
    }

    /// Opens an incident with its runbook.
    pub fn show_incident(&mut self, id: IncidentId) {
        if let Some(it) = self.store.incidents.get(&id)
            && !self.in_scope(&it.project, it.service.as_ref())
        {
            self.set_scope(it.service.clone().map_or_else(|| Scope::Project(it.project.clone()), Scope::Service));
        }
        let step = self.store.incidents.get(&id).and_then(|it| it.steps.iter().position(|step| step.done.is_none()));
        self.views[PaneId::Incidents.index()].step = step.unwrap_or(0);
        self.open(PaneId::Incidents, RowKey::Incident(id));
    }

    fn open(&mut self, pane: PaneId, key: RowKey) {
        self.set_focus(pane);
        self.zoom = true;
        let view = &mut self.views[pane.index()];
        view.at = Some(key.clone());
        view.open = Some(key);
        view.open_top = 0;
        self.dirty = Dirty::ALL;
    }

    /// The focused pane over the whole screen. The charts begin with what is wrong, unless a row was chosen.
    pub fn zoom_in(&mut self) {
        self.zoom = true;
        let worst = if self.focus == PaneId::Metrics { self.worst_gauge() } else { None };
        let view = &mut self.views[self.focus.index()];
        if let (Some(worst), 0) = (worst, view.cursor) {
            view.cursor = worst.min(view.rows.len().saturating_sub(1));
            view.at = view.rows.get(view.cursor).cloned();
        }
    }

    /// One level back: what is opened, zoom, filter, time cursor, scope. `false`: there is no level left.
    pub fn back(&mut self) -> bool {
        if self.stop_export() {
            return true;
        }
        // What is nearest to the reader is left first, zoomed or not.
        if self.focus == PaneId::Logs && (self.logs.unselect() || self.logs.come_back() || self.leave_trail()) {
            return true;
        }
        let view = &mut self.views[self.focus.index()];
        if view.open.take().is_some() {
            view.open_top = 0;
            self.zoom = false;
            if self.focus == PaneId::Deployments {
                self.unpin_logs();
            }
            return true;
        }
        if self.zoom {
            self.zoom = false;
            return true;
        }
        if !view.filter.is_empty() {
            view.filter.clear();
            self.dirty = Dirty::ALL;
            return true;
        }
        if self.focus == PaneId::Logs && self.back_in_logs() {
            return true;
        }
        if self.timeline.cursor.is_some() {
            self.go_live();
            return true;
        }
        self.scope_up()
    }
}
