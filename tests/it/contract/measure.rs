//! Measurements of the stream, for people; too dependent on the machine to decide anything by themselves.

use std::time::Duration;

use trackside::model::event::Change;
use trackside::wire::stream::ServerFrame;

use super::desk::Desk;
use super::samples;
use super::watch::Watcher;

/// A measurement, for people: `cargo test --release --test it -- --ignored two_hundred`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: it depends on how busy the machine is"]
async fn two_hundred_watchers_hear_of_a_change_within_fifty_milliseconds() {
    let desk = Desk::start().await;
    let (times, mut taken) = tokio::sync::mpsc::unbounded_channel();
    let clock = std::time::Instant::now();
    for _ in 0..200 {
        let (mut watcher, _) = Watcher::new(&desk).await;
        watcher.state(1, None).await;
        watcher.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
        let times = times.clone();
        tokio::spawn(async move {
            loop {
                if let ServerFrame::Ev { rev, .. } = watcher.next().await {
                    let _ = times.send((rev, clock.elapsed()));
                }
            }
        });
    }
    let mut waits = Vec::new();
    for _ in 0..50 {
        let committed = desk.feeds.db.commit(trackside::local::port::Batch {
            changes: vec![Change::Deployment(samples::deployment("dep_1", samples::AT))],
            ..Default::default()
        });
        let committed = committed.await.unwrap();
        let begun = clock.elapsed();
        desk.feeds.hub.publish(&committed);
        for _ in 0..200 {
            let (rev, at) = taken.recv().await.unwrap();
            assert_eq!(rev, committed.rev);
            waits.push(at.saturating_sub(begun));
        }
    }
    waits.sort();
    let memory = std::fs::read_to_string("/proc/self/status").unwrap();
    let rss = memory.lines().find(|it| it.starts_with("VmRSS")).unwrap_or_default().to_owned();
    println!("p50 {:?}, p99 {:?}, most {:?}; {rss}", waits[waits.len() / 2], waits[waits.len() * 99 / 100], waits[waits.len() - 1]);
    assert!(waits[waits.len() * 99 / 100] < Duration::from_millis(50));
}
