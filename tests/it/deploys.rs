//! A deployment that explains itself, as one sees and asks it: its card, its failure, its diff, and the way back from it.

use trackside::app::deploys::way_back;
use trackside::app::effect::Effect;
use trackside::app::state::{App, Overlay};
use trackside::model::deploy::{Commit, CommitRange, DeployStatus, Deployment, Release, Stage, StageTime, Trigger};
use trackside::model::event::{Answer, Change, Event};
use trackside::model::ids::AskId;
use trackside::model::link::Link;
use trackside::model::log::{Level, LogLine, LogPage};
use trackside::model::metric::{Metric, MetricQuery, Series};
use trackside::model::request::{Fault, Request};
use trackside::model::text::Clean;
use trackside::model::time::Millis;
use trackside::theme::Theme;

use crate::dash::{Dash, START, dash, deployment, world};
use crate::deploys_laws::line;
use crate::screens::render::{frame, shot, text};

fn screen(app: &App) -> String {
    text(&frame(app, &Theme::builtin("night")))
}

fn page(lines: Vec<LogLine>) -> Answer {
    Answer::Logs(LogPage { epoch: "e".to_owned(), lines, beginning: false, end: true, gaps: Vec::new() })
}

/// Metrics as the query asks for them: before `START` minus half an hour all is well, later one in ten requests fails.
fn metrics(query: &MetricQuery, bad: bool) -> Answer {
    let live = START - Millis::mins(30) + Millis::secs(48);
    let n = query.to.since(query.from).0 / query.step.0;
    let of = |metric: &Metric| {
        let value = |i: i64| {
            let after = bad && query.from + Millis(query.step.0 * i) >= live;
            match metric {
                Metric::Requests => 10.0,
                Metric::Requests5xx => f64::from(u8::from(after)),
                Metric::P95 => {
                    if after {
                        900.0
                    } else {
                        80.0
                    }
                }
                Metric::Memory => 2e8,
                _ => 5.0,
            }
        };
        Series {
            service: query.services[0].clone(),
            replica: 0,
            metric: metric.clone(),
            from: query.from,
            step: query.step,
            values: (0..n).map(|i| Some(value(i))).collect(),
            peaks: Vec::new(),
            lows: Vec::new(),
        }
    };
    Answer::Metrics(query.metrics.iter().map(of).collect())
}

/// Answers what was asked about cards since `from`; gives back how many questions there were.
fn answer_cards(it: &mut Dash, from: usize, bad: bool) -> usize {
    let asks: Vec<(AskId, Request)> = it.reads().split_off(from);
    let mut n = 0;
    for (id, request) in asks {
        match request {
            Request::Metrics(query) if query.metrics.contains(&Metric::P95) && query.metrics.len() == 5 => {
                it.answers(id, metrics(&query, bad));
                n += 1;
            }
            Request::Logs(query) if query.filter.deployment.is_some() && query.limit == Some(1_000) => {
                let known = (0..200).map(|i| line(Level::Info, &format!("GET /cart in {i} ms")));
                let new = (0..5).map(|_| line(Level::Error, "checkout: upstream timed out"));
                let later = bad && query.filter.deployment.as_ref().is_some_and(|it| it.as_str() == "d-api-2");
                it.answers(id, page(if later { known.chain(new).collect() } else { known.collect() }));
                n += 1;
            }
            _ => {}
        }
    }
    n
}

fn select(it: &mut Dash, id: &str) {
    it.press("2 g");
    for _ in 0..10 {
        if it.on(trackside::app::pane::PaneId::Deployments) == id {
            return;
        }
        it.press("j");
    }
    panic!("{id} is not in the list");
}

