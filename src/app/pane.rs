//! The five panes by name, and what each remembers: cursor, scroll place, filter, what is opened.

use serde::{Deserialize, Serialize};

use crate::model::ids::{DeploymentId, IncidentId, ProjectId, ServiceId};

/// A pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PaneId {
    #[default]
    Projects,
    Deployments,
    Logs,
    Metrics,
    Incidents,
}

impl PaneId {
    /// All, in the order of their digits.
    pub const ALL: [Self; 5] = [Self::Projects, Self::Deployments, Self::Logs, Self::Metrics, Self::Incidents];

    /// From 0.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The digit that focuses it.
    pub const fn digit(self) -> u8 {
        self as u8 + 1
    }

    /// As its title says.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Projects => "Projects",
            Self::Deployments => "Deployments",
            Self::Logs => "Logs",
            Self::Metrics => "Metrics",
            Self::Incidents => "Incidents",
        }
    }
}

/// What every other pane shows: everything, one project, one service.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    #[default]
    All,
    Project(ProjectId),
    Service(ServiceId),
}

/// Names a row, so that the cursor stays on a thing and not on a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RowKey {
    Project(ProjectId),
    Service(ServiceId),
    Deployment(DeploymentId),
    Incident(IncidentId),
    /// A row of the metrics pane, by its place in the fixed list.
    Gauge(u8),
}

/// What a list pane remembers. (The logs pane has its own: `app::logs`.)
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The rows as they are shown now; made anew at the end of `update`, never while drawing.
    pub rows: Vec<RowKey>,
    /// The row the cursor is on; re-found in `rows` after every message.
    pub at: Option<RowKey>,
    /// Its index in `rows`.
    pub cursor: usize,
    /// First row shown.
    pub top: usize,
    /// What `/` keeps.
    pub filter: String,
    /// Rows there would be without the filter.
    pub total: usize,
    /// What `Enter` opened; drawn instead of the list when zoomed, beside it where there is room.
    pub open: Option<RowKey>,
    /// First line shown of what is opened.
    pub open_top: usize,
    /// In an opened incident: the chosen step of the runbook.
    pub step: usize,
}
