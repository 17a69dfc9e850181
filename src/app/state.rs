//! All that the program knows. Nothing of it hides in a pane, a task or a painter.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crokey::KeyCombination;
use tui_textarea::TextArea;

use super::beat::Beat;
use super::counts::Counts;
use super::deploys::{Deploys, DiffView};
pub use super::done::{Activity, ActivityState};
use super::effect::Goal;
use super::keymap::Keymap;
use super::layout::{Edge, Split};
use super::ledger::Ledger;
use super::logs::{Detail, KeptMark, Logs, MarkId, Order};
use super::metrics::Charts;
use super::names::Names;
use super::notify::news::News;
pub use super::offered::{Palette, PaletteRow};
use super::pane::{PaneId, Scope, View};
use super::replay::Replay;
use super::report::{Draft, Kept, Report};
use super::series::Metrics;
pub use super::settings::Settings;
use super::stops::{Place, Stops};
use crate::model::audit::AuditEntry;
use crate::model::deploy::Deployment;
use crate::model::event::ObjectRef;
use crate::model::ids::{AskId, AuditId, DeploymentId, IncidentId, ProjectId, ServiceId, SourceId, TeamId};
use crate::model::incident::Incident;
use crate::model::link::{Caps, Link};
use crate::model::log::LogKind;
use crate::model::project::{Project, Team};
use crate::model::request::Request;
use crate::model::response::Heat;
use crate::model::service::Service;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

/// A configured source and how it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceState {
    pub id: SourceId,
    pub name: String,
    /// Its adapter's word: `trackside`.
    pub adapter: String,
    pub link: Link,
    /// Since when the link stands so.
    pub since: Time,
    pub caps: Caps,
    /// When anything was last heard from it.
    pub heard: Option<Time>,
    /// When its data was last known to be complete and fresh.
    pub fresh: Option<Time>,
    /// Its clock minus ours.
    pub skew: Millis,
    /// Objects it sent that could not be read, by kind.
    pub unreadable: BTreeMap<String, u32>,
}

/// What the platform last said. `complete` is false until the first whole answer: an empty list before that says nothing.
#[derive(Debug, Default, PartialEq)]
pub struct Store {
    pub complete: bool,
    pub teams: BTreeMap<TeamId, Team>,
    pub projects: BTreeMap<ProjectId, Project>,
    pub services: BTreeMap<ServiceId, Service>,
    pub deployments: BTreeMap<DeploymentId, Deployment>,
    pub incidents: BTreeMap<IncidentId, Incident>,
    pub audit: BTreeMap<AuditId, AuditEntry>,
}

/// The shared time axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// How much time the axis shows.
    pub window: Millis,
    /// The place one looks at; `None`: now, and moving with it.
    pub cursor: Option<Time>,
    /// Right end of the axis while there is a cursor, so that the axis stands still under it; `None`: now.
    pub end: Option<Time>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { window: Millis::mins(15), cursor: None, end: None }
    }
}

/// Lines on their way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub id: u64,
    /// Where they go; `None` once the first are on their way.
    pub goal: Option<Goal>,
    /// Some were given that nobody has taken yet: no more until then.
    pub waits: bool,
    /// Nobody wants them any more.
    pub stopped: bool,
    /// The command they go to.
    pub command: Option<String>,
    /// All were given: what is left is that the command ends.
    pub all: bool,
}

/// What lies over the panes. The last one takes the keys.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there are never more than a few")]
pub enum Overlay {
    Help {
        filter: String,
        top: usize,
    },
    Palette(Palette),
    Confirm(Confirm),
    /// Writing a note to an incident.
    Note {
        incident: IncidentId,
        area: Box<TextArea<'static>>,
    },
    /// Choosing how bad an incident is.
    Severities(IncidentId, usize),
    /// A report to read, copy or write.
    Report(Box<Report>),
    /// Choosing a theme, each shown as the cursor comes to it; `before` is put back by Esc.
    Themes {
        names: Names,
        before: String,
    },
    /// Choosing a context.
    Contexts(Names),
    /// Choosing the window of the timeline.
    Ranges {
        cursor: usize,
    },
    /// What was done in this session.
    Activity {
        top: usize,
    },
    /// The log filters, each with what it hides.
    Filters {
        cursor: usize,
    },
    /// What is done with fields of log lines.
    Fields {
        cursor: usize,
    },
    /// One log record in full: every field, pretty JSON.
    Record(Box<RecordView>),
    /// What a command said to the lines it was given. Clean.
    Output {
        title: String,
        lines: Vec<String>,
        top: usize,
    },
    /// Log lines that are alike, grouped; `at`: the group under the cursor.
    Patterns {
        at: Option<usize>,
        order: Order,
    },
    /// What differs between two deployments.
    Diff(DiffView),
    /// Marked log lines; `at`: the one under the cursor.
    Marks {
        at: Option<MarkId>,
    },
    /// The watches, and how each stands.
    Watches {
        cursor: usize,
    },
}

