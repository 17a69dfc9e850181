//! The palette: every action and every thing by its name, arguments that complete themselves, and what was entered before.

use trackside::app::actions;
use trackside::app::metrics::Behind;
use trackside::app::msg::Msg;
use trackside::app::pane::Scope;
use trackside::app::state::{Overlay, PaletteRow};
use trackside::model::time::Millis;

use crate::dash::{Dash, dash};

fn found(it: &Dash) -> &[PaletteRow] {
    match it.app.overlays.last() {
        Some(Overlay::Palette(it)) => &it.found,
        other => panic!("the palette is not open: {other:?}"),
    }
}

fn labels(it: &Dash) -> Vec<&str> {
    found(it).iter().map(|it| it.label.as_str()).collect()
}

#[test]
fn every_action_and_every_thing_is_found_by_its_name() {
    let mut it = dash();
    it.press(":");
    for action in actions::all() {
        assert!(labels(&it).contains(&action.name), "{}", action.name);
    }
    for (typed, act) in [
        ("billing", "go.project"),
        ("shop/worker", "go.service"),
        ("worker", "go.deployment"),
        ("P3", "go.incident"),
        ("mono", "theme.set"),
    ] {
        let mut it = dash();
        it.press(":").types(typed);
        assert!(found(&it).iter().any(|row| row.act == act), "{typed}: {:?}", labels(&it));
    }
}

#[test]
fn a_thing_is_found_by_the_id_that_reports_and_incidents_name_it_by() {
    let mut it = dash();
    it.press(":").types("i-1");
    assert_eq!((found(&it)[0].act.as_str(), found(&it)[0].arg.as_str()), ("go.incident", "i-1"), "{:?}", labels(&it));
    let mut it = dash();
    it.press(":").types("incident.reopen i-3");
    assert_eq!((found(&it)[0].act.as_str(), found(&it)[0].arg.as_str()), ("incident.reopen", "i-3"), "{:?}", labels(&it));
    let mut it = dash();
    it.press(":").types("d-api-2");
    assert_eq!(found(&it)[0].arg, "d-api-2", "{:?}", labels(&it));
}

#[test]
fn words_that_an_action_takes_are_offered_and_others_are_taken_too() {
    let mut it = dash();
    it.press(":").types("metrics.behind ");
    assert_eq!(labels(&it), ["deployment", "day", "week", "off"]);
    it.types("we").press("Enter");
    assert_eq!(it.app.charts.behind, Behind::Week);
    it.press(":").types("window 90m");
    assert_eq!(labels(&it), ["90m"]);
    it.press("Enter");
    assert_eq!(it.app.timeline.window, Millis::mins(90));
}

#[test]
fn what_was_entered_comes_first_the_next_time_and_up_brings_it_back() {
    let mut it = dash();
    it.press(":").types("go.service ledger").press("Enter");
    it.press(":").types("window 6h").press("Enter :");
    // A thing is called by its name there, not by its id.
    assert_eq!(labels(&it)[..2], ["window 6h", "go.service billing/ledger"]);
    it.press("Up Up");
    let Some(Overlay::Palette(palette)) = it.app.overlays.last() else { panic!("closed") };
    assert_eq!(palette.input, "go.service ledger");
    it.press("Enter");
    assert_eq!(it.app.scope, Scope::Service("ledger".into()));
    // The same line again is one line.
    it.press(":").types("window 6h").press("Enter");
    assert_eq!(it.app.history, ["window 6h", "go.service ledger"]);
}

#[test]
fn what_is_gone_is_not_offered_from_the_history() {
    let mut it = dash();
    it.app.history = ["go.service gone", "no.such.action", "theme.set day"].map(str::to_owned).into();
    it.press(":");
    assert_eq!(labels(&it)[0], "theme.set day");
}

#[test]
fn an_action_that_cannot_be_done_says_why_and_does_nothing() {
    let mut it = dash();
    it.app.settings.read_only = Some("of a test".to_owned());
    it.press(":").types("deploy.start");
    assert!(found(&it)[0].refused.as_deref().unwrap().contains("read-only"));
    it.press("Enter");
    assert!(it.wrote().is_none() && it.said().contains("read-only"));
    it.send(Msg::Act("nothing.like.it".to_owned(), String::new()));
    assert!(it.said().contains("there is no action `nothing.like.it`"));
}

#[test]
fn an_action_and_what_it_is_done_to_are_found_when_they_are_typed_in_one_go() {
    let first = |typed: &str| {
        let mut it = dash();
        it.press(":").types(typed);
        let row = found(&it).first().unwrap_or_else(|| panic!("nothing is found for {typed}")).clone();
        (row.act, row.arg)
    };
    let is = |typed: &str, act: &str, arg: &str| assert_eq!(first(typed), (act.to_owned(), arg.to_owned()), "{typed}");
    is("restart worker", "service.restart", "worker");
    is("deploy api", "deploy.start", "api");
    is("theme mono", "theme.set", "mono");
    is("behind week", "metrics.behind", "week");
    is("reopen i-3", "incident.reopen", "i-3");
    is("declare p2 checkout is slow", "incident.declare", "p2 checkout is slow");
    let (act, arg) = first("redeploy api");
    assert_eq!(act, "deploy.redeploy");
    // Of its deployments the newest that can be built again.
    let it = dash();
    let mut all: Vec<_> = it.app.store.deployments.values().filter(|it| it.service.as_str() == "api" && !it.status.running()).collect();
    all.sort_by_key(|it| it.created);
    assert_eq!(Some(arg.as_str()), all.last().map(|it| it.id.as_str()));
    // An id that was typed is that one, however old.
    let oldest = all.first().expect("there is one").id.to_string();
    is(&format!("redeploy {oldest}"), "deploy.redeploy", &oldest);
    let mut it = dash();
    it.press(":").types("redep ap").press("Enter");
    assert!(it.question().title.starts_with("Redeploy api"), "{}", it.question().title);
}
