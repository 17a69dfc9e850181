//! Reading logs: marks, context, a look aside, selections, and lines that leave for the clipboard, a file or a command.

use proptest::prelude::*;
use trackside::app::effect::{Effect, Goal, Step, There};
use trackside::app::logs::{Body, Clockface, Flags, Form, LogScope, Logs, Reach, Seq};
use trackside::app::msg::{Mouse, MouseKind, Msg, Outcome};
use trackside::app::pane::PaneId;
use trackside::app::state::Overlay;
use trackside::model::event::{Answer, Event};
use trackside::model::ids::ServiceId;
use trackside::model::log::LogLine;
use trackside::model::query::Clock;
use trackside::model::request::Request;
use trackside::model::time::{Millis, Time};

use super::dash::{Dash, START, dash};
use super::logs::{BUDGET, finish, gap, line, lines, page, screen, shown};

fn filtered(texts: &[&str], filter: &str) -> Logs {
    let mut logs = Logs::new(BUDGET);
    logs.resize(40, 8);
    logs.absorb(texts.iter().enumerate().map(|(n, text)| line(n as u64 + 1, text)).collect(), Time(0));
    logs.add_filter(filter, Clock::default()).unwrap();
    finish(&mut logs);
    logs
}

/// What went out of the last export, when all of it was taken and whoever took it has ended: where to, the text, the lines.
fn gone(it: &mut Dash) -> (Goal, String, usize) {
    let (mut goal, mut all) = (None, String::new());
    for _ in 0..1000 {
        for wish in std::mem::take(&mut it.wishes) {
            match wish {
                Effect::Lines { step: Step::Begin(to), .. } => goal = Some(to),
                Effect::Lines { export, step: Step::Text(text) } => {
                    all.push_str(&text);
                    it.send(Msg::Done(Outcome::Taken(export)));
                }
                Effect::Lines { export, step: Step::End(lines) } => {
                    it.send(Msg::Done(Outcome::Closed(export)));
                    return (goal.unwrap(), all, lines);
                }
                _ => {}
            }
        }
    }
    panic!("it did not end");
}

/// The rows, with a stroke where lines are left out and `~` before a line of context.
fn rows(logs: &Logs) -> Vec<String> {
    let one = |it: &trackside::app::logs::Shown<'_>| match &it.body {
        Body::Text(text) => format!("{}{}", if it.context { "~" } else { "" }, text.text),
        Body::Cut => "---".to_owned(),
        _ => "edge".to_owned(),
    };
    logs.visible(Clockface::default()).iter().map(one).collect()
}

#[test]
fn lines_around_those_a_filter_keeps_are_shown_apart() {
    let mut logs = filtered(&["a", "b", "HIT 1", "c", "d", "e", "f", "HIT 2", "HIT 3"], "HIT");
    assert_eq!(logs.next_context(), 1);
    assert_eq!(rows(&logs), ["edge", "~b", "HIT 1", "~c", "---", "~f", "HIT 2", "HIT 3"]);
    assert_eq!(logs.next_context(), 3);
    assert_eq!(shown(&logs), [1, 2, 3, 4, 5, 6, 7, 8, 9], "neighbours that meet are shown once");
    assert_eq!(logs.next_context(), 10);
    assert_eq!(logs.next_context(), 0);
    assert_eq!(shown(&logs), [3, 8, 9]);
}

#[test]
fn context_scrolls_row_by_row_over_what_is_left_out() {
    let mut logs = filtered(&["HIT 1", "b", "c", "d", "e", "HIT 2", "g", "h", "i", "j", "HIT 3"], "HIT");
    logs.resize(40, 3);
    logs.next_context();
    let mut seen = vec![rows(&logs)];
    for _ in 0..8 {
        logs.scroll(-1);
        seen.push(rows(&logs));
    }
    let all = ["edge", "HIT 1", "~b", "---", "~e", "HIT 2", "~g", "---", "~j", "HIT 3"];
    for (n, rows) in seen.iter().enumerate() {
        let end = all.len().saturating_sub(n).max(3);
        assert_eq!(*rows, all[end - 3..end], "{n} rows up");
    }
    for n in 0..7 {
        logs.scroll(1);
        assert_eq!(rows(&logs), all[n + 1..n + 4], "{n} rows down again");
    }
}

