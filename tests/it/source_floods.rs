//! What a broken or hostile platform can do to the dashboard's end of a stream: floods, odd closes, crumbs, and a clock of its own.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use trackside::model::event::Event;
use trackside::model::ids::SourceId;
use trackside::model::link::Link;
use trackside::model::text::Clean;
use trackside::model::time::Millis;
use trackside::platform::patience::Patience;
use trackside::platform::port::{Ask, Source as _};
use trackside::platform::sink::Sink;
use trackside::platform::trackside::source::Trackside;

use crate::source_fake::{Act, Fake, answer, header};
use crate::source_wire::{brisk, endpoint};

const HELLO: &str = r#"{"t":"hello","protocol":"trackside.v1","epoch":"e","head":0,"floor":0,"log_epoch":"l","log_head":0,"log_floor":0,"heartbeat_ms":15000,"idle_ms":0,"max_frame":262144,"now":"2026-11-22T14:22:06.114Z","server":"odd"}"#;

/// One frame of a server: its first byte (flags and kind) and its payload, unmasked.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ ..126 => out.push(n as u8),
        n => {
            out.push(126);
            out.extend(u16::try_from(n).unwrap().to_be_bytes());
        }
    }
    out.extend(payload);
    out
}

/// A server whose every stream begins with `first`, goes on with `again` for ever, and then says nothing else.
async fn odd(first: Vec<u8>, again: Vec<u8>, pause: Duration) -> Fake {
    Fake::start(move |_, request| {
        if header(request, "upgrade").is_none() {
            return Act::Say(answer("404 Not Found", "content-type: application/json\r\n", r#"{"success":false,"code":"not_found","message":"no"}"#));
        }
        let accept = derive_accept_key(header(request, "sec-websocket-key").unwrap_or_default().as_bytes());
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\nsec-websocket-protocol: trackside.v1\r\n\r\n"
        );
        let first = [head.as_bytes(), &first].concat();
        if again.is_empty() { Act::Say(first) } else { Act::Drip(first, again.clone(), pause) }
    })
    .await
}

/// What is said of the stream of `fake` when it has ended, or is given up.
async fn end_of(fake: &Fake) -> Clean {
    patient_end_of(fake, steady()).await
}

/// What is short here is what a test waits for; a slow machine is given time to connect and to hear a greeting.
fn steady() -> Patience {
    let (connect, first_byte) = (Duration::from_secs(20), Duration::from_secs(20));
    Patience { connect, first_byte, hello: Millis(4_000), ..brisk() }
}

async fn patient_end_of(fake: &Fake, patience: Patience) -> Clean {
    let (asks, questions) = mpsc::channel::<Ask>(4);
    let (lane, mut events) = mpsc::channel(256);
    let task = tokio::spawn(Box::new(Trackside::patient(endpoint(&fake.url), patience)).run(questions, Sink::new(SourceId(1), lane)));
    let mut live = false;
    let end = loop {
        let (_, event) =
            tokio::time::timeout(Duration::from_mins(1), events.recv()).await.expect("an end in time").expect("the source runs");
        match event {
            Event::Link(Link::Retrying { why, .. } | Link::Polling { why, .. } | Link::Refused { why }) => break why,
            Event::Link(Link::Live) => live = true,
            _ => {}
        }
    };
    assert!(!live, "nothing whole was ever said");
    drop(asks);
    task.await.unwrap();
    end
}

#[tokio::test]
async fn pings_without_end_are_a_lost_stream_and_a_few_are_no_sign_of_a_platform() {
    let ping = frame(0x89, b"there?");
    let hello = frame(0x81, HELLO.as_bytes());
    let fake = odd(hello.clone(), ping.repeat(500), Duration::from_millis(1)).await;
    // How many come between two looks at the clock is the machine's business: here no second look is taken.
    let counting = Patience { tick: Duration::from_mins(10), ..steady() };
    assert_eq!(patient_end_of(&fake, counting).await.as_str(), "the platform sends pings without end");
    let fake = odd(Vec::new(), ping.clone(), Duration::from_millis(20)).await;
    assert_eq!(end_of(&fake).await.as_str(), "the stream opens, but nothing comes through it");
    let fake = odd(hello, ping, Duration::from_millis(20)).await;
    let end = end_of(&fake).await;
    assert!(end.as_str().starts_with("nothing was heard for"), "{end}");
}

#[tokio::test]
async fn text_that_is_no_greeting_puts_off_nothing() {
    let fake = odd(Vec::new(), frame(0x81, b"{}"), Duration::from_millis(20)).await;
    assert_eq!(end_of(&fake).await.as_str(), "the stream opens, but nothing comes through it");
}

#[tokio::test]
async fn a_message_that_never_ends_is_given_up_by_its_size_or_by_the_clock() {
    let too_much = [frame(0x01, b"x"), frame(0x00, &b"x".repeat(60_000)).repeat(5)].concat();
    let end = end_of(&odd(too_much, Vec::new(), Duration::ZERO).await).await;
    assert!(end.as_str().starts_with("the platform sent too much at once"), "{end}");
    let crumbs = frame(0x00, b"x").repeat(1000);
    let end = end_of(&odd(frame(0x01, b"x"), crumbs, Duration::from_millis(1)).await).await;
    let known = ["the platform sent too much at once", "the stream opens, but nothing comes through it"];
    assert!(known.iter().any(|it| end.as_str().starts_with(it)), "{end}");
    let empty = frame(0x00, b"").repeat(4000);
    let end = end_of(&odd(frame(0x01, b"{"), empty, Duration::from_millis(1)).await).await;
    assert_eq!(end.as_str(), "the stream opens, but nothing comes through it");
    let claims = [&[0x81, 0x7f, 0x40][..], &[0; 7]].concat();
    let end = end_of(&odd(claims, Vec::new(), Duration::ZERO).await).await;
    assert!(end.as_str().starts_with("the platform sent too much at once"), "{end}");
}

#[tokio::test]
async fn a_greeting_in_crumbs_is_read() {
    let last = HELLO.len() - 1;
    let crumb = |(at, byte): (usize, u8)| {
        frame(
            if at == 0 {
                0x01
            } else if at == last {
                0x80
            } else {
                0x00
            },
            &[byte],
        )
    };
    let hello: Vec<u8> = HELLO.bytes().enumerate().flat_map(crumb).collect();
    let fake = odd(hello, frame(0x89, b"there?"), Duration::from_millis(20)).await;
    // Who was greeted is lost by silence; who was not has never been through.
    let end = end_of(&fake).await;
    assert!(end.as_str().starts_with("nothing was heard for"), "{end}");
}

#[tokio::test]
async fn odd_closes_and_what_is_no_frame_are_a_loss_that_is_said_in_words() {
    let close = |code: u16, reason: &[u8]| frame(0x88, &[&code.to_be_bytes()[..], reason].concat());
    for (name, bytes) in [
        ("close 1005", close(1005, b"")),
        ("close 1006", close(1006, b"")),
        ("close 65535", close(65535, b"")),
        ("close 0", close(0, b"")),
        ("close 3999", close(3999, b"")),
        ("a close of nothing", frame(0x88, b"")),
        ("a close of one byte", frame(0x88, b"x")),
        ("a reason that is no text", close(1000, b"\xff\xfe")),
        ("a reason of 200 bytes", close(1000, &[b'x'; 200])),
        ("a reason that drives a terminal", close(1011, "\u{1b}]52;c;aGk=\u{7}\u{9b}2J\u{202e}x".as_bytes())),
        ("a kind that is not", frame(0x83, b"x")),
        ("a reserved bit", frame(0xc1, b"x")),
        ("a ping in parts", frame(0x09, b"x")),
        ("a long ping", frame(0x89, &[b'x'; 126])),
        ("a part of nothing", frame(0x80, b"x")),
        ("text that is none", frame(0x81, b"\xff\xff")),
        ("a masked frame", vec![0x81, 0x81, 1, 2, 3, 4, b'x']),
    ] {
        let fake = odd([frame(0x81, HELLO.as_bytes()), bytes].concat(), Vec::new(), Duration::ZERO).await;
        let why = end_of(&fake).await;
        assert!(!why.as_str().is_empty() && why.as_str().len() < 300, "{name}: {why}");
        assert!(!why.as_str().chars().any(|it| it.is_control() || it == '\u{202e}'), "{name}: {:?}", why.as_str());
    }
}
