//! Incidents as people work on them: the clock's bells, the steps and their keys, what changed, notes, and the reports.

use std::os::unix::fs::PermissionsExt as _;

use trackside::app::effect::Effect;
use trackside::app::handoff::handoff;
use trackside::app::handoff_facts::Facts;
use trackside::app::handoff_review::{questions, review};
use trackside::app::msg::{Msg, Outcome};
use trackside::app::pane::PaneId;
use trackside::app::state::Overlay;
use trackside::model::audit::AuditEntry;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Answer, Change};
use trackside::model::incident::{Deed, Incident, IncidentStatus, Note, Severity, Step};
use trackside::model::log::{Level, LogKind, LogLine, LogPage};
use trackside::model::metric::{Metric, Series};
use trackside::model::request::{Fault, Request};
use trackside::model::response::Response;
use trackside::model::text::Clean;
use trackside::model::time::{Millis, Time};

use crate::commands::Served;
use crate::dash::{Dash, START, dash, deployment, incident, world};
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

fn opened() -> Dash {
    let mut it = dash();
    it.app.show_incident("i-1".into());
    it.waits(Millis::secs(1));
    it
}

fn by(who: &str, at: Time) -> Deed {
    Deed { by: who.into(), at, reason: None }
}

fn changed(action: &str, service: &str, project: &str, minutes: i64) -> Change {
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
    assert_eq!((bells(&it), hooks(&it)[0].1["then"].as_str()), (1, Some("call the person on call again, by telephone")));
    for _ in 0..4 * 60 {
        it.waits(Millis::secs(1));
    }
    assert_eq!(bells(&it), 2, "at 80 %");
    assert!(it.app.title.starts_with("P1 2m: "), "{}", it.app.title);
    let told = hooks(&it);
    assert_eq!((told.len(), &told[1].1["clock"]["heat"], &told[1].1["incident"]["id"]), (2, &"red".into(), &"i-1".into()));
    assert_eq!(told[1].1["then"], "page the second person on call");
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
    assert!(first("api service.variables") < first("web service.scale"), "{names:?}");
    assert!(first("web service.scale") < first("ledger flag.set"), "{names:?}");
    // Below the seven steps the cursor goes on to what changed.
    it.press(&"j ".repeat(7 + first("web service.scale"))).press("Enter");
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
    assert!(it.said().contains("response.channel"), "{}", it.said());
    it.app.settings.channel = Some("make-room".to_owned());
    it.press("O");
    let (what, json) = hooks(&it).pop().unwrap();
    assert_eq!((&json["event"], &json["service"]), (&"incident.channel".into(), &"api".into()));
    it.send(Msg::Done(Outcome::Hooked { what, failed: None, said: vec!["https://chat/room".to_owned()] }));
    assert!(it.writes().iter().any(|(_, it)| matches!(it, Request::Note { text, .. } if text == "channel: https://chat/room")));
    it.press("B");
    assert!(it.question().title.starts_with("Roll back api"), "{}", it.question().title);
    it.press("Tab Enter");
    assert_eq!(ticked(&it), [Step::Assess, Step::Communicate, Step::Channel, Step::Mitigate]);
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
    it.press("V").types("bad cart").press("Enter");
    assert_eq!(it.wrote(), Some(Request::Resolve { incident: "i-1".into(), reason: Some("bad cart".to_owned()) }));
    it.press("V Enter");
    assert_eq!(it.writes().len(), 1, "nothing was typed: Cancel is preselected");
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
fn the_hand_off_is_read_copied_and_written() {
    let mut it = dash();
    it.press("H y w");
    let Some(Overlay::Report(report)) = it.app.overlays.last() else { panic!() };
    assert!(it.wishes.contains(&Effect::Copy { what: "Hand-off".to_owned(), text: report.text.clone() }));
    assert!(
        it.wishes
            .iter()
            .any(|it| matches!(it, Effect::Write { path, .. } if path.starts_with("handoff-") && path.strip_suffix(".md").is_some()))
    );
    it.send(Msg::Act("handoff".to_owned(), "soon".to_owned()));
    assert!(it.said().contains("`soon` is no length of time"), "{}", it.said());
}

/// A story of one night, with names that try to be Markdown.
fn night() -> (trackside::model::event::Snapshot, Time) {
    let mut all = world();
    all.services[0].name = "web | [x](http://evil)".into();
    let mut back = deployment("d-api-4", "api", "shop", 1, DeployStatus::Success, true);
    (back.rollback_of, back.by) = (Some("d-api-1".into()), "*li*".into());
    all.deployments.push(back);
    let mut closed = Incident { id: "i-9".into(), ..incident("i-9", "web", "shop", Severity::P2) };
    (closed.opened, closed.resolved, closed.status) =
        (START - Millis::mins(50), Some(by("li", START - Millis::mins(20))), IncidentStatus::Resolved);
    closed.notes = vec![Note { at: START - Millis::mins(30), by: "li".into(), text: Clean::paragraph("# shouting\n<script>") }];
    all.incidents.push(closed);
    all.incidents[0].acknowledged = Some(by("maya", START - Millis::mins(1)));
    for n in 0..3 {
        let Change::Audit(mut it) = changed("replica.exited", "worker", "shop", n) else { unreachable!() };
        it.id = format!("exit-{n}").as_str().into();
        it.result = "restarts in 1s".into();
        all.audit.push(it);
    }
    let Change::Audit(it) = changed("service.variables", "api", "shop", 12) else { unreachable!() };
    all.audit.push(it);
    (all, START)
}

#[test]
fn a_hand_off_tells_what_is_open_who_has_it_what_went_out_and_what_flaps() {
    let (all, now) = night();
    let times = Response::default();
    let text = handoff(&Facts::of(&all, &times, now), now - Millis::hours(12));
    let part = |name: &str| text.split("\n## ").find_map(|it| it.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}:\n{text}"));
    assert!(
        part("Open incidents").contains("**P1** api is in trouble (i-1), shop/api") && part("Open incidents").contains("maya has it"),
        "{text}"
    );
    assert!(part("Open incidents").contains("nobody has it"), "{text}");
    assert!(part("Incidents closed").contains("30m 00s), by li"), "{text}");
    assert!(part("Still failing").contains("shop/worker is in a crash loop"), "{text}");
    assert!(part("Flapping").contains("shop/worker: 3 exits, 1 incident"), "{text}");
    assert!(part("Deployments").contains("failed: exit 101"), "{text}");
    assert!(part("Rollbacks").contains("by \\*li\\*") && !part("Deployments").contains("rolled back"), "{text}");
    assert!(part("Other changes").contains("service.variables api: PORT by li") && !part("Other changes").contains("exited"), "{text}");
    assert!(part("Notes").contains("> \\# shouting") && part("Notes").contains("> \\<script\\>"), "{text}");
    assert!(text.contains("web \\| \\[x\\](http://evil)") && !text.contains("[x]("), "{text}");
    let short = handoff(&Facts::of(&all, &times, now), now - Millis::mins(5));
    assert!(!short.contains("i-9"), "what was before is left out:\n{short}");
}

#[test]
fn a_review_has_the_story_in_order_its_charts_its_log_and_who_did_what() {
    let (mut all, now) = night();
    let it = &mut all.incidents[0];
    it.timeline = vec![
        Note { at: it.opened, by: "platform".into(), text: "opened".into() },
        Note { at: now, by: "maya".into(), text: "acknowledged".into() },
    ];
    it.steps[0].done = Some(by("maya", now));
    let it = all.incidents[0].clone();
    let asked = questions(&it, now);
    let Request::Metrics(query) = &asked[0] else { panic!() };
    assert!(query.from < it.opened && query.to <= now && asked.len() == 2);
    let values: Vec<_> = (0..30).map(|n| if n == 7 { None } else { Some(if n == 20 { 0.5 } else { 0.01 }) }).collect();
    let series = Series {
        service: "api".into(),
        replica: 0,
        metric: Metric::ErrorRatio,
        from: query.from,
        step: Millis::mins(1),
        values,
        peaks: Vec::new(),
    };
    let line = LogLine {
        off: 1,
        at: it.opened,
        kind: LogKind::Runtime,
        level: Level::Error,
        service: it.service.clone(),
        deployment: None,
        replica: 2,
        cont: false,
        text: "``` boom \u{1b}[31mred".to_owned(),
    };
    let text = review(&Facts::of(&all, &Response::default(), now), &it, &[series], &[line]);
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what}:\n{text}"));
    assert!(
        place("service.variables api: PORT") < place("**opened** by platform")
            && place("**opened** by platform") < place("**acknowledged** by maya")
    );
    assert!(text.contains("time to be acknowledged: 1m 00s, by maya") && text.contains("time to be mitigated: not yet"), "{text}");
    assert!(text.contains("min 1 %, max 50 %") && text.contains('█') && text.contains('^'), "{text}");
    assert!(text.contains("````text\n") && text.contains("``` boom red"), "{text}");
    assert!(text.contains("- [x] acknowledge: ") && text.contains("- [ ] review"), "{text}");
    assert!(place("## Causes") < place("## Actions"));
}

#[test]
fn a_review_waits_for_its_charts_and_is_shown_without_those_it_cannot_have() {
    let mut it = opened();
    it.press("E");
    let asked: Vec<_> = it.reads().into_iter().rev().take(2).collect();
    assert!(it.app.overlays.is_empty(), "not before the answers are there");
    for (id, request) in asked {
        match request {
            Request::Metrics(_) => it.answers(id, Answer::Failed(Fault::Offline("gone".into()))),
            _ => {
                it.answers(id, Answer::Logs(LogPage { epoch: "e".into(), lines: Vec::new(), beginning: true, end: true, gaps: Vec::new() }))
            }
        };
    }
    let Some(Overlay::Report(report)) = it.app.overlays.last() else { panic!("{:?}", it.app.overlays) };
    assert!(report.text.contains("nothing was measured") && report.path == "review-i-1.md", "{}", report.text);
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
    screen.press("\x1bq");
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