#[test]
fn enter_shows_a_filtered_line_among_all_and_esc_comes_back_to_it() {
    let mut it = dash();
    let feed = (1..=60).map(|n| LogLine { at: START, ..line(n, if n % 10 == 0 { "ten" } else { "other" }) }).collect();
    it.fact(Event::Logs(feed));
    it.press("3 &").types("ten").press("Enter k k");
    let before = (screen(&it.app.logs), it.app.logs.cursor());
    assert_eq!(shown(&it.app.logs), [10, 20, 30, 40, 50, 60]);
    it.press("Enter");
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Record(_))), "the record comes first");
    it.press("Enter");
    assert_eq!(shown(&it.app.logs).len(), 60);
    assert_eq!(it.app.logs.cursor(), before.1);
    assert!(screen(&it.app.logs).iter().filter(|it| *it == "other").count() >= 4);
    assert!(it.app.overlays.is_empty());
    it.press("z Esc");
    assert_eq!((screen(&it.app.logs).last().cloned(), it.app.logs.cursor()), (before.0.last().cloned(), before.1));
    assert_eq!(shown(&it.app.logs), [10, 20, 30, 40, 50, 60]);
}

#[test]
fn a_filter_that_is_added_while_looking_aside_joins_the_others() {
    let mut it = dash();
    it.fact(Event::Logs((1..=9).map(|n| LogLine { at: START, ..line(n, ["ab", "a", "b"][n as usize % 3]) }).collect()));
    it.press("3 &").types("a").press("Enter Enter Enter &").types("b").press("Enter");
    assert_eq!(shown(&it.app.logs), [3, 6, 9]);
    assert_eq!(it.app.logs.filter().stack().len(), 2);
}

#[test]
fn a_mark_outlives_its_line_and_finds_it_again_when_it_comes_back() {
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 10);
    logs.absorb(lines(1..=100), Time(0));
    logs.go_to_time(Time(500));
    assert!(logs.mark());
    let held = |logs: &Logs| logs.marked().map(|(_, mark, reach)| (mark.text.clone(), reach)).collect::<Vec<_>>();
    assert_eq!(held(&logs), [("line 50".to_owned(), Reach::Shown)]);
    let mut off = 101;
    while logs.store().holds(50) {
        logs.absorb(lines(off..off + 10), Time(0));
        off += 10;
    }
    assert_eq!(held(&logs), [("line 50".to_owned(), Reach::Gone)]);
    assert_eq!(logs.marks().count(), 0);
    let gone = logs.marked().next().unwrap().0;
    assert_eq!(logs.go_to_marked(gone), Some(Reach::Gone));
    // Eviction goes by blocks, so there is room for a few old lines again.
    logs.page(page(lines(45..55), false));
    assert!(logs.store().holds(50));
    let (seq, mark, reach) = logs.marked().next().unwrap();
    assert_ne!(reach, Reach::Gone);
    assert_eq!(logs.text_of(seq).unwrap(), mark.text);
}

#[test]
fn a_mark_that_was_kept_is_on_its_line_again_once_that_is_held_in_the_same_log() {
    let held = |logs: &Logs| logs.marked().map(|(_, mark, reach)| (mark.text.clone(), reach)).collect::<Vec<_>>();
    let mut logs = Logs::new(BUDGET);
    logs.resize(80, 10);
    logs.page(page(lines(1..20), false));
    logs.go_to_time(Time(100));
    assert!(logs.mark());
    let kept = logs.kept_marks();
    assert_eq!((kept.len(), kept[0].off, kept[0].text.as_str()), (1, 10, "line 10"));
    let mut next = Logs::new(BUDGET);
    next.resize(80, 10);
    next.restore_marks(&kept);
    assert_eq!(held(&next), [("line 10".to_owned(), Reach::Gone)]);
    next.absorb(lines(30..40), Time(0));
    next.page(page(lines(15..30), false));
    assert_eq!((held(&next)[0].1, next.kept_marks()), (Reach::Gone, kept.clone()), "what is not held is kept all the same");
    next.page(page(lines(1..15), true));
    let (seq, _, reach) = next.marked().next().unwrap();
    assert_eq!((&*next.text_of(seq).unwrap(), reach), ("line 10", Reach::Shown));
    assert_eq!(next.kept_marks(), kept);
    // A line may also come live, with what a stream begins with, or late.
    for lowest in [5, 12] {
        let mut live = Logs::new(BUDGET);
        live.resize(80, 10);
        live.restore_marks(&kept);
        live.restart(kept[0].log.clone());
        live.absorb(lines(lowest..20), Time(0));
        live.absorb(lines(8..12), Time(0));
        let (seq, _, reach) = live.marked().next().unwrap();
        // What is late and older than all that is complete is held, and not shown yet.
        assert_eq!((&*live.text_of(seq).unwrap(), reach != Reach::Gone), ("line 10", true), "from {lowest}");
    }
    // Another log has other lines at the same places.
    let mut other = Logs::new(BUDGET);
    other.restore_marks(&kept);
    other.restart("another".to_owned());
    other.page(trackside::model::log::LogPage { epoch: "another".to_owned(), ..page(lines(1..20), true) });
    assert_eq!((held(&other)[0].1, other.kept_marks()), (Reach::Gone, kept));
}

