//! Watch expressions at work: on metrics and on log lines, with gaps, silence, mistakes, and the list of them.

use trackside::app::effect::Effect;
use trackside::app::msg::Msg;
use trackside::app::notify::judge::Verdict;
use trackside::app::notify::kind::{Kind, Way};
use trackside::app::notify::watching::WatchRow;
use trackside::app::state::{Overlay, PromptKind};
use trackside::model::event::Event;
use trackside::model::link::Link;
use trackside::model::log::{GapReason, Level, LogGap, LogKind, LogLine};
use trackside::model::metric::{Metric, MetricPoint};
use trackside::model::time::Millis;

use crate::dash::{Dash, dash, world};

fn watch(it: &mut Dash, typed: &str) {
    it.send(Msg::Act("watch".to_owned(), typed.to_owned()));
}

fn row(it: &Dash) -> WatchRow {
    it.app.watch_rows().into_iter().next().expect("something is watched")
}

/// So many seconds, each with these values of api.
fn seconds(it: &mut Dash, n: usize, values: &[(Metric, f64)]) {
    for _ in 0..n {
        it.waits(Millis::secs(1));
        it.fact(Event::Metrics(vec![MetricPoint { service: "api".into(), replica: 0, at: it.at, values: values.to_vec() }]));
    }
}

fn line(it: &Dash, off: u64, service: &str, level: Level, text: &str) -> LogLine {
    LogLine {
        off,
        at: it.at,
        kind: LogKind::Runtime,
        level,
        service: Some(service.into()),
        deployment: None,
        replica: 1,
        cont: false,
        text: text.to_owned(),
    }
}

fn announced(it: &Dash) -> Vec<String> {
    let titles = it.wishes.iter().filter_map(|it| if let Effect::Announce { title, .. } = it { Some(title.clone()) } else { None });
    titles.collect()
}

#[test]
fn a_watch_on_a_metric_comes_true_after_its_time_and_is_told_once_each_way() {
    let mut it = dash();
    watch(&mut it, "p95 > 800ms on api for 10s");
    assert_eq!(row(&it).verdict, Verdict::Unknown);
    let slow = [(Metric::P95, 900.0), (Metric::Requests, 5.0)];
    let quick = [(Metric::P95, 90.0), (Metric::Requests, 5.0)];
    seconds(&mut it, 15, &quick);
    assert_eq!((row(&it).verdict, row(&it).value.as_str()), (Verdict::False, "90ms"));
    seconds(&mut it, 5, &slow);
    seconds(&mut it, 5, &quick);
    assert_eq!(announced(&it), Vec::<String>::new(), "five seconds are a blip");
    seconds(&mut it, 30, &slow);
    assert_eq!(row(&it).verdict, Verdict::True);
    assert_eq!(it.app.news_words().1.as_deref(), Some("p95 > 800ms on api for 10s"));
    seconds(&mut it, 30, &quick);
    assert_eq!(announced(&it), ["p95 > 800ms on api for 10s: it is 900ms", "p95 > 800ms on api for 10s: not any more, it is 90ms"]);
}

#[test]
fn where_data_is_missing_nothing_is_said_but_that() {
    let mut it = dash();
    watch(&mut it, "cpu > 90% on api for 5s");
    // One replica of api is up and has no limit: one core is all of it.
    seconds(&mut it, 20, &[(Metric::Cpu, 1.4)]);
    assert_eq!((row(&it).verdict, row(&it).value.as_str()), (Verdict::True, "140%"));
    for _ in 0..60 {
        it.waits(Millis::secs(1));
    }
    assert_eq!((row(&it).verdict, row(&it).note.as_str()), (Verdict::Unknown, "no data"));
    it.fact(Event::Link(Link::Retrying { at: it.at, attempt: 1, why: "gone".into() })).waits(Millis::secs(1));
    assert_eq!((row(&it).verdict, row(&it).note.as_str()), (Verdict::Unknown, "the platform is not heard"));
    it.fact(Event::Link(Link::Live));
    seconds(&mut it, 20, &[(Metric::Cpu, 1.4)]);
    assert_eq!(row(&it).verdict, Verdict::True);
    assert_eq!(announced(&it).len(), 1, "it is true as it was: {:?}", announced(&it));
    watch(&mut it, "mem > 80% on api");
    watch(&mut it, "errors > 5% on nowhere");
    it.waits(Millis::secs(1));
    let notes: Vec<String> = it.app.watch_rows().into_iter().map(|it| it.note).collect();
    assert_eq!(notes[1..], ["api has no memory limit; write an amount, as 512MiB", "there is no service or project nowhere"]);
}

