//! Reading our own protocol's envelope, and turning a status into what the caller does about it.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::http::Reply;
use super::trouble::Trouble;
use crate::model::request::Fault;
use crate::model::text::Clean;
use crate::wire::rest::{Code, Envelope};

/// The data of a good answer, read as `T`. All or nothing: a truncated list is never taken for a short one.
pub fn data<T: DeserializeOwned>(reply: &Reply) -> Result<T, Trouble> {
    if !(200..300).contains(&reply.status) {
        return Err(refusal(reply));
    }
    let envelope: Envelope<T> = parse(reply.json_body()?)?;
    match envelope {
        Envelope { success: true, data: Some(data), .. } => Ok(data),
        Envelope { success: true, .. } => Err(Trouble::Protocol(Clean::from("a good answer without data"))),
        Envelope { code, message, .. } => Err(Trouble::Said(fault(code, message, reply.status))),
    }
}

/// Reads JSON; the error says where it stopped making sense.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Trouble> {
    let mut from = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|it| Trouble::Protocol(Clean::from(it.to_string())))?;
    from.end().map_err(|it| Trouble::Protocol(Clean::from(it.to_string())))?;
    Ok(value)
}

/// What an answer that is no success means.
pub fn refusal(reply: &Reply) -> Trouble {
    let (code, said) = words(reply);
    let why = said.clone().unwrap_or_else(|| plain(reply));
    match reply.status {
        401 => Trouble::Auth(why),
        403 => Trouble::Forbidden(why),
        407 => Trouble::Offline { why: Clean::from("the proxy wants a user and a password (407)"), sent: false },
        429 => Trouble::Limited(reply.limited()),
        500.. => Trouble::Server { why, after: reply.retry_after() },
        400.. if said.is_some() => Trouble::Said(fault(code, said, reply.status)),
        404 => Trouble::Said(Fault::NotFound(why)),
        _ => Trouble::Protocol(why),
    }
}

/// Whether a platform of this protocol wrote it, and nobody in between.
pub fn is_own(reply: &Reply) -> bool {
    reply.json_body().is_ok_and(|it| parse::<Envelope<serde::de::IgnoredAny>>(it).is_ok())
}

fn words(reply: &Reply) -> (Option<Code>, Option<Clean>) {
    let read = reply.json_body().ok().and_then(|it| parse::<Envelope<serde::de::IgnoredAny>>(it).ok());
    read.map_or((None, None), |it| (it.code, it.message))
}

fn plain(reply: &Reply) -> Clean {
    let reason = reqwest::StatusCode::from_u16(reply.status).ok().and_then(|it| it.canonical_reason()).unwrap_or("unknown status");
    let kind = if reply.json_body().is_err() { " (not from a trackside platform: a proxy in between?)" } else { "" };
    Clean::from(format!("{} {reason}{kind}", reply.status))
}

fn fault(code: Option<Code>, message: Option<Clean>, status: u16) -> Fault {
    let why = message.unwrap_or_else(|| Clean::from(format!("refused with {status}")));
    match code.unwrap_or_else(|| by_status(status)) {
        Code::Unauthorized => Fault::Auth(why),
        Code::Forbidden => Fault::Forbidden(why),
        Code::NotFound => Fault::NotFound(why),
        Code::Conflict | Code::PreconditionFailed | Code::Gone => Fault::Conflict(why),
        Code::BadRequest | Code::BadQuery | Code::TooLarge | Code::UnsupportedMediaType | Code::Unprocessable => Fault::Invalid(why),
        Code::MethodNotAllowed => Fault::Unsupported(why),
        Code::RateLimited => Fault::RateLimited(crate::model::time::Millis::secs(30)),
        Code::Internal | Code::ReadOnly | Code::Unavailable | Code::Unknown => Fault::Server(why),
    }
}

fn by_status(status: u16) -> Code {
    Code::ALL.into_iter().find(|it| it.status() == status).unwrap_or(Code::Unknown)
}
