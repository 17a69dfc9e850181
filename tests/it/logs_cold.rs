//! Old lines are packed away, and nobody can tell: the same story with a store that packs and with one that never has to.

use proptest::prelude::*;
use trackside::app::logs::{Clockface, Logs, Scratch, Seq};
use trackside::model::log::{Level, LogLine};
use trackside::model::query::{Clock, Query, Record, Whose};
use trackside::model::time::Time;

use super::logs::{finish, held, line, screen, shown};
use super::logs_laws::{Story, Turn, turn};

/// Large enough for a story, so small that most of it is packed away.
const SMALL: usize = 3 << 20;
/// So large that nothing is.
const LARGE: usize = 256 << 20;

/// A kilobyte of a usual kind; enough of them fill a few blocks.
fn usual(off: u64) -> LogLine {
    let level = Level::ALL[(off % 6) as usize];
    let text = match off % 4 {
        0 => format!(r#"{{"level":"{level:?}","msg":"request completed","path":"/api/v1/orders/{off}","status":{}}}"#, 200 + off % 300),
        1 => format!("\u{1b}[3{}mworker\u{1b}[0m job {off} finished \u{1b}[1mok\u{1b}[0m {}", off % 8, "padding ".repeat(100)),
        2 => format!("msg=\"cache lookup\" key=user:{off} hit=true {}", "日本 ".repeat((off % 90) as usize)),
        _ => String::new(),
    };
    LogLine { level, ..line(off, &text) }
}

fn filled(budget: usize, lines: u64) -> Logs {
    let mut logs = Logs::new(budget);
    logs.resize(60, 12);
    for from in (1..lines).step_by(500) {
        logs.absorb((from..(from + 500).min(lines)).map(usual).collect(), Time(0));
    }
    logs
}

/// All that can be asked of a view, as text.
fn answers(logs: &Logs) -> String {
    let rows: Vec<String> = logs.visible(Clockface::default()).iter().map(|it| format!("{it:?}")).collect();
    let copied = logs.shown_text(30) + &logs.shown_json(30);
    let cursor = logs.cursor().map(|it| (it, logs.json_of(it)));
    let volumes = logs.histogram(Time(0), Time(40_000), 37);
    format!("{rows:#?}\n{copied}\n{cursor:?}\n{volumes:?}\n{:?}\n{:?}\n{}\n{}", logs.found(), logs.hidden(), logs.count(), logs.unseen())
}

#[test]
fn a_million_usual_lines_take_a_third_of_their_text() {
    let mut logs = Logs::new(64 << 20);
    let mut raw = 0;
    for from in (0..60_000_u64).step_by(500) {
        let lines: Vec<LogLine> = (from..from + 500)
            .map(|n| {
                let id = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
                let text = format!(
                    r#"{{"ts":"2026-11-22T09:{:02}:{:02}.{:03}Z","level":"info","service":"api","msg":"request completed status=200 duration_ms={} bytes={}","request_id":"{id:012x}","n":{n}}}"#,
                    n / 60_000, n / 1000 % 60, n % 1000, id % 9_999, id % 77_777
                );
                raw += text.len() + 1;
                line(n + 1, &text)
            })
            .collect();
        logs.absorb(lines, Time(0));
    }
    assert_eq!((logs.store().len(), logs.store().raw()), (60_000, raw));
    // What is not packed away yet, at most 2 MiB and its records, weighs more here than in a full store.
    let packed = logs.store().bytes() - 2 * 1024 * 1024 * 5 / 4;
    assert!(packed * 3 < raw, "{packed} of {raw}");
}

#[test]
fn lines_that_were_packed_away_come_back_as_they_were() {
    let (small, large) = (filled(SMALL, 9000), filled(LARGE, 9000));
    assert_eq!(small.store().evicted(), 0);
    assert!(small.store().bytes() < large.store().bytes() / 2, "{} of {}", small.store().bytes(), large.store().bytes());
    assert_eq!(held(&small), held(&large));
    let mut scratch = Scratch::default();
    for seq in (small.store().first().0..small.store().next().0).map(Seq) {
        let (packed, plain) = (small.store().read(seq, &mut scratch), large.store().line(seq));
        assert_eq!(format!("{packed:?}"), format!("{plain:?}"));
    }
}

#[test]
fn the_reader_of_packed_lines_is_not_moved_when_more_are_packed_or_go() {
    let mut logs = filled(SMALL, 9000);
    logs.toggle_wrap();
    logs.go_to_time(Time(45_000));
    logs.scroll(-3);
    let before = screen(&logs);
    for from in (9000..15_000).step_by(500) {
        logs.absorb((from..from + 500).map(usual).collect(), Time(0));
        assert_eq!(screen(&logs), before);
        assert!(logs.store().bytes() <= logs.store().budget());
    }
}

#[test]
fn late_lines_and_history_find_their_place_among_packed_ones() {
    let mut logs = Logs::new(SMALL);
    let even = |it: &u64| it.is_multiple_of(2);
    for from in (2..9000_u64).step_by(500) {
        logs.absorb((from..(from + 500).min(9000)).filter(even).map(usual).collect(), Time(0));
    }
    logs.absorb((1..9000).filter(|it| it % 50 == 1).map(usual).collect(), Time(0));
    logs.page(super::logs::page((1..6000).map(usual).collect(), true));
    let want: Vec<u64> = (1..9000).filter(|it| *it < 6000 || even(it) || it % 50 == 1).collect();
    assert_eq!(held(&logs), want);
    let first = logs.store().first();
    assert!(want.iter().enumerate().step_by(97).all(|(n, off)| {
        let mut plain = Logs::new(LARGE);
        plain.absorb(vec![usual(*off)], Time(0));
        logs.text_of(first.plus(n)) == plain.text_of(plain.store().first())
    }));
}

#[test]
fn jumps_by_level_and_time_find_packed_lines() {
    let (mut small, mut large) = (filled(SMALL, 9000), filled(LARGE, 9000));
    for logs in [&mut small, &mut large] {
        logs.add_filter("!cache", Clock::default()).unwrap();
        finish(logs);
        logs.go_to_time(Time(30_000));
    }
    for newer in [true, false, false, true, true] {
        assert_eq!(small.go_to_error(newer), large.go_to_error(newer));
        assert_eq!(small.cursor(), large.cursor());
        assert_eq!(small.go_to_warning(newer), large.go_to_warning(newer));
        assert_eq!(small.cursor(), large.cursor());
    }
    assert_eq!(shown(&small), shown(&large));
}

/// Queries of all kinds: of some, nothing is in most blocks; of others, everything.
fn query() -> impl Strategy<Value = String> {
    let one = prop::sample::select(vec![
        "needle",
        "Needle",
        "job",
        "completed",
        "order[s]",
        "/needle|cache/",
        "/nee.le/",
        "/[0-9]{3} finished/",
        "\"1234 finished\"",
        "@status:>=250",
        "@nothing:1",
        "@key:user\\:102",
        "level:>=warn",
        "level:error",
        "service:api",
        "service:web",
        "replica:2",
        "replica:1",
        "kind:build",
        "-needle",
        "-completed",
    ]);
    let many = prop::collection::vec(one.clone(), 2..4);
    prop_oneof![
        one.prop_map(str::to_owned),
        many.clone().prop_map(|it| it.join(" ")),
        many.clone().prop_map(|it| it.join(" OR ")),
        many.prop_map(|it| format!("{} OR -({})", it[0], it[1..].join(" "))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_stack_of_filters_keeps_and_hides_what_a_look_at_every_line_does(
        stack in prop::collection::vec((any::<bool>(), query()), 1..4),
        least in prop::option::of(prop::sample::select(Level::ALL.to_vec())),
    ) {
        let mut logs = filled(SMALL, 4000);
        logs.absorb((4000..4100).map(|off| LogLine { at: Time(off as i64), ..line(off, "needle in the newest lines") }).collect(), Time(0));
        logs.absorb((4100..6000).map(usual).collect(), Time(0));
        for (out, typed) in &stack {
            logs.add_filter(&format!("{}{typed}", if *out { "!" } else { "" }), Clock::default()).unwrap();
        }
        logs.set_level(least);
        finish(&mut logs);
        let queries: Vec<(bool, Query)> = stack.iter().map(|(out, it)| (*out, Query::parse(it, Clock::default()).unwrap())).collect();
        let (mut kept, mut by_level, mut by_filter) = (Vec::new(), 0, vec![0; stack.len()]);
        let (store, mut scratch) = (logs.store(), Scratch::default());
        for it in (store.first().0..store.next().0).filter_map(|seq| store.read(Seq(seq), &mut scratch)) {
            let whose = Whose { kind: &it.origin.kind, service: it.service(), name: "", deployment: "", commit: "", replica: it.origin.replica };
            let record = Record { whose, level: it.level, at: it.at, text: &it.text };
            let turned = queries.iter().position(|(out, it)| it.fits(&record) == *out);
            match turned {
                _ if least.is_some_and(|least| it.level < least) => by_level += 1,
                Some(place) => by_filter[place] += 1,
                None => kept.push(it.off),
            }
        }
        prop_assert_eq!(shown(&logs), kept);
        let hidden = logs.hidden();
        prop_assert_eq!((hidden.by_level, hidden.by_filter, hidden.complete), (by_level, by_filter, true));
    }

    #[test]
    fn whatever_happens_packing_changes_no_answer(turns in prop::collection::vec(turn(), 1..40)) {
        let story = |budget| {
            let mut it = Story::new(filled(budget, 4000), 4000, 1);
            it.logs.resize(40, 8);
            it
        };
        let (mut small, mut large) = (story(SMALL), story(LARGE));
        for turn in &turns {
            // How much is done at once depends on the size of the blocks; the outcome does not.
            let turn = if let Turn::Work(_) = turn { &Turn::Work(usize::MAX) } else { turn };
            for it in [&mut small, &mut large] {
                it.take(turn);
                finish(&mut it.logs);
            }
            // What is brought to hand changes no answer either.
            small.logs.bring_near();
            if small.logs.store().evicted() > 0 {
                break;
            }
            prop_assert_eq!(answers(&small.logs), answers(&large.logs), "{:?}", turn);
        }
    }
}
