//! What is around the lines: whose they are, how they fill the screen, where messages stand, what new patterns are measured by.

use ratatui::style::Style;
use trackside::app::logs::{Age, Clockface};
use trackside::app::pane::PaneId;
use trackside::app::state::NoticeKind;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Answer, Change, Event, ObjectRef};
use trackside::model::ids::{AskId, DeploymentId};
use trackside::model::log::{Level, LogLine};
use trackside::model::request::Request;
use trackside::model::time::Millis;
use trackside::theme::Theme;

use super::dash::{Dash, START, dash, deployment};
use super::logs::{line, page};
use super::screens::render::{frame, text};

fn picture(it: &Dash) -> String {
    text(&frame(&it.app, &Theme::from_fn("plain", Style::new(), |_| Style::new())))
}

/// Lines of the past minute, every tenth of them an error.
fn feed(it: &mut Dash, offs: std::ops::RangeInclusive<u64>) {
    let level = |n: u64| if n.is_multiple_of(10) { Level::Error } else { Level::Info };
    it.fact(Event::Logs(offs.map(|n| LogLine { at: START, level: level(n), ..line(n, &format!("line {n}")) }).collect()));
}

#[test]
fn a_filter_leaves_no_empty_rows_below_while_there_are_lines_above() {
    let mut it = dash();
    feed(&mut it, 1..=1000);
    it.press("3 k k k");
    it.press("&").types("level:error").press("Enter").waits(Millis::secs(1));
    let logs = &it.app.logs;
    let rows = logs.visible(Clockface::default()).len();
    assert_eq!((logs.count(), rows), (100, logs.view.height), "the screen is full");
    assert_eq!(logs.store().line(logs.cursor().unwrap()).unwrap().off, 1000, "the reader stands where the lines went on");
    // What arrives afterwards moves nothing.
    let top = logs.view.top;
    feed(&mut it, 1001..=1100);
    it.waits(Millis::secs(1));
    assert_eq!(it.app.logs.view.top, top);
}

#[test]
fn older_matches_that_come_later_fill_the_rows_that_were_empty() {
    let mut it = dash();
    feed(&mut it, 1001..=1100);
    it.press("3 k k k").press("&").types("level:error").press("Enter").waits(Millis::secs(1));
    assert_eq!(it.app.logs.count(), 10);
    let errors = (1..=100).map(|n| LogLine { at: START, level: Level::Error, ..line(n * 10, "before") }).collect();
    it.app.logs.page(page(errors, true));
    it.waits(Millis::secs(1));
    let logs = &it.app.logs;
    assert_eq!((logs.count(), logs.visible(Clockface::default()).len()), (110, logs.view.height), "the screen is full");
    assert_eq!(logs.store().line(logs.cursor().unwrap()).unwrap().off, 1100, "and the reader stands where they stood");
}

#[test]
fn the_log_of_an_opened_deployment_is_left_with_it() {
    let pinned = |it: &Dash| it.app.pinned_deployment().map(|it| it.to_string());
    let mut it = dash().at(80, 24);
    it.app.show_deployment(DeploymentId::new("d-api-2"));
    assert_eq!(pinned(&it).as_deref(), Some("d-api-2"));
    it.press("3");
    assert_eq!(pinned(&it).as_deref(), Some("d-api-2"), "its log is what one went to look at");
    it.press("5");
    assert_eq!(pinned(&it), None, "incidents are no part of it");
    it.press("3");
    assert_eq!(pinned(&it), None, "the log is the scope's again");
    it.press("2");
    assert_eq!(pinned(&it).as_deref(), Some("d-api-2"), "it is still open, with its log beside it");
    it.press("Esc");
    assert_eq!(pinned(&it), None);
    // Gone from the platform, its log goes too.
    it.app.show_deployment(DeploymentId::new("d-api-2"));
    let gone = ObjectRef::Deployment(DeploymentId::new("d-api-2"));
    it.changed(Change::Removed(gone));
    assert_eq!((it.app.view(PaneId::Deployments).open.clone(), pinned(&it)), (None, None));
}

