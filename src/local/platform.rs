//! An embedded platform from start to stop: everything put together, in the order that makes a start safe.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::model::project::Role;
use crate::model::text::Clean;
use crate::wire::rest::{PLATFORM_FILE, PlatformFile};
use crate::wire::stream::HEARTBEAT;

use super::api::{self, Api};
use super::auth::{self, OWNER, Tokens};
use super::cage::{Level, Sandbox, Unsafe};
use super::cgroup::Groups;
use super::core::{Core, Handle, Parts, Probe, Pulse, Seen, Vital, World};
use super::db::{Db, DbError};
use super::engine::{Settings, State, started_anew};
use super::fingerprint::Fingerprints;
use super::git::range;
use super::leftovers;
use super::limit::Limits;
use super::live::{Feeds, Hub};
use super::lock::{Held, Lock};
use super::logs::LogStore;
use super::output::LogSink;
use super::place::Place;
use super::port::{Loaded, Setup};
use super::ports::Ports;
use super::private;
use super::proxy::Proxy;
use super::rules::Watch;
use super::series::SeriesStore;
use super::stats::Sampler;
use super::worker::Worker;

/// How long everything has to end when the platform stops; replicas that ignore TERM are killed before that.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// Why a platform could not start. Nothing is left behind then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("another platform runs on {folder}{}: stop it, or use another folder with --data", .pid.map(|it| format!(" (pid {it})")).unwrap_or_default())]
    Busy { folder: String, pid: Option<u32> },
    #[error("the data folder {0} cannot be used: {1}")]
    Folder(String, io::Error),
    #[error("{0}")]
    Db(#[from] DbError),
    #[error("the log of the platform cannot be used: {0}")]
    Log(String),
    #[error("the metrics of the platform cannot be used: {0}")]
    Series(String),
    #[error("{0}")]
    Token(String),
    #[error("{0} is taken by another program: stop it, or listen elsewhere with --listen")]
    Taken(SocketAddr),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    #[error("{0} is not on this machine alone: the platform listens on loopback addresses only")]
    Open(SocketAddr),
    #[error("{0}")]
    Unsafe(#[from] Unsafe),
    #[error("the program that watches over replicas, {0}, is not there")]
    Supervisor(String),
}

/// A running platform.
pub struct Platform {
    url: String,
    token: SecretString,
    handle: Handle,
    stop: CancellationToken,
    vital: Vital,
    worker: Worker,
    core: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    db: Db,
    logs: LogStore,
    series: SeriesStore,
    sandbox: Level,
    file: PathBuf,
}

impl Platform {
    /// Starts a platform, and whatever was live on its folder.
    pub async fn start(mut setup: Setup) -> Result<Self, StartError> {
        if !setup.listen.ip().is_loopback() {
            return Err(StartError::Open(setup.listen));
        }
        if !setup.supervisor.is_file() {
            return Err(StartError::Supervisor(setup.supervisor.display().to_string()));
        }
        let unfit = |error| StartError::Folder(setup.data.display().to_string(), error);
        let data = private::folder(&setup.data).map_err(unfit)?;
        private::mend(&data).map_err(unfit)?;
        setup.data = data;
        let lock = lock(&setup.data)?;
        let sandbox = sandbox(&setup).await?;
        let listener = listen(setup.listen).await?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(setup.listen, error))?;
        // A replica whose supervisor dies becomes ours, so that it can be ended. Without it, only that is lost.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        let groups = Groups::find(&setup.data);
        leftovers::clear(&setup.data, &groups).await;
        let (db, loaded) = Db::open_locked(&setup.data, lock)?;
        let logs =
            LogStore::open(&setup.data.join("logs"), setup.log_bytes, setup.log_age).map_err(|error| StartError::Log(error.to_string()))?;
        let series = SeriesStore::open(&setup.data.join("series")).map_err(|error| StartError::Series(error.to_string()))?;
        let token = auth::owner_token(&setup.data).map_err(|error| StartError::Token(error.to_string()))?;
        let file = setup.data.join(PLATFORM_FILE);
        let me = PlatformFile { url: format!("http://{address}"), token_file: setup.data.join("token"), pid: std::process::id() };
        let fingerprints = Fingerprints::open(&setup.data).map_err(|error| StartError::Folder(setup.data.display().to_string(), error))?;
        let parts = Assembly { setup, groups, sandbox, db, logs, series, fingerprints, loaded };
        let mut platform = parts.run(listener, token, file);
        platform.url.clone_from(&me.url);
        write_private(&platform.file, &serde_json::to_string_pretty(&me).unwrap_or_default())
            .map_err(|error| StartError::Folder(platform.file.display().to_string(), error))?;
        Ok(platform)
    }

    /// Where its API is: `http://127.0.0.1:4100`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its owner's token.
    pub const fn token(&self) -> &SecretString {
        &self.token
    }

    /// How far the code it runs is kept apart from the machine.
    pub const fn sandbox(&self) -> Level {
        self.sandbox
    }

    /// The way to its core, for those in the same process.
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits until a part without which it is of no use has failed, and says which and why. What is left then is to stop it.
    pub fn broken(&self) -> impl Future<Output = String> + Send + use<> {
        let vital = self.vital.clone();
        async move { vital.broken().await }
    }

    /// Makes `task` such a part: it is to run until the platform stops, and its error says why it cannot.
    pub fn depend(&mut self, name: &'static str, task: impl Future<Output = Result<(), String>> + Send + 'static) {
        self.tasks.push(self.vital.spawn(name, task));
    }

    /// Stops: watchers are told, replicas end, everything is on disk. What was live is live again after the next start.
    pub async fn stop(self) {
        self.stop.cancel();
        // The core first: what it is in the middle of may still start something, which must be there to be ended.
        let _ = tokio::time::timeout(STOP_WITHIN, self.core).await;
        self.worker.shut(STOP_WITHIN).await;
        for task in self.tasks {
            let _ = tokio::time::timeout(STOP_WITHIN, task).await;
        }
        let (logs, series) = (self.logs, self.series);
        let _ = tokio::task::spawn_blocking(move || {
            logs.close();
            series.close();
        })
        .await;
        let _ = fs::remove_file(&self.file);
        // Last, because with it goes the lock: from then on the folder may be another's.
        self.db.close().await;
    }
}

