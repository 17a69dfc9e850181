//! What one may ask of the state: read-only questions of the painters, the actions and the clock.

use std::collections::BTreeSet;

use super::layout::{Areas, Arrangement, layout};
use super::pane::{PaneId, RowKey, Scope, View};
use super::pulse::QUIET;
use super::state::{ActivityState, App, Notice, Overlay, SourceState};
use crate::model::deploy::Deployment;
use crate::model::event::ObjectRef;
use crate::model::ids::{DeploymentId, IncidentId, ProjectId, ServiceId};
use crate::model::incident::{Incident, Severity};
use crate::model::link::Link;
use crate::model::project::Project;
use crate::model::response::Heat;
use crate::model::service::Service;
use crate::model::time::Millis;

/// Where something is open. The worst come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    pub severity: &'a Severity,
    pub project: &'a ProjectId,
    pub service: Option<&'a ServiceId>,
}

/// How good a piece of news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    Busy,
    Warn,
    Bad,
}

/// How the platform's link stands, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkWords {
    /// `live`, `polling 5s (stream down)`, `stale 38s`, `offline since 14:02`.
    pub text: String,
    /// The same where there is little room; as long as `text` at most.
    pub short: String,
    /// Why, where there is a reason.
    pub why: Option<String>,
    pub mood: Mood,
}

impl LinkWords {
    fn new(text: impl Into<String>, short: impl Into<String>, mood: Mood) -> Self {
        Self { text: text.into(), short: short.into(), why: None, mood }
    }

    /// The same in no fewer words.
    fn brief(text: impl Into<String>, mood: Mood) -> Self {
        let text = text.into();
        Self { short: text.clone(), text, why: None, mood }
    }

    fn because(self, why: &str) -> Self {
        Self { why: Some(why.to_owned()), ..self }
    }
}

/// What the header says besides the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderFacts {
    pub context: String,
    pub project: Option<String>,
    pub service: Option<String>,
    pub production: bool,
    /// Severity's label, clock or age, title, and the heat of its clock.
    pub worst: Option<(String, String, String, Option<Heat>)>,
    /// Open incidents of everything, whatever the scope.
    pub open: usize,
    pub clock: String,
}

impl App {
    /// The places of everything at the present size.
    pub fn areas(&self) -> Areas {
        self.areas_of(self.size.0, self.size.1)
    }

    /// The places of everything on a screen of so many columns and rows.
    pub fn areas_of(&self, width: u16, height: u16) -> Areas {
        let it = Arrangement { focus: self.focus, zoom: self.zoom, production: self.in_production(), split: self.split };
        layout(width, height, it)
    }

