//! The source over real sockets: how its link stands, what it reports, and that every ask is answered.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use trackside::model::event::{Answer, Event, Snapshot};
use trackside::model::ids::{AskId, ServiceId, SourceId};
use trackside::model::link::Link;
use trackside::model::log::{GapReason, LogFilter, LogGap, LogQuery};
use trackside::model::request::{Fault, Request};
use trackside::model::time::Time;
use trackside::platform::port::{Ask, Source as _};
use trackside::platform::sink::{HELD_LINES, Sink};
use trackside::platform::trackside::source::Trackside;

use crate::source_fake::{CUT, Live};
use crate::source_model::line;
use crate::source_wire::{brisk, endpoint};

/// A running source, and what it said.
struct Running {
    asks: mpsc::Sender<Ask>,
    lane: mpsc::Receiver<(SourceId, Event)>,
    task: tokio::task::JoinHandle<()>,
    store: Snapshot,
    links: Vec<Link>,
}

impl Running {
    fn start(url: &str) -> Self {
        let (asks, questions) = mpsc::channel(64);
        let (lane, events) = mpsc::channel(256);
        let source = Box::new(Trackside::patient(endpoint(url), brisk()));
        let task = tokio::spawn(source.run(questions, Sink::new(SourceId(3), lane)));
        Self { asks, lane: events, task, store: Snapshot::default(), links: Vec::new() }
    }

    /// Takes events in until `enough`.
    async fn until(&mut self, what: &str, mut enough: impl FnMut(&Self, &Event) -> bool) -> Event {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let event = tokio::time::timeout_at(deadline, self.lane.recv()).await;
            let (id, event) =
                event.unwrap_or_else(|_| panic!("never came: {what}; links {:?}", self.links)).expect("the source runs for ever");
            assert_eq!(id, SourceId(3));
            match &event {
                Event::Snapshot(all) => self.store = (**all).clone(),
                Event::Changed(changes) => changes.iter().for_each(|it| self.store.apply(it.clone())),
                Event::Link(link) => self.links.push(link.clone()),
                _ => {}
            }
            if enough(self, &event) {
                return event;
            }
        }
    }

    async fn link(&mut self, what: &str, is: impl Fn(&Link) -> bool) {
        self.until(what, |_, event| matches!(event, Event::Link(link) if is(link))).await;
    }

    async fn has(&mut self, live: &Live) {
        let wanted = live.with(|it| it.objects.clone());
        let objects = |it: &Self| it.store.teams.iter().map(|it| (it.id.to_string(), it.rev)).collect::<std::collections::BTreeMap<_, _>>();
        if objects(self) != wanted {
            self.until("the server's state", |it, _| objects(it) == wanted).await;
        }
    }
}

#[tokio::test]
async fn the_source_goes_live_follows_and_resumes_after_a_cut() {
    let live = Live::start().await;
    live.with(|it| it.change(&[0, 2, 4]));
    let mut it = Running::start(&live.url);
    it.link("live", |it| *it == Link::Live).await;
    assert!(it.links.contains(&Link::Connecting { attempt: 1 }));
    it.has(&live).await;
    live.with(|it| it.change(&[6]));
    it.has(&live).await;
    live.with(|it| it.wire.push_back("cut".to_owned()));
    it.link("retrying", |it| matches!(it, Link::Retrying { .. })).await;
    live.with(|it| it.change(&[1, 2]));
    it.link("live again", |it| *it == Link::Live).await;
    it.has(&live).await;
    assert!(live.streams.load(Ordering::SeqCst) >= 2);
}

#[tokio::test]
async fn a_half_open_connection_goes_stale_then_is_given_up_and_made_anew() {
    let live = Live::start().await;
    live.with(|it| it.change(&[0]));
    let mut it = Running::start(&live.url);
    it.link("live", |it| *it == Link::Live).await;
    live.deaf.store(true, Ordering::SeqCst);
    it.link("stale", |it| matches!(it, Link::Stale { .. })).await;
    it.link("retrying", |it| matches!(it, Link::Retrying { .. })).await;
    live.deaf.store(false, Ordering::SeqCst);
    live.with(|it| it.change(&[2]));
    it.link("live again", |it| *it == Link::Live).await;
    it.has(&live).await;
}

