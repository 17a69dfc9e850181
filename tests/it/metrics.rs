//! Metrics as they are held and asked for: no peak is lost, no gap bridged, no ratio averaged.

use std::collections::BTreeSet;

use proptest::prelude::*;
use trackside::app::metrics::Behind;
use trackside::app::pane::{PaneId, RowKey};
use trackside::app::series::{GAUGES, Grid, Metrics, poll_of, step_of};
use trackside::model::event::{Answer, Event};
use trackside::model::ids::{AskId, ServiceId};
use trackside::model::link::Link;
use trackside::model::metric::{Metric, MetricPoint, MetricQuery, Series};
use trackside::model::request::{Fault, Request};
use trackside::model::service::Service;
use trackside::model::time::{Millis, Time};

use crate::dash::{all_caps, dash, unconnected, world};

const BEGAN: Time = Time(1_795_357_200_000);

fn point(service: &str, at: Time, values: Vec<(Metric, f64)>) -> MetricPoint {
    MetricPoint { service: service.into(), replica: 0, at, values }
}

fn series(service: &str, from: Time, step: Millis, values: Vec<Option<f64>>, peaks: Vec<Option<f64>>) -> Series {
    Series { service: service.into(), replica: 0, metric: Metric::Cpu, from, step, values, peaks, lows: Vec::new() }
}

fn api() -> ServiceId {
    "api".into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_peak_of_live_points_is_lost_whatever_the_window_and_the_width(
        values in prop::collection::vec(prop::option::weighted(0.9, 0.0..1000.0_f64), 1..3_000),
        n in 1usize..500,
        before in 0i64..4_000,
        after in 0i64..4_000,
    ) {
        let mut held = Metrics::default();
        for (i, value) in values.iter().enumerate() {
            if let Some(value) = value {
                held.push(point("api", BEGAN + Millis::secs(i as i64), vec![(Metric::Cpu, *value)]));
            }
        }
        let (from, to) = (BEGAN - Millis::secs(before), BEGAN + Millis::secs(values.len() as i64 + after));
        let cells = held.cells([&api()], &Metric::Cpu, from, to, n);
        prop_assert_eq!(cells.len(), n);
        let width = Grid::new(from, to, n).width();
        for (i, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            // In whole numbers: a value on the border of two cells is in the second.
            let at = (before + i as i64) as usize * n / (before + values.len() as i64 + after) as usize;
            let cell = cells[at.min(n - 1)];
            let it = cell.expect("a cell in which there was a value shows one");
            let value = f64::from(*value as f32);
            prop_assert!(it.min <= value && value <= it.max, "{value} is not within {it:?}");
            prop_assert!(it.min <= it.avg + 1e-3 && it.avg <= it.max + 1e-3, "{it:?}");
        }
        // What is before and after is not known, and not made up.
        for (i, cell) in cells.iter().enumerate() {
            let (begin, end) = (i as f64 * width, (i + 1) as f64 * width);
            if end < before as f64 * 1000.0 || begin > (before + values.len() as i64 + 60) as f64 * 1000.0 {
                prop_assert!(cell.is_none(), "cell {i} is made up: {cell:?}");
            }
        }
    }

    #[test]
    fn no_peak_of_an_answered_stretch_is_lost(
        steps in prop::collection::vec(prop::option::weighted(0.9, (0.0..10.0_f64, 0.0..100.0_f64)), 1..900),
        step in prop::sample::select(vec![1i64, 5, 30, 900]),
        n in 1usize..500,
    ) {
        let mut held = Metrics::default();
        let values = steps.iter().map(|it| it.map(|it| it.0)).collect();
        let peaks = steps.iter().map(|it| it.map(|it| it.0 + it.1)).collect();
        let lows = steps.iter().map(|it| it.map(|it| it.0 / 2.0)).collect();
        held.merge(&Series { lows, ..series("api", BEGAN, Millis::secs(step), values, peaks) });
        let to = BEGAN + Millis::secs(step * steps.len() as i64);
        let cells = held.cells([&api()], &Metric::Cpu, BEGAN, to, n);
        let width = Grid::new(BEGAN, to, n).width();
        for (i, it) in steps.iter().enumerate() {
            let Some((value, above)) = it else { continue };
            // Its middle: at its edges a cell may be a neighbour's.
            let cell = cells[(((i as f64 + 0.5) * step as f64 * 1000.0 / width) as usize).min(n - 1)];
            let cell = cell.expect("a cell in which there was a value shows one");
            prop_assert!(f64::from((value + above) as f32) <= cell.max, "the peak of step {i} is lost: {cell:?}");
            prop_assert!(f64::from((value / 2.0) as f32) >= cell.min, "the least of step {i} is lost: {cell:?}");
        }
    }
}

