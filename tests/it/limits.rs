//! What builds and replicas may use, and what becomes of one that takes more: real trees under the real kernel. Each is bounded by itself,
//! too, so that a limit that fails makes a red test and not a dead machine.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use trackside::local::bounds::Bounds;
use trackside::local::cgroup::{Controller, Group, Groups};
use trackside::model::deploy::DeployStatus;
use trackside::model::request::Request;
use trackside::model::service::{Health, ServiceKind};

use crate::site::{Site, binary, get, no_process, serving};

/// A group of `bounds`, if this machine lets us make one that holds all of `needs`.
fn group(data: &Path, bounds: &Bounds, needs: &[Controller]) -> Option<Group> {
    let group = Groups::find(data).make("test", bounds);
    let held = needs.iter().all(|it| group.holds(*it));
    if !held {
        group.remove();
        eprintln!("no control groups here: not tried");
    }
    held.then_some(group)
}

/// Runs `script` under a supervisor in `group` and gives its report.
fn supervised(folder: &Path, bounds: &Bounds, group: &Group, script: &str) -> String {
    let report = folder.join("report");
    let mut child = Command::new(binary())
        .args(["supervise", "--report"])
        .arg(&report)
        .args(["--bounds", &serde_json::to_string(bounds).unwrap()])
        .args(["--group", &serde_json::to_string(group).unwrap(), "--", "sh", "-c", &crate::site::ours(script)])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    crate::supervise::ends(&mut child);
    std::fs::read_to_string(&report).unwrap()
}