#[test]
fn the_card_is_asked_for_once_and_says_worse_from_how_much() {
    let mut it = dash();
    select(&mut it, "d-api-2");
    let before = it.reads().len();
    it.press("Enter");
    assert_eq!(answer_cards(&mut it, before, true), 3);
    let shown = screen(&it.app);
    for words in ["before and after", "worse", "5 of 5 judged", "upstream timed out", "9 k / 9 k requests", "of api-100"] {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    let asked = it.reads().len();
    it.waits(Millis::mins(2)).press("j k");
    assert_eq!(it.reads().len(), asked, "a card whose time is over is never asked for again");
}

#[test]
fn a_card_that_cannot_be_had_says_why_and_comes_when_the_link_is_back() {
    let mut it = dash();
    select(&mut it, "d-api-2");
    let before = it.reads().len();
    it.press("Enter");
    for (id, _) in it.reads().split_off(before) {
        it.answers(id, Answer::Failed(Fault::Server("the disk is full".into())));
    }
    let shown = screen(&it.app);
    assert!(shown.contains("could not be had") && shown.contains("the disk is full"), "{shown}");
    let before = it.reads().len();
    it.fact(Event::Link(Link::Stale { since: START })).fact(Event::Link(Link::Live));
    assert_eq!(answer_cards(&mut it, before, false), 3);
    assert!(screen(&it.app).contains("same"), "{}", screen(&it.app));
}

#[test]
fn a_failure_shows_its_error_in_full_and_the_lines_around_it() {
    let mut it = dash();
    select(&mut it, "d-api-3");
    it.press("Enter");
    let asked = it.reads().into_iter().rfind(|(_, it)| matches!(it, Request::Logs(query) if query.limit == Some(200)));
    let (id, _) = asked.expect("its last lines are asked for");
    let mut lines: Vec<LogLine> = (0..30).map(|i| line(Level::Info, &format!("compiling crate {i}"))).collect();
    lines.push(line(Level::Error, "error[E0308]: mismatched types"));
    lines.push(line(Level::Info, "could not compile"));
    it.answers(id, page(lines));
    let shown = screen(&it.app);
    for words in ["exit 101", "mismatched types", "compiling crate 29", "could not compile", "around it: runtime log"] {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    assert!(!shown.contains("compiling crate 2 "), "only what is around it:\n{shown}");
}

fn commit(id: &str, message: &str) -> Commit {
    Commit { id: id.into(), message: message.into(), author: "li".into(), at: None }
}

/// Two releases of `api` whose records are kept.
fn recorded() -> Dash {
    let mut all = world();
    for (id, port) in [("d-api-1", "a"), ("d-api-2", "b")] {
        let it = all.deployments.iter_mut().find(|it| it.id.as_str() == id).unwrap();
        let variables = vec![("PORT".into(), port.into()), ("SAME".into(), "x".into())];
        it.release = Some(Release { replicas: 2, variables, size: Some(41 << 20), command: Some("serve".into()) });
    }
    let mut it = dash();
    it.fact(Event::Snapshot(Box::new(all)));
    it
}

#[test]
fn a_diff_names_commits_and_variables_without_values_and_can_be_copied() {
    let mut it = recorded();
    select(&mut it, "d-api-2");
    it.press("d");
    let (id, request) = it.reads().pop().unwrap();
    let Request::Commits { from, to, .. } = request else { panic!("{request:?}") };
    assert!(from.starts_with("api-1") && to.starts_with("api-2"), "from the one before it: {from} {to}");
    assert!(screen(&it.app).contains("asking which commits"));
    let range =
        CommitRange { added: vec![commit("77ce02d41c", "Add retries")], dropped: vec![commit("a1b9f3c0de", "Fix rounding")], more: false };
    it.answers(id, Answer::Commits(range));
    let shown = screen(&it.app);
    for words in
        ["1 commit added, 1 taken back", "+ 77ce02d Add retries", "- a1b9f3c Fix rounding", "~ PORT changed", "= 1 the same", "= replicas"]
    {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    it.press("y");
    assert!(it.wishes.iter().any(|it| matches!(it, Effect::Copy { text, .. } if text.contains("~ PORT changed"))));
    it.press("Esc");
    assert!(it.app.overlays.is_empty());
}

#[test]
fn a_diff_can_be_against_any_other_deployment_of_the_service() {
    let mut it = dash();
    select(&mut it, "d-api-2");
    it.press("Enter d d");
    assert!(screen(&it.app).contains("Compare api"), "{}", screen(&it.app));
    it.press("g Enter");
    let Some(Overlay::Diff(view)) = it.app.overlays.last() else { panic!("the diff stays") };
    assert_eq!((view.from.as_str(), view.to.as_str(), view.choosing), ("d-api-3", "d-api-2", None));
    let shown = screen(&it.app);
    assert!(shown.contains("was not recorded") && shown.contains("not known"), "{shown}");
    it.press("s");
    let Some(Overlay::Diff(view)) = it.app.overlays.last() else { panic!("the diff stays") };
    assert_eq!((view.from.as_str(), view.to.as_str()), ("d-api-2", "d-api-3"));
    it.press("d Esc Esc");
    assert!(it.app.overlays.is_empty());
}

#[test]
fn a_platform_that_cannot_tell_commits_is_said_and_not_asked_on_and_on() {
    let mut it = dash();
    select(&mut it, "d-api-2");
    it.press("d");
    let (id, _) = it.reads().pop().unwrap();
    it.answers(id, Answer::Failed(Fault::NotFound("no such path".into())));
    assert!(screen(&it.app).contains("not known: not found: no such path"), "{}", screen(&it.app));
    let asked = it.reads().len();
    it.press("j k j");
    assert_eq!(it.reads().len(), asked);
}

#[test]
fn from_the_opened_incident_the_way_back_is_three_keys_and_shows_what_one_gets() {
    let mut it = recorded();
    it.press("5 g Enter");
    let before = it.reads().len();
    it.press("B");
    let asked = it.reads();
    let (id, _) = asked.iter().rfind(|(_, it)| matches!(it, Request::Commits { .. })).expect("the commits are asked for").clone();
    answer_cards(&mut it, before, true);
    let range = CommitRange { added: Vec::new(), dropped: vec![commit("77ce02d41c", "Add retries")], more: false };
    it.answers(id, Answer::Commits(range));
    let shown = screen(&it.app);
    for words in ["live now:", "worse than before it (errors, p95", "1 commit taken back: 77ce02d Add retries", "PORT changed", "Cancel"] {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
    assert!(it.writes().is_empty());
    it.press("y Enter");
    assert_eq!(it.wrote(), Some(Request::Rollback { service: "api".into(), to: "d-api-1".into() }));
}

#[test]
fn the_end_of_a_deployment_is_told_with_its_time_or_with_its_stage_and_reason() {
    let mut all = world();
    let mut it = all.deployments.iter().find(|it| it.id.as_str() == "d-api-3").unwrap().clone();
    it.status = DeployStatus::Building;
    (it.finished, it.error) = (None, None);
    // Another one: the end of d-api-3 was known before one looked, and is never told.
    it.id = "d-api-9".into();
    let mut dash = dash();
    dash.app.mine.insert(it.id.clone());
    all.deployments.push(it.clone());
    dash.fact(Event::Snapshot(Box::new(all)));
    it.status = DeployStatus::Failed;
    (it.finished, it.error) = (Some(START - Millis::mins(4)), Some(Clean::paragraph("\nexit 101: cargo build\nmore")));
    it.rev = 9;
    dash.changed(Change::Deployment(it));
    assert!(dash.said().contains("failed while building after 1m 00s: exit 101: cargo build"), "{}", dash.said());
}

/// Stages of `it`: a second waiting, three cloning, `building` building, two deploying; the last one open if it still runs.
fn staged(mut it: Deployment, building: i64) -> Deployment {
    let mut at = it.created;
    it.stages.clear();
    for (stage, secs) in [(Stage::Pending, 1), (Stage::Cloning, 3), (Stage::Building, building), (Stage::Deploying, 2)] {
        let ended = at + Millis::secs(secs);
        let open = it.status == DeployStatus::Building && stage == Stage::Building;
        it.stages.push(StageTime { stage, began: at, ended: (!open).then_some(ended) });
        at = ended;
        if open || (it.status == DeployStatus::Failed && it.stages.len() == 3) {
            break;
        }
    }
    it
}

/// A service with twelve deployments behind it, one that runs and one that failed at length.
fn long_story() -> Dash {
    let mut all = world();
    for it in &mut all.deployments {
        *it = staged(it.clone(), 42);
        it.url = Some("http://api.localhost:7700".into());
    }
    for n in 0..12 {
        let it = deployment(&format!("d-api-old-{n:02}"), "api", "shop", 300 + i64::from(n) * 10, DeployStatus::Success, false);
        all.deployments.push(staged(it, 36 + i64::from(n)));
    }
    let failed = all.deployments.iter_mut().find(|it| it.id.as_str() == "d-api-3").unwrap();
    let long = "build failed: exit 101\n\nerror[E0308]: mismatched types\n  --> src/checkout.rs:41:9\n   |\n41 |         retries\n   |         ^^^^^^^ expected `u32`, found `Option<u32>`\n\nerror: could not compile `api` (bin \"api\") due to 1 previous error";
    failed.error = Some(Clean::paragraph(long));
    all.deployments.push(staged(deployment("d-api-4", "api", "shop", 1, DeployStatus::Building, false), 0));
    let mut it = dash();
    it.fact(Event::Snapshot(Box::new(all)));
    it
}

fn pictured(name: &str, it: &Dash, words: &[&str]) {
    for theme in ["night", "day"] {
        shot(&format!("deploy-{name}-{theme}"), &frame(&it.app, &Theme::builtin(theme)));
    }
    let shown = screen(&it.app);
    for word in words {
        assert!(shown.contains(word), "{name} at {:?}: {word} is not in:\n{shown}", it.app.size);
    }
}

#[test]
fn at_every_size_a_deployment_says_what_matters_of_it() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut it = long_story().at(width, height);
        select(&mut it, "d-api-4");
        it.press("Enter");
        pictured("running", &it, &["past p95 (47s)", "past p95 of the last 14", "usually 1s"]);

        let mut it = long_story().at(width, height);
        select(&mut it, "d-api-3");
        let before = it.reads().len();
        it.press("Enter");
        let (id, _) =
            it.reads().split_off(before).into_iter().find(|(_, it)| matches!(it, Request::Logs(it) if it.limit == Some(200))).unwrap();
        let mut lines: Vec<LogLine> = (0..30).map(|i| line(Level::Info, &format!("   Compiling crate-{i} v0.1.0"))).collect();
        lines.push(line(Level::Error, "error: could not compile `api` (bin \"api\") due to 1 previous error"));
        it.answers(id, page(lines));
        pictured("failed", &it, &["build failed: exit 101", "expected `u32`", "Compiling crate-29"]);

        for (name, bad, words) in [("worse", true, ["worse", "upstream timed out"]), ("same", false, ["same", "5 of 5 judged"])] {
            let mut it = long_story().at(width, height);
            select(&mut it, "d-api-2");
            let before = it.reads().len();
            it.press("Enter");
            answer_cards(&mut it, before, bad);
            pictured(name, &it, &words);
            let before = it.reads().len();
            it.press("d");
            for (id, request) in it.reads().split_off(before) {
                if matches!(request, Request::Commits { .. }) {
                    it.answers(id, Answer::Failed(Fault::NotFound("no such path".into())));
                }
            }
            pictured(&format!("{name}-diff"), &it, &["commits", "was not recorded", "? replicas"]);
            it.press("Esc B");
            pictured(&format!("{name}-rollback"), &it, &["live now: api-200 Change d-api-2", "Cancel"]);
        }
    }
}

#[test]
fn the_way_back_is_what_served_last_whatever_failed_since_and_what_it_takes_back_is_said() {
    let at = |id: &str, minutes: i64, status: DeployStatus, live: bool| deployment(id, "api", "shop", minutes, status, live);
    let mut all = vec![
        at("d1", 90, DeployStatus::Success, false),
        at("d2", 60, DeployStatus::Success, false),
        at("d3", 30, DeployStatus::Success, true),
        at("d4", 5, DeployStatus::Failed, false),
    ];
    let back = |all: &[Deployment]| way_back(all, &"api".into()).map(|it| it.id.to_string());
    assert_eq!(back(&all).as_deref(), Some("d2"), "the newest one failed and changed nothing");
    // Nothing serves any more, and what served last was in a crash loop.
    (all[2].live_to, all[2].status) = (Some(START), DeployStatus::Crashed);
    assert_eq!(back(&all).as_deref(), Some("d2"));
    all[1].kept = false;
    assert_eq!(back(&all).as_deref(), Some("d1"));

    let mut it = dash();
    for one in all {
        it.changed(Change::Deployment(one));
    }
    assert!(it.app.taken_back.is_empty());
    let mut rollback = at("d5", 1, DeployStatus::Success, true);
    (rollback.trigger, rollback.rollback_of) = (Trigger::Rollback, Some("d1".into()));
    it.changed(Change::Deployment(rollback));
    let taken: Vec<String> = it.app.taken_back.iter().map(|(it, by)| format!("{it} by {by}")).collect();
    assert_eq!(taken, ["d3 by d5"]);
    it.press("2 z");
    assert!(it.screen().lines().any(|it| it.contains(" d3 ") && it.contains("rollback d5")), "{}", it.screen());
    let it = it.at(200, 60);
    assert!(it.screen().lines().any(|it| it.contains(" d3 ") && it.contains("rolled back by d5")), "{}", it.screen());
}
