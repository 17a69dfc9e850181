//! The source and the client against the real platform, over a real socket.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use trackside::local::platform::Platform;
use trackside::local::port::Setup;
use trackside::model::event::{Answer, Event, Snapshot};
use trackside::model::ids::{AskId, SourceId};
use trackside::model::link::Link;
use trackside::model::log::{LogFilter, LogQuery};
use trackside::model::request::{Fault, NewProject, Request};
use trackside::platform::adapters::adapter;
use trackside::platform::endpoint::Endpoint;
use trackside::platform::port::Ask;
use trackside::platform::sink::Sink;
use trackside::platform::trackside::client::Client;
use trackside::wire::rest::PLATFORM_FILE;

struct House {
    platform: Platform,
    endpoint: Endpoint,
    _data: tempfile::TempDir,
}

async fn house() -> House {
    let data = tempfile::tempdir().unwrap();
    let platform = Platform::start(Setup::new(data.path(), PathBuf::from(env!("CARGO_BIN_EXE_trackside")))).await.unwrap();
    let endpoint = Endpoint::from_platform_file(&data.path().join(PLATFORM_FILE)).unwrap();
    House { platform, endpoint, _data: data }
}

fn project(name: &str) -> Request {
    Request::CreateProject(NewProject { name: name.to_owned(), environment: None, production: false })
}

/// Takes events into `store` until `enough`.
async fn until(
    lane: &mut mpsc::Receiver<(SourceId, Event)>,
    store: &mut Snapshot,
    what: &str,
    mut enough: impl FnMut(&Snapshot, &Event) -> bool,
) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        let event = tokio::time::timeout_at(deadline, lane.recv()).await.unwrap_or_else(|_| panic!("never came: {what}"));
        let (_, event) = event.expect("the source runs for ever");
        match &event {
            Event::Snapshot(all) => *store = (**all).clone(),
            Event::Changed(changes) => changes.iter().for_each(|it| store.apply(it.clone())),
            _ => {}
        }
        if enough(store, &event) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_platform_is_found_asked_and_followed() {
    let house = house().await;
    let client = Client::new(house.endpoint.clone());
    let caps = client.me().await.unwrap();
    assert!(caps.create.check().is_ok(), "{caps:?}");
    assert!(!client.limits().await.unwrap().buckets.is_empty());
    assert_eq!(client.health().await.unwrap().status, "ok");

    let (asks, questions) = mpsc::channel(8);
    let (lane, mut events) = mpsc::channel(256);
    let source = (adapter("trackside").unwrap().make)(house.endpoint.clone());
    let task = tokio::spawn(source.run(questions, Sink::new(SourceId(0), lane)));
    let mut store = Snapshot::default();
    until(&mut events, &mut store, "live", |_, it| *it == Event::Link(Link::Live)).await;

    // The same key is the same deed, whatever was lost in between.
    for _ in 0..2 {
        let outcome = client.ask(&project("shop"), "cli", Some("one-deed")).await;
        assert!(matches!(outcome, Ok(Answer::Done { .. })), "{outcome:?}");
    }
    asks.send(Ask { id: AskId(7), request: project("billing") }).await.unwrap();
    until(&mut events, &mut store, "two projects", |store, _| store.projects.len() == 2).await;
    let (position, all) = client.snapshot().await.unwrap();
    assert!(position.rev >= 2);
    assert_eq!((all.projects.len(), &all.unreadable), (2, &store.unreadable));
    let page = client.logs(&LogQuery { filter: LogFilter::default(), limit: Some(10), ..LogQuery::default() }).await;
    assert!(page.is_ok(), "{page:?}");
    let taken = client.ask(&project("shop"), "cli", None).await;
    assert!(matches!(taken, Err(Fault::Invalid(_) | Fault::Conflict(_))), "a name that is taken: {taken:?}");

    house.platform.stop().await;
    until(&mut events, &mut store, "retrying", |_, it| matches!(it, Event::Link(Link::Retrying { .. }))).await;
    asks.send(Ask { id: AskId(8), request: Request::Logs(LogQuery::default()) }).await.unwrap();
    until(
        &mut events,
        &mut store,
        "an answer without a platform",
        |_, it| matches!(it, Event::Answer(AskId(8), answer) if matches!(**answer, Answer::Failed(Fault::Offline(_)))),
    )
    .await;
    drop(asks);
    tokio::time::timeout(Duration::from_secs(1), task).await.expect("ends with its asks").unwrap();
}