#[test]
fn a_gap_between_live_points_is_never_bridged_by_a_coarse_answer() {
    let mut held = Metrics::default();
    held.merge(&series("api", BEGAN, Millis::mins(15), vec![Some(9.0); 4], Vec::new()));
    for second in (0..600).chain(900..1200) {
        held.push(point("api", BEGAN + Millis::secs(second), vec![(Metric::Cpu, 1.0)]));
    }
    held.merge(&series("api", BEGAN, Millis::secs(5), (0..240).map(|i| (!(120..180).contains(&i)).then_some(1.0)).collect(), Vec::new()));
    let cells = held.cells([&api()], &Metric::Cpu, BEGAN, BEGAN + Millis::secs(1200), 120);
    for (i, cell) in cells.iter().enumerate() {
        assert_eq!(cell.is_none(), (60..90).contains(&i), "cell {i}: {cell:?}");
        assert!(cell.is_none_or(|it| it.max <= 1.0), "the coarse answer knows less: cell {i}: {cell:?}");
    }
    assert_eq!(held.at(&api(), &Metric::Cpu, BEGAN + Millis::secs(700)), None, "read out as a gap, too");
    assert_eq!(held.at(&api(), &Metric::Cpu, BEGAN + Millis::secs(1000)), Some(1.0));
}

#[test]
fn what_is_too_old_to_be_held_by_the_second_is_held_thinned_with_its_peaks() {
    let mut held = Metrics::default();
    // Ten hours by the second, one spike in the first of them.
    for second in 0..36_000 {
        let value = if second == 1_234 { 50.0 } else { 1.0 };
        held.push(point("api", BEGAN + Millis::secs(second), vec![(Metric::Cpu, value)]));
    }
    assert!(held.held() < 8_000, "{} values of one metric", held.held());
    let cells = held.cells([&api()], &Metric::Cpu, BEGAN, BEGAN + Millis::hours(10), 300);
    assert!(cells.iter().all(Option::is_some), "ten hours without a hole");
    let spike = cells[1_234 / 120].expect("known");
    assert!((spike.max - 50.0).abs() < 1e-6 && spike.avg < 2.0, "{spike:?}");
    assert_eq!(cells.iter().flatten().filter(|it| it.max > 1.0).count(), 1, "and nowhere else");
}

#[test]
fn the_error_ratio_of_several_services_is_all_errors_by_all_requests() {
    let mut held = Metrics::default();
    for second in 0..300 {
        let at = BEGAN + Millis::secs(second);
        let busy = vec![(Metric::Requests, 99.0), (Metric::Requests5xx, 0.0), (Metric::ErrorRatio, 0.0)];
        let quiet = vec![(Metric::Requests, 1.0), (Metric::Requests5xx, 1.0), (Metric::ErrorRatio, 1.0)];
        held.push(point("busy", at, busy));
        held.push(point("quiet", at, quiet));
    }
    let both: [ServiceId; 2] = ["busy".into(), "quiet".into()];
    let end = BEGAN + Millis::secs(300);
    let near = |value: Option<f64>| assert!(value.is_some_and(|it| (it - 0.01).abs() < 1e-6), "{value:?} is not 1 of 100");
    near(held.now(&both, &Metric::ErrorRatio, end));
    near(held.then(&both, &Metric::ErrorRatio, BEGAN + Millis::secs(100)));
    near(held.summary(&both, &Metric::ErrorRatio, BEGAN, end).map(|it| it.avg));
    for cell in held.cells(&both, &Metric::ErrorRatio, BEGAN, end, 50) {
        near(cell.map(|it| it.max));
    }
}

#[test]
fn an_average_of_ratios_counts_requests_and_not_seconds() {
    let mut held = Metrics::default();
    for second in 0..200 {
        // A hundred seconds of one request each, all failed; then a hundred of 99 good ones.
        let (all, failed) = if second < 100 { (1.0, 1.0) } else { (99.0, 0.0) };
        let values = vec![(Metric::Requests, all), (Metric::Requests5xx, failed), (Metric::ErrorRatio, failed / all)];
        held.push(point("api", BEGAN + Millis::secs(second), values));
    }
    let sum = held.summary([&api()], &Metric::ErrorRatio, BEGAN, BEGAN + Millis::secs(200)).expect("known");
    assert!((sum.avg - 0.01).abs() < 0.002, "{sum:?}: the mean of the ratios would be a half");
    assert!((sum.max - 1.0).abs() < 1e-6, "{sum:?}");
}

