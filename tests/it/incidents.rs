//! Incidents as people work on them: the clock's bells, the steps and their keys, what changed, notes, resolving. Reports are in `reports`.

use std::os::unix::fs::PermissionsExt as _;

use trackside::app::effect::Effect;
use trackside::app::msg::{Msg, Outcome};
use trackside::app::pane::PaneId;
use trackside::app::state::Overlay;
use trackside::model::audit::AuditEntry;
use trackside::model::event::{Answer, Change, Event, ObjectRef, Snapshot};
use trackside::model::incident::{Deed, IncidentStatus, Severity, Step};
use trackside::model::request::{Fault, Request};
use trackside::model::time::{Millis, Time};

use crate::commands::Served;
use crate::dash::{Dash, START, dash, incident, world};
use crate::rig::{PATIENCE, Rig};

fn bells(it: &Dash) -> usize {
    it.wishes.iter().filter(|it| **it == Effect::Bell).count()
}

fn hooks(it: &Dash) -> Vec<(String, serde_json::Value)> {
    let hook = |it: &Effect| match it {
        Effect::Hook { what, json, .. } => Some((what.clone(), serde_json::from_str(json).unwrap())),
        _ => None,
    };
    it.wishes.iter().filter_map(hook).collect()
}

pub fn opened() -> Dash {
    let mut it = dash();
    it.app.show_incident("i-1".into());
    it.waits(Millis::secs(1));
    it
}

pub fn by(who: &str, at: Time) -> Deed {
    Deed { by: who.into(), at, reason: None }
}

pub fn changed(action: &str, service: &str, project: &str, minutes: i64) -> Change {
    Change::Audit(AuditEntry {
        id: format!("a-{action}-{service}").as_str().into(),
        at: START - Millis::mins(minutes),
        by: "li".into(),
        action: action.into(),
        project: Some(project.into()),
        service: Some(service.into()),
        target: format!("{service}: PORT").into(),
        result: "ok".into(),
        rev: 1,
    })
}

#[test]
fn a_clock_rings_once_at_each_step_and_never_after_somebody_has_it() {
    let mut it = dash();
    it.app.settings.escalate = Some("page".to_owned());
    // Two minutes of the fifteen are gone; the P3 of the world counts business hours and stays calm meanwhile.
    for _ in 0..7 * 60 {
        it.waits(Millis::secs(1));
    }
    assert_eq!((bells(&it), hooks(&it)[0].1["incident"]["then"].as_str()), (1, Some("call the person on call again, by telephone")));
    for _ in 0..4 * 60 {
        it.waits(Millis::secs(1));
    }
    assert_eq!(bells(&it), 2, "at 80 %");
    assert!(it.app.title.starts_with("P1 2m: "), "{}", it.app.title);
    let told = hooks(&it);
    let about = &told[1].1["incident"];
    assert_eq!((told.len(), &about["clock"]["heat"], &about["object"]["id"]), (2, &"red".into(), &"i-1".into()));
    assert_eq!((about["then"].as_str(), told[1].1["text"].as_str()), (Some("page the second person on call"), about["then"].as_str()));
    let mut taken = incident("i-1", "api", "shop", Severity::P1);
    (taken.acknowledged, taken.status, taken.rev) = (Some(by("maya", it.at)), IncidentStatus::Acknowledged, 5);
    it.changed(Change::Incident(taken));
    it.waits(Millis::mins(60));
    assert_eq!(bells(&it), 2);
}

#[test]
fn a_clock_that_is_over_says_so_in_words_in_title_and_header() {
    let mut it = dash();
    it.waits(Millis::mins(19));
    assert!(it.app.title.starts_with("P1 6m over: "), "{}", it.app.title);
    assert_eq!(it.app.header().worst.unwrap().1, "6m over");
}

