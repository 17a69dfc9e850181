//! Filters of the log pane: queries that stack, their list, their mistakes, and what of them is asked of the platform.

use ratatui::style::Style;
use trackside::app::filter_list::Which;
use trackside::app::logs::{LogScope, Logs};
use trackside::app::pane::PaneId;
use trackside::app::state::{Overlay, PromptKind};
use trackside::model::event::Event;
use trackside::model::ids::{DeploymentId, ServiceId};
use trackside::model::log::{Level, LogLine};
use trackside::model::query::Clock;
use trackside::model::time::{Millis, Time};
use trackside::theme::Theme;

use super::dash::{Dash, START, dash};
use super::logs::{BUDGET, finish, line, lines, page, shown};
use super::screens::render::{frame, text};

const CLOCK: Clock = Clock { now: START, offset_minutes: 0 };

fn told() -> Dash {
    let mut it = dash();
    let one = |n: u64| LogLine {
        at: START,
        level: if n.is_multiple_of(4) { Level::Error } else { Level::Info },
        ..line(n, &format!(r#"{{"msg":"{}","status":{}}}"#, if n.is_multiple_of(2) { "even" } else { "odd" }, 500 + n))
    };
    it.fact(Event::Logs((1..=20).map(one).collect()));
    it.press("3");
    it
}

#[test]
fn the_same_filter_twice_is_one_and_is_switched_on_by_it() {
    let mut it = told();
    for _ in 0..2 {
        it.press("&").types("even").press("Enter &").types("!even").press("Enter");
    }
    let said = |it: &Dash| it.app.filter_rows().iter().map(|it| (it.text.clone(), it.on)).collect::<Vec<_>>();
    assert_eq!(said(&it), [("even".to_owned(), true), ("!even".to_owned(), true)]);
    it.press("f space Esc");
    assert!(!said(&it)[0].1);
    it.press("&").types("even").press("Enter");
    assert_eq!(said(&it), [("even".to_owned(), true), ("!even".to_owned(), true)]);
}

#[test]
fn queries_stack_and_the_list_switches_changes_and_drops_each() {
    let mut it = told();
    it.press("&").types("even").press("Enter &").types("!@status:>=511").press("Enter");
    assert_eq!(shown(&it.app.logs), [2, 4, 6, 8, 10]);
    it.press("f");
    let rows = it.app.filter_rows();
    let said: Vec<_> = rows.iter().map(|it| (it.which, it.text.as_str(), it.on, it.hidden)).collect();
    assert_eq!(said, [(Which::Stacked(0), "even", true, 10), (Which::Stacked(1), "!@status:>=511", true, 5)]);
    it.press("space");
    assert_eq!(shown(&it.app.logs), (1..=10).collect::<Vec<_>>());
    it.press("space j e");
    assert_eq!(it.app.prompt.as_ref().map(|it| (it.kind, it.text.as_str())), Some((PromptKind::EditFilter(1), "!@status:>=511")));
    it.press("Backspace").types("5 level:error").press("Enter");
    assert_eq!(shown(&it.app.logs), [2, 4, 6, 8, 10, 12, 14, 18]);
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Filters { cursor: 1 })), "the list is there again");
    it.press("A");
    assert_eq!(shown(&it.app.logs).len(), 20);
    it.press("A d d");
    assert!(it.app.filter_rows().is_empty());
    assert_eq!(shown(&it.app.logs).len(), 20);
    it.press("Esc > > > f");
    assert_eq!(it.app.filter_rows().first().map(|it| (it.which, it.text.clone())), Some((Which::Level, "level:>=warn".to_owned())));
    it.press("d Esc");
    assert_eq!(it.app.logs.filter().least(), None);
}

#[test]
fn a_change_that_is_given_up_leaves_the_filter_as_it_was() {
    let mut it = told();
    it.press("&").types("even").press("Enter f e").types("x").press("Esc");
    assert_eq!(it.app.filter_rows().first().map(|it| it.text.clone()), Some("even".to_owned()));
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Filters { cursor: 0 })));
    it.press("e ctrl-u Enter");
    assert!(it.app.filter_rows().is_empty(), "an emptied filter is dropped");
}

#[test]
fn a_mistake_has_its_caret_and_takes_no_filter_away() {
    let mut it = told();
    it.press("&").types("even level:>=wrn").press("Enter");
    let prompt = it.app.prompt.as_ref().unwrap();
    let (at, why) = prompt.error.clone().unwrap();
    assert_eq!((at, why.contains("trace, debug"), &*prompt.text), (13, true, "even level:>=wrn"));
    let picture = text(&frame(&it.app, &Theme::from_fn("plain", Style::new(), |_| Style::new())));
    let rows: Vec<&str> = picture.lines().collect();
    let typed = rows.iter().position(|it| it.contains("even level:>=wrn")).unwrap();
    let column = |row: &str, what: &str| row.split(what).next().unwrap().chars().count();
    assert_eq!(column(rows[typed + 1], "^"), column(rows[typed], "wrn"), "{picture}");
    it.press("ctrl-w").types("warn").press("Enter");
    assert_eq!(shown(&it.app.logs), [4, 8, 12, 16, 20]);
}

