//! What takes minutes, or the machine to itself: `.ci/run` runs these after the other tests and one at a time, `.ci/soak` for longer.
//!
//! # The goals of every change, and where each is looked at
//!
//! A figure is a line that [`crate::figures::keep`] writes and `.ci/run` shows at its end.
//!
//! | goal | test | figure |
//! | --- | --- | --- |
//! | simulated soak: 150 seeds of 10 min, 3,000 faults | `sim::runs`, with `TRACKSIDE_SIM_SEEDS` and `_SECONDS` | simulated soak |
//! | class A lost, doubled, reordered, torn: 0 | `sim::runs`: validators I-1 to I-6 | class A |
//! | class B: shown + said to be lost = written | `sim::runs`: I-3, and the sum over all runs | class B |
//! | convergence p99 2 s, at most 5 s | `sim::runs`: I-7 | simulated ms from the last fault |
//! | false all-clear: 0 | `sim::runs`: I-9; `source_faults` with an incident open | looks at a client; answers after which |
//! | real sockets: 3 min, 200 faults, 4 proxies | `long::wires` | faults on real wires |
//! | kill -9: 50 cycles | `long::kills` | kills of the platform |
//! | dead link noticed in 45 s | `sim::runs` at every look; `chaos::d4` on a real socket | simulated ms a dead link |
//! | awake again to connected in 2 s | `long::wakes` | ms from awake to connected |
//! | platform back to live in 3 s (19 of 20 clients) | `long::storm` | platform back to live |
//! | reconnect storm: 200 clients, 1.5 connections each, 40/s | `long::storm` | reconnections of 200 clients |
//! | hostile strings: 0 leaks | `hostile`, `hostile_cli` | hostile strings |
//! | echo-back: 0 bytes | `long::echoes` in tmux; `hostile`, by a parser, where there is none | bytes that a real terminal sent back |
//! | fuzzing, 30 s each | `fuzz`, with `TRACKSIDE_FUZZ_SECONDS` | fuzz |
//! | monkey: 100,000 events | `monkey` | events of the monkey |
//! | sizes × screens: 400 × all | `screens::laws` | sizes and screens |
//! | signals: 7 × 3 states × idle and blocked | `long::signals` | signals |
//! | model check | `sim::model`, with `TRACKSIDE_MODEL_DEPTH` | states of the model |
//! | schemathesis: 2,000 cases, 0 × 5xx | `contract::strangers` | odd paths |
//! | Host and Origin: 500 rows | `contract::strangers` | rows of hosts |
//! | memory: dashboard 120 MiB, platform 200 MiB with 200 clients | `long::memory` | memory |
//! | secrets: 0 hits | `credentials` | places looked at for a token |
//! | a terminal that hangs for a minute; 1,000 sizes a second | `long::stuck` | a terminal that takes nothing; sizes |
//! | deaths at named points of a commit | `killed_at`, in the build with seeded bugs | deaths |
//! | cold start in 2 s | `contract::db::a_cold_start…` | ms of a cold start |
//! | seeded bugs: all that there are | `seeded`, in a build of its own | seeded bugs caught |
//!
//! Not here: the peers (Prometheus, Alertmanager, Docker, nginx, haproxy): of the first three there is no adapter, and proxies are our own
//! (`chaos`), which break what those would not.

mod echoes;
mod kills;
mod memory;
mod signals;
mod storm;
mod stuck;
mod wakes;
mod wires;

use trackside::local::port::Entry;
use trackside::model::event::Change;

use crate::contract::desk::{Desk, TOKEN};
use crate::contract::samples;
use crate::rig::Rig;

/// A number from the environment, for the long run.
pub fn figure(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

/// A platform, and a dashboard that shows its log, 160x50. `first`: what is in it then, of which `seen` is the last.
async fn following(first: Vec<Entry>, seen: &str) -> (Desk, Rig) {
    let desk = Desk::start().await;
    desk.write(vec![Change::Project(samples::project("prj_1")), Change::Service(samples::service("svc_1"))]).await;
    let url = format!("http://127.0.0.1:{}", desk.port);
    let mut it = Rig::start_with(160, 50, env!("CARGO_BIN_EXE_trackside"), &["--url", &url], &[("TRACKSIDE_TOKEN", TOKEN)], true);
    tokio::task::block_in_place(|| it.sees("svc_1"));
    it.press("3z");
    desk.feeds.logs.append(first);
    tokio::task::block_in_place(|| it.sees(seen));
    (desk, it)
}
