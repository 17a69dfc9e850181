//! Clocks that are wrong and clocks that are set while programs run: two processes, each with its own. In the build in which a clock can be
//! wrong on purpose (`--features seeded-bugs`).
#![cfg(feature = "seeded-bugs")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use secrecy::ExposeSecret as _;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Answer, Snapshot};
use trackside::model::ids::ServiceId;
use trackside::model::log::LogQuery;
use trackside::model::request::{NewProject, Request};
use trackside::model::service::Service;
use trackside::model::time::{Millis, Time};
use trackside::platform::trackside::client::Client;

use crate::acked::reached;
use crate::recovery::Served;
use crate::rig::Rig;
use crate::site::{PATIENCE, Site, get, no_process, processes, serving};

/// The variable that names the file that says by how much the clock is wrong.
const ERROR: &str = "TRACKSIDE_CLOCK_ERROR";
const HOUR: i64 = 3_600_000;

/// A clock of a process.
struct Clock(PathBuf);

impl Clock {
    fn new(folder: &Path, name: &str, error: i64) -> Self {
        let it = Self(folder.join(name));
        it.set(error);
        it
    }

    fn set(&self, error: i64) {
        let new = self.0.with_extension("new");
        std::fs::write(&new, error.to_string()).unwrap();
        std::fs::rename(new, &self.0).unwrap();
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_whose_clocks_differ_and_are_set_lose_nothing_and_say_that_they_differ() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (theirs, ours) = (Clock::new(folder.path(), "theirs", 0), Clock::new(folder.path(), "ours", -24 * HOUR));
    let served = Served::start_with(&data, &[(ERROR, &theirs.0)]);
    let (endpoint, client) = reached(&data, served.0.id()).await;
    let url = format!("http://{}", endpoint.authority());
    let token = endpoint.token().unwrap().expose_secret().to_owned();
    let variables = [("TRACKSIDE_TOKEN", token.as_str()), (ERROR, ours.path())];
    let mut it = Rig::start_with(120, 40, env!("CARGO_BIN_EXE_trackside"), &["--url", &url, "--utc"], &variables, true);
    let header = |it: &vt100::Screen| it.contents().lines().next().unwrap_or_default().to_owned();
    // Theirs and ours, in milliseconds, and what is to be said of ours.
    for (n, (platform, dashboard, said)) in [
        (0, -24 * HOUR, Some("behind")),
        // Back by an hour while it runs, then two days on.
        (0, -25 * HOUR, Some("behind")),
        (0, 24 * HOUR, Some("ahead")),
        (300_000, 0, Some("behind")),
        (-HOUR, 0, Some("ahead")),
        (0, 0, None),
    ]
    .into_iter()
    .enumerate()
    {
        theirs.set(platform);
        ours.set(dashboard);
        let new = NewProject { name: format!("place-{n}"), environment: None, production: false };
        let done = client.ask(&Request::CreateProject(new), "cli", None).await.unwrap();
        assert!(matches!(done, Answer::Done { .. }), "{done:?}");
        tokio::task::block_in_place(|| {
            it.until(&format!("round {n}: not all that was made is there"), |it| {
                (0..=n).all(|n| it.contents().contains(&format!("place-{n}")))
            });
            it.until(&format!("round {n}: of the clock"), |it| match said {
                Some(word) => header(it).contains("live, clock ") && header(it).contains(word),
                None => header(it).contains("live") && !header(it).contains("clock"),
            });
        });
    }
    // In the order of the platform, whatever was the time here meanwhile.
    it.press("q");
    assert_eq!(tokio::task::block_in_place(|| it.ended(PATIENCE)).exit_code(), 0);
}

/// A platform in a process of its own, whose clock is set while it works.
struct Watched {
    client: Client,
    clock: Clock,
}

impl Watched {
    async fn until<T>(&self, what: &str, find: impl Fn(&Snapshot) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            let (_, all) = self.client.snapshot().await.unwrap();
            if let Some(it) = find(&all) {
                return it;
            }
            assert!(began.elapsed() < PATIENCE, "never: {what}; {:#?}", all.services);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn service(&self, id: &ServiceId, what: &str, is: impl Fn(&Service) -> bool) -> Service {
        self.until(what, |all| all.services.iter().find(|it| it.id == *id && is(it)).cloned()).await
    }

    /// Sets the clock and waits until the platform has lived with it for a moment in which what is due is done.
    async fn set(&self, error: i64) {
        let now = || async { self.client.health().await.unwrap().now };
        self.clock.set(error);
        let (set, began): (Time, _) = (now().await, Instant::now());
        while now().await.since(set) < Millis::secs(3) {
            assert!(began.elapsed() < PATIENCE, "its clock stands still");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_whose_clock_is_set_ends_nothing_early_and_puts_nothing_off() {
    let mut site = Site::new().await;
    let web = site.service_of("web", None, &[("trackside.toml", &serving("true")), ("index.html", "one")]).await;
    let worker = "kind = \"worker\"\nstart = \"exec sleep 7798\"";
    let worker = site.service_of("worker", None, &[("trackside.toml", worker)]).await;
    let slow = site.service_of("slow", None, &[("trackside.toml", &serving("until test -e $HOME/go; do sleep 0.2; done"))]).await;
    site.live(&web).await;
    site.live(&worker).await;
    let data = site.data();
    let folder = site.stop().await;
    no_process("sleep 7798").await;
    let clock = Clock::new(folder.path(), "clock", 0);
    let served = Served::start_with(&data, &[(ERROR, &clock.0)]);
    let it = Watched { client: reached(&data, served.0.id()).await.1, clock };
    let up = |it: &Service| it.up() == 1 && it.url.is_some();
    let before = it.service(&web, "the website", up).await;
    let url = before.url.clone().unwrap();
    it.service(&worker, "the worker", |it| it.up() == 1).await;

    // An hour on, and two, in the middle of a build that may take twenty minutes.
    let asked = it.client.ask(&Request::Deploy { service: slow.clone(), branch: None, commit: None }, "cli", None).await.unwrap();
    assert!(matches!(asked, Answer::Done { .. }), "{asked:?}");
    it.until("the build", |all| all.deployments.iter().find(|it| it.service == slow && it.status == DeployStatus::Building).map(drop))
        .await;
    for error in [HOUR, 3 * HOUR] {
        it.set(error).await;
        assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()));
    }
    std::fs::write(data.join("homes").join(slow.as_str()).join("go"), "").unwrap();
    let built = it.until("its end", |all| all.deployments.iter().find(|it| it.service == slow && it.status.ended()).cloned()).await;
    assert_eq!(built.status, DeployStatus::Success, "{:?}", built.error);

    // Three hours back, and an hour more, while a worker waits to be started again.
    for (error, restarts) in [(0, 1), (-HOUR, 2)] {
        let is_own = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|it| it.trim() == "sleep");
        let pid = processes("sleep 7798").into_iter().find(is_own).unwrap();
        kill_process(Pid::from_raw(pid as i32).unwrap(), Signal::KILL).unwrap();
        it.service(&worker, "its end", |it| it.up() == 0).await;
        it.set(error).await;
        it.service(&worker, "its return", |it| it.up() == 1 && it.replicas[0].restarts >= restarts).await;
        assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()));
    }
    let after = it.service(&web, "the website", up).await;
    assert_eq!(after.replicas[0].pid, before.replicas[0].pid, "whoever serves was left alone");
    let lines = it.client.logs(&LogQuery { limit: Some(1000), ..LogQuery::default() }).await.unwrap();
    assert!(!lines.lines.is_empty(), "nothing was thrown away for its age");
    assert!(it.client.me().await.is_ok(), "nobody is kept out");
    drop(served);
    no_process("sleep 7798").await;
}
