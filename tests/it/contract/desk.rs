//! A platform's front desk for tests: real database, hub, log, server and socket; a core that keeps a few simple books.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use trackside::local::api::{self, Api, Metrics};
use trackside::local::auth::Tokens;
use trackside::local::core::{Asked, Handle, World};
use trackside::local::db::Db;
use trackside::local::limit::Limits;
use trackside::local::live::{Feeds, Hub};
use trackside::local::logs::{Keep, LogStore, Rate};
use trackside::local::port::{Batch, Command, Done, Refusal};
use trackside::model::event::{Change, ObjectRef};
use trackside::model::project::Role;
use trackside::model::request::{Fault, Request};
use trackside::model::time::Millis;

use super::samples;

/// The owner's token in tests.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// A token that may only look.
pub const VIEWER: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

/// Everything is kept.
const ROOMY: Rate = Rate { steady: 1 << 40, burst: 1 << 40 };

/// Limits no test reaches by accident.
pub const fn roomy() -> Limits {
    Limits { general: 1_000_000, writes: 1_000_000, logs: 1_000_000, upgrades: 1_000_000, connections: 1000, streams: 1000 }
}

/// A running platform front.
pub struct Desk {
    pub port: u16,
    pub feeds: Feeds,
    pub http: reqwest::Client,
    _folder: TempDir,
}

impl Desk {
    pub async fn start() -> Self {
        Self::with(roomy(), Duration::from_secs(15)).await
    }

    pub async fn with(limits: Limits, heartbeat: Duration) -> Self {
        Self::of(limits, heartbeat, Vec::new(), Arc::new(|_| vec![samples::series()]), ROOMY).await
    }

    /// One that is also reached under these names, as behind a proxy.
    pub async fn behind(allowed_hosts: Vec<String>) -> Self {
        Self::of(roomy(), Duration::from_secs(15), allowed_hosts, Arc::new(|_| vec![samples::series()]), ROOMY).await
    }

    /// One whose metrics come from `metrics`.
    pub async fn measuring(metrics: Metrics) -> Self {
        Self::of(roomy(), Duration::from_secs(15), Vec::new(), metrics, ROOMY).await
    }

    /// One that keeps of each service's lines no more than `rate`.
    pub async fn keeping(rate: Rate) -> Self {
        Self::of(roomy(), Duration::from_secs(15), Vec::new(), Arc::new(|_| vec![samples::series()]), rate).await
    }

    async fn of(limits: Limits, heartbeat: Duration, allowed_hosts: Vec<String>, metrics: Metrics, rate: Rate) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (db, loaded) = Db::open(folder.path()).unwrap();
        let keep = Keep { rate, ..Keep::new(256 << 20, Millis::hours(1)) };
        let logs = LogStore::open_with(&folder.path().join("logs"), keep).unwrap();
        let hub = Hub::new(&loaded);
        let feeds = Feeds { hub, db, logs, stop: CancellationToken::new(), heartbeat, server: "trackside test".into() };
        let (core, asked) = Handle::new(World::default());
        tokio::spawn(books(asked, feeds.clone()));
        let tokens = Tokens::default();
        tokens.add("owner", Role::Owner, TOKEN);
        tokens.add("guest", Role::Viewer, VIEWER);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let api = Api {
            core,
            feeds: feeds.clone(),
            metrics,
            commits: Arc::new(|_, _, _| Box::pin(async { Ok(samples::commits()) })),
            tokens,
            limits,
            allowed_hosts,
        };
        tokio::spawn(api::serve(listener, api));
        let http = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
        Self { port, feeds, http, _folder: folder }
    }

    /// Writes changes as the core would.
    pub async fn write(&self, changes: Vec<Change>) -> u64 {
        write(&self.feeds, Batch { changes, ..Batch::default() }).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/api/v1{path}", self.port)
    }

    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(self.url(path)).bearer_auth(TOKEN)
    }

    pub fn post(&self, path: &str, body: &str) -> reqwest::RequestBuilder {
        self.http.post(self.url(path)).bearer_auth(TOKEN).header("content-type", "application/json").body(body.to_owned())
    }

    /// The `data` of a read that must work.
    pub async fn data<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let envelope: trackside::wire::rest::Envelope<T> = answer.json().await.unwrap();
        assert!(envelope.success);
        envelope.data.unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.feeds.stop.cancel();
    }
}

async fn write(feeds: &Feeds, batch: Batch) -> u64 {
    let committed = feeds.db.commit(batch).await.unwrap();
    feeds.hub.publish(&committed);
    committed.rev
}

/// The core of these tests: makes projects, acknowledges incidents, refuses the rest.
async fn books(mut asked: mpsc::Receiver<Asked>, feeds: Feeds) {
    let mut made = 0;
    while let Some(Asked { command, reply }) = asked.recv().await {
        let outcome = enter(&feeds, command, &mut made).await;
        let _ = reply.send(outcome);
    }
}

async fn enter(feeds: &Feeds, command: Command, made: &mut u32) -> Result<Done, Refusal> {
    let (text, change) = match command.request {
        Request::CreateProject(new) => {
            *made += 1;
            let mut project = samples::project(&format!("prj_{made}"));
            project.name = new.name.as_str().into();
            ("project made", Change::Project(project))
        }
        Request::Acknowledge { incident } => {
            let view = feeds.hub.view();
            let Some(found) = view.get(&ObjectRef::Incident(incident.clone())) else {
                return Err(Refusal::Fault(Fault::NotFound("no such incident".into())));
            };
            if command.if_match.is_some() && command.if_match != found.change.rev() {
                return Err(Refusal::Stale(Box::new(found.change.clone())));
            }
            ("acknowledged", found.change.clone())
        }
        _ => return Err(Refusal::Fault(Fault::Conflict("the test's core does not do that".into()))),
    };
    let mut done = Done { rev: 0, text: text.into(), object: Some(change.clone()) };
    let answer = command.idempotency.map(|key| (key, done.clone()));
    done.rev = write(feeds, Batch { changes: vec![change], answer, ..Batch::default() }).await;
    if let Some(object) = &mut done.object {
        object.stamp(done.rev);
    }
    Ok(done)
}
