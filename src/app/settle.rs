//! The end of every turn: rows that changed are made anew, each cursor finds its row again, nothing points outside.

use super::effect::{Effect, Fx};
use super::pane::PaneId;
use super::state::App;

impl App {
    /// Brings rows, cursors and scroll places into order.
    pub fn settle(&mut self) {
        if self.dirty != super::state::Dirty::default() {
            self.make_rows();
        }
        for pane in PaneId::ALL {
            let height = self.page(pane);
            // Whoever is not in a list has its newest or worst row under the cursor, not the row that was it once.
            let led = pane != self.focus && matches!(pane, PaneId::Deployments | PaneId::Incidents);
            let view = &mut self.views[pane.index()];
            if led && view.cursor == 0 && view.open.is_none() {
                view.at = view.rows.first().cloned();
            }
            if view.rows.get(view.cursor) != view.at.as_ref() || view.at.is_none() {
                let found = view.at.as_ref().and_then(|at| view.rows.iter().position(|row| row == at));
                // A row that is gone leaves the cursor at its place.
                view.cursor = found.unwrap_or(view.cursor).min(view.rows.len().saturating_sub(1));
                view.at = view.rows.get(view.cursor).cloned();
            }
            view.top = view.top.min(view.cursor).max((view.cursor + 1).saturating_sub(height));
            // Rows that became fewer leave no empty space at the end.
            view.top = view.top.min(view.rows.len().saturating_sub(height.min(view.rows.len())));
        }
        self.drop_what_is_gone();
        self.settle_logs();
        let now = self.now;
        self.notices.retain(|it| it.until > now);
    }

    /// Closes what was opened and is gone from the platform.
    fn drop_what_is_gone(&mut self) {
        if self.view(PaneId::Deployments).open.is_some() && self.open_deployment().is_none() {
            self.views[PaneId::Deployments.index()].open = None;
            self.unpin_logs();
        }
        match self.open_incident().map(|it| it.steps.len() + self.changes_before(it).len()) {
            Some(steps) => {
                let view = &mut self.views[PaneId::Incidents.index()];
                view.step = view.step.min(steps.saturating_sub(1));
            }
            None => self.views[PaneId::Incidents.index()].open = None,
        }
    }

    /// Sets the terminal's title when it has changed: the worst incident's clock in minutes, so that it seldom does.
    pub fn settle_title(&mut self, fx: &mut Fx) {
        let worst = self.worst_incident().map(|it| {
            let title = it.title.lines().next().unwrap_or_default();
            match self.response(it) {
                Some(clock) if clock.left.0 < 0 => format!("{} {}: {title} · ", it.severity.label(), clock.words()),
                Some(clock) if clock.paused.is_some() => format!("{} {}: {title} · ", it.severity.label(), self.clock_short(&clock)),
                Some(clock) => format!("{} {}: {title} · ", it.severity.label(), clock.left.short()),
                None => format!("{} {title} · ", it.severity.label()),
            }
        });
        let replay = if self.replay.is_some() { "REPLAY · " } else { "" };
        let title = format!("{replay}{}trackside {}", worst.unwrap_or_default(), self.settings.context);
        let title = title.trim_end().to_owned();
        if title != self.title {
            self.title.clone_from(&title);
            fx.want(Effect::Title(title));
        }
    }
}
