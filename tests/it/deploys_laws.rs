//! The arithmetic behind a deployment's page, against simple references and against hostile input.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trackside::app::deploys::{
    self, Change, Commits, Estimate, Part, Sample, Span, Usual, Variables, Verdict, Why, Window, card, diff, estimate, of_stage, past,
    percentile, ratios, window,
};
use trackside::app::logs::fresh;
use trackside::model::deploy::{DeployStatus, Deployment, Release, Stage, StageTime};
use trackside::model::log::{Level, LogKind, LogLine};
use trackside::model::metric::{Metric, Series};
use trackside::model::text::Clean;
use trackside::model::time::{Millis, Time};

use crate::fixture::objects;

fn one(id: &str, at: i64, status: DeployStatus) -> Deployment {
    objects::deployment(id, "api", "shop", status, Time(at), Millis::secs(40))
}

/// One that was live from `from` to `to`.
fn served(id: &str, from: i64, to: Option<i64>) -> Deployment {
    let mut it = one(id, from - 60_000, DeployStatus::Success);
    (it.live_from, it.live_to) = (Some(Time(from)), to.map(Time));
    it
}

fn release(variables: &BTreeMap<String, u8>) -> Release {
    let variables = variables.iter().map(|(name, value)| (Clean::new(name), Clean::new(&value.to_string()))).collect();
    Release { replicas: 1, variables, size: None, command: None }
}

fn series(metric: Metric, from: i64, step: i64, values: Vec<Option<f64>>) -> Series {
    Series { service: "api".into(), replica: 0, metric, from: Time(from), step: Millis(step), values, peaks: Vec::new(), lows: Vec::new() }
}

pub fn line(level: Level, text: &str) -> LogLine {
    LogLine {
        off: 0,
        at: Time(0),
        kind: LogKind::Runtime,
        level,
        service: Some("api".into()),
        deployment: None,
        replica: 1,
        cont: false,
        text: text.to_owned(),
    }
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        Just(None),
        (0.0..1e4_f64).prop_map(Some),
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::MAX), Just(-1.0), Just(0.0), Just(1e300)].prop_map(Some),
    ]
}

fn instant() -> impl Strategy<Value = i64> {
    prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), -10_000_000..10_000_000_i64]
}

fn any_series() -> impl Strategy<Value = Series> {
    let metric = prop::sample::select(vec![Metric::Requests, Metric::Requests5xx, Metric::P95, Metric::Memory, Metric::LogLines]);
    let step = prop_oneof![Just(0), Just(-5), Just(i64::MAX), Just(10_000), 1..400_000_i64];
    (metric, instant(), step, prop::collection::vec(value(), 0..60))
        .prop_map(|(metric, from, step, values)| series(metric, from, step, values))
}

proptest! {
    #[test]
    fn a_percentile_is_the_smallest_value_that_enough_values_are_not_above(mut all in prop::collection::vec(0..50_i64, 1..40), share in 0..=100_usize) {
        let enough = |it: i64| all.iter().filter(|one| **one <= it).count() * 100 >= share * all.len();
        let least = all.iter().copied().filter(|it| enough(*it)).min().unwrap();
        all.sort_unstable();
        let sorted: Vec<Millis> = all.into_iter().map(Millis).collect();
        prop_assert_eq!(percentile(&sorted, share), Some(Millis(least)));
    }

    #[test]
    fn a_diff_of_variables_is_what_two_maps_say(
        a in prop::collection::btree_map("[A-C]{1,2}", 0..3_u8, 0..6),
        b in prop::collection::btree_map("[A-C]{1,2}", 0..3_u8, 0..6),
    ) {
        let (mut from, mut to) = (served("d-1", 0, None), served("d-2", 1, None));
        (from.release, to.release) = (Some(release(&a)), Some(release(&b)));
        let Variables::Known { changes, same } = diff(&from, &to, None, Time(0)).variables else { panic!("both are recorded") };
        let mut want = BTreeMap::new();
        for name in a.keys().chain(b.keys()) {
            let change = match (a.get(name), b.get(name)) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                (one, other) if one != other => Change::Changed,
                _ => continue,
            };
            want.insert(Clean::new(name), change);
        }
        prop_assert_eq!(same, a.iter().filter(|(name, it)| b.get(*name) == Some(it)).count());
        prop_assert_eq!(changes.into_iter().collect::<BTreeMap<_, _>>(), want);
    }

    #[test]
    fn no_data_makes_a_card_divide_by_zero_or_say_what_it_cannot(
        all in prop::collection::vec(any_series(), 0..6),
        live in instant(), ended in prop::option::of(instant()), before in instant(), now in instant(),
        lines in 0..30_usize,
    ) {
        let (base, mut it) = (served("d-1", before.saturating_add(60_000), Some(live)), served("d-2", 0, ended));
        it.live_from = Some(Time(live));
        let world = [base, it];
        let window = window(&world, &world[1], Time(now)).unwrap();
        prop_assert!(window.after.length() <= deploys::REACH && window.before.length() <= deploys::REACH);
        let sample = Part::Here(Sample { lines: vec![line(Level::Info, "hello"); lines], more: true });
        let card = card(&window, &Part::Here(all), &sample, &sample);
        for line in &card.lines {
            for value in [line.before, line.after].into_iter().flatten() {
                prop_assert!(value.is_finite() && value >= 0.0, "{line:?}");
            }
        }
        let least = window.before.length().min(window.after.length());
        if least < Millis::mins(1) {
            prop_assert!(card.lines[..4].iter().all(|it| !it.verdict.is_known()), "{card:?}");
        }
    }

    #[test]
    fn an_estimate_is_never_less_than_nothing_and_grows_shorter(times in prop::collection::vec(0..90_000_i64, 0..25), spent in 0..200_000_i64) {
        let world: Vec<Deployment> = times.iter().enumerate().map(|(i, took)| {
            let mut it = one(&format!("d-{i:02}"), i as i64, DeployStatus::Success);
            it.stages = vec![StageTime { stage: Stage::Building, began: Time(0), ended: Some(Time(*took)) }];
            it
        }).collect();
        let mut here = one("d-99", 1_000, DeployStatus::Building);
        here.stages = vec![StageTime { stage: Stage::Building, began: Time(1_000), ended: None }];
        let past = past(&world, &here);
        prop_assert_eq!(past.len(), times.len().min(20));
        match estimate(&here, &past, Time(1_000 + spent)).unwrap() {
            Estimate::First => prop_assert!(times.is_empty()),
            Estimate::Past { n } => prop_assert!(n >= 3 && of_stage(&past, &Stage::Building).unwrap().p95 < Millis(spent)),
            Estimate::Left { likely, slow, .. } => {
                prop_assert!(likely.0 >= 0 && slow >= likely);
                let later = estimate(&here, &past, Time(1_000 + spent + 10)).unwrap();
                if let Estimate::Left { likely: less, .. } = later {
                    prop_assert!(less <= likely);
                }
            }
        }
    }

    #[test]
    fn ratios_judge_by_both_sides_alike(n in 50..5_000_u64, m in 50..5_000_u64, a in 0..50_u64, b in 0..50_u64) {
        let there = ratios((n, a), (m, b), Why::Few);
        let back = ratios((m, b), (n, a), Why::Few);
        let mirrored = match there { Verdict::Worse => Verdict::Better, Verdict::Better => Verdict::Worse, other => other };
        prop_assert_eq!(back, mirrored);
    }
}

