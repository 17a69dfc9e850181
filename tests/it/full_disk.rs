//! A disk that is really full, under a platform that runs: it goes on serving, says so everywhere, and loses nothing.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use trackside::local::port::Refusal;
use trackside::model::event::{Event, Snapshot};
use trackside::model::ids::SourceId;
use trackside::model::link::Link;
use trackside::model::request::{NewProject, Request};
use trackside::model::service::{Health, ServiceKind};
use trackside::platform::adapters::adapter;
use trackside::platform::endpoint::Endpoint;
use trackside::platform::sink::Sink;
use trackside::wire::rest::PLATFORM_FILE;

use crate::site::{PATIENCE, Site, get, processes};

/// A small disk of its own, so that filling it fills nobody else's.
struct Disk(PathBuf);

impl Disk {
    /// Mounts one at `at`; `None`, with the reason printed, where this user may not.
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let done = Program::new("mount").args(["-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs"]).arg(at).output();
        match done {
            Ok(it) if it.status.success() => Some(Self(at.to_owned())),
            Ok(it) => skipped(String::from_utf8_lossy(&it.stderr).trim()),
            Err(error) => skipped(&error.to_string()),
        }
    }

    /// Writes until there is no byte left.
    fn fill(&self) {
        let mut file = File::options().append(true).create(true).open(self.filler()).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

fn skipped(why: &str) -> Option<Disk> {
    eprintln!("SKIPPED: no small disk can be mounted here ({why}); nothing was proved about a full one");
    None
}

/// However the test ends.
impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Program::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// The dashboard's own source on the site: what it tells, kept.
struct Watcher {
    lane: mpsc::Receiver<(SourceId, Event)>,
    store: Snapshot,
    _asks: mpsc::Sender<trackside::platform::port::Ask>,
}

impl Watcher {
    fn start(site: &Site) -> Self {
        let endpoint = Endpoint::from_platform_file(&site.data().join(PLATFORM_FILE)).unwrap();
        let ((asks, questions), (lane, events)) = (mpsc::channel(8), mpsc::channel(256));
        let source = (adapter("trackside").unwrap().make)(endpoint);
        tokio::spawn(source.run(questions, Sink::new(SourceId(0), lane)));
        Self { lane: events, store: Snapshot::default(), _asks: asks }
    }

    async fn until(&mut self, what: &str, enough: impl Fn(&Snapshot, &Event) -> bool) {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let event = tokio::time::timeout_at(end, self.lane.recv()).await.unwrap_or_else(|_| panic!("never came: {what}"));
            let (_, event) = event.expect("the source runs for ever");
            match &event {
                Event::Snapshot(all) => self.store = (**all).clone(),
                Event::Changed(changes) => changes.iter().for_each(|it| self.store.apply(it.clone())),
                _ => {}
            }
            if enough(&self.store, &event) {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_stops_no_service_and_loses_nothing_once_there_is_room() {
    let mut site = Site::with(|it| it.log_bytes = 4 << 20).await;
    let id = site.service_of("web", None, &[("index.html", "one")]).await;
    let worker = "kind = \"worker\"\nstart = \"exec sleep 7796\"";
    let worker = site.service_of("worker", Some(ServiceKind::Worker), &[("trackside.toml", worker)]).await;
    // Moved as a whole onto the small disk.
    let folder = site.folder.path().join("data");
    site.live(&id).await;
    site.live(&worker).await;
    let (project, setup) = (site.project.clone(), trackside::local::port::Setup::new(&folder, crate::site::binary()));
    let base = site.stop().await;
    let aside = base.path().join("aside");
    std::fs::rename(&folder, &aside).unwrap();
    let Some(disk) = Disk::mount(&folder) else { return };
    let copied = Program::new("cp").arg("-a").arg(aside.join(".")).arg(&folder).output().unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let platform = Some(trackside::local::platform::Platform::start(setup).await.unwrap());
    let site = Site { folder: base, platform, project };
    let url = site.service_is(&id, "live again", |it| it.health == Health::Live && it.up() == 1 && it.url.is_some()).await.url.unwrap();
    // What was loaded says "up" before anything is: only an answer proves it.
    let began = Instant::now();
    while get(&url, "/").await.map_or(0, |it| it.0) != 200 {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let is_own = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|it| it.trim() == "sleep");
    let pid = site.until("the worker's own process", |_| processes("sleep 7796").into_iter().find(is_own)).await;
    let mut watcher = Watcher::start(&site);
    watcher.until("live", |_, it| *it == Event::Link(Link::Live)).await;

    disk.fill();
    // What is asked of it now is refused, with the reason…
    let project = || Request::CreateProject(NewProject { name: "later".to_owned(), ..NewProject::default() });
    let refused = site.ask(project()).await;
    assert!(matches!(refused, Err(Refusal::ReadOnly)), "{refused:?}");
    let said = site.client().ask(&project(), "cli", None).await.unwrap_err().to_string();
    assert!(said.contains("disk"), "{said}");
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()), "who visits notices nothing");
    // …and what happens by itself cannot be kept: that is said, and what is shown counts as old.
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid as i32).unwrap(), rustix::process::Signal::KILL).unwrap();
    watcher.until("why", |_, it| matches!(it, Event::Notice(why) if why.contains("cannot write"))).await;
    watcher.until("stale", |_, it| matches!(it, Event::Link(Link::Stale { .. }))).await;
    let health = site.client().health().await.unwrap();
    assert_eq!(health.status, "degraded");
    assert!(health.reason.is_some());
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()));

    disk.empty();
    watcher.until("live again", |_, it| *it == Event::Link(Link::Live)).await;
    let back = site.service_is(&worker, "its crash and its return", |it| it.up() == 1 && it.replicas[0].restarts >= 1).await;
    assert_ne!(back.replicas[0].pid, Some(pid));
    let began = Instant::now();
    while site.client().health().await.unwrap().status != "ok" {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    site.ask(project()).await.unwrap();
    watcher.until("the project that was refused before", |store, _| store.projects.len() == 2).await;
    let there = watcher.store.services.iter().find(|it| it.id == worker).unwrap().replicas[0].restarts;
    assert!(there >= 1, "what happened meanwhile reached the dashboard");
    // And it is on the disk: the next start knows it.
    let base = site.stop().await;
    let setup = trackside::local::port::Setup::new(&folder, crate::site::binary());
    let platform = trackside::local::platform::Platform::start(setup).await.unwrap();
    assert_eq!(platform.handle().world().snapshot.projects.len(), 2);
    platform.stop().await;
    drop((disk, base));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_finds_the_disk_full_fails_and_the_platform_goes_on() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("data");
    let Some(disk) = Disk::mount(&folder) else { return };
    let setup = trackside::local::port::Setup::new(&folder, crate::site::binary());
    let platform = Some(trackside::local::platform::Platform::start(setup).await.unwrap());
    let mut site = Site { folder: base, platform, project: None };
    let toml = crate::site::serving("dd if=/dev/zero of=big bs=1M count=64");
    let id = site.service_of("glutton", None, &[("trackside.toml", &toml)]).await;
    let dep = site.deploy(&id).await;
    let why = site.ended(&dep).await.error.unwrap().to_string();
    assert!(why.contains("No space left on device"), "{why}");
    let id = site.service_of("after", None, &[("index.html", "room again")]).await;
    site.live(&id).await;
    let url = site.service_is(&id, "live", |it| it.url.is_some()).await.url.unwrap();
    assert_eq!(get(&url, "/").await.unwrap(), (200, "room again".to_owned()));
    let base = site.stop().await;
    drop((disk, base));
}
