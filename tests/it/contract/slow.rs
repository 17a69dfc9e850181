//! Readers that stop reading: let go as resumable, at nobody else's cost.

use trackside::local::db::Outbox;
use trackside::local::limit::Limits;
use trackside::local::live::{Heads, Input, Need, Output, Reach, Session};
use trackside::local::logs::{Batch, Item};
use trackside::model::event::Change;
use trackside::model::log::LogFilter;
use trackside::model::time::Time;
use trackside::wire::stream::{ClientFrame, Position, ServerFrame, Topic};

use super::desk::{Desk, roomy};
use super::samples;
use super::watch::Watcher;

fn reach(rev: u64, ring: u64) -> Reach {
    Reach { heads: Heads { rev, ring, metrics: 0 }, floor: 0, log_head: 0 }
}

/// What goes out until there is nothing more to say, answers to needs aside.
fn said(session: &mut Session) -> (Vec<ServerFrame>, Option<u16>) {
    let mut frames = Vec::new();
    loop {
        match session.poll() {
            Output::Send(text) => frames.push(serde_json::from_str(&text).unwrap()),
            Output::Ask(sub, _) => session.take(Input::Changes { sub, found: Some(Vec::new()) }),
            Output::Close(code, _) => return (frames, Some(code)),
            Output::Idle => return (frames, None),
        }
    }
}