#[test]
fn percentiles_of_several_services_are_the_worst_of_them() {
    let mut held = Metrics::default();
    for second in 0..60 {
        held.push(point("a", BEGAN + Millis::secs(second), vec![(Metric::P95, 10.0)]));
        held.push(point("b", BEGAN + Millis::secs(second), vec![(Metric::P95, 300.0)]));
    }
    let both: [ServiceId; 2] = ["a".into(), "b".into()];
    assert_eq!(held.now(&both, &Metric::P95, BEGAN + Millis::secs(60)), Some(300.0));
}

#[test]
fn a_step_follows_the_window_and_so_does_the_beat_of_a_source_that_is_polled() {
    let steps = [(15, 2), (60, 5), (360, 30), (1_440, 120), (10_080, 900)];
    for (minutes, step) in steps {
        assert_eq!(step_of(Millis::mins(minutes)), Millis::secs(step), "{minutes} minutes");
    }
    let beats = [(1, 5), (6, 10), (24, 30), (168, 60), (720, 180)];
    for (hours, beat) in beats {
        assert_eq!(poll_of(Millis::hours(hours)), Millis::secs(beat), "{hours} hours");
    }
}

/// The questions for metrics of `service` that are not answered yet.
fn asked(it: &crate::dash::Dash, service: &str) -> Vec<MetricQuery> {
    let all = it.app.asked.values().filter_map(|it| match it {
        Request::Metrics(it) if it.services.iter().any(|it| it.as_str() == service) => Some(it.clone()),
        _ => None,
    });
    all.collect()
}

#[test]
fn a_source_that_is_polled_is_asked_for_what_is_new_with_each_beat() {
    let mut it = dash();
    it.fact(Event::Link(Link::Polling { every: Millis::secs(5), why: "no stream".into() }));
    let ids: Vec<_> = it.reads().into_iter().filter(|(_, it)| matches!(it, Request::Metrics(_))).map(|it| it.0).collect();
    for id in ids {
        it.answers(id, Answer::Metrics(Vec::new()));
    }
    assert!(asked(&it, "api").is_empty(), "all is answered");
    it.waits(Millis::secs(5));
    let tail = asked(&it, "api");
    assert_eq!(tail.len(), 1, "{tail:?}");
    assert!(tail[0].to.since(tail[0].from) <= Millis::mins(1), "only what is new: {tail:?}");
}

#[test]
fn what_lies_behind_is_asked_for_and_moved_to_where_it_is_compared() {
    let mut it = dash();
    let before = asked(&it, "api").len();
    it.app.charts.behind = Behind::Day;
    it.waits(Millis::secs(1));
    let new = asked(&it, "api");
    assert_eq!(new.len(), before + 1);
    let day = new.iter().min_by_key(|it| it.from).expect("asked");
    let axis = it.app.axis();
    assert!(day.from <= axis.from - Millis::hours(24) && day.to >= axis.to - Millis::hours(24), "{day:?} of {axis:?}");
    it.waits(Millis::secs(1));
    assert_eq!(asked(&it, "api").len(), before + 1, "once");
}

#[test]
fn the_deployment_before_needs_one_service_and_says_so() {
    let mut it = dash();
    it.press("4 b");
    assert_eq!(it.app.charts.behind, Behind::Deployment);
    let why = it.app.behind().expect_err("everything is in the scope");
    assert!(why.contains("choose one service"), "{why}");
}

#[test]
fn a_question_for_history_that_fails_is_said_in_the_pane_until_asked_anew() {
    let mut it = dash();
    assert!(it.app.metrics_on_their_way(), "asked for and not answered");
    let ids: Vec<_> = it.reads().into_iter().filter(|(_, it)| matches!(it, Request::Metrics(_))).map(|it| it.0).collect();
    for id in ids {
        it.answers(id, Answer::Failed(Fault::Conflict("the disk is gone".into())));
    }
    assert!(!it.app.metrics_on_their_way());
    assert!(it.app.metrics_words().is_some_and(|it| it.0.contains("the disk is gone") && it.1), "{:?}", it.app.metrics_words());
    it.press("ctrl-r");
    assert!(it.app.metrics_on_their_way(), "asked anew");
    assert!(it.app.metrics_words().is_some_and(|it| !it.1), "{:?}", it.app.metrics_words());
}

#[test]
fn a_week_of_many_services_is_held_whole_and_within_bounds() {
    let app = crate::week::app(12, 120, 40);
    let axis = app.axis();
    let ids: Vec<ServiceId> = (1..=12).map(|n| crate::week::name(n).as_str().into()).collect();
    let cells = app.metrics.cells(&ids, &Metric::Cpu, axis.from, axis.to, 200);
    let holes = cells.iter().filter(|it| it.is_none()).count();
    assert!(holes <= 14, "{holes} holes: the generator leaves out three steps of 97");
    assert!(app.metrics.held() < 12 * 20 * 2_000, "{} values", app.metrics.held());
}

