//! Lines that are alike: what the groups say must be true of every line, in whatever bites they were looked at.

use proptest::prelude::*;
use ratatui::style::Style;
use trackside::app::logs::{Age, LogScope, Logs, MOST_PATTERNS, Order, Patterns, Piece, Release, Since, pieces};
use trackside::app::pane::{PaneId, Scope};
use trackside::model::event::{Answer, Event};
use trackside::model::ids::{DeploymentId, ServiceId};
use trackside::model::log::{Level, LogLine};
use trackside::model::query::Clock;
use trackside::model::request::Request;
use trackside::model::time::{Millis, Time};
use trackside::theme::Theme;

use super::dash::{START, dash};
use super::logs::{BUDGET, finish, line, lines, page, shown};
use super::screens::render::{frame, text};

const LARGE: usize = 16 << 20;

fn grouped(logs: &mut Logs, since: Since, bite: usize) {
    logs.group_alike(since);
    let ends = (0..100_000).any(|_| {
        logs.group(bite);
        !logs.is_grouping()
    });
    assert!(ends, "the grouping never ends");
}

fn seen(all: &Patterns, id: usize) -> String {
    pieces(&all.text(id))
        .map(|it| match it {
            Piece::Plain(text) => text,
            Piece::Var(var) => var.word(),
        })
        .collect()
}

/// Every pattern and its count, most lines first.
fn said(logs: &Logs) -> Vec<(String, u64)> {
    let all = logs.patterns().unwrap();
    all.sorted(Order::Count).into_iter().map(|id| (seen(all, id), all.get(id).unwrap().count)).collect()
}

fn texts(texts: &[&str]) -> Vec<LogLine> {
    texts.iter().enumerate().map(|(n, text)| line(n as u64 + 1, text)).collect()
}

#[test]
fn lines_that_differ_in_what_varies_are_one_pattern() {
    let mut logs = Logs::new(BUDGET);
    logs.absorb(
        texts(&[
            "request 88412 from 10.0.0.7 took 12ms",
            "request 7 from 10.0.0.9 took 1.5s",
            r#"{"msg":"job finished","queue":"emails","id":17}"#,
            r#"{"msg":"job finished","queue":"reports","id":18}"#,
            "request 9 from ::1 took 4us",
            "shutting down",
        ]),
        Time(0),
    );
    grouped(&mut logs, Since::default(), usize::MAX);
    let want = [("request <num> from <ip> took <duration>", 3), ("job finished queue=<*> id=<num>", 2), ("shutting down", 1)];
    assert_eq!(said(&logs), want.map(|(text, n)| (text.to_owned(), n)));
    let all = logs.patterns().unwrap();
    let first = all.get(all.sorted(Order::Count)[0]).unwrap();
    assert_eq!((first.first, first.last), (Time(10), Time(50)));
    assert_eq!(logs.store().line(first.newest).unwrap().off, 5);
}

#[test]
fn only_what_is_shown_is_grouped_and_what_comes_later_joins_in() {
    let mut logs = Logs::new(BUDGET);
    logs.absorb(texts(&["cart 1 saved", "order 1 placed", "cart 2 saved"]), Time(0));
    logs.add_filter("cart", Clock::default()).unwrap();
    finish(&mut logs);
    grouped(&mut logs, Since::default(), 1);
    assert_eq!(said(&logs), [("cart <num> saved".to_owned(), 2)]);
    logs.absorb(vec![line(4, "cart 3 saved"), line(5, "order 3 placed")], Time(0));
    assert!(logs.is_grouping());
    grouped(&mut logs, Since::default(), 1);
    assert_eq!(said(&logs), [("cart <num> saved".to_owned(), 3)]);
    // Another filter is another question.
    logs.clear_filters();
    finish(&mut logs);
    grouped(&mut logs, Since::default(), 1);
    assert_eq!(said(&logs), [("cart <num> saved".to_owned(), 3), ("order <num> placed".to_owned(), 2)]);
}

#[test]
fn history_that_arrives_meanwhile_is_looked_at_too() {
    let mut logs = Logs::new(LARGE);
    logs.absorb(lines(100..=110), Time(0));
    grouped(&mut logs, Since::default(), usize::MAX);
    logs.page(page(lines(50..100), true));
    grouped(&mut logs, Since::default(), 300);
    assert_eq!(logs.patterns().unwrap().looked(), 61);
    // Late lines among those looked at: everything is looked at again, none twice.
    logs.page(page(lines(1..=60), true));
    grouped(&mut logs, Since::default(), 300);
    assert_eq!(said(&logs), [("line <num>".to_owned(), 110)]);
}

fn since(deployment: &str, at: i64) -> Since {
    let release = Release { deployment: DeploymentId::new(deployment), at: Time(at), name: "77ce02d".to_owned(), first: false };
    Since { releases: [(ServiceId::new("api"), release)].into(), later: [DeploymentId::new("dep-3")].into() }
}

