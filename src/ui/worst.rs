//! The worst fact there is, in a line: of everything, and of each pane.

use crate::app::pane::PaneId;
use crate::app::state::App;
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::incident::Incident;
use crate::model::metric::Metric;
use crate::model::service::{Health, Service};
use crate::model::time::{Millis, Time};
use crate::theme::Role;

use super::cx::Cx;
use super::kit::glyph;
use super::kit::unit::Unit;
use super::words;

const MINUTE: Millis = Millis::mins(1);

/// A fact: its sign, its words, and how to look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub glyph: String,
    pub text: String,
    pub role: Role,
    /// What is not so bad, said after it.
    pub more: String,
}

impl Fact {
    pub(super) fn new(glyph: impl Into<String>, text: impl Into<String>, role: Role) -> Self {
        Self { glyph: glyph.into(), text: text.into(), role, more: String::new() }
    }

    pub(super) fn and(mut self, more: impl Into<String>) -> Self {
        self.more = more.into();
        self
    }
}

/// The worst of everything: what one line has to say.
pub fn of_all(cx: &Cx<'_>) -> Fact {
    let app = cx.app;
    if !app.store.complete {
        return link(app);
    }
    let mut fact = if let Some(it) = app.worst_incident() {
        incident(app, it)
    } else if let Some(it) = worst_service(app).filter(|it| it.health.rank() < 2) {
        service(it)
    } else if let Some(it) = running(app) {
        deployment(cx, it)
    } else {
        of_services(app)
    };
    if !app.fresh() {
        // Old news must not look like news.
        fact.more = link(app).text;
    }
    fact
}

/// The worst of what `pane` shows now.
pub fn of_pane(cx: &Cx<'_>, pane: PaneId) -> Fact {
    let app = cx.app;
    if !app.store.complete {
        return link(app);
    }
    let last = app.platform().and_then(|it| it.fresh).filter(|_| !app.fresh());
    let mut fact = match (pane, last) {
        (PaneId::Projects, _) => of_services(app),
        (PaneId::Deployments, _) => of_deployments(cx),
        (PaneId::Incidents, _) => of_incidents(app),
        // What is measured by the second is not kept as long as one may be away; nor is the last minute that of now.
        (PaneId::Metrics, Some(_)) => Fact::new(glyph::UNKNOWN, "not heard of since", Role::Unknown),
        (PaneId::Metrics, None) => of_metrics(app),
        (PaneId::Logs, Some(last)) => of_minute(app, last, "minute before"),
        (PaneId::Logs, None) => of_logs(app),
    };
    if let Some(last) = last {
        // Old news must not look like news.
        fact.text = format!("as of {}: {}", app.hour(last), fact.text);
        fact.role = Role::Unknown;
    }
    fact
}

/// How the link stands.
pub fn link(app: &App) -> Fact {
    let it = app.link_words();
    let (glyph, role) = words::mood(it.mood);
    Fact::new(glyph, it.text, role).and(it.why.unwrap_or_default())
}

fn incident(app: &App, it: &Incident) -> Fact {
    let open = app.store.incidents.values().filter(|it| it.is_open()).count();
    let mut fact = Fact::new(
        it.severity.label(),
        // The clock first: where there is no room, the title is what is cut.
        format!("{}  {}", clock(app, it), it.title.lines().next().unwrap_or_default()),
        words::severity(&it.severity),
    );
    if open > 1 {
        fact.more = format!("{} more", open - 1);
    }
    fact
}

/// What the response clock says, or who has it.
pub fn clock(app: &App, it: &Incident) -> String {
    if let Some(clock) = app.response(it) {
        return app.clock_words(&clock);
    }
    let (who, at) = match (&it.resolved, &it.acknowledged) {
        (Some(deed), _) | (None, Some(deed)) => (deed.by.as_str(), deed.at),
        (None, None) => ("", it.opened),
    };
    if who.is_empty() { app.ago(at) } else { format!("{who}, {}", app.ago(at)) }
}

fn worst_service(app: &App) -> Option<&Service> {
    app.store.services.values().filter(|it| app.in_scope(&it.project, Some(&it.id))).min_by_key(|it| it.health.rank())
}

fn service(it: &Service) -> Fact {
    let sign = words::health(&it.health);
    let reason = it.reason.as_ref().and_then(|it| it.lines().next()).unwrap_or_default();
    Fact::new(sign.glyph, format!("{} {}", it.name, sign.word), sign.role).and(reason)
}

pub(super) fn of_services(app: &App) -> Fact {
    let all = app.store.services.values().filter(|it| app.in_scope(&it.project, Some(&it.id)));
    let (n, live) = all.fold((0, 0), |(n, live), it| (n + 1, live + usize::from(it.serves())));
    match worst_service(app) {
        None => Fact::new(glyph::OFF, "no services", Role::Dim),
        Some(it) if it.health == Health::Live => well(app, format!("{live} of {n} services live")),
        Some(it) => {
            let mut fact = service(it);
            fact.more = if fact.more.is_empty() { format!("{live} of {n} live") } else { format!("{live} of {n} live · {}", fact.more) };
            fact
        }
    }
}

