//! The program without the world, by scripts: keys and facts in, state and wishes out.

use trackside::app::effect::Effect;
use trackside::app::hues::HUES;
use trackside::app::msg::Msg;
use trackside::app::pane::{PaneId, RowKey, Scope};
use trackside::app::state::{ActivityState, NoticeKind, Overlay};
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Answer, Change, Event};
use trackside::model::ids::SourceId;
use trackside::model::incident::Severity;
use trackside::model::link::{Can, Link};
use trackside::model::log::{Level, LogKind, LogLine};
use trackside::model::request::{Fault, Request};
use trackside::model::service::{Health, ReplicaState, Service};
use trackside::model::time::{Millis, Time};
use trackside::theme::Theme;

use crate::dash::{START, all_caps, dash, deployment, incident, project, service, unconnected, world};
use crate::fixture::objects;
use crate::screens::render::{frame, text};

#[test]
fn the_tree_is_worst_first() {
    let it = dash();
    assert_eq!(it.rows(PaneId::Projects), ["shop", "worker", "api", "web", "billing", "ledger"]);
}

#[test]
fn rows_do_not_jump_under_the_cursor_until_the_focus_leaves_or_one_sorts() {
    let mut it = dash();
    let before = it.rows(PaneId::Projects);
    let mut ledger = service("ledger", "billing", Health::CrashLoop, None);
    ledger.rev = 2;
    it.changed(Change::Service(ledger));
    assert_eq!(it.rows(PaneId::Projects), before);
    it.press("s");
    assert_eq!(it.rows(PaneId::Projects)[..2], ["billing", "ledger"]);
    let mut web = service("web", "shop", Health::Failed, None);
    web.rev = 2;
    it.changed(Change::Service(web)).press("2");
    assert_eq!(it.rows(PaneId::Projects), ["billing", "ledger", "shop", "worker", "web", "api"]);
}

#[test]
fn the_cursor_stays_on_its_thing_when_rows_come_above_it() {
    let mut it = dash();
    it.press("2 j j");
    let on = it.on(PaneId::Deployments);
    let mut new = deployment("d-new", "web", "shop", 0, DeployStatus::Building, false);
    new.rev = 9;
    it.changed(Change::Deployment(new));
    assert_eq!(it.rows(PaneId::Deployments)[0], "d-new");
    assert_eq!(it.on(PaneId::Deployments), on);
}

#[test]
fn enter_on_a_service_scopes_everything_to_it_and_esc_goes_up_again() {
    let mut it = dash();
    it.press("j j Enter");
    assert_eq!(it.app.scope, Scope::Service("api".into()));
    assert_eq!(it.rows(PaneId::Deployments), ["d-api-3", "d-api-2", "d-api-1"]);
    assert_eq!(it.rows(PaneId::Incidents), ["i-1"]);
    it.press("Esc");
    assert_eq!(it.app.scope, Scope::Project("shop".into()));
    it.press("Esc");
    assert_eq!(it.app.scope, Scope::All);
    it.press("Esc");
    assert!(!it.wishes.contains(&Effect::Quit), "Esc never quits");
}

#[test]
fn a_write_is_asked_about_with_cancel_chosen_and_leaves_only_on_yes() {
    let mut it = dash();
    it.press("j j R");
    assert!(!it.question().yes);
    assert!(it.question().lines.iter().any(|line| line.contains("1 open P1; you are owner: allowed")), "{:?}", it.question().lines);
    it.press("Enter");
    assert_eq!(it.writes(), []);
    it.press("R y Enter");
    assert_eq!(it.wrote(), Some(Request::Redeploy { deployment: "d-api-3".into() }));
}

#[test]
fn incidents_of_other_severities_are_not_counted_as_the_worst() {
    let mut it = dash();
    it.changed(Change::Incident(incident("i-2", "api", "shop", Severity::P3)));
    it.press("j j R");
    assert!(it.question().lines.iter().any(|line| line.contains("1 open P1 and 1 more;")), "{:?}", it.question().lines);
}

#[test]
fn a_stopped_service_starts_again_by_the_key_that_restarts() {
    let mut it = dash();
    it.changed(Change::Service(Service { live: None, rev: 2, ..service("api", "shop", Health::Stopped, None) }));
    it.send(Msg::Act("service.restart".to_owned(), "api".to_owned()));
    assert!(it.question().lines.iter().any(|line| line.contains("its last release starts again")), "{:?}", it.question().lines);
    it.press("y Enter");
    assert_eq!(it.wrote(), Some(Request::Restart { service: "api".into() }));
}

