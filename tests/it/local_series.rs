//! The history of metrics, from outside: no peak is lost, no gap is invented or filled, and a restart costs nothing that was over.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first surprise")]

use std::path::Path;

use proptest::prelude::*;
use trackside::local::durations::Durations;
use trackside::local::series::SeriesStore;
use trackside::model::metric::{Metric, MetricPoint, MetricQuery, Series};
use trackside::model::time::{Millis, Time};

const START: Time = Time(1_790_000_000_000);

fn point(at: Time, value: f64) -> MetricPoint {
    MetricPoint { service: "svc/a".into(), replica: 0, at, values: vec![(Metric::Cpu, value)] }
}

fn ask(store: &SeriesStore, from: Time, to: Time, step: Millis) -> Series {
    let query = MetricQuery { services: vec!["svc/a".into()], metrics: vec![Metric::Cpu], from, to, step, replicas: false };
    store.query(&query).pop().expect("one series")
}

fn open(folder: &Path) -> SeriesStore {
    SeriesStore::open(folder).unwrap()
}

/// Cells of `step` from `from` that hold a point, as brute force finds them: mean and peak.
fn cells(points: &[(Time, f64)], from: Time, step: Millis, count: usize) -> Vec<Option<(f64, f64)>> {
    (0..count as i64)
        .map(|i| {
            let (low, high) = (from + Millis(step.0 * i), from + Millis(step.0 * (i + 1)));
            let inside: Vec<f64> = points.iter().filter(|it| it.0 >= low && it.0 < high).map(|it| it.1).collect();
            let peak = inside.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (!inside.is_empty()).then(|| (inside.iter().sum::<f64>() / inside.len() as f64, peak))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn thinning_loses_no_peak_and_neither_makes_nor_fills_a_gap(
        stretches in prop::collection::vec((1..400_i64, 0..300_i64), 1..8),
        values in prop::collection::vec(0.0..1000.0_f64, 64),
        reopen_after in 0..8_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        let (mut points, mut at) = (Vec::new(), START);
        for (i, (long, pause)) in stretches.iter().enumerate() {
            for n in 0..*long {
                let value = values[(n as usize * 7 + i) % values.len()];
                store.push(&[point(at, value)]);
                points.push((at, value));
                at = at + Millis::secs(1);
            }
            at = at + Millis::secs(*pause);
            if i == reopen_after {
                store.close();
                store = open(folder.path());
            }
        }
        let end = points.last().unwrap().0 + Millis(1);
        for step in [Millis::secs(1), Millis::secs(10), Millis::mins(1)] {
            let series = ask(&store, START, end, step);
            prop_assert!(series.step >= step && series.from <= START);
            let wanted = cells(&points, series.from, series.step, series.values.len());
            for (i, wanted) in wanted.iter().enumerate() {
                prop_assert_eq!(series.values[i].is_some(), wanted.is_some(), "cell {} of step {:?}", i, series.step);
                let Some((mean, peak)) = wanted else { continue };
                let told = series.peaks.get(i).copied().flatten().unwrap_or_else(|| series.values[i].unwrap());
                prop_assert!((told - peak).abs() <= peak * 1e-6, "peak {told} for {peak}");
                // A cell that a restart cut in two knows the mean of its parts.
                let near = reopen_after >= stretches.len();
                prop_assert!(!near || (series.values[i].unwrap() - mean).abs() <= mean * 1e-5);
            }
        }
    }
}

#[test]
fn a_sampler_that_comes_late_makes_no_gap_but_one_that_stops_does() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for at in [0, 999, 2001, 3002, 3999, 6000] {
        store.push(&[point(START + Millis(at), 1.0)]);
    }
    let series = ask(&store, START, START + Millis::secs(7), Millis::secs(1));
    let there: Vec<bool> = series.values.iter().map(Option::is_some).collect();
    assert_eq!(there, [true, true, true, true, false, false, true]);
    assert!(series.peaks.is_empty(), "nothing was thinned");
}

#[test]
fn a_kill_costs_at_most_the_last_minute() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for i in 0..200 {
        store.push(&[point(START + Millis::secs(i), i as f64)]);
    }
    // No close: a second store sees what a platform finds that starts after a kill.
    let found = ask(&open(folder.path()), START, START + Millis::secs(200), Millis::secs(1));
    let kept = found.values.iter().take_while(|it| it.is_some()).count();
    assert!((139..200).contains(&kept), "{kept} seconds");
    assert!(found.values[kept..].iter().all(Option::is_none));
    assert_eq!(found.values[100], Some(100.0));
}

