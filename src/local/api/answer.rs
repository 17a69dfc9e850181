//! What a handler comes to, and how it travels: the envelope, the status, the headers.

use axum::body::Body;
use axum::response::Response;
use http_body_util::Full;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, RETRY_AFTER};

use crate::local::limit::Standing;
use crate::local::live::to_json;
use crate::local::port::Refusal;
use crate::model::event::Change;
use crate::model::request::Fault;
use crate::model::text::Clean;
use crate::wire::rest::{Code, Envelope, POSITION, Page};
use crate::wire::stream::Position;

/// An answer that worked.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    kind: &'static str,
    body: String,
    at: Option<Position>,
    tagged: bool,
}

/// An answer that did not.
#[derive(Debug)]
pub struct Problem {
    pub code: Code,
    pub message: Clean,
    /// The object as it is, where the asker knew an older one.
    pub object: Option<Box<Change>>,
    pub retry_after: Option<u64>,
    /// The byte of a log query where its mistake is.
    pub at: Option<usize>,
}

impl Answer {
    /// `data` in the envelope.
    pub fn data<T: serde::Serialize>(data: &T) -> Self {
        Self::json(to_json(&Envelope::ok(data)))
    }

    /// A page of a list.
    pub fn page<T: serde::Serialize>(items: &[T], page: Page) -> Self {
        Self::json(to_json(&Envelope { page: Some(page), ..Envelope::ok(items) }))
    }

    fn json(body: String) -> Self {
        Self { status: StatusCode::OK, kind: "application/json", body, at: None, tagged: false }
    }

    /// A document as it is.
    pub fn yaml(text: &str) -> Self {
        Self { kind: "application/yaml", ..Self::json(text.to_owned()) }
    }

    /// True at `position`; whoever has it need not be sent it again.
    pub fn at(mut self, position: &Position) -> Self {
        self.at = Some(position.clone());
        self.tagged = true;
        self
    }

    /// Done at `position`.
    pub fn position(mut self, position: &Position) -> Self {
        self.at = Some(position.clone());
        self
    }

    /// With another status than 200.
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// As HTTP; `known` is what the asker has (`If-None-Match`).
    pub fn response(self, known: Option<&str>) -> Response {
        let tag = self.at.as_ref().filter(|_| self.tagged).map(|at| format!("\"{at}\""));
        let unchanged = known.zip(tag.as_deref()).is_some_and(|(known, tag)| matches(known, tag));
        let (status, body) = if unchanged { (StatusCode::NOT_MODIFIED, String::new()) } else { (self.status, self.body) };
        let mut response = respond(status, self.kind, body);
        if let Some(at) = &self.at {
            set(&mut response, HeaderName::from_static(POSITION), &at.to_string());
        }
        if let Some(tag) = &tag {
            set(&mut response, ETAG, tag);
        }
        response
    }
}

/// Whether one of the tags in an `If-None-Match` is `tag`.
fn matches(known: &str, tag: &str) -> bool {
    known.trim() == "*" || known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

impl Problem {
    pub fn new(code: Code, message: impl Into<Clean>) -> Self {
        Self { code, message: message.into(), object: None, retry_after: None, at: None }
    }

    /// As HTTP.
    pub fn response(self) -> Response {
        let object = self.object.map(|it| *it);
        let body = to_json(&Envelope { data: object, at: self.at, ..Envelope::failed(self.code, self.message) });
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = respond(status, "application/json", body);
        if let Some(seconds) = self.retry_after {
            set(&mut response, RETRY_AFTER, &seconds.to_string());
        }
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fault(fault) => {
                let wait = if let Fault::RateLimited(wait) = &fault { Some(wait.0.unsigned_abs().div_ceil(1000)) } else { None };
                let message = match &fault {
                    Fault::Auth(why) | Fault::Forbidden(why) | Fault::NotFound(why) | Fault::Offline(why) => why.clone(),
                    other => Clean::new(&other.to_string()),
                };
                Self { retry_after: wait, ..Self::new(Code::from(&fault), message) }
            }
            Refusal::Stale(now) => {
                Self { object: Some(now), ..Self::new(Code::PreconditionFailed, "somebody changed it meanwhile; this is how it is now") }
            }
            Refusal::KeyReused => Self::new(Code::Unprocessable, "this idempotency key was used for something else"),
            Refusal::ReadOnly => Self::new(
                Code::ReadOnly,
                "the platform's disk is full: it can read but not write; make room in its data folder and try again",
            ),
        }
    }
}

/// Says how the asker stands to its limit.
pub fn set_limits(response: &mut Response, standing: &Standing) {
    set(response, HeaderName::from_static("ratelimit-limit"), &standing.limit.to_string());
    set(response, HeaderName::from_static("ratelimit-remaining"), &standing.remaining.to_string());
    set(response, HeaderName::from_static("ratelimit-reset"), &standing.reset.to_string());
}

fn respond(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::new(Full::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if status != StatusCode::NOT_MODIFIED {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    // Kept by nobody on the way; the asker itself asks again with the tag.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

/// Sets a header whose value we made of plain characters; anything else is left out.
fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