#[test]
fn a_rate_is_of_the_whole_minute() {
    let mut it = dash();
    watch(&mut it, "errors/min > 30 on api for 5s");
    // A burst of twenty in one second is no rate of thirty a minute, whatever a second's rate says.
    seconds(&mut it, 60, &[(Metric::Requests5xx, 0.0)]);
    seconds(&mut it, 1, &[(Metric::Requests5xx, 20.0)]);
    seconds(&mut it, 40, &[(Metric::Requests5xx, 0.0)]);
    assert_eq!(row(&it).verdict, Verdict::False);
    seconds(&mut it, 70, &[(Metric::Requests5xx, 1.0)]);
    assert_eq!((row(&it).verdict, row(&it).value.as_str()), (Verdict::True, "60/min"));
}

#[test]
fn lines_that_fit_a_query_are_counted_once_each() {
    let mut it = dash();
    watch(&mut it, "level:error checkout > 5/min on api for 2s");
    let mut lines = Vec::new();
    for off in 0..6 {
        lines.push(line(&it, off, "api", Level::Error, "\u{1b}[31mcheckout\u{1b}[0m failed"));
        lines.push(line(&it, 100 + off, "web", Level::Error, "checkout failed"));
        lines.push(line(&it, 200 + off, "api", Level::Info, "checkout failed"));
    }
    lines.sort_by_key(|it| it.off);
    it.fact(Event::Logs(lines.clone())).fact(Event::Logs(lines));
    it.waits(Millis::secs(1)).waits(Millis::secs(1)).waits(Millis::secs(1));
    assert_eq!((row(&it).verdict, row(&it).value.as_str()), (Verdict::True, "6/min"), "more than five are more, whatever was missed");
    for _ in 0..70 {
        it.waits(Millis::secs(1));
    }
    assert_eq!((row(&it).verdict, row(&it).value.as_str()), (Verdict::False, "0/min"));
}

#[test]
fn silence_is_true_only_where_nothing_was_missed() {
    let mut it = dash();
    watch(&mut it, "lines/min < 1 on worker for 5s");
    for _ in 0..40 {
        it.waits(Millis::secs(1));
    }
    assert_eq!(row(&it).verdict, Verdict::Unknown);
    assert!(row(&it).note.starts_with("still counting"), "{}", row(&it).note);
    let gap = LogGap { offs: 7..=9, count: 3, from: it.at - Millis::secs(3), to: it.at, reason: GapReason::Slow };
    it.fact(Event::LogGap(gap));
    for _ in 0..40 {
        it.waits(Millis::secs(1));
    }
    assert_eq!(row(&it).verdict, Verdict::Unknown, "what was lost may have been of it");
    for _ in 0..40 {
        it.waits(Millis::secs(1));
    }
    assert_eq!(row(&it).verdict, Verdict::True);
    let one = line(&it, 20, "worker", Level::Info, "at work");
    it.fact(Event::Logs(vec![one]));
    for _ in 0..10 {
        it.waits(Millis::secs(1));
    }
    assert_eq!(row(&it).verdict, Verdict::False);
}

#[test]
fn a_mistake_opens_the_prompt_at_its_place_and_enter_waits_until_it_is_mended() {
    let mut it = dash();
    watch(&mut it, "p95 > 800");
    let prompt = it.app.prompt.clone().unwrap();
    assert_eq!((prompt.kind, prompt.caret, prompt.error.as_ref().map(|it| it.0)), (PromptKind::Watch, 6, Some(6)));
    it.press("Enter");
    assert!(it.app.prompt.is_some() && it.app.news.watches.is_empty());
    it.press("End").types("ms").press("Enter");
    assert!(it.app.prompt.is_none());
    assert_eq!(row(&it).typed, "p95 > 800ms");
}

#[test]
fn watches_are_listed_changed_and_dropped() {
    let mut it = dash();
    it.send(Msg::Act("watches".to_owned(), String::new()));
    assert!(it.said().contains("nothing is watched"));
    watch(&mut it, "p95 > 800ms");
    watch(&mut it, "p95 > 800ms");
    assert!(it.app.prompt.as_ref().unwrap().error.as_ref().unwrap().1.contains("already"));
    it.press("Esc");
    watch(&mut it, "cpu > 90%");
    it.send(Msg::Act("watches".to_owned(), String::new()));
    it.press("j e").types(" on api").press("Enter");
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Watches { cursor: 1 })), "{:?}", it.app.overlays);
    let all = |it: &Dash| it.app.watch_rows().into_iter().map(|it| it.typed).collect::<Vec<_>>();
    assert_eq!(all(&it), ["p95 > 800ms", "cpu > 90% on api"]);
    it.press("g d");
    assert_eq!(all(&it), ["cpu > 90% on api"]);
    it.press("a").types("replicas < 2").press("Enter");
    assert_eq!(all(&it).len(), 2);
}