#[test]
fn while_the_next_release_comes_the_one_that_serves_counts() {
    let mut it = dash();
    let serving = objects::replica(2, ReplicaState::Up, "d-api-2", START);
    let mut api = service("api", "shop", Health::Deploying, Some("d-api-2"));
    api.rev = 2;
    assert!(!api.serves(), "one replica of two");
    api.replicas.push(serving);
    assert!(api.serves());
    it.changed(Change::Service(api));
    assert!(it.screen().contains("2/3"), "{}", it.screen());
}

#[test]
fn a_project_with_a_production_environment_is_production() {
    let mut it = dash();
    let mut shop = project("shop");
    shop.rev = 2;
    shop.environments[0].production = true;
    it.changed(Change::Project(shop));
    assert!(!it.app.in_production());
    it.press("1 Enter");
    assert_eq!(it.app.scope, Scope::Project("shop".into()));
    assert!(it.app.in_production());
}

#[test]
fn keys_typed_before_the_question_was_drawn_are_thrown_away() {
    let mut it = dash();
    it.press("j j");
    let at = it.at + Millis::secs(1);
    for key in ["S", "y", "Enter"] {
        it.send(Msg::Key(trackside::app::chord::parse(key).unwrap(), at));
    }
    // The screen was stuck for two seconds: what was typed in them is not for the question either.
    it.send(Msg::Drawn(at + Millis::secs(2)));
    for key in ["y", "Enter"] {
        it.send(Msg::Key(trackside::app::chord::parse(key).unwrap(), at + Millis::secs(1)));
    }
    assert!(!it.question().yes);
    assert_eq!(it.writes(), []);
}

#[test]
fn in_production_the_name_must_be_typed() {
    let mut it = dash();
    let mut api = service("api", "shop", Health::Live, Some("d-api-2"));
    (api.production, api.rev) = (true, 2);
    it.changed(Change::Service(api));
    it.press("j j S y Enter");
    assert_eq!(it.writes(), [], "y is a letter of the name here, and Enter on Cancel closes");
    it.press("S").types("ap").press("Tab Enter");
    assert_eq!(it.writes(), []);
    it.press("S").types("api").press("Enter");
    assert_eq!(it.wrote(), Some(Request::Restart { service: "api".into() }));
}

#[test]
fn a_rollback_goes_to_the_release_that_served_last_and_says_what_differs() {
    let mut it = dash();
    it.press("j j B");
    assert!(it.question().title.starts_with("Roll back api to api-1"), "{}", it.question().title);
    assert!(it.question().lines.iter().any(|line| line.contains("instead of api-2")), "{:?}", it.question().lines);
    it.press("y Enter");
    assert_eq!(it.wrote(), Some(Request::Rollback { service: "api".into(), to: "d-api-1".into() }));
}

#[test]
fn who_stands_on_the_bad_release_goes_back_to_the_one_before_it() {
    let mut it = dash();
    it.press("2");
    let live = it.app.deployments_in_scope().find(|one| one.is_live() && one.service == "api".into()).unwrap().id.clone();
    while it.app.row(PaneId::Deployments) != Some(&RowKey::Deployment(live.clone())) {
        assert!(it.app.view(PaneId::Deployments).cursor + 1 < it.app.view(PaneId::Deployments).rows.len());
        it.press("j");
    }
    it.press("B");
    assert!(it.question().title.starts_with("Roll back api to api-1"), "{}", it.question().title);
    it.press("Esc").send(Msg::Act("deploy.rollback".to_owned(), live.to_string()));
    assert!(it.said().contains("it is live"), "named, it is meant as it is said: {}", it.said());
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut it = dash();
    it.press("j j X");
    assert!(it.said().contains("no deployment of api is running"), "{}", it.said());
    let mut caps = all_caps();
    caps.restart = Can::No("viewers may not restart".into());
    it.fact(Event::Caps(Box::new(caps))).press("S");
    assert!(it.said().contains("viewers may not restart"), "{}", it.said());
    it.app.settings.read_only = Some("started with --read-only".to_owned());
    it.press("D");
    assert!(it.said().contains("started with --read-only"), "{}", it.said());
    it.send(Msg::Act("incident.acknowledge".to_owned(), "i-1".to_owned()));
    assert_eq!(it.writes(), []);
    it.app.settings.read_only = None;
    it.fact(Event::Link(Link::Retrying { at: it.at, attempt: 2, why: "refused".into() })).press("D");
    assert!(it.said().contains("not connected: offline since"), "{}", it.said());
    assert!(it.app.overlays.is_empty());
}

