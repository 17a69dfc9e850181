//! What the proxy says in its own name: which service, what is wrong, and nothing it does not know.

use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};

use super::body::Reply;
use super::ticket::Ticket;

/// Seconds after which asking again makes sense: a replica restarts within that.
const RETRY: HeaderValue = HeaderValue::from_static("2");

/// An answer in plain text, or in JSON for those who ask for it.
pub fn own(status: StatusCode, error: &str, why: &str, json: bool, ticket: &mut Ticket) -> Response<Reply> {
    let (service, _) = ticket.site().said();
    let (kind, text) = if json {
        let body = serde_json::json!({ "error": error, "service": service, "message": why });
        ("application/json", format!("{body}\n"))
    } else {
        ("text/plain; charset=utf-8", format!("{}: {why}\n", status.as_u16()))
    };
    let mut response = Response::new(Reply::Text(None));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-trackside-error", HeaderValue::from_str(error).unwrap_or(HeaderValue::from_static("error")));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, RETRY);
    }
    ticket.answered(status.as_u16(), super::headers::size(headers), true);
    ticket.sent(text.len());
    ticket.note(why);
    *response.body_mut() = Reply::Text(Some(Bytes::from(text)));
    response
}

/// Nobody serves.
pub fn nobody(json: bool, ticket: &mut Ticket) -> Response<Reply> {
    let (service, why) = ticket.site().said();
    let why = format!("{service} has no replica that serves: {}", why.as_deref().unwrap_or("none is up"));
    own(StatusCode::SERVICE_UNAVAILABLE, "no_replica", &why, json, ticket)
}

/// A replica was there but gave no answer.
pub fn dead(what: &str, json: bool, ticket: &mut Ticket) -> Response<Reply> {
    let (service, _) = ticket.site().said();
    own(StatusCode::BAD_GATEWAY, "replica_failed", &format!("{service}: {what}"), json, ticket)
}

/// A replica took the request and said nothing for as long as it may.
pub fn silent(replica: u16, json: bool, ticket: &mut Ticket) -> Response<Reply> {
    let (service, _) = ticket.site().said();
    let most = ticket.site().patience.as_millis();
    let most = if most.is_multiple_of(1000) { format!("{}s", most / 1000) } else { format!("{most}ms") };
    let why = format!("{service}: replica {replica} gave no answer within {most} (answer_timeout of [limits])");
    own(StatusCode::GATEWAY_TIMEOUT, "replica_silent", &why, json, ticket)
}

/// Whether a caller would rather read JSON.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    accept.contains("json") && !accept.contains("text/html")
}