#[test]
fn a_ratio_is_worse_only_when_it_is_sure_and_matters() {
    let few = Why::Early;
    assert_eq!(ratios((1_000, 1), (1_000, 61), few), Verdict::Worse);
    assert_eq!(ratios((1_000, 61), (1_000, 1), few), Verdict::Better);
    assert_eq!(ratios((1_000, 10), (1_000, 12), few), Verdict::Same, "by chance");
    assert_eq!(ratios((1_000_000, 100), (1_000_000, 400), few), Verdict::Same, "sure, and nobody feels it");
    assert_eq!(ratios((49, 0), (1_000, 500), few), Verdict::Unknown(few));
    assert_eq!(ratios((1_000, 500), (49, 0), few), Verdict::Unknown(few));
    assert_eq!(ratios((1_000, 0), (1_000, 0), few), Verdict::Same);
    assert_eq!(ratios((1_000, 1_000), (1_000, 1_000), few), Verdict::Same);
}

#[test]
fn nothing_is_past_p95_while_hardly_anything_is_known() {
    let two = Usual::of(vec![Millis(10), Millis(20)]).unwrap();
    assert!(!two.is_past(Millis(1_000)));
    let many = Usual::of((1..=20).map(Millis).collect()).unwrap();
    assert_eq!((many.n, many.p50, many.p95), (20, Millis(10), Millis(19)));
    assert!(many.is_past(Millis(20)) && !many.is_past(Millis(19)));
    assert_eq!(Usual::of(Vec::new()), None);
}

#[test]
fn failures_other_services_and_later_builds_say_nothing_of_what_is_usual() {
    let mut other = one("d-other", 5, DeployStatus::Success);
    other.service = "web".into();
    let mut back = one("d-back", 6, DeployStatus::Success);
    back.rollback_of = Some("d-1".into());
    let world =
        [one("d-1", 1, DeployStatus::Success), one("d-2", 2, DeployStatus::Failed), other, back, one("d-9", 90, DeployStatus::Success)];
    let it = one("d-5", 50, DeployStatus::Building);
    let ids: Vec<&str> = past(&world, &it).iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["d-1"]);
    assert_eq!(estimate(&it, &[], Time(60)), Some(Estimate::First));
    assert!(Estimate::First.words().contains("cannot be estimated"));
}

/// A window of a quarter of an hour on both sides of 0.
fn quarter(base: &Deployment) -> Window<'_> {
    let reach = Millis::mins(15);
    Window {
        base: Some(base),
        before: Span { from: Time(0) - reach, to: Time(0) },
        after: Span { from: Time(0), to: Time(0) + reach },
        closed: true,
    }
}

