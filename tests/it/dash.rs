//! A dashboard for tests: the state, a small world for it to show, and a driver that reads as a script.

use trackside::app::chord;
use trackside::app::effect::Effect;
use trackside::app::msg::Msg;
use trackside::app::pane::PaneId;
use trackside::app::state::{App, Confirm, Overlay, SourceState};
use trackside::app::update::update;
use trackside::model::deploy::{DeployStatus, Deployment};
use trackside::model::event::{Answer, Change, Event, Snapshot};
use trackside::model::ids::{AskId, SourceId};
use trackside::model::incident::{Incident, Severity};
use trackside::model::link::{Caps, Link};
use trackside::model::project::{Project, Role};
use trackside::model::request::Request;
use trackside::model::service::{Health, ReplicaState, Repo, Service};
use trackside::model::time::{Millis, Time};
use trackside::theme::Theme;

use crate::fixture::objects;
use crate::screens::render::{frame, text};

pub const START: Time = Time(1_795_000_000_000);

/// The state and all that it wished for.
pub struct Dash {
    pub app: App,
    pub wishes: Vec<Effect>,
    pub at: Time,
}

/// A dashboard at 120x40, connected, that shows [`world`].
pub fn dash() -> Dash {
    let mut it = unconnected();
    it.fact(Event::Caps(Box::new(all_caps())));
    it.fact(Event::Link(Link::Snapshot));
    it.fact(Event::Snapshot(Box::new(world())));
    it.fact(Event::Link(Link::Live));
    it
}

/// A dashboard that has heard nothing yet.
pub fn unconnected() -> Dash {
    let settings = objects::settings(&["night", "day", "mono"]);
    Dash { app: App::new(settings, vec![SourceState { since: START, ..objects::source() }], START), wishes: Vec::new(), at: START }
        .at(120, 40)
}

impl Dash {
    pub fn at(mut self, width: u16, height: u16) -> Self {
        self.send(Msg::Resize(width, height));
        self
    }

    pub fn send(&mut self, msg: Msg) -> bool {
        let fx = update(&mut self.app, msg);
        self.wishes.extend(fx.effects);
        !fx.unchanged
    }

    /// Presses keys, a second apart, each after the screen was drawn.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.at = self.at + Millis::secs(1);
            let key = chord::parse(key).unwrap();
            self.send(Msg::Key(key, self.at));
            self.send(Msg::Drawn(self.at));
        }
        self
    }

    /// Types text, letter by letter.
    pub fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.press(&if c == ' ' { "space".to_owned() } else { c.to_string() });
        }
        self
    }

    pub fn fact(&mut self, event: Event) -> &mut Self {
        self.send(Msg::Fact(SourceId(0), event, self.at));
        self
    }

    pub fn changed(&mut self, change: Change) -> &mut Self {
        self.fact(Event::Changed(vec![change]))
    }

    pub fn waits(&mut self, time: Millis) -> &mut Self {
        self.at = self.at + time;
        self.send(Msg::Tick(self.at));
        self
    }

    /// The writes that left, with their ids.
    pub fn writes(&self) -> Vec<(AskId, Request)> {
        let asks = self.wishes.iter().filter_map(|it| match it {
            Effect::Ask { id, request, .. } if request.writes() => Some((*id, request.clone())),
            _ => None,
        });
        asks.collect()
    }

    /// The last write that left.
    pub fn wrote(&self) -> Option<Request> {
        self.writes().pop().map(|(_, request)| request)
    }

    pub fn reads(&self) -> Vec<(AskId, Request)> {
        let asks = self.wishes.iter().filter_map(|it| match it {
            Effect::Ask { id, request, .. } if !request.writes() => Some((*id, request.clone())),
            _ => None,
        });
        asks.collect()
    }

    pub fn answers(&mut self, id: AskId, answer: Answer) -> &mut Self {
        self.fact(Event::Answer(id, Box::new(answer)))
    }

    pub fn question(&self) -> &Confirm {
        match self.app.overlays.last() {
            Some(Overlay::Confirm(it)) => it,
            other => panic!("no question is asked: {other:?}; notices: {:?}", self.said()),
        }
    }

    /// What the notices say.
    pub fn said(&self) -> String {
        self.app.notices().map(|it| it.text.to_string()).collect::<Vec<_>>().join("\n")
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        text(&frame(&self.app, &Theme::builtin("night")))
    }

    /// The rows of a pane, as words.
    pub fn rows(&self, pane: PaneId) -> Vec<String> {
        self.app
            .view(pane)
            .rows
            .iter()
            .map(|row| format!("{row:?}"))
            .map(|text| text.split('"').nth(1).unwrap_or(&text).to_owned())
            .collect()
    }

    /// The row under the cursor of a pane.
    pub fn on(&self, pane: PaneId) -> String {
        self.rows(pane).get(self.app.view(pane).cursor).cloned().unwrap_or_default()
    }
}

pub fn all_caps() -> Caps {
    objects::caps(Role::Owner)
}

/// Two projects: a shop with web (live), api (live, a broken deploy behind it) and worker (crash loop); billing with one service.
pub fn world() -> Snapshot {
    Snapshot {
        projects: vec![project("shop"), project("billing")],
        services: vec![
            service("web", "shop", Health::Live, Some("d-web-1")),
            service("api", "shop", Health::Live, Some("d-api-2")),
            service("worker", "shop", Health::CrashLoop, Some("d-worker-1")),
            service("ledger", "billing", Health::Live, Some("d-ledger-1")),
        ],
        deployments: vec![
            deployment("d-web-1", "web", "shop", 60, DeployStatus::Success, true),
            deployment("d-api-1", "api", "shop", 90, DeployStatus::Success, false),
            deployment("d-api-2", "api", "shop", 30, DeployStatus::Success, true),
            deployment("d-api-3", "api", "shop", 5, DeployStatus::Failed, false),
            deployment("d-worker-1", "worker", "shop", 50, DeployStatus::Success, true),
            deployment("d-ledger-1", "ledger", "billing", 40, DeployStatus::Success, true),
        ],
        incidents: vec![incident("i-1", "api", "shop", Severity::P1), incident("i-3", "worker", "shop", Severity::P3)],
        ..Snapshot::default()
    }
}

pub fn project(name: &str) -> Project {
    objects::project(name, START)
}

/// A service with one replica up of two.
pub fn service(name: &str, project: &str, health: Health, live: Option<&str>) -> Service {
    Service {
        repo: Repo { url: format!("file:///{name}.git").into(), branch: Some("main".into()), root: None },
        desired: 2,
        replicas: vec![objects::replica(1, ReplicaState::Up, live.unwrap_or_default(), START)],
        live: live.map(Into::into),
        ..objects::service(name, project, health, START)
    }
}

/// A deployment asked for `minutes` ago; `live`: it serves now.
pub fn deployment(id: &str, service: &str, project: &str, minutes: i64, status: DeployStatus, live: bool) -> Deployment {
    let mut it = objects::deployment(id, service, project, status, START - Millis::mins(minutes), Millis::secs(48));
    it.live_to = it.live_from.filter(|_| !live).map(|from| from + Millis::mins(20));
    it.error = (it.status == DeployStatus::Failed).then(|| "exit 101".into());
    it
}

/// An incident opened two minutes ago.
pub fn incident(id: &str, service: &str, project: &str, severity: Severity) -> Incident {
    objects::incident(id, service, project, severity, START - Millis::mins(2))
}
