//! A platform of a test's own: real repositories, real processes, a folder that goes with it.

use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use trackside::local::cage::{Level, Wish};
use trackside::local::core::World;
use trackside::local::platform::Platform;
use trackside::local::port::{Actor, Command, Done, Refusal, Setup};
use trackside::model::deploy::{DeployStatus, Deployment};
use trackside::model::event::ObjectRef;
use trackside::model::ids::{DeploymentId, ProjectId, ServiceId};
use trackside::model::log::LogQuery;
use trackside::model::project::Role;
use trackside::model::request::{NewProject, NewService, Request};
use trackside::model::service::{Service, ServiceKind};
use trackside::model::text::Clean;
use trackside::model::time::Millis;
use trackside::platform::endpoint::Endpoint;
use trackside::platform::trackside::client::Client;
use trackside::wire::rest::PLATFORM_FILE;

/// Two busy cores build other things meanwhile.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_trackside"))
}

/// Runs git in `folder`, with nothing of the user's own settings.
pub fn git(folder: &Path, args: &[&str]) {
    let mut it = Program::new("git");
    it.current_dir(folder).args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]).args(args);
    let done = it.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A repository with one commit of `files`.
pub fn repository(folder: &Path, files: &[(&str, &str)]) {
    std::fs::create_dir_all(folder).unwrap();
    git(folder, &["init", "--quiet"]);
    commit(folder, files);
}

/// Commits `files` on top.
pub fn commit(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, ours(text)).unwrap();
    }
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--allow-empty", "-m", "a change"]);
}

/// `text` with each number a test sleeps for (7700 to 7899) made this process's own: another run of the same tests on this machine looks
/// for other processes.
pub fn ours(text: &str) -> String {
    static NAPS: LazyLock<regex::Regex> = LazyLock::new(|| regex::Regex::new(r"sleep 7[78]\d\d\b").unwrap());
    NAPS.replace_all(text, format!("$0.{:07}", std::process::id())).into_owned()
}

/// A web service that serves its files: what its `trackside.toml` says.
pub fn serving(build: &str) -> String {
    format!("kind = \"web\"\nbuild = \"\"\"{build}\"\"\"\nstart = \"exec '{}' static-files .\"\n", binary().display())
}

/// For tests of what plain processes do.
pub fn plain(setup: &mut Setup) {
    setup.sandbox = Wish { level: Some(Level::None), unsandboxed: true };
}