#[test]
fn scrolling_up_asks_the_platform_for_lines_that_fit_the_filters() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 5);
    logs.absorb(lines(1006..1010), Time(0));
    logs.set_level(Some(Level::Info));
    logs.add_filter("line after:-1h", CLOCK).unwrap();
    logs.add_filter("!nothing OR 1009", CLOCK).unwrap();
    logs.add_filter("switched off", CLOCK).unwrap();
    logs.toggle_filter(2);
    finish(&mut logs);
    let query = logs.wants_history().unwrap();
    assert_eq!(query.filter.query.as_deref(), Some("after:2026-11-18T10:06:40.000Z line -(nothing OR 1009)"));
    logs.page(page(lines([10, 20, 30]), true));
    // What was got for one filter serves a narrower one, and no wider one.
    assert!(logs.wants_history().is_none());
    logs.add_filter("20", CLOCK).unwrap();
    assert!(logs.wants_history().is_none());
    logs.drop_filter(3);
    logs.add_filter("30 OR 20", CLOCK).unwrap();
    assert!(logs.wants_history().is_none());
    logs.drop_filter(3);
    logs.drop_filter(0);
    finish(&mut logs);
    assert!(logs.wants_history().is_some());
}

#[test]
fn many_filters_are_still_one_question_the_platform_can_read() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 20);
    logs.absorb(lines(1000..1010), Time(0));
    for n in 0..40 {
        logs.add_filter(&format!("-/x{n}{}/", "y".repeat(100)), CLOCK).unwrap();
    }
    let query = logs.wants_history().unwrap().filter.query.unwrap();
    assert!(query.len() <= 2048);
    assert!(trackside::model::query::Query::parse(&query, Clock::default()).unwrap().parts().len() > 10);
    finish(&mut logs);
    assert_eq!(shown(&logs).len(), 10);
}

#[test]
fn a_name_that_is_learnt_later_counts_from_then_on() {
    let mut logs = Logs::new(BUDGET);
    let of = |n: u64| LogLine {
        service: Some(ServiceId::new(if n.is_multiple_of(2) { "s_1" } else { "s_2" })),
        deployment: Some(DeploymentId::new(if n < 5 { "d1" } else { "d2" })),
        ..line(n, "x")
    };
    logs.absorb((1..=8).map(of).collect(), Time(0));
    logs.add_filter("service:api deploy:a1b9", CLOCK).unwrap();
    finish(&mut logs);
    assert_eq!(shown(&logs), [0_u64; 0]);
    logs.label(&ServiceId::new("s_1"), "api");
    logs.label_commits([(&DeploymentId::new("d2"), "a1b9f3c8e0")]);
    finish(&mut logs);
    assert_eq!(shown(&logs), [6, 8]);
    logs.set_scope(LogScope::service(ServiceId::new("s_2")));
    finish(&mut logs);
    assert_eq!(shown(&logs), [0_u64; 0]);
}

#[test]
fn what_a_query_can_say_is_in_the_help() {
    let mut it = dash();
    it.press(":").types("logs.query").press("Enter");
    let Some(Overlay::Help { filter, .. }) = it.app.overlays.last() else { panic!("no help") };
    let rows = it.app.help_rows(filter);
    for (typed, help) in trackside::model::query::GRAMMAR {
        assert!(rows.iter().any(|it| it.keys == *typed && it.help == *help), "{typed}");
    }
}

#[test]
fn keys_of_the_log_that_open_a_prompt_do_so_from_every_pane() {
    for pane in ["1", "2", "4", "5"] {
        let mut it = told();
        it.press(pane).press("&").types("even").press("Enter");
        assert_eq!(it.app.focus, PaneId::Logs, "from {pane}");
        assert_eq!(it.app.filter_rows().first().map(|it| it.text.clone()), Some("even".to_owned()), "from {pane}");
        it.press("k m").press(pane).press("'");
        assert!(matches!(it.app.overlays.last(), Some(Overlay::Marks { .. })), "from {pane}: {}", it.said());
        it.press("Esc").press(pane).press("C");
        assert_eq!((it.app.focus, it.app.logs.view.context), (PaneId::Logs, 1), "from {pane}");
    }
    let mut it = told();
    it.press("4 /").types("odd").press("Enter");
    assert_eq!((it.app.focus, it.app.logs.searched()), (PaneId::Logs, Some("odd")), "where there is no list to filter the log is searched");
    it.press("2 /").types("api").press("Enter");
    assert_eq!(it.app.view(PaneId::Deployments).filter, "api", "a list is filtered as ever");
    let footer = it.app.footer();
    assert!(!footer.iter().any(|it| it.keys == "&"), "other panes keep their footer for their own keys");
}

#[test]
fn a_log_without_a_line_that_fits_does_not_claim_to_follow() {
    let mut it = told();
    let plain = Theme::from_fn("plain", Style::new(), |_| Style::new());
    assert!(text(&frame(&it.app, &plain)).contains("following"));
    it.press("&").types("nowhere").press("Enter");
    let picture = text(&frame(&it.app, &plain));
    assert!(!picture.contains("following") && picture.contains("waiting for a line"), "{picture}");
    assert!(picture.contains("Backspace drops the last filter"), "{picture}");
    it.press("Backspace");
    assert!(text(&frame(&it.app, &plain)).contains("following"));
}

#[test]
fn where_no_lines_are_held_the_volume_of_a_filter_is_not_known() {
    use trackside::app::volume::Known;

    let mut it = dash();
    // Followed from now on: nothing before the first line was read.
    it.fact(Event::Logs((1..=20).map(|n| LogLine { at: START - Millis::secs(20 - n as i64), ..line(n, "even") }).collect()));
    it.press("3 z &").types("even").press("Enter");
    let n = it.app.cells();
    let known = it.app.kept_known(n);
    assert!(known[..n / 2].iter().all(|it| *it == Known::NotHeld), "{known:?}");
    assert_eq!(known.last(), Some(&Known::Yes));
    assert!(it.screen().contains("lines not read yet"), "{}", it.screen());
}