/// A log record that is looked at.
#[derive(Debug)]
pub struct RecordView {
    pub detail: Detail,
    /// The entry under the cursor.
    pub at: usize,
    /// The record as JSON, line by line, and the first line shown, while that is what is looked at.
    pub json: Option<(Vec<String>, usize)>,
    /// The log followed its newest line when the record was opened, and goes on with it when it is closed where it was.
    pub follow: bool,
}

/// A question before a write. Cancel is preselected.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    /// `Roll back api to 77ce02d?`
    pub title: String,
    /// What will happen, to what, and what runs now. A line each.
    pub lines: Vec<String>,
    /// The word on the button that does it: `Roll back`.
    pub verb: String,
    pub danger: bool,
    /// What must be typed first (in production: the service's name).
    pub must_type: Option<String>,
    pub typed: String,
    /// Why it is done, where that must be said: it is typed too.
    pub reason: Option<String>,
    /// What is typed goes to the reason, not to the name.
    pub at_reason: bool,
    /// Enter was pressed without a reason: the question says that it needs one.
    pub asks_for_reason: bool,
    /// The button that does it is selected.
    pub yes: bool,
    /// When it was seen: keys pressed before that are not for it.
    pub opened: Time,
    /// The screen has shown it.
    pub drawn: bool,
    pub request: Request,
    /// In words, for the activity log: `roll back api to 77ce02d`.
    pub what: String,
    /// What it is done to.
    pub object: Option<ObjectRef>,
    /// How to take it back, if that can be.
    pub undo: Option<String>,
}

/// The line at the bottom while something is typed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    pub kind: PromptKind,
    pub text: String,
    /// Byte offset of the caret.
    pub caret: usize,
    /// What is wrong with the text, and where (byte offset).
    pub error: Option<(usize, String)>,
    /// What stood there before; put back by Esc.
    pub before: String,
}

/// What is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// `/` in logs.
    Search,
    /// `/` in lists.
    Filter,
    /// `&` in logs.
    LogFilter,
    /// Another query for this filter of the stack, from 0.
    EditFilter(usize),
    /// A watch.
    Watch,
    /// Another expression for this watch of the list, from 0.
    EditWatch(usize),
}

/// A passing message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub at: Time,
    pub kind: NoticeKind,
    pub text: Clean,
    /// Until when it is shown.
    pub until: Time,
    /// Which deed of the person it answers; `None`: it came by itself.
    pub deed: Option<u64>,
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    Info,
    Good,
    Warn,
    Bad,
}

