//! The platform's address against those who were not meant to reach it: pages of other sites, names that only resolve to it, requests
//! that two servers would read as two things, and paths that lead elsewhere.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use trackside::local::api::routes;
use trackside::local::limit::Limits;
use trackside::model::event::Change;

use crate::figures;
use crate::hostile::strings;

use super::desk::{Desk, TOKEN, roomy};
use super::samples;

/// However busy the machine is.
const DEADLINE: Duration = Duration::from_mins(1);

/// All that comes back for `bytes` until the connection ends; the status of the first answer, 0: none.
async fn exchange(port: u16, bytes: &[u8]) -> (u16, String) {
    until(port, bytes, |_| false).await
}

/// Whether the first answer is whole, or leads to another protocol.
fn whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|it| it.to_lowercase().strip_prefix("content-length:").and_then(|it| it.trim().parse().ok()));
    head.starts_with("HTTP/1.1 101") || length.is_some_and(|it: usize| body.len() >= it)
}

async fn until(port: u16, bytes: &[u8], enough: impl Fn(&str) -> bool) -> (u16, String) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // Who refuses early may close before all was sent.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = async {
        while let Ok(1..) = socket.read_buf(&mut answer).await {
            if enough(&String::from_utf8_lossy(&answer)) {
                break;
            }
        }
    };
    tokio::time::timeout(DEADLINE, read).await.expect("an answer in time");
    let text = String::from_utf8_lossy(&answer).into_owned();
    (text.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_host_with_every_origin_gets_exactly_its_verdict() {
    let desk = Desk::start().await;
    let port = desk.port;
    let hosts: Vec<(bool, Vec<String>)> = [
        (true, format!("127.0.0.1:{port}")),
        (true, format!("localhost:{port}")),
        (true, format!("LOCALHOST:{port}")),
        (true, format!("[::1]:{port}")),
        (false, format!("127.0.0.1.evil:{port}")),
        (false, format!("localhost.evil:{port}")),
        (false, format!("localhost.:{port}")),
        (false, format!("0.0.0.0:{port}")),
        (false, format!("2130706433:{port}")),
        (false, format!("0x7f.1:{port}")),
        (false, format!("127.1:{port}")),
        (false, format!("127.0.0.2:{port}")),
        (false, format!("[::]:{port}")),
        (false, format!("[::ffff:127.0.0.1]:{port}")),
        (false, format!("evil.example:{port}")),
        (false, format!("user@localhost:{port}")),
        (false, "localhost".to_owned()),
        (false, "localhost:".to_owned()),
        (false, "localhost:0".to_owned()),
        (false, format!("localhost:0{port}")),
        (false, format!("localhost:{port}:{port}")),
        (false, String::new()),
    ]
    .map(|(ok, host)| (ok, vec![host]))
    .into_iter()
    .chain([
        (false, Vec::new()),
        (false, vec![format!("localhost:{port}"), format!("localhost:{port}")]),
        (false, vec![format!("localhost:{port}"), "evil.example".to_owned()]),
    ])
    .collect();
    let origins = [
        (true, String::new()),
        (true, format!("origin: http://localhost:{port}\r\n")),
        (true, format!("origin: http://127.0.0.1:{port}\r\nsec-fetch-site: same-origin\r\n")),
        (true, "sec-fetch-site: none\r\n".to_owned()),
        (false, "origin: null\r\n".to_owned()),
        (false, "origin: http://evil.example\r\n".to_owned()),
        (false, "origin: http://localhost:3000\r\n".to_owned()),
        (false, format!("origin: http://localhost.evil:{port}\r\n")),
        (false, format!("origin: http://localhost:{port}\r\norigin: http://evil.example\r\n")),
        (false, "sec-fetch-site: cross-site\r\n".to_owned()),
        (false, "sec-fetch-site: same-site\r\n".to_owned()),
    ];
    let auth = format!("authorization: Bearer {TOKEN}\r\n");
    let stream = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: trackside.v1\r\n";
    let kinds = [
        (200, "GET", "/api/v1/me", format!("{auth}connection: close\r\n")),
        (101, "GET", "/api/v1/stream", format!("{auth}{stream}")),
        (201, "POST", "/api/v1/projects", format!("{auth}connection: close\r\ncontent-type: application/json\r\ncontent-length: 12\r\n")),
    ];
    let mut rows = 0;
    for (good_host, names) in &hosts {
        let host = names.iter().map(|it| format!("host: {it}\r\n")).collect::<Vec<_>>().concat();
        for (good_origin, origin) in &origins {
            for (good, method, path, more) in &kinds {
                let body = if *method == "POST" { r#"{"name":"a"}"# } else { "" };
                let request = format!("{method} {path} HTTP/1.1\r\n{host}{origin}{more}\r\n{body}");
                let (status, text) = until(port, request.as_bytes(), whole).await;
                let wanted = if *good_host && *good_origin { *good } else { 403 };
                assert_eq!(status, wanted, "{request}\n{text:.300}");
                assert!(!text.to_lowercase().contains("access-control-allow"), "{text}");
                rows += 1;
            }
        }
    }
    let made = desk.data::<Vec<trackside::model::project::Project>>("/projects?limit=500").await.len();
    let meant = hosts.iter().filter(|it| it.0).count() * origins.iter().filter(|it| it.0).count();
    assert_eq!(made, meant, "what was refused had no effect");
    figures::keep("rows of hosts and origins, each with its verdict", rows, 500);
    assert!(rows >= 500, "{rows}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_could_be_read_in_two_ways_is_refused_or_read_as_one() {
    let desk = Desk::start().await;
    let ours = format!("host: 127.0.0.1:{}\r\nauthorization: Bearer {TOKEN}\r\n", desk.port);
    let hidden = format!("GET /api/v1/snapshot HTTP/1.1\r\n{ours}connection: close\r\n\r\n");
    let post = format!("POST /api/v1/projects HTTP/1.1\r\n{ours}content-type: application/json\r\n");
    let many = (0..10_000).map(|i| format!("x-{i}: y\r\n")).collect::<Vec<_>>().concat();
    let refused = [
        ("two lengths", format!("{post}content-length: 12\r\ncontent-length: 0\r\n\r\n{hidden}")),
        ("a length with a sign", format!("{post}content-length: +12\r\n\r\n{{\"name\":\"a\"}}")),
        ("a negative length", format!("{post}content-length: -1\r\n\r\n{hidden}")),
        ("a length in two numbers", format!("{post}content-length: 12, 12, 0\r\n\r\n{hidden}")),
        ("a length in hex", format!("{post}content-length: 0xC\r\n\r\n{{\"name\":\"a\"}}")),
        ("an unknown coding", format!("{post}transfer-encoding: xchunked\r\n\r\n{hidden}")),
        ("a coding after chunked", format!("{post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}")),
        ("a folded line", format!("GET /api/v1/me HTTP/1.1\r\n{ours}x-a: b\r\n folded\r\n\r\n")),
        ("a blank before the colon", format!("GET /api/v1/me HTTP/1.1\r\n{ours}x-a : b\r\n\r\n")),
        ("a header without a name", format!("GET /api/v1/me HTTP/1.1\r\n{ours}: b\r\n\r\n")),
        ("a zero in a header", format!("GET /api/v1/me HTTP/1.1\r\n{ours}x-a: b\0c\r\n\r\n")),
        ("a lone carriage return", format!("GET /api/v1/me HTTP/1.1\r\n{ours}x-a: b\rx-c: d\r\n\r\n")),
        ("ten thousand headers", format!("GET /api/v1/me HTTP/1.1\r\n{ours}{many}\r\n")),
        ("a head of a megabyte", format!("GET /api/v1/me HTTP/1.1\r\n{ours}x-a: {}\r\n\r\n", "b".repeat(1 << 20))),
        ("no version", "GET /api/v1/me\r\n\r\n".to_owned()),
        ("another version", format!("GET /api/v1/me HTTP/3.7\r\n{ours}\r\n")),
        ("another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("no method", format!(" /api/v1/me HTTP/1.1\r\n{ours}\r\n")),
        ("a chunk without end", format!("{post}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{hidden}")),
        ("a chunk that is no number", format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n{hidden}")),
    ];
    for (what, request) in &refused {
        let (status, text) = exchange(desk.port, request.as_bytes()).await;
        assert!(status == 0 || (400..=505).contains(&status), "{what}: {status}");
        assert!(!text.contains("\"snapshot\""), "{what}: the hidden request was served");
    }
    // A length beside chunks: the chunks count, as the standard says (RFC 9112, 6.3), and what is hidden behind them is no second request.
    let both = format!("{post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\nc\r\n{{\"name\":\"a\"}}\r\n0\r\n\r\n");
    for request in [
        both.clone(),
        both.replace("content-length: 4\r\ntransfer-encoding: chunked\r\n", "transfer-encoding: chunked\r\ncontent-length: 4\r\n"),
    ] {
        let request = request.replace("authorization", "connection: close\r\nauthorization");
        let (status, text) = exchange(desk.port, request.as_bytes()).await;
        assert!(matches!(status, 201 | 400) && text.matches("HTTP/1.1 ").count() == 1, "{text}");
    }
    let healthy = desk.get("/me").send().await.unwrap();
    assert_eq!(healthy.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_and_no_value_of_a_question_makes_the_platform_fail() {
    let desk = Desk::start().await;
    desk.write(vec![Change::Service(samples::service("svc_1"))]).await;
    let mut odd: Vec<String> = [
        "..",
        "../..",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e",
        "%00",
        "%",
        "%zz",
        "%ff%fe",
        "%0d%0ax:y",
        "'%20OR%201=1--",
        "\";DROP%20TABLE%20x;--",
        "%F0%9F%92%A9",
        "-1",
        "0",
        "18446744073709551616",
        "NaN",
        "null",
        "[]",
        "%7B%7D",
        "*",
        ".",
        "a;b",
        "a%09b",
        "svc_1%00",
        "~root",
    ]
    .map(str::to_owned)
    .into();
    odd.push("a".repeat(7_000));
    odd.push("%41".repeat(2_000));
    odd.push("/".repeat(3_000));
    let names = ["q", "level", "service", "limit", "cursor", "from", "to", "step", "after", "before", "colour"];
    let auth = format!("host: 127.0.0.1:{}\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n", desk.port);
    let mut requests = Vec::new();
    for route in routes() {
        for it in &odd {
            if route.path.contains('{') {
                let path = route.path.replace("{id}", it).replace("{step}", it);
                requests.push(format!("{} /api/v1{path} HTTP/1.1\r\n{auth}\r\n", route.method));
            } else if route.method == "GET" && route.path != "/stream" {
                let name = names[requests.len() % names.len()];
                requests.push(format!("GET /api/v1{}?{name}={it} HTTP/1.1\r\n{auth}\r\n", route.path));
            } else {
                let body = format!("{{\"name\":{}}}", serde_json::to_string(it).unwrap());
                let kind = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
                requests.push(format!("{} /api/v1{} HTTP/1.1\r\n{auth}{kind}\r\n{body}", route.method, route.path));
            }
        }
    }
    let hostile = strings();
    for (index, text) in hostile.iter().step_by(8).enumerate() {
        let name = names[index % names.len()];
        let value = text.bytes().map(|it| format!("%{it:02x}")).collect::<Vec<_>>().concat();
        let path = ["/logs", "/logs/volume", "/metrics", "/services", "/audit"][index % 5];
        requests.push(format!("GET /api/v1{path}?{name}={value} HTTP/1.1\r\n{auth}\r\n"));
    }
    for request in &requests {
        let (status, text) = exchange(desk.port, request.as_bytes()).await;
        assert!(status < 500, "{status} for {request:.200}\n{text:.400}");
        assert!(!text.contains("/root") && !text.to_lowercase().contains("sqlite"), "{text:.400}");
    }
    figures::keep("odd paths, values and bodies without a failure of the platform", requests.len(), 2_000);
    assert!(requests.len() >= 2_000, "{}", requests.len());
    assert_eq!(desk.get("/me").send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_another_address_is_counted_by_the_one_they_have() {
    let desk = Desk::with(Limits { general: 3, ..roomy() }, Duration::from_secs(15)).await;
    let ask =
        |from: &str| desk.http.get(desk.url("/health")).header("x-forwarded-for", from).header("forwarded", format!("for={from}")).send();
    for from in ["10.0.0.1", "10.0.0.2", "2001:db8::1"] {
        assert_eq!(ask(from).await.unwrap().status(), 200);
    }
    let refused = ask("2001:db8:0:1::1").await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (429, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_connections_and_says_nothing_keeps_nobody_out() {
    let desk = Desk::with(Limits { connections: 300, ..roomy() }, Duration::from_secs(15)).await;
    let mut silent = Vec::new();
    for index in 0..250 {
        let mut socket = TcpStream::connect(("127.0.0.1", desk.port)).await.unwrap();
        if index % 2 == 0 {
            socket.write_all(b"GET /api/v1/me HTTP/1.1\r\nhost: ").await.unwrap();
        }
        silent.push(socket);
    }
    for _ in 0..50 {
        assert_eq!(desk.get("/me").send().await.unwrap().status(), 200);
    }
    // A body without end is cut off at its limit, whatever it claims to be.
    let mut socket = TcpStream::connect(("127.0.0.1", desk.port)).await.unwrap();
    let head = format!(
        "POST /api/v1/projects HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        desk.port
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let mut sent = 0;
    while sent < 64 && socket.write_all(chunk.as_bytes()).await.is_ok() {
        sent += 1;
    }
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut answer)).await.expect("an end in time");
    let text = String::from_utf8_lossy(&answer);
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 413"), "{text:.200}");
    drop(silent);
    assert_eq!(desk.get("/me").send().await.unwrap().status(), 200);
}
