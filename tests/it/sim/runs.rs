//! The runs: many seeds, each some minutes of simulated trouble, and every invariant over what came of it.
//!
//! What runs is the product: both session state machines, the hub with its bounds, the backoff, and the WebSocket framing down to
//! the byte, each with the limits it has in service. What is simulated is what lies between and below: sockets, time, the disk.
//! Simulating a whole stack (`turmoil`) would need a socket type of its own under the HTTP client, which takes none; so
//! the HTTP upgrade is left to the tests on real sockets, and in exchange a simulated hour costs seconds and repeats exactly.

use std::time::Instant;

use super::validate::complaints;
use super::world::run;

/// Faults of this long a run, in milliseconds of its clock: time for the longest silence (45 s), backoff (30 s) and sleep in turn.
const LENGTH: i64 = 300_000;
/// Clients of a run.
const CLIENTS: usize = 3;
/// Runs of an ordinary `cargo test`; the long run takes more.
const SEEDS: u64 = 24;

/// A figure from the environment, for the long run.
fn figure(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

/// `TRACKSIDE_SIM_SEEDS`: how many runs; `TRACKSIDE_SIM_SEED`: the first of them, which a failure names.
#[test]
fn whatever_the_network_and_the_platform_do_every_promise_of_the_stream_holds() {
    let (first, count) = (figure("TRACKSIDE_SIM_SEED", 1), figure("TRACKSIDE_SIM_SEEDS", SEEDS));
    let began = Instant::now();
    let (mut facts, mut faults, mut took, mut snapshots, mut resumes) = (0, 0, 0, 0, 0);
    for seed in first..first + count {
        let it = run(seed, CLIENTS, LENGTH);
        let complaints = complaints(&it.history);
        assert!(complaints.is_empty(), "TRACKSIDE_SIM_SEED={seed} TRACKSIDE_SIM_SEEDS=1\n{}", complaints.join("\n"));
        assert!(it.faults > 0 && it.took > 0, "a run in which nothing happens proves nothing");
        facts += it.history.len();
        faults += it.faults;
        took += it.took;
        snapshots += it.snapshots;
        resumes += it.resumes;
    }
    println!(
        "{count} runs of {CLIENTS} clients and {} s: {faults} faults, {took} transactions and {snapshots} snapshots taken in, {resumes} holes mended, {facts} facts, {:?}",
        LENGTH / 1000,
        began.elapsed()
    );
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (one, other) = (run(7, 2, 60_000), run(7, 2, 60_000));
    assert_eq!(one.history.len(), other.history.len());
    assert!(one.history == other.history, "a failure could not be looked at again");
}
