//! The WebSocket over an upgraded HTTP connection: sockets, proxies and TLS stay with `http`, only the framing is here.

use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use reqwest::{Response, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::http::{Http, Reply};
use super::trouble::Trouble;
use crate::model::text::Clean;

/// Unsent bytes after which a write fails: we only ever send a few small frames, so a peer this far behind is gone.
const MAX_UNSENT: usize = 256 * 1024;

/// An open stream.
pub type Socket = WebSocketStream<Upgraded>;

/// Opens a WebSocket at `path`, speaking `protocol`, frames up to `max_frame` bytes.
pub async fn open(http: &Http, path: &str, protocol: &str, max_frame: usize) -> Result<Socket, Trouble> {
    let key = generate_key();
    let headers = [
        ("connection", "Upgrade".to_owned()),
        ("upgrade", "websocket".to_owned()),
        ("sec-websocket-version", "13".to_owned()),
        ("sec-websocket-key", key.clone()),
        ("sec-websocket-protocol", protocol.to_owned()),
    ];
    let answer = http.upgrade(path, &headers).await?;
    if answer.status().as_u16() != 101 {
        return Err(refused(http, answer).await);
    }
    check(&answer, &key, protocol)?;
    let host = http.endpoint().authority();
    let socket = answer.upgrade().await.map_err(|it| super::trouble::classify(&it, &host))?;
    let config =
        WebSocketConfig::default().max_message_size(Some(max_frame)).max_frame_size(Some(max_frame)).max_write_buffer_size(MAX_UNSENT);
    Ok(WebSocketStream::from_raw_socket(socket, Role::Client, Some(config)).await)
}

/// A cache or a confused proxy can answer 101 to anything: only the right accept key proves that a WebSocket server read our request.
fn check(answer: &Response, key: &str, protocol: &str) -> Result<(), Trouble> {
    let header = |name| answer.headers().get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let no = |why: String| Err(Trouble::NoStream(Clean::from(why)));
    let upgrades = header(CONNECTION).split(',').any(|it| it.trim().eq_ignore_ascii_case("upgrade"));
    if !upgrades || !header(UPGRADE).eq_ignore_ascii_case("websocket") {
        return no("the connection was upgraded to something that is no WebSocket".to_owned());
    }
    if header(SEC_WEBSOCKET_ACCEPT) != derive_accept_key(key.as_bytes()) {
        return no("the answer to the WebSocket request is not from a WebSocket server (wrong accept key)".to_owned());
    }
    match header(SEC_WEBSOCKET_PROTOCOL) {
        it if it == protocol => Ok(()),
        "" => no(format!("the server does not speak {protocol}")),
        other => no(format!("the server speaks {other}, not {protocol}")),
    }
}

/// What an answer means that is no upgrade.
async fn refused(http: &Http, answer: Response) -> Trouble {
    let status = answer.status();
    let reply = http.rest_of(answer).await.unwrap_or_else(|_| Reply {
        status: status.as_u16(),
        headers: reqwest::header::HeaderMap::new(),
        body: Vec::new(),
    });
    // Who refuses: the platform says so in its own words, and means us. Whatever else stands in between has no say about REST,
    // which is asked then, and gets the platform's own answer. How long to stay away is believed of anybody.
    let own = super::answer::is_own(&reply);
    match status.as_u16() {
        429 => super::answer::refusal(&reply),
        401 | 403 | 500 | 502..=504 if own || reply.retry_after().is_some() => super::answer::refusal(&reply),
        _ => Trouble::NoStream(Clean::from(format!("the stream is refused with {status}"))),
    }
}