#[test]
fn the_activity_log_follows_a_write_to_its_answer() {
    let mut it = dash();
    it.press("j j D y Enter");
    let (id, _) = it.writes().pop().unwrap();
    assert_eq!(it.app.activity[0].state, ActivityState::Sent);
    assert_eq!(it.app.asked_of(it.app.activity[0].object.as_ref().unwrap()), Some("deploy api"));
    let mut new = deployment("d-api-4", "api", "shop", 0, DeployStatus::Pending, false);
    new.rev = 5;
    it.answers(id, Answer::Done { text: "deployment d-api-4".into(), object: Some(Change::Deployment(new.clone())) });
    assert!(matches!(it.app.activity[0].state, ActivityState::Done(_)));
    assert!(it.app.store.deployments.contains_key(&"d-api-4".into()), "the row is there before the stream says so");
    (new.status, new.rev, new.error) = (DeployStatus::Failed, 6, Some("exit 2".into()));
    it.changed(Change::Deployment(new));
    assert!(it.app.notices().any(|it| it.kind == NoticeKind::Bad && it.text.contains("exit 2")), "one's own failure is told loudly");
}

#[test]
fn a_failed_write_is_told_with_the_reason() {
    let mut it = dash();
    it.press("a");
    let (id, request) = it.writes().pop().unwrap();
    assert_eq!(request, Request::Acknowledge { incident: "i-1".into() }, "the worst one, from anywhere");
    it.answers(id, Answer::Failed(Fault::Forbidden("ask an admin".into())));
    assert!(it.said().contains("not allowed: ask an admin"));
    assert!(matches!(it.app.activity[0].state, ActivityState::Failed(_)));
}

#[test]
fn a_failed_answer_or_a_lost_link_never_empties_a_list() {
    let mut it = dash();
    let rows = it.rows(PaneId::Incidents);
    it.fact(Event::Link(Link::Retrying { at: it.at + Millis::secs(6), attempt: 1, why: "connection refused".into() }));
    for (id, _) in it.reads() {
        it.answers(id, Answer::Failed(Fault::Offline("connection refused".into())));
    }
    assert_eq!(it.rows(PaneId::Incidents), rows);
    assert!(it.app.doubt().unwrap().text.contains("offline since"));
    assert!(it.app.link_words().text.contains("retry in 6s"));
}

#[test]
fn before_the_first_answer_an_empty_list_is_not_called_empty() {
    let mut it = unconnected();
    assert!(it.app.doubt().unwrap().text.contains("no data yet"));
    it.fact(Event::Link(Link::Refused { why: "wrong token".into() }));
    assert!(it.app.doubt().unwrap().text.contains("wrong token"));
    assert!(dash().app.doubt().is_none());
    // Nor is it kept to itself once there was one.
    let mut it = dash();
    it.fact(Event::Link(Link::Refused { why: "the certificate has expired".into() }));
    assert!(it.screen().contains("refused: the certificate has expired (ctrl-r tries again)"), "{}", it.screen());
}

#[test]
fn the_same_snapshot_twice_is_as_once() {
    let (mut once, mut twice) = (dash(), dash());
    once.press("2 j");
    twice.press("2 j").fact(Event::Snapshot(Box::new(world())));
    assert_eq!(once.app.store, twice.app.store);
    assert_eq!(once.app.views, twice.app.views);
    assert_eq!(once.said(), twice.said());
}

#[test]
fn an_older_revision_changes_nothing() {
    let mut it = dash();
    let mut new = service("web", "shop", Health::Failed, None);
    new.rev = 7;
    it.changed(Change::Service(new));
    it.changed(Change::Service(service("web", "shop", Health::Live, None)));
    assert_eq!(it.app.store.services[&"web".into()].health, Health::Failed);
}

