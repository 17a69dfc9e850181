//! The one place that speaks HTTP to the outside: limits on time, size and redirects, and where the token goes.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, Url};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use super::endpoint::Endpoint;
use super::patience::Patience;
use super::trouble::{Trouble, classify, last};
use crate::model::text::Clean;
use crate::model::time::Millis;

/// Largest answer taken in, after decompression: a snapshot of thousands of services fits ten times over, a gzip bomb does not.
pub const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// Most redirects of one read, all within one origin.
const MAX_REDIRECTS: usize = 3;
/// What is waited after a 429 that does not say how long.
const UNSAID: Millis = Millis::secs(30);

/// One thing to ask for.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    /// Path and query under the endpoint's address, escaped (`/api/v1/logs?limit=5`).
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Option<String>,
}

impl Call {
    /// A call without headers or body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    /// A read.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }
}

/// What came back, whole.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, if it says of itself that it is JSON. Captive portals answer 200 with a page.
    pub fn json_body(&self) -> Result<&[u8], Trouble> {
        let kind = self.header(CONTENT_TYPE.as_str()).unwrap_or("no content type");
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence == "application/json" || essence.ends_with("+json") {
            return Ok(&self.body);
        }
        Err(Trouble::Protocol(Clean::from(format!("{}, with {kind} instead of JSON: a proxy or a login page in between?", self.status))))
    }

    /// `Retry-After`, in seconds or as a date.
    pub fn retry_after(&self) -> Option<Millis> {
        let text = self.header(RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Millis::secs(i64::from(seconds)));
        }
        let at = chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis() as i64;
        Some(Millis((at - now).max(0)))
    }

    /// The wait after a 429.
    pub fn limited(&self) -> Millis {
        self.retry_after().unwrap_or(UNSAID)
    }
}

/// The way to one endpoint. Its clients are made when first needed: each reads the machine's certificates.
#[derive(Debug)]
pub struct Http {
    endpoint: Endpoint,
    patience: Patience,
    rest: OnceLock<Result<reqwest::Client, Trouble>>,
    /// HTTP/1.1 only, for the upgrade to a WebSocket.
    upgrade: OnceLock<Result<reqwest::Client, Trouble>>,
}

impl Http {
    /// A way to `endpoint`; nothing is opened yet.
    pub const fn new(endpoint: Endpoint, patience: Patience) -> Self {
        Self { endpoint, patience, rest: OnceLock::new(), upgrade: OnceLock::new() }
    }

    /// Where it leads.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks and takes the whole answer, whatever its status. Reads follow redirects within the origin, writes never.
    pub async fn send(&self, call: &Call) -> Result<Reply, Trouble> {
        let host = self.endpoint.authority();
        match timeout(self.patience.whole, self.follow(call)).await {
            Ok(done) => done,
            Err(_) => Err(Self::late(&format!("{host} took longer than {} for an answer", seconds(self.patience.whole)))),
        }
    }