/// The state. Not `Clone`: it is never copied to be drawn.
#[derive(Debug, Default)]
pub struct App {
    /// By the platform's clock, if ours is wrong.
    pub now: Time,
    /// How far the platform's clock is ahead of ours, where the difference counts.
    pub ahead: Millis,
    /// Columns, rows.
    pub size: (u16, u16),
    pub settings: Settings,
    /// The line to the terminal is slow: fewer frames, plainer charts, nothing that moves.
    pub slow: bool,
    pub sources: Vec<SourceState>,
    pub store: Store,
    pub scope: Scope,
    pub focus: PaneId,
    pub zoom: bool,
    /// By `PaneId::index`.
    pub views: [View; 5],
    /// Projects that are folded in the tree.
    pub folded: BTreeSet<ProjectId>,
    pub timeline: Timeline,
    pub overlays: Vec<Overlay>,
    pub prompt: Option<Prompt>,
    pub notices: Vec<Notice>,
    pub activity: Vec<Activity>,
    pub last_ask: AskId,
    pub keymap: Keymap,
    /// Keys of a sequence that has begun.
    pub pending: Vec<KeyCombination>,
    pub metrics: Metrics,
    /// How the charts of them are looked at.
    pub charts: Charts,
    pub logs: Logs,
    /// What was asked about deployments: cards, last lines, commits.
    pub deploys: Deploys,
    /// The deployment whose lines alone are shown, and which kinds of them (none: all).
    pub pin: Option<(DeploymentId, Vec<LogKind>)>,
    /// The lines that are on their way out.
    pub export: Option<Outgoing>,
    /// The number of the last lines that were.
    pub last_export: u64,
    /// The question for older lines that is not answered yet.
    pub log_ask: Option<AskId>,
    /// What rollbacks took back, each with the rollback; made anew when deployments change.
    pub taken_back: BTreeMap<DeploymentId, DeploymentId>,
    /// Deployments on their way; counted anew when deployments change.
    pub running: usize,
    /// The order of the tree while its pane has the focus, so that rows don't jump under the cursor.
    pub tree: Vec<(ProjectId, Vec<ServiceId>)>,
    /// Colours of services, once given.
    pub hues: BTreeMap<ServiceId, u8>,
    /// Which lists must be made anew at the end of this turn.
    pub dirty: Dirty,
    /// Questions that are not answered yet (writes are in `activity`).
    pub asked: BTreeMap<AskId, Request>,
    /// How much was logged when was asked for since the link came up: by services (none: all), the width of a cell, and the end of the
    /// axis in steps. As much as `counts` holds answers for.
    pub covered: Ledger<Vec<ServiceId>, (Millis, i64), 12, 4>,
    /// Until then no history is asked for: the platform said that it was asked too often.
    pub resting: Option<Time>,
    /// Questions for history that came to nothing, each with why; until it is asked again.
    pub missed: Vec<(Request, String)>,
    /// How much was logged when, as platforms counted it.
    pub counts: Counts,
    /// Deployments this person asked for: their end is always told.
    pub mine: BTreeSet<DeploymentId>,
    /// How hot the clock of an incident was when that was last said: each step rings once.
    pub rung: BTreeMap<IncidentId, Heat>,
    /// What was told, what is watched, until when it is quiet.
    pub news: News,
    /// A review whose charts and log lines are on their way.
    pub draft: Option<Draft>,
    /// Reviews that were drafted in this session.
    pub reviews: BTreeMap<IncidentId, Kept>,
    /// The same of other contexts, by their names.
    pub shelved_reviews: BTreeMap<String, BTreeMap<IncidentId, Kept>>,
    /// Incidents that a channel is being opened for, by what is said of that.
    pub channels: BTreeMap<String, IncidentId>,
    /// Notes that were begun and not sent.
    pub drafts: BTreeMap<IncidentId, String>,
    /// The same of other contexts, by their names.
    pub shelves: BTreeMap<String, BTreeMap<IncidentId, String>>,
    /// The settings as they were given last, before the person changed any here.
    pub given: Settings,
    /// What was entered in the palette, newest first.
    pub history: VecDeque<String>,
    /// The views one was at.
    pub stops: Stops,
    /// The view to begin with, until the platform has said what there is.
    pub heading: Option<Place>,
    /// Where one was in each context, and when it was left.
    pub left: BTreeMap<String, (Place, Time)>,
    /// The marked lines that were kept of each context.
    pub marked: BTreeMap<String, Vec<KeptMark>>,
    /// How large panes are, and which are hidden.
    pub split: Split,
    /// The border that the mouse holds.
    pub held: Option<Edge>,
    /// When something was copied, if nothing was done since.
    pub copied: Option<Time>,
    /// What the person did so far; `true`: it is being done.
    pub deed: (u64, bool),
    /// How often the time is told.
    pub beat: Beat,
    /// When ctrl-c was pressed once.
    pub leaving: Option<Time>,
    /// The recording that is replayed, and how it stands; `None`: this is live.
    pub replay: Option<Replay>,
    /// The terminal's title as it was last set.
    pub title: String,
}

/// Which lists must be made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    pub projects: bool,
    pub deployments: bool,
    pub incidents: bool,
    pub metrics: bool,
}

impl Dirty {
    /// All of them.
    pub const ALL: Self = Self { projects: true, deployments: true, incidents: true, metrics: true };
}
