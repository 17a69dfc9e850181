//! A client of the stream for tests: says frames, waits for frames with a deadline.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use trackside::wire::stream::{Hello, Position, ServerFrame};

use super::desk::{Desk, TOKEN};

const DEADLINE: Duration = Duration::from_secs(20);

pub struct Watcher {
    pub socket: WebSocketStream<TcpStream>,
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    Closed(u16),
    Cut,
}

impl Watcher {
    /// Connects and takes the greeting.
    pub async fn new(desk: &Desk) -> (Self, Hello) {
        let mut it = Self::speaking(desk, Some("trackside.v1")).await.unwrap();
        match it.next().await {
            ServerFrame::Hello(hello) => (it, *hello),
            other => panic!("the first frame is {other:?}"),
        }
    }

    /// Connects with a subprotocol of one's choice.
    pub async fn speaking(desk: &Desk, protocol: Option<&str>) -> Result<Self, Error> {
        Self::at(desk.port, TOKEN, protocol).await
    }

    /// Connects to the platform at `port` with a token.
    pub async fn at(port: u16, token: &str, protocol: Option<&str>) -> Result<Self, Error> {
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut request = format!("ws://127.0.0.1:{port}/api/v1/stream").into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::client_async(request, tcp).await?;
        Ok(Self { socket })
    }

    /// Connects with the owner's token over a connection that stands.
    pub async fn over(tcp: TcpStream, port: u16) -> Self {
        let mut request = format!("ws://127.0.0.1:{port}/api/v1/stream").into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
        request.headers_mut().insert("sec-websocket-protocol", "trackside.v1".parse().unwrap());
        Self { socket: tokio_tungstenite::client_async(request, tcp).await.unwrap().0 }
    }

    pub async fn say(&mut self, frame: &str) {
        self.socket.send(Message::text(frame)).await.unwrap();
    }

    /// Subscribes to the state, from `since` on or from a snapshot.
    pub async fn state(&mut self, sub: u32, since: Option<&Position>) {
        let since = serde_json::to_string(&since).unwrap();
        self.say(&format!(r#"{{"t":"sub","sub":{sub},"topic":{{"topic":"state"}},"since":{since}}}"#)).await;
    }

    /// The next frame.
    pub async fn next(&mut self) -> ServerFrame {
        loop {
            let message = tokio::time::timeout(DEADLINE, self.socket.next()).await.expect("a frame in time");
            match message.expect("an open connection").expect("a whole frame") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Frames until one fits; the fitting one is given.
    pub async fn until<T>(&mut self, mut fits: impl FnMut(ServerFrame) -> Option<T>) -> T {
        loop {
            if let Some(found) = fits(self.next().await) {
                return found;
            }
        }
    }

    /// All frames until the end, and how it ended.
    pub async fn rest(&mut self) -> (Vec<ServerFrame>, Ended) {
        let mut frames = Vec::new();
        loop {
            let message = tokio::time::timeout(DEADLINE, self.socket.next()).await.expect("an end in time");
            match message {
                Some(Ok(Message::Text(text))) => frames.push(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => return (frames, Ended::Closed(frame.code.into())),
                Some(Ok(Message::Close(None)) | Err(_)) | None => return (frames, Ended::Cut),
                Some(Ok(_)) => {}
            }
        }
    }
}
