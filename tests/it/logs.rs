//! The log store and its view, as a reader meets them.

use trackside::app::logs::{Body, Clockface, Edge, Flags, Jump, LogScope, Logs, Part, Scratch, Seq, Shown, gap_text};
use trackside::model::ids::{DeploymentId, ServiceId};
use trackside::model::log::{GapReason, Level, LogFilter, LogGap, LogKind, LogLine, LogPage};
use trackside::model::query::Clock;
use trackside::model::time::Time;

pub const BUDGET: usize = 256 * 1024;

pub fn line(off: u64, text: &str) -> LogLine {
    LogLine {
        off,
        at: Time(off as i64 * 10),
        kind: LogKind::Runtime,
        level: Level::Info,
        service: Some(ServiceId::new("api")),
        deployment: None,
        replica: 1,
        cont: false,
        text: text.to_owned(),
    }
}

pub fn lines(offs: impl IntoIterator<Item = u64>) -> Vec<LogLine> {
    offs.into_iter().map(|off| line(off, &format!("line {off}"))).collect()
}

pub fn page(lines: Vec<LogLine>, beginning: bool) -> LogPage {
    LogPage { epoch: "e".to_owned(), lines, beginning, end: false, gaps: Vec::new() }
}

pub fn gap(from: u64, to: u64) -> LogGap {
    LogGap { offs: from..=to, count: to - from + 1, from: Time(from as i64 * 10), to: Time(to as i64 * 10), reason: GapReason::Slow }
}

pub fn finish(logs: &mut Logs) {
    let ends = (0..10_000).any(|_| !logs.work(64 * 1024));
    assert!(ends, "the work never ends");
}

/// Offsets of the lines shown, oldest first.
pub fn shown(logs: &Logs) -> Vec<u64> {
    let mut all = Vec::new();
    let mut scratch = Scratch::default();
    let mut next = logs.first_shown();
    while let Some(seq) = next {
        all.extend(logs.store().read(seq, &mut scratch).map(|it| it.off));
        next = logs.shown_from(seq.plus(1));
    }
    all
}

/// Offsets of the lines held, oldest first.
pub fn held(logs: &Logs) -> Vec<u64> {
    let store = logs.store();
    let mut scratch = Scratch::default();
    (store.first().0..store.next().0).filter_map(|seq| store.read(Seq(seq), &mut scratch)).map(|it| it.off).collect()
}

pub fn screen(logs: &Logs) -> Vec<String> {
    logs.visible(Clockface::default()).iter().map(row).collect()
}

fn row(it: &Shown<'_>) -> String {
    match &it.body {
        Body::Text(text) => text.text.clone(),
        Body::Gap(gap) => gap_text(gap),
        Body::Restart => "restart".to_owned(),
        Body::Edge(edge) => format!("{edge:?}"),
        Body::Cut => "cut".to_owned(),
    }
}

#[test]
fn following_shows_the_newest_lines_at_the_bottom() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 4);
    logs.absorb(lines(1..=10), Time(0));
    assert_eq!(screen(&logs), ["line 7", "line 8", "line 9", "line 10"]);
    logs.absorb(lines(11..=11), Time(0));
    assert_eq!(screen(&logs).last().unwrap(), "line 11");
}

#[test]
fn scrolling_up_stops_following_and_counts_what_is_new() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 4);
    logs.absorb(lines(1..=10), Time(0));
    logs.scroll(-1);
    let before = screen(&logs);
    assert_eq!(before, ["line 6", "line 7", "line 8", "line 9"]);
    logs.absorb(lines(11..=40), Time(0));
    assert_eq!(screen(&logs), before);
    assert_eq!(logs.unseen(), 30);
    logs.follow();
    assert_eq!((logs.unseen(), screen(&logs).last().unwrap().as_str()), (0, "line 40"));
}

#[test]
fn a_frozen_screen_stands_still_while_the_store_fills() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 3);
    logs.absorb(lines(1..=5), Time(0));
    logs.freeze();
    let before = screen(&logs);
    logs.absorb(lines(6..=9), Time(0));
    assert_eq!(screen(&logs), before);
    assert_eq!((logs.unseen(), held(&logs).len()), (4, 9));
    logs.freeze();
    assert_eq!(screen(&logs).last().unwrap(), "line 9");
}

