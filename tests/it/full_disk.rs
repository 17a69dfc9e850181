//! A disk that is really full, takes no further file, cannot be written or fails, under a platform that runs: it goes on serving, says so
//! everywhere, and loses nothing.

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
        Self::mount_with(at, "size=24m,mode=0700")
    }

    fn mount_with(at: &Path, options: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let done = Program::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
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

    /// Makes files until there can be no further one.
    fn fill_names(&self) {
        let folder = self.0.join("names");
        std::fs::create_dir(&folder).unwrap();
        let mut made = 0;
        while File::create(folder.join(made.to_string())).is_ok() {
            made += 1;
        }
        assert!(made > 0, "there was no room for a single file");
    }

    fn mount_again(&self, how: &str) {
        let done = Program::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.0).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
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

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_further_file_fails_what_needs_one_and_nothing_else() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("data");
    let Some(disk) = Disk::mount_with(&folder, "size=24m,mode=0700,nr_inodes=2000") else { return };
    let setup = trackside::local::port::Setup::new(&folder, crate::site::binary());
    let platform = Some(trackside::local::platform::Platform::start(setup).await.unwrap());
    let mut site = Site { folder: base, platform, project: None };
    let id = site.service_of("web", None, &[("index.html", "one")]).await;
    site.live(&id).await;
    let url = site.service_is(&id, "live", |it| it.url.is_some()).await.url.unwrap();
    disk.fill_names();
    let dep = site.deploy(&id).await;
    let failed = site.ended(&dep).await;
    let why = failed.error.unwrap_or_default().to_string();
    assert!(why.contains("No space left on device"), "{:?}: {why}", failed.status);
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()), "who visits notices nothing");
    std::fs::remove_dir_all(folder.join("names")).unwrap();
    crate::site::commit(&site.repo("web"), &[("index.html", "two")]);
    site.live(&id).await;
    let began = Instant::now();
    while get(&url, "/").await.map_or(String::new(), |it| it.1) != "two" {
        assert!(began.elapsed() < PATIENCE, "the next one does not serve");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let base = site.stop().await;
    drop((disk, base));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_written_is_named_and_once_it_can_everything_is_there() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("data");
    let Some(disk) = Disk::mount(&folder) else { return };
    let start = || trackside::local::platform::Platform::start(trackside::local::port::Setup::new(&folder, crate::site::binary()));
    let mut site = Site { folder: base, platform: Some(start().await.unwrap()), project: None };
    site.project().await;
    let base = site.stop().await;
    disk.mount_again("ro");
    let why = start().await.err().expect("nothing can be written").to_string();
    assert!(why.contains(&*folder.to_string_lossy()) && why.contains("Read-only file system"), "{why}");
    disk.mount_again("rw");
    let again = start().await.unwrap();
    assert_eq!(again.handle().world().snapshot.projects.len(), 1);
    again.stop().await;
    drop((disk, base));
}

/// What the kernel refuses here is neither room nor permission: to SQLite it is a disk that fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_is_said_and_what_is_asked_once_it_works_again_is_kept() {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // A signal that would end it instead is nothing that a failing disk sends.
    let mut command = Program::new("sh");
    let script = "trap '' XFSZ; exec \"$0\" --data \"$1\" serve --listen 127.0.0.1:0 --allow-unsandboxed";
    command.args(["-c", script]).arg(crate::site::binary()).arg(&data);
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let served = crate::recovery::Served(command.spawn().unwrap());
    let pid = served.0.id();
    let (_, client) = crate::acked::reached(&data, pid).await;
    let make = |name: &str| {
        let new = NewProject { name: name.to_owned(), ..NewProject::default() };
        let client = client.clone();
        async move { client.ask(&Request::CreateProject(new), "cli", None).await }
    };
    make("before").await.unwrap();
    let fails = |it: bool| {
        // Nobody but root raises what is the most here.
        let most = getrlimit(Resource::Fsize).maximum;
        let limit = Rlimit { current: it.then_some(0).or(most), maximum: most };
        prlimit(Pid::from_raw(pid as i32), Resource::Fsize, limit).unwrap();
    };
    fails(true);
    let refused = make("meanwhile").await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(client.snapshot().await.unwrap().1.projects.len(), 1, "what is there is read as ever");
    fails(false);
    make("after").await.unwrap();
    let names = |all: Snapshot| all.projects.iter().map(|it| it.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(client.snapshot().await.unwrap().1), ["before", "after"]);
    drop(served);
    let served = crate::recovery::Served::start(&data);
    let (_, client) = crate::acked::reached(&data, served.0.id()).await;
    assert_eq!(names(client.snapshot().await.unwrap().1), ["before", "after"]);
}
