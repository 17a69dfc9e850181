//! The five panes. One painter serves both sizes of a pane: more room shows more columns.

mod before_after;
mod chrome;
mod deployment;
mod deployments;
mod gauges;
mod graph;
mod incident;
mod incidents;
mod list;
mod logs;
mod logs_ink;
mod metrics;
mod projects;
mod service;
mod summary;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::pane::PaneId;

use super::cx::Cx;

/// Draws `pane` into `area`, in the form that fits.
pub fn draw(cx: &Cx<'_>, pane: PaneId, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    if cx.areas.is_summary(pane) {
        summary::draw(cx, pane, area, buf);
        return;
    }
    match pane {
        PaneId::Projects => projects::draw(cx, area, buf),
        PaneId::Deployments => deployments::draw(cx, area, buf),
        PaneId::Logs => logs::draw(cx, area, buf),
        PaneId::Metrics => metrics::draw(cx, area, buf),
        PaneId::Incidents => incidents::draw(cx, area, buf),
    }
}