#[test]
fn messages_stand_in_the_last_line_and_cover_none_of_the_log() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut it = dash().at(width, height);
        feed(&mut it, 1..=100);
        it.press("3");
        it.app.notices.clear();
        let before = picture(&it);
        it.app.notify(NoticeKind::Warn, "nothing is searched for; / searches");
        let after = picture(&it);
        let changed: Vec<usize> = before.lines().zip(after.lines()).enumerate().filter(|(_, (a, b))| a != b).map(|(n, _)| n).collect();
        assert_eq!(changed, [usize::from(height) - 1]);
        assert!(after.lines().last().unwrap().contains("nothing is searched for"), "{after}");
    }
}

#[test]
fn a_long_message_is_whole_and_what_is_typed_stays_in_sight() {
    let mut it = dash().at(80, 24);
    feed(&mut it, 1..=100);
    it.press("3");
    it.app.notices.clear();
    let before = picture(&it);
    let long =
        "/tmp/out.log was not written: there is such a file already; `:write! /tmp/out.log` puts these lines in its place, and so on";
    it.app.notify(NoticeKind::Bad, long);
    let after = picture(&it);
    let foot: Vec<&str> = after.lines().skip(22).collect();
    assert!(foot[0].contains("was not written") && foot[1].contains("and so on"), "{after}");
    assert_eq!(before.lines().take(22).collect::<Vec<_>>(), after.lines().take(22).collect::<Vec<_>>());
    it.press("/").types("no");
    let typing = picture(&it);
    let foot: Vec<&str> = typing.lines().skip(21).collect();
    assert!(foot[1].contains("and so on") && foot[2].contains("/ no"), "{typing}");
}

/// Asks for kept lines that are not answered yet, newest first.
fn asked(it: &Dash) -> Vec<AskId> {
    it.reads().into_iter().rev().filter(|(_, request)| matches!(request, Request::Logs(_))).map(|it| it.0).collect()
}

#[test]
fn lines_from_before_a_release_are_fetched_to_tell_what_is_new() {
    let mut it = dash();
    let of = |n: u64, deployment: &str, text: &str| LogLine { at: START, deployment: Some(deployment.into()), ..line(n, text) };
    it.fact(Event::Logs((2001..=2100).map(|n| of(n, "d-api-2", if n % 2 == 0 { "token expired" } else { "request done" })).collect()));
    it.press("3 p").waits(Millis::secs(1));
    assert!(picture(&it).contains("looking further back"), "{}", picture(&it));
    let first = asked(&it)[0];
    it.answers(first, Answer::Logs(page((1501..=2000).map(|n| of(n, "d-api-2", "request done")).collect(), false)));
    it.waits(Millis::secs(1));
    let second = asked(&it)[0];
    assert_ne!(first, second, "not enough yet");
    it.answers(second, Answer::Logs(page((1001..=1500).map(|n| of(n, "d-api-1", "request done")).collect(), true)));
    it.waits(Millis::secs(1));
    let all = it.app.logs.patterns().unwrap();
    let new: Vec<String> = (0..all.len()).filter(|id| all.age(*id) == Age::New).map(|id| all.text(id).clone()).collect();
    assert_eq!(new, ["token expired"]);
    assert!(picture(&it).contains("1 new since"), "{}", picture(&it));
    assert_eq!(asked(&it)[0], second, "nothing more is fetched");
}

#[test]
fn a_first_release_has_nothing_to_be_new_against_and_that_is_said() {
    let mut it = dash();
    it.app.store.deployments.retain(|id, _| id.to_string() == "d-ledger-1");
    it.changed(Change::Deployment(deployment("d-ledger-1", "ledger", "billing", 40, DeployStatus::Success, true)));
    it.fact(Event::Logs((1..=200).map(|n| LogLine { at: START, ..line(n, "request done") }).collect()));
    it.press("3 p").waits(Millis::secs(1));
    let picture = picture(&it);
    assert!(picture.contains("nothing to compare with: no release is known from before ledger"), "{picture}");
}