    async fn follow(&self, call: &Call) -> Result<Reply, Trouble> {
        let mut url = self.endpoint.join(&call.path);
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.once(call, url.clone()).await?;
            if !answer.status().is_redirection() || answer.status().as_u16() == 304 {
                return self.read(answer).await;
            }
            url = self.redirect(call, &url, &answer)?;
        }
        Err(Trouble::Protocol(Clean::from(format!("{} redirects in a circle", self.endpoint.authority()))))
    }

    fn redirect(&self, call: &Call, from: &Url, answer: &Response) -> Result<Url, Trouble> {
        let target = answer.headers().get(LOCATION).and_then(|it| it.to_str().ok()).and_then(|it| from.join(it).ok());
        let said = |what: String| Err(Trouble::Protocol(Clean::from(what)));
        let Some(target) = target else {
            return said(format!("{} redirects to nowhere", self.endpoint.authority()));
        };
        if target.origin() != from.origin() {
            let to = target.host_str().unwrap_or("another place").to_owned();
            return said(format!("redirected to {to}: not followed, the token is for {} only", self.endpoint.authority()));
        }
        if call.method != Method::GET {
            return said(format!("a write was redirected to {}: not followed", target.path()));
        }
        Ok(target)
    }

    async fn once(&self, call: &Call, url: Url) -> Result<Response, Trouble> {
        let mut request = self.client(false)?.request(call.method.clone(), url).header(ACCEPT, "application/json");
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        self.begin(request).await
    }

    /// Sends `request` with the token, and waits for the head of its answer.
    async fn begin(&self, mut request: reqwest::RequestBuilder) -> Result<Response, Trouble> {
        if let Some(token) = self.endpoint.token() {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| Trouble::Auth(Clean::from("the token has characters that no token has")))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let host = self.endpoint.authority();
        match timeout(self.patience.connect + self.patience.first_byte, request.send()).await {
            Ok(done) => done.map_err(|it| classify(&it, &host)),
            Err(_) => Err(Self::late(&format!("{host} did not begin to answer within {}", seconds(self.patience.first_byte)))),
        }
    }

    async fn read(&self, mut answer: Response) -> Result<Reply, Trouble> {
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let host = self.endpoint.authority();
        let too_large = || Err(Trouble::Protocol(Clean::from(format!("{host}: answer larger than {} MiB", MAX_ANSWER >> 20))));
        if answer.content_length().is_some_and(|it| it > MAX_ANSWER as u64) {
            return too_large();
        }
        let mut body = Vec::new();
        loop {
            let piece = match timeout(self.patience.between, answer.chunk()).await {
                Ok(piece) => piece.map_err(|it| classify(&it, &host))?,
                Err(_) => return Err(Self::late(&format!("{host} stopped in the middle of an answer"))),
            };
            let Some(piece) = piece else { return Ok(Reply { status, headers, body }) };
            if body.len() + piece.len() > MAX_ANSWER {
                return too_large();
            }
            body.extend_from_slice(&piece);
        }
    }

    /// Asks for an upgrade of the connection with the given headers; the answer's body is not read.
    pub async fn upgrade(&self, path: &str, headers: &[(&'static str, String)]) -> Result<Response, Trouble> {
        let url = self.endpoint.join(path);
        let mut request = self.client(true)?.get(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        self.begin(request).await
    }

    /// Reads the little of a refused upgrade's answer that helps to say why.
    pub async fn rest_of(&self, answer: Response) -> Result<Reply, Trouble> {
        match timeout(self.patience.whole, self.read(answer)).await {
            Ok(done) => done,
            Err(_) => Err(Self::late("the answer never ended")),
        }
    }

    fn late(why: &str) -> Trouble {
        Trouble::Offline { why: Clean::from(why), sent: true }
    }

    fn client(&self, upgrade: bool) -> Result<&reqwest::Client, Trouble> {
        let place = if upgrade { &self.upgrade } else { &self.rest };
        place.get_or_init(|| build(&self.endpoint, &self.patience, upgrade)).as_ref().map_err(Clone::clone)
    }
}

fn seconds(it: Duration) -> String {
    Millis(it.as_millis() as i64).long()
}

fn build(endpoint: &Endpoint, patience: &Patience, upgrade: bool) -> Result<reqwest::Client, Trouble> {
    let fatal = |why: String| Trouble::Fatal(Clean::from(why));
    let base = || {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("trackside/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(patience.connect)
            // Half-open connections are noticed by the kernel too, when nothing of ours is under way.
            .tcp_keepalive(Duration::from_secs(15))
            .tcp_keepalive_interval(Duration::from_secs(5))
            .tcp_keepalive_retries(3)
            .pool_idle_timeout(Duration::from_secs(30));
        #[cfg(target_os = "linux")]
        {
            builder = builder.tcp_user_timeout(Duration::from_secs(20));
        }
        if upgrade { builder.http1_only() } else { builder }
    };
    // No proxy has a say about this machine.
    let base = || if endpoint.is_local() { base().no_proxy() } else { base() };
    if endpoint.url().starts_with("http:") {
        // Plain http is to this machine only: no certificate store is needed or read.
        return base().tls_certs_only(std::iter::empty()).build().map_err(|it| fatal(it.to_string()));
    }
    let extra = match endpoint.ca_file() {
        Some(file) => bundle(file)?,
        None => Vec::new(),
    };
    if let Ok(client) = base().tls_certs_merge(extra.clone()).build() {
        return Ok(client);
    }
    // A machine without any certificate store: only what was given is trusted.
    let without = base().tls_certs_only(extra).build();
    without.map_err(|it| match endpoint.ca_file() {
        Some(file) => no_certificate(file, &last(&it)),
        None => fatal(format!("no TLS on this machine: {}", last(&it))),
    })
}

fn bundle(file: &std::path::Path) -> Result<Vec<reqwest::Certificate>, Trouble> {
    let bad = |why: String| no_certificate(file, &why);
    let pem = std::fs::read(file).map_err(|it| bad(it.to_string()))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|it| bad(it.to_string()))?;
    if found.is_empty() {
        return Err(bad("no certificate in it (PEM is expected)".to_owned()));
    }
    Ok(found)
}

fn no_certificate(file: &std::path::Path, why: &str) -> Trouble {
    Trouble::Fatal(Clean::from(format!("certificate file {}: {why}", file.display())))
}