#[test]
fn a_new_p1_rings_once_and_its_clock_rings_once_when_it_turns_red() {
    let mut it = dash();
    let bells = |it: &crate::dash::Dash| it.wishes.iter().filter(|it| **it == Effect::Bell).count();
    assert_eq!(bells(&it), 0, "what was there before one looked does not ring");
    let mut new = incident("i-9", "web", "shop", Severity::P1);
    new.opened = it.at;
    new.due = Some(it.at + Millis::mins(15));
    it.changed(Change::Incident(new.clone())).changed(Change::Incident(new));
    assert_eq!(bells(&it), 1);
    it.waits(Millis::mins(11)).waits(Millis::secs(1));
    // The older P1 (two minutes ahead) is red by now; the new one at 80 % of 15 minutes: 12 minutes.
    assert_eq!(bells(&it), 2);
    it.waits(Millis::mins(2)).waits(Millis::mins(1));
    assert_eq!(bells(&it), 3);
}

#[test]
fn history_is_asked_for_once_when_live_and_again_after_the_link_was_away() {
    let mut it = dash();
    let asked = it.reads();
    assert!(asked.iter().any(|(_, it)| matches!(it, Request::Logs(_))), "{asked:?}");
    let metrics = |list: &[(_, Request)]| list.iter().filter(|(_, it)| matches!(it, Request::Metrics(_))).count();
    assert_eq!(metrics(&asked), 1, "of all services together");
    it.press("j k j k").waits(Millis::secs(5));
    assert_eq!(it.reads().len(), asked.len(), "never twice");
    it.press("+");
    assert_eq!(metrics(&it.reads()), 2, "another window is another question");
    it.fact(Event::Link(Link::Retrying { at: it.at, attempt: 1, why: "gone".into() }));
    for (id, _) in it.reads() {
        it.answers(id, Answer::Failed(Fault::Offline("gone".into())));
    }
    it.fact(Event::Link(Link::Live));
    assert_eq!(metrics(&it.reads()), 3);
}

#[test]
fn an_opened_deployment_shows_its_own_lines_and_closing_it_shows_the_scope_again() {
    let mut it = dash();
    it.fact(Event::Logs(vec![
        line(1, "api", "d-api-3", LogKind::Build, "error: no such crate"),
        line(2, "web", "d-web-1", LogKind::Runtime, "GET /"),
    ]));
    assert_eq!(it.app.logs.count(), 2);
    it.press("2 Enter");
    assert_eq!(it.app.open_deployment().map(|it| it.id.as_str()), Some("d-api-3"));
    assert_eq!(it.app.logs.count(), 1);
    it.press("l");
    assert_eq!(it.app.logs.count(), 0, "it has no runtime log");
    it.press("Esc");
    assert!(!it.app.zoom);
    assert_eq!(it.app.logs.count(), 2);
    it.press("b");
    assert_eq!((it.app.focus, it.app.logs.count()), (PaneId::Logs, 1), "b goes to the log pane with the build log alone");
    it.press("Esc");
    assert_eq!(it.app.logs.count(), 2);
}

#[test]
fn a_search_works_as_it_is_typed_and_esc_takes_it_back() {
    let mut it = dash();
    it.fact(Event::Logs((0..50).map(|n| line(n, "api", "d-api-2", LogKind::Runtime, &format!("order={n}"))).collect()));
    it.press("3 /").types("order=4");
    assert_eq!(it.app.logs.searched(), Some("order=4"));
    it.press("Esc");
    assert_eq!(it.app.logs.searched(), None);
    it.press("/").types("order=4").press("Enter");
    assert!(it.app.prompt.is_none());
    assert_eq!(it.app.logs.found().map(|it| it.total), Some(11));
    it.press("&").types("/(/").press("Enter");
    assert!(it.app.prompt.as_ref().unwrap().error.is_some(), "a wrong pattern keeps what was typed and says where");
    it.press("Esc &").types("!order=4").press("Enter");
    assert_eq!(it.app.logs.count(), 39);
    it.press("Backspace");
    assert_eq!(it.app.logs.count(), 50);
}

#[test]
fn the_runbook_is_ticked_step_by_step_and_a_note_keeps_its_draft() {
    let mut it = dash();
    it.press("5 Enter");
    assert_eq!(it.app.open_incident().map(|it| it.id.as_str()), Some("i-1"));
    it.press("a x");
    let wrote = it.wrote();
    let next = matches!(&wrote, Some(Request::Tick { done: true, step, .. }) if *step == trackside::model::incident::Step::Assess);
    assert!(next, "who acknowledges has done the first step: {wrote:?}");
    it.press("N").types("looked at it").press("Esc N ctrl-s");
    assert_eq!(it.wrote(), Some(Request::Note { incident: "i-1".into(), text: "looked at it".to_owned() }));
    it.press("A").types("it is well").press("Enter");
    assert_eq!(it.wrote(), Some(Request::Resolve { incident: "i-1".into(), reason: Some("it is well".to_owned()) }));
}