/// Steps of ten seconds over both sides: `before` and `after` in all of them.
fn both(metric: Metric, before: f64, after: f64) -> Series {
    let values = (0..180).map(|i| Some(if i < 90 { before } else { after })).collect();
    series(metric, -900_000, 10_000, values)
}

#[test]
fn a_card_counts_what_it_is_from_and_calls_worse_what_is_worse() {
    let base = served("d-1", -900_000, Some(0));
    let all = vec![
        both(Metric::Requests, 10.0, 8.0),
        both(Metric::Requests5xx, 0.0, 0.8),
        both(Metric::P95, 80.0, 840.0),
        both(Metric::Memory, 2e8, 2.01e8),
        both(Metric::LogLines, 10.0, 9.0),
    ];
    let known = Part::Here(Sample { lines: vec![line(Level::Info, "GET /cart 200 in 12 ms"); 200], more: true });
    let mut later = vec![line(Level::Info, "GET /cart 200 in 14 ms"); 50];
    later.extend(vec![line(Level::Error, "checkout: upstream timed out after 3000 ms"); 3]);
    let after = Part::Here(Sample { lines: later, more: false });
    let it = card(&quarter(&base), &Part::Here(all), &known, &after);
    let verdicts: Vec<Verdict> = it.lines.iter().map(|it| it.verdict).collect();
    assert_eq!(verdicts, [Verdict::Worse, Verdict::Worse, Verdict::Same, Verdict::Same, Verdict::Worse]);
    assert_eq!(it.lines[0].from, deploys::From::Requests(9_000, 7_200));
    assert_eq!(it.lines[4].from, deploys::From::Lines(200, 53));
    assert!((it.lines[0].after.unwrap() - 0.1).abs() < 1e-9);
    assert_eq!((it.verdict, it.judged(), it.fresh.len()), (Verdict::Worse, 5, 1));
    assert!(it.fresh[0].text.contains("upstream timed out"));
}

#[test]
fn a_card_that_lacks_something_says_what_and_calls_nothing_the_same_by_the_rest() {
    let base = served("d-1", -900_000, Some(0));
    let all = vec![both(Metric::Requests, 0.01, 0.01), both(Metric::Requests5xx, 0.0, 0.0), both(Metric::Memory, 2e8, 2e8)];
    let none = Part::Failed("gone".to_owned());
    let it = card(&quarter(&base), &Part::Here(all), &none, &none);
    assert_eq!(it.lines[0].verdict, Verdict::Unknown(Why::Few), "nine requests");
    assert_eq!(it.lines[1].verdict, Verdict::Unknown(Why::NotMeasured));
    assert_eq!(it.lines[2].verdict, Verdict::Same);
    assert_eq!(it.lines[4].verdict, Verdict::Unknown(Why::Failed));
    assert_eq!(it.verdict, Verdict::Unknown(Why::Few));
    assert_eq!(it.missing.len(), 2);
}

#[test]
fn a_hole_is_not_a_zero() {
    let base = served("d-1", -900_000, Some(0));
    let holes = |value: f64| (0..180).map(|i| (i % 3 == 0).then_some(value)).collect();
    let all = vec![series(Metric::Requests, -900_000, 10_000, holes(3.0)), series(Metric::Requests5xx, -900_000, 10_000, holes(0.3))];
    let it = card(&quarter(&base), &Part::Here(all), &Part::Asking, &Part::Asking);
    assert_eq!(it.lines[0].from, deploys::From::Requests(900, 900));
    assert_eq!(it.lines[0].verdict, Verdict::Same);
    // Of requests whose failures were not counted nothing is known: they did not all go well.
    let holes = (0..180).map(|i| (i % 3 == 0).then_some(0.3)).collect();
    let all = vec![both(Metric::Requests, 3.0, 3.0), series(Metric::Requests5xx, -900_000, 10_000, holes)];
    let it = card(&quarter(&base), &Part::Here(all), &Part::Asking, &Part::Asking);
    assert_eq!(it.lines[0].from, deploys::From::Requests(900, 900));
}

#[test]
fn what_was_said_calmly_and_now_in_error_is_new_and_numbers_make_nothing_new() {
    let before: Vec<LogLine> = (0..100).map(|i| line(Level::Info, &format!("order {i} took {i} ms"))).collect();
    assert_eq!(fresh(&before, &[line(Level::Info, "order 4711 took 9 ms")]), []);
    let found = fresh(&before, &[line(Level::Error, "order 4711 took 9 ms"), line(Level::Info, "a new thing altogether")]);
    assert_eq!(found.iter().map(|it| it.level).collect::<Vec<_>>(), [Level::Error, Level::Info]);
    assert_eq!(fresh(&[], &[]), []);
}

#[test]
fn a_diff_is_honest_about_what_it_cannot_know() {
    let (mut from, to) = (served("d-1", 0, Some(5)), served("d-2", 5, None));
    from.commit = None;
    let it = diff(&from, &to, None, Time(9));
    assert!(matches!(&it.commits, Commits::Unknown(why) if why.contains("d-1")));
    assert_eq!(it.variables, Variables::Unknown);
    let replicas = it.facts.iter().find(|it| it.name == "replicas").unwrap();
    assert_eq!((replicas.differs(), &replicas.from), (None, &None));
}