#[test]
fn what_changed_is_ranked_by_how_near_it_is_and_enter_goes_there() {
    let mut it = opened();
    for change in [
        changed("service.variables", "api", "shop", 40),
        changed("service.scale", "web", "shop", 4),
        changed("flag.set", "ledger", "billing", 3),
    ] {
        it.changed(change);
    }
    let of = |it: &Dash| it.app.changes_before(&it.app.store.incidents[&"i-1".into()]);
    let names: Vec<String> =
        of(&it).iter().map(|one| format!("{} {}", one.service.as_ref().unwrap(), one.text.split(' ').next().unwrap())).collect();
    let first = |name: &str| names.iter().position(|it| it == name).unwrap();
    assert!(names.iter().take(3).all(|it| it.starts_with("api ")), "{names:?}");
    assert!(first("api variables") < first("web scaled"), "{names:?}");
    assert!(first("web scaled") < first("ledger flag"), "{names:?}");
    // The rule is said, and how near each part of the list is: what looks unsorted is believed less.
    let page = it.screen();
    let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("no {what:?}:\n{page}"));
    let said = ["nearest first, then newest first", "the same service", "the same project", "scaled", "other projects", "flag"].map(place);
    assert!(said.is_sorted(), "{said:?}\n{page}");
    // Below the seven steps the cursor goes on to what changed.
    it.press(&"j ".repeat(7 + first("web scaled"))).press("Enter");
    assert_eq!(it.app.timeline.cursor, Some(START - Millis::mins(4)));
    it.press("5").press("Esc");
    it.app.show_incident("i-1".into());
    it.press(&"j ".repeat(7)).press("Enter");
    assert!(it.app.open_deployment().is_some_and(|one| one.service == "api".into()), "the nearest is a deployment of api");
}

#[test]
fn doing_what_a_step_asks_for_ticks_it() {
    let mut it = opened();
    let ticked = |it: &Dash| {
        let steps = it.writes().into_iter().filter_map(|(_, request)| match request {
            Request::Tick { step, done: true, .. } => Some(step),
            _ => None,
        });
        steps.collect::<Vec<_>>()
    };
    it.press("P j Enter");
    assert!(it.writes().iter().any(|(_, it)| matches!(it, Request::SetSeverity { severity: Severity::P2, .. })));
    it.press("s");
    assert!(
        it.wishes.iter().any(|it| matches!(it, Effect::Copy { text, .. } if text.contains("**P1 api is in trouble: nobody has it yet**")))
    );
    it.press("O");
    assert!(it.said().contains("response.channel") && it.said().contains("then x ticks the step"), "{}", it.said());
    it.app.settings.channel = Some("make-room".to_owned());
    it.press("O");
    let (what, json) = hooks(&it).pop().unwrap();
    assert_eq!((&json["event"], &json["incident"]["service"]), (&"incident.channel".into(), &"api".into()));
    it.send(Msg::Done(Outcome::Hooked { what, failed: None, said: vec!["https://chat/room".to_owned()] }));
    assert!(it.writes().iter().any(|(_, it)| matches!(it, Request::Note { text, .. } if text == "channel: https://chat/room")));
    it.press("B");
    assert!(it.question().title.starts_with("Roll back api"), "{}", it.question().title);
    it.press("Tab Enter");
    assert!(matches!(it.wrote(), Some(Request::Rollback { .. })));
    assert_eq!(ticked(&it), [Step::Assess, Step::Communicate, Step::Channel], "a rollback that was only asked for may fail");
}

#[test]
fn the_key_of_the_log_goes_to_the_start_of_the_incident() {
    let mut it = opened();
    it.press("l");
    assert_eq!((it.app.focus, it.app.timeline.cursor), (PaneId::Logs, Some(START - Millis::mins(2))));
}

#[test]
fn an_incident_is_resolved_with_the_reason_that_was_typed() {
    let mut it = opened();
    it.press("A").types("bad cart").press("Enter");
    assert_eq!(it.wrote(), Some(Request::Resolve { incident: "i-1".into(), reason: Some("bad cart".to_owned()) }));
}

#[test]
fn a_resolve_without_a_reason_is_neither_sent_nor_thrown_away() {
    let mut it = opened();
    it.press("A Enter");
    assert!(it.question().asks_for_reason && it.writes().is_empty(), "{:?}", it.question());
    // Letters that answer other questions are the beginning of a reason here.
    it.types("no").press("Enter");
    assert_eq!(it.wrote(), Some(Request::Resolve { incident: "i-1".into(), reason: Some("no".to_owned()) }));
    it.press("A").types("x").press("Tab Enter");
    assert_eq!((it.writes().len(), it.app.overlays.len()), (1, 0), "Cancel was chosen");
    it.press("A").send(Msg::Paste("requests succeed\nagain".to_owned()));
    it.press("Esc");
    assert!(it.app.overlays.is_empty());
}

