//! The embedded platform: a server of our own protocol that really clones, builds and runs repositories on this machine.
//!
//! One task, `core`, owns the state: commands (from `api`) and happenings (from `worker`, `process`, `proxy`,
//! `stats`, `rules`) go in; `engine::step`, which is pure, says what changes and which jobs follow; `db` writes the changes in
//! one transaction with one revision; `live` tells every watcher; `worker` does the jobs and reports back.

pub mod api;
pub mod auth;
pub mod bounds;
mod build;
pub mod cage;
pub mod cgroup;
pub mod clock;
pub mod core;
pub mod db;
mod detect;
pub mod durations;
mod engine;
mod fingerprint;
mod git;
mod health;
mod hidden;
mod leftovers;
pub mod level;
pub mod limit;
pub mod live;
mod lock;
pub mod logs;
mod output;
mod place;
pub mod platform;
pub mod port;
mod ports;
mod private;
mod process;
pub mod proxy;
mod quota;
mod replica;
pub mod rules;
pub mod samples;
pub mod series;
mod setup;
mod static_files;
pub mod stats;
pub mod supervise;
mod tree;
mod worker;

pub use hidden::hidden;