#[test]
fn the_palette_finds_actions_and_things_and_completes_arguments() {
    let mut it = dash();
    it.press(":").types("ledger").press("Enter");
    assert_eq!(it.app.scope, Scope::Service("ledger".into()));
    it.press(":").types("service.restart shop/w");
    let Some(Overlay::Palette(palette)) = it.app.overlays.last() else { panic!("the palette is open") };
    assert!(palette.found.iter().all(|row| row.act == "service.restart"), "{:?}", palette.found);
    it.press("Enter");
    assert!(it.question().title.starts_with("Restart w"));
    it.press("Esc :");
    let Some(Overlay::Palette(palette)) = it.app.overlays.last() else { panic!("the palette is open") };
    assert!(palette.found[0].label.starts_with("service.restart "), "what was entered last comes first");
}

#[test]
fn themes_are_previewed_and_esc_puts_the_old_one_back() {
    let mut it = dash();
    it.press("T Down");
    assert_eq!(it.app.settings.theme, "day");
    it.press("Esc");
    assert_eq!(it.app.settings.theme, "night");
    it.press("T").types("mo");
    assert_eq!(it.app.settings.theme, "mono");
    it.types("x");
    assert_eq!(it.app.settings.theme, "mono", "what fits nothing changes nothing");
    // The one that is shown stays the chosen one.
    it.press("Esc Enter");
    assert_eq!((it.app.settings.theme.as_str(), it.app.overlays.len()), ("mono", 0));
    it.press("T Up Esc");
    assert_eq!(it.app.settings.theme, "mono");
}

#[test]
fn ctrl_c_explains_first_and_leaves_the_second_time_even_over_a_question() {
    let mut it = dash();
    it.press("j j D ctrl-c");
    assert!(!it.wishes.contains(&Effect::Quit));
    assert!(it.said().contains("ctrl-c again"));
    it.press("ctrl-c");
    assert!(it.wishes.contains(&Effect::Quit));
    let mut it = dash();
    it.press("ctrl-c").waits(Millis::secs(10)).press("ctrl-c");
    assert!(!it.wishes.contains(&Effect::Quit), "ten seconds apart are two single ones");
}

#[test]
fn q_goes_back_from_a_zoomed_pane_and_leaves_from_the_top() {
    let mut it = dash();
    it.press("z q");
    assert!(!it.app.zoom && !it.wishes.contains(&Effect::Quit));
    it.press("q");
    assert!(it.wishes.contains(&Effect::Quit));
}

#[test]
fn the_time_cursor_holds_the_axis_still_and_the_present_lets_it_go() {
    let mut it = dash();
    let n = it.app.cells();
    it.press("[ [");
    let axis = it.app.axis();
    let cell = axis.cursor.and_then(|at| axis.cell(at, n));
    assert_eq!(cell, Some(n - 3), "two cells before the one that holds now");
    it.waits(Millis::mins(1));
    assert_eq!(it.app.axis(), axis);
    it.press("L");
    assert_eq!(it.app.axis().cursor, None);
    assert_eq!(it.app.axis().to, it.at);
}

#[test]
fn marks_and_spans_stand_in_their_cells() {
    let mut it = dash();
    it.app.timeline.window = Millis::hours(1);
    let marks: Vec<String> = it.app.marks(60).into_iter().map(|mark| format!("{} {}", mark.cell, mark.label)).collect();
    assert_eq!(marks, ["0 web-100 web", "10 worker- worker", "20 ledger- ledger", "30 api-200 api", "55 api-300 api"]);
    let worst = it.app.severities(60);
    assert_eq!((worst[56].clone(), worst[58].clone(), worst[59].clone()), (None, Some(Severity::P1), Some(Severity::P1)));
}

#[test]
fn a_scope_whose_service_is_removed_goes_up_and_says_so() {
    let mut it = dash();
    it.press("j j Enter").changed(Change::Removed(trackside::model::event::ObjectRef::Service("api".into())));
    assert_eq!(it.app.scope, Scope::All);
    assert!(it.said().contains("service api is gone"));
}

