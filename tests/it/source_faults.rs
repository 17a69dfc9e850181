//! What servers and proxies do to a client, through the whole source: an incident that is open stays open on the screen whatever comes
//! back, no token goes where it does not belong, and nothing is asked for more often than one may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use trackside::model::event::{Event, Snapshot};
use trackside::model::ids::SourceId;
use trackside::model::link::Link;
use trackside::model::time::Millis;
use trackside::platform::answer;
use trackside::platform::http::Reply;
use trackside::platform::patience::Patience;
use trackside::platform::port::{Ask, Source as _};
use trackside::platform::retry::Backoff;
use trackside::platform::sink::Sink;
use trackside::platform::trackside::client::Client;
use trackside::platform::trackside::read::{Info, frame};
use trackside::platform::trackside::source::Trackside;
use trackside::platform::trouble::Trouble;
use trackside::wire::calls::SnapshotInfo;
use trackside::wire::digest::Digest;
use trackside::wire::rest::Envelope;
use trackside::wire::stream::Position;

use crate::figures;
use crate::fixture;
use crate::hostile::{Dice, harmless, strings};
use crate::source_fake::{Act, Fake, answer as say, header, json};
use crate::source_wire::{brisk, endpoint};

const JSON: &str = "content-type: application/json\r\n";

/// A good answer with an incident that is open.
fn open_incident() -> String {
    let snapshot = Snapshot { unreadable: std::collections::BTreeMap::default(), ..fixture::snapshot() };
    assert!(snapshot.incidents.iter().any(|it| it.resolved.is_none()));
    let info =
        SnapshotInfo { position: Position { epoch: "e".to_owned(), rev: 9 }, digest: Digest::default().hex(), snapshot, degraded: None };
    serde_json::to_string(&Envelope::ok(info)).unwrap()
}

