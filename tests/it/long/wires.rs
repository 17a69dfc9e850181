//! Minutes of chance on real sockets: one platform, four clients, each behind a wire of its own that is cut, held and slowed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::net::TcpListener;
use trackside::model::link::Link;
use trackside::platform::endpoint::Endpoint;
use trackside::platform::trackside::client::Client;

use super::figure;
use crate::chaos::{Proxy, Watch, change, patience};
use crate::contract::desk::{Desk, TOKEN};
use crate::figures;
use crate::hostile::Dice;

const WIRES: usize = 4;
/// Longer than any test of this kind may take beyond its faults: the last ones are to be mended, on a machine that does other things.
const AFTER: Duration = Duration::from_mins(3);

/// What all sides of a run share.
#[derive(Default)]
struct Run {
    over: AtomicBool,
    faults: AtomicU64,
    /// The revision that is written last; 0 until then.
    last: AtomicU64,
}

/// Waits until `done`, but not for ever: a fault that nothing runs into is over too.
async fn a_while(dice: &mut Dice, most: usize, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_millis(100 + dice.below(most) as u64);
    while !done() && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Hurts a wire until the run is over, and leaves it whole.
async fn hurt(proxy: Proxy, mut dice: Dice, run: Arc<Run>) -> Proxy {
    while !run.over.load(Ordering::SeqCst) {
        let before = proxy.opened();
        match dice.below(8) {
            kind @ 0..4 => {
                proxy.break_after(dice.below(3_000) as i64, kind % 2 == 0);
                a_while(&mut dice, 3_000, || proxy.opened() > before).await;
            }
            kind @ 4..7 => {
                proxy.hold(kind != 5, kind != 4);
                a_while(&mut dice, 3_000, || false).await;
                proxy.hold(false, false);
            }
            _ => {
                proxy.wire.rate.store(20 + dice.below(500) as u64, Ordering::SeqCst);
                a_while(&mut dice, 3_000, || false).await;
                proxy.wire.rate.store(0, Ordering::SeqCst);
            }
        }
        run.faults.fetch_add(1, Ordering::SeqCst);
        a_while(&mut dice, 400, || false).await;
    }
    proxy.mend();
    proxy
}

/// Follows over a wire to the end of the run, and then holds what the platform holds, of which nothing came twice.
async fn follow(mut watch: Watch, run: Arc<Run>, time: Duration) -> Watch {
    let end = |it: &Watch| {
        let last = run.last.load(Ordering::SeqCst);
        it.link == Link::Live && last > 0 && it.store.projects.iter().any(|it| it.rev >= last)
    };
    watch.within(time, "the last revision", end).await;
    let twice: Vec<_> = watch.came.iter().filter(|it| *it.1 > 1).collect();
    assert!(twice.is_empty(), "came twice: {twice:?}");
    // Each came right after the one before it, or after a snapshot that holds all before it: also where it had to begin anew.
    assert!(watch.holes.is_empty(), "lost before: {:?}", watch.holes);
    assert!(!watch.came.is_empty(), "nothing came over it that could have been lost");
    watch
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: `.ci/run` runs it by itself"]
async fn minutes_of_chance_on_real_wires_lose_nothing_and_double_nothing() {
    let (seconds, seed) = (figure("TRACKSIDE_CHAOS_SECONDS", 180), figure("TRACKSIDE_CHAOS", 1));
    println!("TRACKSIDE_CHAOS={seed}");
    let mut listeners = Vec::new();
    for _ in 0..WIRES {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    let hosts: Vec<String> = listeners.iter().map(|it| it.local_addr().unwrap().to_string()).collect();
    let desk = Desk::behind(hosts.clone()).await;
    let run = Arc::new(Run::default());
    let mut both = Vec::new();
    for (listener, host) in listeners.into_iter().zip(&hosts) {
        let proxy = Proxy::before(desk.port, listener, host);
        let mut watch = Watch::start(&proxy.url);
        watch.until("live", |it| it.link == Link::Live).await;
        both.push((proxy, watch));
    }
    let (mut hurting, mut following) = (Vec::new(), Vec::new());
    for (index, (proxy, watch)) in both.into_iter().enumerate() {
        following.push(tokio::spawn(follow(watch, Arc::clone(&run), Duration::from_secs(seconds) + AFTER)));
        hurting.push(tokio::spawn(hurt(proxy, Dice(seed * 100 + index as u64), Arc::clone(&run))));
    }
    let (begun, mut dice, mut rev) = (Instant::now(), Dice(seed), 0);
    while begun.elapsed() < Duration::from_secs(seconds) {
        for name in 0..=dice.below(4) {
            rev = change(&desk, name as u64).await;
        }
        a_while(&mut dice, 100, || false).await;
    }
    run.over.store(true, Ordering::SeqCst);
    // The wires stay until the end.
    let mut wires = Vec::new();
    for it in hurting {
        wires.push(it.await.unwrap());
    }
    // Whoever waits for it is woken by it.
    run.last.store(rev + 1, Ordering::SeqCst);
    assert_eq!(change(&desk, 0).await, rev + 1);
    let client = Client::patient(Endpoint::new(&desk.url("").replace("/api/v1", ""), Some(SecretString::from(TOKEN))).unwrap(), patience());
    let (_, truth) = client.snapshot().await.unwrap();
    let (mut snapshots, mut retried, mut came) = (0, 0, 0);
    for it in following {
        let watch = it.await.unwrap();
        assert_eq!(watch.store.projects, truth.projects);
        snapshots += watch.snapshots;
        retried += watch.retried.len();
        came += watch.came.len();
    }
    assert!(retried > 0, "no fault broke a connection");
    drop(wires);
    let faults = run.faults.load(Ordering::SeqCst);
    assert!(faults >= seconds, "{faults} faults in {seconds} s");
    let all = (rev + 1) * WIRES as u64;
    let text = format!(
        "{faults} in {seconds} s, {retried} connections lost; of {all} changes 0 lost, 0 twice, {came} came one by one, {snapshots} snapshots"
    );
    figures::judge("faults on real wires", text, "200 in 180 s, 4 wires; 0, 0", faults * 180 >= 200 * seconds);
}