#[test]
fn nothing_pulses_without_a_source_and_a_spinner_only_while_something_runs() {
    let app = trackside::app::state::App::new(trackside::app::state::Settings::default(), Vec::new(), START);
    assert_eq!(app.pulse(), None);
    let mut it = dash();
    assert_eq!(it.app.pulse(), Some(Millis::secs(1)));
    let mut new = deployment("d-new", "web", "shop", 0, DeployStatus::Building, false);
    new.rev = 9;
    it.changed(Change::Deployment(new));
    assert_eq!(it.app.pulse(), Some(Millis(250)));
    it.fact(Event::Link(Link::Stale { since: it.at }));
    assert_eq!(it.app.pulse(), Some(Millis::secs(1)), "what may have ended long ago does not spin");
}

#[test]
fn a_tick_within_the_same_second_is_no_news() {
    let mut it = dash();
    it.waits(Millis::secs(30));
    assert!(!it.send(Msg::Tick(Time(it.at.0 + 10))));
    assert!(it.send(Msg::Tick(Time(it.at.0 + 1000))));
}

#[test]
fn a_source_that_nobody_configured_says_nothing() {
    let mut it = dash();
    assert!(!it.send(Msg::Fact(SourceId(9), Event::Snapshot(Box::default()), it.at)));
    assert!(!it.app.store.projects.is_empty());
}

fn line(off: u64, service: &str, deployment: &str, kind: LogKind, text: &str) -> LogLine {
    LogLine {
        off,
        at: START + Millis(off as i64),
        kind,
        level: Level::Info,
        service: Some(service.into()),
        deployment: Some(deployment.into()),
        replica: 1,
        cont: false,
        text: text.to_owned(),
    }
}

#[test]
fn what_can_have_caused_an_incident_is_told_nearest_first_without_what_cannot() {
    use trackside::model::audit::AuditEntry;
    let mut it = dash();
    let deed = |id: &str, action: &str, minutes: i64| AuditEntry {
        id: id.into(),
        at: START - Millis::mins(minutes),
        by: "li".into(),
        action: action.into(),
        project: Some("shop".into()),
        service: Some("api".into()),
        target: "api".into(),
        result: "ok".into(),
        rev: 1,
    };
    let mut refused = deed("a6", "service.stop", 7);
    refused.result = "viewers may not stop".into();
    let noise = [deed("a2", "incident.acknowledge", 9), deed("a4", "service.create", 8), deed("a5", "project.create", 8), refused];
    for one in [deed("a1", "service.variables", 10), deed("a3", "service.scale", 90)].into_iter().chain(noise) {
        it.changed(Change::Audit(one));
    }
    let found: Vec<String> = it.app.changes_before(&it.app.store.incidents[&"i-1".into()]).into_iter().map(|it| it.text).collect();
    assert_eq!(found.len(), 6, "{found:?}");
    assert!(found[0].contains("Change d-api-3") && found[1] == "variables", "{found:?}");
    assert!(found[5].contains("Change d-ledger-1"), "another project's last: {found:?}");
}

#[test]
fn a_picture_that_follows_the_clock_moves_by_whole_cells() {
    let mut it = dash();
    it.app.timeline.window = Millis::mins(5);
    let before = it.app.axis_of(100);
    assert!(before.to >= it.app.now && before.to.since(it.app.now) < Millis(3_000), "now is in the last cell");
    assert_eq!(before.to.since(before.from), Millis::mins(5));
    it.waits(Millis::secs(30));
    let after = it.app.axis_of(100);
    assert_eq!(after.to.since(before.to).0 % 3_000, 0, "by whole cells of three seconds");
    assert!(after.to > before.to);
}

#[test]
fn the_first_row_is_the_worst_one_until_somebody_goes_there() {
    use trackside::app::pane::RowKey;
    let mut it = dash();
    let first = |it: &crate::dash::Dash| it.app.view(PaneId::Deployments).at.clone();
    let mut newer = it.app.store.deployments.values().max_by_key(|it| it.created).cloned().unwrap();
    newer.id = "newest".into();
    newer.created = it.app.now;
    it.changed(Change::Deployment(newer.clone()));
    assert_eq!(first(&it), Some(RowKey::Deployment("newest".into())), "nobody is in the list");
    it.press("2");
    newer.id = "newer-still".into();
    newer.created = it.app.now + Millis(1);
    it.changed(Change::Deployment(newer));
    assert_eq!(first(&it), Some(RowKey::Deployment("newest".into())), "the row under the eyes stays");
}