#[test]
fn a_week_is_kept_by_the_minute_a_day_by_ten_seconds_and_an_hour_by_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let days = 9;
    let end = START + Millis::hours(24 * days);
    // Each minute of nine days, with a peak in one of them, four days ago.
    let peak = end - Millis::hours(96);
    let mut at = START;
    while at < end {
        store.push(&[point(at, if at == peak { 500.0 } else { 1.0 })]);
        at = at + Millis::mins(1);
    }
    let week = ask(&store, end - Millis::hours(24 * 7 - 1), end, Millis::mins(1));
    assert!(week.values.len() <= 2000 && week.values.iter().all(Option::is_some), "every minute of the week is there");
    assert!(week.peaks.contains(&Some(500.0)));
    let older = ask(&store, START, START + Millis::hours(24), Millis::mins(1));
    assert!(older.values.iter().all(Option::is_none), "nine days ago is gone, and shown as gone");
    assert_eq!(ask(&store, end - Millis::mins(30), end, Millis(1)).step, Millis::secs(1));
    assert_eq!(ask(&store, end - Millis::hours(5), end - Millis::hours(4), Millis(1)).step, Millis::secs(10));
    let disk = std::fs::metadata(std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path()).unwrap();
    assert!(std::os::unix::fs::MetadataExt::blocks(&disk) * 512 < 300_000, "one metric's rings");
}

#[test]
fn services_replicas_and_metrics_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let values = vec![(Metric::Cpu, 1.0), (Metric::Memory, f64::NAN), (Metric::Other("odd".into()), 1.0), (Metric::P99, 9.0)];
    for replica in 0..3 {
        store.push(&[MetricPoint { service: "a".into(), replica, at: START, values: values.clone() }]);
    }
    store.push(&[point(START, 7.0)]);
    let query = |service: &str, replicas| MetricQuery {
        services: vec![service.into()],
        metrics: Vec::new(),
        from: START,
        to: START + Millis::secs(1),
        step: Millis::secs(1),
        replicas,
    };
    let found: Vec<_> = store.query(&query("a", true)).into_iter().map(|it| (it.replica, it.metric, it.values)).collect();
    let of = |replica| [(replica, Metric::Cpu, vec![Some(1.0)]), (replica, Metric::P99, vec![Some(9.0)])];
    assert_eq!(found, [of(0), of(1), of(2)].concat());
    assert_eq!(store.query(&query("a", false)).len(), 2);
    assert_eq!(store.query(&query("svc/a", true)).len(), 1);
    store.forget(&"a".into());
    assert!(store.query(&query("a", true)).is_empty());
    drop(store);
    assert_eq!(open(folder.path()).query(&query("svc/a", false)).len(), 1, "an odd id survives as a file name");
}

#[test]
fn an_error_ratio_of_a_step_is_that_of_its_requests_not_the_mean_of_its_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let second = |n: i64, requests: f64, bad: f64| MetricPoint {
        service: "api".into(),
        replica: 0,
        at: Time(START.0 + n * 1000),
        values: vec![(Metric::Requests, requests), (Metric::Requests5xx, bad), (Metric::ErrorRatio, bad / requests)],
    };
    // One busy second without a mistake, and one quiet one whose only request failed.
    store.push(&[second(0, 999.0, 0.0), second(1, 1.0, 1.0)]);
    let asked = |step: Millis| {
        let metrics = vec![Metric::ErrorRatio];
        let query = MetricQuery { services: vec!["api".into()], metrics, from: START, to: Time(START.0 + 10_000), step, replicas: false };
        store.query(&query).remove(0)
    };
    let whole = asked(Millis::secs(10));
    assert!((whole.values[0].unwrap() - 0.001).abs() < 1e-6, "{:?}", whole.values);
    assert_eq!(whole.peaks[0], Some(1.0));
    assert_eq!(asked(Millis::secs(1)).values[..3], [Some(0.0), Some(1.0), None]);
}

