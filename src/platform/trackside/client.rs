//! The typed REST client: every request, for the dashboard and for the command line. The stream is `source`'s.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::read::{Info, Whole};
use crate::model::audit::VariableChange;
use crate::model::deploy::CommitRange;
use crate::model::event::{Answer, Snapshot};
use crate::model::ids::ServiceId;
use crate::model::link::Caps;
use crate::model::log::{LogPage, LogQuery, LogVolume, VolumeQuery};
use crate::model::metric::{MetricQuery, Series};
use crate::model::request::{Fault, NewToken, Request};
use crate::model::text::Clean;
use crate::platform::answer;
use crate::platform::endpoint::Endpoint;
use crate::platform::http::{Call, Http, Reply};
use crate::platform::patience::Patience;
use crate::platform::trouble::Trouble;
use crate::wire::calls::{self, Written};
use crate::wire::hex::hex;
use crate::wire::rest::{BASE, Envelope, HealthInfo, IDEMPOTENCY, LimitsInfo, VIA};
use crate::wire::stream::Position;
use crate::wire::tokens::{TokenInfo, TokenMade};

/// How often a write whose answer was lost is sent again, with the same key.
const RESENDS: u32 = 2;

/// A platform, to be asked. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    /// Replaced as a whole when the endpoint moved.
    way: Arc<Mutex<Arc<Http>>>,
    patience: Patience,
    /// When the places of its token were last asked.
    asked: Arc<Mutex<Option<Instant>>>,
}

impl Client {
    /// A client of the platform at `endpoint`; nothing is opened yet.
    pub fn new(endpoint: Endpoint) -> Self {
        Self::patient(endpoint, Patience::default())
    }

    /// The same with waits of one's own.
    pub fn patient(endpoint: Endpoint, patience: Patience) -> Self {
        Self { way: Arc::new(Mutex::new(Arc::new(Http::new(endpoint, patience)))), patience, asked: Arc::default() }
    }

