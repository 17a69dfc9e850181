//! Builds and programs that never end, fill the disk, flood the log or listen where nobody asks: each is said, the rest goes on.

use std::net::TcpListener;
use std::path::Path;

use trackside::model::deploy::{DeployStatus, Deployment};
use trackside::model::log::LogFilter;
use trackside::model::service::Health;
use trackside::model::time::Millis;

use crate::site::{Site, get, no_process, serving};

const MIB: u64 = 1024 * 1024;

/// Deploys what must fail; the deployment as it ended.
async fn fails(site: &mut Site, name: &str, toml: &str) -> (Deployment, String) {
    let id = site.service_of(name, None, &[("trackside.toml", toml)]).await;
    let dep = site.deploy(&id).await;
    let it = site.ended(&dep).await;
    assert_eq!(it.status, DeployStatus::Failed);
    let why = it.error.as_ref().unwrap().to_string();
    (it, why)
}

/// The platform still does its work.
async fn is_healthy(site: &mut Site) {
    let id = site.service_of("after", None, &[("index.html", "still here")]).await;
    site.live(&id).await;
    let url = site.service_is(&id, "live", |it| it.health == Health::Live && it.url.is_some()).await.url.unwrap();
    assert_eq!(get(&url, "/").await.unwrap(), (200, "still here".to_owned()));
    assert_eq!(site.client().health().await.unwrap().status, "ok");
}

fn weight(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|it| if it.path().is_dir() { weight(&it.path()) } else { it.metadata().map_or(0, |it| it.len()) }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_never_ends_is_ended_and_its_time_is_named() {
    let mut site = Site::with(|it| it.build_timeout = Millis::secs(2)).await;
    let (_, why) = fails(&mut site, "endless", &serving("echo one moment; trap '' TERM; sleep 7791; sleep 7791")).await;
    assert!(why.contains("did not end within 2s") && why.contains("one moment"), "{why}");
    no_process("sleep 7791").await;
    is_healthy(&mut site).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fills_the_disk_is_stopped_at_its_quota_and_its_files_go() {
    let mut site = Site::with(|it| it.disk_quota = 16 * MIB).await;
    let (one, why) = fails(&mut site, "one-file", &serving("dd if=/dev/zero of=big bs=1M count=64")).await;
    assert!(why.contains("16 MiB"), "{why}");
    // Many small ones; bounded by itself, should the quota not hold.
    let many = "i=0; while [ $i -lt 60 ]; do dd if=/dev/zero of=part$i bs=1M count=1 2>/dev/null; i=$((i+1)); done; sleep 7792";
    let (two, why) = fails(&mut site, "many-files", &serving(many)).await;
    assert!(why.contains("more than 16 MiB on disk"), "{why}");
    no_process("sleep 7792").await;
    let releases = site.data().join("releases");
    for it in [one, two] {
        let folder = releases.join(it.service.as_str()).join(it.id.as_str());
        site.until("its files to go", |_| (weight(&folder) == 0).then_some(())).await;
    }
    is_healthy(&mut site).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_prints_without_measure_costs_no_more_log_than_is_allowed_and_the_loss_is_counted() {
    const PRINTED: u64 = 24 * MIB;
    let mut site = Site::with(|it| it.log_bytes = 4 * MIB).await;
    let line = "all work and no play makes a dull log, again and again and again";
    let noisy = format!("yes '{line}' | head -c {PRINTED}; echo; echo that was all; exit 7");
    let (it, why) = fails(&mut site, "noisy", &serving(&noisy)).await;
    assert!(why.contains("exited with 7") && why.contains("that was all"), "{why}");
    let folder = site.data().join("logs");
    assert!(folder.is_dir());
    let kept = weight(&folder);
    assert!(kept <= 8 * MIB, "{kept} bytes of log were kept");
    let filter = LogFilter { service: Some(it.service), ..LogFilter::default() };
    let (mut after, mut lost, mut shown) = (Some(0), 0, 0);
    loop {
        let query = trackside::model::log::LogQuery { filter: filter.clone(), after, limit: Some(1000), ..Default::default() };
        let page = site.client().logs(&query).await.unwrap();
        lost += page.gaps.iter().map(|it| it.count).sum::<u64>();
        shown += page.lines.len() as u64;
        after = page.lines.last().map(|it| it.off).or(after);
        if page.end || page.lines.is_empty() {
            break;
        }
    }
    assert!(lost > 0 && shown > 0 && lost + shown < PRINTED, "{shown} lines shown, {lost} said to be lost");
    is_healthy(&mut site).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_listens_on_another_port_is_told_which_one_it_should_take() {
    let mut site = Site::with(|it| it.health_timeout = Millis::secs(20)).await;
    let other = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let toml = format!("kind = \"web\"\nstart = \"PORT={other} exec '{}' static-files .\"\n", crate::site::binary().display());
    let (_, why) = fails(&mut site, "astray", &toml).await;
    assert!(why.contains(&format!("listens on {other} instead of")) && why.contains("variable PORT"), "{why}");
    is_healthy(&mut site).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_others_took_is_passed_over_and_an_exhausted_range_is_said() {
    // Three ports in a row, the middle one taken by a stranger: one for the address, one for the replica, none for a second service.
    let (range, _strangers) = three_ports();
    let mut site = Site::with(|it| it.ports = range.clone()).await;
    let id = site.service_of("web", None, &[("index.html", "one")]).await;
    site.live(&id).await;
    let url = site.service_is(&id, "live", |it| it.health == Health::Live && it.url.is_some()).await.url.unwrap();
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()));
    let id = site.service_of("second", None, &[("index.html", "two")]).await;
    let dep = site.deploy(&id).await;
    let it = site.ended(&dep).await;
    let why = it.error.unwrap().to_string();
    assert!(
        it.status == DeployStatus::Failed && why.contains("port") && why.contains(&format!("{} to {}", range.start(), range.end())),
        "{why}"
    );
    assert_eq!(get(&url, "/").await.unwrap(), (200, "one".to_owned()), "the first one goes on");
    site.stop().await;
}

/// A range of three free ports whose middle one is then held.
fn three_ports() -> (std::ops::RangeInclusive<u16>, TcpListener) {
    for low in (24_000..30_000).step_by(3) {
        let held: Vec<_> = (low..low + 3).map_while(|port| TcpListener::bind(("127.0.0.1", port)).ok()).collect();
        if let Ok([_, middle, _]) = <[TcpListener; 3]>::try_from(held) {
            return (low..=low + 2, middle);
        }
    }
    panic!("no three free ports in a row");
}
