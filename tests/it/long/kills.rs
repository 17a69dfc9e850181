//! `kill -9` of the platform's process in the middle of writing, again and again: what was acknowledged stays, nothing runs on. What its
//! history then tells is `acked`.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::figure;
use crate::acked::{Ledger, reached};
use crate::figures;
use crate::hostile::Dice;
use crate::recovery::Served;
use crate::site::{PATIENCE, Site, no_process, processes};

/// Who write at the same time. All with one token, which may write sixty times a minute: so many are asked for in each cycle.
const WRITERS: usize = 3;
const WRITES: usize = 18;

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
    let (ledger, mut rev, mut epoch, mut dice) = (Ledger::default(), 0, None, Dice(figure("TRACKSIDE_KILL", 1)));
    for cycle in 0..=cycles {
        let served = Served::start(&data);
        let (_, client) = reached(&data, served.0.id()).await;
        let (position, all) = client.snapshot().await.unwrap();
        let odd = ledger.odd(&all);
        assert!(odd.is_empty(), "cycle {cycle}: lost or there twice: {odd:?}");
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
        (0..WRITERS).for_each(|writer| drop(writers.spawn(ledger.clone().write(client.clone(), format!("p-{cycle}-{writer}"), WRITES))));
        // Somewhere in the middle of what they write.
        tokio::time::sleep(Duration::from_millis(dice.below(400) as u64)).await;
        served.kill();
        writers.shutdown().await;
        for sleep in ["sleep 7791", "sleep 7792"] {
            no_process(sleep).await;
        }
    }
    no_process("sleep 7791").await;
    no_process(&data.to_string_lossy()).await;
    let acked = ledger.acked();
    assert!(acked as u64 >= cycles, "{acked} writes in {cycles} cycles: nobody wrote");
    let text = format!("{cycles}, {acked} acknowledged writes, 0 lost, 0 orphans");
    figures::keep("kills of the platform while it writes", text, "50, 0 lost, 0 orphans");
}
