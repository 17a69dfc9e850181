//! The reports of people on call: the hand-off and the draft of a review. What they say, and above all what they must not.

use trackside::app::effect::Effect;
use trackside::app::handoff::handoff;
use trackside::app::handoff_facts::Facts;
use trackside::app::handoff_found::{Found, What, questions};
use trackside::app::handoff_review::review;
use trackside::app::msg::{Msg, Outcome};
use trackside::app::pane::PaneId;
use trackside::app::report::Report;
use trackside::app::state::Overlay;
use trackside::model::deploy::{DeployStatus, Trigger};
use trackside::model::event::{Answer, Change, Event};
use trackside::model::incident::{Incident, IncidentStatus, Note, Severity};
use trackside::model::log::{Level, LogKind, LogLine, LogPage};
use trackside::model::metric::{Metric, Series};
use trackside::model::request::{Fault, Request};
use trackside::model::response::Response;
use trackside::model::service::{Replica, ReplicaState, ServiceKind};
use trackside::model::text::Clean;
use trackside::model::time::{Millis, Time};

use crate::dash::{Dash, START, dash, deployment, incident, world};
use crate::incidents::{by, changed, opened};

fn page(lines: Vec<LogLine>) -> LogPage {
    LogPage { epoch: "e".into(), lines, beginning: true, end: true, gaps: Vec::new() }
}

fn report(it: &Dash) -> &Report {
    match it.app.overlays.last() {
        Some(Overlay::Report(report)) => report,
        other => panic!("no report is shown: {other:?}; {}", it.said()),
    }
}

/// Answers all that a review has asked for and not heard: nothing was measured, nothing logged.
fn answer_review(it: &mut Dash) {
    let open: Vec<_> = it.app.draft.as_ref().map(|it| it.asked.clone()).unwrap_or_default();
    for (id, what) in open {
        let answer = if what == What::Charts { Answer::Metrics(Vec::new()) } else { Answer::Logs(page(Vec::new())) };
        it.answers(id, answer);
    }
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
    (back.rollback_of, back.by, back.trigger) = (Some("d-api-1".into()), "*li*".into(), Trigger::Rollback);
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
    assert!(part("Flapping").contains("shop/worker: at least 3 exits, 1 incident"), "{text}");
    assert!(part("Deployments").contains("failed: exit 101"), "{text}");
    assert!(part("Rollbacks").contains("by \\*li\\*") && !part("Deployments").contains("rolled back"), "{text}");
    assert!(part("Other changes").contains("variables PORT by li") && !part("Other changes").contains("exited"), "{text}");
    assert!(part("Notes").contains("> \\# shouting") && part("Notes").contains("> \\<script\\>"), "{text}");
    assert!(text.contains("web \\| \\[x\\](http://evil)") && !text.contains("[x]("), "{text}");
    let short = handoff(&Facts::of(&all, &times, now), now - Millis::mins(5));
    assert!(!short.contains("i-9"), "what was before is left out:\n{short}");
}

#[test]
fn a_hand_off_counts_exits_beyond_the_first_of_a_loop_where_its_replicas_tell_of_them() {
    let (mut all, now) = night();
    let worker = all.services.iter_mut().find(|it| it.id.as_str() == "worker").unwrap();
    worker.replicas = (1..=2)
        .map(|index| Replica {
            index,
            state: ReplicaState::Backoff,
            deployment: "d-worker-1".into(),
            pid: None,
            port: None,
            started: None,
            restarts: 11,
        })
        .collect();
    let times = Response::default();
    let text = handoff(&Facts::of(&all, &times, now), now - Millis::hours(12));
    assert!(text.contains("shop/worker: at least 22 exits, 1 incident"), "the trail holds three of them:\n{text}");
    let live = all.deployments.iter_mut().find(|it| it.id.as_str() == "d-worker-1").unwrap();
    live.live_from = Some(now - Millis::hours(13));
    let text = handoff(&Facts::of(&all, &times, now), now - Millis::hours(12));
    assert!(text.contains("shop/worker: at least 3 exits"), "of those before nobody knows when they were:\n{text}");
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
    let Some(query) = asked.iter().find_map(|(_, it)| if let Request::Metrics(query) = it { Some(query) } else { None }) else { panic!() };
    assert!(query.from < it.opened && query.to <= now && asked.len() == 3);
    let values: Vec<_> = (0..30).map(|n| if n == 7 { None } else { Some(if n == 20 { 0.5 } else { 0.01 }) }).collect();
    let series = Series {
        service: "api".into(),
        replica: 0,
        metric: Metric::ErrorRatio,
        from: query.from,
        step: Millis::mins(1),
        values,
        peaks: Vec::new(),
        lows: Vec::new(),
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
    let found = Found { series: Ok(vec![series]), before: Ok(page(Vec::new())), after: Ok(page(vec![line])) };
    let text = review(&Facts::of(&all, &Response::default(), now), &it, &found);
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what}:\n{text}"));
    assert!(
        place("variables PORT") < place("**opened** by platform") && place("**opened** by platform") < place("**acknowledged** by maya")
    );
    assert!(text.contains("time to be acknowledged: 1m 00s, by maya") && text.contains("time to be mitigated: not yet"), "{text}");
    assert!(text.contains("min 1 %, max 50 %") && text.contains('█') && text.contains('^'), "{text}");
    assert!(text.contains("Not measured in that time: requests/s, p95, cpu, memory, replicas"), "what is missing is named:\n{text}");
    assert!(text.contains("No errors are kept in the 5m before"), "{text}");
    assert!(text.contains("````text\n") && text.contains("``` boom red"), "{text}");
    assert!(text.contains("- [x] acknowledge: ") && text.contains("- [ ] review"), "{text}");
    assert!(place("## Causes") < place("## Actions"));
}