/// 50, with a peak of 90 and a dip of 1 at these seconds.
const fn even_but_for(peak: i64, dip: i64, second: i64) -> f64 {
    if second == peak {
        90.0
    } else if second == dip {
        1.0
    } else {
        50.0
    }
}

#[test]
fn neither_a_peak_nor_a_dip_is_lost_in_any_resolution_nor_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (peak, dip) = (2_000, 2_500);
    for second in 0..3 * 3_600 {
        store.push(&[point(START + Millis::secs(second), even_but_for(peak, dip, second))]);
    }
    drop(store);
    let store = open(folder.path());
    let end = START + Millis::secs(3 * 3_600);
    for step in [10, 60, 600] {
        let it = ask(&store, START, end, Millis::secs(step));
        assert_eq!(it.step, Millis::secs(step));
        let cell = |second: i64| usize::try_from((START.0 + second * 1000 - it.from.0) / it.step.0).unwrap();
        assert_eq!((it.peaks[cell(peak)], it.lows[cell(dip)]), (Some(90.0), Some(1.0)), "by {step} s");
        assert_eq!((it.lows[cell(dip) + 1], it.peaks[cell(dip) + 1]), (Some(50.0), Some(50.0)));
    }
}

#[test]
fn a_minute_that_a_restart_cuts_in_two_keeps_the_ends_of_both_its_parts() {
    let minute = Time(START.0 / 60_000 * 60_000);
    for (peak, dip) in [(5, 8), (45, 48), (5, 48), (45, 8)] {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        for second in 0..60 {
            // In the middle of a step of ten seconds, too.
            if second == 27 {
                drop(store);
                store = open(folder.path());
            }
            store.push(&[point(minute + Millis::secs(second), even_but_for(peak, dip, second))]);
        }
        for step in [10, 60] {
            let it = ask(&store, minute, minute + Millis::mins(1), Millis::secs(step));
            let cell = |second: i64| usize::try_from(second / step).unwrap();
            let told = (it.peaks[cell(peak)], it.lows[cell(dip)]);
            assert_eq!(told, (Some(90.0), Some(1.0)), "peak at {peak} s, dip at {dip} s, by {step} s");
        }
    }
}

#[test]
fn a_file_from_before_there_were_least_values_is_read_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for second in 0..600 {
        store.push(&[point(START + Millis::secs(second), if second == 300 { 1.0 } else { 50.0 })]);
    }
    drop(store);
    // Least values stand behind the room for all metrics: such a file ends before them.
    let path = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(4096 + 32 * (3600 + 8640 + 10_080) * 8).unwrap();
    let it = ask(&open(folder.path()), START, START + Millis::secs(600), Millis::mins(1));
    assert_eq!(it.lows, it.values, "the mean is all that is known");
    assert!(it.values.iter().flatten().any(|it| *it < 50.0), "and that is not lost");
}

#[test]
fn several_services_are_answered_at_once_and_all_together_not_without_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for service in 0..40 {
        let at = |second: i64, values| MetricPoint {
            service: format!("s{service}").as_str().into(),
            replica: 0,
            at: START + Millis::secs(second),
            values,
        };
        store.push(&[at(0, vec![(Metric::Cpu, f64::from(service))]), at(3_000, vec![(Metric::Cpu, 1.0), (Metric::Memory, 2.0)])]);
    }
    let query = |n: usize, metrics: Vec<Metric>| MetricQuery {
        services: (0..n).map(|it| format!("s{it}").as_str().into()).collect(),
        metrics,
        from: START,
        to: START + Millis::hours(24 * 7),
        step: Millis::mins(1),
        replicas: false,
    };
    let some = store.query(&query(3, vec![Metric::Cpu]));
    let firsts: Vec<_> = some.iter().map(|it| (it.service.as_str(), it.values[0])).collect();
    assert_eq!(firsts.iter().map(|it| it.0).collect::<Vec<_>>(), ["s0", "s1", "s2"]);
    assert!(firsts.iter().all(|it| it.1.is_some()));
    let values = |n: usize| store.query(&query(n, Vec::new())).iter().map(|it| it.values.len()).sum::<usize>();
    assert_eq!(store.query(&query(40, Vec::new())).len(), 80);
    assert!(values(3) > 6 * 1_500 && values(40) <= 300_000, "{} and {}", values(3), values(40));
}

