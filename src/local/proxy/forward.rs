//! One request's way to a replica and back, and the second tries that cannot do anything twice.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use tokio_util::sync::CancellationToken;

use super::body::{Reply, Streamed};
use super::sent::{Moved, Sent};
use super::site::Site;
use super::ticket::Ticket;
use super::upstream::{Flight, Line};
use super::{answer, headers, tunnel};

/// Largest head of a request, in bytes: eight times what the strictest usual server takes.
pub const HEAD: usize = 64 * 1024;

/// Serves one request of a caller.
pub async fn serve(
    site: Arc<Site>,
    peer: SocketAddr,
    stop: CancellationToken,
    mut request: Request<Incoming>,
) -> Result<Response<Reply>, Infallible> {
    let length = request.uri().path().len() + request.method().as_str().len() + 12 + headers::size(request.headers());
    let mut ticket = Ticket::new(Arc::clone(&site), request.method().clone(), request.uri(), length);
    let json = answer::wants_json(request.headers());
    if request.method() == Method::CONNECT {
        let why = "this proxy stands before one service, it opens no tunnels to others";
        return Ok(answer::own(StatusCode::METHOD_NOT_ALLOWED, "no_tunnels", why, json, &mut ticket));
    }
    // hyper stops at its buffer, which may be twice as large as asked for.
    if length > HEAD {
        let why = format!("the request's head has {length} bytes, more than the {HEAD} allowed");
        return Ok(answer::own(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", &why, json, &mut ticket));
    }
    let change = headers::upgrade(request.headers()).map(|_| hyper::upgrade::on(&mut request));
    let (mut head, body) = request.into_parts();
    let host = head.uri.authority().map(ToString::to_string);
    head.uri = origin_form(&head.uri);
    head.version = Version::HTTP_11;
    headers::towards_replica(&mut head.headers, peer.ip(), host.as_deref().unwrap_or("localhost"));
    let whole = body.is_end_stream();
    let (counts, moved) = (Arc::clone(&site.counts), Moved::now());
    let body = if whole { Sent::none(counts, moved.clone()) } else { Sent::new(body, counts, moved.clone()) };
    let trip = Trip { site, again: whole && is_repeatable(&head.method), fresh: change.is_some(), moved };
    Ok(match trip.go(Request::from_parts(head, body), &mut ticket).await {
        Ok((response, line, flight)) => reply(response, line, flight, ticket, change, stop),
        Err(Missed::Nobody) => answer::nobody(json, &mut ticket),
        Err(Missed::Dead(what)) => answer::dead(&what, json, &mut ticket),
        Err(Missed::Silent(replica)) => answer::silent(replica, json, &mut ticket),
    })
}

/// Why there is no answer to pass on.
enum Missed {
    Nobody,
    Dead(String),
    /// This replica took the request and gave no answer in time.
    Silent(u16),
}

type Arrived = (Response<Incoming>, Line, Flight);

/// A request on its way.
struct Trip {
    site: Arc<Site>,
    /// It may be sent twice: no body, and doing it twice is doing it once.
    again: bool,
    /// It must have a connection of its own.
    fresh: bool,
    /// When something of it last went to the replica.
    moved: Moved,
}

impl Trip {
    async fn go(mut self, mut request: Request<Sent>, ticket: &mut Ticket) -> Result<Arrived, Missed> {
        let mut refused: Vec<SocketAddr> = Vec::new();
        let mut why = String::new();
        let mut lost = false;
        loop {
            let Some(flight) = self.site.pick(&refused) else {
                let dead = || Missed::Dead(format!("{} of its replicas took no connection ({why})", refused.len()));
                return Err(if refused.is_empty() { Missed::Nobody } else { dead() });
            };
            ticket.to(&flight.0.backend);
            let kept = if self.fresh { None } else { flight.0.kept() };
            let old = kept.is_some();
            let connected = match kept {
                Some(line) => Ok(line),
                None => flight.0.connect().await,
            };
            let mut line = match connected {
                Ok(line) => line,
                Err(what) => {
                    // Nothing was sent, so another may be asked, whatever the request is.
                    flight.0.rest();
                    refused.push(flight.0.backend.addr);
                    why = what;
                    continue;
                }
            };
            let spare = (old && self.again).then(|| self.copy(&request));
            let answered = tokio::select! {
                answered = line.try_send_request(request) => answered,
                // Not sent to another: this one may be in the middle of doing it.
                () = self.moved.still(self.site.patience) => return Err(Missed::Silent(flight.0.backend.replica)),
            };
            let mut failed = match answered {
                Ok(response) => return Ok((response, line, flight)),
                Err(failed) => failed,
            };
            // A kept connection may die the moment it is used: the replica had closed it, and never saw the request.
            let unsent = failed.take_message();
            let Some(next) = unsent.or(spare).filter(|_| !lost) else {
                let why = failed.into_error();
                return Err(Missed::Dead(format!("replica {} closed the connection without an answer ({why})", flight.0.backend.replica)));
            };
            (lost, self.fresh, request) = (true, true, next);
        }
    }

    fn copy(&self, request: &Request<Sent>) -> Request<Sent> {
        let (mut head, ()): (Parts, ()) = Request::new(()).into_parts();
        head.method = request.method().clone();
        head.uri = request.uri().clone();
        head.headers = request.headers().clone();
        Request::from_parts(head, Sent::none(Arc::clone(&self.site.counts), self.moved.clone()))
    }
}

fn is_repeatable(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE)
}

/// What a replica expects in the request line, whatever form the caller used.
fn origin_form(uri: &Uri) -> Uri {
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    path.parse().unwrap_or(Uri::from_static("/"))
}

fn reply(
    response: Response<Incoming>,
    line: Line,
    flight: Flight,
    mut ticket: Ticket,
    change: Option<OnUpgrade>,
    stop: CancellationToken,
) -> Response<Reply> {
    let status = response.status();
    let (mut response, body) = {
        let (head, body) = response.into_parts();
        (Response::from_parts(head, ()), body)
    };
    *response.version_mut() = Version::HTTP_11;
    if status == StatusCode::SWITCHING_PROTOCOLS {
        let Some(caller) = change else {
            return answer::dead("a replica changed the protocol although nobody had asked for it", false, &mut ticket);
        };
        let replica = hyper::upgrade::on(&mut response);
        let protocol = headers::upgrade(response.headers());
        headers::strip(response.headers_mut());
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        if let Some(protocol) = protocol {
            response.headers_mut().insert(header::UPGRADE, protocol);
        }
        ticket.answered(status.as_u16(), headers::size(response.headers()), false);
        tokio::spawn(tunnel::run(caller, replica, ticket, flight, stop));
        return response.map(|()| Reply::Text(None));
    }
    headers::strip(response.headers_mut());
    let events = response.headers().get(header::CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"));
    ticket.answered(status.as_u16(), headers::size(response.headers()), !events);
    let streamed = Streamed { inner: body, ticket, flight, line: Some(line) };
    response.map(|()| Reply::Stream(Box::new(streamed)))
}