fn of(off: u64, deployment: &str, text: &str) -> LogLine {
    LogLine { deployment: Some(DeploymentId::new(deployment)), ..line(off, text) }
}

#[test]
fn what_did_not_occur_before_the_deployment_is_new_and_too_little_before_it_is_said() {
    for (before, want) in [(200, Age::New), (20, Age::Unsure)] {
        let mut logs = Logs::new(LARGE);
        let mut all: Vec<LogLine> = (1..=before).map(|off| of(off, "dep-1", &format!("request {off} done"))).collect();
        all.push(of(before + 1, "dep-2", "request 5 done"));
        all.push(of(before + 2, "dep-2", "payment refused: no such card"));
        all.push(of(before + 3, "dep-3", "cloning into the void"));
        logs.absorb(all, Time(0));
        grouped(&mut logs, since("dep-2", 0), 64);
        let all = logs.patterns().unwrap();
        let age = |text: &str| all.age((0..all.len()).find(|id| seen(all, *id) == text).unwrap());
        assert_eq!(age("request <num> done"), Age::Known);
        assert_eq!(age("payment refused: no such card"), want);
        assert_eq!(age("cloning into the void"), Age::Known, "a later deployment says nothing of this one");
        assert_eq!(all.befores()[0].lines, before);
    }
}

#[test]
fn there_are_never_more_than_so_many_patterns_and_every_line_is_counted() {
    let mut logs = Logs::new(LARGE);
    let word = |mut n: usize| {
        let mut text = String::new();
        while n > 0 {
            text.push(char::from(b'a' + (n % 26) as u8));
            n /= 26;
        }
        text
    };
    logs.absorb(
        (1..=3000).map(|n| line(n, &format!("{} {} {}", word(n as usize), word(n as usize * 31), word(n as usize * 17)))).collect(),
        Time(0),
    );
    grouped(&mut logs, Since::default(), usize::MAX);
    let all = logs.patterns().unwrap();
    assert_eq!(all.len(), MOST_PATTERNS);
    let counted: u64 = (0..all.len()).map(|id| all.get(id).unwrap().count).sum();
    assert_eq!(counted + all.other(), 3000);
    assert!(all.other() > 0);
}

#[test]
fn a_pattern_looks_as_most_of_its_lines_do_and_says_that_some_are_louder() {
    let mut it = dash();
    let level = |n: u64| if n == 7 { Level::Error } else { Level::Info };
    it.fact(Event::Logs((1..=40).map(|n| LogLine { at: START, level: level(n), ..line(n, &format!("request {n} done")) }).collect()));
    it.press("3 p").waits(Millis::secs(1));
    let all = it.app.logs.patterns().unwrap();
    assert_eq!((all.get(0).unwrap().usual(), all.get(0).unwrap().level), (Level::Info, Level::Error));
    assert!(it.screen().contains("INFO+"), "{}", it.screen());
}

#[test]
fn the_list_keeps_leaves_out_and_goes_to_the_newest_line() {
    let mut it = dash();
    let feed: Vec<LogLine> = (1..=40)
        .map(|n| LogLine { at: START, ..line(n, &format!("request {n} done")) })
        .chain([LogLine { at: START, level: Level::Error, ..line(41, "disk full on /dev/sda1") }])
        .collect();
    it.fact(Event::Logs(feed));
    it.press("3 p Enter");
    assert_eq!(shown(&it.app.logs).len(), 40);
    assert!(it.app.overlays.is_empty() && it.app.logs.patterns().is_none(), "nobody looks, nothing is grouped");
    it.press("Backspace p !");
    assert_eq!(shown(&it.app.logs), [41]);
    it.press("Backspace p j o");
    assert_eq!(it.app.logs.cursor().and_then(|seq| it.app.logs.store().line(seq)).map(|it| it.off), Some(41));
    assert_eq!(it.app.focus, PaneId::Logs);
}

#[test]
fn a_deployment_of_the_platform_is_what_new_ones_are_measured_by() {
    let mut it = dash();
    it.press("3 p").waits(Millis::secs(1));
    let since = it.app.logs.patterns().unwrap().since().clone();
    assert!(!since.releases.is_empty());
    for (service, release) in &since.releases {
        let deployment = &it.app.store.deployments[&release.deployment];
        assert_eq!(deployment.service, *service);
        assert!(deployment.live_from.is_some() || !deployment.stages.is_empty());
    }
}