/// The percentiles of `service`, from `START` on.
fn percentiles(store: &SeriesStore, span: Millis, step: Millis) -> Vec<Series> {
    let metrics = vec![Metric::P50, Metric::P95, Metric::P99];
    store.query(&MetricQuery { services: vec!["svc/a".into()], metrics, from: START, to: START + span, step, replicas: false })
}

/// The answers of one second, as the platform measures and keeps them: the values of that second, and how long each took.
fn answers(store: &SeriesStore, at: Time, took: &[u64]) {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    let nearest = |part: f64| sorted[((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len()) - 1] as f64;
    let mut durations = Durations::default();
    for it in took {
        durations.record(*it as f64 * 1000.0, 1);
    }
    store.took(&"svc/a".into(), at, &durations);
    let values = vec![(Metric::P50, nearest(0.5)), (Metric::P95, nearest(0.95)), (Metric::P99, nearest(0.99))];
    store.push(&[MetricPoint { service: "svc/a".into(), replica: 0, at, values }]);
}

#[test]
fn a_percentile_of_a_long_step_is_that_of_its_answers_not_the_mean_of_its_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    // Ten answers a second; one of fifty takes two seconds, all in one second of five.
    let seconds = 900_i64;
    for second in 0..seconds {
        answers(&store, START + Millis::secs(second), &[2, 2, 2, 2, 2, 2, 2, 2, 8, if second % 5 == 0 { 2000 } else { 8 }]);
        if second == 333 {
            // In the middle of a minute.
            store.close();
            store = open(folder.path());
        }
    }
    for again in [false, true] {
        if again {
            drop(store);
            store = open(folder.path());
        }
        for step in [5, 10, 60, 300] {
            for series in percentiles(&store, Millis::secs(seconds), Millis::secs(step)) {
                let exact = match series.metric {
                    Metric::P50 => 2.0,
                    Metric::P95 => 8.0,
                    _ => 2000.0,
                };
                // The first and the last step may hold less than the rest, but a fifth of it is slow all the same.
                for told in series.values.iter().map(|it| it.expect("measured in all of it")) {
                    assert!((told - exact).abs() <= exact * 0.05, "{} of {step} s: {told} ms, and not {exact}", series.metric);
                }
                let ends = series.values.iter().zip(&series.peaks).zip(&series.lows);
                assert!(ends.clone().all(|((value, peak), low)| low <= value && value <= peak), "{}", series.metric);
            }
        }
    }
    let each = percentiles(&store, Millis::secs(60), Millis::secs(1));
    assert!(each[1].values.iter().all(|it| *it == Some(2000.0) || *it == Some(8.0)), "of a second it is as it was measured: {each:?}");
    store.forget(&"svc/a".into());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing stays of a service that was removed");
}

#[test]
fn a_history_of_before_answers_were_counted_opens_and_gives_no_percentile_that_is_a_mean() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    // What versions before this one kept: the values of each second and their means.
    for second in 0..600 {
        let values = vec![(Metric::P95, if second % 5 == 0 { 2000.0 } else { 8.0 }), (Metric::Cpu, 1.0)];
        store.push(&[MetricPoint { service: "svc/a".into(), replica: 0, at: START + Millis::secs(second), values }]);
    }
    drop(store);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the first format is one file");
    let store = open(folder.path());
    assert!(ask(&store, START, START + Millis::secs(600), Millis::mins(1)).values.iter().all(|it| *it == Some(1.0)), "the rest is there");
    let [old] = &percentiles(&store, Millis::secs(600), Millis::secs(60))[..] else { panic!("one percentile was kept") };
    assert!(old.values.iter().all(Option::is_none), "what it was of all answers is not known: {:?}", old.values);
    let bounds: Vec<_> = old.lows.iter().zip(&old.peaks).collect();
    assert!(bounds.iter().all(|it| *it == (&Some(8.0), &Some(2000.0))), "between these it was: {bounds:?}");
    for second in 600..660 {
        answers(&store, START + Millis::secs(second), &[4; 10]);
    }
    let now = percentiles(&store, Millis::secs(660), Millis::secs(60)).into_iter().find(|it| it.metric == Metric::P95).unwrap();
    assert!((now.values.last().unwrap().unwrap() - 4.0).abs() < 0.3, "from now on it is: {:?}", now.values);
}
