//! Asking again and again where a stream cannot be had: only what changed is transferred, and never two questions at once.

use reqwest::header::{ETAG, IF_NONE_MATCH};

use super::http::{Call, Http, Reply};
use super::trouble::Trouble;

/// One address that is asked every so often.
#[derive(Clone, Debug)]
pub struct Poll {
    path: String,
    etag: Option<String>,
}

impl Poll {
    /// Nothing asked yet.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), etag: None }
    }

    /// Asks once. `None`: as it was the last time, which the server itself says; a failure is never taken for that.
    pub async fn ask(&self, http: &Http) -> Result<Option<Reply>, Trouble> {
        let mut call = Call::get(self.path.as_str());
        if let Some(etag) = &self.etag {
            call.headers.push((IF_NONE_MATCH.as_str(), etag.clone()));
        }
        let reply = http.send(&call).await?;
        Ok((reply.status != 304).then_some(reply))
    }

    /// `reply` was read and taken in: only now its tag counts. An answer that could not be read is asked for again in full.
    pub fn taken(&mut self, reply: &Reply) {
        self.etag = reply.header(ETAG.as_str()).map(str::to_owned);
    }
}