    /// Whether a question waits to be seen before it takes keys.
    pub fn awaits_drawing(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Confirm(it)) if !it.drawn)
    }

    /// The deploy platform of this context: its first source.
    pub fn platform(&self) -> Option<&SourceState> {
        self.sources.first()
    }

    /// Whether what is shown is complete and fresh.
    pub fn fresh(&self) -> bool {
        self.store.complete && self.platform().is_some_and(|it| it.link.is_fresh())
    }

    /// Whether the scope, or the whole context, is production. A project is where one of its environments is.
    pub fn in_production(&self) -> bool {
        self.settings.production
            || match &self.scope {
                Scope::All => false,
                Scope::Project(id) => self.store.projects.get(id).is_some_and(|it| it.environments.iter().any(|it| it.production)),
                Scope::Service(id) => self.store.services.get(id).is_some_and(|it| it.production),
            }
    }

    /// Whether one pane has the screen, or something is opened in it: from there one level back is no way out of the program.
    pub fn is_inside(&self) -> bool {
        self.zoom || self.view(self.focus).open.is_some()
    }

    /// What a list pane remembers.
    pub fn view(&self, pane: PaneId) -> &View {
        &self.views[pane.index()]
    }

    /// The row under the cursor of `pane`.
    pub fn row(&self, pane: PaneId) -> Option<&RowKey> {
        let view = self.view(pane);
        view.rows.get(view.cursor)
    }

    /// The project of the scope.
    pub fn scope_project(&self) -> Option<&Project> {
        let id = match &self.scope {
            Scope::All => return None,
            Scope::Project(id) => id,
            Scope::Service(id) => &self.store.services.get(id)?.project,
        };
        self.store.projects.get(id)
    }

    /// The service of the scope.
    pub fn scope_service(&self) -> Option<&Service> {
        match &self.scope {
            Scope::Service(id) => self.store.services.get(id),
            _ => None,
        }
    }

    /// Whether something of `project` and `service` belongs to the scope.
    pub fn in_scope(&self, project: &ProjectId, service: Option<&ServiceId>) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Project(id) => id == project,
            Scope::Service(id) => service == Some(id),
        }
    }

    /// The services of the scope, by id.
    pub fn services_in_scope(&self) -> Vec<&Service> {
        if let Scope::Service(id) = &self.scope {
            return self.store.services.get(id).into_iter().collect();
        }
        self.store.services.values().filter(|it| self.in_scope(&it.project, Some(&it.id))).collect()
    }

    /// The deployments of the scope, in no order.
    pub fn deployments_in_scope(&self) -> impl Iterator<Item = &Deployment> {
        self.store.deployments.values().filter(|it| self.in_scope(&it.project, Some(&it.service)))
    }

    /// The incidents of the scope, in no order.
    pub fn incidents_in_scope(&self) -> impl Iterator<Item = &Incident> {
        self.store.incidents.values().filter(|it| self.in_scope(&it.project, it.service.as_ref()))
    }

    /// The open incident that is worst: by severity, then by what is left of its clock. Of everything, whatever the scope.
    pub fn worst_incident(&self) -> Option<&Incident> {
        let open = self.store.incidents.values().filter(|it| it.is_open());
        let rank = |it: &'_ Incident| (it.acknowledged.is_some(), it.due.unwrap_or(it.opened));
        open.min_by(|a, b| (&a.severity, rank(a), &a.id).cmp(&(&b.severity, rank(b), &b.id)))
    }

    /// The service that the focused row is about.
    pub fn service_here(&self) -> Option<&Service> {
        let id = match (self.focus, self.row(self.focus)) {
            (PaneId::Projects, Some(RowKey::Service(id))) => Some(id),
            (PaneId::Deployments, Some(RowKey::Deployment(id))) => self.store.deployments.get(id).map(|it| &it.service),
            (PaneId::Incidents, Some(RowKey::Incident(id))) => self.store.incidents.get(id).and_then(|it| it.service.as_ref()),
            _ => None,
        };
        id.and_then(|it| self.store.services.get(it)).or_else(|| self.scope_service())
    }

    /// The deployment that the focused row is about.
    pub fn deployment_here(&self) -> Option<&Deployment> {
        let id = match self.row(PaneId::Deployments) {
            Some(RowKey::Deployment(id)) if self.focus == PaneId::Deployments => Some(id),
            _ => match &self.view(PaneId::Deployments).open {
                Some(RowKey::Deployment(id)) if self.focus == PaneId::Deployments => Some(id),
                _ => None,
            },
        };
        id.and_then(|it| self.store.deployments.get(it))
    }

    /// The incident under the cursor of its pane, or else the worst one.
    pub fn incident_here(&self) -> Option<&Incident> {
        match self.row(PaneId::Incidents) {
            Some(RowKey::Incident(id)) if self.focus == PaneId::Incidents => self.store.incidents.get(id),
            _ => self.worst_incident(),
        }
    }

    /// How bad it is where something is open: each severity of each place once, however many incidents there are.
    pub fn open_places(&self) -> BTreeSet<Place<'_>> {
        let open = self.store.incidents.values().filter(|it| it.is_open());
        open.map(|it| Place { severity: &it.severity, project: &it.project, service: it.service.as_ref() }).collect()
    }

    /// Name of a service, or its id where it is not known (any more).
    pub fn service_name<'a>(&'a self, id: &'a ServiceId) -> &'a str {
        self.store.services.get(id).map_or(id.as_str(), |it| it.name.as_str())
    }

    /// Name of a project, or its id.
    pub fn project_name<'a>(&'a self, id: &'a ProjectId) -> &'a str {
        self.store.projects.get(id).map_or(id.as_str(), |it| it.name.as_str())
    }

    /// What was asked for this object and is not answered: `restart asked…`.
    pub fn asked_of(&self, object: &ObjectRef) -> Option<&str> {
        let sent = self.activity.iter().rev().find(|it| it.state == ActivityState::Sent && it.object.as_ref() == Some(object));
        sent.map(|it| it.what.as_str())
    }

    /// The notices that are still to be shown, oldest first.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter().filter(|it| it.until > self.now)
    }

    /// What the header says besides the link.
    pub fn header(&self) -> HeaderFacts {
        let worst = self.worst_incident().map(|it| {
            let clock = self.response(it);
            let text = match &clock {
                Some(clock) => self.clock_short(clock),
                None => {
                    it.acknowledged.as_ref().map_or_else(|| self.ago(it.opened), |deed| format!("{}, {}", deed.by, self.ago(it.opened)))
                }
            };
            (it.severity.label(), text, it.title.lines().next().unwrap_or_default().to_owned(), clock.map(|it| it.heat))
        });
        HeaderFacts {
            context: self.settings.context.clone(),
            project: self.scope_project().map(|it| it.name.to_string()),
            service: self.scope_service().map(|it| it.name.to_string()),
            production: self.in_production(),
            worst,
            open: self.store.incidents.values().filter(|it| it.is_open()).count(),
            clock: self.clock_now(),
        }
    }

    /// How the platform's link stands, in words.
    pub fn link_words(&self) -> LinkWords {
        let Some(source) = self.platform() else { return LinkWords::brief("no source", Mood::Warn) };
        match &source.link {
            Link::Idle => LinkWords::brief("not connected", Mood::Busy),
            Link::Connecting { attempt: 0 | 1 } => LinkWords::brief("connecting", Mood::Busy),
            Link::Connecting { attempt } => LinkWords::new(format!("connecting, attempt {attempt}"), "connecting", Mood::Busy),
            Link::Snapshot => LinkWords::brief("loading", Mood::Busy),
            Link::Live => match self.skew_words() {
                Some(words) => LinkWords::new(format!("{}, {words}", self.live_words(source).text), "live, skewed", Mood::Warn)
                    .because("this machine's clock is not the platform's; times are the platform's"),
                None => self.live_words(source),
            },
            Link::Polling { every, why } => {
                let every = every.short();
                LinkWords::new(format!("polling {every} ({why})"), format!("polling {every}"), Mood::Warn).because(why)
            }
            Link::Stale { since } => LinkWords::brief(format!("stale {}", self.ago(*since)), Mood::Bad),
            Link::Retrying { at, attempt, why } => {
                let next = at.since(self.now);
                // In whole seconds: the last one of them would be a flicker.
                let next = if next.0 >= 1_000 { format!("retry in {}", next.short()) } else { "retrying".to_owned() };
                match source.fresh {
                    Some(last) => LinkWords::new(
                        format!("offline since {} ({next})", self.hour(last)),
                        format!("offline {}", self.ago(last)),
                        Mood::Bad,
                    ),
                    None => LinkWords::new(format!("unreachable, attempt {attempt} ({next})"), "unreachable", Mood::Bad),
                }
                .because(why)
            }
            Link::Refused { why } => LinkWords::new(format!("refused: {why} (ctrl-r tries again)"), "refused", Mood::Bad),
        }
    }

    /// `live`, and from a heartbeat and a third of silence on how long nothing was heard: a fresh age would be a number that only flickers.
    fn live_words(&self, source: &SourceState) -> LinkWords {
        let silent = source.heard.map_or(Millis(0), |it| self.now.since(it));
        if silent < QUIET {
            return LinkWords::brief("live", Mood::Good);
        }
        LinkWords::new(format!("live, {} silent", silent.short()), format!("silent {}", silent.short()), Mood::Good)
    }

    /// Why what is shown may not be the truth: not complete, stale, or in part unreadable. `None`: it is complete and fresh.
    pub fn doubt(&self) -> Option<LinkWords> {
        let mut words = self.link_words();
        if !self.store.complete {
            if let Some(why) = words.why.take() {
                words.text = format!("{}: {why}", words.text);
            }
            words.text = format!("no data yet, {}", words.text);
            return Some(words);
        }
        if !self.fresh() {
            if let Some(last) = self.platform().and_then(|it| it.fresh) {
                words.text = format!("as of {}, {}", self.second(last), words.text);
            }
            return Some(words);
        }
        let lost = self.sources.iter().flat_map(|it| &it.unreadable).filter(|(_, n)| **n > 0);
        let lost: Vec<String> = lost.map(|(kind, n)| format!("{n} {kind}{} unreadable", if *n == 1 { "" } else { "s" })).collect();
        (!lost.is_empty()).then(|| LinkWords::brief(lost.join(", "), Mood::Warn))
    }

    /// The deployment that is opened in its pane.
    pub fn open_deployment(&self) -> Option<&Deployment> {
        match self.view(PaneId::Deployments).open.as_ref()? {
            RowKey::Deployment(id) => self.store.deployments.get(id),
            _ => None,
        }
    }

    /// The incident that is opened in its pane.
    pub fn open_incident(&self) -> Option<&Incident> {
        match self.view(PaneId::Incidents).open.as_ref()? {
            RowKey::Incident(id) => self.store.incidents.get(id),
            _ => None,
        }
    }

    /// Ids as the rows name them.
    pub fn deployment(&self, id: &DeploymentId) -> Option<&Deployment> {
        self.store.deployments.get(id)
    }

    /// An incident by its id.
    pub fn incident(&self, id: &IncidentId) -> Option<&Incident> {
        self.store.incidents.get(id)
    }
}