/// What is opened before anything runs.
struct Assembly {
    setup: Setup,
    groups: Groups,
    sandbox: Sandbox,
    db: Db,
    logs: LogStore,
    series: SeriesStore,
    fingerprints: Fingerprints,
    loaded: Loaded,
}

impl Assembly {
    fn run(self, listener: TcpListener, token: SecretString, file: PathBuf) -> Platform {
        let Self { setup, groups, sandbox, db, logs, series, fingerprints, mut loaded } = self;
        loaded.last = logs.newest().max(series.newest());
        let stop = CancellationToken::new();
        let level = sandbox.level();
        let isolation = Clean::new(level.word());
        let state = State::new(Settings::of(&setup, fingerprints, isolation.clone()), &loaded);
        started_anew(&mut loaded.snapshot, &isolation);
        let hub = Hub::new(&loaded);
        sweep(&setup.data, &state);
        let (handle, asks) = Handle::new(World { epoch: loaded.epoch, rev: loaded.rev, snapshot: loaded.snapshot });
        let (tell, told) = mpsc::unbounded_channel();
        let seen = Seen::default();
        let sink = sink(&logs, &seen);
        let proxy = Proxy::new(logs.clone(), Duration::from_millis(setup.answer_timeout.0.unsigned_abs()));
        let place = Place { ports: ports(&setup, &state), groups, sandbox, sink: sink.clone(), setup: setup.clone() };
        let place = Arc::new(place);
        let worker = Worker::new(Arc::clone(&place), proxy.clone(), tell.clone());
        let probe = Probe::default();
        let tokens = tokens(&token, &state);
        let parts = Parts {
            handle: handle.clone(),
            db: db.clone(),
            hub: hub.clone(),
            worker: worker.clone(),
            sink,
            seen: seen.clone(),
            tokens: tokens.clone(),
            asks,
            told,
            stop: stop.clone(),
        };
        let asks_health = probe.clone().run(handle.clone(), stop.clone());
        let pulse = Pulse {
            handle: handle.clone(),
            proxy,
            series: series.clone(),
            hub: hub.clone(),
            seen,
            sampler: Sampler::default(),
            probe,
            watch: Watch::new(setup.rules.clone()),
            tell,
            open: BTreeSet::new(),
            there: BTreeSet::new(),
        };
        let feeds = feeds(hub, &db, &logs, &stop);
        let (limits, allowed_hosts) = (Limits::new(setup.rate_limit), setup.allowed_hosts);
        let api =
            Api { core: handle.clone(), feeds, metrics: metrics(series.clone()), commits: commits(place), tokens, limits, allowed_hosts };
        let serves = async move { api::serve(listener, api).await.map_err(|error| error.to_string()) };
        let beats = pulse.run(stop.clone());
        let vital = Vital::new(stop.clone());
        let core = vital.spawn("the core", Core::new(state, parts).run());
        let tasks =
            vec![vital.spawn("the pulse", fine(beats)), vital.spawn("the health check", fine(asks_health)), vital.spawn("the API", serves)];
        Platform { url: String::new(), token, handle, stop, vital, worker, core, tasks, db, logs, series, sandbox: level, file }
    }
}

