//! `kill -9` of the platform's own process, at the worst moments: nothing lost, no orphan, states true after the next start.

use std::path::Path;
use std::process::{Child, Command as Program, Stdio};
use std::time::Instant;

use trackside::local::platform::{Platform, StartError};
use trackside::local::port::Setup;
use trackside::model::deploy::DeployStatus;
use trackside::model::ids::ServiceId;
use trackside::model::log::{Level, LogFilter, LogKind, LogQuery};
use trackside::model::request::Request;
use trackside::model::service::{Health, Service};

use crate::site::{PATIENCE, Site, commit, get, no_process, processes, serving};

/// A platform in a process of its own.
pub struct Served(pub Child);

impl Served {
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// With variables besides those of this process.
    pub fn start_with(data: &Path, variables: &[(&str, &Path)]) -> Self {
        let mut it = Program::new(crate::site::binary());
        it.envs(variables.iter().copied());
        it.arg("--data").arg(data).args(["serve", "--listen", "127.0.0.1:0", "--allow-unsandboxed"]);
        Self(it.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    pub fn kill(self) {
        drop(self);
    }
}

/// However the test ends.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `done`.
async fn until(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "waited for {what} in vain");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_platform_leaves_no_orphan_and_starts_again_with_everything() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("trackside.toml", &serving("true")), ("index.html", "one")]).await;
    let live = site.live(&id).await;
    let toml = "kind = \"worker\"\nstart = \"setsid sleep 7781 & sleep 7782\"";
    let worker = site.service_of("worker", None, &[("trackside.toml", toml)]).await;
    site.live(&worker).await;
    let slow = site.service_of("slow", None, &[("trackside.toml", &serving("sleep 7783"))]).await;
    let data = site.data();
    let setup = Setup::new(&data, crate::site::binary());
    let audit = site.platform().handle().world().snapshot.audit.len();
    let project = site.project.clone();
    // The same folder, now in a process that can be killed.
    let folder = site.stop().await;
    no_process("sleep 7782").await;
    let served = Served::start(&data);
    // Its supervisor and its shell name it too.
    until("the worker to be back", || processes("sleep 7781").len() >= 3).await;
    served.kill();
    for sleep in ["sleep 7781", "sleep 7782"] {
        no_process(sleep).await;
    }
    let platform = Platform::start(setup.clone()).await.unwrap();
    let site = Site { folder, platform: Some(platform), project };
    site.logs("the platform was killed, last known to run at 2").await;
    let mut ran = vec![Some(id.clone()), Some(worker)];
    ran.sort();
    assert_eq!(told_of_kill(&site).await, ran, "each service that ran is told, once");
    let service = site.service_is(&id, "live again", |it| it.health == Health::Live && it.up() == 1 && it.url.is_some()).await;
    assert_eq!(service.live, Some(live));
    assert_eq!(get(&service.url.unwrap(), "/").await.unwrap(), (200, "one".to_owned()));
    assert!(site.platform().handle().world().snapshot.audit.len() >= audit);

    // A second platform on the same folder is refused, with the one that is there.
    let second = Platform::start(setup).await;
    assert!(matches!(second, Err(StartError::Busy { pid: Some(_), .. })));

    // Killed in the middle of a build: the platform of this process cannot be killed, so its state is checked after a stop.
    let dep = site.deploy(&slow).await;
    until("the build", || !processes("sleep 7783").is_empty()).await;
    let folder = site.stop().await;
    no_process("sleep 7783").await;
    let platform = Platform::start(Setup::new(&data, crate::site::binary())).await.unwrap();
    let site = Site { folder, platform: Some(platform), project: None };
    let it = site.ended(&dep).await;
    assert_eq!(it.status, DeployStatus::Failed);
    assert!(it.error.unwrap().contains("the platform stopped while it was building"));
    assert_eq!(told_of_kill(&site).await.len(), 2, "one that was stopped was not killed");
    site.stop().await;
    no_process(&data.to_string_lossy()).await;
}

