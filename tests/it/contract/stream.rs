//! The stream: snapshot and delta, resume, `gone`, slow readers, gaps, heartbeats, farewells.

use std::collections::BTreeMap;
use std::time::Duration;

use trackside::model::event::{Change, ObjectRef};
use trackside::wire::calls::SnapshotInfo;
use trackside::wire::digest::Digest;
use trackside::wire::stream::{Position, ServerFrame, StreamCode};

use super::desk::{Desk, roomy};
use super::samples::{self, entry};
use super::watch::{Ended, Watcher};

/// What a client of class A keeps.
#[derive(Default)]
struct Store {
    objects: BTreeMap<ObjectRef, u64>,
    digest: Digest,
    rev: u64,
    n: u64,
}

impl Store {
    fn put(&mut self, change: &Change) {
        let object = change.object();
        let old = match change.rev() {
            Some(rev) => self.objects.insert(object.clone(), rev),
            None => self.objects.remove(&object),
        };
        if let Some(old) = old {
            self.digest.remove(&object, old);
        }
        if let Some(rev) = change.rev() {
            self.digest.add(&object, rev);
        }
    }

    /// Takes a frame in, checking every promise of class A.
    fn take(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Item { obj, .. } => self.put(&obj),
            ServerFrame::SnapEnd { rev, count, digest, .. } => {
                assert_eq!((self.objects.len() as u64, self.digest.hex()), (count, digest), "the snapshot is whole");
                self.rev = rev;
            }
            ServerFrame::Ev { n, rev, changes, .. } => {
                assert_eq!((n, rev), (self.n + 1, self.rev + 1), "nothing lost, nothing twice");
                (self.n, self.rev) = (n, rev);
                for change in &changes {
                    self.put(change);
                }
            }
            ServerFrame::Bm { n, rev, .. } => {
                assert_eq!((n, rev), (self.n + 1, self.rev));
                self.n = n;
            }
            ServerFrame::SnapBegin { .. } => *self = Self::default(),
            other => panic!("not a frame of class A: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_and_what_follows_it_under_writes_is_exactly_the_platforms_state() {
    let desk = Desk::start().await;
    for i in 0..200 {
        desk.write(vec![Change::Service(samples::service(&format!("svc_{i}")))]).await;
    }
    let (mut watcher, hello) = Watcher::new(&desk).await;
    assert_eq!((hello.protocol.as_str(), hello.head, hello.floor), ("trackside.v1", 200, 0));
    let writing = async {
        for i in 0..300 {
            let removed = Change::Removed(ObjectRef::Service(format!("svc_{}", i * 7 % 200).as_str().into()));
            let made = Change::Project(samples::project(&format!("prj_{}", i % 40)));
            desk.write(if i % 3 == 0 { vec![removed, made] } else { vec![made] }).await;
        }
    };
    let reading = async {
        let mut store = Store::default();
        watcher.state(1, None).await;
        while store.rev < 500 {
            store.take(watcher.next().await);
        }
        store
    };
    let ((), store) = tokio::join!(writing, reading);
    let info: SnapshotInfo = desk.data("/snapshot").await;
    assert_eq!((store.rev, store.digest.hex()), (info.position.rev, info.digest));
    assert_eq!(store.objects.len(), info.snapshot.services.len() + info.snapshot.projects.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_dropped_after_every_kth_frame_loses_nothing_and_doubles_nothing() {
    let desk = Desk::start().await;
    // More than one fetch of the replay, so that a drop also falls between two.
    for i in 0..150 {
        desk.write(vec![Change::Project(samples::project(&format!("prj_{i}")))]).await;
    }
    for k in (1..=64).chain([149]) {
        let (mut rev, mut frames) = (0, 0);
        while rev < 150 {
            let (mut watcher, hello) = Watcher::new(&desk).await;
            watcher.state(7, Some(&Position { epoch: hello.epoch, rev })).await;
            let mut n = 0;
            for _ in 0..k {
                match watcher.next().await {
                    ServerFrame::Ev { sub: 7, n: counted, rev: next, .. } => {
                        assert_eq!((counted, next), (n + 1, rev + 1), "k = {k}");
                        (n, rev, frames) = (counted, next, frames + 1);
                    }
                    ServerFrame::Bm { rev: at, .. } => assert_eq!(at, rev),
                    other => panic!("{other:?}"),
                }
                if rev == 150 {
                    break;
                }
            }
        }
        assert_eq!(frames, 150, "k = {k}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_cannot_be_served_is_gone_and_never_taken_for_now() {
    let desk = Desk::start().await;
    for i in 0..5 {
        desk.write(vec![Change::Project(samples::project(&format!("prj_{i}")))]).await;
    }
    let (mut watcher, hello) = Watcher::new(&desk).await;
    let ours = hello.epoch.as_str();
    let at = |epoch: &str, rev: &str| format!(r#"{{"epoch":"{epoch}","rev":{rev}}}"#);
    let gone = [
        at(ours, "6"),
        at(ours, "18446744073709551615"),
        at(ours, "18446744073709551616"),
        at(ours, "-1"),
        at(ours, "\"3\""),
        at(ours, "null"),
        at(ours, "2.5"),
        at("", "3"),
        at("00000000000000000000000000000000", "3"),
        "\"3\"".to_owned(),
        "3".to_owned(),
        "[]".to_owned(),
    ];
    for (sub, since) in (1..).zip(&gone) {
        watcher.say(&format!(r#"{{"t":"sub","sub":{sub},"topic":{{"topic":"state"}},"since":{since}}}"#)).await;
        match watcher.next().await {
            ServerFrame::Err { sub: Some(told), code: StreamCode::Gone, floor, head, .. } => {
                assert_eq!((told, floor, head), (sub, Some(0), Some(5)), "{since}");
            }
            other => panic!("{since}: {other:?}"),
        }
    }
    for (sub, (rev, first)) in (100..).zip([(0, Some(1)), (4, Some(5)), (5, None)]) {
        watcher.state(sub, Some(&Position { epoch: ours.to_owned(), rev })).await;
        match (watcher.next().await, first) {
            (ServerFrame::Ev { rev, n: 1, .. }, Some(first)) => {
                assert_eq!(rev, first);
                watcher.until(|frame| matches!(frame, ServerFrame::Bm { rev: 5, .. }).then_some(())).await;
            }
            (ServerFrame::Bm { rev: 5, n: 1, .. }, None) => {}
            other => panic!("since {rev}: {other:?}"),
        }
    }
    watcher.say(r#"{"t":"sub","sub":200,"topic":{"topic":"logs"},"since":{"epoch":"other","rev":0}}"#).await;
    assert!(matches!(watcher.next().await, ServerFrame::Err { code: StreamCode::Gone, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stops_is_let_go_as_resumable_and_the_others_notice_nothing() {
    let desk = Desk::start().await;
    let (mut slow, hello) = Watcher::new(&desk).await;
    let (mut good, _) = Watcher::new(&desk).await;
    slow.state(1, None).await;
    good.state(1, None).await;
    slow.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    good.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    let mut project = samples::project("prj_big");
    project.environments = (0..300).map(|i| samples::project("p").environments[0].clone_named(&format!("{i:0500}"))).collect();
    let mut worst = Duration::ZERO;
    for rev in 1..=120 {
        let asked = std::time::Instant::now();
        desk.write(vec![Change::Project(project.clone())]).await;
        let seen = good.until(|frame| if let ServerFrame::Ev { rev, .. } = frame { Some(rev) } else { None }).await;
        assert_eq!(seen, rev);
        worst = worst.max(asked.elapsed());
    }
    // A figure for people: what is proved is that each change came to the good one in its turn, before the slow one read again.
    println!("the good reader waited {worst:?} at most");
    let (frames, ended) = slow.rest().await;
    let bye = frames.iter().find(|it| matches!(it, ServerFrame::Bye { code: 4008, resumable: true, .. }));
    assert!(bye.is_some() || ended == Ended::Cut, "{ended:?}");
    let seen = frames.iter().filter(|it| matches!(it, ServerFrame::Ev { .. })).count() as u64;
    assert!(seen < 120, "it was let go before the end");
    let (mut again, _) = Watcher::new(&desk).await;
    again.state(1, Some(&Position { epoch: hello.epoch, rev: seen })).await;
    for rev in seen + 1..=120 {
        assert!(matches!(again.next().await, ServerFrame::Ev { rev: next, .. } if next == rev));
    }
}

trait Named {
    fn clone_named(&self, name: &str) -> Self;
}

impl Named for trackside::model::project::Environment {
    fn clone_named(&self, name: &str) -> Self {
        Self { name: name.into(), ..self.clone() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_a_slow_reader_will_not_get_are_counted_exactly_in_their_place() {
    let desk = Desk::start().await;
    let (mut watcher, _) = Watcher::new(&desk).await;
    watcher.say(r#"{"t":"sub","sub":1,"topic":{"topic":"logs","filter":{"text":"odd"}},"since":null}"#).await;
    watcher.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    let total = 240_000_u64;
    let logs = desk.feeds.logs.clone();
    let producing = tokio::task::spawn_blocking(move || {
        for chunk in 0..total / 1000 {
            let line = |i: u64| entry(format!("{} line {}", if i % 2 == 1 { "odd" } else { "even" }, "x".repeat(100)));
            logs.append((chunk * 1000..(chunk + 1) * 1000).map(line).collect());
            logs.flush();
        }
        logs.head()
    });
    let head = producing.await.unwrap();
    desk.feeds.logs.append(vec![entry("odd, and the last".to_owned())]);
    let (mut shown, mut lost, mut last) = (0_u64, 0_u64, 0_u64);
    let mut n = 1;
    while last < head + 1 {
        match watcher.next().await {
            ServerFrame::Log { lines, n: counted, .. } => {
                assert_eq!(counted, n + 1);
                n = counted;
                for line in lines {
                    assert!(line.off > last, "offsets rise");
                    last = line.off;
                    shown += 1;
                }
            }
            ServerFrame::Gap { gap, n: counted, .. } => {
                assert_eq!(counted, n + 1);
                n = counted;
                assert!(*gap.offs.start() > last);
                last = *gap.offs.end();
                lost += gap.count;
            }
            ServerFrame::Hb { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(shown + lost, total / 2 + 1, "shown {shown}, lost {lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_resumed_after_the_last_line_or_begun_with_its_tail() {
    let desk = Desk::start().await;
    desk.feeds.logs.append((1..=50).map(|i| entry(format!("line {i}"))).collect());
    desk.feeds.logs.flush();
    let (mut watcher, hello) = Watcher::new(&desk).await;
    assert_eq!((hello.log_head, hello.log_floor), (50, 1));
    watcher.say(r#"{"t":"sub","sub":1,"topic":{"topic":"logs","tail":3},"since":null}"#).await;
    let since = serde_json::to_string(&Position { epoch: hello.log_epoch, rev: 45 }).unwrap();
    watcher.say(&format!(r#"{{"t":"sub","sub":2,"topic":{{"topic":"logs"}},"since":{since}}}"#)).await;
    let mut got: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    // The tail first: a line that comes before it is answered would be part of it.
    for (wanted, more) in [(3 + 5, None), (4 + 6, Some("line 51"))] {
        desk.feeds.logs.append(more.into_iter().map(|it| entry(it.to_owned())).collect());
        while got.values().map(Vec::len).sum::<usize>() < wanted {
            if let ServerFrame::Log { sub, lines, .. } = watcher.next().await {
                got.entry(sub).or_default().extend(lines.iter().map(|it| it.off));
            }
        }
    }
    assert_eq!(got[&1], [48, 49, 50, 51]);
    assert_eq!(got[&2], [46, 47, 48, 49, 50, 51]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_metrics_only_the_newest_values_arrive() {
    let desk = Desk::start().await;
    for i in 0..1000 {
        desk.feeds.hub.publish_metrics([samples::point(f64::from(i))]);
    }
    let (mut watcher, _) = Watcher::new(&desk).await;
    watcher.say(r#"{"t":"sub","sub":1,"topic":{"topic":"metrics"},"since":null}"#).await;
    match watcher.next().await {
        ServerFrame::Met { n: 1, points, .. } => assert_eq!(points, [samples::point(999.0)]),
        other => panic!("{other:?}"),
    }
    desk.feeds.hub.publish_metrics([samples::point(f64::NAN), samples::point(5.0)]);
    assert!(matches!(watcher.next().await, ServerFrame::Met { n: 2, points, .. } if points == [samples::point(5.0)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_carry_the_position_of_every_subscription() {
    let desk = Desk::with(roomy(), Duration::from_millis(50)).await;
    let (mut watcher, hello) = Watcher::new(&desk).await;
    assert_eq!(hello.heartbeat_ms, 50);
    watcher.state(3, None).await;
    desk.write(vec![Change::Team(samples::team())]).await;
    desk.write(vec![Change::Team(samples::team())]).await;
    let mut sent = (0, 0);
    watcher
        .until(|frame| match frame {
            ServerFrame::Ev { n, rev, .. } | ServerFrame::Bm { n, rev, .. } => {
                sent = (n, rev);
                None
            }
            ServerFrame::SnapEnd { rev, .. } => {
                sent = (0, rev);
                None
            }
            ServerFrame::Hb { subs, .. } => {
                for it in &subs {
                    assert_eq!((it.sub, it.n, it.rev), (3, sent.0, sent.1), "what a heartbeat says was sent before it");
                }
                (sent.1 == 2 && !subs.is_empty()).then_some(())
            }
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_platform_says_goodbye_and_when_to_come_back() {
    let desk = Desk::start().await;
    let (mut watcher, _) = Watcher::new(&desk).await;
    watcher.state(1, None).await;
    watcher.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    desk.feeds.stop.cancel();
    let (frames, ended) = watcher.rest().await;
    assert_eq!(ended, Ended::Closed(1012));
    let Some(ServerFrame::Bye { code: 1012, resumable: true, retry_after_ms: Some(wait), .. }) = frames.last() else {
        panic!("{frames:?}")
    };
    assert!((500..=3000).contains(wait));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_frame_ends_the_connection_with_its_own_code() {
    let desk = Desk::start().await;
    let long = format!(r#"{{"t":"ping","id":1,"x":"{}"}}"#, "x".repeat(20_000));
    for (said, code) in [("{", 4400), (r#"{"t":"sing"}"#, 4400), (r#"{"t":"ping","id":1,"x":2}"#, 4400), (long.as_str(), 4413)] {
        let (mut watcher, _) = Watcher::new(&desk).await;
        watcher.say(said).await;
        let (frames, ended) = watcher.rest().await;
        assert_eq!(ended, Ended::Closed(code), "{said:.40}");
        let resumable = code != 4400;
        assert!(matches!(frames.last(), Some(ServerFrame::Bye { resumable: told, .. }) if *told == resumable));
    }
    let mut other = Watcher::speaking(&desk, Some("trackside.v2")).await.unwrap();
    assert_eq!(other.rest().await.1, Ended::Closed(4409));
    for protocol in [None, Some("chat")] {
        let refused = Watcher::speaking(&desk, protocol).await;
        assert!(matches!(refused, Err(tokio_tungstenite::tungstenite::Error::Http(answer)) if answer.status() == 400));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_in_use_is_refused_and_a_question_answered() {
    let desk = Desk::start().await;
    let (mut watcher, _) = Watcher::new(&desk).await;
    watcher.say(r#"{"t":"ping","id":42}"#).await;
    assert!(matches!(watcher.next().await, ServerFrame::Pong { id: 42, .. }));
    watcher.state(1, None).await;
    watcher.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    watcher.state(1, None).await;
    assert!(matches!(watcher.next().await, ServerFrame::Err { sub: Some(1), code: StreamCode::Duplicate, .. }));
    watcher.say(r#"{"t":"unsub","sub":1}"#).await;
    desk.write(vec![Change::Team(samples::team())]).await;
    watcher.say(r#"{"t":"ping","id":43}"#).await;
    watcher.until(|frame| matches!(frame, ServerFrame::Pong { id: 43, .. }).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_rules_what_lines_come_and_a_mistake_in_it_costs_the_subscription_alone() {
    let desk = Desk::start().await;
    let (mut it, _) = Watcher::new(&desk).await;
    it.say(r#"{"t":"sub","sub":1,"topic":{"topic":"logs","filter":{"q":"level:"},"tail":1},"since":null}"#).await;
    it.say(r#"{"t":"sub","sub":2,"topic":{"topic":"logs","filter":{"q":"even after:-1h"},"tail":10},"since":null}"#).await;
    let (sub, code, message) = it
        .until(|frame| match frame {
            ServerFrame::Err { sub, code, message, .. } => Some((sub, code, message)),
            _ => None,
        })
        .await;
    assert_eq!((sub, code), (Some(1), StreamCode::BadQuery));
    assert!(message.contains("byte 6"), "{message}");
    desk.feeds.logs.append((1..=6).map(|n| entry(format!("{} {n}", if n % 2 == 0 { "even" } else { "odd" }))).collect());
    let mut got = Vec::new();
    while got.len() < 3 {
        let lines = it
            .until(|frame| match frame {
                ServerFrame::Log { sub: 2, lines, .. } => Some(lines),
                _ => None,
            })
            .await;
        got.extend(lines.into_iter().map(|it| it.text));
    }
    assert_eq!(got, ["even 2", "even 4", "even 6"]);
}