/// All run; what is open on them is still the worst there is to say of them.
fn well(app: &App, live: String) -> Fact {
    let Some(worst) = app.incidents_in_scope().filter(|it| it.is_open()).map(|it| &it.severity).min() else {
        return Fact::new(glyph::OK, live, Role::Ok);
    };
    let on = app.incidents_in_scope().filter(|it| it.is_open() && it.severity == *worst);
    let mut names: Vec<&str> =
        on.map(|it| it.service.as_ref().map_or_else(|| app.project_name(&it.project), |id| app.service_name(id))).collect();
    names.sort_unstable();
    names.dedup();
    Fact::new(worst.label(), format!("open on {}", names.join(", ")), words::severity(worst)).and(live)
}

fn running(app: &App) -> Option<&Deployment> {
    app.deployments_in_scope().filter(|it| it.status.running()).max_by_key(|it| it.created)
}

fn deployment(cx: &Cx<'_>, it: &Deployment) -> Fact {
    let app = cx.app;
    let sign = words::deployment(it);
    let commit = it.commit.as_ref().map_or("", |it| it.short());
    let name = app.service_name(&it.service);
    let age = it.finished.map_or_else(|| format!("{} %", it.progress), |at| app.ago(at));
    let glyph = if it.status.running() { cx.spinner() } else { sign.glyph };
    let error = it.error.as_ref().and_then(|it| it.lines().next()).unwrap_or_default();
    Fact::new(glyph, format!("{name} {} {commit} {age}", sign.word).replace("  ", " "), sign.role).and(error)
}

fn of_deployments(cx: &Cx<'_>) -> Fact {
    if let Some(it) = running(cx.app) {
        return deployment(cx, it);
    }
    match cx.app.deployments_in_scope().max_by_key(|it| it.created) {
        Some(it) => deployment(cx, it),
        None => Fact::new(glyph::OFF, "no deployments", Role::Dim),
    }
}

fn of_incidents(app: &App) -> Fact {
    let open = app.incidents_in_scope().filter(|it| it.is_open());
    match open.min_by_key(|it| (it.severity.clone(), it.acknowledged.is_some(), it.due)) {
        Some(it) => incident(app, it),
        // "None" is only ever said from a complete, fresh answer.
        None if app.fresh() => Fact::new(glyph::OK, "none open", Role::Ok),
        None => Fact::new(glyph::UNKNOWN, "none known", Role::Unknown).and(link(app).text),
    }
}

pub(super) fn of_metrics(app: &App) -> Fact {
    let services = app.services_in_scope();
    let latest = |metric: &Metric| app.reads(services.iter().map(|it| &it.id), metric);
    let (errors, p95) = (latest(&Metric::ErrorRatio), latest(&Metric::P95));
    let (cpu, rate) = (latest(&Metric::Cpu), latest(&Metric::Requests));
    let mut parts = Vec::new();
    if let Some(it) = rate {
        parts.push(format!("{} requests", Unit::PerSecond.show(it)));
    }
    if let Some(it) = p95 {
        parts.push(format!("p95 {}", Unit::Millis.show(it)));
    }
    if let Some(it) = cpu {
        parts.push(format!("cpu {}", Unit::Cores.show(it)));
    }
    match errors {
        Some(it) if it > 0.0 => {
            let (sign, role) = if it >= app.settings.thresholds.errors[1] { (glyph::FAIL, Role::Bad) } else { (glyph::WARN, Role::Warn) };
            let span = app.metrics.ratio_span(services.iter().map(|it| &it.id), &Metric::ErrorRatio, app.now);
            let within = span.map(|it| format!(" in {}", it.short())).unwrap_or_default();
            Fact::new(sign, format!("5xx {}{within}", Unit::Share.show(it)), role).and(parts.join(" · "))
        }
        _ if parts.is_empty() => Fact::new(glyph::OFF, "nothing measured yet", Role::Dim),
        _ => Fact::new(glyph::OK, parts.join(" · "), Role::Text),
    }
}

const fn plural(n: u32) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Whether a deployment ended badly.
pub const fn went_wrong(status: &DeployStatus) -> bool {
    matches!(status, DeployStatus::Failed | DeployStatus::Crashed)
}

fn of_logs(app: &App) -> Fact {
    if app.logs.store().is_empty() {
        return Fact::new(glyph::OFF, "no lines yet", Role::Dim);
    }
    // In the first minute only what arrived since is held: as many lines are of a shorter time.
    let held = app.logs.held_since().map_or(Millis(0), |since| app.now.since(since));
    if held < MINUTE {
        of_lately(app, app.now, held.max(Millis(0)), &format!("last {}", held.short()))
    } else {
        of_minute(app, app.now, "last minute")
    }
}

/// What was logged in the minute up to `to`; `minute`: what it is called.
pub(super) fn of_minute(app: &App, to: Time, minute: &str) -> Fact {
    of_lately(app, to, MINUTE, minute)
}

fn of_lately(app: &App, to: Time, length: Millis, minute: &str) -> Fact {
    let lines = app.logs.histogram(to - length, to + Millis(1), 1);
    let [_, _, _, warn, error, fatal] = lines.first().copied().unwrap_or_default();
    let all: u32 = lines.iter().flatten().sum();
    let rate = format!("{all} lines in the {minute}");
    match (error + fatal, warn) {
        (0, 0) => Fact::new(glyph::OK, rate, Role::Text),
        (0, n) => Fact::new(glyph::WARN, format!("{n} warning{}", plural(n)), Role::Warn).and(rate),
        (n, _) => Fact::new(glyph::FAIL, format!("{n} error{}", plural(n)), Role::Bad).and(rate),
    }
}