#[test]
fn what_is_said_to_be_now_is_the_newest_value_and_an_old_one_is_none() {
    use trackside::model::metric::{Metric, MetricPoint};
    let mut it = dash();
    let began = it.at;
    for (second, value) in [(0, 1.0), (1, 2.0), (2, 3.0)] {
        let at = began + Millis::secs(second);
        let values =
            vec![(Metric::Replicas, value), (Metric::Requests, 10.0), (Metric::Requests5xx, value), (Metric::ErrorRatio, value / 10.0)];
        it.fact(Event::Metrics(vec![MetricPoint { service: "api".into(), replica: 0, at, values }]));
    }
    let now = |metric: &Metric, after: i64| it.app.metrics.now([&"api".into()], metric, began + Millis::secs(after));
    assert_eq!(now(&Metric::Replicas, 3), Some(3.0), "not the mean of a cell");
    assert_eq!(now(&Metric::ErrorRatio, 3), Some(0.2), "of all requests of the last seconds");
    assert_eq!(now(&Metric::Replicas, 30), None, "half a minute ago is not now");
}

#[test]
fn services_that_are_looked_at_together_have_colours_of_their_own_for_the_whole_session() {
    let mut it = dash();
    let hue = |it: &crate::dash::Dash, id: &str| it.app.hue(&id.into());
    let first: Vec<u8> = ["api", "web", "worker"].map(|id| hue(&it, id)).into();
    let mut apart = first.clone();
    apart.sort_unstable();
    apart.dedup();
    assert_eq!(apart.len(), 3);
    for n in 0..9 {
        it.changed(Change::Service(service(&format!("new-{n}"), "shop", Health::Live, None)));
    }
    assert_eq!(first, ["api", "web", "worker"].map(|id| hue(&it, id)), "what has a colour keeps it");
    let mut used = [0; HUES as usize];
    for id in it.app.store.services.values().filter(|it| it.project == "shop".into()).map(|it| it.id.clone()) {
        used[usize::from(it.app.hue(&id))] += 1;
    }
    assert_eq!(used, [2; HUES as usize], "beyond the palette they repeat, evenly");
    assert_eq!(usize::from(HUES), trackside::theme::Role::SERVICES.len());
}

#[test]
fn help_is_searched_for_any_word() {
    let mut it = dash();
    it.press("?").types("quit");
    let Some(Overlay::Help { filter, .. }) = it.app.overlays.last() else { panic!("the help is closed") };
    assert_eq!(filter, "quit");
    it.press("Esc ?");
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Help { filter, .. }) if filter == "?"), "it is a key one may look for");
    it.press("Esc Esc");
    assert!(it.app.overlays.is_empty());
}

#[test]
fn messages_never_cover_the_newest_line_and_are_few() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut it = dash().at(width, height);
        it.fact(Event::Logs(
            (0..80).map(|n| line(n + 1, "api", "d-api-2", LogKind::Runtime, &format!("order={n}{}", "-".repeat(220)))).collect(),
        ));
        it.press("3");
        for n in 0..5 {
            it.app.notify(NoticeKind::Warn, format!("message {n}: {}", "words ".repeat(12)));
        }
        let picture = text(&frame(&it.app, &Theme::builtin("night")));
        let seen = (0..5).filter(|n| picture.contains(&format!("message {n}"))).count();
        assert!((1..=3).contains(&seen) && picture.contains("message 4"), "{seen} at {width}x{height}\n{picture}");
        let newest = picture.lines().find(|it| it.contains("order=79")).unwrap();
        assert!(newest.contains(&"-".repeat(usize::from(width) / 2)), "{picture}");
    }
}

#[test]
fn what_is_wrong_with_the_config_outlasts_the_news_of_the_start() {
    let mut it = dash();
    it.app.complain(&[format!("config.toml:2: there is no setting `muose`; did you mean `mouse`? {}", "More. ".repeat(12))]);
    it.app.notify(NoticeKind::Bad, "4 incidents are open, the worst a P1");
    it.waits(Millis::secs(2));
    assert!(it.screen().contains("4 incidents"));
    for _ in 0..6 {
        it.waits(Millis::secs(1));
    }
    assert!(it.screen().contains("`muose`"), "{}", it.screen());
    for _ in 0..20 {
        it.waits(Millis::secs(1));
    }
    assert!(!it.screen().contains("`muose`"));
}