#[test]
fn history_is_asked_for_once_at_the_top_and_does_not_move_the_reader() {
    let mut logs = Logs::new(1 << 20);
    logs.resize(80, 5);
    logs.absorb(lines(1001..=1100), Time(0));
    assert_eq!(logs.wants_history(), None);
    logs.top();
    let query = logs.wants_history().unwrap();
    assert_eq!((query.before, logs.wants_history(), logs.edge()), (Some(1001), None, Edge::Asking));
    assert_eq!(screen(&logs)[..2], ["Asking", "line 1001"]);
    logs.page(page(lines(501..=1000), false));
    assert_eq!(screen(&logs)[..2], ["line 1000", "line 1001"]);
    assert_eq!(logs.edge(), Edge::Older);
    logs.top();
    assert_eq!(logs.wants_history().unwrap().before, Some(501));
    logs.page(page(lines(301..=500), true));
    logs.top();
    assert_eq!(screen(&logs)[..2], ["Beginning", "line 301"]);
    assert_eq!(logs.wants_history(), None);
    assert_eq!(held(&logs), (301..=1100).collect::<Vec<_>>());
}

#[test]
fn history_that_was_fetched_for_one_service_leaves_no_hole_in_the_view_of_all() {
    let mut logs = Logs::new(1 << 20);
    logs.resize(80, 5);
    let of = |off: u64| LogLine {
        service: Some(ServiceId::new(if off.is_multiple_of(2) { "api" } else { "web" })),
        ..line(off, &format!("line {off}"))
    };
    logs.absorb((101..=120).map(of).collect(), Time(0));
    logs.set_scope(LogScope::service(ServiceId::new("api")));
    logs.top();
    assert_eq!(logs.wants_history().unwrap().filter.service, Some(ServiceId::new("api")));
    logs.page(page((51..=100).filter(|it| it % 2 == 0).map(of).collect(), false));
    assert_eq!(shown(&logs).first(), Some(&52));
    logs.set_scope(LogScope::default());
    assert_eq!(shown(&logs), (101..=120).collect::<Vec<_>>());
    logs.top();
    assert_eq!(logs.wants_history().unwrap().before, Some(101));
    logs.page(page((41..=100).map(of).collect(), false));
    assert_eq!(shown(&logs), (41..=120).collect::<Vec<_>>());
}

#[test]
fn a_stream_that_begins_with_a_loss_hides_nothing_when_older_lines_come() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(40, 6);
    logs.gap(gap(501, 510));
    logs.absorb(lines(511..=600), Time(0));
    logs.top();
    let query = logs.wants_history().unwrap();
    assert_eq!(query.before, Some(501), "what is older than the loss, not what is held");
    logs.page(page(lines(451..=500), false));
    assert_eq!(shown(&logs), (451..=500).chain(511..=600).collect::<Vec<_>>());
    assert_eq!(screen(&logs)[..2], ["line 500", "── 10 lines lost, 0.0 s (this reader was too slow) ──"], "the reader is not moved");
}

#[test]
fn a_stream_that_begins_after_a_filtered_page_hides_nothing_when_the_filter_goes() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(40, 6);
    logs.set_level(Some(Level::Error));
    logs.top();
    assert!(logs.wants_history().is_some());
    logs.page(page(vec![LogLine { level: Level::Error, ..line(300, "an error of the past") }], false));
    logs.absorb(lines(200..=600), Time(0));
    logs.set_level(None);
    finish(&mut logs);
    assert_eq!(shown(&logs), (200..=600).collect::<Vec<_>>());
    logs.top();
    assert_eq!(logs.wants_history().unwrap().before, Some(200));
}

#[test]
fn a_full_store_says_that_it_is_full_and_asks_for_nothing() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 5);
    logs.absorb(lines(1..=90_000), Time(0));
    logs.top();
    assert_eq!((logs.edge(), logs.wants_history()), (Edge::Full, None));
}

#[test]
fn a_gap_and_a_restart_stand_in_their_place() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 10);
    logs.restart("one".to_owned());
    logs.absorb(lines([1, 2]), Time(0));
    logs.gap(gap(3, 7));
    logs.gap(gap(3, 7));
    logs.absorb(lines([8]), Time(0));
    logs.restart("two".to_owned());
    logs.absorb(lines([1]), Time(0));
    assert_eq!(
        screen(&logs),
        ["Older", "line 1", "line 2", "── 5 lines lost, 0.0 s (this reader was too slow) ──", "line 8", "restart", "line 1"]
    );
}