#[tokio::test]
async fn a_polled_platform_that_cannot_write_is_stale_until_it_can() {
    let live = Live::start().await;
    live.refuse.store(404, Ordering::SeqCst);
    live.with(|it| it.change(&[0, 2]));
    let mut it = Running::start(&live.url);
    it.link("polling", |it| matches!(it, Link::Polling { .. })).await;
    live.with(|it| it.degraded = Some("the disk is full".into()));
    it.until("why", |_, event| matches!(event, Event::Notice(why) if why.contains("cannot write: the disk is full"))).await;
    it.link("stale", |it| matches!(it, Link::Stale { .. })).await;
    live.with(|it| it.degraded = None);
    it.link("polling again", |it| matches!(it, Link::Polling { .. })).await;
    let stale = it.links.iter().filter(|it| matches!(it, Link::Stale { .. })).count();
    assert_eq!(stale, 1, "{:?}", it.links);
}

#[tokio::test]
async fn what_a_log_has_lost_is_said_once_while_it_is_polled_also_where_no_line_follows() {
    let live = Live::start().await;
    live.refuse.store(404, Ordering::SeqCst);
    live.with(|it| it.write(3));
    let mut it = Running::start(&live.url);
    it.until("the lines", |_, event| matches!(event, Event::Logs(lines) if lines.last().is_some_and(|it| it.off == 3))).await;
    let gap = |offs: std::ops::RangeInclusive<u64>| LogGap { offs, count: 4, from: Time(0), to: Time(1), reason: GapReason::Rate };
    live.with(|it| it.lost.push(gap(4..=7)));
    let mut said = Vec::new();
    let mut heard = 0;
    it.until("ten polls", |_, event| {
        match event {
            Event::LogGap(gap) => said.push(gap.offs.clone()),
            // Each poll is one sign of life.
            Event::Heard { .. } => heard += u32::from(!said.is_empty()),
            _ => {}
        }
        heard == 10
    })
    .await;
    assert_eq!(said, [4..=7]);
    // What comes after it is not left out.
    live.with(|it| {
        it.log_head = 7;
        it.write(2);
    });
    it.until("the lines after it", |_, event| matches!(event, Event::Logs(lines) if lines.iter().map(|it| it.off).eq([8, 9]))).await;
}

#[tokio::test]
async fn where_the_stream_is_refused_it_polls_and_takes_the_stream_when_it_can() {
    let live = Live::start().await;
    live.refuse.store(404, Ordering::SeqCst);
    live.with(|it| it.change(&[0, 2]));
    let mut it = Running::start(&live.url);
    it.link("polling", |it| matches!(it, Link::Polling { why, .. } if why.contains("404"))).await;
    it.has(&live).await;
    live.with(|it| it.change(&[4]));
    it.has(&live).await;
    live.refuse.store(0, Ordering::SeqCst);
    it.link("live", |it| *it == Link::Live).await;
    live.with(|it| it.change(&[6]));
    it.has(&live).await;
}

#[tokio::test]
async fn a_proxy_that_refuses_the_stream_in_whatever_way_blinds_nobody() {
    for status in [401, 403, 407, 500, 501, 502, 503, 504, CUT] {
        let live = Live::start().await;
        live.between.store(true, Ordering::SeqCst);
        live.refuse.store(status, Ordering::SeqCst);
        live.with(|it| it.change(&[0, 2]));
        let mut it = Running::start(&live.url);
        let said = if status == CUT { "cut the connection".to_owned() } else { format!("the stream is refused with {status}") };
        it.link("polling", |it| matches!(it, Link::Polling { why, .. } if why.contains(&said))).await;
        it.has(&live).await;
        assert!(!it.links.iter().any(|it| matches!(it, Link::Refused { .. })), "{status}: {:?}", it.links);
        live.refuse.store(0, Ordering::SeqCst);
        it.link("live", |it| *it == Link::Live).await;
    }
}