fn prose() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-c]{1,2}",
        "[0-9]{1,3}",
        "[a-c]=[a-b0-9]{1,2}",
        "/[ab]/[ab0-9]{1,2}/[ab]",
        "\\PC{0,4}",
        Just("10.0.0.1".to_owned()),
        Just("é/+[x](y)".to_owned()),
    ];
    let plain = prop::collection::vec(word.clone(), 0..6).prop_map(|it| it.join(" "));
    let json = (prop::collection::vec(word, 0..4), "[a-b]{1,2}", "[a-z\"\\\\/<é]{0,4}")
        .prop_map(|(msg, key, value)| serde_json::json!({ "ts": "09:00", key: value, "msg": msg.join(" "), "n": 5 }).to_string());
    prop_oneof![3 => plain, 1 => json, 1 => "msg=\"[a-c ]{0,6}\" k=[a-c]{1,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn counts_add_up_bites_do_not_matter_and_a_patterns_filter_keeps_all_its_lines(lines in prop::collection::vec(prose(), 1..60), bite in 1_usize..2000) {
        let mut logs = Logs::new(LARGE);
        logs.absorb(lines.iter().enumerate().map(|(n, text)| line(n as u64 + 1, text)).collect(), Time(0));
        grouped(&mut logs, Since::default(), bite);
        let small = said(&logs);
        prop_assert_eq!(small.iter().map(|(_, n)| n).sum::<u64>() as usize, lines.len());
        logs.stop_grouping();
        grouped(&mut logs, Since::default(), usize::MAX);
        prop_assert_eq!(&said(&logs), &small);
        let all = logs.patterns().unwrap().clone();
        for id in 0..all.len() {
            let strip: u32 = all.strip(id).iter().sum();
            prop_assert_eq!(u64::from(strip), all.get(id).unwrap().count);
            // Where nothing is fixed, there is nothing to keep them by.
            let Some(filter) = all.filter(id) else { continue };
            logs.add_filter(&filter, Clock::default()).map_err(|it| TestCaseError::fail(format!("{filter}: {it:?}")))?;
            finish(&mut logs);
            let kept = shown(&logs).len() as u64;
            prop_assert!(kept >= all.get(id).unwrap().count, "{} keeps {} lines of {}", filter, kept, seen(&all, id));
            logs.clear_filters();
            finish(&mut logs);
        }
    }

    #[test]
    fn looking_at_the_same_lines_again_makes_no_pattern(lines in prop::collection::vec(prose(), 1..40), turn in 0_usize..40) {
        let mut logs = Logs::new(LARGE);
        logs.absorb(lines.iter().enumerate().map(|(n, text)| line(n as u64 + 1, text)).collect(), Time(0));
        grouped(&mut logs, Since::default(), usize::MAX);
        let before = logs.patterns().unwrap().len();
        let again = lines.iter().cycle().skip(turn).take(lines.len());
        logs.absorb(again.enumerate().map(|(n, text)| line(1000 + n as u64, text)).collect(), Time(0));
        grouped(&mut logs, Since::default(), usize::MAX);
        prop_assert_eq!(logs.patterns().unwrap().len(), before);
        prop_assert_eq!(logs.patterns().unwrap().looked() as usize, 2 * lines.len());
    }
}

#[test]
fn a_scope_without_lines_has_no_patterns() {
    let mut logs = Logs::new(BUDGET);
    logs.absorb(lines(1..=5), Time(0));
    logs.set_scope(LogScope::service(ServiceId::new("nobody")));
    finish(&mut logs);
    grouped(&mut logs, Since::default(), 10);
    assert!(logs.patterns().unwrap().is_empty());
}

#[test]
fn only_what_is_in_scope_is_compared_with() {
    let mut it = dash();
    let releases = |it: &super::dash::Dash| {
        let since = it.app.logs.patterns().unwrap().since().clone();
        since.releases.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    it.press("3 p");
    assert_eq!(releases(&it), ["api", "ledger", "web", "worker"]);
    it.press("Esc").app.set_scope(Scope::Service("api".into()));
    it.press("p");
    assert_eq!(releases(&it), ["api"]);
    it.press("Esc").app.set_scope(Scope::Project("billing".into()));
    it.press("p");
    assert_eq!(releases(&it), ["ledger"]);
}

#[test]
fn with_nothing_to_compare_with_that_is_said_once_and_no_row_is_called_new() {
    let mut it = dash();
    it.app.set_scope(Scope::Service("api".into()));
    let release = it.app.store.deployments[&DeploymentId::new("d-api-2")].clone();
    let one = |n: u64| LogLine { at: START, deployment: Some(release.id.clone()), ..line(n, &format!("request {n} done")) };
    it.fact(Event::Logs((1..=20).map(one).collect()));
    it.press("3 p").waits(Millis::secs(1));
    let asked = it.reads().into_iter().rev().find(|(_, request)| matches!(request, Request::Logs(_))).unwrap().0;
    it.answers(asked, Answer::Logs(page(Vec::new(), true))).waits(Millis::secs(1));
    let picture = text(&frame(&it.app, &Theme::from_fn("plain", Style::new(), |_| Style::new())));
    assert!(picture.contains("nothing to compare with") && !picture.contains("new?"), "{picture}");
}
