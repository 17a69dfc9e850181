//! From an HTTP request to a stream: the handshake of RFC 6455, and nothing of what is said afterwards.

use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::StatusCode;
use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY};
use hyper::header::{SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::local::auth::Pass;
use crate::local::live;
use crate::wire::rest::{Code, SUBPROTOCOL};
use crate::wire::stream::close;

use super::answer::Problem;
use super::peer::Peer;
use super::state::{OpenStream, State};

/// Which protocol the client speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Speaks {
    Ours,
    /// Another version of it: answered on the stream itself, where its client looks for the reason.
    Other(String),
}

/// Answers the handshake; the stream runs in a task of its own.
pub fn upgrade(state: &State, mut request: Request<Body>, peer: &Peer, open: OpenStream, pass: Pass) -> Result<Response, Problem> {
    let (key, speaks) = handshake(request.headers())?;
    let taken = hyper::upgrade::on(&mut request);
    let feeds = state.api.feeds.clone();
    let hold = peer.clone();
    let version = speaks.clone();
    peer.tasks.spawn(async move {
        // Counted as a stream and as a connection until it ends.
        let _held = (open, hold);
        let Ok(socket) = taken.await else { return };
        let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(socket), Role::Server, Some(live::limits())).await;
        match version {
            Speaks::Ours => live::serve(socket, feeds, pass).await,
            Speaks::Other(_) => {
                let why = CloseFrame { code: CloseCode::from(close::VERSION), reason: "only trackside.v1 is spoken here".into() };
                // The client may be gone already, which is just as well.
                let _ = socket.close(Some(why)).await;
            }
        }
    });
    let protocol = match &speaks {
        Speaks::Ours => SUBPROTOCOL,
        Speaks::Other(name) => name,
    };
    accepted(&derive_accept_key(key.as_bytes()), protocol)
}

fn handshake(headers: &HeaderMap) -> Result<(String, Speaks), Problem> {
    let bad = |why: &str| Problem::new(Code::BadRequest, why);
    let says = |name: HeaderName, wanted: &str| {
        let mut words = headers.get_all(name).iter().filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
        words.any(|word| word.trim().eq_ignore_ascii_case(wanted))
    };
    if !says(CONNECTION, "upgrade") || !says(UPGRADE, "websocket") {
        return Err(bad("this is a WebSocket; upgrade the connection"));
    }
    if !says(SEC_WEBSOCKET_VERSION, "13") {
        return Err(bad("WebSocket version 13 is needed"));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).and_then(|it| it.to_str().ok()).ok_or_else(|| bad("`Sec-WebSocket-Key` is missing"))?;
    if says(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return Ok((key.to_owned(), Speaks::Ours));
    }
    let offered = headers.get(SEC_WEBSOCKET_PROTOCOL).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let other = offered.split(',').map(str::trim).find(|it| it.starts_with("trackside."));
    let other = other.ok_or_else(|| bad("the subprotocol trackside.v1 is needed"))?;
    Ok((key.to_owned(), Speaks::Other(other.to_owned())))
}

fn accepted(accept: &str, protocol: &str) -> Result<Response, Problem> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    for (name, value) in [(SEC_WEBSOCKET_ACCEPT, accept), (SEC_WEBSOCKET_PROTOCOL, protocol)] {
        let value = HeaderValue::from_str(value).map_err(|_| Problem::new(Code::BadRequest, "the handshake cannot be answered"))?;
        headers.insert(name, value);
    }
    Ok(response)
}