/// Ports that no other platform of these tests begins with: one that starts again finds its addresses free.
fn own_ports() -> std::ops::RangeInclusive<u16> {
    const EACH: u32 = 50;
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let next = std::process::id().wrapping_add(NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let low = 21_000 + (next % 200 * EACH) as u16;
    low..=low + EACH as u16 - 1
}

pub struct Site {
    pub folder: tempfile::TempDir,
    pub platform: Option<Platform>,
    pub project: Option<ProjectId>,
}

impl Site {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut setup = Setup::new(folder.path().join("data"), binary());
        setup.drain = Millis::secs(5);
        setup.ports = own_ports();
        change(&mut setup);
        let platform = Some(Platform::start(setup).await.unwrap());
        Self { folder, platform, project: None }
    }

    pub fn platform(&self) -> &Platform {
        self.platform.as_ref().unwrap()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data").canonicalize().unwrap()
    }

    pub fn repo(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn ask(&self, request: Request) -> Result<Done, Refusal> {
        self.ask_as(Role::Owner, request).await
    }

    pub async fn ask_as(&self, role: Role, request: Request) -> Result<Done, Refusal> {
        let actor = Actor { name: Clean::new("ada"), role };
        let command = Command { actor, request, via: Clean::new("cli"), if_match: None, idempotency: None, secret: None };
        self.platform().handle().ask(command).await
    }

    /// Asks, and gives the words in which it was refused.
    pub async fn refused(&self, request: Request) -> String {
        match self.ask(request).await {
            Err(Refusal::Fault(fault)) => fault.to_string(),
            other => panic!("not refused: {other:?}"),
        }
    }

    pub async fn project(&mut self) -> ProjectId {
        if let Some(id) = &self.project {
            return id.clone();
        }
        let new = NewProject { name: "shop".to_owned(), environment: None, production: true };
        let done = self.ask(Request::CreateProject(new)).await.unwrap();
        let Some(ObjectRef::Project(id)) = done.object.map(|it| it.object()) else { panic!("no project") };
        self.project = Some(id.clone());
        id
    }

    pub async fn service(&mut self, name: &str, change: impl FnOnce(&mut NewService)) -> ServiceId {
        let project = self.project().await;
        let mut new = NewService::new(project, name, self.repo(name).to_string_lossy());
        change(&mut new);
        let done = self.ask(Request::CreateService(Box::new(new))).await.unwrap();
        let Some(ObjectRef::Service(id)) = done.object.map(|it| it.object()) else { panic!("no service") };
        id
    }

    /// A service of its own repository of `files`.
    pub async fn service_of(&mut self, name: &str, kind: Option<ServiceKind>, files: &[(&str, &str)]) -> ServiceId {
        repository(&self.repo(name), files);
        self.service(name, |it| it.kind = kind).await
    }

    pub async fn deploy(&self, service: &ServiceId) -> DeploymentId {
        self.deployment_of(Request::Deploy { service: service.clone(), branch: None, commit: None }).await
    }

    /// Asks for something that makes a deployment.
    pub async fn deployment_of(&self, request: Request) -> DeploymentId {
        let done = self.ask(request).await.unwrap();
        let Some(ObjectRef::Deployment(id)) = done.object.map(|it| it.object()) else { panic!("no deployment") };
        id
    }

    /// Waits until `find` finds something in the world.
    pub async fn until<T>(&self, what: &str, find: impl Fn(&World) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(it) = find(&self.platform().handle().world()) {
                return it;
            }
            let late = began.elapsed() > PATIENCE;
            assert!(!late, "waited for {what} in vain; the world is {:#?}", self.platform().handle().world().snapshot.deployments);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a deployment has ended, and gives it.
    pub async fn ended(&self, id: &DeploymentId) -> Deployment {
        self.until("the end of a deployment", |world| {
            world.snapshot.deployments.iter().find(|it| it.id == *id && it.status.ended()).cloned()
        })
        .await
    }

    /// Deploys and waits until it is live.
    pub async fn live(&self, service: &ServiceId) -> DeploymentId {
        let id = self.deploy(service).await;
        let it = self.ended(&id).await;
        assert_eq!(it.status, DeployStatus::Success, "{:?}", it.error);
        id
    }

    /// Waits until the service is as `wanted`.
    pub async fn service_is(&self, id: &ServiceId, what: &str, wanted: impl Fn(&Service) -> bool) -> Service {
        self.until(what, |world| world.snapshot.services.iter().find(|it| it.id == *id && wanted(it)).cloned()).await
    }

    /// A client as the dashboard and the commands have it.
    pub fn client(&self) -> Client {
        Client::new(Endpoint::from_platform_file(&self.data().join(PLATFORM_FILE)).unwrap())
    }

    /// Waits until a line of the log holds `part`.
    pub async fn logs(&self, part: &str) {
        let began = Instant::now();
        let query = LogQuery { limit: Some(1000), ..LogQuery::default() };
        loop {
            let page = self.client().logs(&query).await.unwrap();
            if page.lines.iter().any(|it| it.text.contains(part)) {
                return;
            }
            let lines: Vec<_> = page.lines.iter().map(|it| &it.text).collect();
            assert!(began.elapsed() < PATIENCE, "{part:?} never came; the log is {lines:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Stops the platform and starts another on its folder.
    pub async fn restart(&mut self) {
        let data = self.data();
        self.platform.take().unwrap().stop().await;
        self.platform = Some(Platform::start(Setup::new(data, binary())).await.unwrap());
    }

    pub async fn stop(mut self) -> tempfile::TempDir {
        self.platform.take().unwrap().stop().await;
        self.folder
    }
}

/// `GET` of a path at a service's address: status and body.
pub async fn get(url: &str, path: &str) -> std::io::Result<(u16, String)> {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let status = text.get(9..12).and_then(|it| it.parse().ok()).unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map(|(_, it)| it.to_owned()).unwrap_or_default();
    Ok((status, body))
}

/// Processes whose command line holds `text`, as [`ours`] has it, this one not included.
pub fn processes(text: &str) -> Vec<u32> {
    let text = ours(text);
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if pid != std::process::id() && line.contains(&text) {
            found.push(pid);
        }
    }
    found
}

/// Waits until no process has `text` in its command line.
pub async fn no_process(text: &str) {
    let began = Instant::now();
    while !processes(text).is_empty() {
        assert!(began.elapsed() < PATIENCE, "still there: {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