#[test]
fn a_review_waits_for_its_answers_and_says_of_each_that_failed_why() {
    let mut it = opened();
    it.press("E");
    assert!(it.app.overlays.is_empty(), "not before the answers are there");
    let asked = it.app.draft.as_ref().unwrap().asked.clone();
    assert_eq!(asked.len(), 3);
    for (id, what) in asked {
        match what {
            What::Charts => it.answers(id, Answer::Failed(Fault::Invalid("no metrics of that service".into()))),
            What::Before => it.answers(id, Answer::Failed(Fault::RateLimited(Millis::secs(7)))),
            What::After => it.answers(id, Answer::Logs(page(Vec::new()))),
        };
    }
    let report = report(&it);
    let text = &report.text;
    assert!(text.contains("There are none: no metrics of that service") && !text.contains("Not measured"), "{text}");
    assert!(
        text.contains("before") && text.contains("could not be had: ") && text.contains("No errors are kept in the 10m from"),
        "{text}"
    );
    assert_eq!(report.path, "review-i-1.md");
}

#[test]
fn a_review_says_what_could_not_be_measured_and_of_what_nothing_can_be() {
    let (mut all, now) = night();
    let worker = all.services.iter_mut().find(|it| it.id == "worker".into()).unwrap();
    worker.kind = ServiceKind::Worker;
    let it = all.incidents.iter().find(|it| it.id == "i-3".into()).unwrap().clone();
    let none = Found { series: Ok(Vec::new()), before: Ok(page(Vec::new())), after: Ok(page(Vec::new())) };
    let text = review(&Facts::of(&all, &Response::default(), now), &it, &none);
    assert!(
        text.contains("Not measured in that time: nothing (a worker answers no requests)") || text.contains("a worker answers"),
        "{text}"
    );
    let whole = Incident { service: None, ..it };
    assert!(questions(&whole, now).is_empty());
    let text = review(&Facts::of(&all, &Response::default(), now), &whole, &Found::nothing(&whole));
    assert!(text.contains("There are none: it is about a whole project, not about one service"), "{text}");
}

#[test]
fn a_review_never_opens_over_what_one_types_and_waits_to_be_asked_for() {
    let mut it = opened();
    it.press("E N").types("seen");
    answer_review(&mut it);
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Note { .. })) && it.app.overlays.len() == 1, "{:?}", it.app.overlays);
    assert!(it.said().contains("is drafted: E on it shows it"), "{}", it.said());
    it.press("Esc E");
    assert!(report(&it).title.starts_with("Review, drafted "), "it is shown at once, without being asked for again");
    assert!(it.app.draft.is_none());
    // Nor when one has gone on to something else.
    it.press("Esc E 3");
    answer_review(&mut it);
    assert!(it.app.overlays.is_empty() && it.app.focus == PaneId::Logs);
}

#[test]
fn a_review_that_was_edited_is_there_again_and_only_given_up_when_told_twice() {
    let mut it = opened();
    it.press("E");
    answer_review(&mut it);
    it.press("e");
    let Some(Effect::Edit { text }) = it.wishes.last().cloned() else { panic!("{:?}", it.wishes.last()) };
    it.send(Msg::Done(Outcome::Edited(format!("{text}\nthe cart was rounded twice"))));
    assert!(report(&it).text.contains("rounded twice") && report(&it).title.ends_with("edited"));
    it.press("Esc E");
    assert!(report(&it).text.contains("rounded twice"), "the second E shows what was written");
    it.press("R");
    assert!(it.said().contains("would be lost") && report(&it).text.contains("rounded twice"), "{}", it.said());
    it.press("j R");
    assert!(report(&it).text.contains("rounded twice"), "another key between them takes the word back");
    it.press("R");
    answer_review(&mut it);
    assert!(!report(&it).text.contains("rounded twice"));
    // An editor that changed nothing has not edited it.
    let text = report(&it).text.clone();
    it.press("e").send(Msg::Done(Outcome::Edited(text)));
    assert!(!report(&it).title.ends_with("edited"));
}