#[test]
fn what_is_new_in_the_tree_stands_where_it_would_if_all_were_sorted() {
    let mut it = dash();
    it.press("s");
    let before = it.rows(PaneId::Projects);
    for name in ["assets", "mail", "zoo"] {
        it.changed(Change::Service(service(name, "shop", Health::Live, None)));
    }
    let now = it.rows(PaneId::Projects);
    let old: Vec<_> = now.iter().filter(|it| before.contains(it)).cloned().collect();
    assert_eq!(old, before, "what was there keeps its order");
    // The focus leaves, and all is sorted: nothing jumps.
    it.press("2");
    let mut zoo = service("zoo", "shop", Health::Live, None);
    zoo.rev = 2;
    it.changed(Change::Service(zoo));
    assert_eq!(it.rows(PaneId::Projects), now);
}

#[test]
fn help_begins_with_what_the_pane_one_is_in_can_do() {
    let mut it = dash();
    for (key, place) in [("3", "logs"), ("5", "incidents"), ("2", "deployments")] {
        it.press(key);
        let rows = it.app.help_rows("");
        let places: Vec<&str> = rows.iter().map(|it| it.places.as_str()).collect();
        let everywhere = places.iter().position(|it| *it == "everywhere").unwrap();
        assert!(everywhere > 0 && places[..everywhere].iter().all(|it| it.contains(place)), "{:?}", &places[..everywhere]);
        let after = places.iter().rposition(|it| *it == "everywhere").unwrap();
        assert!(places[after..].iter().all(|it| !it.contains(place)), "nothing of this pane comes after what works everywhere");
    }
}

#[test]
fn a_narrow_tall_screen_names_the_service_of_each_deployment_and_line() {
    let mut it = dash().at(50, 70);
    let line = |off: u64, service: &str| LogLine {
        off,
        at: START,
        kind: LogKind::Runtime,
        level: Level::Info,
        service: Some(service.into()),
        deployment: None,
        replica: 1,
        cont: false,
        text: format!("text {off}"),
    };
    it.fact(Event::Logs(vec![line(1, "api"), line(2, "worker")]));
    let text = it.screen();
    let row = |words: &[&str]| text.lines().any(|row| words.iter().all(|it| row.contains(it)));
    assert!(row(&["failed", "api"]) && row(&["live", "web"]), "{text}");
    assert!(row(&["api.1", "INFO", "text 1"]) && row(&["worker.1", "INFO", "text 2"]), "{text}");
}

#[test]
fn what_a_key_says_takes_the_place_of_what_the_last_one_said() {
    let mut it = dash();
    it.app.notices.clear();
    it.press("3 * *");
    assert_eq!((it.said().matches("secrets").count(), it.said().lines().count()), (1, 1), "{}", it.said());
    let before = it.said();
    // What came by itself stays beside it.
    it.fact(Event::Notice("the platform ends at six".into()));
    it.press("*");
    assert!(it.said().contains("ends at six") && it.said().lines().count() == 2 && !it.said().contains(&before), "{}", it.said());
}

#[test]
fn what_was_said_before_is_not_left_under_a_question() {
    let mut it = dash();
    it.app.notices.clear();
    it.press("2");
    let running = |it: &crate::dash::Dash| it.rows(PaneId::Deployments).iter().position(|id| id == "d-api-2").unwrap();
    it.press("X");
    assert!(!it.said().is_empty(), "nothing runs that could be cancelled, and that is said");
    for _ in 0..running(&it) {
        it.press("j");
    }
    it.press("B");
    assert!(it.question().title.starts_with("Roll back"), "{}", it.question().title);
    assert_eq!(it.said(), "");
}

#[test]
fn where_q_goes_back_the_footer_does_not_say_that_it_quits() {
    let mut it = dash().at(200, 60);
    it.press("3");
    let quits = |it: &crate::dash::Dash| it.app.footer().iter().any(|hint| hint.label == "quit");
    assert!(quits(&it));
    it.press("z");
    assert!(!quits(&it) && it.app.footer().iter().any(|hint| hint.label == "back"));
}