#[test]
fn secrets_are_covered_where_lines_are_seen_and_copied_and_found_all_the_same() {
    let mut it = dash();
    let texts = ["login password=hunter2 ok", r#"{"msg":"paid","api_key":"c4nary key","n":1}"#, "GET /cart 200"];
    it.fact(Event::Logs((1..=3).map(|n| LogLine { at: START, ..line(n, texts[n as usize - 1]) }).collect()));
    it.press("3 *");
    assert!(it.app.logs.view.veil);
    let seqs: Vec<Seq> = (1..=3).filter_map(|off| it.app.logs.first_shown().map(|first| first.plus(off - 1))).collect();
    let seen = |it: &Dash| screen(&it.app.logs).join("\n");
    assert!(seen(&it).contains("login password=******* ok") && seen(&it).contains("api_key=**********"), "{}", seen(&it));
    assert!(!seen(&it).contains("hunter2") && !seen(&it).contains("c4nary"), "{}", seen(&it));
    assert_eq!(it.app.logs.text_of(seqs[0]).unwrap(), "login password=******* ok");
    let json: serde_json::Value = serde_json::from_str(&it.app.logs.json_of(seqs[1]).unwrap()).unwrap();
    assert_eq!((json["fields"]["api_key"].as_str(), json["fields"]["n"].as_i64()), (Some("**********"), Some(1)));
    it.press(":").types("pipe raw cat").press("Enter");
    assert!(!gone(&mut it).1.contains("hunter2"));
    it.press("3 /").types("hunter2").press("Enter");
    assert_eq!(it.app.logs.cursor(), Some(seqs[0]), "what is covered is found");
    it.press("*");
    assert!(seen(&it).contains("hunter2") && seen(&it).contains("c4nary key"), "{}", seen(&it));
    assert_eq!(it.app.logs.text_of(seqs[0]).unwrap(), texts[0]);
}

#[test]
fn a_field_that_is_there_twice_is_once_in_the_json_with_what_was_said_last() {
    let mut logs = Logs::new(8 << 20);
    for (off, text) in [(1, "b=1 a=2 b=3 msg=ok"), (2, r#"{"b":1,"a":2,"b":3,"msg":"ok"}"#)] {
        logs.absorb(vec![line(off, text)], Time(0));
        let json = logs.json_of(logs.last_shown().unwrap()).unwrap();
        assert!(json.contains(r#""fields":{"b":3,"a":2}"#), "{json}");
    }
}

#[test]
fn a_mark_keeps_its_line_when_older_lines_arrive() {
    let mut logs = Logs::new(8 << 20);
    logs.resize(80, 10);
    logs.absorb(lines(100..=200), Time(0));
    logs.go_to_time(Time(1500));
    logs.mark();
    logs.page(page(lines(1..100), true));
    let (seq, mark, reach) = logs.marked().next().unwrap();
    assert_eq!((mark.text.as_str(), reach), ("line 150", Reach::Shown));
    assert_eq!(logs.text_of(seq).unwrap(), "line 150");
}

#[test]
fn the_list_of_marks_goes_to_a_line_a_filter_hides_and_drops_marks() {
    let mut it = dash();
    it.fact(Event::Logs((1..=30).map(|n| LogLine { at: START, ..line(n, &format!("n{n}")) }).collect()));
    it.press("3 k k m k m").press("&").types("n7").press("Enter");
    it.press("' Enter");
    let on = |it: &Dash| it.app.logs.cursor().and_then(|seq| it.app.logs.text_of(seq).map(std::borrow::Cow::into_owned));
    assert_eq!(on(&it).as_deref(), Some("n27"));
    assert!(it.app.logs.is_aside());
    it.press("' d d");
    assert!(it.app.overlays.is_empty(), "an empty list closes");
    assert_eq!(it.app.logs.marked().count(), 0);
    it.press("'");
    assert!(it.said().contains("no line is marked"), "{}", it.said());
}

#[test]
fn a_selection_is_copied_as_text_or_as_records() {
    let mut it = dash();
    it.fact(Event::Logs((1..=30).map(|n| LogLine { at: START, ..line(n, &format!("n{n}")) }).collect()));
    it.press("3 k V k k y");
    assert_eq!(gone(&mut it), (Goal::Clipboard, "n27\nn28\nn29\n".to_owned(), 3));
    assert!(it.app.logs.selection().is_none());
    it.press("V j Y");
    let (_, text, _) = gone(&mut it);
    assert_eq!(text.lines().filter(|it| it.starts_with('{') && it.contains("\"text\":\"n2")).count(), 2);
    it.press("V Esc y");
    assert_eq!(it.wishes.pop(), Some(Effect::Copy { what: "line".to_owned(), text: "n28".to_owned() }));
}

#[test]
fn what_is_shown_is_written_and_piped_as_text_as_it_came_or_as_records() {
    let mut it = dash();
    it.fact(Event::Logs((1..=30).map(|n| LogLine { at: START, ..line(n, &format!("n{n}")) }).collect()));
    it.press("3 &").types("n2").press("Enter");
    it.press(":").types("write out.log").press("Enter");
    let (goal, text, count) = gone(&mut it);
    assert_eq!((goal, text.lines().count(), count), (Goal::File { path: "out.log".to_owned(), there: There::Keep }, 11, 11));
    assert!(text.starts_with("2026-") && text.lines().next().unwrap().ends_with(" api.1 INFO  n2"), "{text}");
    it.press(":").types("write! out.jsonl").press("Enter");
    let (goal, text, _) = gone(&mut it);
    assert_eq!(goal, Goal::File { path: "out.jsonl".to_owned(), there: There::Replace });
    assert!(text.lines().all(|it| serde_json::from_str::<serde_json::Value>(it).is_ok()));
    it.press(":").types("write raw >> out.jsonl").press("Enter");
    let (goal, text, _) = gone(&mut it);
    assert_eq!(goal, Goal::File { path: "out.jsonl".to_owned(), there: There::Append });
    assert!(text.starts_with("n2\nn20\n"));
    it.press(":").types("pipe json jq .text").press("Enter");
    let (goal, text, _) = gone(&mut it);
    assert_eq!(goal, Goal::Command("jq .text".to_owned()));
    assert!(text.starts_with('{'));
    it.press(":").types("pipe json").press("Enter");
    let (goal, text, _) = gone(&mut it);
    assert_eq!(goal, Goal::Command("json".to_owned()), "there is such a command");
    assert!(text.lines().next().unwrap().ends_with(" api.1 INFO  n2"), "{text}");
    it.press(":").types("pipe raw sort | uniq -c").press("Enter");
    let (goal, text, _) = gone(&mut it);
    let command = "sort | uniq -c".to_owned();
    assert_eq!(goal, Goal::Command(command.clone()));
    assert!(text.starts_with("n2\nn20\n"));
    // What is lost is said among the lines, or, where a form has no words for it, beside them.
    it.fact(Event::LogGap(gap(31, 42)));
    it.press(":").types("write lost.log").press("Enter");
    let (_, text, _) = gone(&mut it);
    assert!(text.ends_with("── 12 lines lost, 0.1 s (this reader was too slow) ──\n"), "{text}");
    it.press(":").types("write raw lost.txt").press("Enter");
    gone(&mut it);
    assert!(it.said().contains("12 lines of these were lost"), "{}", it.said());
    it.send(Msg::Done(Outcome::Piped { command, failed: Some("exit 2".to_owned()), said: vec!["a".to_owned(), "b".to_owned()] }));
    assert!(it.said().contains("exit 2"));
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Output { lines, .. }) if lines.len() == 2));
}

/// A dashboard with more lines than go out at once.
fn long() -> Dash {
    let mut it = dash();
    let text = "x".repeat(1000);
    for from in (0..2000).step_by(500) {
        it.fact(Event::Logs((from..from + 500).map(|n| LogLine { at: START, ..line(n + 1, &format!("{n} {text}")) }).collect()));
    }
    it.press("3 :").types("write out.log").press("Enter");
    it
}

#[test]
fn lines_go_out_only_as_fast_as_they_are_taken() {
    let mut it = long();
    assert!(it.said().contains("Esc stops"), "{}", it.said());
    let texts = |it: &Dash| it.wishes.iter().filter(|it| matches!(it, Effect::Lines { step: Step::Text(_), .. })).count();
    it.press("j k j");
    assert_eq!(texts(&it), 1, "nobody has taken the first");
    it.send(Msg::Done(Outcome::Taken(99)));
    assert_eq!(texts(&it), 1, "that was for another export");
    let (_, text, count) = gone(&mut it);
    assert_eq!((text.lines().count(), count), (2000, 2000));
    assert!(it.app.export.is_none());
}

#[test]
fn a_command_that_has_all_lines_and_runs_on_is_said_and_can_be_stopped() {
    let mut it = dash();
    it.fact(Event::Logs(lines(1..=3)));
    it.press("3 :").types("pipe sleep 77").press("Enter");
    assert!(it.said().contains("`sleep 77` runs; Esc stops it"), "{}", it.said());
    it.send(Msg::Done(Outcome::Taken(1)));
    it.press(":").types("write out.log").press("Enter");
    assert!(it.said().contains("`sleep 77` still runs"), "{}", it.said());
    it.press("Esc");
    assert!(it.said().contains("`sleep 77` was stopped"), "{}", it.said());
    assert!(matches!(it.wishes.last(), Some(Effect::Lines { export: 1, step: Step::Drop })), "{:?}", it.wishes.last());
    assert!(it.app.export.is_none());
}

#[test]
fn an_export_that_is_stopped_or_not_wanted_any_more_ends_and_makes_room_for_the_next() {
    let mut it = long();
    it.press("Esc");
    assert!(matches!(it.wishes.last(), Some(Effect::Lines { export: 1, step: Step::Drop })), "{:?}", it.wishes.last());
    it.send(Msg::Done(Outcome::Taken(1)));
    assert!(it.app.export.is_none());
    it.wishes.clear();
    it.press(":").types("pipe head -n 1").press("Enter");
    it.send(Msg::Done(Outcome::Closed(2)));
    assert!(it.app.export.is_none());
    assert!(!it.wishes.iter().any(|it| matches!(it, Effect::Lines { step: Step::Drop, .. })), "who closed it knows");
    it.wishes.clear();
    it.press("3 V k y");
    assert_eq!(gone(&mut it).2, 2);
}

#[test]
fn a_long_export_takes_many_turns_and_loses_nothing() {
    let mut logs = Logs::new(64 << 20);
    let long = "x".repeat(1000);
    for n in 0..20 {
        logs.absorb((1..=500).map(|i| line(n * 500 + i, &long)).collect(), Time(0));
    }
    assert!(logs.export_shown(Form::Plain));
    assert!(!logs.export_shown(Form::Plain), "one at a time");
    let (mut turns, mut text) = (1, String::new());
    let done = loop {
        let bite = logs.export(256 * 1024).unwrap();
        assert!(bite.text.len() < 512 * 1024, "no more than is asked for stands in memory");
        text.push_str(&bite.text);
        if bite.last {
            break bite;
        }
        turns += 1;
        // Meanwhile lines arrive; they are not part of it.
        logs.absorb(vec![line(100_000 + turns, "later")], Time(0));
    };
    assert!(turns > 30, "{turns}");
    assert_eq!((done.lines, text.lines().filter(|it| *it == long).count(), done.missed), (10_000, 10_000, 0));
}

#[test]
fn goto_takes_everything_to_a_time_and_says_what_is_no_time() {
    let mut it = dash();
    let feed = (0..600).map(|n| LogLine { at: START - Millis::secs(600 - n as i64), ..line(n + 1, &format!("n{n}")) }).collect();
    it.fact(Event::Logs(feed));
    it.press(":").types("goto -5m").press("Enter");
    let at = it.app.logs.cursor().and_then(|seq| it.app.logs.store().line(seq)).unwrap().at;
    assert!(START.since(at).0.abs_diff(300_000) < 30_000, "{at}");
    assert_eq!(it.app.timeline.cursor.map(|it| START.since(it).0.abs_diff(300_000) < 30_000), Some(true));
    it.press(":").types("goto teatime").press("Enter");
    assert!(it.said().contains("is no time"), "{}", it.said());
    it.press(":").types("goto -3h").press("Enter");
    assert!(it.said().contains("oldest line here"), "{}", it.said());
}

#[test]
fn the_volume_of_what_a_filter_keeps_stands_above_it_and_a_click_goes_to_its_time() {
    let mut it = dash().at(120, 40);
    let feed = (0..600).map(|n| LogLine { at: START - Millis::secs(600 - n as i64), ..line(n + 1, &format!("n{n}")) }).collect();
    it.fact(Event::Logs(feed));
    it.press("3 z");
    let parts = |it: &Dash| it.app.log_parts(&it.app.areas()).unwrap();
    assert!(parts(&it).0.is_empty(), "without a filter the timeline says it already");
    let before = parts(&it).1;
    it.press("&").types("n59").press("Enter");
    let (strip, rows) = parts(&it);
    assert_eq!(strip.height + rows.height, before.height);
    assert_eq!(it.app.logs.view.height, usize::from(rows.height));
    let counted: u32 = it.app.logs.volume().iter().flatten().sum();
    assert_eq!(counted, 11, "n59 and n590 to n599");
    let x = strip.x + strip.width / 2;
    it.send(Msg::Mouse(Mouse { kind: MouseKind::Press, x, y: strip.y }));
    assert!(it.app.timeline.cursor.is_some());
}

#[test]
fn a_line_that_comes_well_after_newer_ones_is_marked_as_late() {
    let mut logs = Logs::new(BUDGET);
    let at = |off: u64, ms: i64| LogLine { at: Time(ms), ..line(off, "x") };
    logs.absorb(vec![at(1, 10_000), at(2, 9_000), at(3, 5_000)], Time(0));
    let late: Vec<bool> = logs
        .visible(Clockface::default())
        .iter()
        .filter_map(|it| if let Body::Text(text) = &it.body { Some(text.line.flags.has(Flags::LATE)) } else { None })
        .collect();
    assert_eq!(late, [false, false, true]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_volume_is_what_counting_every_kept_line_gives(
        lines in prop::collection::vec((0_i64..5000, prop_oneof![Just("a"), Just("HIT")]), 1..200),
        from in -100_i64..3000, span in 1_i64..4000, cells in 1_usize..40, part in 0_usize..200,
    ) {
        let mut logs = Logs::new(BUDGET);
        let mut feed: Vec<LogLine> =
            lines.iter().enumerate().map(|(n, (at, text))| LogLine { at: Time(*at), ..line(n as u64 + 1, text) }).collect();
        let later = feed.split_off(part.min(feed.len()));
        logs.absorb(feed, Time(0));
        logs.add_filter("HIT", Clock::default()).unwrap();
        finish(&mut logs);
        logs.count_volume(Time(from), Time(from + span), cells);
        // What comes while the axis stands still is added.
        logs.absorb(later, Time(0));
        finish(&mut logs);
        logs.count_volume(Time(from), Time(from + span), cells);
        let mut want = vec![0; cells];
        for (at, _) in lines.iter().filter(|(at, text)| *text == "HIT" && (from..from + span).contains(at)) {
            want[((at - from) * cells as i64 / span) as usize] += 1;
        }
        let counted: Vec<u32> = logs.volume().iter().map(|it| it.iter().sum()).collect();
        prop_assert_eq!(counted, want);
    }

    #[test]
    fn context_shows_what_brute_force_would(
        texts in prop::collection::vec((prop_oneof![4 => Just("a"), 1 => Just("HIT")], any::<bool>()), 1..150),
        steps in 1_usize..3, scoped: bool,
    ) {
        let mut logs = Logs::new(BUDGET);
        let all: Vec<LogLine> = texts.iter().enumerate().map(|(n, (text, other))| LogLine {
            service: Some(ServiceId::new(if *other { "web" } else { "api" })), ..line(n as u64 + 1, text)
        }).collect();
        let scope: Vec<&LogLine> = all.iter().filter(|it| !scoped || it.service == Some(ServiceId::new("api"))).collect();
        let hits: Vec<usize> = (0..scope.len()).filter(|n| scope[*n].text == "HIT").collect();
        logs.absorb(all.clone(), Time(0));
        if scoped { logs.set_scope(LogScope::service(ServiceId::new("api"))); }
        logs.add_filter("HIT", Clock::default()).unwrap();
        finish(&mut logs);
        let near = (0..steps).map(|_| logs.next_context()).last().unwrap();
        let want: Vec<u64> = (0..scope.len()).filter(|n| hits.iter().any(|hit| hit.abs_diff(*n) <= near)).map(|n| scope[n].off).collect();
        prop_assert_eq!(&shown(&logs), &want);
        let mut back = Vec::new();
        let mut at = Seq(u64::MAX);
        while let Some(seq) = logs.shown_before(at) {
            back.extend(logs.store().line(seq).map(|it| it.off));
            at = seq;
        }
        back.reverse();
        prop_assert_eq!(back, want);
    }
}

#[test]
fn the_list_of_marks_stays_on_its_mark_when_older_lines_arrive() {
    let mut it = dash();
    it.fact(Event::Logs((1001..=1030).map(|n| LogLine { at: START, ..line(n, &format!("n{n}")) }).collect()));
    it.press("3 k m k m k m ' j");
    let ask =
        it.reads().into_iter().rev().find(|(_, request)| matches!(request, Request::Logs(_))).expect("no older lines were asked for").0;
    it.answers(ask, Answer::Logs(page((1..=40).map(|n| LogLine { at: START, ..line(n, "old") }).collect(), false)));
    it.press("d");
    let left: Vec<String> = it.app.logs.marked().map(|(_, mark, _)| mark.text.clone()).collect();
    assert_eq!(left, ["n1027", "n1029"], "the middle one was under the cursor");
}

#[test]
fn a_goto_that_stops_short_arrives_when_the_older_lines_do() {
    let at = |n: u64| START - Millis::secs(1000 - n as i64);
    let feed = |from: u64, to: u64| (from..to).map(|n| LogLine { at: at(n), ..line(n, &format!("n{n}")) }).collect::<Vec<_>>();
    let asked = |it: &Dash| it.reads().into_iter().rev().find(|(_, request)| matches!(request, Request::Logs(_))).map(|it| it.0);
    let on = |it: &Dash| it.app.logs.cursor().and_then(|seq| it.app.logs.store().line(seq).map(|it| it.off));
    let start = || {
        let mut it = dash();
        it.fact(Event::Logs(feed(900, 1000)));
        it.send(Msg::Act("goto".to_owned(), "-10m".to_owned()));
        it
    };
    let mut it = start();
    assert!(it.said().contains("on their way"), "{}", it.said());
    let first = asked(&it).expect("nothing was asked for");
    it.answers(first, Answer::Logs(page(feed(700, 900), false)));
    let second = asked(&it).unwrap();
    assert_ne!(first, second, "the next page before it");
    it.answers(second, Answer::Logs(page(feed(300, 700), false)));
    assert_eq!(on(&it), Some(400));
    // Who moved on in between is not moved again.
    let mut it = start();
    it.press("3 j j");
    let here = on(&it);
    let ask = asked(&it).unwrap();
    it.answers(ask, Answer::Logs(page(feed(300, 900), false)));
    assert_eq!(on(&it), here);
    // Where very many lines are between, it stops and says so.
    let mut it = start();
    it.send(Msg::Act("goto".to_owned(), "-16m".to_owned()));
    let mut pages = 0;
    while !it.said().contains("once more goes on towards") {
        pages += 1;
        assert!(pages < 100, "{}", it.said());
        let ask = asked(&it).unwrap();
        let (_, last) = it.reads().into_iter().rfind(|(_, request)| matches!(request, Request::Logs(_))).unwrap();
        assert!(pages == 1 || matches!(last, Request::Logs(query) if query.limit == Some(5000)), "as many as a platform gives");
        it.answers(ask, Answer::Logs(page(feed(900 - pages, 901 - pages), false)));
    }
    assert_eq!(on(&it), Some(900 - pages));
    // Where nothing older is kept, the oldest line is as near as it gets.
    let mut it = start();
    let ask = asked(&it).unwrap();
    it.answers(ask, Answer::Logs(page(feed(600, 900), true)));
    assert_eq!(on(&it), Some(600));
}

#[test]
fn goto_leads_among_lines_of_context_too() {
    let texts: Vec<String> = (1..=200).map(|n| if n % 40 == 0 { format!("HIT {n}") } else { format!("line {n}") }).collect();
    let mut logs = filtered(&texts.iter().map(String::as_str).collect::<Vec<_>>(), "HIT");
    logs.next_context();
    for (at, want) in [(790, 79), (791, 80), (805, 81), (811, 119), (1, 39)] {
        assert!(logs.go_to_time(Time(at)));
        assert_eq!(logs.cursor().and_then(|seq| logs.store().line(seq)).map(|it| it.off), Some(want), "to {at}");
    }
}

#[test]
fn a_click_puts_the_reader_on_a_line_and_the_wheel_scrolls() {
    let mut it = dash().at(120, 40);
    it.fact(Event::Logs((1..=200).map(|n| LogLine { at: START, ..line(n, &format!("n{n}")) }).collect()));
    let rows = it.app.log_parts(&it.app.areas()).unwrap().1;
    let on = |it: &Dash| it.app.logs.cursor().and_then(|seq| it.app.logs.store().line(seq).map(|it| it.off));
    let mouse = |it: &mut Dash, kind, row: u16| it.send(Msg::Mouse(Mouse { kind, x: rows.x + 20, y: rows.y + row }));
    mouse(&mut it, MouseKind::Press, 2);
    assert_eq!(it.app.focus, PaneId::Logs);
    assert_eq!(on(&it), Some(200 - u64::from(rows.height) + 3));
    assert!(!it.app.logs.view.follow);
    mouse(&mut it, MouseKind::Release, 2);
    assert!(it.app.overlays.is_empty());
    mouse(&mut it, MouseKind::Press, 2);
    mouse(&mut it, MouseKind::Release, 2);
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Record(_))), "a second time opens it");
    it.press("Esc G");
    let newest = |it: &Dash| it.app.logs.visible(Clockface::default()).last().map(|it| it.seq);
    let before = newest(&it);
    mouse(&mut it, MouseKind::Up, 2);
    assert!(!it.app.logs.view.follow && newest(&it) < before);
    mouse(&mut it, MouseKind::Down, 2);
    assert_eq!(newest(&it), before);
}

