//! A server on loopback that answers as it is told, byte for byte; and one that serves the reference model over real sockets.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use trackside::model::event::Snapshot;
use trackside::wire::calls::SnapshotInfo;
use trackside::wire::digest::Digest;
use trackside::wire::rest::Envelope;
use trackside::wire::stream::Position;

use crate::source_model::{Model, line, teams};

/// What is done with a connection once its request was read.
#[derive(Clone, Debug)]
pub enum Act {
    /// These bytes, then the end.
    Say(Vec<u8>),
    /// These bytes again and again, with a pause, for ever.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// Nothing, and no end.
    Hang,
    /// No answer, and the end.
    Close,
}

/// A server that answers by a function of the request's text.
pub struct Fake {
    pub url: String,
    /// All requests, head and body.
    pub seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    pub async fn start(answer: impl Fn(usize, &str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                connections.spawn(async move {
                    let Some(request) = request(&mut socket).await else { return };
                    let index = {
                        let mut log = log.lock().unwrap();
                        log.push(request.clone());
                        log.len() - 1
                    };
                    act(socket, answer(index, &request)).await;
                });
            }
        });
        Self { url, seen, task }
    }

    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn act(mut socket: TcpStream, act: Act) {
    match act {
        Act::Say(bytes) => {
            // A client that has heard enough may be gone before the end.
            let _ = socket.write_all(&bytes).await;
            let _ = socket.shutdown().await;
        }
        Act::Drip(first, again, pause) => {
            let _ = socket.write_all(&first).await;
            while socket.write_all(&again).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        }
        Act::Hang => std::future::pending().await,
        Act::Close => drop(socket),
    }
}

/// Reads one request, with its body if it says how long that is.
async fn request(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// The value of a header of a request's text.
pub fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// An answer with a status line, headers and a body.
pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len()).into_bytes()
}

/// A good answer of JSON.
pub fn json(body: &str) -> Act {
    Act::Say(answer("200 OK", "content-type: application/json\r\n", body))
}

/// A stream that is cut in the place of an answer.
pub const CUT: u16 = 1;

/// The reference model behind real sockets.
pub struct Live {
    pub url: String,
    pub model: Arc<Mutex<Model>>,
    /// Status with which the stream is refused; 0: it is not; `CUT`: without a word.
    pub refuse: Arc<AtomicU16>,
    /// It is a proxy that refuses the stream, and does not speak as a platform.
    pub between: Arc<AtomicBool>,
    /// Frames are kept back, as a half-open connection does.
    pub deaf: Arc<AtomicBool>,
    pub streams: Arc<AtomicU16>,
    /// Keys of the deploys that were done.
    pub deploys: Arc<Mutex<BTreeSet<String>>>,
    pub news: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Shared {
    model: Arc<Mutex<Model>>,
    refuse: Arc<AtomicU16>,
    between: Arc<AtomicBool>,
    deaf: Arc<AtomicBool>,
    streams: Arc<AtomicU16>,
    deploys: Arc<Mutex<BTreeSet<String>>>,
    news: Arc<Notify>,
}

impl Live {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut model = Model::new();
        model.idle_ms = 0;
        let it = Shared {
            model: Arc::new(Mutex::new(model)),
            refuse: Arc::default(),
            between: Arc::default(),
            deaf: Arc::default(),
            streams: Arc::default(),
            deploys: Arc::default(),
            news: Arc::default(),
        };
        let shared = it.clone();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(shared.clone().serve(socket));
            }
        });
        let Shared { model, refuse, between, deaf, streams, deploys, news } = it;
        Self { url, model, refuse, between, deaf, streams, deploys, news, task }
    }

    /// Does something to the model, and lets the streams carry what came of it.
    pub fn with<T>(&self, act: impl FnOnce(&mut Model) -> T) -> T {
        let out = act(&mut self.model.lock().unwrap());
        self.news.notify_waiters();
        out
    }
}

