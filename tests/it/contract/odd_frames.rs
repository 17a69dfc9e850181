//! Frames that no good client sends, down to their bytes: odd closes, floods, fragments; and as many subscriptions as one may have.

use std::collections::BTreeMap;

use tokio::io::AsyncWriteExt as _;
use trackside::model::event::Change;
use trackside::wire::stream::{Position, ServerFrame, StreamCode};

use super::desk::Desk;
use super::samples;
use super::watch::{Ended, Watcher};

/// The subscription of a state, as text.
const STATE: &str = r#"{"t":"sub","sub":1,"topic":{"topic":"state"},"since":null}"#;

/// One frame of a WebSocket: its first byte (flags and kind), its payload, masked with zeros as clients must.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ ..126 => out.push(0x80 | n as u8),
        n => {
            out.push(0x80 | 0x7e);
            out.extend(u16::try_from(n).unwrap().to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend(payload);
    out
}

/// `text` in fragments of one byte each, with `empty` empty ones after the first.
fn crumbs(text: &str, empty: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let last = text.len() - 1;
    for (at, byte) in text.bytes().enumerate() {
        out.extend(frame(
            if at == 0 {
                0x01
            } else if at == last {
                0x80
            } else {
                0x00
            },
            &[byte],
        ));
        if at == 0 {
            out.extend(frame(0x00, b"").repeat(empty));
        }
    }
    out
}

async fn raw(watcher: &mut Watcher, bytes: &[u8]) {
    // Who was let go may be gone before all of it is written.
    let _ = watcher.socket.get_mut().write_all(bytes).await;
}

/// A watcher of the state that is up to date.
async fn following(desk: &Desk) -> Watcher {
    let (mut it, _) = Watcher::new(desk).await;
    it.state(1, None).await;
    it.until(|frame| matches!(frame, ServerFrame::Bm { .. }).then_some(())).await;
    it
}

/// `good` hears of a change made now.
async fn still_served(desk: &Desk, good: &mut Watcher) {
    let made = desk.write(vec![Change::Project(samples::project("prj_1"))]).await;
    good.until(|frame| matches!(frame, ServerFrame::Ev { rev, .. } if rev == made).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_closes_and_what_is_no_frame_end_their_own_connection_alone() {
    let desk = Desk::start().await;
    let mut good = following(&desk).await;
    let close = |code: u16, reason: &[u8]| frame(0x88, &[&code.to_be_bytes()[..], reason].concat());
    // A close is answered by one; what breaks the framing is told so by our own code.
    for (name, bytes, codes) in [
        ("close 1005", close(1005, b""), &[1002][..]),
        ("close 1006", close(1006, b""), &[1002]),
        ("close 65535", close(65535, b""), &[1002]),
        ("close 0", close(0, b""), &[1002]),
        ("a close of one byte", frame(0x88, b"x"), &[4400]),
        ("a reason that is no text", close(1000, b"\xff\xfe"), &[4400, 1002, 1007]),
        ("a reason of 200 bytes", close(1000, &[b'x'; 200]), &[4400]),
        ("an ordinary close", close(1000, b"bye"), &[1000]),
        ("a kind that is not", frame(0x83, b"x"), &[4400]),
        ("a reserved bit", frame(0xc1, b"x"), &[4400]),
        ("a ping in parts", frame(0x09, b"x"), &[4400]),
        ("a long ping", frame(0x89, &[b'x'; 126]), &[4400]),
        ("a part of nothing", frame(0x80, b"x"), &[4400]),
        ("text that is none", frame(0x81, b"\xff\xff"), &[4400]),
        ("a frame without a mask", vec![0x81, 0x01, b'x'], &[4400]),
    ] {
        let mut odd = following(&desk).await;
        raw(&mut odd, &bytes).await;
        let (frames, ended) = odd.rest().await;
        assert!(matches!(ended, Ended::Closed(code) if codes.contains(&code)), "{name}: {ended:?} after {frames:?}");
        still_served(&desk, &mut good).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_pings_is_ended_and_a_pong_nobody_asked_for_is_not_heard() {
    let desk = Desk::start().await;
    let (mut good, mut flood) = (following(&desk).await, following(&desk).await);
    raw(&mut good, &frame(0x8a, b"nobody asked").repeat(20)).await;
    raw(&mut good, &frame(0x89, b"there?").repeat(20)).await;
    still_served(&desk, &mut good).await;
    let pings = frame(0x89, b"there?").repeat(200);
    // Ten times as many as are listened to. A write that fails is the end, which is what is waited for.
    for _ in 0..250 {
        if flood.socket.get_mut().write_all(&pings).await.is_err() {
            break;
        }
    }
    let (frames, ended) = flood.rest().await;
    let told = frames.iter().any(|it| matches!(it, ServerFrame::Bye { code: 4400, resumable: false, .. }));
    assert!(told || ended == Ended::Cut, "{ended:?}: {frames:?}");
    still_served(&desk, &mut good).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_crumbs_is_read_and_one_that_grows_too_large_is_refused_by_its_size() {
    let desk = Desk::start().await;
    let mut good = following(&desk).await;
    let (mut patient, _) = Watcher::new(&desk).await;
    raw(&mut patient, &crumbs(STATE, 50_000)).await;
    patient.until(|frame| matches!(frame, ServerFrame::Bm { sub: 1, .. }).then_some(())).await;
    let grows = [frame(0x01, b"x"), frame(0x00, b"x").repeat(17_000)].concat();
    // Two to the power of 62 bytes are announced, and never come.
    let claims = [&[0x81, 0xff, 0x40][..], &[0; 7], &[0; 4]].concat();
    for (name, bytes) in [("one byte after the other", grows), ("a length without measure", claims)] {
        let mut large = following(&desk).await;
        raw(&mut large, &bytes).await;
        let (frames, ended) = large.rest().await;
        let told = frames.iter().any(|it| matches!(it, ServerFrame::Bye { code: 4413, .. }));
        assert!(told || ended == Ended::Cut, "{name}: {ended:?}: {frames:?}");
        still_served(&desk, &mut good).await;
    }
}

/// What one subscription has been given.
#[derive(Default)]
struct Got {
    n: u64,
    rev: u64,
    offs: Vec<u64>,
}

/// Frames until every one of `subs` has revision `rev`, or all the lines of its own up to `last`; the order of each is looked at.
async fn all_served(watcher: &mut Watcher, subs: &mut BTreeMap<u32, Got>, rev: u64, last: u64) {
    let done = |subs: &BTreeMap<u32, Got>| {
        subs.iter().all(|(sub, got)| if sub % 2 == 0 { got.rev >= rev } else { got.offs.last().is_some_and(|off| off + 10 > last) })
    };
    while !done(subs) {
        let next = watcher.next().await;
        let (sub, n) = match &next {
            ServerFrame::Ev { sub, n, .. } | ServerFrame::Bm { sub, n, .. } | ServerFrame::Log { sub, n, .. } => (*sub, *n),
            ServerFrame::Hb { .. } => continue,
            other => panic!("{other:?}"),
        };
        let got = subs.get_mut(&sub).unwrap_or_else(|| panic!("nobody asked for {sub}"));
        assert_eq!(n, got.n + 1, "nothing of {sub} is lost or changes its place");
        got.n = n;
        match next {
            ServerFrame::Ev { rev, .. } => {
                assert_eq!((sub % 2, rev), (0, got.rev + 1));
                got.rev = rev;
            }
            ServerFrame::Log { lines, .. } => {
                for line in lines {
                    assert_eq!(sub % 2, 1);
                    assert!(line.text.contains(&format!("of {} ", sub % 10)), "{sub} was given {}", line.text);
                    assert!(got.offs.last().is_none_or(|it| *it < line.off));
                    got.offs.push(line.off);
                }
            }
            _ => {}
        }
    }
}

async fn subscribe(watcher: &mut Watcher, sub: u32, epoch: &str, since: u64) {
    let since = Position { epoch: epoch.to_owned(), rev: since };
    if sub.is_multiple_of(2) {
        watcher.state(sub, Some(&since)).await;
        return;
    }
    let since = serde_json::to_string(&since).unwrap();
    let text = format!("of {} ", sub % 10);
    watcher.say(&format!(r#"{{"t":"sub","sub":{sub},"topic":{{"topic":"logs","filter":{{"text":"{text}"}}}},"since":{since}}}"#)).await;
}

async fn produce(desk: &Desk, rounds: u64) -> (u64, u64) {
    let mut rev = 0;
    for round in 0..rounds {
        rev = desk.write(vec![Change::Project(samples::project("prj_1"))]).await;
        let line = |it: u64| samples::entry(format!("of {it} in round {round}"));
        desk.feeds.logs.append((0..10).map(line).collect());
    }
    desk.feeds.logs.flush();
    (rev, desk.feeds.logs.head())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_subscriptions_each_of_those_taken_keeps_its_order_also_over_a_cut() {
    let desk = Desk::start().await;
    let (mut first, hello) = Watcher::new(&desk).await;
    for sub in 1..=100 {
        subscribe(&mut first, sub, if sub % 2 == 0 { &hello.epoch } else { &hello.log_epoch }, 0).await;
    }
    // Sixty-four at once are taken; the others are told so, and nothing else of them comes.
    let (mut refused, mut subs) = (Vec::new(), BTreeMap::new());
    while refused.len() < 36 || subs.len() < 64 {
        match first.next().await {
            ServerFrame::Err { sub: Some(sub), code: StreamCode::TooMany, .. } => refused.push(sub),
            ServerFrame::Bm { sub, n: 1, .. } => drop(subs.insert(sub, Got { n: 1, ..Got::default() })),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((refused, subs.keys().copied().collect::<Vec<_>>()), ((65..=100).collect::<Vec<_>>(), (1..=64).collect::<Vec<_>>()));
    let (rev, head) = produce(&desk, 30).await;
    all_served(&mut first, &mut subs, rev, head).await;
    drop(first);
    let (rev, head) = produce(&desk, 30).await;
    let (mut again, hello) = Watcher::new(&desk).await;
    for (sub, got) in &mut subs {
        got.n = 0;
        let (epoch, since) = if sub % 2 == 0 { (&hello.epoch, got.rev) } else { (&hello.log_epoch, *got.offs.last().unwrap()) };
        subscribe(&mut again, *sub, epoch, since).await;
    }
    all_served(&mut again, &mut subs, rev, head).await;
    for (sub, got) in subs {
        assert_eq!(if sub % 2 == 0 { got.rev } else { got.offs.len() as u64 }, 60, "{sub} has all, and none twice");
    }
}