#[test]
fn filters_stack_and_each_says_what_it_hides() {
    let mut logs = Logs::new(BUDGET);
    let text =
        |off: u64| format!("{} {}", if off.is_multiple_of(3) { "fizz" } else { "no" }, if off.is_multiple_of(5) { "buzz" } else { "no" });
    logs.absorb(
        (1..=30).map(|off| LogLine { level: if off > 20 { Level::Warn } else { Level::Info }, ..line(off, &text(off)) }).collect(),
        Time(0),
    );
    logs.set_level(Some(Level::Warn));
    logs.add_filter("fizz", Clock::default()).unwrap();
    logs.add_filter("!buzz", Clock::default()).unwrap();
    finish(&mut logs);
    assert_eq!(shown(&logs), [21, 24, 27]);
    let hidden = logs.hidden();
    assert_eq!((hidden.by_level, hidden.by_filter, hidden.complete), (20, vec![6, 1], true));
    logs.toggle_filter(0);
    finish(&mut logs);
    assert_eq!(shown(&logs), [21, 22, 23, 24, 26, 27, 28, 29]);
    logs.clear_filters();
    assert_eq!(logs.count(), 30);
    assert!(logs.add_filter("!/(/", Clock::default()).unwrap_err().at > 0);
}

#[test]
fn hits_are_counted_and_wrapping_round_is_said() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 5);
    logs.absorb(lines(1..=100), Time(0));
    logs.set_search("line 1").unwrap();
    finish(&mut logs);
    let it = logs.found().unwrap();
    assert_eq!((it.total, it.here, it.complete), (12, Some(12), true));
    assert_eq!(logs.next_hit(true), Jump::Hit { wrapped: true });
    assert_eq!(logs.found().unwrap().here, Some(1));
    assert_eq!(logs.next_hit(true), Jump::Hit { wrapped: false });
    assert_eq!(logs.found().unwrap().here, Some(2));
    assert_eq!(logs.next_hit(false), Jump::Hit { wrapped: false });
    assert_eq!(logs.next_hit(false), Jump::Hit { wrapped: true });
    assert_eq!(logs.found().unwrap().here, Some(12));
    logs.set_search("nowhere").unwrap();
    assert_eq!(logs.next_hit(true), Jump::Nothing);
}

#[test]
fn what_is_read_on_the_screen_is_found_though_the_line_writes_it_otherwise() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 5);
    let texts =
        [r#"{"msg":"card declined","status":503}"#, r#"msg="card declined" status="503""#, "status=503 in plain text", r#"{"status":200}"#];
    logs.absorb(texts.iter().enumerate().map(|(n, text)| line(n as u64 + 1, text)).collect(), Time(0));
    for typed in ["status=503", r"/status=5\d\d/"] {
        logs.set_search(typed).unwrap();
        finish(&mut logs);
        assert_eq!(logs.found().unwrap().total, 3, "{typed}");
        let rows = logs.visible(Clockface::default());
        let marked = rows.iter().filter(|it| matches!(&it.body, Body::Text(text) if text.runs.iter().any(|run| run.hit))).count();
        assert_eq!(marked, 3, "each hit is shown: {typed}");
    }
}

#[test]
fn errors_times_and_marks_can_be_jumped_to() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 5);
    logs.absorb(
        (1..=100).map(|off| LogLine { level: if off % 40 == 0 { Level::Error } else { Level::Info }, ..line(off, "x") }).collect(),
        Time(0),
    );
    let at = |logs: &Logs| logs.cursor().and_then(|it| logs.store().line(it)).unwrap().off;
    assert!(logs.go_to_error(false));
    assert_eq!(at(&logs), 80);
    logs.mark();
    assert!(logs.go_to_error(false));
    assert_eq!(at(&logs), 40);
    assert!(!logs.go_to_error(false));
    assert!(!logs.go_to_warning(true));
    assert!(logs.go_to_mark(true));
    assert_eq!(at(&logs), 80);
    assert!(logs.go_to_time(Time(555)));
    assert_eq!(at(&logs), 56);
}

#[test]
fn the_line_under_the_cursor_may_be_evicted() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 5);
    logs.absorb(lines(1..=100), Time(0));
    logs.top();
    logs.mark();
    logs.absorb(lines(101..=30_000), Time(0));
    let first = held(&logs)[0];
    assert!(first > 100);
    assert_eq!(logs.store().line(logs.cursor().unwrap()).unwrap().off, first);
    assert_eq!(screen(&logs)[1], format!("line {first}"));
    assert_eq!(logs.marks().count(), 0);
}

