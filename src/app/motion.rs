//! Moving the cursor of the focused pane: by rows, by pages, to the ends.

use ratatui::layout::Rect;

use super::layout;
use super::pane::{PaneId, RowKey};
use super::state::App;

impl App {
    /// Rows of a page of `pane`.
    pub fn page(&self, pane: PaneId) -> usize {
        usize::from(self.list_area(pane).height).max(1)
    }

    /// Where the rows of `pane` stand now: zoomed, a chart may be above them.
    pub fn list_area(&self, pane: PaneId) -> Rect {
        let inner = self.areas().list(pane);
        if pane == PaneId::Metrics { self.charted(inner).map_or(inner, |(_, rows)| rows) } else { inner }
    }

    /// The time axis of the chart that is drawn now.
    pub fn chart_area(&self) -> Option<Rect> {
        self.charted(self.areas().list(PaneId::Metrics)).map(|(chart, _)| layout::plot(chart))
    }

    fn charted(&self, inner: Rect) -> Option<(Rect, Rect)> {
        let zoomed = self.zoom && self.focus == PaneId::Metrics;
        if zoomed { layout::chart_over_rows(inner, self.view(PaneId::Metrics).rows.len()) } else { None }
    }

    /// Moves the cursor by rows; in an opened incident by steps of the runbook, in an opened deployment by lines.
    pub fn move_by(&mut self, by: isize) {
        if self.focus == PaneId::Logs {
            return self.logs.step(by);
        }
        let steps = self.open_incident().map(|it| it.steps.len() + self.changes_before(it).len());
        let view = &mut self.views[self.focus.index()];
        match &view.open {
            Some(RowKey::Incident(_)) => view.step = view.step.saturating_add_signed(by).min(steps.unwrap_or(0).saturating_sub(1)),
            Some(_) => self.scroll_opened(by),
            None => {
                view.cursor = view.cursor.saturating_add_signed(by).min(view.rows.len().saturating_sub(1));
                view.at = view.rows.get(view.cursor).cloned();
            }
        }
    }

    /// Moves by pages.
    pub fn move_pages(&mut self, by: isize) {
        let page = self.page(self.focus).saturating_sub(1).max(1).cast_signed();
        if self.focus == PaneId::Logs {
            self.logs.page_by(by);
        } else if self.views[self.focus.index()].open.is_some() {
            self.scroll_opened(by * page);
        } else {
            self.move_by(by * page);
        }
    }

    /// To the first or the last row.
    pub fn move_to_end(&mut self, last: bool) {
        if self.focus == PaneId::Logs {
            return if last { self.logs.follow() } else { self.logs.top() };
        }
        let by = if last { isize::MAX } else { isize::MIN };
        if self.views[self.focus.index()].open.is_some() { self.scroll_opened(by) } else { self.move_by(by) }
    }

    /// Scrolls what is opened. It ends where its text ends, as far as that can be known without drawing it.
    fn scroll_opened(&mut self, by: isize) {
        let lines = self.opened_lines();
        let view = &mut self.views[self.focus.index()];
        view.open_top = view.open_top.saturating_add_signed(by).min(lines);
    }

    /// About how many lines the opened detail has: a bound for scrolling, not a layout.
    fn opened_lines(&self) -> usize {
        let deployment = self.open_deployment().map(|it| 24 + it.stages.len() + it.error.as_ref().map_or(0, |text| text.lines().count()));
        let incident = self.open_incident().map(|it| 24 + it.steps.len() + it.notes.len() * 2 + it.timeline.len());
        match self.focus {
            PaneId::Deployments => deployment.unwrap_or(0),
            PaneId::Incidents => incident.unwrap_or(0),
            _ => 0,
        }
    }
}
