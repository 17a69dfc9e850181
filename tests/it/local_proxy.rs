//! The proxy, over real sockets: what passes, where it goes, what is said when it cannot, and what is counted.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio_tungstenite::tungstenite::Message;
use trackside::local::logs::LogStore;
use trackside::local::proxy::{Backend, Proxy};
use trackside::model::ids::ServiceId;
use trackside::model::log::{Level, LogLine, LogQuery};
use trackside::model::time::Millis;

const LONG: Duration = Duration::from_secs(20);

/// A proxy with one service, and its log.
struct Stage {
    proxy: Proxy,
    logs: LogStore,
    service: ServiceId,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        Self::patient(LONG).await
    }

    async fn patient(patience: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let logs = LogStore::open(folder.path(), 1 << 24, Millis::hours(1)).unwrap();
        let (proxy, service) = (Proxy::new(logs.clone(), patience), ServiceId::new("svc_shop"));
        let port = proxy.listen(&service, "shop", 0).await.unwrap();
        Self { proxy, logs, service, port, _folder: folder }
    }

    fn route(&self, addrs: &[SocketAddr]) {
        let backend = |(i, addr): (usize, &SocketAddr)| Backend { addr: *addr, replica: i as u16 + 1, deployment: Some("dep".into()) };
        self.proxy.route(&self.service, addrs.iter().enumerate().map(backend).collect());
    }

    async fn get(&self, path: &str) -> String {
        ask(self.port, &format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")).await
    }

    async fn lines(&self, count: usize) -> Vec<LogLine> {
        let mut lines = Vec::new();
        wait_for("log lines", || {
            self.logs.flush();
            lines = self.logs.query(&LogQuery::default(), &|_: &trackside::model::ids::ProjectId| Vec::new()).unwrap().lines;
            lines.len() >= count
        })
        .await;
        lines
    }
}

/// Waits until `done`, looking now and then.
async fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !done() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Sends bytes, reads to the end.
async fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server that refuses a request half-way may reset the connection behind its answer.
    let read = tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(read.is_ok(), "no end in time of: {answer}");
    answer
}

/// Reads one head (to the blank line).
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// A replica: for each connection, `serve` gets the stream.
async fn replica<F, T>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream) -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    addr
}

