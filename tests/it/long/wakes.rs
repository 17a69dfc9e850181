//! A machine that slept: the dashboard is stopped for longer than any scheduler would, and is soon back on a connection of its own.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::storm::Door;
use crate::chaos::change;
use crate::contract::desk::{Desk, TOKEN};
use crate::figures;
use crate::rig::{PATIENCE, Rig};

/// A process that was stopped for longer than 30 s takes its connection for dead.
const ASLEEP: Duration = Duration::from_secs(35);
/// Two seconds are the goal, in which the clocks are looked at once.
const WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it sleeps for most of a minute: `.ci/run` runs it by itself"]
async fn who_slept_is_connected_anew_at_once_and_shows_what_happened_meanwhile() {
    let door = Door::new().await;
    let desk = Desk::behind(vec![door.host.clone()]).await;
    door.behind.store(desk.port, Ordering::SeqCst);
    let url = format!("http://{}", door.host);
    change(&desk, 1).await;
    let it = Rig::start_with(120, 40, env!("CARGO_BIN_EXE_trackside"), &["--url", &url], &[("TRACKSIDE_TOKEN", TOKEN)], true);
    tokio::task::block_in_place(|| it.sees("prj_1"));
    it.signal(Signal::STOP);
    change(&desk, 2).await;
    // Sleep is what is tested.
    tokio::time::sleep(ASLEEP).await;
    let begun = Instant::now();
    it.signal(Signal::CONT);
    // A stream that was asked for before is none of these, whenever it was accepted.
    let anew = || door.streams.lock().unwrap().iter().find(|it| **it >= begun).copied();
    let took = loop {
        if let Some(at) = anew() {
            break at - begun;
        }
        assert!(begun.elapsed() < PATIENCE, "it trusts a connection from before its sleep");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    tokio::task::block_in_place(|| it.sees("prj_2"));
    assert!(took <= WITHIN, "{took:?}");
    figures::judge("ms from awake to connected anew", took.as_millis(), "2000 at most", took <= Duration::from_secs(2));
}
