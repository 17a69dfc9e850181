//! The runs: many seeds, each some minutes of simulated trouble, and every invariant over what came of it.
//!
//! What runs is the product: both session state machines, the hub with its bounds, the backoff, and the WebSocket framing down to
//! the byte, each with the limits it has in service. What is simulated is what lies between and below: sockets, time, the disk.
//! Simulating a whole stack (`turmoil`) would need a socket type of its own under the HTTP client, which takes none; so
//! the HTTP upgrade is left to the tests on real sockets, and in exchange a simulated hour costs seconds and repeats exactly.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::sums::Sums;
use super::validate::complaints;
use super::world::run;

/// Faults of this long a run, in seconds of its clock: time for the longest silence (45 s), backoff (30 s) and sleep in turn.
const SECONDS: u64 = 300;
/// Clients of a run.
const CLIENTS: usize = 3;
/// Runs of an ordinary `cargo test`; the stage of every change and the long run take more.
const SEEDS: u64 = 24;

/// A figure from the environment, for the long run.
fn figure(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

/// `TRACKSIDE_SIM_SEEDS`: how many runs; `TRACKSIDE_SIM_SEED`: the first of them, which a failure names; `TRACKSIDE_SIM_SECONDS`: how
/// long each is; `TRACKSIDE_SIM_THREADS`: how many at a time, where nothing else wants the cores.
#[test]
fn whatever_the_network_and_the_platform_do_every_promise_of_the_stream_holds() {
    let (first, count) = (figure("TRACKSIDE_SIM_SEED", 1), figure("TRACKSIDE_SIM_SEEDS", SEEDS));
    let (seconds, threads) = (figure("TRACKSIDE_SIM_SECONDS", SECONDS), figure("TRACKSIDE_SIM_THREADS", 1));
    let began = Instant::now();
    let next = AtomicU64::new(first);
    let some = || {
        let mut sums = Sums::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return sums;
            }
            sums.add(&proven(seed, seconds));
        }
    };
    let sums = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(some)).collect();
        all.into_iter().map(|it| it.join().unwrap()).fold(Sums::default(), Sums::and)
    });
    println!(
        "{count} runs of {CLIENTS} clients and {seconds} s: {} faults, {} transactions and {} snapshots taken in, {} holes mended, {} facts, {:?}",
        sums.faults,
        sums.took,
        sums.snapshots,
        sums.resumes,
        sums.facts,
        began.elapsed()
    );
    sums.keep(seconds);
}

/// One run, of which every promise was kept.
fn proven(seed: u64, seconds: u64) -> super::world::Run {
    let it = run(seed, CLIENTS, seconds as i64 * 1000);
    let complaints = complaints(&it.history);
    assert!(
        complaints.is_empty(),
        "TRACKSIDE_SIM_SEED={seed} TRACKSIDE_SIM_SEEDS=1 TRACKSIDE_SIM_SECONDS={seconds}\n{}",
        complaints.join("\n")
    );
    assert!(it.faults > 0 && it.took > 0, "a run in which nothing happens proves nothing");
    it
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (one, other) = (run(7, 2, 60_000), run(7, 2, 60_000));
    assert_eq!(one.history.len(), other.history.len());
    assert!(one.history == other.history, "a failure could not be looked at again");
}