#[test]
fn lines_that_the_mouse_is_dragged_over_are_selected_and_copied() {
    let mut it = dash().at(120, 40);
    it.fact(Event::Logs((1..=200).map(|n| LogLine { at: START, ..line(n, &format!("n{n}")) }).collect()));
    let rows = it.app.log_parts(&it.app.areas()).unwrap().1;
    let oldest = 201 - u64::from(rows.height);
    let at = |it: &mut Dash, kind, y: u16| it.send(Msg::Mouse(Mouse { kind, x: rows.x + 20, y }));
    let held = |it: &Dash| {
        let off = |seq| it.app.logs.store().line(seq).map(|it| it.off);
        it.app.logs.selection().map(|it| (off(*it.start()), off(*it.end())))
    };
    at(&mut it, MouseKind::Press, rows.y + 5);
    at(&mut it, MouseKind::Drag, rows.y + 5);
    assert_eq!(held(&it), None, "a hand that trembles selects nothing");
    at(&mut it, MouseKind::Drag, rows.y + 7);
    assert_eq!(held(&it), Some((Some(oldest + 5), Some(oldest + 7))));
    at(&mut it, MouseKind::Drag, rows.y + 2);
    assert_eq!(held(&it), Some((Some(oldest + 2), Some(oldest + 5))));
    // Above the rows older lines come in, one at a time.
    at(&mut it, MouseKind::Drag, rows.y - 3);
    at(&mut it, MouseKind::Drag, 0);
    assert_eq!(held(&it), Some((Some(oldest - 2), Some(oldest + 5))));
    at(&mut it, MouseKind::Release, 0);
    assert!(it.said().contains("8 lines selected; y copies"), "{}", it.said());
    assert!(it.app.timeline.cursor.is_none(), "the axis that it was dragged over is not pointed at");
    it.press("y");
    assert_eq!(held(&it), None);
    // The line where the reader stands can be dragged from, too, and a click ends a selection without opening anything.
    at(&mut it, MouseKind::Press, rows.y + 5);
    at(&mut it, MouseKind::Release, rows.y + 5);
    at(&mut it, MouseKind::Press, rows.y + 5);
    at(&mut it, MouseKind::Drag, rows.y + 6);
    at(&mut it, MouseKind::Release, rows.y + 6);
    assert!(held(&it).is_some() && it.app.overlays.is_empty());
    at(&mut it, MouseKind::Press, rows.y + 6);
    at(&mut it, MouseKind::Release, rows.y + 6);
    assert!(held(&it).is_none() && it.app.overlays.is_empty());
}