#[test]
fn in_production_the_name_and_the_reason_are_given_in_one_question() {
    let mut it = opened();
    it.app.settings.production = true;
    it.press("A").types("bad cart").press("Enter");
    assert!(
        it.writes().is_empty() && !it.question().asks_for_reason && !it.question().at_reason,
        "the name is missing: {:?}",
        it.question()
    );
    it.types("api").press("Tab space").types("again").press("Enter");
    assert_eq!(it.wrote(), Some(Request::Resolve { incident: "i-1".into(), reason: Some("bad cart again".to_owned()) }));
}

#[test]
fn every_hook_gets_an_incident_in_one_shape() {
    let mut it = opened();
    it.app.settings.escalate = Some("page".to_owned());
    it.app.settings.channel = Some("make-room".to_owned());
    it.app.settings.notify.hook = Some("tell".to_owned());
    let ways = vec![trackside::app::notify::kind::Way::Hook];
    for kind in [trackside::app::notify::kind::Kind::Incident, trackside::app::notify::kind::Kind::Clock] {
        it.app.settings.notify.to.insert(kind, ways.clone());
    }
    it.press("O");
    it.changed(Change::Incident(incident("i-7", "web", "shop", Severity::P1)));
    for _ in 0..7 * 60 {
        it.waits(Millis::secs(1));
    }
    let told = hooks(&it);
    let keys = |it: &serde_json::Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let mut events: Vec<&str> = told.iter().map(|(_, json)| json["event"].as_str().unwrap()).collect();
    events.sort_unstable();
    events.dedup();
    assert_eq!(events, ["incident.channel", "incident.clock", "incident.escalate", "incident.opened"]);
    for (_, json) in &told {
        assert_eq!(keys(json), "at context event incident text title", "{json}");
        assert_eq!(keys(&json["incident"]), "clock object project service then", "{json}");
    }
}

#[test]
fn the_keys_that_stop_the_harm_come_first_in_the_footer() {
    let mut it = opened();
    let first = |it: &Dash, n: usize| it.app.footer().iter().take(n).map(|it| it.keys.clone()).collect::<Vec<_>>();
    assert_eq!(first(&it, 4), ["Enter", "a", "B", "l"]);
    it.app.show_deployment("d-api-2".into());
    it.waits(Millis::secs(1));
    assert_eq!(first(&it, 2), ["Enter", "B"]);
}

