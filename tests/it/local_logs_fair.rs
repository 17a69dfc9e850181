//! The platform's log under a service that floods it: what the others wrote stays, and what goes is said in its place.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::Path;
use std::time::Instant;

use trackside::local::logs::{Keep, LogStore, Rate};
use trackside::local::port::Entry;
use trackside::model::log::{Level, LogFilter, LogKind, LogPage, LogQuery};
use trackside::model::time::{Millis, Time};

const MIB: u64 = 1024 * 1024;
const FLOOD: u64 = 30_000;

fn entry(service: &str, text: String) -> Entry {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Entry {
        at: Time(now.as_millis() as i64),
        kind: LogKind::Runtime,
        level: Some(Level::Info),
        service: Some(service.into()),
        deployment: None,
        replica: 1,
        cont: false,
        text,
    }
}

fn open(folder: &Path, most: u64) -> LogStore {
    let rate = Rate { steady: 1 << 40, burst: 1 << 40 };
    LogStore::open_with(folder, Keep { rate, ..Keep::new(most, Millis::hours(24)) }).unwrap()
}

/// All pages of a filter, and what lies between the lines: (lines, lost), with every offset seen at most once.
fn read(store: &LogStore, service: Option<&str>) -> (Vec<String>, u64) {
    let filter = LogFilter { service: service.map(Into::into), ..LogFilter::default() };
    let (mut texts, mut lost, mut after) = (Vec::new(), 0, 0);
    loop {
        let query = LogQuery { filter: filter.clone(), after: Some(after), limit: Some(5000), ..LogQuery::default() };
        let LogPage { lines, gaps, end, .. } = store.query(&query, &|_: &trackside::model::ids::ProjectId| Vec::new()).unwrap();
        let mut offs: Vec<(u64, u64)> = lines.iter().map(|it| (it.off, it.off)).collect();
        offs.extend(gaps.iter().map(|it| (*it.offs.start(), *it.offs.end())));
        offs.sort_unstable();
        for (first, last) in offs {
            assert!(first > after && last >= first, "offset {first} comes after {after}");
            after = last;
        }
        lost += gaps.iter().map(|it| it.count).sum::<u64>();
        texts.extend(lines.into_iter().map(|it| it.text));
        if end {
            return (texts, lost);
        }
    }
}

fn files(folder: &Path) -> (usize, u64) {
    let all = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let sizes: Vec<u64> = all.filter(|it| it.extension().is_some_and(|it| it == "tsl")).map(|it| it.metadata().unwrap().len()).collect();
    (sizes.len(), sizes.iter().sum())
}

#[test]
fn a_flood_of_one_service_pushes_out_its_own_lines_and_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 2 * MIB);
    let mut wrote: Vec<String> = (0..300).map(|i| format!("early {i}")).collect();
    store.append(wrote.iter().map(|it| entry("quiet", it.clone())).collect());
    let begun = Instant::now();
    for chunk in 0..FLOOD / 300 {
        store.append((0..300).map(|i| entry("loud", format!("{chunk} {i} {}", "x".repeat(400)))).collect());
        let line = format!("late {chunk}");
        store.append(vec![entry("quiet", line.clone())]);
        wrote.push(line);
        store.flush();
    }
    println!("{} lines of 400 bytes into 2 MiB with room made for others: {:?}", FLOOD, begun.elapsed());
    let (count, bytes) = files(folder.path());
    assert!(bytes <= 2 * MIB && count <= 40, "{count} files, {bytes} bytes");
    assert_eq!(read(&store, Some("quiet")), (wrote.clone(), 0), "every line of the quiet one, and no gap");
    let (loud, lost) = read(&store, Some("loud"));
    assert!(loud.len() > 1000 && loud.last().unwrap().starts_with("99 299 "), "the flood's newest lines are there: {}", loud.len());
    assert_eq!(loud.len() as u64 + lost, FLOOD, "what it lost is counted exactly");
    let (all, gone) = read(&store, None);
    assert_eq!(all.len() as u64 + gone, FLOOD + wrote.len() as u64);
    let head = store.head();
    store.close();
    drop(store);

    // As a kill leaves it: half a new file, and an old one that was made into another already.
    std::fs::write(folder.path().join("00000000000000000001-000000000999.new"), "half").unwrap();
    let again = open(folder.path(), 2 * MIB);
    assert_eq!((again.head(), read(&again, Some("quiet"))), (head, (wrote, 0)));
    assert_eq!(read(&again, None).0.len(), all.len());
    assert!(!folder.path().join("00000000000000000001-000000000999.new").exists());
}

#[test]
fn a_segment_that_was_made_into_another_and_came_back_is_not_read_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), MIB);
    store.append(vec![entry("quiet", "first".to_owned())]);
    store.append((0..100).map(|i| entry("loud", format!("{i} {}", "x".repeat(400)))).collect());
    store.flush();
    let old: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|it| it == "tsl"))
        .collect();
    let copy: Vec<(std::path::PathBuf, Vec<u8>)> = old.into_iter().map(|it| (it.clone(), std::fs::read(&it).unwrap())).collect();
    store.append((0..6000).map(|i| entry("loud", format!("{i} {}", "x".repeat(400)))).collect());
    store.flush();
    let now = read(&store, Some("quiet"));
    assert_eq!(now, (vec!["first".to_owned()], 0));
    store.close();
    drop(store);
    assert!(copy.iter().all(|(path, _)| !path.exists()), "the first segment was made into another");
    for (path, bytes) in &copy {
        std::fs::write(path, bytes).unwrap();
    }
    let again = open(folder.path(), MIB);
    assert_eq!(read(&again, Some("quiet")), now);
    assert!(copy.iter().all(|(path, _)| !path.exists()));
}

#[test]
fn those_who_write_alike_lose_alike_the_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), 2 * MIB);
    for chunk in 0..100 {
        for service in ["a", "b", "c"] {
            store.append((0..40).map(|i| entry(service, format!("{chunk} {i} {}", "x".repeat(400)))).collect());
        }
        store.flush();
    }
    let kept: Vec<usize> = ["a", "b", "c"].iter().map(|it| read(&store, Some(it)).0.len()).collect();
    let (least, most) = (*kept.iter().min().unwrap(), *kept.iter().max().unwrap());
    assert!(least > 0 && most - least <= most / 4, "{kept:?}");
    assert!(files(folder.path()).1 <= 2 * MIB);
    let (all, _) = read(&store, None);
    assert_eq!(all.len(), kept.iter().sum::<usize>());
}
