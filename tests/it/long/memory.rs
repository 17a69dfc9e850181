//! What both sides hold in memory under load, each in a process of its own.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use trackside::local::port::Entry;
use trackside::model::event::Change;

use super::storm::client;
use crate::contract::desk::{Desk, TOKEN};
use crate::contract::samples;
use crate::figures;
use crate::rig::{PATIENCE, Rig};

pub const MIB: u64 = 1 << 20;
const CLIENTS: usize = 200;
const SERVICES: usize = 50;
/// Each service's lines, of a hundred bytes: ten seconds of a thousand.
const LINES: usize = 10_000;
/// Where the front in a process of its own writes its port.
const FOLDER: &str = "TRACKSIDE_TEST_FRONT";

/// The most a process ever held, in bytes.
fn most(pid: u32) -> u64 {
    memory(pid, "VmHWM:")
}

/// What a process holds now, in bytes.
pub fn holds(pid: u32) -> u64 {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, kind: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|it| it.starts_with(kind)).expect("its memory");
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// A platform's front in a process of its own, for [`a_platform_with_two_hundred_clients_stays_small`]: until its input ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by another test, in a process of its own"]
async fn front_for_another_test() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let desk = Desk::start().await;
    let port = Path::new(&folder).join("port");
    std::fs::write(port.with_extension("new"), desk.port.to_string()).unwrap();
    std::fs::rename(port.with_extension("new"), port).unwrap();
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await.unwrap().unwrap();
}

struct Front(Child);

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it wants the machine to itself: `.ci/run` runs it by itself"]
async fn a_platform_with_two_hundred_clients_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "long::memory::front_for_another_test", "--ignored"]).env(FOLDER, folder.path());
    let front = Front(command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap());
    let (begun, file) = (Instant::now(), folder.path().join("port"));
    while !file.exists() {
        assert!(begun.elapsed() < PATIENCE, "the front did not begin");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let url = format!("http://127.0.0.1:{}", std::fs::read_to_string(&file).unwrap());
    let (says, mut live) = mpsc::channel(CLIENTS);
    let (end, over) = watch::channel(false);
    let mut clients = JoinSet::new();
    (0..CLIENTS).for_each(|it| drop(clients.spawn(client(it, url.clone(), says.clone(), over.clone()))));
    for count in 0..CLIENTS {
        let came = tokio::time::timeout(PATIENCE * 2, live.recv()).await;
        assert!(came.is_ok(), "{count} of {CLIENTS} came");
    }
    let http = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
    for n in 0..100 {
        let body = format!(r#"{{"name":"shop-{n}"}}"#);
        let asked = http.post(format!("{url}/api/v1/projects")).bearer_auth(TOKEN).header("content-type", "application/json").body(body);
        assert!(asked.send().await.unwrap().status().is_success());
    }
    let held = most(front.0.id());
    end.send(true).unwrap();
    while clients.join_next().await.is_some() {}
    assert!(held <= 200 * MIB, "{} MiB", held / MIB);
    figures::keep("memory of the platform's front with 200 clients, MiB", held / MIB, "200 at most");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it wants the machine to itself: `.ci/run` runs it by itself"]
async fn a_dashboard_over_fifty_busy_services_stays_small() {
    let desk = Desk::start().await;
    let project = Change::Project(samples::project("prj_1"));
    let services = (0..SERVICES).map(|n| Change::Service(samples::service(&format!("svc_{n}"))));
    desk.write(std::iter::once(project).chain(services).collect()).await;
    let url = format!("http://127.0.0.1:{}", desk.port);
    let mut it = Rig::start_with(160, 50, env!("CARGO_BIN_EXE_trackside"), &["--url", &url], &[("TRACKSIDE_TOKEN", TOKEN)], true);
    tokio::task::block_in_place(|| it.sees("svc_"));
    it.press("3z");
    let entry = |service: usize, text: String| Entry { service: Some(format!("svc_{service}").as_str().into()), ..samples::entry(text) };
    let padding = "x".repeat(72);
    for round in 0..LINES / 100 {
        let lines = (0..SERVICES * 100).map(|n| entry(n % SERVICES, format!("round {round:05} line {n:05} {padding}")));
        desk.feeds.logs.append(lines.collect());
        // As fast as the platform takes it, and not in one piece.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    desk.feeds.logs.append(vec![entry(0, "that was all".to_owned())]);
    tokio::task::block_in_place(|| it.sees("that was all"));
    let held = most(it.child.process_id().unwrap());
    assert!(held <= 120 * MIB, "{} MiB", held / MIB);
    let text = format!("{} after {} lines", held / MIB, SERVICES * LINES);
    figures::keep("memory of a dashboard over 50 services, MiB", text, "120 at most");
}