#[test]
fn two_incidents_of_one_release_are_shown_together_and_acknowledged_each_by_itself() {
    let mut it = dash();
    let with = |id: &str, service: &str| {
        let mut one = incident(id, service, "shop", Severity::P1);
        (one.deployment, one.rev) = (Some("d-api-2".into()), 9);
        Change::Incident(one)
    };
    it.changed(with("i-1", "api")).changed(with("i-7", "web"));
    let twins = |it: &Dash, id: &str| {
        let one = &it.app.store.incidents[&id.into()];
        it.app.twins(one).into_iter().map(|it| it.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!((twins(&it, "i-1"), twins(&it, "i-7"), twins(&it, "i-3")), (vec!["i-7".to_owned()], vec!["i-1".to_owned()], vec![]));
    it.app.show_incident("i-7".into());
    let screen = it.screen();
    assert!(screen.contains("also: P1 api, same release"), "{screen}");
    it.press("a");
    assert_eq!(it.writes().len(), 1);
    assert_eq!(it.wrote(), Some(Request::Acknowledge { incident: "i-7".into() }));
}

#[test]
fn an_hour_before_that_is_not_kept_is_never_said_to_have_been_quiet() {
    let mut it = opened();
    let quiet = "nothing was deployed or set in the hour before";
    let oldest = it.app.store.deployments.keys().cloned().collect::<Vec<_>>();
    for id in oldest {
        it.changed(Change::Removed(ObjectRef::Deployment(id)));
    }
    it.app.show_incident("i-1".into());
    assert!(it.screen().contains(quiet), "{}", it.screen());
    // The trail begins half an hour before it, and the project is older.
    let Some(project) = it.app.store.projects.get_mut(&"shop".into()) else { panic!() };
    project.created = START - Millis::hours(24 * 30);
    it.changed(changed("token.create", "api", "shop", 32));
    let screen = it.screen();
    assert!(!screen.contains(quiet) && screen.contains("what is kept of changes begins at"), "{screen}");
}

#[test]
fn an_incident_is_declared_for_what_is_looked_at() {
    let mut it = dash();
    it.send(Msg::Act("incident.declare".to_owned(), "p2 slow".to_owned()));
    assert!(it.wrote().is_none() && it.said().contains("choose a project or a service"), "{}", it.said());
    it.send(Msg::Act("go.service".to_owned(), "api".to_owned()));
    it.send(Msg::Act("incident.declare".to_owned(), "p2 the checkout is slow".to_owned()));
    let Some(Request::Declare(new)) = it.wrote() else { panic!("{}", it.said()) };
    assert_eq!(
        (new.project, new.service, new.severity, new.title.as_str()),
        ("shop".into(), Some("api".into()), Severity::P2, "the checkout is slow")
    );
}

#[test]
fn a_note_comes_back_from_the_editor_and_a_refused_one_is_a_draft_again() {
    let mut it = opened();
    it.press("N").types("one").press("ctrl-e");
    assert!(it.wishes.contains(&Effect::Edit { text: "one".to_owned() }));
    it.send(Msg::Done(Outcome::Failed("vi: ended with 1; the note is as it was".to_owned())));
    it.send(Msg::Done(Outcome::Edited("one\ntwo".to_owned())));
    it.press("ctrl-s");
    let (id, request) = it.writes().pop().unwrap();
    assert_eq!(request, Request::Note { incident: "i-1".into(), text: "one\ntwo".to_owned() });
    it.answers(id, Answer::Failed(Fault::Invalid("too long".into())));
    it.press("N");
    let Some(Overlay::Note { area, .. }) = it.app.overlays.last() else { panic!() };
    assert_eq!(area.lines(), ["one", "two"]);
}

#[test]
fn on_a_real_platform_an_incident_is_listed_with_its_clock_noted_in_an_editor_handed_over_and_exported() {
    let it = Served::start();
    it.ok(&["project", "create", "shop", "--production"]);
    it.ok(&["service", "create", "shop/api", "--repo", "/nonexistent/repo"]);
    assert_eq!(it.run(&["deploy", "shop/api", "--wait"]).0, 1, "there is no such repository");
    let end = std::time::Instant::now() + PATIENCE;
    let open = loop {
        let all = it.json(&["incidents", "--json"]);
        if let Some(first) = all.get(0) {
            break first.clone();
        }
        assert!(std::time::Instant::now() < end, "a failed deployment of a production service is an incident");
    };
    assert!(open["clock"]["left_ms"].as_i64().unwrap() > 0 && open["clock"]["heat"] == "calm", "{open}");
    assert_eq!(open["clock"]["due"], open["due"], "the platform's own clock is what counts");
    let id = open["id"].as_str().unwrap();

    let editor = it.home.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\necho ready >/dev/tty\nread -r key </dev/tty\nprintf 'typed %s, then saved\\n' \"$key\" >>\"$1\"\n")
        .unwrap();
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    let home = it.home.path().display().to_string();
    let data = it.home.path().join(".local/share/trackside").display().to_string();
    let variables = [("HOME", home.as_str()), ("VISUAL", editor.to_str().unwrap())];
    let mut screen = Rig::start_with(120, 40, env!("CARGO_BIN_EXE_trackside"), &["--data", &data], &variables, true);
    screen.sees("1 open");
    screen.press("5N");
    screen.sees("Note to");
    screen.press("seen\x05");
    screen.until("the editor has not the terminal", |it| !it.alternate_screen() && it.contents().contains("ready"));
    // To the editor, not to the dashboard, for which q would mean to leave.
    screen.press("q\r");
    screen.sees("typed q, then saved");
    screen.press("\x13");
    screen.sees("noted");
    screen.press("H");
    screen.sees("# Hand-off");
    screen.sees("Open incidents");
    screen.press("\x1b");
    screen.until("still open", |it| !it.contents().contains("# Hand-off"));
    screen.press("E");
    screen.sees("# Review");
    screen.press("\x1b");
    screen.until("still open", |it| !it.contents().contains("# Review"));
    screen.press("q");
    assert_eq!(screen.ended(PATIENCE).exit_code(), 0);
    screen.is_clean();

    let report = it.home.path().join("handoff.md");
    it.ok(&["handoff", "--since", "1h", "--output", report.to_str().unwrap()]);
    let text = std::fs::read_to_string(&report).unwrap();
    assert!(text.contains(id) && text.contains("typed q, then saved"), "{text}");
    assert_eq!(std::fs::metadata(&report).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(it.run(&["handoff", "--output", report.to_str().unwrap()]).0, 1, "a file that is there is not replaced");
    let draft = it.ok(&["incident", "export", id]);
    assert!(draft.contains("# Review: ") && draft.contains("## Timeline") && draft.contains("opened: "), "{draft}");
}

#[test]
fn a_clock_that_stands_still_out_of_hours_says_when_it_goes_on_wherever_it_is_seen() {
    let mut it = dash();
    // It is a Wednesday, 11:06; from five on nobody is there until nine of Thursday. The platform says no time of its own.
    let mut crash = incident("i-3", "worker", "shop", Severity::P3);
    (crash.opened, crash.due, crash.rev) = (START + Millis::hours(3), None, 9);
    it.changed(Change::Incident(crash));
    it.waits(Millis::hours(6));
    let waiting = it.app.store.incidents[&"i-3".into()].clone();
    let clock = it.app.response(&waiting).unwrap();
    assert!(clock.paused.is_some(), "{clock:?}");
    let list = it.screen();
    let row = list.lines().find(|row| row.contains(" P3 ")).unwrap();
    assert!(row.contains("waits, Thu 09:00"), "{list}");
    it.press("5 z G");
    assert!(it.screen().contains("waits until Thu 09:00"), "{}", it.screen());
    it.press("Enter");
    assert!(it.screen().contains("only business hours count"), "{}", it.screen());
    // The header and the terminal's title, once it is the worst.
    let mut closed = incident("i-1", "api", "shop", Severity::P1);
    (closed.resolved, closed.status, closed.rev) = (Some(by("li", it.at)), IncidentStatus::Resolved, 9);
    it.changed(Change::Incident(closed));
    it.press("Esc 0");
    let header = it.screen().lines().next().unwrap().to_owned();
    assert!(header.contains("waits, Thu 09:00"), "{header}");
    let title = it.wishes.iter().rev().find_map(|it| if let Effect::Title(it) = it { Some(it.clone()) } else { None });
    assert!(title.as_deref().is_some_and(|it| it.contains("P3 waits, Thu 09:00")), "{title:?}");
}

#[test]
fn what_is_not_shown_is_acknowledged_at_most() {
    let mut it = dash();
    it.send(Msg::Act("go.service".to_owned(), "ledger".to_owned()));
    it.press("5");
    assert!(it.rows(PaneId::Incidents).is_empty());
    it.press("x A N P");
    assert!(it.writes().is_empty() && it.app.overlays.is_empty(), "{:?}", it.writes());
    assert!(it.said().contains("none is shown here"), "{}", it.said());
    it.press("a");
    assert!(matches!(it.wrote(), Some(Request::Acknowledge { incident }) if incident.as_str() == "i-1"), "the worst one, as the help says");
}

#[test]
fn twenty_thousand_open_incidents_are_counted_drawn_and_walked() {
    const MANY: usize = 20_000;
    let mut it = dash();
    let all = (0..MANY).map(|n| incident(&format!("i-{n:05}"), "api", "shop", Severity::P3)).collect();
    it.fact(Event::Snapshot(Box::new(Snapshot { incidents: all, ..world() })));
    assert!(it.screen().contains(&format!("+{}", MANY - 1)), "{}", it.screen());
    // What looks the same is painted once.
    assert_eq!(it.app.spans(it.app.cells()).len(), 1);
    assert_eq!(it.app.open_places().len(), 1);
    it.press("5");
    assert_eq!(it.rows(PaneId::Incidents).len(), MANY);
    let first = it.on(PaneId::Incidents);
    it.press("G");
    let last = it.on(PaneId::Incidents);
    assert_eq!((first.as_str(), last.as_str()), ("i-19999", "i-00000"), "the newest first");
    it.press("k g g");
    assert_eq!(it.on(PaneId::Incidents), first);
    // One that is gone is one less, and the cursor stays on its own.
    it.press("j");
    it.changed(Change::Removed(ObjectRef::Incident("i-19999".into())));
    assert_eq!((it.on(PaneId::Incidents).as_str(), it.rows(PaneId::Incidents).len()), ("i-19998", MANY - 1));
}