/// A replica that keeps its connections and answers each request with its name and the request's own head.
async fn mirror(name: &'static str) -> SocketAddr {
    replica(move |mut stream| async move {
        while let Some(request) = head(&mut stream).await {
            let body = format!("{name}\n{request}");
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nKeep-Alive: timeout=5\r\nX-Own: yes\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await
}

/// A replica that answers only when told to.
async fn held(name: &'static str, gate: Arc<Semaphore>, came: Arc<Notify>) -> SocketAddr {
    replica(move |mut stream| {
        let (gate, came) = (Arc::clone(&gate), Arc::clone(&came));
        async move {
            while head(&mut stream).await.is_some() {
                came.notify_one();
                gate.acquire().await.unwrap().forget();
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await
}

async fn nobody_there() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_request_passes_with_what_its_replica_must_know() {
    let it = Stage::new().await;
    it.route(&[mirror("one").await]);
    let answer = it.get("/cart?id=7").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for wanted in
        ["one\n", "GET /cart?id=7 HTTP/1.1", "host: shop.test", "x-forwarded-for: 127.0.0.1", "x-forwarded-host: shop.test", "x-own: yes"]
    {
        assert!(answer.contains(wanted), "{wanted} in {answer}");
    }
    assert!(!answer.contains("timeout=5"), "keep-alive is between neighbours: {answer}");
    assert!(!answer.contains("connection: close\r\nhost"), "the caller's wish to close is not the replica's: {answer}");
}

#[tokio::test]
async fn requests_are_spread_and_a_busy_replica_gets_fewer() {
    let it = Stage::new().await;
    let (gate, came) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    it.route(&[held("busy", Arc::clone(&gate), Arc::clone(&came)).await, mirror("two").await, mirror("three").await]);
    let port = it.port;
    let mut slow = Vec::new();
    // Until one of them has reached the busy one: it takes its turn like any other.
    loop {
        let one = tokio::spawn(async move { ask(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await });
        slow.push(one);
        if tokio::time::timeout(Duration::from_millis(200), came.notified()).await.is_ok() {
            break;
        }
        assert!(slow.len() < 20, "it never got its turn");
    }
    let mut names = Vec::new();
    for _ in 0..20 {
        let answer = it.get("/").await;
        names.push(["two", "three"].into_iter().find(|name| answer.contains(&format!("\r\n\r\n{name}\n"))).expect("not the busy one"));
    }
    assert_eq!(names.iter().filter(|it| **it == "two").count(), 10, "{names:?}");
    gate.add_permits(1);
    for one in slow {
        assert!(one.await.unwrap().starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_swap_drops_nothing_and_the_old_replica_drains() {
    let it = Stage::new().await;
    let (gate, came) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let old = held("old", Arc::clone(&gate), Arc::clone(&came)).await;
    it.route(&[old]);
    let port = it.port;
    let slow = tokio::spawn(async move { ask(port, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await });
    came.notified().await;
    it.route(&[mirror("new").await]);
    assert!(it.get("/").await.contains("new\n"));
    assert!(!it.proxy.drained(&it.service, old, Duration::from_millis(30)).await, "it still has a request");
    let drained = it.proxy.drained(&it.service, old, LONG);
    gate.add_permits(1);
    assert!(drained.await);
    assert!(slow.await.unwrap().ends_with("old"), "the request that began there ended there");
}

#[tokio::test]
async fn a_hundred_swaps_under_load_fail_no_request() {
    let it = Stage::new().await;
    let (one, two) = (mirror("one").await, mirror("two").await);
    it.route(&[one]);
    let port = it.port;
    let done = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let done = Arc::clone(&done);
            tokio::spawn(async move {
                for _ in 0..150 {
                    let answer = ask(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                    done.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for i in 0..100 {
        let before = done.load(Ordering::SeqCst);
        it.route(&[if i % 2 == 0 { two } else { one }]);
        wait_for("progress", || done.load(Ordering::SeqCst) > before.min(599)).await;
        if done.load(Ordering::SeqCst) >= 600 {
            break;
        }
    }
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn what_cannot_be_served_says_which_service_and_why() {
    let it = Stage::new().await;
    let none = it.get("/").await;
    assert!(
        none.starts_with("HTTP/1.1 503")
            && none.contains("retry-after: 2")
            && none.ends_with("503: shop has no replica that serves: none is up\n"),
        "{none}"
    );
    it.proxy.explain(&it.service, Some("replica 1 exited with 3".into()));
    let json = ask(it.port, "GET / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n\r\n").await;
    assert!(json.contains(r#""service":"shop""#) && json.contains("exited with 3"), "{json}");
    it.route(&[nobody_there().await]);
    let dead = it.get("/").await;
    assert!(dead.starts_with("HTTP/1.1 502") && dead.contains("shop: 1 of its replicas took no connection"), "{dead}");
    it.route(&[replica(|mut stream| async move { drop(head(&mut stream).await) }).await]);
    let silent = it.get("/").await;
    assert!(silent.starts_with("HTTP/1.1 502") && silent.contains("without an answer"), "{silent}");
    let levels: Vec<_> = it.lines(4).await.iter().map(|it| it.level).collect();
    assert_eq!(levels, [Level::Error; 4]);
}

#[tokio::test]
async fn a_replica_that_refuses_is_passed_over() {
    let it = Stage::new().await;
    it.route(&[nobody_there().await, mirror("there").await, nobody_there().await]);
    let mut failed = 0;
    for _ in 0..30 {
        failed += usize::from(!it.get("/").await.contains("there\n"));
    }
    assert_eq!(failed, 0, "of thirty; two refuse, one serves");
}

#[tokio::test]
async fn a_replica_that_takes_a_request_and_says_nothing_is_answered_for() {
    let stage = Stage::patient(Duration::from_millis(300)).await;
    let silent = replica(|mut stream| async move {
        head(&mut stream).await;
        // Until the proxy hangs up.
        let _ = stream.read(&mut [0]).await;
    })
    .await;
    stage.route(&[silent]);
    let answer = stage.get("/slow").await;
    assert!(answer.starts_with("HTTP/1.1 504") && answer.contains("shop: replica 1 gave no answer within 300ms"), "{answer}");
    assert!(answer.contains("x-trackside-error: replica_silent"), "{answer}");
    assert!(stage.lines(1).await[0].text.contains("GET /slow 504"));
}

#[tokio::test]
async fn a_slow_upload_and_a_slow_answer_are_waited_for_as_long_as_they_move() {
    let patience = Duration::from_millis(400);
    let stage = Stage::patient(patience).await;
    // Answers once it has the whole body, and then takes its time between two parts of the answer.
    let slow = replica(move |mut stream| async move {
        head(&mut stream).await;
        let mut body = [0; 5];
        stream.read_exact(&mut body).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").await.unwrap();
        for half in [&body[..], b"-done"] {
            tokio::time::sleep(patience * 3 / 2).await;
            stream.write_all(half).await.unwrap();
        }
    })
    .await;
    stage.route(&[slow]);
    let mut stream = TcpStream::connect(("127.0.0.1", stage.port)).await.unwrap();
    let began = Instant::now();
    stream.write_all(b"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n").await.unwrap();
    for byte in b"hello" {
        tokio::time::sleep(patience / 2).await;
        stream.write_all(&[*byte]).await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello-done"), "{answer}");
    assert!(began.elapsed() > patience * 4, "it was slower than the limit in each part that may be");
}

#[tokio::test]
async fn a_kept_connection_that_died_meanwhile_costs_the_caller_nothing() {
    let it = Stage::new().await;
    // Answers once as if it would stay, then closes.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let addr = replica(move |mut stream| {
        let count = Arc::clone(&count);
        async move {
            if head(&mut stream).await.is_some() {
                count.fetch_add(1, Ordering::SeqCst);
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
            }
        }
    })
    .await;
    it.route(&[addr]);
    for _ in 0..50 {
        assert!(it.get("/").await.ends_with("ok"));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 50, "and each was asked for once");
}

#[tokio::test]
async fn a_web_socket_passes_and_ends_with_the_address() {
    let it = Stage::new().await;
    let addr = replica(|stream| async move {
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() && socket.send(message).await.is_err() {
                return;
            }
        }
    })
    .await;
    it.route(&[addr]);
    let stream = TcpStream::connect(("127.0.0.1", it.port)).await.unwrap();
    let (mut socket, answer) = tokio_tungstenite::client_async("ws://shop.test/live", stream).await.unwrap();
    assert_eq!(answer.status(), 101);
    for text in ["one", "two"] {
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(text));
    }
    assert!(!it.proxy.drained(&it.service, addr, Duration::from_millis(20)).await, "an open socket is a request under way");
    it.proxy.unlisten(&it.service);
    let end = tokio::time::timeout(LONG, socket.next()).await.expect("it ends");
    assert!(!matches!(end, Some(Ok(_))), "{end:?}");
    assert!(it.proxy.drained(&it.service, addr, LONG).await);
    assert!(TcpStream::connect(("127.0.0.1", it.port)).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let it = Stage::new().await;
    let addr = replica(|mut stream| async move {
        drop(head(&mut stream).await);
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        // Sends back each chunk as it comes; they have one byte each.
        let mut chunk = [0; 6];
        while stream.read_exact(&mut chunk).await.is_ok() {
            stream.write_all(&chunk).await.unwrap();
            if chunk[3] == b'.' {
                let _ = stream.write_all(b"0\r\n\r\n").await;
                return;
            }
        }
    })
    .await;
    it.route(&[addr]);
    let mut stream = TcpStream::connect(("127.0.0.1", it.port)).await.unwrap();
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
    let answer = head(&mut stream).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "the answer begins before the request has ended: {answer}");
    for byte in ["a", "b", "."] {
        stream.write_all(format!("1\r\n{byte}\r\n").as_bytes()).await.unwrap();
        let mut chunk = [0; 6];
        tokio::time::timeout(LONG, stream.read_exact(&mut chunk)).await.expect("each piece at once").unwrap();
        assert_eq!(chunk, format!("1\r\n{byte}\r\n").as_bytes());
    }
}

#[tokio::test]
async fn what_happened_is_counted_and_logged() {
    let it = Stage::new().await;
    let addr = replica(|mut stream| async move {
        while let Some(request) = head(&mut stream).await {
            let status = request.split(['/', ' ', '?']).nth(2).unwrap_or_default().to_owned();
            stream.write_all(format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\nhello").as_bytes()).await.unwrap();
        }
    })
    .await;
    it.route(&[addr]);
    for status in [200, 200, 301, 404, 500] {
        it.get(&format!("/{status}?token=geheim")).await;
    }
    let lines = it.lines(5).await;
    assert_eq!(lines.iter().map(|it| it.level).collect::<Vec<_>>(), [Level::Info, Level::Info, Level::Info, Level::Warn, Level::Error]);
    assert!(lines[3].text.starts_with("GET /404?token=*** 404 ") && lines[3].text.ends_with("ms 5B replica=1"), "{}", lines[3].text);
    assert_eq!((lines[0].replica, lines[0].deployment.as_ref().map(|it| it.as_str().to_owned())), (1, Some("dep".into())));
    let traffic = it.proxy.take(&it.service);
    assert_eq!(traffic.classes, [0, 2, 1, 1, 1]);
    assert!(traffic.bytes_out >= 25 && traffic.bytes_in > 5 * 20);
    assert!(traffic.p50.unwrap() > 0.0 && traffic.p99 >= traffic.p50);
    assert_eq!(it.proxy.take(&it.service).classes, [0; 5], "what was taken is not counted again");
}

#[tokio::test]
async fn a_caller_who_leaves_is_a_caller_who_left() {
    let it = Stage::new().await;
    let (gate, came) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let addr = held("late", Arc::clone(&gate), Arc::clone(&came)).await;
    it.route(&[addr]);
    let mut stream = TcpStream::connect(("127.0.0.1", it.port)).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    came.notified().await;
    drop(stream);
    let lines = it.lines(1).await;
    assert!(lines[0].text.contains(" 499 ") && lines[0].text.contains("the caller left"), "{}", lines[0].text);
    assert!(it.proxy.drained(&it.service, addr, LONG).await, "nobody waits for it any more");
}

#[tokio::test]
async fn what_is_no_fair_request_never_reaches_a_replica() {
    let it = Stage::new().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    it.route(&[replica(move |mut stream| {
        let count = Arc::clone(&count);
        async move {
            while head(&mut stream).await.is_some() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await]);
    let large = ask(it.port, &format!("GET / HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\nConnection: close\r\n\r\n", "x".repeat(100_000))).await;
    assert!(large.starts_with("HTTP/1.1 431"), "{large}");
    let tunnel = ask(it.port, "CONNECT elsewhere.test:443 HTTP/1.1\r\nHost: elsewhere.test\r\nConnection: close\r\n\r\n").await;
    assert!(tunnel.starts_with("HTTP/1.1 405"), "{tunnel}");
    let smuggled = ask(it.port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello").await;
    assert!(smuggled.starts_with("HTTP/1.1 400"), "{smuggled}");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_taken_port_is_said() {
    let it = Stage::new().await;
    let other = ServiceId::new("svc_other");
    let why = it.proxy.listen(&other, "other", it.port).await.unwrap_err().to_string();
    assert!(why.contains(&it.port.to_string()), "{why}");
}