#[test]
fn structured_lines_are_readable_and_hits_are_shown() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(120, 5);
    logs.absorb(vec![line(1, r#"{"level":"warn","msg":"slow query","rows":7}"#), line(2, "lvl=info msg=done took=3ms")], Time(0));
    assert_eq!(screen(&logs)[1..], ["slow query  rows=7", "done  took=3ms"]);
    logs.set_search("rows").unwrap();
    let rows = logs.visible(Clockface::default());
    let Body::Text(text) = &rows[1].body else { panic!("a line") };
    let look: Vec<_> = text.runs.iter().map(|it| (&text.text[it.range.clone()], it.part, it.hit)).collect();
    assert_eq!(
        look,
        [("slow query  ", Part::Text, false), ("rows", Part::Name, true), ("=", Part::Name, false), ("7", Part::Number, false)]
    );
    logs.toggle_parsed();
    assert_eq!(screen(&logs)[1], r#"{"level":"warn","msg":"slow query","rows":7}"#);
}

#[test]
fn a_very_long_line_is_kept_whole_and_can_be_read_through() {
    let mut logs = Logs::new(4 << 20);
    logs.resize(40, 10);
    logs.toggle_wrap();
    let long: String = (0..100_000).map(|it| char::from(b'a' + (it % 26) as u8)).collect();
    logs.absorb(vec![line(1, &long), line(2, "end")], Time(0));
    logs.top();
    let mut text = screen(&logs)[1..].concat();
    while screen(&logs).last().unwrap() != "end" {
        logs.scroll(1);
        text.push_str(screen(&logs).last().unwrap());
    }
    assert_eq!(text, long + "end");
    assert!(logs.store().line(logs.store().first().plus(1)).unwrap().flags.has(Flags::CONT));
}

#[test]
fn a_million_empty_lines_fit_their_budget() {
    let mut logs = Logs::new(8 << 20);
    for batch in 0..100_u64 {
        logs.absorb((1..=10_000).map(|it| line(batch * 10_000 + it, "")).collect(), Time(0));
        assert!(logs.store().bytes() <= 8 << 20);
    }
    assert_eq!(logs.store().len() as u64 + logs.store().evicted(), 1_000_000);
}

#[test]
fn a_view_of_one_deployment_takes_in_only_its_lines_and_both_ways() {
    let id = DeploymentId::new("d1");
    let mut logs = Logs::of(BUDGET, LogFilter { deployment: Some(id.clone()), ..LogFilter::default() });
    let of = |off: u64| LogLine { deployment: off.is_multiple_of(2).then(|| id.clone()), ..line(off, "x") };
    assert_eq!(logs.wants_history().unwrap().before, None);
    logs.absorb((50..60).map(of).collect(), Time(0));
    logs.page(page((41..56).map(of).collect(), true));
    assert_eq!(held(&logs), (42..60).filter(|it| it % 2 == 0).collect::<Vec<_>>());
    assert_eq!(logs.edge(), Edge::Beginning);
}

#[test]
fn the_rate_is_of_the_last_seconds_and_in_scope() {
    let mut logs = Logs::new(BUDGET);
    for second in 0..10 {
        logs.absorb(lines(second * 100 + 1..=second * 100 + 100), Time(second as i64 * 1000 + 500));
    }
    assert_eq!(logs.rate(Time(10_000)), 100);
    assert_eq!(logs.rate(Time(60_000)), 0);
}

#[test]
fn what_a_stream_makes_up_for_is_no_rate() {
    let mut logs = Logs::new(BUDGET);
    let at = |off: u64, at: i64| LogLine { at: Time(at), ..line(off, "x") };
    let now = 1_000_000;
    // An hour ago, then half a minute in one go, then ten lines a second.
    logs.absorb((1..=500).map(|n| at(n, now - 3_600_000)).collect(), Time(now));
    logs.absorb((501..=1100).map(|n| at(n, now - 30_000 + (n as i64 - 500) * 50)).collect(), Time(now));
    for second in 1..=5 {
        logs.absorb((0..10).map(|n| at(1100 + second as u64 * 10 + n, now + second * 1000)).collect(), Time(now + second * 1000));
    }
    let rate = logs.rate(Time(now + 5000));
    assert!(rate <= 30, "{rate}");
    assert_eq!(logs.rate(Time(now + 6000)), 10);
}

#[test]
fn what_was_there_before_anybody_looked_is_not_new_and_neither_is_what_was_read() {
    let at = |off: u64| Time(1_000_000 + 1000 * off as i64);
    let from = |offs: std::ops::RangeInclusive<u64>| offs.map(|off| LogLine { at: at(off), ..line(off, &format!("line {off}")) }).collect();
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 4);
    // Somebody opens a view of the past before anything is known; then the stream begins with what is kept.
    logs.go_to_time_to_come(at(5));
    logs.absorb(from(1..=20), at(20));
    logs.absorb(from(21..=25), at(26));
    logs.go_to_time(at(5));
    assert_eq!(logs.unseen(), 6, "those that came since, with the one of that very instant");
    for _ in 0..18 {
        logs.step(1);
    }
    assert_eq!((logs.cursor(), logs.unseen()), (logs.store().holds(23).then(|| logs.cursor().unwrap()), 2), "two below the reader");
}
