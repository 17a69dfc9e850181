//! How many lines there were when: against the lines themselves, over every end and step, and where lines are no longer kept.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::Path;
use std::time::Instant;

use proptest::prelude::*;
use trackside::local::logs::{Keep, LogStore, Rate};
use trackside::local::port::Entry;
use trackside::model::ids::ServiceId;
use trackside::model::log::{Level, LogKind, LogVolume, VolumeQuery};
use trackside::model::time::{Millis, Time};

const MIB: u64 = 1024 * 1024;
const MINUTE: i64 = 60_000;
/// A Wednesday at noon.
const NOON: Time = Time(1_768_392_000_000);

fn entry(service: &str, at: Time, level: Level, text: &str) -> Entry {
    let kind = LogKind::Runtime;
    Entry { at, kind, level: Some(level), service: Some(service.into()), deployment: None, replica: 1, cont: false, text: text.to_owned() }
}

fn open(folder: &Path, most: u64) -> LogStore {
    let rate = Rate { steady: 1 << 40, burst: 1 << 40 };
    // The lines of these tests are as old as they say, so nothing is too old.
    LogStore::open_with(folder, Keep { rate, ..Keep::new(most, Millis(i64::MAX / 2)) }).unwrap()
}

fn ask(store: &LogStore, services: &[&str], from: Time, to: Time, step: i64) -> LogVolume {
    let services = services.iter().map(|it| ServiceId::new(*it)).collect();
    store.volume(&VolumeQuery { services, from, to, step: Millis(step) }, Time(NOON.0 + 8 * 24 * 60 * MINUTE))
}

fn sum(volume: &LogVolume) -> u64 {
    volume.cells.iter().flatten().flatten().sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_line_is_in_the_cell_of_its_instant_whatever_the_stretch_and_the_step(
        lines in prop::collection::vec((0_i64..30 * MINUTE, 0_usize..6, 0_usize..3), 0..200),
        from in 0_i64..20 * MINUTE,
        long in 1_i64..30 * MINUTE,
        step in prop::sample::select(vec![1_i64, 500, 7_000, 60_000, 90_000, 600_000]),
        again in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path(), 64 * MIB);
        let name = |which: usize| ["a", "b", "c"][which];
        store.append(lines.iter().map(|(at, level, which)| entry(name(*which), Time(NOON.0 + at), Level::ALL[*level], "x")).collect());
        store.flush();
        if again {
            store.close();
            drop(store);
            store = open(folder.path(), 64 * MIB);
        }
        let (from, to) = (Time(NOON.0 + from), Time(NOON.0 + from + long));
        let told = ask(&store, &["a", "b"], from, to, step);
        prop_assert!(told.cells.len() <= 2000 && told.step.0 >= step);
        prop_assert!(told.from <= from && told.from.0 + told.step.0 * told.cells.len() as i64 >= to.0);
        for (place, cell) in told.cells.iter().enumerate() {
            let begins = told.from.0 + told.step.0 * place as i64;
            let mut counted = [0_u64; 6];
            for (at, level, which) in &lines {
                let at = NOON.0 + at;
                if *which < 2 && at >= begins && at < begins + told.step.0 {
                    counted[*level] += 1;
                }
            }
            prop_assert_eq!(*cell, Some(counted), "cell {} of {}", place, told.cells.len());
        }
    }
}

#[test]
fn what_was_evicted_is_not_known_and_what_was_never_logged_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), MIB);
    let text = "x".repeat(1000);
    let line = |minute: i64| entry("loud", Time(NOON.0 + minute * MINUTE), Level::Info, &text);
    // Nothing was evicted yet: before the first line there was nothing.
    store.append((0..10).map(line).collect());
    store.flush();
    let before = ask(&store, &[], Time(NOON.0 - 60 * MINUTE), Time(NOON.0 + 20 * MINUTE), MINUTE);
    assert!(before.cells.iter().all(Option::is_some));
    assert_eq!(sum(&before), 10);

    for chunk in 1..60 {
        store.append((0..100).map(|_| line(10 + chunk)).collect());
        store.append(vec![entry("quiet", Time(NOON.0 + (10 + chunk) * MINUTE), Level::Warn, "still here")]);
        store.flush();
    }
    let all = ask(&store, &[], Time(NOON.0 - 10 * MINUTE), Time(NOON.0 + 80 * MINUTE), MINUTE);
    assert_eq!(all.cells[..20], [None; 20], "what is gone is not known, and neither is what was before it");
    assert!(all.cells[40].is_none(), "a minute of which lines were taken away");
    assert_eq!(all.cells[78], Some([0, 0, 100, 1, 0, 0]));
    assert_eq!(all.cells[85], Some([0; 6]), "since then nothing was logged");
    // Of the quiet one nothing was taken.
    let quiet = ask(&store, &["quiet"], Time(NOON.0 + 11 * MINUTE), Time(NOON.0 + 70 * MINUTE), MINUTE);
    assert_eq!(sum(&quiet), 59);
}

#[test]
fn a_line_in_pieces_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 64 * MIB);
    store.append(vec![entry("a", NOON, Level::Error, &"x".repeat(300_000))]);
    store.flush();
    for step in [1000, MINUTE] {
        assert_eq!(sum(&ask(&store, &["a"], NOON, Time(NOON.0 + 1), step)), 1);
    }
}

/// The figure that the dashboard's first frame of a week hangs on; far above what is measured, since machines are busy.
#[test]
fn a_week_of_fifty_services_is_counted_in_well_under_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 512 * MIB);
    for hour in 0..7 * 24_i64 {
        let mut lines = Vec::new();
        for service in 0..50 {
            let name = format!("s{service}");
            for minute in 0..60 {
                let at = Time(NOON.0 + (hour * 60 + minute) * MINUTE);
                lines.push(entry(&name, at, Level::ALL[(minute % 6) as usize], "GET /orders 200 in 12 ms"));
            }
        }
        lines.sort_by_key(|it| it.at);
        store.append(lines);
        store.flush();
    }
    let begun = Instant::now();
    let week = ask(&store, &[], NOON, Time(NOON.0 + 7 * 24 * 60 * MINUTE), 10 * MINUTE);
    let took = begun.elapsed();
    println!("a week of 50 services, 504,000 lines, in {} cells: {took:?}", week.cells.len());
    assert_eq!((week.cells.len(), sum(&week)), (7 * 24 * 6, 50 * 7 * 24 * 60));
    assert!(took.as_millis() < 1000, "{took:?}");
}