/// Everything that can come back instead of an answer.
fn variants() -> Vec<(String, Act)> {
    let whole = open_incident();
    let status = |status: &str, headers: &str, body: &str| (status.to_owned(), Act::Say(say(status, headers, body)));
    let mut all = vec![
        ("nothing".to_owned(), Act::Close),
        ("silence".to_owned(), Act::Hang),
        (
            "a trickle".to_owned(),
            Act::Drip(
                format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 9999\r\n\r\n").into_bytes(),
                b" ".to_vec(),
                Duration::from_millis(30),
            ),
        ),
        (
            "a head without end".to_owned(),
            Act::Drip(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x-more: and more\r\n".to_vec(), Duration::from_millis(20)),
        ),
        ("no http".to_owned(), Act::Say(b"220 mail.example ESMTP\r\n".to_vec())),
        ("a page".to_owned(), Act::Say(say("200 OK", "content-type: text/html\r\n", "<h1>Please log in</h1>"))),
        ("an empty body".to_owned(), Act::Say(say("200 OK", JSON, ""))),
        ("null".to_owned(), json("null")),
        ("an empty list".to_owned(), json("[]")),
        ("success without data".to_owned(), json(r#"{"success":true,"data":null,"message":null}"#)),
        ("a failure in a good status".to_owned(), json(r#"{"success":false,"data":null,"message":"no","code":"internal"}"#)),
        ("no lists".to_owned(), json(r#"{"success":true,"data":{"position":{"epoch":"e","rev":9},"digest":"00","snapshot":[]}}"#)),
        (
            "a list left out".to_owned(),
            json(
                r#"{"success":true,"data":{"position":{"epoch":"e","rev":9},"digest":"00","snapshot":{"teams":[],"projects":[],"services":[],"deployments":[]}}}"#,
            ),
        ),
        ("a byte order mark".to_owned(), json(&format!("\u{feff}{whole}"))),
        ("utf-16".to_owned(), Act::Say([say("200 OK", JSON, "").as_slice(), b"\xff\xfe{\0}\0"].concat())),
        ("more after the end".to_owned(), json(&format!("{whole}{whole}"))),
        ("a redirect elsewhere".to_owned(), Act::Say(say("302 Found", "location: http://127.0.0.1:1/\r\n", ""))),
        ("a redirect to a file".to_owned(), Act::Say(say("302 Found", "location: file:///etc/passwd\r\n", ""))),
        ("a redirect to nowhere".to_owned(), Act::Say(say("302 Found", "", ""))),
        ("a wrong encoding".to_owned(), Act::Say(say("200 OK", &format!("{JSON}content-encoding: gzip\r\n"), &whole))),
        (
            "chunks that lie".to_owned(),
            Act::Say(format!("HTTP/1.1 200 OK\r\n{JSON}transfer-encoding: chunked\r\n\r\nzz\r\n{whole}").into_bytes()),
        ),
        (
            "two lengths".to_owned(),
            Act::Say(format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 5\r\ncontent-length: 7\r\n\r\n{whole}").into_bytes()),
        ),
    ];
    for code in [
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "408 Request Timeout",
        "409 Conflict",
        "410 Gone",
        "413 Content Too Large",
        "418 Teapot",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "501 Not Implemented",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
        "599 Unknown",
    ] {
        all.push(status(code, "content-type: text/html\r\n", "<h1>no</h1>"));
    }
    for share in [1, 30, 50, 90, 99] {
        all.push((format!("{share} % of it"), json(&whole[..whole.floor_char_boundary(whole.len() * share / 100)])));
    }
    all
}

/// The source on a server that gives one good answer and then `act` for ever; what it said until it said that it is not well.
async fn after(act: Act) -> (Vec<Event>, Fake) {
    let (whole, good) = (open_incident(), Arc::new(AtomicBool::new(true)));
    let fake = Fake::start(move |_, request| {
        let line = request.lines().next().unwrap_or_default();
        if header(request, "upgrade").is_some() {
            return Act::Say(say("404 Not Found", "", ""));
        }
        if line.contains("/snapshot") {
            return if good.swap(false, Ordering::SeqCst) { json(&whole) } else { act.clone() };
        }
        if line.contains("/logs") {
            return json(r#"{"success":true,"data":{"epoch":"l","lines":[],"beginning":true,"end":true}}"#);
        }
        json(r#"{"success":true,"data":{"user":"ada","deploy":true}}"#)
    })
    .await;
    let (asks, questions) = mpsc::channel::<Ask>(4);
    let (lane, mut events) = mpsc::channel(256);
    let source = Box::new(Trackside::patient(endpoint(&fake.url), brisk()));
    let task = tokio::spawn(source.run(questions, Sink::new(SourceId(0), lane)));
    let mut said = Vec::new();
    let (mut snapshots, mut unwell) = (0, false);
    while !unwell {
        let next = tokio::time::timeout(Duration::from_mins(1), events.recv()).await;
        let (_, event) = next.unwrap_or_else(|_| panic!("it never said that it is not well: {said:?}")).unwrap();
        snapshots += usize::from(matches!(event, Event::Snapshot(_)));
        let bad = matches!(event, Event::Link(Link::Retrying { .. } | Link::Refused { .. } | Link::Stale { .. }));
        unwell = snapshots > 0 && bad;
        said.push(event);
    }
    task.abort();
    drop(asks);
    (said, fake)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_back_an_open_incident_stays_and_the_link_says_that_it_is_old() {
    let all = variants();
    let count = all.len();
    assert!(count >= 40, "{count}");
    for batch in all.chunks(8) {
        let batch = batch.iter().cloned().map(|(name, act)| async move {
            let (said, _fake) =
                tokio::time::timeout(Duration::from_mins(2), after(act)).await.unwrap_or_else(|_| panic!("{name}: taken for good"));
            let snapshots: Vec<&Snapshot> =
                said.iter().filter_map(|it| if let Event::Snapshot(all) = it { Some(&**all) } else { None }).collect();
            assert!(!snapshots.is_empty() && snapshots.iter().all(|it| it.incidents.len() == 3), "{name}: an incident was forgotten");
        });
        futures_util::future::join_all(batch).await;
    }
    figures::keep("answers after which an open incident stays", count, 40);
}

#[test]
fn an_hour_of_failures_asks_at_most_every_fourth_second() {
    let mut dice = Dice(3);
    for _ in 0..200 {
        let (mut backoff, mut now, mut asked) = (Backoff::default(), Millis(0), 0);
        while now < Millis::hours(1) {
            now = Millis(now.0 + backoff.failed(now, dice.next(), None).0);
            asked += 1;
        }
        assert!(asked <= 900, "{asked} times");
    }
}

fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
    let value = |it: &str| reqwest::header::HeaderValue::from_bytes(it.as_bytes()).ok();
    let headers = headers.iter().filter_map(|(name, it)| Some((reqwest::header::HeaderName::from_static(name), value(it)?))).collect();
    Reply { status, headers, body: body.as_bytes().to_vec() }
}

#[test]
fn an_odd_retry_after_is_as_none_and_one_that_is_too_long_is_cut_by_the_backoff() {
    for (text, wanted) in [
        ("7", Some(Millis::secs(7))),
        ("-1", None),
        ("abc", None),
        ("", None),
        ("7.5", None),
        ("1000000000000", None),
        ("4294967295", Some(Millis::secs(4_294_967_295))),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(Millis(0))),
    ] {
        let it = reply(429, &[("retry-after", text)], "");
        assert_eq!(it.retry_after(), wanted, "{text}");
        assert_eq!(it.limited(), wanted.unwrap_or(Millis::secs(30)), "{text}");
    }
    let long = Backoff::default().failed(Millis(0), 0, Some(Millis::secs(4_294_967_295)));
    assert_eq!(long, Millis::hours(1));
    let soon = Backoff::default().failed(Millis(0), 0, Some(Millis::secs(7)));
    assert!(soon >= Millis::secs(7), "never earlier than it was asked to");
}

#[test]
fn json_that_is_deep_huge_or_odd_is_refused_and_nothing_more() {
    let deep = "[".repeat(10_000);
    let key = format!(r#"{{"{}":1}}"#, "k".repeat(1 << 20));
    for text in [
        deep.as_str(),
        &format!("{deep}{}", "]".repeat(10_000)),
        &r#"{"a":"#.repeat(10_000),
        r#"{"position":{"epoch":"e","rev":1e400},"snapshot":{}}"#,
        r#"{"position":{"epoch":"e","rev":1},"position":{"epoch":"f","rev":2},"snapshot":{}}"#,
        r#"{"position":{"epoch":"\ud800","rev":1},"snapshot":{}}"#,
        &key,
        "\u{feff}{}",
        "NaN",
        "{\"position\":{\"epoch\":\"e\",\"rev\":1},\"snapshot\":{},\"degraded\":\"\0\"}",
    ] {
        let read = answer::parse::<Info<'_>>(text.as_bytes()).map(Info::read);
        assert!(matches!(&read, Err(Trouble::Protocol(why)) if harmless(why).is_ok()), "{text:.60}: {read:?}");
        assert!(frame(text).is_err(), "{text:.60}");
    }
    let odd = r#"{"position":{"epoch":"e","rev":1},"snapshot":{"teams":[[[[]]]],"projects":[],"services":[],"deployments":[],"incidents":[],"a\u0000b":[1]}}"#;
    let read = answer::parse::<Info<'_>>(odd.as_bytes()).unwrap().read();
    assert_eq!(read.unread.len(), 1, "one object makes no sense, and the answer stands");
}

/// Zeros, compressed about 160 to 1 (RFC 1951, fixed codes: a zero, then "258 times what stood one before").
fn packed_zeros(times: usize) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut byte, mut filled) = (0_u8, 0);
    let mut bit = |it: u8, out: &mut Vec<u8>| {
        byte |= it << filled;
        filled += 1;
        if filled == 8 {
            out.push(byte);
            (byte, filled) = (0, 0);
        }
    };
    // Last block, fixed codes; the code of a zero byte. Codes go out with their first bit first.
    for it in [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0] {
        bit(it, &mut out);
    }
    for _ in 0..times {
        // Length 258 is code 285, `11000101`; distance 1 is code 0, five bits.
        for it in [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0] {
            bit(it, &mut out);
        }
    }
    out
}

#[tokio::test]
async fn an_answer_that_unpacks_without_end_is_given_up_at_the_limit() {
    let body = packed_zeros(400_000);
    assert!(body.len() < 1 << 20, "less than a MiB for a hundred: {}", body.len());
    let head = format!("HTTP/1.1 200 OK\r\n{JSON}content-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let bytes = [head.as_bytes(), &body].concat();
    let fake = Fake::start(move |_, _| Act::Say(bytes.clone())).await;
    let patience =
        Patience { whole: Duration::from_mins(1), between: Duration::from_secs(20), first_byte: Duration::from_secs(20), ..brisk() };
    let outcome = Client::patient(endpoint(&fake.url), patience).snapshot().await;
    assert!(matches!(&outcome, Err(Trouble::Protocol(why)) if why.contains("32 MiB")), "{:?}", outcome.map(|_| ()));
}

#[tokio::test]
async fn no_redirect_takes_the_token_to_another_port_scheme_or_kind_of_address() {
    let other = Fake::start(|_, _| json("{}")).await;
    let elsewhere = other.url.clone();
    let port = elsewhere.rsplit(':').next().unwrap().to_owned();
    let targets = [
        format!("{elsewhere}/api/v1/snapshot"),
        elsewhere.replace("127.0.0.1", "localhost"),
        format!("//127.0.0.1:{port}/api/v1/snapshot"),
        format!("https://127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
        "javascript:alert(1)".to_owned(),
        "http://[::1".to_owned(),
        "\u{202e}".to_owned(),
    ];
    let asked = Arc::new(AtomicUsize::new(0));
    for (index, target) in targets.iter().enumerate() {
        for code in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
            let to = target.clone();
            let (first, count) = (Arc::new(AtomicBool::new(true)), Arc::clone(&asked));
            let fake = Fake::start(move |_, _| {
                count.fetch_add(1, Ordering::SeqCst);
                if first.swap(false, Ordering::SeqCst) {
                    Act::Say(say(code, &format!("location: {to}\r\n"), ""))
                } else {
                    Act::Say(say("404 Not Found", "", ""))
                }
            })
            .await;
            let outcome = Client::patient(endpoint(&fake.url), brisk()).snapshot().await;
            assert!(outcome.is_err(), "{index} {code}");
            let said = outcome.map(|_| ()).unwrap_err().say();
            assert_eq!(harmless(&said), Ok(()));
        }
    }
    assert!(other.requests().is_empty(), "{:?}", other.requests());
    assert!(asked.load(Ordering::SeqCst) >= targets.len() * 5);
}

#[test]
fn no_text_of_a_server_or_a_proxy_drives_the_terminal_it_is_said_on() {
    let mut said = 0;
    for text in strings() {
        let body = serde_json::to_string(&Envelope::<()> {
            success: false,
            data: None,
            message: None,
            ..Envelope::failed(trackside::wire::rest::Code::Conflict, "x")
        })
        .unwrap()
        .replace("null", &serde_json::to_string(&text).unwrap());
        for (status, kind) in [
            (401, "application/json"),
            (403, "application/json"),
            (409, "application/json"),
            (422, "application/json"),
            (500, "application/json"),
            (502, text.as_str()),
            (200, text.as_str()),
        ] {
            let it = reply(status, &[("content-type", kind)], &body);
            if let Err(trouble) = answer::data::<serde_json::Value>(&it) {
                assert_eq!(harmless(&trouble.say().replace('\n', "")), Ok(()), "{status} {text:?}");
                said += 1;
            }
        }
    }
    figures::keep("hostile errors of servers, as they are said", said, 50_000);
    assert!(said >= 50_000, "{said}");
}

#[test]
fn twenty_thousand_incidents_are_taken_in_and_drawn() {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use trackside::app::msg::Msg;
    use trackside::app::update::update;

    let mut snapshot = serde_json::to_value(fixture::snapshot()).unwrap();
    let one = snapshot["incidents"][0].clone();
    let many = (0..20_000).map(|n| {
        let mut it = one.clone();
        it["id"] = format!("inc-{n}").into();
        it
    });
    snapshot["incidents"] = many.collect::<Vec<_>>().into();
    let text = serde_json::json!({ "position": { "epoch": "e", "rev": 9 }, "snapshot": snapshot }).to_string();
    let whole = answer::parse::<Info<'_>>(text.as_bytes()).unwrap().read();
    assert_eq!((whole.snapshot.incidents.len(), whole.unread.len()), (20_000, 0));
    let mut app = fixture::app(fixture::Story::Full, 200, 60);
    let now = app.now;
    update(&mut app, Msg::Fact(SourceId(0), Event::Snapshot(Box::new(whole.snapshot)), now));
    let begun = std::time::Instant::now();
    let mut frame = Buffer::empty(Rect::new(0, 0, 200, 60));
    trackside::ui::view(&app, &trackside::theme::Theme::builtin("night"), &mut frame);
    let drawn: String = frame.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(drawn.contains("5xx above"), "they are there");
    figures::keep("milliseconds for a frame with 20000 incidents, unoptimised", begun.elapsed().as_millis(), "100, optimised");
}