/// Lines of the log that hold `text`, asked of the platform as anybody asks it.
async fn logged(site: &Site, text: &str) -> String {
    let host = site.platform().url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let token = site.platform().token().expose_secret();
    let path = format!("/api/v1/logs?text={}", text.replace(' ', "%20"));
    let ask = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

#[test]
fn who_forks_on_and_on_meets_a_wall_of_the_kernel_even_as_root() {
    let folder = tempfile::tempdir().unwrap();
    // Twenty tasks for the kernel, while the supervisor's own count allows a thousand: what stops it is the kernel.
    let Some(group) = group(folder.path(), &Bounds { processes: Some(5), ..Bounds::default() }, &[Controller::Pids]) else { return };
    let bounds = Bounds { processes: Some(1000), ..Bounds::default() };
    let report = supervised(folder.path(), &bounds, &group, "i=0; while [ $i -lt 200 ]; do sleep 7801 & i=$((i+1)); done; wait");
    assert!(report.contains("was refused: it has more than the 1000 processes"), "{report}");
    assert!(crate::site::processes("sleep 7801").is_empty());
    assert!(group.places.iter().all(|it| !it.folder.exists()), "the group stays");
}

#[test]
fn who_takes_more_memory_than_it_may_is_killed_and_the_reason_said() {
    let folder = tempfile::tempdir().unwrap();
    let bounds = Bounds { memory: Some(48 << 20), ..Bounds::default() };
    let Some(group) = group(folder.path(), &bounds, &[Controller::Memory]) else { return };
    // `tail` holds all it is asked for: 200 MB, which any machine has.
    let report = supervised(folder.path(), &bounds, &group, "head -c 200000000 /dev/zero | tail -c 200000000 > /dev/null");
    assert!(report.contains("it used more than the 48 MiB of memory it may"), "{report}");
}

#[test]
fn groups_of_a_platform_that_was_killed_are_ended_and_removed_at_the_next_start_and_only_its_own() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bounds = Bounds { processes: Some(100), ..Bounds::default() };
    let Some(left) = group(folder.path(), &bounds, &[Controller::Pids]) else { return };
    let mut child = Command::new("setsid").args(["sleep", "7802"]).spawn().unwrap();
    for place in &left.places {
        std::fs::write(place.folder.join("cgroup.procs"), child.id().to_string()).unwrap();
    }
    assert_eq!(Groups::find(other.path()).clear(), 0);
    assert!(left.places[0].folder.exists() && child.try_wait().unwrap().is_none(), "a stranger's were taken");
    let waits = std::thread::spawn(move || child.wait().unwrap());
    assert!(Groups::find(folder.path()).clear() >= 1);
    assert!(!left.places[0].folder.exists());
    assert!(!waits.join().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_says_its_limits_and_one_that_fills_its_temporary_folder_or_home_is_stopped() {
    let mut site = Site::with(|it| it.disk_quota = 30 << 20).await;
    for (name, folder) in [("tmp", "TMPDIR"), ("home", "HOME")] {
        let fill = format!("for i in 1 2 3; do head -c 20000000 /dev/urandom > ${folder}/$i; done; sleep 7803");
        let id = site.service_of(name, None, &[("trackside.toml", &serving(&fill))]).await;
        let dep = site.deploy(&id).await;
        let why = site.ended(&dep).await.error.unwrap().to_string();
        assert!(why.contains("took more than 30 MiB on disk") && why.contains(&format!("MiB in {folder}")), "{why}");
    }
    no_process("sleep 7803").await;
    let left = || std::fs::read_dir(site.data().join("tmp")).map_or(0, Iterator::count);
    site.until("temporary folders to go", |_| (left() == 0).then_some(())).await;
    let said = logged(&site, "limits:").await;
    assert!(said.contains(" GiB memory") || said.contains(" MiB memory"), "{said}");
    assert!(said.contains("1000 processes"), "{said}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_fills_the_disk_is_stopped_as_crashed_and_others_serve_on() {
    let mut site = Site::with(|it| it.disk_quota = 30 << 20).await;
    let web = site.service_of("web", None, &[("index.html", "here")]).await;
    site.live(&web).await;
    let toml = "kind = \"worker\"\nstart = \"sleep 1.2; for i in 1 2 3; do head -c 20000000 /dev/urandom > big.$i; done; sleep 7804\"";
    let id = site.service_of("hoarder", Some(ServiceKind::Worker), &[("trackside.toml", toml)]).await;
    site.live(&id).await;
    let full = |it: &trackside::model::service::Service| it.reason.as_ref().is_some_and(|it| it.contains("took more than 30 MiB on disk"));
    let service = site.service_is(&id, "stopped for its disk", full).await;
    assert!(service.reason.unwrap().contains("in its release"));
    no_process("sleep 7804").await;
    let web = site.service_is(&web, "still live", |it| it.health == Health::Live && it.url.is_some()).await;
    assert_eq!(get(&web.url.unwrap(), "/").await.unwrap(), (200, "here".to_owned()));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_files_a_replica_may_open_is_said_of_its_service_and_is_so() {
    let mut site = Site::new().await;
    let toml = "kind = \"worker\"\nstart = \"echo may open $(ulimit -n) and no more; sleep 7805\"";
    let id = site.service_of("opener", Some(ServiceKind::Worker), &[("trackside.toml", toml)]).await;
    site.live(&id).await;
    let service = site.service_is(&id, "started", |it| it.limits.files.is_some()).await;
    site.logs(&format!("may open {} and no more", service.limits.files.unwrap())).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_nothing_can_live_in_are_refused_with_what_would_do() {
    let mut site = Site::new().await;
    let project = site.project().await;
    let mut new =
        trackside::model::request::NewService { memory: Some(1), ..trackside::model::request::NewService::new(project, "web", "/nowhere") };
    let why = site.refused(Request::CreateService(Box::new(new.clone()))).await;
    assert_eq!(why, "1 bytes of memory are too few for a replica: give 32 MiB (33554432) or more, or no limit");
    (new.memory, new.cpu) = (None, Some(0.0));
    assert!(site.refused(Request::CreateService(Box::new(new))).await.contains("0.01 or more"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_no_commit_of_a_local_repository_is_said_not_to_be_deployed() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("index.html", "old")]).await;
    let dep = site.live(&id).await;
    assert!(!logged(&site, "from the last commit").await.contains("differ"));
    std::fs::write(site.repo("web").join("index.html"), "new").unwrap();
    std::fs::write(site.repo("web").join("more.html"), "new").unwrap();
    let next = site.live(&id).await;
    assert_ne!(dep, next);
    assert!(logged(&site, "from the last commit").await.contains("2 files differ from the last commit"));
    let url = site.service_is(&id, "live", |it| it.url.is_some()).await.url.unwrap();
    assert_eq!(get(&url, "/").await.unwrap(), (200, "old".to_owned()));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_is_cancelled_leaves_neither_a_process_nor_a_folder() {
    let mut site = Site::new().await;
    // A server that takes the connection and never answers: git waits for it.
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://127.0.0.1:{}/a.git", deaf.local_addr().unwrap().port());
    let id = site.service("slow", |it| it.repo.clone_from(&url)).await;
    let dep = site.deploy(&id).await;
    site.until("git at work", |_| (!crate::site::processes(&url).is_empty()).then_some(())).await;
    site.ask(Request::Cancel { deployment: dep.clone() }).await.unwrap();
    assert_eq!(site.ended(&dep).await.status, DeployStatus::Cancelled);
    no_process(&url).await;
    let folder = site.data().join("releases").join(id.as_str()).join(dep.as_str());
    site.until("its folder to go", |_| (!folder.exists()).then_some(())).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_read_what_the_platform_keeps() {
    let mut site = Site::new().await;
    let id = site.service_of("web", None, &[("index.html", "x")]).await;
    site.live(&id).await;
    let data = site.data();
    let folder = site.stop().await;
    let mut files = vec![data.clone()];
    for name in [".", "logs", "series"] {
        files.extend(std::fs::read_dir(data.join(name)).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_file()));
    }
    assert!(files.len() > 4, "{files:?}");
    for file in files {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", file.display());
    }
    drop(folder);
}