#[tokio::test]
async fn a_platform_that_itself_refuses_the_stream_is_not_asked_by_the_back_door() {
    for status in [401, 403] {
        let live = Live::start().await;
        live.refuse.store(status, Ordering::SeqCst);
        let mut it = Running::start(&live.url);
        it.link("refused", |it| matches!(it, Link::Refused { why } if why.contains("not this way"))).await;
        assert!(!it.links.iter().any(|it| matches!(it, Link::Polling { .. })), "{status}: {:?}", it.links);
    }
    for status in [500, 502, 503, 504] {
        let live = Live::start().await;
        live.refuse.store(status, Ordering::SeqCst);
        let mut it = Running::start(&live.url);
        it.link("retrying", |it| matches!(it, Link::Retrying { why, .. } if why.contains("not this way"))).await;
        assert!(!it.links.iter().any(|it| matches!(it, Link::Polling { .. })), "{status}: {:?}", it.links);
    }
}

#[tokio::test]
async fn a_refused_token_is_said_once_and_tried_again_only_when_asked() {
    let live = Live::start().await;
    live.refuse.store(401, Ordering::SeqCst);
    let mut it = Running::start(&live.url);
    it.link("refused", |it| matches!(it, Link::Refused { .. })).await;
    live.refuse.store(0, Ordering::SeqCst);
    it.asks.send(Ask { id: AskId(1), request: Request::Refresh }).await.unwrap();
    it.link("live", |it| *it == Link::Live).await;
}

#[tokio::test]
async fn every_ask_is_answered_also_when_nobody_is_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut it = Running::start(&url);
    let requests = [
        Request::Restart { service: ServiceId::new("s") },
        Request::Follow(LogFilter::default()),
        Request::Refresh,
        Request::Logs(LogQuery::default()),
    ];
    for (index, request) in requests.into_iter().enumerate() {
        it.asks.send(Ask { id: AskId(index as u64), request }).await.unwrap();
    }
    let mut answers = std::collections::BTreeMap::new();
    it.until("four answers", |_, event| {
        if let Event::Answer(id, answer) = event {
            answers.insert(id.0, (**answer).clone());
        }
        answers.len() == 4
    })
    .await;
    assert!(matches!(answers[&0], Answer::Failed(Fault::Offline(_))), "{:?}", answers[&0]);
    assert!(matches!(answers[&1], Answer::Done { .. }));
    assert!(matches!(answers[&2], Answer::Done { .. }));
    assert!(matches!(answers[&3], Answer::Failed(Fault::Offline(_))));
}

#[tokio::test]
async fn the_source_ends_within_a_second_of_its_asks() {
    let live = Live::start().await;
    let mut it = Running::start(&live.url);
    it.link("live", |it| *it == Link::Live).await;
    drop(it.asks);
    tokio::time::timeout(Duration::from_secs(1), it.task).await.expect("within a second").unwrap();
}

#[tokio::test]
async fn a_full_lane_drops_the_oldest_lines_says_how_many_and_loses_no_fact() {
    let (lane, mut events) = mpsc::channel(2);
    let sink = Sink::new(SourceId(0), lane);
    let all = 3 * HELD_LINES as u64;
    for start in (1..=all).step_by(500) {
        assert!(sink.send(Event::Logs((start..start + 500).map(line).collect())).await);
    }
    let facts = tokio::spawn(async move {
        for attempt in 0..50 {
            assert!(sink.send(Event::Link(Link::Connecting { attempt })).await);
        }
    });
    let (mut shown, mut lost, mut links, mut gaps, mut last) = (0, 0, 0, 0, 0);
    while shown + lost < all || links < 50 {
        let (_, event) = tokio::time::timeout(Duration::from_secs(20), events.recv()).await.expect("in time").expect("all of it");
        match event {
            Event::Logs(lines) => {
                for it in lines {
                    assert!(it.off > last, "in order");
                    last = it.off;
                    shown += 1;
                }
            }
            Event::LogGap(gap) => {
                assert_eq!((gap.reason.clone(), gap.offs.end() - gap.offs.start() + 1), (GapReason::Local, gap.count));
                assert!(*gap.offs.start() > last, "in its place");
                last = *gap.offs.end();
                lost += gap.count;
                gaps += 1;
            }
            Event::Link(_) => links += 1,
            other => panic!("{other:?}"),
        }
    }
    facts.await.unwrap();
    assert_eq!((shown + lost, links, gaps), (all, 50, 1));
    assert!(shown >= HELD_LINES as u64);
}