/// The services whose log says that the platform was killed, as often as it says so.
async fn told_of_kill(site: &Site) -> Vec<Option<ServiceId>> {
    let page = site.client().logs(&LogQuery { limit: Some(5000), ..LogQuery::default() }).await.unwrap();
    let mut all: Vec<_> = page.lines.into_iter().filter(|it| it.text.contains("the platform was killed")).map(|it| it.service).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_somebody_stopped_still_says_who_after_a_restart_of_the_platform_until_it_is_started() {
    let mut site = Site::new().await;
    let web = site.service_of("web", None, &[("trackside.toml", &serving("true")), ("index.html", "one")]).await;
    site.live(&web).await;
    site.ask(Request::Stop { service: web.clone() }).await.unwrap();
    let said = |it: &Service| it.health == Health::Stopped && it.reason.as_ref().is_some_and(|it| it.starts_with("stopped by "));
    let before = site.service_is(&web, "stopped", said).await.reason;
    for _ in 0..2 {
        site.restart().await;
        // Once its address is open, the start is over.
        let again = site.service_is(&web, "still stopped", |it| it.health == Health::Stopped && it.url.is_some()).await;
        assert_eq!(again.reason, before);
    }
    site.ask(Request::Restart { service: web.clone() }).await.unwrap();
    site.service_is(&web, "live", |it| it.health == Health::Live && it.reason.is_none()).await;
    site.restart().await;
    site.service_is(&web, "live again", |it| it.health == Health::Live && it.reason.is_none()).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_any_length_is_one_line_and_its_rest_however_often_it_is_cut() {
    let mut site = Site::new().await;
    let toml = "kind = \"worker\"\nstart = \"printf 'ERROR %0200000dEND\\\\nshort\\\\n' 1; sleep 7784\"";
    let worker = site.service_of("worker", None, &[("trackside.toml", toml)]).await;
    site.live(&worker).await;
    site.logs("short").await;
    let filter = LogFilter { kind: Some(LogKind::Runtime), ..LogFilter::default() };
    let page = site.client().logs(&LogQuery { filter, limit: Some(1000), ..LogQuery::default() }).await.unwrap();
    let (short, pieces) = page.lines.split_last().unwrap();
    assert!(short.text == "short" && !short.cont, "{short:?}");
    let whole: String = pieces.iter().map(|it| it.text.as_str()).collect();
    assert_eq!((whole.len(), &whole[..8], &whole[whole.len() - 4..]), (200_009, "ERROR 00", "1END"));
    let rests: Vec<bool> = pieces.iter().map(|it| it.cont).collect();
    assert!(!rests[0] && rests.len() > 12 && rests[1..].iter().all(|it| *it), "{rests:?}");
    assert!(pieces.iter().all(|it| it.level == Level::Error), "its begin says how loud all of it is");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_another_program_took_meanwhile_is_not_said_again() {
    let mut site = Site::new().await;
    let web = site.service_of("web", None, &[("trackside.toml", &serving("true")), ("index.html", "one")]).await;
    let dep = site.live(&web).await;
    let old = site.service_is(&web, "live", |it| it.up() == 1 && it.url.is_some()).await.url.unwrap();
    let (data, project) = (site.data(), site.project.clone());
    let folder = site.stop().await;
    // Or somebody else has it already.
    let taken = std::net::TcpListener::bind(old.strip_prefix("http://").unwrap());

    let platform = Platform::start(Setup::new(&data, crate::site::binary())).await.unwrap();
    let site = Site { folder, platform: Some(platform), project };
    let said = |site: &Site| {
        let world = site.platform().handle().world();
        let service = world.snapshot.services.iter().find(|it| it.id == web).and_then(|it| it.url.clone());
        [service, world.snapshot.deployments.iter().find(|it| it.id == dep).and_then(|it| it.url.clone())]
    };
    let began = Instant::now();
    while said(&site).contains(&None) {
        assert!(!said(&site).contains(&Some(old.clone())), "{:?}", said(&site));
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let [service, deployment] = said(&site);
    assert!(service == deployment && service != Some(old), "{service:?} {deployment:?}");
    site.service_is(&web, "live again", |it| it.up() == 1).await;
    assert_eq!(get(&service.unwrap(), "/").await.unwrap(), (200, "one".to_owned()));
    drop(taken);
}

/// Runs the program on the platform of `data`.
fn run(data: &Path, args: &[&str]) {
    let done = Program::new(crate::site::binary()).arg("--data").arg(data).args(args).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_build_nothing_of_it_runs_on_and_what_waited_goes_live() {
    let mut site = Site::new().await;
    let web = site.service_of("web", None, &[("trackside.toml", &serving("true")), ("index.html", "one")]).await;
    let live = site.live(&web).await;
    let slow = serving("setsid sleep 7786 & (trap '' TERM; sleep 7787; sleep 7787) & sleep 7788");
    let id = site.service_of("slow", None, &[("trackside.toml", &slow), ("index.html", "slow")]).await;
    let (data, project) = (site.data(), site.project.clone());
    let repo = site.repo("slow");
    let folder = site.stop().await;

    let served = Served::start(&data);
    until("the platform", || data.join(trackside::wire::rest::PLATFORM_FILE).exists()).await;
    run(&data, &["deploy", "shop/slow"]);
    for sleep in ["sleep 7786", "sleep 7787", "sleep 7788"] {
        until(sleep, || !processes(sleep).is_empty()).await;
    }
    // Waits for the one that builds, and will find this commit.
    commit(&repo, &[("trackside.toml", &serving("true"))]);
    run(&data, &["deploy", "shop/slow"]);
    served.kill();
    for sleep in ["sleep 7786", "sleep 7787", "sleep 7788"] {
        no_process(sleep).await;
    }

    let platform = Platform::start(Setup::new(&data, crate::site::binary())).await.unwrap();
    let site = Site { folder, platform: Some(platform), project };
    let mut both: Vec<_> = site.platform().handle().world().snapshot.deployments.iter().filter(|it| it.service == id).cloned().collect();
    both.sort_by_key(|it| it.created);
    let [first, second] = &both[..] else { panic!("both were kept: {both:?}") };
    let cut = site.ended(&first.id).await;
    assert_eq!(cut.status, DeployStatus::Failed);
    assert!(cut.error.unwrap().contains("the platform stopped while it was building"));
    let went_on = site.ended(&second.id).await;
    assert_eq!(went_on.status, DeployStatus::Success, "{:?}", went_on.error);
    let service = site.service_is(&id, "live", |it| it.health == Health::Live && it.up() == 1 && it.url.is_some()).await;
    assert_eq!(get(&service.url.unwrap(), "/").await.unwrap(), (200, "slow".to_owned()));
    let service = site.service_is(&web, "live again", |it| it.health == Health::Live && it.up() == 1 && it.url.is_some()).await;
    assert_eq!(service.live, Some(live));
    let left = data.join("releases").join(id.as_str()).join(first.id.as_str());
    site.until("the folder of what was cut off to go", |_| (!left.exists()).then_some(())).await;
    site.stop().await;
    no_process(&data.to_string_lossy()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_cannot_be_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::new(folder.path().join("data"), crate::site::binary());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    setup.listen = taken.local_addr().unwrap();
    let why = Platform::start(setup.clone()).await.err().unwrap().to_string();
    assert!(why.contains("is taken by another program"), "{why}");
    drop(taken);
    setup.listen = "0.0.0.0:0".parse().unwrap();
    let why = Platform::start(setup.clone()).await.err().unwrap().to_string();
    assert!(why.contains("loopback"), "{why}");
    setup.listen = "127.0.0.1:0".parse().unwrap();
    Platform::start(setup.clone()).await.unwrap().stop().await;
    let database = std::fs::read_dir(&setup.data)
        .unwrap()
        .flatten()
        .map(|it| it.path())
        .find(|it| it.extension().is_some_and(|it| it == "db" || it == "sqlite"));
    std::fs::write(database.unwrap(), "this is no database, whatever its name says, and it is long enough to be looked at").unwrap();
    let why = Platform::start(setup).await.err().unwrap().to_string();
    assert!(why.contains("damaged"), "{why}");
}