#[test]
fn the_palette_offers_measures_and_then_services() {
    let mut it = dash();
    it.press(":").types("watch err");
    let labels = |it: &Dash| match it.app.overlays.last() {
        Some(Overlay::Palette(it)) => it.found.iter().map(|it| it.label.clone()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert!(labels(&it).contains(&"watch errors/min > 30".to_owned()), "{:?}", labels(&it));
    it.press("tab");
    assert!(labels(&it).contains(&"watch errors/min > 30 on api".to_owned()), "{:?}", labels(&it));
    it.press("Enter");
    assert_eq!(row(&it).typed, "errors/min > 30");
}

#[test]
fn a_service_that_comes_later_is_watched_from_then_on() {
    let mut it = dash();
    let mut before = world();
    before.services.retain(|it| it.name.as_str() != "ledger");
    it.fact(Event::Snapshot(Box::new(before)));
    watch(&mut it, "replicas < 2 on billing/ledger for 1s");
    assert_eq!(row(&it).note, "there is no service billing/ledger");
    it.fact(Event::Snapshot(Box::new(world())));
    for _ in 0..5 {
        it.waits(Millis::secs(1));
        let point = MetricPoint { service: "ledger".into(), replica: 0, at: it.at, values: vec![(Metric::Replicas, 1.0)] };
        it.fact(Event::Metrics(vec![point]));
    }
    assert_eq!(row(&it).verdict, Verdict::True);
}

#[test]
fn a_watch_that_is_added_swallows_nothing_of_what_another_says_in_that_second() {
    let mut it = dash();
    watch(&mut it, "p95 > 800ms on api for 10s");
    for n in 0..30 {
        seconds(&mut it, 1, &[(Metric::P95, 900.0), (Metric::Requests, 5.0)]);
        // Another one each second, before the clock has looked at it.
        it.at = it.at + Millis(999);
        it.fact(Event::Metrics(Vec::new()));
        watch(&mut it, &format!("cpu > {}%", n + 100));
    }
    assert_eq!(announced(&it), ["p95 > 800ms on api for 10s: it is 900ms"]);
}

#[test]
fn while_it_must_still_last_the_list_says_how_long_it_has() {
    let mut it = dash();
    watch(&mut it, "p95 > 800ms on api for 60s");
    seconds(&mut it, 70, &[(Metric::P95, 90.0), (Metric::Requests, 5.0)]);
    assert_eq!((row(&it).verdict, row(&it).turns), (Verdict::False, false));
    seconds(&mut it, 13, &[(Metric::P95, 900.0), (Metric::Requests, 5.0)]);
    let now = row(&it);
    assert_eq!((now.verdict, now.turns, now.value.as_str()), (Verdict::False, true, "900ms"));
    assert!(now.note.starts_with("true for 1") && now.note.ends_with("s of 60s"), "{}", now.note);
    seconds(&mut it, 60, &[(Metric::P95, 900.0), (Metric::Requests, 5.0)]);
    assert_eq!((row(&it).verdict, row(&it).turns), (Verdict::True, false));
    seconds(&mut it, 5, &[(Metric::P95, 90.0), (Metric::Requests, 5.0)]);
    let now = row(&it);
    assert!(now.verdict == Verdict::True && !now.turns && now.note.starts_with("false for "), "{now:?}");
}

#[test]
fn a_log_that_begins_anew_is_counted_anew() {
    let mut it = dash();
    it.fact(Event::LogRestart { epoch: "one".to_owned() });
    watch(&mut it, "lines/min > 1000 on api for 2s");
    for _ in 0..70 {
        it.waits(Millis::secs(1));
    }
    let said: Vec<LogLine> = (1..=20).map(|off| line(&it, off, "api", Level::Info, "at work")).collect();
    it.fact(Event::Logs(said.clone())).waits(Millis::secs(1));
    assert_eq!((row(&it).verdict, row(&it).value.as_str()), (Verdict::False, "20/min"));
    it.fact(Event::LogRestart { epoch: "two".to_owned() });
    // The new log begins with what the old one ended with.
    it.fact(Event::Logs(said)).waits(Millis::secs(1));
    assert_eq!(row(&it).value, "20/min", "not twice");
    assert!(row(&it).note.starts_with("still counting"), "{}", row(&it).note);
}

#[test]
fn that_a_watch_is_true_and_that_it_is_quiet_is_seen_at_every_size_of_a_screen() {
    for (width, height) in [(40, 10), (50, 12), (60, 16), (80, 24), (120, 40)] {
        let mut it = dash().at(width, height);
        watch(&mut it, "p95 > 800ms on api for 2s");
        seconds(&mut it, 10, &[(Metric::P95, 900.0), (Metric::Requests, 5.0)]);
        it.send(Msg::Act("quiet".to_owned(), "30m".to_owned()));
        // What was said passingly is gone.
        seconds(&mut it, 10, &[(Metric::P95, 900.0), (Metric::Requests, 5.0)]);
        let all = crate::timeline::screen(&it.app).join("\n");
        assert!(all.contains(if width == 60 { "quiet" } else { "quiet 30m" }), "{width}x{height}:\n{all}");
        assert!(["1 true", "! 1", "p95 > 800ms"].iter().any(|it| all.contains(it)), "{width}x{height}:\n{all}");
    }
}

/// Watches as the config gives them, with a bell, a notification and a hook.
fn configured(typed: &str) -> Dash {
    let mut it = dash();
    let mut settings = it.app.settings.clone();
    settings.notify.watch = vec![typed.to_owned()];
    settings.notify.hook = Some("true".to_owned());
    settings.notify.to.insert(Kind::Watch, vec![Way::Toast, Way::Bell, Way::Osc, Way::Hook]);
    it.send(Msg::Settings(Box::new(settings), Vec::new()));
    assert!(row(&it).of_config);
    it
}

fn rang(it: &Dash) -> usize {
    it.wishes.iter().filter(|it| matches!(it, Effect::Bell | Effect::Hook { .. } | Effect::Announce { .. })).count()
}

#[test]
fn a_watch_of_the_config_that_is_true_at_the_start_is_shown_and_rings_only_when_it_comes_true_again() {
    let mut it = configured("p95 > 800ms on api for 10s");
    let slow = [(Metric::P95, 900.0), (Metric::Requests, 5.0)];
    let quick = [(Metric::P95, 90.0), (Metric::Requests, 5.0)];
    seconds(&mut it, 15, &slow);
    assert_eq!((row(&it).verdict, rang(&it)), (Verdict::True, 0));
    assert!(it.said().contains("p95 > 800ms on api for 10s: it is 900ms, as it was at the start"), "{}", it.said());
    assert_eq!(it.app.news_words().1.as_deref(), Some("p95 > 800ms on api for 10s"));
    seconds(&mut it, 30, &quick);
    assert_eq!(rang(&it), 3, "that it is over is news");
    seconds(&mut it, 30, &slow);
    assert_eq!(rang(&it), 6);
    // Seen otherwise once, though not for long enough to be false.
    let mut it = configured("p95 > 800ms on api for 10s");
    seconds(&mut it, 2, &quick);
    seconds(&mut it, 15, &slow);
    assert_eq!((row(&it).verdict, rang(&it)), (Verdict::True, 3));
}

#[test]
fn counted_lines_that_stand_at_the_start_ring_nothing_and_a_burst_soon_after_it_does() {
    let burst = |it: &mut Dash, from: u64| {
        let lines = (0..9).map(|n| line(it, from + n, "api", Level::Error, "checkout failed")).collect();
        it.fact(Event::Logs(lines));
    };
    let wait = |it: &mut Dash, seconds: usize| {
        for _ in 0..seconds {
            it.waits(Millis::secs(1));
        }
    };
    let typed = "level:error checkout > 5/min on api for 2s";
    let mut it = configured(typed);
    wait(&mut it, 1);
    burst(&mut it, 0);
    wait(&mut it, 5);
    assert_eq!((row(&it).verdict, rang(&it)), (Verdict::True, 0));
    // Nobody knows yet what the first minute makes, but at this pace it would not be many.
    let mut it = configured(typed);
    wait(&mut it, 20);
    assert_eq!(row(&it).verdict, Verdict::Unknown);
    burst(&mut it, 0);
    wait(&mut it, 5);
    assert_eq!((row(&it).verdict, rang(&it)), (Verdict::True, 3));
}