/// The sandbox of this machine, which is found by trying.
async fn sandbox(setup: &Setup) -> Result<Sandbox, StartError> {
    let (data, supervisor, wish) = (setup.data.clone(), setup.supervisor.clone(), setup.sandbox);
    let found = tokio::task::spawn_blocking(move || Sandbox::find(&data, &supervisor, wish)).await;
    found.map_err(|error| StartError::Supervisor(error.to_string()))?.map_err(StartError::Unsafe)
}

/// A task that ends well if it ends at all.
async fn fine(task: impl Future<Output = ()>) -> Result<(), String> {
    task.await;
    Ok(())
}

/// What the stream is fed from.
fn feeds(hub: Hub, db: &Db, logs: &LogStore, stop: &CancellationToken) -> Feeds {
    Feeds {
        hub,
        db: db.clone(),
        logs: logs.clone(),
        stop: stop.clone(),
        heartbeat: Duration::from_millis(HEARTBEAT.0.unsigned_abs()),
        server: Clean::new(concat!("trackside ", env!("CARGO_PKG_VERSION"))),
    }
}

/// The ports of services and replicas. A service's address stays its own, even while it is not open yet.
fn ports(setup: &Setup, state: &State) -> Ports {
    let ports = Ports::new(setup.ports.clone());
    for port in state.secrets.values().filter_map(|it| it.port) {
        ports.reserve(port);
    }
    ports
}

/// The owner's token, and those that were handed out.
fn tokens(owner: &SecretString, state: &State) -> Tokens {
    let tokens = Tokens::default();
    tokens.add(OWNER, Role::Owner, owner.expose_secret());
    tokens.keep(&state.tokens);
    tokens
}

fn metrics(series: SeriesStore) -> api::Metrics {
    Arc::new(move |it| series.query(it))
}

fn commits(place: Arc<Place>) -> api::Commits {
    Arc::new(move |service, url, (from, to)| {
        let place = Arc::clone(&place);
        Box::pin(async move { range(&place, &service, &url, (&from, &to)).await })
    })
}

/// The way into the log, counting lines on the way.
fn sink(logs: &LogStore, seen: &Seen) -> LogSink {
    let (logs, seen) = (logs.clone(), seen.clone());
    Arc::new(move |entries| {
        if let Some(service) = entries.first().and_then(|it| it.service.clone()) {
            // Entries come in batches of one writer.
            seen.lines(&service, entries.len() as u64);
        }
        logs.append(entries);
    })
}

/// Takes the folder: whoever has its lock has it.
fn lock(data: &Path) -> Result<Lock, StartError> {
    Lock::take(data).map_err(|held| match held {
        Held::By(pid) => StartError::Busy { folder: data.display().to_string(), pid },
        Held::Io(error) => StartError::Folder(data.join(Lock::FILE).display().to_string(), error),
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::Taken(address),
        _ => StartError::Listen(address, error),
    })
}

/// Removes release folders that belong to nothing: what a platform that was killed could not.
fn sweep(data: &Path, state: &State) {
    let releases = Place::releases(data);
    let known = |folder: &str| state.releases.values().any(|it| it.folder == folder);
    for service in fs::read_dir(&releases).into_iter().flatten().flatten() {
        let name = service.file_name().to_string_lossy().into_owned();
        for release in fs::read_dir(service.path()).into_iter().flatten().flatten() {
            if !known(&format!("{name}/{}", release.file_name().to_string_lossy())) {
                let _ = fs::remove_dir_all(release.path());
            }
        }
        // Only an empty one goes.
        let _ = fs::remove_dir(service.path());
    }
}

/// Writes a file only this user may read, whole or not at all.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::port::{Actor, Command};
    use crate::model::request::{NewProject, Request};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_platform_that_can_never_write_again_says_so_instead_of_refusing_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        // This program is no trackside, and can put nothing in a sandbox.
        let mut setup = Setup::new(folder.path(), std::env::current_exe().unwrap());
        setup.sandbox.level = Some(Level::None);
        let platform = Platform::start(setup).await.unwrap();
        platform.db.close().await;
        let request = Request::CreateProject(NewProject { name: "shop".to_owned(), ..NewProject::default() });
        let actor = Actor { name: Clean::new("ada"), role: Role::Owner };
        let command = Command { actor, request, via: Clean::new("cli"), if_match: None, idempotency: None, secret: None };
        assert!(platform.handle().ask(command).await.is_err());
        let why = tokio::time::timeout(Duration::from_secs(30), platform.broken()).await.unwrap();
        assert_eq!(why, "the core failed: the database's thread is gone");
        platform.stop().await;
    }
}
