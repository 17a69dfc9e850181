//! A view as data, those one was at, and what is kept of them from one start to the next. How one goes to them is in `place`.

use std::collections::BTreeMap;

use super::layout::Split;
use super::logs::KeptMark;
use super::metrics::Behind;
use super::pane::{PaneId, RowKey};
use crate::model::ids::{DeploymentId, IncidentId};
use crate::model::log::{Level, LogKind};
use crate::model::time::{Millis, Time};

/// Views that are remembered in each direction; nobody goes back further by hand.
const MOST: usize = 100;
/// The list panes that can be filtered, by the key of their filter.
pub const LISTS: [(&str, PaneId); 3] =
    [("projects", PaneId::Projects), ("deployments", PaneId::Deployments), ("incidents", PaneId::Incidents)];

/// A view: all that another dashboard needs to show the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Name of the context; empty: whichever is open.
    pub context: String,
    pub spot: Spot,
    pub pane: PaneId,
    pub zoom: bool,
    pub open: Option<Opened>,
    /// How much time is shown; `None`: as much as is shown where one goes there.
    pub window: Option<Millis>,
    /// The time cursor; `None`: now.
    pub at: Option<Time>,
    /// Where the time axis ends while there is a cursor.
    pub end: Option<Time>,
    /// Least level of the lines shown.
    pub level: Option<Level>,
    /// The log filters as they are typed, each with whether it is on.
    pub logs: Vec<(String, bool)>,
    pub search: Option<String>,
    /// The deployment whose lines alone are shown, and which kinds of them (none: all).
    pub pin: Option<(DeploymentId, Vec<LogKind>)>,
    /// What `/` keeps in projects, deployments and incidents.
    pub lists: [String; 3],
    pub apart: bool,
    pub behind: Behind,
}

/// A scope by name, or by id where a name would not be enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Spot {
    #[default]
    All,
    Project(String),
    Service(String, String),
}

/// What is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    Deployment(DeploymentId),
    Incident(IncidentId),
}

/// A view one was at, and the row under its cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    pub place: Place,
    pub row: Option<RowKey>,
}

/// Views one behind the other, the last one on top.
#[derive(Clone, Debug, Default)]
pub struct Way(Vec<Stop>);

impl Way {
    /// Adds one; the oldest makes room for it.
    pub fn keep(&mut self, it: Stop) {
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push(it);
    }

    /// The last one.
    pub fn pop(&mut self) -> Option<Stop> {
        self.0.pop()
    }

    /// None any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// The way through the views.
#[derive(Clone, Debug, Default)]
pub struct Stops {
    pub back: Way,
    pub forward: Way,
    pub here: Option<Stop>,
    /// The last step was one in time alone: the next one goes on with it.
    pub moving: bool,
}

/// What is kept from one start to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Where one was in each context, and when it was left.
    pub left: BTreeMap<String, (Place, Time)>,
    pub split: Split,
    /// What was entered in the palette, newest first.
    pub history: Vec<String>,
    /// The marked log lines of each context, oldest first.
    pub marks: BTreeMap<String, Vec<KeptMark>>,
}