#[test]
fn who_falls_out_of_what_is_at_hand_is_closed_as_slow_and_resumable() {
    let hello = ServerFrame::Pong { id: 0, now: Time(0) };
    let mut session = Session::new(hello, "e".to_owned(), "l".to_owned(), reach(5, 0));
    let since = Some(Position { epoch: "e".to_owned(), rev: 5 });
    session.take(Input::Client(ClientFrame::Sub { sub: 1, topic: Topic::State, since }, Time(0)));
    assert_eq!(said(&mut session).1, None, "it is up to date");
    session.take(Input::Moved(reach(6, 5)));
    assert!(!session.is_ending(), "one behind, and that one is at hand");
    session.take(Input::Moved(reach(2000, 900)));
    let (frames, code) = said(&mut session);
    assert!(matches!(frames.as_slice(), [ServerFrame::Bye { code: 4008, resumable: true, .. }]), "{frames:?}");
    assert_eq!(code, Some(4008));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_never_reads_again_gives_its_place_free_while_the_other_gets_every_change() {
    let desk = Desk::with(Limits { streams: 2, ..roomy() }, std::time::Duration::from_secs(15)).await;
    let (mut stuck, _) = Watcher::new(&desk).await;
    let (mut good, hello) = Watcher::new(&desk).await;
    for watcher in [&mut stuck, &mut good] {
        watcher.state(1, None).await;
        watcher.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    }
    let full = Watcher::speaking(&desk, Some("trackside.v1")).await;
    assert!(matches!(full, Err(tokio_tungstenite::tungstenite::Error::Http(answer)) if answer.status() == 429), "both places are taken");
    let mut project = samples::project("prj_big");
    let environment = project.environments[0].clone();
    project.environments = (0..300)
        .map(|i| trackside::model::project::Environment { name: format!("{i:0500}").as_str().into(), ..environment.clone() })
        .collect();
    // From here on nobody reads `stuck`. What it was sent last is what can be resumed from.
    let (mut rev, mut worst) = (0, std::time::Duration::ZERO);
    let mut third = loop {
        rev += 1;
        let asked = std::time::Instant::now();
        desk.write(vec![Change::Project(project.clone())]).await;
        let seen = good.until(|frame| if let ServerFrame::Ev { rev, .. } = frame { Some(rev) } else { None }).await;
        assert_eq!(seen, rev, "the other one gets each change in its turn");
        worst = worst.max(asked.elapsed());
        assert!(rev < 2000, "the stuck one is never let go");
        if let Ok(socket) = Watcher::speaking(&desk, Some("trackside.v1")).await {
            break socket;
        }
    };
    println!("let go after {rev} changes of 160 KB; the other one waited {worst:?} at most");
    third.until(|frame| matches!(frame, ServerFrame::Hello(_)).then_some(())).await;
    third.state(1, Some(&Position { epoch: hello.epoch, rev: 0 })).await;
    for wanted in 1..=rev {
        let ServerFrame::Ev { rev, .. } = third.next().await else { panic!("nothing is lost for who resumes") };
        assert_eq!(rev, wanted);
    }
    drop(stuck);
}

fn follow(session: &mut Session, sub: u32, topic: Topic, epoch: &str, rev: u64) {
    let since = Some(Position { epoch: epoch.to_owned(), rev });
    session.take(Input::Client(ClientFrame::Sub { sub, topic, since }, Time(0)));
}

#[test]
fn a_change_of_state_waits_for_no_log_line_however_many_there_are_to_send() {
    let hello = ServerFrame::Pong { id: 0, now: Time(0) };
    let behind = Reach { log_head: 40_000, ..reach(5, 0) };
    let mut session = Session::new(hello, "e".to_owned(), "l".to_owned(), behind);
    follow(&mut session, 1, Topic::Logs { filter: LogFilter::default(), tail: 0 }, "l", 0);
    follow(&mut session, 2, Topic::State, "e", 5);
    let (mut rev, mut lines, mut since_change, mut changes) = (5, 0, 0, 0);
    while lines < 40_000 {
        match session.poll() {
            Output::Send(text) => {
                assert!(text.len() <= 33 * 1024, "what comes next waits for {} bytes", text.len());
                match serde_json::from_str(&text).unwrap() {
                    ServerFrame::Log { lines: some, .. } => {
                        (lines, since_change) = (lines + some.len(), since_change + 1);
                        assert!(rev == 5 + changes, "a frame of lines went before revision {rev}");
                        if since_change > 3 {
                            (rev, since_change) = (rev + 1, 0);
                            session.take(Input::Moved(Reach { log_head: 40_000, ..reach(rev, 0) }));
                        }
                    }
                    ServerFrame::Ev { rev: told, .. } => {
                        assert_eq!(told, rev);
                        changes += 1;
                    }
                    _ => {}
                }
            }
            Output::Ask(sub, Need::Changes { after, .. }) => {
                let found = (after + 1..=rev).map(|rev| Outbox { rev, json: "[]".into() }).collect();
                session.take(Input::Changes { sub, found: Some(found) });
            }
            Output::Ask(sub, Need::Logs { after, max }) => {
                let items = (after + 1..=after + max as u64).map(|off| Item::Line(samples::line(off))).collect();
                session.take(Input::Logs { sub, batch: Batch { items, reached: after + max as u64, more: true } });
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(changes > 50, "{changes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_line_full_of_log_lines_a_change_comes_before_most_of_them() {
    let desk = Desk::start().await;
    let text = "x".repeat(1000);
    let line = |_| samples::entry(text.clone());
    for _ in 0..20 {
        desk.feeds.logs.append((0..1000).map(line).collect());
    }
    desk.feeds.logs.flush();
    // What the reader's own end takes in is bounded too, or the kernel would hold all of it at once.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(32 * 1024).unwrap();
    let mut slow = Watcher::over(socket.connect(([127, 0, 0, 1], desk.port).into()).await.unwrap(), desk.port).await;
    let ServerFrame::Hello(hello) = slow.next().await else { panic!("no greeting") };
    slow.state(1, Some(&Position { epoch: hello.epoch, rev: 0 })).await;
    slow.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    let since = format!(r#"{{"epoch":"{}","rev":0}}"#, hello.log_epoch);
    slow.say(&format!(r#"{{"t":"sub","sub":2,"topic":{{"topic":"logs"}},"since":{since}}}"#)).await;
    slow.until(|frame| matches!(frame, ServerFrame::Log { .. }).then_some(())).await;
    desk.write(vec![Change::Project(samples::project("prj_1"))]).await;
    let mut before = 0;
    loop {
        match slow.next().await {
            ServerFrame::Log { lines, .. } => before += lines.len(),
            ServerFrame::Ev { rev: 1, .. } => break,
            other => panic!("{other:?}"),
        }
    }
    // A thousand lines are a megabyte. On its way are what both kernels and the socket hold: some hundred kilobytes.
    assert!(before < 1500, "{before} lines of 20000 went before it");
}
