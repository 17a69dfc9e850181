//! `kill -9` of the platform's process in the middle of writing, again and again: what was acknowledged stays, nothing runs on.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use trackside::model::event::{Answer, Snapshot};
use trackside::model::request::{NewProject, Request};
use trackside::platform::endpoint::Endpoint;
use trackside::platform::trackside::client::Client;
use trackside::wire::rest::PLATFORM_FILE;
use trackside::wire::stream::Position;

use super::figure;
use crate::figures;
use crate::hostile::Dice;
use crate::recovery::Served;
use crate::site::{PATIENCE, Site, no_process, processes};

/// Who write at the same time. All with one token, which may write sixty times a minute: so many are asked for in each cycle.
const WRITERS: usize = 3;
const WRITES: usize = 18;

/// A client of the platform once that answers, with all it holds.
async fn answering(data: &Path) -> (Client, Position, Snapshot) {
    let begun = Instant::now();
    loop {
        // The file of the one that was killed is still there: nobody answers behind it.
        if let Ok(endpoint) = Endpoint::from_platform_file(&data.join(PLATFORM_FILE)) {
            let client = Client::new(endpoint);
            if let Ok((position, all)) = client.snapshot().await {
                return (client, position, all);
            }
        }
        assert!(begun.elapsed() < PATIENCE, "the platform did not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Writes until it is no longer answered; the names of what was acknowledged.
async fn write(client: Client, cycle: u64, writer: usize) -> Vec<String> {
    let mut acked = Vec::new();
    for n in 0..WRITES {
        let name = format!("p-{cycle}-{writer}-{n}");
        let request = Request::CreateProject(NewProject { name: name.clone(), environment: None, production: false });
        // Whoever is killed meanwhile has not answered; it may or may not be there.
        let Ok(Ok(Answer::Done { .. })) = tokio::time::timeout(Duration::from_secs(5), client.ask(&request, "cli", None)).await else {
            return acked;
        };
        acked.push(name);
    }
    acked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a minute or two: `.ci/run` runs it by itself"]
async fn what_was_acknowledged_is_there_after_every_kill_and_nothing_runs_on() {
    let cycles = figure("TRACKSIDE_KILLS", 50);
    let mut site = Site::new().await;
    let toml = "kind = \"worker\"\nstart = \"setsid sleep 7791 & sleep 7792\"";
    let worker = site.service_of("worker", None, &[("trackside.toml", toml)]).await;
    site.live(&worker).await;
    let data = site.data();
    let _folder = site.stop().await;
    let (mut acked, mut rev, mut epoch, mut dice) = (Vec::new(), 0, None, Dice(figure("TRACKSIDE_KILL", 1)));
    for cycle in 0..=cycles {
        let served = Served::start(&data);
        let (client, position, all) = answering(&data).await;
        let there: Vec<&str> = all.projects.iter().map(|it| it.name.as_str()).collect();
        let lost: Vec<&String> = acked.iter().filter(|it| there.iter().filter(|name| *name == it).count() != 1).collect();
        assert!(lost.is_empty(), "cycle {cycle}: lost or there twice: {lost:?}");
        assert!(position.rev >= rev && epoch.is_none_or(|it| it == position.epoch), "cycle {cycle}: from {rev} to {position:?}");
        (rev, epoch) = (position.rev, Some(position.epoch));
        if cycle == cycles {
            served.kill();
            break;
        }
        if cycle % 5 == 0 {
            let begun = Instant::now();
            while processes("sleep 7791").is_empty() || processes("sleep 7792").is_empty() {
                assert!(begun.elapsed() < PATIENCE, "the worker did not come back");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let mut writers = JoinSet::new();
        (0..WRITERS).for_each(|writer| drop(writers.spawn(write(client.clone(), cycle, writer))));
        // Somewhere in the middle of what they write.
        tokio::time::sleep(Duration::from_millis(dice.below(400) as u64)).await;
        served.kill();
        while let Some(names) = writers.join_next().await {
            acked.extend(names.unwrap());
        }
        for sleep in ["sleep 7791", "sleep 7792"] {
            no_process(sleep).await;
        }
    }
    no_process("sleep 7791").await;
    no_process(&data.to_string_lossy()).await;
    assert!(acked.len() as u64 >= cycles, "{} writes in {cycles} cycles: nobody wrote", acked.len());
    let text = format!("{cycles}, {} acknowledged writes, 0 lost, 0 orphans", acked.len());
    figures::keep("kills of the platform while it writes", text, "50, 0 lost, 0 orphans");
}
