//! A platform that cannot write what happens says so on every way there is, and takes it back only when nothing is old any more.

use reqwest::header::{ETAG, IF_NONE_MATCH};
use trackside::model::event::Change;
use trackside::wire::calls::SnapshotInfo;
use trackside::wire::rest::{Envelope, HealthInfo};
use trackside::wire::stream::ServerFrame;

use super::desk::Desk;
use super::samples;
use super::watch::Watcher;

const WHY: &str = "the disk is full";

/// The next heartbeat's reason, and the newest revision that came before it.
async fn beat(watcher: &mut Watcher) -> (Option<String>, u64) {
    let mut reached = 0;
    watcher
        .until(|frame| match frame {
            ServerFrame::Ev { rev, .. } | ServerFrame::SnapEnd { rev, .. } => {
                reached = rev;
                None
            }
            ServerFrame::Hb { degraded, .. } => Some((degraded.map(|it| it.to_string()), reached)),
            _ => None,
        })
        .await
}

// The desk's heartbeats are 15 s apart and a test waits 20 s for a frame: what comes here comes because it changed.
#[tokio::test(flavor = "multi_thread")]
async fn the_stream_says_at_once_that_nothing_can_be_written_and_takes_it_back_behind_what_could_not_be() {
    let desk = Desk::start().await;
    let begun = std::time::Instant::now();
    let (mut watcher, _) = Watcher::new(&desk).await;
    watcher.state(1, None).await;
    watcher.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    desk.feeds.hub.degrade(Some(WHY.into()));
    assert_eq!(beat(&mut watcher).await.0.as_deref(), Some(WHY));
    let (mut late, _) = Watcher::new(&desk).await;
    late.state(1, None).await;
    let ServerFrame::Hb { degraded: Some(_), .. } = late.next().await else { panic!("who comes later hears it before anything else") };
    for i in 0..100 {
        desk.write(vec![Change::Project(samples::project(&format!("prj_{i}")))]).await;
    }
    desk.feeds.hub.degrade(None);
    assert_eq!(beat(&mut watcher).await, (None, 100));
    assert_eq!(beat(&mut late).await, (None, 100));
    assert!(begun.elapsed().as_secs() < 15, "it was said at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_snapshot_say_that_they_may_be_old_and_an_old_one_is_never_called_unchanged() {
    let desk = Desk::start().await;
    desk.write(vec![Change::Team(samples::team())]).await;
    let tag = desk.get("/snapshot").send().await.unwrap().headers()[ETAG].clone();
    let again = || desk.get("/snapshot").header(IF_NONE_MATCH, tag.clone()).send();
    assert_eq!(again().await.unwrap().status(), 304);
    desk.feeds.hub.degrade(Some(WHY.into()));
    let health: HealthInfo = desk.data("/health").await;
    assert_eq!(health.status, "degraded");
    assert!(health.reason.is_some_and(|it| it.contains("cannot write")));
    let answer = again().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get(ETAG)), (200, None));
    let envelope: Envelope<SnapshotInfo> = answer.json().await.unwrap();
    let info = envelope.data.unwrap();
    assert_eq!((info.degraded.as_deref(), info.snapshot.teams.len()), (Some(WHY), 1));
    desk.feeds.hub.degrade(None);
    assert_eq!(again().await.unwrap().status(), 304);
    let health: HealthInfo = desk.data("/health").await;
    assert_eq!((health.status.as_str(), health.reason), ("ok", None));
}