/// A dashboard that has just connected to a platform of `n` services more, in the overview.
fn many(n: usize) -> crate::dash::Dash {
    let mut all = world();
    let api = all.services.iter().find(|it| it.id == api()).cloned().expect("there is an api");
    all.services.extend((0..n).map(|n| {
        let id = ServiceId::new(format!("svc-{n:03}"));
        Service { name: id.as_str().into(), id, ..api.clone() }
    }));
    let mut it = unconnected();
    it.fact(Event::Caps(Box::new(all_caps()))).fact(Event::Link(Link::Snapshot));
    it.fact(Event::Snapshot(Box::new(all))).fact(Event::Link(Link::Live));
    it
}

fn questions(it: &crate::dash::Dash) -> Vec<(AskId, MetricQuery)> {
    let all = it.app.asked.iter().filter_map(|(id, it)| if let Request::Metrics(it) = it { Some((*id, it.clone())) } else { None });
    all.collect()
}

#[test]
fn two_hundred_services_are_asked_for_in_few_questions_and_those_in_sight_first() {
    let mut it = many(190);
    let in_sight: Vec<ServiceId> = {
        let height = usize::from(it.app.list_area(PaneId::Projects).height);
        let rows = it.app.view(PaneId::Projects).rows.iter().take(height);
        rows.filter_map(|it| if let RowKey::Service(id) = it { Some(id.clone()) } else { None }).collect()
    };
    let mut told: Vec<ServiceId> = Vec::new();
    let mut asks = 0;
    loop {
        let open = questions(&it);
        assert!(open.len() <= 4, "{} questions are out at a time", open.len());
        let Some((id, query)) = open.first() else { break };
        told.extend(query.services.iter().cloned());
        asks += 1;
        it.answers(*id, Answer::Metrics(Vec::new()));
    }
    assert!(asks <= 40, "{asks} questions for 194 services: a platform allows 300 a minute");
    assert!(in_sight.len() > 5 && told.starts_with(&in_sight), "{in_sight:?} come first: {told:?}");
    let all: BTreeSet<&ServiceId> = told.iter().collect();
    assert_eq!((told.len(), all.len()), (194, 194), "everybody, once");
    assert!(!it.app.metrics_wanting());
}

#[test]
fn a_platform_that_was_asked_too_often_is_left_in_peace_and_asked_again_when_it_said() {
    let mut it = dash();
    let (id, query) = questions(&it).pop().expect("asked");
    it.answers(id, Answer::Failed(Fault::RateLimited(Millis::secs(20))));
    let words = |it: &crate::dash::Dash| it.app.metrics_words().map(|it| it.0).unwrap_or_default();
    assert_eq!(words(&it), "waiting (rate limit, 20s)");
    it.press("+");
    assert!(questions(&it).is_empty(), "not before it said: {:?}", questions(&it));
    assert!(crate::timeline::screen(&it.app).join("\n").contains("waiting (rate limit"), "the pane says so");
    it.press("-");
    it.waits(Millis::secs(10));
    assert!(questions(&it).is_empty());
    it.waits(Millis::secs(10));
    let again = questions(&it).pop().expect("asked again");
    assert_eq!((again.1.services, again.1.step), (query.services, query.step));
    assert!(!words(&it).contains("rate limit"), "{}", words(&it));
    it.answers(again.0, Answer::Metrics(Vec::new())).waits(Millis::secs(5));
    assert!(questions(&it).is_empty(), "once");
}

#[test]
fn charts_begin_with_what_is_wrong_unless_a_row_was_chosen() {
    let chosen = |it: &crate::dash::Dash| it.app.view(PaneId::Metrics).cursor;
    let errors = GAUGES.iter().position(|it| it.metrics.contains(&Metric::ErrorRatio)).expect("there is a row of errors");
    for (failed, moved, expected) in [(5.0, "", errors), (0.0, "", 0), (5.0, "j ", 1)] {
        let mut it = dash();
        for _ in 0..20 {
            it.waits(Millis::secs(1));
            let all = [(Metric::Requests, 50.0), (Metric::Requests5xx, failed), (Metric::ErrorRatio, failed / 50.0)];
            let ids: Vec<ServiceId> = it.app.store.services.keys().cloned().collect();
            // As many replicas as there should be: nothing but errors is wrong.
            let whole = |id: &ServiceId| (Metric::Replicas, f64::from(it.app.store.services[id].desired));
            let points = ids.iter().map(|id| point(id.as_str(), it.at, all.iter().cloned().chain([whole(id)]).collect())).collect();
            it.fact(Event::Metrics(points));
        }
        it.press(&format!("4 {moved}z"));
        assert!(it.app.zoom && chosen(&it) == expected, "{failed} {moved:?}: {}", chosen(&it));
    }
}
