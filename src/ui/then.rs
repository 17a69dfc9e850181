//! What a pane's one line says while the time cursor is in the past: what was then, and nothing of now without that word.

use crate::app::pane::PaneId;
use crate::app::state::App;
use crate::model::deploy::Deployment;
use crate::model::incident::Incident;
use crate::model::time::{Millis, Time};
use crate::theme::Role;

use super::cx::Cx;
use super::kit::glyph;
use super::words;
use super::worst::{Fact, link, of_metrics, of_minute, of_services};

/// The worst of what `pane` showed at `at`.
pub fn of_pane(cx: &Cx<'_>, pane: PaneId, at: Time) -> Fact {
    let app = cx.app;
    if !app.store.complete {
        return link(app);
    }
    match pane {
        // How a service stood is not kept; how it stands is not how it stood.
        PaneId::Projects => said("now", of_services(app)),
        PaneId::Deployments => deployments(app),
        PaneId::Incidents => incidents(app),
        PaneId::Metrics => said("then", of_metrics(app)),
        PaneId::Logs => logs(app, at),
    }
}

/// With the time it is of before it.
fn said(when: &str, mut it: Fact) -> Fact {
    it.text = format!("{when}: {}", it.text);
    it
}

/// What served, that which is in trouble first.
fn deployments(app: &App) -> Fact {
    let words = app.then_words(PaneId::Deployments).unwrap_or_default();
    let ill = app.open_then_worst_first();
    let mut live: Vec<_> = app.deployments_in_scope().filter(|it| app.live_then(it)).collect();
    let place = |it: &Deployment| ill.iter().position(|one| one.service.as_ref() == Some(&it.service)).unwrap_or(usize::MAX);
    live.sort_by(|a, b| (place(a), b.live_from, &a.id).cmp(&(place(b), a.live_from, &b.id)));
    let names = live.iter().map(|it| {
        let commit = it.commit.as_ref().map_or_else(|| it.id.as_str(), |it| it.short());
        format!("{} {commit}", app.service_name(&it.service))
    });
    Fact::new(glyph::INTO, words, Role::Text).and(names.collect::<Vec<_>>().join(", "))
}

fn incidents(app: &App) -> Fact {
    let open = app.open_then_worst_first();
    let words = app.then_words(PaneId::Incidents).unwrap_or_default();
    let Some(worst) = open.first() else { return Fact::new(glyph::INTO, words, Role::Text) };
    let title = |it: &Incident| it.title.lines().next().unwrap_or_default().to_owned();
    Fact::new(worst.severity.label(), format!("{words}: {}", title(worst)), words::severity(&worst.severity))
}

fn logs(app: &App, at: Time) -> Fact {
    if app.logs.held_since().is_none_or(|since| since > at - Millis::mins(1)) {
        return Fact::new(glyph::UNKNOWN, "then: not all lines of that minute are here", Role::Unknown);
    }
    said("then", of_minute(app, at, "minute before"))
}