    /// The way as it is now.
    pub fn http(&self) -> Arc<Http> {
        Arc::clone(&self.way.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks whether the platform has moved or its token's file has changed; true: asking again may help.
    pub fn renew(&self) -> bool {
        self.replace(self.http().endpoint().renewed())
    }

    /// Asks for another token where this one came from, which may run a command; true: asking again may help.
    ///
    /// Once in a while only: a command that gives another bad token each time must not be run for ever.
    pub async fn renew_token(&self) -> bool {
        {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.is_some_and(|at| at.elapsed() < self.patience.poll) {
                return self.renew();
            }
            *asked = Some(Instant::now());
        }
        let endpoint = self.http().endpoint().clone();
        let found = tokio::task::spawn_blocking(move || endpoint.renewed_token()).await;
        self.replace(found.ok().flatten())
    }

    fn replace(&self, found: Option<Endpoint>) -> bool {
        let Some(endpoint) = found else { return false };
        let fresh = Arc::new(Http::new(endpoint, self.patience));
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        true
    }

    /// Asks for `request`. `via` names the door (`cli`, `dashboard`). A write carries `key`, or one made for it, so that
    /// sending it again after a lost answer does it once.
    pub async fn ask(&self, request: &Request, via: &str, key: Option<&str>) -> Result<Answer, Fault> {
        let Some(call) = calls::Call::of(request) else {
            return Err(Fault::Unsupported(Clean::from("only a running stream can do that")));
        };
        let reply = self.deliver(&http_call(&call, via, key), request.writes()).await?;
        Ok(match request {
            Request::Logs(_) => Answer::Logs(answer::data(&reply)?),
            Request::Metrics(_) => Answer::Metrics(answer::data(&reply)?),
            Request::Commits { .. } => Answer::Commits(answer::data(&reply)?),
            Request::Volume(_) => Answer::Volume(answer::data(&reply)?),
            _ => {
                let done: Written = answer::data(&reply)?;
                Answer::Done { text: done.text, object: done.object }
            }
        })
    }

    /// Kept log lines.
    pub async fn logs(&self, query: &LogQuery) -> Result<LogPage, Trouble> {
        self.query(&Request::Logs(query.clone())).await
    }

    /// Kept metrics.
    pub async fn metrics(&self, query: &MetricQuery) -> Result<Vec<Series>, Trouble> {
        self.query(&Request::Metrics(query.clone())).await
    }

    /// What was done to a service's variables, newest first; never a value.
    pub async fn variable_changes(&self, service: &ServiceId) -> Result<Vec<VariableChange>, Trouble> {
        self.get(&format!("/services/{}/variables/history", calls::escape(service.as_str()))).await
    }

    /// What lies between two commits of a service.
    pub async fn commits(&self, service: &ServiceId, from: &str, to: &str) -> Result<CommitRange, Trouble> {
        self.query(&Request::Commits { service: service.clone(), from: from.to_owned(), to: to.to_owned() }).await
    }

    /// How many lines were logged when.
    pub async fn volume(&self, query: &VolumeQuery) -> Result<LogVolume, Trouble> {
        self.query(&Request::Volume(query.clone())).await
    }

    /// Who we are there, and what we may do.
    pub async fn me(&self) -> Result<Caps, Trouble> {
        self.get("/me").await
    }

    /// Makes a token; its secret is in the answer, and nowhere else.
    pub async fn create_token(&self, new: &NewToken, via: &str) -> Result<TokenMade, Trouble> {
        let Some(call) = calls::Call::of(&Request::CreateToken(new.clone())) else {
            return Err(Trouble::Said(Fault::Unsupported(Clean::from("no token can be made"))));
        };
        answer::data(&self.deliver(&http_call(&call, via, None), true).await?)
    }

    /// Who has tokens.
    pub async fn tokens(&self) -> Result<Vec<TokenInfo>, Trouble> {
        self.get("/tokens").await
    }

    /// What the platform allows.
    pub async fn limits(&self) -> Result<LimitsInfo, Trouble> {
        self.get("/limits").await
    }

    /// Whether it is there at all; needs no token.
    pub async fn health(&self) -> Result<HealthInfo, Trouble> {
        self.get("/health").await
    }

    /// Everything there is, and at which place in history.
    pub async fn snapshot(&self) -> Result<(Position, Snapshot), Trouble> {
        let whole = self.whole().await?;
        Ok((whole.position, whole.snapshot))
    }

    /// The same, with the names of what could not be read, and whether it may be old.
    pub async fn whole(&self) -> Result<Whole, Trouble> {
        read_whole(&self.deliver(&Call::get(format!("{BASE}/snapshot")), false).await?)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        answer::data(&self.deliver(&Call::get(format!("{BASE}{path}")), false).await?)
    }

    async fn query<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Trouble> {
        let Some(call) = calls::Call::of(request) else {
            return Err(Trouble::Said(Fault::Unsupported(Clean::from("not a query"))));
        };
        answer::data(&self.deliver(&http_call(&call, "", None), false).await?)
    }

    /// Sends `call` until an answer came: a lost answer is asked for again with the same key, a refused token is read anew once.
    async fn deliver(&self, call: &Call, write: bool) -> Result<Reply, Trouble> {
        let mut resends = if write { RESENDS } else { 1 };
        let mut renewed = false;
        loop {
            let outcome = self.http().send(call).await;
            match outcome {
                Err(trouble) if trouble.is_lost_answer() && resends > 0 => resends -= 1,
                // Nobody there, or not with this token: a platform that started anew has another port or token.
                Err(Trouble::Offline { .. }) if !renewed && self.renew() => renewed = true,
                Ok(Reply { status: 401, .. }) if !renewed => {
                    renewed = true;
                    if !self.renew_token().await {
                        return outcome;
                    }
                }
                other => return other,
            }
            tokio::time::sleep(self.patience.resend).await;
        }
    }
}

/// Reads the answer of `GET /snapshot`. Objects that make no sense are counted, the rest is taken.
pub(super) fn read_whole(reply: &Reply) -> Result<Whole, Trouble> {
    if reply.status != 200 {
        return Err(answer::refusal(reply));
    }
    let envelope: Envelope<Info<'_>> = answer::parse(reply.json_body()?)?;
    let info = envelope.data.filter(|_| envelope.success);
    info.map(Info::read).ok_or_else(|| Trouble::Protocol(Clean::from("a snapshot without data")))
}

fn http_call(call: &calls::Call, via: &str, key: Option<&str>) -> Call {
    let method = Method::from_bytes(call.method.as_bytes()).unwrap_or(Method::GET);
    let mut out = Call::new(method, format!("{BASE}{}", call.path));
    out.body.clone_from(&call.body);
    if call.method != "GET" {
        out.headers.push((VIA, via.to_owned()));
        out.headers.push((IDEMPOTENCY, key.map_or_else(new_key, str::to_owned)));
    }
    out
}

/// A key nobody else has: 128 random bits.
pub fn new_key() -> String {
    let mut bytes = [0; 16];
    // Without any randomness the kernel would not have booted; zeros would only lose the resend's safety.
    let _ = getrandom::fill(&mut bytes);
    hex(&bytes)
}
