//! How soon a change of state reaches everybody: a real platform, real sockets, from the asking for the change to the frame at each watcher.
//!
//! The watchers live in this process and share its cores with the platform, so this is more than the platform alone would take.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use trackside::local::platform::Platform;
use trackside::local::port::{Actor, Command, Setup};
use trackside::model::project::Role;
use trackside::model::request::{NewProject, NewToken, Request};
use trackside::platform::endpoint::Endpoint;
use trackside::platform::trackside::client::Client;

/// Streams one token may begin in a minute, with some to spare.
const EACH: usize = 20;
/// A change that reaches nobody is a fault, not a figure.
const PATIENCE: Duration = Duration::from_secs(30);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    // `cargo test --benches` only wants to see that it runs.
    let short = std::env::args().any(|it| it == "--test");
    let (watchers, changes) = if short { (4, 3) } else { (200, 200) };
    tokio::runtime::Runtime::new()?.block_on(run(watchers, changes))
}

async fn run(watchers: usize, changes: usize) -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let platform = Platform::start(Setup::new(data.path(), PathBuf::from(env!("CARGO_BIN_EXE_trackside")))).await?;
    let client = Client::new(Endpoint::new(platform.url(), Some(SecretString::from(platform.token().expose_secret())))?);
    let (seen, mut taken) = mpsc::unbounded_channel();
    let mut token = String::new();
    for at in 0..watchers {
        if at % EACH == 0 {
            let new = NewToken { name: format!("bench-{at}"), role: Role::Viewer, expires_in: None };
            token = client.create_token(&new, "cli").await?.secret.unwrap_or_default();
        }
        let mut socket = watcher(platform.url(), &token).await?;
        let seen = seen.clone();
        tokio::spawn(async move {
            while let Some(Ok(Message::Text(text))) = socket.next().await {
                if text.starts_with(r#"{"t":"ev""#) && text.contains(r#""project""#) {
                    let _ = seen.send(Instant::now());
                }
            }
        });
    }
    let mut waits = Vec::with_capacity(watchers * changes);
    for at in 0..changes {
        let new = NewProject { name: format!("p{at}"), environment: None, production: false };
        let actor = Actor { name: "bench".into(), role: Role::Owner };
        let request = Request::CreateProject(new);
        let asked = Instant::now();
        let command = Command { actor, request, via: "api".into(), if_match: None, idempotency: None, secret: None };
        platform.handle().ask(command).await.map_err(|it| format!("{it:?}"))?;
        for _ in 0..watchers {
            let at = tokio::time::timeout(PATIENCE, taken.recv()).await?.ok_or("the watchers are gone")?;
            waits.push(at.saturating_duration_since(asked));
        }
    }
    waits.sort();
    let part = |share: usize| waits[(waits.len() * share / 1000).min(waits.len() - 1)];
    println!(
        "{watchers} watchers, {changes} changes: p50 {:?}, p95 {:?}, p99 {:?}, most {:?}",
        part(500),
        part(950),
        part(990),
        part(1000)
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|it| it.starts_with("VmRSS")).unwrap_or_default());
    platform.stop().await;
    Ok(())
}

/// A stream that has its snapshot.
async fn watcher(url: &str, token: &str) -> Outcome<WebSocketStream<TcpStream>> {
    let address = url.trim_start_matches("http://");
    let tcp = TcpStream::connect(address).await?;
    let mut request = format!("ws://{address}/api/v1/stream").into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
    request.headers_mut().insert("sec-websocket-protocol", "trackside.v1".parse()?);
    let (mut socket, _) = tokio_tungstenite::client_async(request, tcp).await?;
    socket.send(Message::text(r#"{"t":"sub","sub":1,"topic":{"topic":"state"},"since":null}"#)).await?;
    while let Some(message) = socket.next().await {
        if matches!(message?, Message::Text(text) if text.starts_with(r#"{"t":"snap_end""#)) {
            return Ok(socket);
        }
    }
    Err("the stream ended before its snapshot".into())
}