#[test]
fn the_end_of_a_report_is_its_end_at_every_width() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut it = dash().at(width, height);
        for n in 0..60 {
            let mut note = incident(&format!("i-{n}"), "api", "shop", Severity::P2);
            note.title = format!("{n} {}", "a long title that takes more than one row ".repeat(3)).into();
            it.changed(Change::Incident(note));
        }
        it.press("H G");
        let (room, rows) = it.app.report_room();
        let all = report(&it).rows(room).len();
        assert_eq!(report(&it).top, all - usize::from(rows), "the last row stands at the bottom");
        it.press("k");
        assert_eq!(report(&it).top, all - usize::from(rows) - 1, "and one key up is one row up");
        it.press("g");
        assert_eq!(report(&it).top, 0);
    }
}

#[test]
fn times_of_another_day_have_their_date() {
    let (mut all, now) = night();
    let it = all.incidents.iter_mut().find(|it| it.id == "i-9".into()).unwrap();
    it.opened = now - Millis::hours(30);
    it.timeline = vec![Note { at: now - Millis::hours(30), by: "platform".into(), text: "opened".into() }];
    let it = it.clone();
    let times = Response::default();
    let facts = Facts::of(&all, &times, now);
    let day = |at: Time| at.utc().format("%Y-%m-%d").to_string();
    let text = handoff(&facts, now - Millis::hours(48));
    let closed = text.split("\n## ").find(|it| it.starts_with("Incidents closed")).unwrap();
    assert!(closed.contains(&format!("{} ", day(it.opened))), "{closed}");
    assert!(text.contains(&format!("those without a date are of {}", day(now))), "{text}");
    let text = review(&facts, &it, &Found::nothing(&it));
    assert!(text.contains(&format!("those without a date are of {}", day(it.opened))), "{text}");
    assert!(text.contains(&format!("- {} **opened** by platform", it.opened.utc().format("%H:%M:%S"))), "{text}");
}

#[test]
fn beyond_what_is_kept_of_changes_a_report_says_so_instead_of_none() {
    let (mut all, now) = night();
    all.audit.retain(|it| &*it.action == "service.variables");
    let kept = all.audit[0].at;
    for it in &mut all.projects {
        it.created = now - Millis::hours(24 * 30);
    }
    let times = Response::default();
    let long = handoff(&Facts::of(&all, &times, now), now - Millis::hours(12));
    let said = format!("What is kept of changes begins at {}", kept.utc().format("%Y-%m-%d %H:%M"));
    assert!(long.contains(&said), "{long}");
    let short = handoff(&Facts::of(&all, &times, now), kept + Millis(1));
    assert!(!short.contains("is kept") && short.contains("## Other changes\n\nnone\n"), "{short}");
    let mut it = all.incidents[0].clone();
    it.deployment = Some("d-gone".into());
    let text = review(&Facts::of(&all, &times, now), &it, &Found::nothing(&it));
    assert!(text.contains(&said) && text.contains("the deployment d-gone, which is not kept any more"), "{text}");
}

#[test]
fn a_hand_off_names_what_began_with_the_same_release() {
    let (mut all, now) = night();
    all.incidents.retain(Incident::is_open);
    for it in &mut all.incidents {
        it.deployment = Some("d-api-2".into());
    }
    let text = handoff(&Facts::of(&all, &Response::default(), now), now - Millis::hours(1));
    assert!(text.contains("also P3 worker is in trouble (i-3), same release"), "{text}");
}

#[test]
fn what_is_read_on_the_screen_has_no_backslashes_and_what_is_taken_along_has() {
    let (all, _) = night();
    let mut it = dash();
    it.fact(Event::Snapshot(Box::new(all)));
    it.press("H");
    let (room, _) = it.app.report_room();
    let rows = report(&it).rows(room).join("\n");
    assert!(report(&it).text.contains("web \\| \\[x\\]") && !rows.contains('\\'), "{rows}");
    assert!(rows.contains("web | [x](http"), "{rows}");
    // But a log line is as it was written, on both.
    let text = "a \\[b\n```text\nc \\[d\n```\n".to_owned();
    let shown = Report { text, ..Report::default() }.rows(80);
    assert_eq!(shown, ["a [b", "```text", "c \\[d", "```"]);
}

#[test]
fn a_message_covers_no_key_of_what_lies_over_the_panes() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut it = dash().at(width, height);
        it.press("H y");
        assert!(it.wishes.iter().any(|it| matches!(it, Effect::Copy { .. })) && it.app.overlays.len() == 1);
        it.app.notify(trackside::app::state::NoticeKind::Good, "copied: Hand-off");
        let text = it.screen();
        assert!(text.contains("copied: Hand-off"), "{text}");
        let last = text.lines().last().unwrap();
        assert!(last.contains("copies it") && last.contains("Esc close"), "{width}x{height}:\n{text}");
    }
}