impl Shared {
    async fn serve(self, mut socket: TcpStream) {
        let Some(request) = request(&mut socket).await else { return };
        if header(&request, "upgrade").is_some() {
            return self.stream(socket, &request).await;
        }
        let line = request.lines().next().unwrap_or_default().to_owned();
        let act_of = if line.contains("/me") {
            json(r#"{"success":true,"data":{"user":"ada","deploy":true}}"#)
        } else if line.contains("/snapshot") {
            self.snapshot(&request)
        } else if line.contains("/logs") {
            self.logs(&line)
        } else if line.starts_with("POST") {
            let first = self.deploys.lock().unwrap().insert(header(&request, "idempotency-key").unwrap_or_default().to_owned());
            // The first answer of each deed is lost on its way.
            if first { Act::Close } else { json(r#"{"success":true,"data":{"rev":1,"text":"deploying"}}"#) }
        } else {
            Act::Say(answer(
                "404 Not Found",
                "content-type: application/json\r\n",
                r#"{"success":false,"code":"not_found","message":"no such path"}"#,
            ))
        };
        act(socket, act_of).await;
    }

    /// The page after the offset that the first line of a request names: all that is there, and what is lost.
    fn logs(&self, asked: &str) -> Act {
        let after = asked.split(['?', '&', ' ']).find_map(|it| it.strip_prefix("after=")).map_or(0, |it| it.parse().unwrap());
        let model = self.model.lock().unwrap();
        let lines: Vec<_> = model.log.iter().filter(|off| **off > after).map(|off| line(*off)).collect();
        let gaps: Vec<_> = model.lost.iter().filter(|gap| *gap.offs.end() > after).collect();
        let data =
            serde_json::json!({ "epoch": format!("l{}", model.log_epoch), "lines": lines, "gaps": gaps, "beginning": true, "end": true });
        json(&serde_json::json!({ "success": true, "data": data }).to_string())
    }

    fn snapshot(&self, request: &str) -> Act {
        let model = self.model.lock().unwrap();
        let etag = format!("\"{}/{}\"", model.epoch_name(), model.rev);
        if header(request, "if-none-match") == Some(&etag) && model.degraded.is_none() {
            return Act::Say(answer("304 Not Modified", "", ""));
        }
        let snapshot = Snapshot { teams: teams(&model.objects), ..Snapshot::default() };
        let tag = if model.degraded.is_some() { String::new() } else { format!("etag: {etag}\r\n") };
        let info = SnapshotInfo {
            position: Position { epoch: model.epoch_name(), rev: model.rev },
            digest: Digest::default().hex(),
            snapshot,
            degraded: model.degraded.clone(),
        };
        let body = serde_json::to_string(&Envelope::ok(info)).unwrap();
        Act::Say(answer("200 OK", &format!("content-type: application/json\r\n{tag}"), &body))
    }

    async fn stream(self, mut socket: TcpStream, request: &str) {
        let status = self.refuse.load(Ordering::SeqCst);
        if status == CUT {
            return;
        }
        if status != 0 && self.between.load(Ordering::SeqCst) {
            return act(socket, Act::Say(answer(&format!("{status} No"), "content-type: text/html\r\n", "<h1>no</h1>"))).await;
        }
        if status != 0 {
            let body = r#"{"success":false,"message":"not this way"}"#;
            return act(socket, Act::Say(answer(&format!("{status} No"), "content-type: application/json\r\n", body))).await;
        }
        let accept = derive_accept_key(header(request, "sec-websocket-key").unwrap_or_default().as_bytes());
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\nsec-websocket-protocol: trackside.v1\r\n\r\n"
        );
        if socket.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        self.streams.fetch_add(1, Ordering::SeqCst);
        let mut ws = WebSocketStream::from_raw_socket(socket, Role::Server, None).await;
        self.model.lock().unwrap().hello();
        loop {
            let news = self.news.notified();
            while !self.deaf.load(Ordering::SeqCst) {
                let Some(frame) = self.model.lock().unwrap().wire.pop_front() else { break };
                // `cut` on the wire is the fault: the socket is dropped there.
                if frame == "cut" || ws.send(Message::text(frame)).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                () = news => {}
                said = ws.next() => match said {
                    Some(Ok(Message::Text(text))) => {
                        let frame = serde_json::from_str(text.as_str()).unwrap();
                        self.model.lock().unwrap().hear(frame);
                    }
                    Some(Ok(_)) => {}
                    _ => return,
                },
            }
        }
    }
}
